"""What the pages of exchanges say, to whom, and what they let people out of."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from apps.exchanges.enums import ApplicationState
from apps.exchanges.models import Application, Programme
from apps.exchanges.services import applications, leaving, programmes
from apps.reviews import services as reviews
from apps.reviews.services import ScoreValues
from tests.exchanges.test_cases import address, filled
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import (
    FIRST_DAY,
    ApplicationFactory,
    Case,
    OfferFactory,
    authority,
    member_of,
    submitted_values,
)

pytestmark = pytest.mark.django_db
A = ApplicationState


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def words_of(letter: Any) -> str:
    return " ".join(str(letter.body).split())


# --- Applying ---------------------------------------------------------------------------------------
def test_virtual_stay_that_the_host_took_back_can_be_chosen_otherwise(client: Client) -> None:
    case = Case(is_virtual=True)
    Programme.objects.update(virtual_counts=True)
    client.force_login(case.guest)
    typed = filled(case, action="submit")
    for ticked in ({"is_virtual": "on"}, {}):
        answer = client.post(address(case, "application-edit"), {**typed, **ticked})
        if ticked:
            assert "This stay cannot be virtual." in answer.content.decode()
            typed["seen"] = answer.context["form"]["seen"].value()

    assert case.fresh().state == A.SUBMITTED
    assert not case.application.is_virtual


def test_same_person_asks_one_host_for_the_same_days_once(client: Client) -> None:
    case = Case().to(A.SUBMITTED)
    again = ApplicationFactory.create(offer=case.offer, guest=case.application.guest, author=case.guest)
    client.force_login(case.guest)
    case.application = again
    answer = client.post(address(case, "application-edit"), filled(case, action="submit"))

    assert answer.status_code == 422
    assert "runs already" in answer.content.decode()
    with pytest.raises(IntegrityError, match="application_asked_for_once"), transaction.atomic():
        Application.objects.filter(pk=again.pk).update(state="submitted", **submitted_values(again))
    colleague = ApplicationFactory.create(offer=case.offer, guest=again.guest, author=member_of(again.guest))
    applications.submit_application(application_id=colleague.pk, by=colleague.author)


def test_draft_of_a_colleague_is_given_back_to_those_who_may_write_it(client: Client) -> None:
    case = Case()
    start = reverse("exchanges:application-start", args=[case.offer.slug])
    manager, member = (member_of(case.application.guest, role=role) for role in ("manager", "member"))
    found = []
    for person in (manager, member):
        client.force_login(person)
        found.append(client.post(start, {"guest": case.application.guest_id})["Location"])
        assert client.get(found[-1]).status_code == 200

    assert found[0] == address(case, "application-edit")
    assert found[1] != found[0]


def test_conflict_shows_what_the_fields_show(client: Client) -> None:
    case = Case()
    client.force_login(case.guest)
    typed = filled(case, meeting_planned="yes", travels_as="cluster_manager")
    case.application.travels_as, case.application.meeting_planned = "policy_maker", False
    case.application.save()
    answer = client.post(address(case, "application-edit"), typed)
    shown = dict(answer.context["differences"])

    assert answer.status_code == 409
    assert shown["Travels as"] == "Policy maker"
    assert shown["Will managers and policy makers meet?"] == "No"


# --- The case ---------------------------------------------------------------------------------------
def test_third_review_that_is_awaited_is_counted_and_explained(client: Client) -> None:
    case = Case().to(A.ACCEPTED)
    panel = applications.start_review(application_id=case.pk, by=case.officer).panel
    assert panel
    for reviewer, points in zip(case.reviewers, (5, 0), strict=True):
        review = reviews.invite(panel_id=panel.pk, reviewer=reviewer, by=case.officer)
        reviews.declare_no_conflict(review_id=review.pk, by=reviewer)
        scores = {item.pk: ScoreValues(Decimal(points), "Why.") for item in panel.criteria.items.all()}
        reviews.submit_review(review_id=review.pk, by=reviewer, scores=scores, recommendation="refuse")
    client.force_login(case.officer)
    before = words(client.get(address(case)))
    third = member_of(authority(), role="member")
    reviews.invite(panel_id=panel.pk, reviewer=third, by=case.officer)
    after = words(client.get(address(case)))

    for page in (before, after):
        assert "2 of 3 wanted" in page
        assert "more than 20 points apart" in page
        assert "You can decide once all that are wanted are in." in page
    assert "Another reviewer is needed" in before
    assert "Another reviewer is needed" not in after

    review = panel.reviews.get(reviewer=third)
    reviews.declare_no_conflict(review_id=review.pk, by=third)
    scores = {item.pk: ScoreValues(Decimal(3), "Why.") for item in panel.criteria.items.all()}
    reviews.submit_review(review_id=review.pk, by=third, scores=scores, recommendation="refuse")
    complete = words(client.get(address(case)))

    assert "3 of 3 wanted" in complete
    assert "lay more than 20 points apart, so one more review was asked for" in complete
    assert "review is wanted" not in complete


@pytest.mark.parametrize("track", ["light", "full"])
def test_guest_reads_before_applying_who_will_read_the_application(client: Client, track: str) -> None:
    case = Case(track=track)
    client.force_login(case.guest)
    start = reverse("exchanges:application-start", args=[case.offer.slug])
    form = address(case, "application-edit")

    for page in (words(client.get(start)), words(client.get(form))):
        assert ("reviewers who belong to neither side" in page.lower()) == (track == "full")


# --- The decision -----------------------------------------------------------------------------------
def test_letter_and_page_say_alike_who_has_the_agreement_made(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    case = Case().to(A.UNDER_REVIEW)
    with django_capture_on_commit_callbacks(execute=True):
        case.to(A.APPROVED)
    bodies = [words_of(letter) for letter in mail.outbox if "approved the stay" in letter.body]

    assert all("Guest, host or an officer has it made" in body for body in bodies), bodies
    for person in (case.guest, case.host, case.officer):
        client.force_login(person)
        assert address(case, "application-step", "make-agreement") in words(client.get(address(case)))


def scored(points: int) -> Case:
    case = Case().to(A.ACCEPTED)
    panel = applications.start_review(application_id=case.pk, by=case.officer).panel
    assert panel
    for reviewer in case.reviewers:
        review = reviews.invite(panel_id=panel.pk, reviewer=reviewer, by=case.officer)
        reviews.declare_no_conflict(review_id=review.pk, by=reviewer)
        scores = {item.pk: ScoreValues(Decimal(points), "Why.") for item in panel.criteria.items.all()}
        reviews.submit_review(review_id=review.pk, by=reviewer, scores=scores, recommendation="refuse")
    return case


def test_approval_against_the_reviews_needs_a_reason(client: Client) -> None:
    case = scored(1)
    client.force_login(case.officer)
    answer = client.post(address(case, "application-step", "decide"), {"to": "approved", "reason": " "})
    assert answer.status_code == 422
    assert "do not recommend it" in answer.content.decode()
    done, refused = applications.decide_many(application_ids=[case.pk], by=case.officer, to=A.APPROVED)
    assert (done, len(refused)) == (0, 1)
    client.post(address(case, "application-step", "decide"), {"to": "approved", "reason": "The only one."})

    assert case.fresh().state == A.APPROVED


def test_approval_that_the_reviews_recommend_needs_none(client: Client) -> None:
    case = scored(4)
    client.force_login(case.officer)
    client.post(address(case, "application-step", "decide"), {"to": "approved"})

    assert case.fresh().state == A.APPROVED


def test_letter_names_days_amount_and_what_comes_next(django_capture_on_commit_callbacks: Any) -> None:
    case = Case().to(A.UNDER_REVIEW)
    case.guest.language = "de"
    case.guest.save()
    with django_capture_on_commit_callbacks(execute=True):
        case.to(A.APPROVED)
    letters = {each.to[0]: str(each.body) for each in mail.outbox if "approved the stay" in each.body}
    year = str(FIRST_DAY.year)

    for person in (case.guest, case.host):
        letter = letters[person.email]
        assert "What comes next: the agreement." in letter
        assert year in letter
        assert "780" in letter
    assert letters[case.guest.email] != letters[case.host.email]  # days and money as each reads them


def test_messages_of_a_case_name_both_sides_in_their_subject(django_capture_on_commit_callbacks: Any) -> None:
    case = Case()
    with django_capture_on_commit_callbacks(execute=True):
        case.to(A.SIGNED)
    sides = (case.application.guest.name, case.offer.host.name)
    # To the host alone, and to the guest alone; reviews name their case.
    others = (" applies for ", " would like to receive you", "review")

    for subject in {letter.subject for letter in mail.outbox}:
        if not any(other in subject for other in others):
            assert all(side in subject for side in sides), subject


@pytest.mark.parametrize(
    ("track", "what"), [("full", "start the review"), ("light", "confirm it on the page of the case")]
)
def test_officer_is_told_what_comes_next_on_the_track(
    django_capture_on_commit_callbacks: Any, track: str, what: str
) -> None:
    case = Case(track=track).to(A.SUBMITTED)
    with django_capture_on_commit_callbacks(execute=True):
        case.to(A.ACCEPTED)
    [to_officer] = [letter for letter in mail.outbox if letter.to == [case.officer.email]]
    [to_guest] = [letter for letter in mail.outbox if letter.to == [case.guest.email]]

    assert f"What comes next: {what}" in words_of(to_officer)
    assert "The officers of" in words_of(to_guest)
    assert "They have until" in words_of(to_guest)
    assert "The deadline" not in words_of(to_guest)


def test_both_sides_are_told_which_stay_is_signed_and_what_comes_next(
    django_capture_on_commit_callbacks: Any,
) -> None:
    case = Case().to(A.AGREEMENT_PENDING)
    with django_capture_on_commit_callbacks(execute=True):
        case.to(A.SIGNED)
    letters = {letter.to[0]: words_of(letter) for letter in mail.outbox}

    for person in (case.guest, case.host):
        for word in (
            case.application.guest.name,
            case.offer.host.name,
            f"{FIRST_DAY.year}",
            "both sides write a report",
        ):
            assert word in letters[person.email]
    assert "keep tickets and invoices" in letters[case.guest.email]
    assert "tickets" not in letters[case.host.email]


# --- What the hub writes itself ---------------------------------------------------------------------
def test_brief_names_no_person_and_the_page_names_them_as_they_are_called_now(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    panel = case.fresh().panel
    assert panel
    assert case.guest.name not in panel.brief
    review = reviews.invite(panel_id=panel.pk, reviewer=case.reviewers[0], by=case.officer)
    case.guest.name = "Renamed since"
    case.guest.save()
    client.force_login(case.reviewers[0])
    page = client.get(reverse("reviews:review-detail", args=[review.pk])).content.decode()

    assert "Who travels: Renamed since" in page


def test_hub_writes_into_a_case_in_the_language_of_its_programme(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case()
    Programme.objects.update(language="de")
    case.offer.refresh_from_db()
    for module in (applications, leaving, programmes):
        monkeypatch.setattr(module, "_", lambda text: f"{translation.get_language()}: {text}")
    with translation.override("fr"):
        case.to(A.UNDER_REVIEW)
        leaving.forget_person(case.guest)
        panel = case.fresh().panel
        assert panel
        assert panel.brief.count("de: ") == 3
        assert case.application.reason.startswith("de: ")
        draft = Case().application
        Programme.objects.update(language="de")
        applications.withdraw_application(application_id=draft.pk, by=draft.author, reason="")
        draft.refresh_from_db()
        assert draft.reason.startswith("de: ")
        assert all(name.startswith("de: ") for name in _names_of_criteria())


def _names_of_criteria() -> list[str]:
    """Of a programme in German that is begun with the usual ones."""
    owner = authority()
    now = timezone.now()
    made = programmes.create_programme(
        organisation=owner,
        values={
            "name": "P", "summary": "S", "language": "de", "level": "regional", "opens_at": now,
            "closes_at": now + timedelta(days=9), "stays_from": FIRST_DAY, "stays_until": FIRST_DAY,
        },
        countries=[],
        by=member_of(owner),
    )  # fmt: skip
    assert made.criteria
    return [item.name for item in made.criteria.items.all()]


# --- The officers' table and the reviewers ------------------------------------------------------------
def test_table_sorts_states_by_the_way_and_names_the_zone(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    others = [
        Case(offer=OfferFactory.create(programme=case.programme)).to(state)
        for state in (A.SUBMITTED, A.DECLINED)
    ]
    client.force_login(case.officer)
    table = reverse("exchanges:programme-applications", args=[case.programme.slug])
    rows = [row.pk for row in client.get(f"{table}?sort=state").context["rows"]]

    assert rows == [others[0].pk, case.pk, others[1].pk]
    assert "Promised by (Brussels time)" in words(client.get(table))


def test_mistake_in_the_release_of_a_reviewer_is_named_at_the_top(client: Client) -> None:
    case = Case().to(A.ACCEPTED)
    panel = applications.start_review(application_id=case.pk, by=case.officer).panel
    assert panel
    review = reviews.invite(panel_id=panel.pk, reviewer=case.reviewers[0], by=case.officer)
    client.force_login(case.officer)
    field = f"id_release_{review.pk}_reason"
    assert f'id="{field}_helptext"' in client.get(address(case)).content.decode()
    answer = client.post(reverse("exchanges:reviewer-release", args=[case.pk, review.pk]), {"reason": " "})
    page = answer.content.decode()

    assert answer.status_code == 422
    assert f'href="#{field}"' in page
    assert page.count(f'id="{field}"') == 1


def test_box_of_a_programme_offers_what_its_heading_says(client: Client) -> None:
    page = words(client.get(Case().programme.get_absolute_url()))
    apply_box, _, host_box = page.partition("Apply until")[2].partition("Receive a guest")

    assert "Find a host" in apply_box
    assert "Offer a stay" not in apply_box
    assert "Offer a stay" in host_box


# --- Where there is nothing to apply for ---------------------------------------------------------------
@pytest.mark.parametrize("is_over", ["periods", "programme"])
def test_nobody_is_asked_to_apply_where_no_days_are_left(client: Client, is_over: str) -> None:
    day = timezone.localdate() - timedelta(days=1)
    if is_over == "periods":
        offer = OfferFactory.create(windows=[(day - timedelta(days=9), day)])
    else:
        offer = OfferFactory.create()
        Programme.objects.update(stays_from=day, stays_until=day)
    said = {"periods": "All dates of this offer are over.", "programme": "stays can take place is over."}[
        is_over
    ]
    client.force_login(UserFactory.create())
    start = reverse("exchanges:application-start", args=[offer.slug])
    for page in (words(client.get(offer.get_absolute_url())), words(client.get(start))):
        assert said in page
        assert "Apply for this stay" not in page
        assert "Begin the application" not in page
