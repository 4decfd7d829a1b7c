from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.apps import HubAppConfig


class AccountsConfig(HubAppConfig):
    name = "apps.accounts"
    verbose_name = _("People")
