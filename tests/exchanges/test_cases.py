"""Applying, and the page of a case: what each side sees, may press, and is told is wrong."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.core.tasklist import todos_for
from apps.exchanges import casework
from apps.exchanges.days import today
from apps.exchanges.enums import APPLICATION_STEPS, ApplicationState, Audience, Side, Signer
from apps.exchanges.exceptions import NotReadyError
from apps.exchanges.models import Application, Evidence, Officer
from apps.exchanges.services import after, applications
from apps.exchanges.todo_sources import cases_that_wait
from apps.organisations.enums import OrganisationKind
from apps.organisations.services import leave
from apps.reviews import services as reviews
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import FIRST_DAY, ApplicationFactory, Case, OfferFactory, authority, member_of
from tests.factories.files import StoredFileFactory
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.factories.reviews import ReviewFactory
from tests.factories.taxonomy import CountryFactory

pytestmark = pytest.mark.django_db
A = ApplicationState
GOALS = "To see how you count."


def address(case: Case, name: str = "application-detail", *args: Any) -> str:
    return reverse(f"exchanges:{name}", args=[case.pk, *args])


def people(case: Case) -> dict[str, User | None]:
    """Everybody who might knock: the three sides, those near to them, and strangers."""
    return {
        "guest": case.guest,
        "host": case.host,
        "officer": case.officer,
        "colleague of the guest": member_of(case.application.guest, role="member"),
        "colleague of the host": member_of(case.offer.host, role="member"),
        "manager of the authority": member_of(case.programme.organisation),
        "reviewer": case.reviewers[0],
        "stranger": UserFactory.create(),
        "superuser": UserFactory.create(is_staff=True, is_superuser=True),
        "inactive guest": _inactive(case),
        "nobody": None,
    }


def _inactive(case: Case) -> User:
    person = member_of(case.application.guest)
    User.objects.filter(pk=person.pk).update(is_active=False)
    person.refresh_from_db()
    return person


def filled(case: Case, **changes: Any) -> dict[str, Any]:
    row = case.fresh()
    return {
        "traveller": row.traveller_id,
        "travels_as": "cluster_manager",
        "starts_on": FIRST_DAY.isoformat(),
        "ends_on": (FIRST_DAY + timedelta(days=4)).isoformat(),
        "goals": GOALS,
        "benefit": "We bring figures.",
        "use_at_home": "We will count the same way.",
        "agenda": "Day one, day two.",
        "meeting_planned": "yes",
        "meeting_note": "",
        "seen": row.updated_at.isoformat(),
        **changes,
    }


# --- Applying ---------------------------------------------------------------------------------------
def test_from_apply_to_submitted_with_a_prepared_profile(client: Client) -> None:
    """Begin, four texts, two days, one answer, submit: nine things to do, of twelve at most."""
    offer = OfferFactory.create()
    guest = OrganisationFactory.create(country=CountryFactory.create(code="ES"), kind="cluster")
    person = member_of(guest)
    client.force_login(person)
    start = reverse("exchanges:application-start", args=[offer.slug])

    assert "checked" in client.get(start).content.decode().partition('name="guest"')[2].partition(">")[0]
    begun = client.post(start, {"guest": guest.pk})
    draft = Application.objects.get()
    assert begun["Location"] == reverse("exchanges:application-edit", args=[draft.pk])
    assert (draft.traveller, draft.travels_as) == (person, "cluster_manager")
    typed = {
        "traveller": person.pk, "travels_as": draft.travels_as, "starts_on": FIRST_DAY.isoformat(),
        "ends_on": (FIRST_DAY + timedelta(days=4)).isoformat(), "goals": "a", "benefit": "b", "use_at_home": "c",
        "agenda": "d", "meeting_planned": "yes", "seen": draft.updated_at.isoformat(), "action": "submit",
    }  # fmt: skip
    answer = client.post(begun["Location"], typed)
    draft.refresh_from_db()

    assert answer["Location"] == draft.get_absolute_url()
    assert draft.state == A.SUBMITTED
    assert draft.amount == 780


FITTING = {
    "cluster": "cluster_manager", "network": "cluster_manager", "authority": "policy_maker",
    "company": "cluster_member", "research": "cluster_member", "provider": "cluster_member", "dih": "cluster_member",
}  # fmt: skip


@pytest.mark.parametrize("role", ["manager", "member"])
@pytest.mark.parametrize("kind", OrganisationKind.values)
def test_people_travel_as_what_their_organisation_is(client: Client, kind: str, role: str) -> None:
    """Said at once where the programme takes no such people; and nobody passes for another."""
    for audience in Audience.values:
        offer = OfferFactory.create(programme__track="light", programme__audiences=[audience])
        guest = OrganisationFactory.create(country=CountryFactory.create(code="ES"), kind=kind)
        person = member_of(guest, role=role)
        client.force_login(person)
        begun = client.post(reverse("exchanges:application-start", args=[offer.slug]), {"guest": guest.pk})
        if FITTING[kind] == audience:
            draft = Application.objects.get(guest=guest)
            assert draft.travels_as == audience
            assert audience in client.get(begun["Location"]).content.decode()
            continue
        assert begun.status_code == 422
        assert "This programme is for others" in begun.content.decode()
        case = Case(offer=offer, guest=guest, travels_as=audience)
        client.force_login(case.guest)
        answer = client.post(address(case, "application-edit"), filled(case, travels_as=audience))
        assert "Select a valid choice" in answer.content.decode()
        assert "This programme does not take" in answer.content.decode()
        with pytest.raises(NotReadyError) as refused:
            applications.submit_application(application_id=case.pk, by=case.guest)
        assert [name for name, _text in refused.value.problems] == ["travels_as"]


def test_second_begin_leads_to_the_same_draft(client: Client) -> None:
    case = Case()
    client.force_login(case.guest)
    start = reverse("exchanges:application-start", args=[case.offer.slug])
    for _ in range(2):
        answer = client.post(start, {"guest": case.application.guest_id})
        assert answer["Location"] == address(case, "application-edit")


def test_only_ones_own_organisation_can_be_chosen(client: Client) -> None:
    offer, other = OfferFactory.create(), OrganisationFactory.create()
    client.force_login(member_of(OrganisationFactory.create()))
    start = reverse("exchanges:application-start", args=[offer.slug])

    for guest in (other.pk, offer.host_id, "x", "", 2**70):
        assert client.post(start, {"guest": guest}).status_code == 422
    assert not Application.objects.exists()


def test_host_and_homeless_are_told_why_they_cannot_apply(client: Client) -> None:
    offer = OfferFactory.create()
    start = reverse("exchanges:application-start", args=[offer.slug])
    client.force_login(member_of(offer.host, role="member"))
    assert "both sides" in client.get(start).content.decode()
    client.force_login(UserFactory.create())
    assert "no organisation" in client.get(start).content.decode()


def test_what_is_missing_stands_beside_its_field_and_nothing_typed_is_lost(client: Client) -> None:
    case = Case()
    client.force_login(case.guest)
    answer = client.post(
        address(case, "application-edit"), filled(case, benefit="", meeting_planned="", action="submit")
    )
    text = answer.content.decode()

    assert answer.status_code == 422
    assert text.count("Please fill this in.") == 4  # in the summary, and beside each of two fields
    assert '<a href="#id_benefit">' in text
    assert GOALS in text
    assert case.fresh().state == A.DRAFT


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "one day only": ({"ends_on": ""}, "both days"),
    "days turned round": ({"ends_on": (FIRST_DAY - timedelta(days=1)).isoformat()}, "before the first"),
    "no day": ({"starts_on": "soon"}, "Enter a valid date"),
    "a day after our time": ({"ends_on": "9999-12-31"}, "between the years 2000 and 2100"),
    "a day before our time": ({"starts_on": "0001-01-01"}, "between the years 2000 and 2100"),
    "too long": ({"ends_on": (FIRST_DAY + timedelta(days=20)).isoformat()}, "the programme asks for 2 to 14"),
    "not the host's days": (
        {
            "starts_on": (FIRST_DAY + timedelta(days=29)).isoformat(),
            "ends_on": (FIRST_DAY + timedelta(days=33)).isoformat(),
        },
        "cannot receive you",
    ),
    "no reason for no meeting": ({"meeting_planned": "no"}, "will not meet"),
    "a group that the programme does not take": ({"travels_as": "cluster_member"}, "Select a valid choice"),
    "somebody of another organisation": ({"traveller": "1"}, "Select a valid choice"),
    "too much": ({"goals": "x" * 5000}, "at most 4000"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_a_message(client: Client, name: str) -> None:
    case = Case()
    client.force_login(case.guest)
    changes, message = BAD[name]
    answer = client.post(address(case, "application-edit"), filled(case, action="submit", **changes))

    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert case.fresh().state == A.DRAFT


def test_pressing_submit_twice_submits_once(client: Client) -> None:
    case = Case()
    client.force_login(case.guest)
    typed = filled(case, action="submit")
    first = client.post(address(case, "application-edit"), typed)
    second = client.post(address(case, "application-edit"), typed, follow=True)

    assert first.status_code == 302
    assert second.status_code == 200
    assert "does not change any more" in second.content.decode()
    assert case.host.notifications.filter(kind="application_submitted").count() == 1


def test_two_windows_do_not_overwrite_each_other_unseen(client: Client) -> None:
    case = Case()
    client.force_login(case.guest)
    old = filled(case, goals="Typed in the other window")
    client.post(address(case, "application-edit"), filled(case, goals="Saved first"))
    answer = client.post(address(case, "application-edit"), old)
    text = answer.content.decode()

    assert answer.status_code == 409
    assert "Typed in the other window" in text
    assert "Saved first" in text
    again = client.post(
        address(case, "application-edit"), {**old, "seen": case.fresh().updated_at.isoformat()}
    )
    assert again.status_code == 302


def test_autosave_keeps_what_is_valid_and_hands_out_the_next_version(client: Client) -> None:
    case = Case()
    client.force_login(case.guest)
    answer = client.post(address(case, "application-autosave"), filled(case, goals="New words", ends_on=""))

    assert answer.json()["saved"]
    row = case.fresh()
    assert row.goals == "New words"
    assert row.ends_on == FIRST_DAY + timedelta(days=4)
    assert answer.json()["fields"] == {"seen": row.updated_at.isoformat()}
    stale = client.post(address(case, "application-autosave"), filled(case, seen="2020-01-01T00:00:00+00:00"))
    assert stale.status_code == 409


def test_signed_out_guest_keeps_what_was_typed(client: Client) -> None:
    case = Case()
    typed = filled(case, goals="Kept words")
    assert "login" in client.post(address(case, "application-edit"), typed)["Location"]
    assert client.post(address(case, "application-autosave"), typed).status_code == 401
    session = client.session
    client.force_login(case.guest)
    fresh = client.session
    fresh.update({key: value for key, value in session.items() if key.startswith("kept_form")})
    fresh.save()
    assert "Kept words" in client.get(address(case, "application-edit")).content.decode()


# --- Who sees what ----------------------------------------------------------------------------------
def nearly(case: Case) -> dict[str, User]:
    """Who stood on a side, stands on two, or was asked to look at the case. To be called at the state that counts."""
    guest, office = case.application.guest, case.programme.organisation
    found = {
        "former guest": member_of(guest),
        "officer of a party": member_of(office, role="member"),
        "both sides": member_of(guest),
        "reviewer of the case": member_of(authority(), role="member"),
        "officer who was asked": member_of(office, role="member"),
        "former officer": member_of(office, role="member"),
    }
    for name in ("officer of a party", "former officer", "officer who was asked"):
        Officer.objects.create(programme=case.programme, user=found[name])
    MembershipFactory.create(organisation=guest, user=found["officer of a party"], role="member")
    MembershipFactory.create(organisation=case.offer.host, user=found["both sides"], role="manager")
    leave(organisation_id=guest.pk, by=found["former guest"])
    leave(organisation_id=office.pk, by=found["former officer"])
    if case.fresh().panel:
        for name in ("reviewer of the case", "officer who was asked"):
            ReviewFactory.create(
                panel=case.application.panel,
                reviewer=found[name],
                state="accepted",
                declared_at=timezone.now(),
            )
    else:
        # Nobody has been asked yet.
        Officer.objects.filter(user=found["officer who was asked"]).delete()
    return found


# Who finds the case at all; everybody else gets 404, and who is signed out is sent to sign in.
SIDES = ("guest", "host", "officer", "both sides")
Statuses = tuple[int, int, int, int]
HIDDEN, AWAY = 404, 302
# In a draft the host and the officers find nothing; there it has one side, for whoever belongs to the guest.
DRAFT: dict[str, Statuses] = {
    "application-detail": (200, 404, 404, 200),
    "application-edit": (200, 404, 404, 200),
    "agreement": (404, 404, 404, 404),
    "agreement-pdf": (404, 404, 404, 404),
    "report": (302, 404, 404, 302),
    "evidence": (302, 404, 404, 302),
    "follow-up": (302, 404, 404, 302),
    "post application-autosave": (200, 404, 404, 200),
    "post agreement": (404, 404, 404, 404),
    "post reviewer-invite": (403, 404, 404, 403),
    "post report": (302, 404, 404, 302),
    "post evidence": (302, 404, 404, 302),
    "post follow-up": (302, 404, 404, 302),
    "post decide": (403, 404, 404, 403),
    "post cancel": (302, 404, 404, 302),
}
USUAL: dict[str, Statuses] = {
    "application-detail": (200, 200, 200, 200),
    "application-edit": (302, 403, 403, 302),
    "agreement": (404, 404, 404, 404),
    "agreement-pdf": (404, 404, 404, 404),
    "report": (302, 302, 403, 403),
    "evidence": (302, 403, 403, 403),
    "follow-up": (302, 302, 403, 403),
    "post application-autosave": (409, 403, 403, 409),
    "post agreement": (404, 404, 404, 404),
    "post reviewer-invite": (403, 403, 404, 403),
    "post report": (302, 302, 403, 403),
    "post evidence": (302, 403, 403, 403),
    "post follow-up": (302, 302, 403, 403),
    "post decide": (403, 403, 302, 403),
    "post cancel": (302, 403, 403, 403),
}
REVIEWED: dict[str, Statuses] = {"post reviewer-invite": (403, 403, 302, 403)}
SIGNABLE: dict[str, Statuses] = REVIEWED | {
    "agreement": (200, 200, 200, 200),
    "agreement-pdf": (200, 200, 200, 200),
    "post agreement": (302, 302, 302, 403),
}
STATUSES: dict[A, dict[str, Statuses]] = {
    A.DRAFT: DRAFT,
    A.SUBMITTED: USUAL,
    A.UNDER_REVIEW: USUAL | REVIEWED,
    A.WAITING_LIST: USUAL | REVIEWED | {"post decide": (403, 403, 422, 403)},
    A.AGREEMENT_PENDING: USUAL | SIGNABLE,
    A.COMPLETED: USUAL | SIGNABLE | {
        "report": (200, 200, 403, 403),
        "evidence": (200, 403, 403, 403),
        "post report": (302, 302, 403, 403),
        "post evidence": (422, 403, 403, 403),
        "evidence-file": (200, 200, 200, 200),
    },
    A.CLOSED: USUAL | SIGNABLE | {
        "follow-up": (200, 200, 403, 403),
        "post follow-up": (422, 422, 403, 403),
        "evidence-file": (200, 200, 200, 200),
    },
}  # fmt: skip


@pytest.mark.parametrize("state", STATUSES, ids=lambda state: state.value)
def test_every_page_of_a_case_by_everybody(client: Client, state: ApplicationState) -> None:
    case = Case().to(state)
    everybody = {**people(case), **nearly(case)}
    if state == A.COMPLETED:
        file = StoredFileFactory.create()
        Evidence.objects.create(application=case.application, kind="travel", file=file, author=case.guest)
    if state == A.CLOSED:
        after.ask_what_changed(application_id=case.pk)
    evidence = case.application.evidence.first()
    wrong = {}
    for name, person in everybody.items():
        client.logout()
        if person:
            client.force_login(person)
        for page, expected in STATUSES[state].items():
            status = _knock(client, case, page, evidence)
            if name in {"nobody", "inactive guest"}:
                wanted = 401 if page == "post application-autosave" else AWAY
            else:
                wanted = expected[SIDES.index(name)] if name in SIDES else HIDDEN
            if status != wanted:
                wrong[name, page] = status, wanted
    assert wrong == {}
    assert case.fresh().state == state


def _knock(client: Client, case: Case, page: str, evidence: Evidence | None) -> int:
    """What is sent here is never enough for a step."""
    method, _space, name = page.rpartition(" ")
    if name == "evidence-file":
        assert evidence
        return client.head(address(case, name, evidence.pk)).status_code
    if not method:
        return client.get(address(case, name)).status_code
    target = address(case, "application-step", name) if name in casework.STEPS else address(case, name)
    # Whoever may ask for a review is told that the guest cannot write one.
    return client.post(target, {"person": case.guest.pk}).status_code


def test_unknown_case_and_unknown_step_are_not_found(client: Client) -> None:
    case = Case().to(A.SUBMITTED)
    client.force_login(case.guest)

    assert client.get(reverse("exchanges:application-detail", args=[uuid.uuid4()])).status_code == 404
    assert client.post(address(case, "application-step", "steal")).status_code == 404


@pytest.mark.parametrize("state", [state for state in A if state != A.EXPIRED], ids=lambda state: state.value)
def test_buttons_are_exactly_what_the_services_take(client: Client, state: ApplicationState) -> None:
    """Every step by every side: what has a button works, what has none is refused and changes nothing."""
    case = Case().to(state)
    for role, person in (
        (Signer.GUEST, case.guest),
        (Signer.HOST, case.host),
        (Signer.OFFICER, case.officer),
    ):
        client.force_login(person)
        page = client.get(address(case)).content.decode() if state != A.DRAFT or role == Signer.GUEST else ""
        for name, step in casework.STEPS.items():
            target = address(case, "application-step", name)
            offered = target in page
            if offered:
                assert state in step.states
                assert role in step.roles
                continue
            before = case.fresh()
            answer = client.post(target, {"reason": "x", "to": "rejected", "side": "guest", "reference": "x",
                                          "paid_on": "2020-01-01"})  # fmt: skip
            assert answer.status_code in {302, 403, 404, 409, 422}, (role, name)
            assert case.fresh().state == before.state, (role, name)


STEPS: dict[str, tuple[str, str, dict[str, str], str]] = {
    "accept": (A.SUBMITTED, "host", {}, A.ACCEPTED),
    "decline": (A.SUBMITTED, "host", {"reason": "No room."}, A.DECLINED),
    "give-up": (A.DRAFT, "guest", {}, A.WITHDRAWN),
    "withdraw": (A.SUBMITTED, "guest", {"reason": "Plans changed."}, A.WITHDRAWN),
    "give-place-up": (A.APPROVED, "guest", {"reason": "Plans changed."}, A.WITHDRAWN),
    "review": (A.ACCEPTED, "officer", {}, A.UNDER_REVIEW),
    "make-agreement": (A.APPROVED, "host", {}, A.AGREEMENT_PENDING),
    "cancel": (A.SIGNED, "guest", {"reason": "Ill."}, A.CANCELLED),
    "cancel-as-host": (A.IN_PROGRESS, "host", {"reason": "Fire."}, A.CANCELLED),
    "validate": (A.REPORTS_SUBMITTED, "officer", {}, A.VALIDATED),
    "return": (A.REPORTS_SUBMITTED, "officer", {"reason": "More.", "side": "host"}, A.COMPLETED),
    "pay": (A.VALIDATED, "officer", {"reference": "T-1", "paid_on": today().isoformat()}, A.PAID),
    "close": (A.PAID, "officer", {}, A.CLOSED),
}


@pytest.mark.parametrize("name", STEPS)
def test_step_is_taken_by_its_button_and_not_twice(client: Client, name: str) -> None:
    start, side, data, end = STEPS[name]
    case = Case().to(start)
    client.force_login(getattr(case, side))
    assert address(case, "application-step", name) in client.get(address(case)).content.decode()
    answer = client.post(address(case, "application-step", name), data, follow=True)

    assert answer.redirect_chain[0][0] == address(case)
    assert case.fresh().state == end
    again = client.post(address(case, "application-step", name), data, follow=True)
    assert case.fresh().state == end
    assert "alert-danger" in again.content.decode()


@pytest.mark.parametrize("name", [name for name, (_s, _w, data, _e) in STEPS.items() if data])
def test_step_that_needs_words_comes_back_open_without_them(client: Client, name: str) -> None:
    start, side, _data, _end = STEPS[name]
    case = Case().to(start)
    client.force_login(getattr(case, side))
    answer = client.post(address(case, "application-step", name), {"reason": "   "})
    text = answer.content.decode()

    assert answer.status_code == 422
    assert '<details class="hub-disclosure" open>' in text
    assert "error-summary" in text
    assert case.fresh().state == start


def test_decision_needs_a_reason_unless_it_approves(client: Client) -> None:
    case = Case(track="light").to(A.ACCEPTED)
    client.force_login(case.officer)
    target = address(case, "application-step", "decide")

    assert client.post(target, {"to": "rejected"}).status_code == 422
    assert client.post(target, {"to": "closed"}).status_code == 422
    client.post(target, {"to": "approved"})
    assert case.fresh().state == A.APPROVED


def test_approval_of_taken_days_says_so_and_keeps_the_form(client: Client) -> None:
    first = Case(track="light").to(A.APPROVED)
    second = Case(offer=first.offer).to(A.ACCEPTED)
    client.force_login(first.officer)
    answer = client.post(address(second, "application-step", "decide"), {"to": "approved", "reason": "Kept"})

    assert answer.status_code == 409
    assert "These days are taken" in answer.content.decode()
    assert "Kept" in answer.content.decode()


def test_reason_of_a_signed_out_person_waits_in_the_page_of_the_case(client: Client) -> None:
    case = Case().to(A.SUBMITTED)
    target = address(case, "application-step", "decline")
    assert f"next={target}".replace("/", "%2F") in client.post(target, {"reason": "Typed"})["Location"]
    session = client.session
    client.force_login(case.host)
    fresh = client.session
    fresh.update({key: value for key, value in session.items() if key.startswith("kept_form")})
    fresh.save()

    assert "Typed" in client.get(target).content.decode()
    assert client.get(target)["Location"] == address(case)
    assert case.fresh().state == A.SUBMITTED


def test_who_came_to_stand_on_both_sides_presses_nothing(client: Client) -> None:
    case = Case().to(A.SUBMITTED)
    MembershipFactory.create(organisation=case.application.guest, user=case.host, role="manager")
    client.force_login(case.host)
    text = client.get(address(case)).content.decode()

    assert "both sides of this case" in text
    assert "/accept/" not in text
    assert client.post(address(case, "application-step", "accept")).status_code == 403


# --- What the page says -----------------------------------------------------------------------------
@pytest.mark.parametrize("state", list(A), ids=lambda state: state.value)
def test_every_state_says_what_happens_next(state: ApplicationState) -> None:
    """Whoever must act finds a button or a link, and every state has words for everybody."""
    case = Case()
    Application.objects.filter(pk=case.pk).update(rules={"track": "full", "funding": "none"})
    row = case.fresh()
    row.state = state
    standing = casework.Standing(application=row)
    for role in Signer:
        said = casework.next_of(standing, role)
        assert str(said.text)
        if role in casework.waits_for(standing):
            assert said.is_mine
            assert state == A.UNDER_REVIEW or casework.presses_of(standing, role), role
    assert casework.way_of(row)


def test_what_ended_leaves_nothing_to_press() -> None:
    ended = [state for state, steps in APPLICATION_STEPS.items() if not steps]
    for step in casework.STEPS.values():
        assert not step.states & set(ended) - {A.CLOSED} or step.name.startswith("approve-")


def test_history_and_reason_stand_on_the_page(client: Client) -> None:
    case = Case().to(A.DECLINED)
    client.force_login(case.guest)
    text = client.get(address(case)).content.decode()

    assert "No room." in text
    assert "Declined by the host" in text
    assert case.host.name in text


def test_one_guest_travels_as_one(client: Client) -> None:
    case = Case()
    client.force_login(case.guest)
    for page in ("application-detail", "application-edit"):
        text = client.get(address(case, page)).content.decode()
        assert "Cluster manager" in text
        assert "Cluster managers" not in text


def test_what_is_typed_is_shown_as_text(client: Client) -> None:
    case = Case(goals="<script>alert(1)</script>").to(A.SUBMITTED)
    client.force_login(case.host)

    assert "<script>alert" not in client.get(address(case)).content.decode()


@pytest.mark.parametrize("state", [A.SUBMITTED, A.UNDER_REVIEW, A.AGREEMENT_PENDING, A.CLOSED])
def test_page_of_a_case_is_within_its_budget(
    client: Client, django_assert_max_num_queries: Any, state: ApplicationState
) -> None:
    case = Case().to(state)
    if state == A.UNDER_REVIEW:
        case.score()
    for person in (case.guest, case.host, case.officer):
        client.force_login(person)
        client.get(address(case))
        with django_assert_max_num_queries(20):
            client.get(address(case))


# --- My applications --------------------------------------------------------------------------------
def test_list_shows_ones_own_as_guest_and_as_host(client: Client) -> None:
    case, other = Case().to(A.SUBMITTED), Case().to(A.SUBMITTED)
    mine = reverse("exchanges:application-list")
    client.force_login(case.guest)
    as_guest = client.get(mine).content.decode()
    assert address(case) in as_guest
    assert address(other) not in as_guest
    assert address(case) not in client.get(mine, {"side": "host"}).content.decode()
    client.force_login(case.host)
    assert address(case) in client.get(mine, {"side": "host"}).content.decode()
    client.force_login(UserFactory.create())
    assert "not applied yet" in client.get(mine).content.decode()
    client.logout()
    assert client.get(mine).status_code == 302


def test_list_opens_on_the_side_where_something_waits(client: Client) -> None:
    case, mine = Case().to(A.SUBMITTED), reverse("exchanges:application-list")
    client.force_login(case.host)
    assert address(case) in client.get(mine).content.decode()
    as_guest = client.get(mine, {"side": "guest"})
    assert "not applied yet" in as_guest.content.decode()
    assert [tab.url for tab in as_guest.context["tabs"]] == [f"{mine}?side=guest", f"{mine}?side=host"]
    assert "Nothing waits for you" in client.get(mine, {"waiting": "1"}).content.decode()

    draft = ApplicationFactory.create(author=case.host, guest=case.offer.host)
    as_guest = client.get(mine)
    assert draft.get_absolute_url() in as_guest.content.decode()
    assert address(case) not in as_guest.content.decode()


@pytest.mark.parametrize("count", [1, 4])
def test_list_costs_the_same_with_many(
    client: Client, django_assert_max_num_queries: Any, count: int
) -> None:
    first = Case().to(A.SUBMITTED)
    for _ in range(count - 1):
        Case(guest=first.application.guest, traveller=first.guest).to(A.SUBMITTED)
    client.force_login(first.guest)
    with django_assert_max_num_queries(10):
        client.get(reverse("exchanges:application-list"))


# --- What waits on the dashboard ----------------------------------------------------------------------
TURNS = {
    A.DRAFT: {"guest"}, A.SUBMITTED: {"host"}, A.ACCEPTED: {"officer"}, A.UNDER_REVIEW: {"officer"},
    A.APPROVED: {"guest", "host"}, A.AGREEMENT_PENDING: {"guest", "host", "officer"}, A.SIGNED: set(),
    A.COMPLETED: {"guest", "host"}, A.REPORTS_SUBMITTED: {"officer"}, A.VALIDATED: {"officer"}, A.PAID: {"officer"},
    A.CLOSED: set(), A.DECLINED: set(), A.REJECTED: set(),
}  # fmt: skip


@pytest.mark.parametrize("state", list(TURNS), ids=lambda state: state.value)
def test_dashboard_shows_a_case_to_whom_it_waits_for(state: ApplicationState) -> None:
    case = Case().to(state)
    found = {
        side
        for side in ("guest", "host", "officer")
        if any(todo.url == address(case) for todo in todos_for(getattr(case, side)))
    }
    assert found == TURNS[state]


def test_officer_is_called_for_as_long_as_reviewers_are_lacking() -> None:
    case = Case().to(A.UNDER_REVIEW)
    panel = case.application.panel
    assert panel
    assert details_for(case.officer) == ["Ask 2 more people for a review."]
    first, _second = [
        reviews.invite(panel_id=panel.pk, reviewer=reviewer, by=case.officer) for reviewer in case.reviewers
    ]
    assert details_for(case.officer) == []
    reviews.refuse(review_id=first.pk, by=case.reviewers[0], reason="No time.")
    assert details_for(case.officer) == ["Ask 1 more person for a review."]


def test_officer_is_called_when_all_reviews_are_in() -> None:
    case = Case().to(A.UNDER_REVIEW)
    case.score()
    assert details_for(case.officer) == ["The reviews are in: please decide."]


def details_for(person: User) -> list[str]:
    return [todo.detail for todo in todos_for(person)]


def test_dashboard_asks_what_changed_and_then_the_officer() -> None:
    case = Case().to(A.CLOSED)
    after.ask_what_changed(application_id=case.pk)
    assert [todo.url for todo in todos_for(case.guest)] == [address(case)]
    for side, person in (("guest", case.guest), ("host", case.host)):
        after.answer_follow_up(
            application_id=case.pk, side=Side(side), what_changed="Much", may_publish=True, by=person
        )
    assert [todo.url for todo in todos_for(case.guest)] == []
    assert [todo.url for todo in todos_for(case.officer)] == [address(case)]


def test_page_and_dashboard_name_the_sides_since_many_cases_have_one_title(client: Client) -> None:
    case = Case().to(A.SUBMITTED)
    sides = f"{case.application.guest.name} with {case.offer.host.name}"
    client.force_login(case.host)

    assert [todo.title for todo in cases_that_wait(case.host)] == [f"{sides}: {case.offer.title}"]
    title = client.get(address(case)).content.decode().partition("</title>")[0]
    assert sides in title


@pytest.mark.parametrize("count", [1, 4])
def test_dashboard_costs_the_same_with_many(django_assert_max_num_queries: Any, count: int) -> None:
    first = Case().to(A.AGREEMENT_PENDING)
    for _ in range(count - 1):
        Case(guest=first.application.guest, traveller=first.guest).to(A.SUBMITTED)
    with django_assert_max_num_queries(8):
        list(cases_that_wait(first.guest))
