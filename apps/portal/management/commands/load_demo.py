"""``manage.py load_demo``: invented people, organisations and resources, for a hub that is shown and not used."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.portal.demo.loading import load


class Command(BaseCommand):
    help = "Load the demonstration's data (only where DEMO=1); running it again doubles nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Set DEMO=1: these accounts have a known password.")
        with transaction.atomic():
            load(self.stdout.write)
