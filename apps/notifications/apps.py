from __future__ import annotations

from apps.core.apps import HubAppConfig


class NotificationsConfig(HubAppConfig):
    name = "apps.notifications"
