"""What belongs to a person's data. Contributions stay when a person leaves, under "former member"."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import User
from apps.accounts.personal_data import register_export
from apps.publishing.models import Publication


def contributions_of(person: User) -> list[dict[str, Any]]:
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
    return [
        {**row, "organisation": name}
        for row, name in (
            ({field: values[field] for field in fields}, values["organisation__name"])
            for values in contributed.values(*fields, "organisation__name")
        )
    ]


register_export("contributions", contributions_of)
