from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.apps import HubAppConfig


class TaxonomyConfig(HubAppConfig):
    name = "apps.taxonomy"
    verbose_name = _("Vocabularies")
