from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.audit.services import record

pytestmark = pytest.mark.django_db


def test_record_keeps_every_part_of_the_step(user: User) -> None:
    record(user, "renamed", by=user, from_state="a", to_state="b", reason="why", data={"n": 1})

    entry = Entry.objects.about(user).get()

    assert (entry.action, entry.from_state, entry.to_state, entry.reason, entry.data, entry.by) == (
        "renamed",
        "a",
        "b",
        "why",
        {"n": 1},
        user,
    )


def test_entry_update_is_refused_by_the_database(user: User) -> None:
    entry = record(user, "renamed", by=user)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(reason="another")


def test_entry_delete_is_refused_by_the_database(user: User) -> None:
    entry = record(user, "renamed", by=user)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).delete()
