from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.apps import HubAppConfig


class PortalConfig(HubAppConfig):
    name = "apps.portal"
    verbose_name = _("Portal")
