from __future__ import annotations

from apps.core.apps import HubAppConfig


class SearchConfig(HubAppConfig):
    name = "apps.search"
