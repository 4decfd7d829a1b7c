"""Django's administration with the hub's door; apart from ``apps``, where Django wants one configuration only."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class HubAdminConfig(AdminConfig):
    default_site = "apps.accounts.admin_site.HubAdminSite"
