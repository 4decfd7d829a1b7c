from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.apps import HubAppConfig


class FilesConfig(HubAppConfig):
    name = "apps.files"
    verbose_name = _("Files")
