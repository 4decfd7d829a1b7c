from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.apps import HubAppConfig


class SearchConfig(HubAppConfig):
    name = "apps.search"
    verbose_name = _("Search")
