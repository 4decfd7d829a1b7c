"""Each step: what it changes, writes down, tells and refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.core.events import Event
from apps.core.exceptions import EditConflictError, NotAllowedError, RuleBrokenError, StepNotAllowedError
from apps.notifications.models import Notification
from apps.publishing import services
from apps.publishing.enums import OPEN_STATES, PublicationState
from apps.publishing.events import PendingVersionMerged, PublicationStateChanged
from apps.publishing.exceptions import (
    ItemMissingError,
    NotReadyError,
    ReasonMissingError,
    UnknownKindError,
)
from apps.publishing.models import Publication
from tests.factories.accounts import UserFactory
from tests.publishing.conftest import People
from tests.publishing.notes import KIND, NoteType

pytestmark = pytest.mark.django_db
S = PublicationState


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """The events, as services hand them over."""
    events: list[Event] = []
    monkeypatch.setattr(services, "publish", events.append)
    return events


def told(about: Publication) -> dict[str, str]:
    """Which of its people was told what: e-mail address to kind. What curators are told is in test_admin_told."""
    rows = Notification.objects.filter(about_id=str(about.pk)).exclude(kind="contribution_waits")
    return {row.recipient.email: row.kind for row in rows}


def last_entry(publication: Publication) -> Entry:
    entry = Entry.objects.about(publication).last()
    assert entry is not None
    return entry


# --- Creating -------------------------------------------------------------------------------------


def test_create_makes_a_draft_with_its_history(people: People) -> None:
    publication = services.create_publication(
        kind=KIND, title="Ours", author=people.author, organisation=people.organisation, language="de"
    )

    assert (publication.state, publication.language) == (S.DRAFT, "de")
    entry = last_entry(publication)
    assert (entry.action, entry.by, entry.to_state) == ("created", people.author, S.DRAFT)


def test_create_for_an_organisation_of_others_is_refused(people: People) -> None:
    with pytest.raises(NotAllowedError, match="belong to"):
        services.create_publication(
            kind=KIND, title="x", author=people.stranger, organisation=people.organisation, language="en"
        )


def test_create_of_an_unknown_kind_is_refused(people: People) -> None:
    with pytest.raises(UnknownKindError):
        services.create_publication(
            kind="poem", title="x", author=people.author, organisation=people.organisation, language="en"
        )


# --- Submitting and taking back -------------------------------------------------------------------


@pytest.mark.parametrize("state", [S.DRAFT, S.CHANGES_REQUESTED])
def test_submit_begins_a_round(people: People, notes: NoteType, published: list[Event], state: str) -> None:
    item = people.item(state, decided_at=timezone.now(), decided_by=people.curator)
    item = services.submit(publication_id=item.pk, by=people.manager, reason=" Please hurry. ")

    item.refresh_from_db()
    assert (item.state, item.submitted_by, item.decided_at) == (S.SUBMITTED, people.manager, None)
    assert item.submitted_at is not None
    assert timezone.now() - item.submitted_at < timedelta(minutes=1)
    entry = last_entry(item)
    assert (entry.action, entry.from_state, entry.to_state) == ("submitted", state, S.SUBMITTED)
    assert (entry.reason, entry.by) == ("Please hurry.", people.manager)
    assert notes.changes == [(item.pk, S.SUBMITTED)]
    assert published == [PublicationStateChanged(publication_id=item.pk, to_state=S.SUBMITTED)]
    assert told(item) == {}


def test_submit_with_something_missing_lists_it_and_changes_nothing(people: People, notes: NoteType) -> None:
    item = people.item()
    notes.item_of(item).text = ""

    with pytest.raises(NotReadyError) as caught:
        services.submit(publication_id=item.pk, by=people.author)

    assert caught.value.problems == ["Write something.", "Add a summary."]
    item.refresh_from_db()
    assert item.state == S.DRAFT
    assert not Entry.objects.about(item).exists()


def test_submit_without_an_item_is_refused_in_words(people: People, notes: NoteType) -> None:
    item = people.item()
    notes.lost.add(item.pk)

    with pytest.raises(ItemMissingError):
        services.submit(publication_id=item.pk, by=people.author)


def test_take_back_makes_it_private_again(people: People) -> None:
    item = people.item(S.SUBMITTED)
    services.take_back(publication_id=item.pk, by=people.author)

    item.refresh_from_db()
    assert (item.state, item.submitted_at, item.submitted_by) == (S.DRAFT, None, None)
    assert item not in Publication.objects.visible_to(people.curator)


def test_take_back_of_what_is_in_review_is_refused(people: People) -> None:
    item = people.item(S.IN_REVIEW)

    with pytest.raises(StepNotAllowedError):
        services.take_back(publication_id=item.pk, by=people.author)


def test_discarded_draft_leaves_no_tombstone(people: People) -> None:
    item = people.item()
    services.discard(publication_id=item.pk, by=people.author)

    item.refresh_from_db()
    assert item.state == S.WITHDRAWN
    assert item.reason
    assert item.withdrawn_at is not None
    assert not item.has_tombstone
    assert item not in Publication.objects.visible_to(people.curator)


@pytest.mark.parametrize("role", ["member", "stranger", "other_manager", "curator", "superuser"])
@pytest.mark.parametrize("step", ["submit", "discard"])
def test_draft_of_others_is_left_alone(people: People, role: str, step: str) -> None:
    item = people.item()

    with pytest.raises(NotAllowedError):
        getattr(services, step)(publication_id=item.pk, by=getattr(people, role))


# --- Deciding -------------------------------------------------------------------------------------


def test_approve_publishes_and_tells_the_author(
    people: People, notes: NoteType, published: list[Event]
) -> None:
    item = people.item(S.SUBMITTED, submitted_by=people.manager)
    services.approve(publication_id=item.pk, by=people.curator, reason="Very useful.")

    item.refresh_from_db()
    assert item.is_public
    assert item.published_at is not None
    assert (item.decided_by, item.reason) == (people.curator, "Very useful.")
    assert told(item) == dict.fromkeys([people.author.email, people.manager.email], "publication_published")
    row = Notification.objects.filter(recipient=people.author).get()
    assert row.context == {"title": item.title, "reason": "Very useful.", "is_by_curator": True}
    assert row.url == f"/contributions/{item.pk}/"
    assert notes.changes == [(item.pk, S.PUBLISHED)]
    assert published == [PublicationStateChanged(publication_id=item.pk, to_state=S.PUBLISHED)]


def test_first_publication_date_survives_hiding_and_restoring(people: People) -> None:
    item = people.item(S.PUBLISHED)
    first = item.published_at
    services.hide(publication_id=item.pk, by=people.curator, reason="Wrong file.")
    item.refresh_from_db()
    assert (item.state, item.reason) == (S.HIDDEN, "Wrong file.")
    assert item not in Publication.objects.public()
    services.restore(publication_id=item.pk, by=people.other_curator)

    item.refresh_from_db()
    assert (item.state, item.published_at) == (S.PUBLISHED, first)
    kinds = Notification.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["publication_hidden", "publication_restored"]


@pytest.mark.parametrize(
    ("step", "state", "to", "kind"),
    [
        ("request_changes", S.SUBMITTED, S.CHANGES_REQUESTED, "publication_changes_requested"),
        ("decline", S.IN_REVIEW, S.DECLINED, "publication_declined"),
        ("hide", S.PUBLISHED, S.HIDDEN, "publication_hidden"),
        ("withdraw", S.PUBLISHED, S.WITHDRAWN, "publication_withdrawn"),
    ],
)
def test_reasoned_step_needs_its_reason_and_sends_it(
    people: People, step: str, state: str, to: str, kind: str
) -> None:
    item = people.item(state)
    take: Any = getattr(services, step)

    with pytest.raises(ReasonMissingError):
        take(publication_id=item.pk, by=people.curator, reason=" \n ")
    with pytest.raises(RuleBrokenError, match="2001 characters"):
        take(publication_id=item.pk, by=people.curator, reason="x" * 2001)
    item.refresh_from_db()
    assert item.state == state
    take(publication_id=item.pk, by=people.curator, reason="<b>No</b> figures.")

    item.refresh_from_db()
    assert (item.state, item.reason, item.decided_by) == (to, "<b>No</b> figures.", people.curator)
    entry = last_entry(item)
    assert (entry.from_state, entry.to_state, entry.reason) == (state, to, "<b>No</b> figures.")
    assert told(item) == {people.author.email: kind}
    assert Notification.objects.get().context["reason"] == "<b>No</b> figures."


def test_second_round_is_told_again(people: People) -> None:
    item = people.item(S.SUBMITTED)
    for reason in ("More.", "Still more."):
        services.request_changes(publication_id=item.pk, by=people.curator, reason=reason)
        services.submit(publication_id=item.pk, by=people.author)

    told_author = Notification.objects.filter(recipient=people.author).order_by("pk")
    reasons = told_author.values_list("context__reason", flat=True)
    assert list(reasons) == ["More.", "Still more."]


@pytest.mark.parametrize("role", ["curator_member", "superuser_manager", "author", "manager", "stranger"])
@pytest.mark.parametrize(
    ("step", "state"),
    [
        ("start_review", S.SUBMITTED),
        ("approve", S.SUBMITTED),
        ("request_changes", S.SUBMITTED),
        ("decline", S.SUBMITTED),
        ("hide", S.PUBLISHED),
        ("restore", S.HIDDEN),
    ],
)
def test_nobody_decides_on_their_own(people: People, role: str, step: str, state: str) -> None:
    item = people.item(state)

    with pytest.raises(NotAllowedError):
        getattr(services, step)(publication_id=item.pk, by=getattr(people, role), reason="x")
    item.refresh_from_db()
    assert item.state == state


def test_interest_is_asked_when_the_step_is_taken(people: People) -> None:
    """A curator who joined the organisation after opening the page may not decide any more."""
    item = people.item(S.SUBMITTED)
    people.curator.memberships.create(organisation=people.organisation)

    with pytest.raises(NotAllowedError, match="somebody else"):
        services.approve(publication_id=item.pk, by=people.curator)


@pytest.mark.parametrize("step", ["approve", "request_changes", "decline", "start_review"])
def test_decision_about_an_earlier_round_is_refused(people: People, step: str) -> None:
    item = people.item(S.SUBMITTED)
    seen = item.submitted_at
    services.take_back(publication_id=item.pk, by=people.author)
    services.submit(publication_id=item.pk, by=people.author)
    take: Any = getattr(services, step)

    with pytest.raises(EditConflictError):
        take(publication_id=item.pk, by=people.curator, reason="x", seen=seen)
    item.refresh_from_db()
    take(publication_id=item.pk, by=people.curator, reason="x", seen=item.submitted_at)


def test_restore_and_approve_are_not_the_same(people: People) -> None:
    hidden, waiting = people.item(S.HIDDEN), people.item(S.SUBMITTED)

    with pytest.raises(StepNotAllowedError):
        services.approve(publication_id=hidden.pk, by=people.curator)
    with pytest.raises(StepNotAllowedError):
        services.restore(publication_id=waiting.pk, by=people.curator)


def test_author_who_left_the_organisation_is_not_told_and_the_managers_are(people: People) -> None:
    item = people.item(S.SUBMITTED)
    people.author.memberships.all().delete()
    services.request_changes(publication_id=item.pk, by=people.curator, reason="Name your sources.")

    assert set(told(item)) == {people.manager.email, people.superuser_manager.email}


def test_author_who_left_is_not_told_and_the_managers_are(people: People) -> None:
    item = people.item(S.SUBMITTED)
    type(people.author).objects.filter(pk=people.author.pk).update(is_active=False)
    services.decline(publication_id=item.pk, by=people.curator, reason="No.")

    assert set(told(item)) == {people.manager.email, people.superuser_manager.email}


# --- Pending versions -----------------------------------------------------------------------------


def test_version_is_a_copy_that_waits_while_the_live_item_stays(people: People, notes: NoteType) -> None:
    live = people.item(S.PUBLISHED, language="de")
    notes.item_of(live).text = "Old text."
    version = services.start_pending_version(publication_id=live.pk, by=people.manager)

    assert (version.live, version.state, version.author) == (live, S.DRAFT, people.author)
    assert (version.title, version.language, version.kind) == (live.title, "de", KIND)
    assert notes.item_of(version).text == "Old text."
    assert last_entry(version).data == {"live": live.pk}
    assert version not in Publication.objects.public()
    again = services.start_pending_version(publication_id=live.pk, by=people.author)
    assert again == version


def test_approved_version_takes_the_place_of_the_live_content(
    people: People, notes: NoteType, published: list[Event]
) -> None:
    live = people.item(S.PUBLISHED)
    first, decided = live.published_at, live.decided_at
    version = people.item(S.SUBMITTED, live=live, title="Better title", language="fr")
    notes.item_of(version).text = "New text."
    services.approve(publication_id=version.pk, by=people.curator)

    live.refresh_from_db()
    version.refresh_from_db()
    assert (live.title, live.language, live.state) == ("Better title", "fr", S.PUBLISHED)
    assert (live.published_at, live.decided_at) == (first, decided)
    assert notes.item_of(live).text == "New text."
    assert (version.state, version.live, version.published_at) == (S.MERGED, live, None)
    assert notes.changes == [(live.pk, S.PUBLISHED), (version.pk, S.MERGED)]
    assert published == [
        PublicationStateChanged(publication_id=version.pk, to_state=S.MERGED),
        PendingVersionMerged(live_id=live.pk, version_id=version.pk),
    ]
    assert (last_entry(live).action, last_entry(live).data) == ("version_merged", {"version": version.pk})
    row = Notification.objects.get(recipient=people.author)
    assert (row.kind, row.url) == ("publication_version_published", f"/contributions/{live.pk}/")
    assert services.start_pending_version(publication_id=live.pk, by=people.author) != version


def test_version_of_a_hidden_item_merges_and_stays_hidden(people: People) -> None:
    live = people.item(S.PUBLISHED)
    version = people.item(S.SUBMITTED, live=live)
    services.hide(publication_id=live.pk, by=people.curator, reason="Wrong.")
    services.approve(publication_id=version.pk, by=people.curator)

    live.refresh_from_db()
    assert live.state == S.HIDDEN


@pytest.mark.parametrize("state", [state for state in S.values if state not in {S.PUBLISHED, S.MERGED}])
def test_only_published_items_get_a_version(people: People, state: str) -> None:
    item = people.item(state)

    with pytest.raises(StepNotAllowedError):
        services.start_pending_version(publication_id=item.pk, by=people.author)


def test_version_of_a_version_is_refused(people: People) -> None:
    version = people.item(live=people.item(S.PUBLISHED))

    with pytest.raises(RuleBrokenError, match="new version already"):
        services.start_pending_version(publication_id=version.pk, by=people.author)


@pytest.mark.parametrize("role", ["member", "stranger", "curator", "superuser", "curator_member"])
def test_version_is_for_contributors(people: People, role: str) -> None:
    live = people.item(S.PUBLISHED)

    with pytest.raises(NotAllowedError):
        services.start_pending_version(publication_id=live.pk, by=getattr(people, role))


@pytest.mark.parametrize("state", OPEN_STATES)
def test_withdrawing_the_live_item_closes_its_open_version(people: People, state: str) -> None:
    live = people.item(S.PUBLISHED)
    ended = people.item(S.MERGED, live=live)
    version = people.item(state, live=live)
    if version.submitted_by is not None:
        Publication.objects.filter(pk=version.pk).update(submitted_by=people.manager)
    services.withdraw(publication_id=live.pk, by=people.curator, reason="Rights of others.")

    for item in (live, version, ended):
        item.refresh_from_db()
    assert (live.state, version.state, ended.state) == (S.WITHDRAWN, S.WITHDRAWN, S.MERGED)
    assert version.reason == live.reason == "Rights of others."
    assert last_entry(version).data == {"with_live": live.pk}
    assert live.has_tombstone
    expected = {people.author.email} | ({people.manager.email} if state != S.DRAFT else set())
    assert set(told(live)) == expected
    assert told(version) == {}


def test_manager_withdraws_and_the_author_is_told_why(people: People) -> None:
    live = people.item(S.PUBLISHED)
    services.withdraw(publication_id=live.pk, by=people.manager, reason="Out of date.")

    assert told(live) == {people.author.email: "publication_withdrawn"}
    live.refresh_from_db()
    assert live.decided_by is None


def test_own_step_is_not_told_to_oneself(people: People) -> None:
    live = people.item(S.PUBLISHED)
    services.withdraw(publication_id=live.pk, by=people.author, reason="Out of date.")

    assert told(live) == {}


@pytest.mark.parametrize("role", ["member", "stranger", "other_manager", "curator_member"])
def test_withdraw_by_others_is_refused(people: People, role: str) -> None:
    live = people.item(S.PUBLISHED)

    with pytest.raises(NotAllowedError):
        services.withdraw(publication_id=live.pk, by=getattr(people, role), reason="x")


def test_failure_in_the_type_undoes_the_step(people: People, notes: NoteType) -> None:
    """An item and its state stand or fall together, with the history and the notification."""
    item = people.item(S.SUBMITTED)

    def fails(item: Any) -> None:
        raise RuntimeError

    notes.state_changed = fails  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        services.approve(publication_id=item.pk, by=people.curator)

    item.refresh_from_db()
    assert item.state == S.SUBMITTED
    assert not Entry.objects.about(item).exists()
    assert not Notification.objects.exists()


def test_step_asks_the_same_queries_whatever_else_there_is(
    people: People, django_assert_max_num_queries: Any
) -> None:
    UserFactory.create_batch(3)
    item = people.item(S.SUBMITTED)
    with django_assert_max_num_queries(20):
        services.approve(publication_id=item.pk, by=people.curator)
