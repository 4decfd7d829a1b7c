from __future__ import annotations

from apps.core.apps import HubAppConfig


class KnowledgeConfig(HubAppConfig):
    name = "apps.knowledge"
