"""Write the language in which untranslated texts are seen at a glance; in debug mode the hub then offers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.core.pseudo_language import LOCALE, catalogue, compiled, library_catalogues


class Command(BaseCommand):
    help = "Write a pseudo-language into locale/, to see which texts are not translated and which break the layout."

    def handle(self, *args: Any, **options: Any) -> None:
        base = Path(settings.BASE_DIR)
        folders = [base / name for name in ("apps", "templates", "clusterhub")]
        messages = catalogue(folders, library_catalogues())
        target = Path(settings.LOCALE_PATHS[0]) / LOCALE / "LC_MESSAGES" / "django.mo"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(compiled(messages))
        self.stdout.write(f"{len(messages)} texts in {target}")
