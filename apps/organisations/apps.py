from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.apps import HubAppConfig


class OrganisationsConfig(HubAppConfig):
    name = "apps.organisations"
    verbose_name = _("Organisations")
