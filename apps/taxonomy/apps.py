from __future__ import annotations

from apps.core.apps import HubAppConfig


class TaxonomyConfig(HubAppConfig):
    name = "apps.taxonomy"
