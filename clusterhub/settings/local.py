"""A developer's machine and the demo: plain http on this machine, a secret that is no secret."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from clusterhub.settings.base import *  # noqa: F403
from clusterhub.settings.base import BASE_DIR, LANGUAGES, env

SECRET_KEY = env.str("SECRET_KEY", default="local-only-not-a-secret-" + "0" * 40)
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
SECURE_SSL_REDIRECT = False
# Passkeys work on http://localhost only; browsers refuse them on a numeric address.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
# Made by `manage.py make_pseudo_language`, to see which texts are not translated and which break the layout.
if (BASE_DIR / "locale" / "en_XA").is_dir():
    LANGUAGES = [*LANGUAGES, ("en-xa", gettext_lazy("Pseudo-language"))]
