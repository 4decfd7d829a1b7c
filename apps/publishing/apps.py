from __future__ import annotations

from apps.core.apps import HubAppConfig


class PublishingConfig(HubAppConfig):
    name = "apps.publishing"
