"""``manage.py prepare_demo``: bring the demonstration's database up to date.

One process for three commands: to begin takes each of them longer than what it has to do on a later start.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Migrate, load the reference data, and load the demonstration's data (only where DEMO=1)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Set DEMO=1: these accounts have a known password.")
        call_command("migrate", interactive=False, verbosity=options["verbosity"], stdout=self.stdout)
        call_command("load_reference", stdout=self.stdout)
        call_command("load_demo", stdout=self.stdout)
