from __future__ import annotations

from apps.core.apps import HubAppConfig


class AccountsConfig(HubAppConfig):
    name = "apps.accounts"
