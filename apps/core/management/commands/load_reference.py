"""``manage.py load_reference``: bring every vocabulary and reference list to what the project's CSV files say."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from apps.core.reference import loaders


class Command(BaseCommand):
    help = "Load the reference data; running it again updates rows and doubles none."

    def handle(self, *args: Any, **options: Any) -> None:
        for loader in loaders():
            with transaction.atomic():
                count = loader.run()
            self.stdout.write(f"{loader.name}: {count}")
