from __future__ import annotations

from apps.core.apps import HubAppConfig


class AuditConfig(HubAppConfig):
    name = "apps.audit"
