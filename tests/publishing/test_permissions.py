"""Who may do what: every role in every state, against a table in plain words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.organisations.enums import Role
from apps.organisations.models import Organisation
from apps.organisations.services import leave, remove_member
from apps.publishing import permissions
from apps.publishing.enums import Action, PublicationState
from apps.publishing.models import Publication
from tests.factories.accounts import UserFactory
from tests.factories.organisations import MembershipFactory
from tests.publishing.conftest import People

pytestmark = pytest.mark.django_db
S = PublicationState

ROLES = (
    "author", "manager", "member", "stranger", "other_manager", "curator", "superuser", "curator_member",
    "superuser_manager", "visitor",
)  # fmt: skip
STAFF = {"curator", "superuser", "curator_member", "superuser_manager"}
CONTRIBUTORS = {"author", "manager", "superuser_manager"}
DECIDERS = {"curator", "superuser"}
WITHDRAWABLE = {S.DRAFT, S.SUBMITTED, S.IN_REVIEW, S.CHANGES_REQUESTED, S.PUBLISHED, S.HIDDEN}
ITEMS = [*((state, False) for state in S.values if state != S.MERGED)] + [
    (state, True) for state in S.values if state not in {S.PUBLISHED, S.HIDDEN}
]


@pytest.fixture(params=ITEMS, ids=lambda item: f"{item[0]}{'-version' if item[1] else ''}")
def item(request: pytest.FixtureRequest, people: People) -> Publication:
    state, is_version = request.param
    return people.item(state, live=people.item(S.PUBLISHED) if is_version else None)


def those_who(can: Any, people: People, item: Publication) -> set[str]:
    return {role for role in ROLES if can(getattr(people, role), item)}


def test_view_follows_the_table_and_agrees_with_visible_to(people: People, item: Publication) -> None:
    expected = set(ROLES) if item.is_public else CONTRIBUTORS | (STAFF if item.state != S.DRAFT else set())

    assert those_who(permissions.can_view, people, item) == expected
    for role in ROLES:
        visible = Publication.objects.visible_to(getattr(people, role))
        assert (item in visible) is (role in expected), role
        assert visible.filter(pk=item.pk).count() <= 1


def test_contributors_do_what_the_state_allows(people: People, item: Publication) -> None:
    open_states = {S.DRAFT, S.CHANGES_REQUESTED}
    tables = {
        permissions.can_edit: item.state in open_states or item.is_public,
        permissions.can_submit: item.state in open_states,
        permissions.can_take_back: item.state == S.SUBMITTED,
        permissions.can_discard: item.state == S.DRAFT,
        permissions.can_start_version: item.is_public,
    }
    for can, is_possible in tables.items():
        assert those_who(can, people, item) == (CONTRIBUTORS if is_possible else set()), can


def test_nobody_decides_on_their_own_or_what_they_cannot_see(people: People, item: Publication) -> None:
    deciders = DECIDERS if item.state != S.DRAFT else set()

    assert those_who(permissions.can_decide, people, item) == deciders
    for role in ROLES:
        if role != "visitor":
            allowed = item in Publication.objects.decidable_by(getattr(people, role))
            assert allowed is (role in deciders), role
            assert (permissions.why_not_decide(getattr(people, role), item) == "") is (role in deciders)


def test_author_and_submitter_among_the_curators_never_decide(people: People) -> None:
    written = people.item(S.SUBMITTED, author=people.curator, submitted_by=people.manager)
    handed_in = people.item(S.SUBMITTED, submitted_by=people.superuser)
    people.curator.memberships.all().delete()

    for curator, own in ((people.curator, written), (people.superuser, handed_in)):
        assert not permissions.can_decide(curator, own)
        assert own not in Publication.objects.decidable_by(curator)
        assert Publication.objects.with_interest_of(curator).get(pk=own.pk).has_interest  # type: ignore[attr-defined]
        assert "somebody else" in permissions.why_not_decide(curator, own)
    assert not Publication.objects.with_interest_of(people.other_curator).get(pk=written.pk).has_interest  # type: ignore[attr-defined]


OWN_ACTS = [
    Action.CREATED,
    Action.EDITED,
    Action.SUBMITTED,
    Action.TAKEN_BACK,
    Action.VERSION_STARTED,
]


def assert_may_decide(curator: User, item: Publication, *, may: bool) -> None:
    """The permission and both queries say it."""
    assert permissions.can_decide(curator, item) is may
    assert permissions.has_interest(curator, item) is not may
    assert (item in Publication.objects.decidable_by(curator)) is may
    annotated = Publication.objects.with_interest_of(curator).get(pk=item.pk)
    assert annotated.has_interest is not may  # type: ignore[attr-defined]


@pytest.mark.parametrize("action", OWN_ACTS)
@pytest.mark.parametrize("where", ["item", "live", "merged version"])
def test_curator_whose_work_is_in_the_item_never_decides(people: People, action: str, where: str) -> None:
    """Also when nothing but the history still knows of it."""
    live = people.item(S.PUBLISHED)
    waiting = people.item(S.SUBMITTED, live=live)
    merged = people.item(S.MERGED, live=live)
    about = {"item": waiting, "live": live, "merged version": merged}[where]
    record(about, action, by=people.curator)

    assert_may_decide(people.curator, waiting, may=False)
    assert_may_decide(people.curator, live, may=False)
    assert_may_decide(people.other_curator, waiting, may=True)


def test_curator_decides_again_on_what_they_decided_on(people: People) -> None:
    item = people.item(S.SUBMITTED)
    for action in set(Action.values) - {*OWN_ACTS, Action.DISCARDED}:
        record(item, action, by=people.curator)
    record(people.item(), Action.EDITED, by=people.curator)

    assert_may_decide(people.curator, item, may=True)


@pytest.mark.parametrize("way", ["left", "removed"])
def test_curator_who_belonged_while_the_item_was_made_never_decides(people: People, way: str) -> None:
    item = people.item(S.SUBMITTED)
    if way == "left":
        leave(organisation_id=people.organisation.pk, by=people.curator_member)
    else:
        remove_member(
            organisation_id=people.organisation.pk, user_id=people.curator_member.pk, by=people.manager
        )

    assert_may_decide(people.curator_member, item, may=False)
    assert_may_decide(people.curator, item, may=True)
    later = people.item(S.SUBMITTED)
    assert_may_decide(people.curator_member, later, may=True)


@pytest.mark.parametrize("count", [1, 3])
def test_interest_costs_the_same_for_one_and_for_many(
    people: People, count: int, django_assert_num_queries: Any
) -> None:
    for _item in range(count):
        record(people.item(S.SUBMITTED), Action.EDITED, by=people.curator)
    ContentType.objects.get_for_models(Publication, Organisation)

    with django_assert_num_queries(2):
        assert list(Publication.objects.waiting().decidable_by(people.curator)) == []
        assert len(Publication.objects.with_interest_of(people.curator)) == count


def test_withdraw_is_for_contributors_and_deciding_curators(people: People, item: Publication) -> None:
    expected: set[str] = set()
    if item.state in WITHDRAWABLE:
        expected = CONTRIBUTORS | (DECIDERS if item.state != S.DRAFT else set())

    assert those_who(permissions.can_withdraw, people, item) == expected


def test_history_is_for_contributors_and_curators(people: People, item: Publication) -> None:
    expected = CONTRIBUTORS | (STAFF if item.state != S.DRAFT else set())

    assert those_who(permissions.can_see_history, people, item) == expected


def test_draft_given_up_unseen_stays_private(people: People) -> None:
    discarded = people.item(S.WITHDRAWN, submitted_at=None, submitted_by=None, published_at=None)

    assert those_who(permissions.can_view, people, discarded) == CONTRIBUTORS
    assert discarded not in Publication.objects.visible_to(people.curator)
    assert not permissions.can_decide(people.curator, discarded)


def test_draft_is_private_even_if_it_was_submitted_before(people: People) -> None:
    draft = people.item(S.DRAFT, submitted_at=timezone.now(), submitted_by=people.author)

    assert those_who(permissions.can_view, people, draft) == CONTRIBUTORS
    assert draft not in Publication.objects.visible_to(people.curator)


@pytest.mark.parametrize("state", S.values)
def test_people_who_left_may_nothing(people: People, state: str) -> None:
    item = people.item(state, live=people.item(S.PUBLISHED) if state == S.MERGED else None)
    gone = UserFactory.create(is_staff=True, is_active=False)

    assert not permissions.can_decide(gone, item)
    assert not permissions.is_contributor(gone, item)


def test_create_is_for_members_of_an_active_organisation(people: People) -> None:
    may = {role for role in ROLES if permissions.can_create(getattr(people, role), people.organisation)}
    assert may == {"author", "manager", "member", "curator_member", "superuser_manager"}

    people.organisation.is_active = False
    assert not permissions.can_create(people.manager, people.organisation)


CAN: tuple[Callable[..., bool], ...] = (
    permissions.is_contributor,
    permissions.can_view,
    permissions.can_edit,
    permissions.can_start_version,
    permissions.can_submit,
    permissions.can_take_back,
    permissions.can_discard,
    permissions.can_withdraw,
    permissions.can_see_history,
    permissions.can_decide,
)


def test_author_who_left_the_organisation_may_what_a_stranger_may(people: People, item: Publication) -> None:
    """What was made in the name of an organisation is the organisation's."""
    people.author.memberships.all().delete()

    for can in CAN:
        assert can(people.author, item) is can(people.stranger, item), can
    assert (item in Publication.objects.visible_to(people.author)) is item.is_public
    assert item not in Publication.objects.contributed_by(people.author)
    assert permissions.is_contributor(people.manager, item)


def test_author_who_belongs_elsewhere_now_is_no_contributor(people: People, item: Publication) -> None:
    people.author.memberships.all().delete()
    MembershipFactory.create(user=people.author, role=Role.MANAGER)

    assert not permissions.is_contributor(people.author, item)
    assert item not in Publication.objects.contributed_by(people.author)


def test_author_who_came_back_is_a_contributor(people: People) -> None:
    item = people.item()
    people.author.memberships.all().delete()
    MembershipFactory.create(user=people.author, organisation=people.organisation)

    assert permissions.can_edit(people.author, item)
    assert item in Publication.objects.contributed_by(people.author)


def test_contributor_and_contributed_by_say_the_same(people: People, item: Publication) -> None:
    gone = MembershipFactory.create(organisation=people.organisation, role=Role.MANAGER).user
    User.objects.filter(pk=gone.pk).update(is_active=False)
    gone.refresh_from_db()

    for user in (*(getattr(people, role) for role in ROLES if role != "visitor"), gone):
        contributed = item in Publication.objects.contributed_by(user)
        assert contributed is permissions.is_contributor(user, item), user
        assert (item in Publication.objects.visible_to(user)) is permissions.can_view(user, item), user


def test_contributed_by_is_own_and_managed(people: People) -> None:
    mine, other = people.item(), people.item(author=people.stranger)

    assert set(Publication.objects.contributed_by(people.manager)) == {mine, other}
    assert set(Publication.objects.contributed_by(people.author)) == {mine}
    assert set(Publication.objects.contributed_by(people.member)) == set()
