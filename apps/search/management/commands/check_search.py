"""``manage.py check_search [kind …] [--repair]``: is the search what its sources say?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.search.registry import all_kinds
from apps.search.services import check, repair


class Command(BaseCommand):
    help = "Compare the search with what is public. Fails if they differ, unless --repair brings it in order."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kinds", nargs="*")
        parser.add_argument("--repair", action="store_true", help="bring what differs in order")

    def handle(self, *args: Any, **options: Any) -> None:
        unknown = set(options["kinds"]) - set(all_kinds())
        if unknown:
            raise CommandError(f"Unknown: {', '.join(sorted(unknown))}. There are: {', '.join(all_kinds())}.")
        differing = []
        for kind in options["kinds"] or all_kinds():
            found = repair(kind) if options["repair"] else check(kind)
            self.stdout.write(
                f"{kind}: {len(found.missing)} missing, {len(found.stray)} not public, {len(found.changed)} changed"
            )
            differing += [kind] if found else []
        if differing and not options["repair"]:
            raise CommandError(
                f"The search differs from its source: {', '.join(differing)}. --repair mends it."
            )
