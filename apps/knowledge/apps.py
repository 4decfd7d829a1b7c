from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.apps import HubAppConfig


class KnowledgeConfig(HubAppConfig):
    name = "apps.knowledge"
    verbose_name = _("Knowledge")
