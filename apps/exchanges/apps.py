from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.apps import HubAppConfig


class ExchangesConfig(HubAppConfig):
    name = "apps.exchanges"
    verbose_name = _("Exchanges")
