"""The app configuration every hub app shares."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core import logging

# Modules that register something when they are imported; an app has the ones it needs.
REGISTERING_MODULES = (
    "receivers",
    "search_sources",
    "notification_kinds",
    "publishing_types",
    "reference_loaders",
    "todo_sources",
    "closing_sources",
    "reviewed_kinds",
)


class HubAppConfig(AppConfig):
    """Import an app's registering modules once all models are loaded."""

    default_auto_field = "django.db.models.BigAutoField"
    # Django takes an app's only configuration: this base, imported beside it, must not count as a second one.
    default = False

    def __init_subclass__(cls) -> None:
        cls.default = True

    def ready(self) -> None:
        for module in REGISTERING_MODULES:
            name = f"{self.name}.{module}"
            if find_spec(name) is not None:
                import_module(name)


class CoreConfig(HubAppConfig):
    name = "apps.core"
    verbose_name = _("Hub")

    def ready(self) -> None:
        logging.configure()
        super().ready()
