from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.apps import HubAppConfig


class NotificationsConfig(HubAppConfig):
    name = "apps.notifications"
    verbose_name = _("Notifications")
