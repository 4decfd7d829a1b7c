"""What saved searches add to the export and the erasure of a person."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import User
from apps.accounts.personal_data import register_erasure, register_export
from apps.following.models import SavedSearch


def _export(person: User) -> list[dict[str, Any]]:
    rows = SavedSearch.objects.visible_to(person).values(
        "name", "path", "query_string", "created_at", "last_matched_at"
    )
    return [dict(row) for row in rows]


def _forget(person: User) -> None:
    SavedSearch.objects.filter(user=person).delete()


register_export("saved_searches", _export)
register_erasure(_forget)
