"""What belongs to a person's data. Contributions stay when a person leaves, under "former member"."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef

from apps.accounts.models import User
from apps.accounts.personal_data import register_export
from apps.publishing.models import Publication


def contributions_of(person: User) -> list[dict[str, Any]]:
    """That they contributed they may always know; of what they may no longer read, no words and no reasons."""
    fields = (
        "kind",
        "title",
        "state",
        "reason",
        "created_at",
        "submitted_at",
        "published_at",
        "withdrawn_at",
    )
    contributed = Publication.objects.filter(author=person).order_by("pk")
    readable = Publication.objects.visible_to(person) | Publication.objects.tombstones()
    is_readable = Exists(readable.filter(pk=OuterRef("pk")))
    rows = contributed.annotate(is_readable=is_readable).select_related("organisation")
    return [
        {
            **{field: getattr(row, field) for field in fields},
            **({} if row.is_readable else {"title": "", "reason": ""}),  # type: ignore[attr-defined] # annotated
            "organisation": row.organisation.name,
        }
        for row in rows
    ]


register_export("contributions", contributions_of)
