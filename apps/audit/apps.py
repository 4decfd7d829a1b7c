from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.apps import HubAppConfig


class AuditConfig(HubAppConfig):
    name = "apps.audit"
    verbose_name = _("History")
