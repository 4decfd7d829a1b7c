from __future__ import annotations

from apps.core.apps import HubAppConfig


class OrganisationsConfig(HubAppConfig):
    name = "apps.organisations"
