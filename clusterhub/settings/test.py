"""The test suite: real PostgreSQL and Valkey; mail in memory and tasks run at once unless a test says otherwise."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from clusterhub.settings.base import *  # noqa: F403
from clusterhub.settings.base import CELERY_BROKER_TRANSPORT_OPTIONS, DATABASES, STORAGES, env

SECRET_KEY = "test-only-" + "0" * 50
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
DATABASES["default"]["TEST"] = {"NAME": env.str("TEST_DATABASE_NAME", default="test_clusterhub")}
DATABASES["default"]["CONN_MAX_AGE"] = 0
# What tests roll back leaves tables that are full of dead rows and, by their statistics, empty: the planner then joins
# them by nested loops, which took minutes for a page of cases. Tables of a running site have true statistics.
DATABASES["default"]["OPTIONS"]["options"] += " -c enable_nestloop=off"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
MEDIA_ROOT = Path(tempfile.gettempdir()) / "clusterhub-test-media"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# A test that starts a worker of its own gives it a mail server.
MAIL_TRANSPORT = env.str("MAIL_TRANSPORT", default=EMAIL_BACKEND)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_TASK_ALWAYS_EAGER", default=True)
CELERY_TASK_EAGER_PROPAGATES = True
# The workers that a test starts share no queue with those of another test run beside it.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    **CELERY_BROKER_TRANSPORT_OPTIONS,
    "global_keyprefix": env.str("BROKER_KEY_PREFIX", default=f"test-{os.getpid()}:"),
}
WHITENOISE_AUTOREFRESH = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
