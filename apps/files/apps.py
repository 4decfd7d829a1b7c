from __future__ import annotations

from apps.core.apps import HubAppConfig


class FilesConfig(HubAppConfig):
    name = "apps.files"
