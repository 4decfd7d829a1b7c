from __future__ import annotations

from apps.core.apps import HubAppConfig


class FollowingConfig(HubAppConfig):
    name = "apps.following"
