from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.apps import HubAppConfig


class ReviewsConfig(HubAppConfig):
    name = "apps.reviews"
    verbose_name = _("Reviews")
