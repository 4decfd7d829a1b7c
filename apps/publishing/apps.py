from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.apps import HubAppConfig


class PublishingConfig(HubAppConfig):
    name = "apps.publishing"
    verbose_name = _("Contributions")
