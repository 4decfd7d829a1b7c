"""Two people press at the same moment: one step is taken, the other gets a clear answer, nobody waits for ever."""

from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.accounts.services import AccountClosedError, erase_person
from apps.audit.models import Entry
from apps.core.exceptions import NotAllowedError
from apps.notifications.models import Notification
from apps.publishing import services
from apps.publishing.enums import OPEN_STATES, PublicationState
from apps.publishing.models import Publication
from tests.concurrency import at_once
from tests.publishing.conftest import People
from tests.publishing.notes import NoteType

pytestmark = pytest.mark.django_db(transaction=True)
S = PublicationState
ROUNDS = 5


def steps_of(item: Publication) -> list[str]:
    return list(Entry.objects.about(item).values_list("action", flat=True))


@pytest.fixture(params=range(ROUNDS))
def _again(request: pytest.FixtureRequest) -> None:
    """A race that is lost sometimes must be run more than once."""


@pytest.mark.usefixtures("_again")
def test_two_curators_decide_one_step_is_taken(people: People) -> None:
    item = people.item(S.SUBMITTED)
    results = at_once(
        lambda: services.approve(publication_id=item.pk, by=people.curator),
        lambda: services.decline(publication_id=item.pk, by=people.other_curator, reason="No."),
    )

    assert sorted(results) == ["StepNotAllowedError", "done"]
    item.refresh_from_db()
    assert item.state == (S.PUBLISHED if results[0] == "done" else S.DECLINED)
    assert len(steps_of(item)) == 1
    assert Notification.objects.count() == 1


@pytest.mark.usefixtures("_again")
def test_same_curator_presses_approve_twice(people: People, notes: NoteType) -> None:
    item = people.item(S.IN_REVIEW)
    approve = lambda: services.approve(publication_id=item.pk, by=people.curator)  # noqa: E731

    assert sorted(at_once(approve, approve)) == ["StepNotAllowedError", "done"]
    assert steps_of(item) == ["approved"]
    assert notes.changes == [(item.pk, S.PUBLISHED)]


@pytest.mark.usefixtures("_again")
def test_author_takes_back_while_a_curator_approves(people: People) -> None:
    """What gets public is what the curator saw: the author edits only after a take-back, and that excludes approval."""
    item = people.item(S.SUBMITTED)
    results = at_once(
        lambda: services.take_back(publication_id=item.pk, by=people.author),
        lambda: services.approve(publication_id=item.pk, by=people.curator),
    )

    assert sorted(results) == ["StepNotAllowedError", "done"]
    item.refresh_from_db()
    assert item.state == (S.DRAFT if results[0] == "done" else S.PUBLISHED)


@pytest.mark.usefixtures("_again")
def test_curator_approves_while_the_author_withdraws(people: People) -> None:
    item = people.item(S.SUBMITTED)
    results = at_once(
        lambda: services.approve(publication_id=item.pk, by=people.curator),
        lambda: services.withdraw(publication_id=item.pk, by=people.author, reason="Wrong."),
    )

    item.refresh_from_db()
    assert results[1] == "done", "what is published can be withdrawn, too"
    assert results[0] in {"done", "StepNotAllowedError"}
    assert item.state == S.WITHDRAWN
    assert item.has_tombstone is (results[0] == "done")


@pytest.mark.usefixtures("_again")
def test_two_people_submit_at_once_one_round_begins(people: People) -> None:
    item = people.item()
    results = at_once(
        lambda: services.submit(publication_id=item.pk, by=people.author),
        lambda: services.submit(publication_id=item.pk, by=people.manager),
    )

    assert sorted(results) == ["StepNotAllowedError", "done"]
    assert steps_of(item) == ["submitted"]


@pytest.mark.usefixtures("_again")
def test_author_submits_while_the_account_is_erased(people: People) -> None:
    item = people.item()
    results = at_once(
        lambda: services.submit(publication_id=item.pk, by=people.author),
        lambda: erase_person(person_id=people.author.pk, by=people.author),
    )

    assert results[0] in {"done", "AccountClosedError"}
    assert results[1] == "done"


STEPS = {
    "submit": (S.DRAFT, "author", {}),
    "take_back": (S.SUBMITTED, "author", {}),
    "discard": (S.DRAFT, "author", {}),
    "start_pending_version": (S.PUBLISHED, "author", {}),
    "withdraw": (S.PUBLISHED, "author", {"reason": "Wrong."}),
    "start_review": (S.SUBMITTED, "curator", {}),
    "approve": (S.SUBMITTED, "curator", {}),
    "request_changes": (S.SUBMITTED, "curator", {"reason": "More."}),
    "decline": (S.SUBMITTED, "curator", {"reason": "No."}),
    "hide": (S.PUBLISHED, "curator", {"reason": "Wrong."}),
    "restore": (S.HIDDEN, "curator", {}),
}


@pytest.mark.parametrize("name", STEPS)
def test_account_closed_since_the_page_was_opened_takes_no_step(people: People, name: str) -> None:
    """The service asks the database, not the object that the page read earlier."""
    state, role, values = STEPS[name]
    item, by = people.item(state), getattr(people, role)
    User.objects.filter(pk=by.pk).update(is_active=False)

    with pytest.raises(AccountClosedError):
        getattr(services, name)(publication_id=item.pk, by=by, **values)
    item.refresh_from_db()
    assert item.state == state


def test_curator_demoted_since_the_page_was_opened_decides_nothing(people: People) -> None:
    item = people.item(S.SUBMITTED)
    User.objects.filter(pk=people.curator.pk).update(is_staff=False)

    with pytest.raises(NotAllowedError):
        services.approve(publication_id=item.pk, by=people.curator)


@pytest.mark.usefixtures("_again")
def test_two_editors_start_one_version(people: People) -> None:
    live = people.item(S.PUBLISHED)
    results = at_once(
        lambda: services.start_pending_version(publication_id=live.pk, by=people.author),
        lambda: services.start_pending_version(publication_id=live.pk, by=people.manager),
    )

    assert results == ["done", "done"]
    assert Publication.objects.filter(live=live, state__in=OPEN_STATES).count() == 1


@pytest.mark.usefixtures("_again")
def test_version_is_approved_while_the_live_item_is_withdrawn(people: People) -> None:
    """Both need both rows; taken in one order, neither waits for the other."""
    live = people.item(S.PUBLISHED)
    version = people.item(S.SUBMITTED, live=live)
    results = at_once(
        lambda: services.approve(publication_id=version.pk, by=people.curator),
        lambda: services.withdraw(publication_id=live.pk, by=people.author, reason="Wrong."),
        lambda: services.start_pending_version(publication_id=live.pk, by=people.manager),
    )

    assert results[1] == "done"
    live.refresh_from_db()
    version.refresh_from_db()
    assert live.state == S.WITHDRAWN
    assert version.state == (S.MERGED if results[0] == "done" else S.WITHDRAWN)
    assert not Publication.objects.filter(live=live, state__in=OPEN_STATES).exists()
