"""The one way to write history."""

from __future__ import annotations

from typing import Any

from django.db import models

from apps.accounts.models import User
from apps.audit.models import Entry


def record(
    obj: models.Model,
    action: str,
    *,
    by: User | None,
    from_state: str = "",
    to_state: str = "",
    reason: str = "",
    data: dict[str, Any] | None = None,
) -> Entry:
    """Write one entry in the caller's transaction, so that a step and its history stand or fall together.

    ``by`` is None for what the hub did by itself (a link check, an expiry).
    """
    return Entry.objects.create(
        about=obj,
        action=action,
        by=by,
        from_state=from_state,
        to_state=to_state,
        reason=reason,
        data=data or {},
    )
