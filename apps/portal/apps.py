from __future__ import annotations

from apps.core.apps import HubAppConfig


class PortalConfig(HubAppConfig):
    name = "apps.portal"
