from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.apps import HubAppConfig


class FollowingConfig(HubAppConfig):
    name = "apps.following"
    verbose_name = _("Saved searches")
