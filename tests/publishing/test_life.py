"""Any order of steps by anybody, compared with the rules said once more in plain Python.

The model below knows no service and no table of steps: it is a second opinion, written from the description.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from apps.audit.models import Entry
from apps.core.exceptions import HubError
from apps.notifications.models import Notification
from apps.organisations.models import Organisation
from apps.publishing import services
from apps.publishing.models import Publication
from tests.factories.accounts import UserFactory
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.publishing.notes import KIND, NoteType

CONTRIBUTORS = {"author", "manager", "managing curator"}
CURATORS = {"curator", "superuser"}
EVERYBODY = [*sorted(CONTRIBUTORS | CURATORS), "member", "member curator", "stranger"]
WAITING, EDITABLE = {"submitted", "in_review"}, {"draft", "changes_requested"}
OPEN = WAITING | EDITABLE

# step: (from, who, needs a reason)
RULES: dict[str, tuple[set[str], set[str], bool]] = {
    "submit": (EDITABLE, CONTRIBUTORS, False),
    "take_back": ({"submitted"}, CONTRIBUTORS, False),
    "discard": ({"draft"}, CONTRIBUTORS, False),
    "start_review": ({"submitted"}, CURATORS, False),
    "approve": (WAITING, CURATORS, False),
    "request_changes": (WAITING, CURATORS, True),
    "decline": (WAITING, CURATORS, True),
    "hide": ({"published"}, CURATORS, True),
    "restore": ({"hidden"}, CURATORS, False),
    "withdraw": (OPEN | {"published", "hidden"}, CONTRIBUTORS | CURATORS, True),
}
ENDS = {
    "submit": "submitted", "take_back": "draft", "discard": "withdrawn", "start_review": "in_review",
    "approve": "published", "request_changes": "changes_requested", "decline": "declined", "hide": "hidden",
    "restore": "published", "withdraw": "withdrawn",
}  # fmt: skip


@dataclass
class Expected:
    """What the plain model holds of one item."""

    state: str
    text: str
    live: int | None = None
    was_public: bool = False
    steps: int = 0


class Life(RuleBasedStateMachine):
    items = Bundle("items")

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.notes = NOTES[0]
        self.organisation, self.people = CAST[0]
        self.expected: dict[int, Expected] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    # --- Steps ---

    @rule(target=items, text=st.sampled_from(["", "one", "two"]))
    def create(self, text: str) -> int:
        publication = services.create_publication(
            kind=KIND,
            title="Life",
            author=self.people["author"],
            organisation=self.organisation,
            language="en",
        )
        self.notes.item_of(publication).text = text
        self.expected[publication.pk] = Expected("draft", text)
        return publication.pk

    @rule(
        pk=items,
        step=st.sampled_from(sorted(RULES)),
        who=st.sampled_from(EVERYBODY),
        reason=st.sampled_from(["", "  ", "Because."]),
    )
    def take(self, pk: int, step: str, who: str, reason: str) -> None:
        item = self.expected[pk]
        service: Callable[..., Any] = getattr(services, step)
        if not self.is_allowed(item, step, who, reason):
            with pytest.raises(HubError):
                service(publication_id=pk, by=self.people[who], reason=reason)
            return
        service(publication_id=pk, by=self.people[who], reason=reason)
        self.follow(pk, item, step)

    def is_allowed(self, item: Expected, step: str, who: str, reason: str) -> bool:
        from_states, actors, needs_reason = RULES[step]
        if item.state not in from_states or who not in actors:
            return False
        if step == "withdraw" and item.state == "draft" and who not in CONTRIBUTORS:
            return False
        if step == "submit" and not item.text:
            return False
        return bool(reason.strip()) or not needs_reason

    def follow(self, pk: int, item: Expected, step: str) -> None:
        item.state = ENDS[step]
        item.steps += 1
        if step == "approve" and item.live is not None:
            item.state = "merged"
            self.expected[item.live].text = item.text
            self.expected[item.live].steps += 1
        item.was_public = item.was_public or item.state == "published"
        if step == "withdraw":
            for other in self.expected.values():
                if other.live == pk and other.state in OPEN:
                    other.state = "withdrawn"
                    other.steps += 1

    @rule(target=items, pk=items, who=st.sampled_from(EVERYBODY))
    def start_version(self, pk: int, who: str) -> Any:
        live = self.expected[pk]
        if live.state != "published" or live.live is not None or who not in CONTRIBUTORS:
            with pytest.raises(HubError):
                services.start_pending_version(publication_id=pk, by=self.people[who])
            return multiple()
        version = services.start_pending_version(publication_id=pk, by=self.people[who])
        is_open = [key for key, item in self.expected.items() if item.live == pk and item.state in OPEN]
        assert is_open in ([], [version.pk])
        if is_open:
            return multiple()
        self.expected[version.pk] = Expected("draft", live.text, live=pk)
        return version.pk

    @rule(pk=items, text=st.sampled_from(["three", "four"]))
    def edit(self, pk: int, text: str) -> None:
        item = self.expected[pk]
        if item.state in EDITABLE:
            item.text = text
            self.notes.item_of(Publication.objects.get(pk=pk)).text = text

    @rule(pk=consumes(items))
    def forget(self, pk: int) -> None:
        """Let the machine turn to younger items."""

    # --- What must hold at any time ---

    @invariant()
    def states_and_texts_are_as_expected(self) -> None:
        for publication in Publication.objects.filter(pk__in=self.expected):
            item = self.expected[publication.pk]
            assert publication.state == item.state
            assert self.notes.item_of(publication).text == item.text
            assert (publication.published_at is not None) is item.was_public
            assert publication.has_tombstone is (
                item.state == "withdrawn" and item.was_public and item.live is None
            )

    @invariant()
    def public_is_what_is_published_and_nothing_else(self) -> None:
        public = {pk for pk, item in self.expected.items() if item.state == "published"}
        assert set(Publication.objects.public().values_list("pk", flat=True)) == public

    @invariant()
    def history_has_every_step_and_joins_up(self) -> None:
        histories: dict[int, list[Entry]] = {pk: [] for pk in self.expected}
        for entry in Entry.objects.filter(object_id__in=[str(pk) for pk in self.expected]).order_by("pk"):
            histories[int(entry.object_id)].append(entry)
        for pk, entries in histories.items():
            assert len(entries) == self.expected[pk].steps + 1
            assert all(after.from_state == before.to_state for before, after in pairwise(entries))
            assert entries[-1].to_state == self.expected[pk].state

    @invariant()
    def nobody_is_told_of_their_own_step_and_only_people_of_the_item(self) -> None:
        waits = Notification.objects.filter(kind="contribution_waits").values("pk")
        told = Notification.objects.exclude(pk__in=waits)
        allowed = {self.people[name].pk for name in CONTRIBUTORS}
        assert set(told.values_list("recipient", flat=True)) <= allowed
        asked = Notification.objects.filter(pk__in=waits)
        assert allowed.isdisjoint(asked.values_list("recipient", flat=True))


NOTES: list[NoteType] = []
CAST: list[tuple[Organisation, dict[str, Any]]] = []


@pytest.mark.django_db
def test_any_life_follows_the_rules(notes: NoteType) -> None:
    NOTES[:], CAST[:] = [notes], [cast_of_roles()]
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def cast_of_roles() -> tuple[Organisation, dict[str, Any]]:
    organisation = OrganisationFactory.create()
    people = {
        name: UserFactory.create(
            is_staff="curator" in name or name == "superuser", is_superuser=name == "superuser"
        )
        for name in EVERYBODY
    }
    for name in ("author", "member", "member curator"):
        MembershipFactory.create(organisation=organisation, user=people[name])
    for name in ("manager", "managing curator"):
        MembershipFactory.create(organisation=organisation, user=people[name], role="manager")
    return organisation, people
