"""What the database refuses, whatever the code above it does."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.publishing.enums import PublicationState
from apps.publishing.models import Publication
from tests.factories.accounts import UserFactory
from tests.factories.publishing import PublicationFactory

pytestmark = pytest.mark.django_db
S = PublicationState


@pytest.mark.parametrize("state", S.values)
def test_factory_makes_every_state(state: str) -> None:
    live = PublicationFactory.create(state=S.PUBLISHED) if state == S.MERGED else None

    assert PublicationFactory.create(state=state, live=live).state == state


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"state": "lost"}, "publication_state_known"),
        ({"title": ""}, "publication_title_not_empty"),
        ({"state": S.DECLINED, "reason": ""}, "publication_reason_given"),
        ({"state": S.PUBLISHED, "published_at": None}, "publication_public_has_published_at"),
        ({"state": S.DRAFT, "published_at": timezone.now()}, "publication_published_at_once_public"),
        (
            {"state": S.SUBMITTED, "submitted_at": None, "submitted_by": None},
            "publication_waiting_was_submitted",
        ),
        ({"state": S.SUBMITTED, "submitted_by": None}, "publication_submitted_at_with_by"),
        ({"state": S.PUBLISHED, "decided_at": timezone.now()}, "publication_decided_at_with_by"),
        ({"state": S.WITHDRAWN, "withdrawn_at": None}, "publication_withdrawn_has_time"),
        ({"state": S.HIDDEN, "withdrawn_at": timezone.now()}, "publication_withdrawn_has_time"),
        ({"state": S.MERGED}, "publication_merged_is_a_version"),
    ],
)
def test_publication_that_contradicts_itself_is_refused(values: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        PublicationFactory.create(**values)


def test_pending_version_is_never_public() -> None:
    live = PublicationFactory.create(state=S.PUBLISHED)

    with pytest.raises(IntegrityError, match="publication_public_has_published_at"):
        PublicationFactory.create(state=S.PUBLISHED, live=live, published_at=timezone.now())


def test_second_open_version_is_refused_and_another_after_the_first_ended_is_not() -> None:
    live = PublicationFactory.create(state=S.PUBLISHED)
    PublicationFactory.create(state=S.MERGED, live=live)
    PublicationFactory.create(state=S.IN_REVIEW, live=live)

    with pytest.raises(IntegrityError, match="publication_one_open_pending_version"):
        PublicationFactory.create(state=S.DRAFT, live=live)


def test_version_of_a_version_is_refused() -> None:
    version = PublicationFactory.create(live=PublicationFactory.create(state=S.PUBLISHED))

    with pytest.raises(IntegrityError, match="a pending version has no pending version"):
        PublicationFactory.create(live=version)


def test_version_of_another_kind_is_refused() -> None:
    live = PublicationFactory.create(state=S.PUBLISHED, kind="resource")

    with pytest.raises(IntegrityError, match="of the kind of its live item"):
        Publication.objects.create(
            kind="offer", title="Other", author=live.author, organisation=live.organisation, live=live
        )


@pytest.mark.parametrize("field", ["kind", "live"])
def test_kind_and_live_never_change(field: str) -> None:
    live, other = PublicationFactory.create_batch(2, state=S.PUBLISHED)
    version = PublicationFactory.create(live=live)
    changes: dict[str, dict[str, Any]] = {"kind": {"kind": "offer"}, "live": {"live": other}}

    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        Publication.objects.filter(pk=version.pk).update(**changes[field])
    Publication.objects.filter(pk=version.pk).update(title="Another title")


def test_queue_is_oldest_first() -> None:
    newer = PublicationFactory.create(state=S.IN_REVIEW, submitted_at=timezone.now())
    older = PublicationFactory.create(state=S.SUBMITTED)
    PublicationFactory.create(state=S.PUBLISHED)

    assert list(Publication.objects.waiting()) == [older, newer]


def test_tombstones_are_what_was_public_and_no_version() -> None:
    gone = PublicationFactory.create(state=S.WITHDRAWN)
    never_public = PublicationFactory.create(state=S.WITHDRAWN, published_at=None)
    version = PublicationFactory.create(
        state=S.WITHDRAWN,
        live=PublicationFactory.create(state=S.PUBLISHED),
        submitted_by=UserFactory.create(),
    )

    assert list(Publication.objects.tombstones()) == [gone]
    assert [item.has_tombstone for item in (gone, never_public, version)] == [True, False, False]
