"""``manage.py reindex [kind …]``: build the search anew from what is public."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.search.registry import all_kinds
from apps.search.services import reindex


class Command(BaseCommand):
    help = "Build the search anew; what is no longer public leaves it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kinds", nargs="*")

    def handle(self, *args: Any, **options: Any) -> None:
        unknown = set(options["kinds"]) - set(all_kinds())
        if unknown:
            raise CommandError(f"Unknown: {', '.join(sorted(unknown))}. There are: {', '.join(all_kinds())}.")
        for kind in options["kinds"] or all_kinds():
            self.stdout.write(f"{kind}: {reindex(kind)}")
