"""What somebody reads who sees these pages for the first time: where to go on, what happened, what follows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.exchanges.enums import ApplicationState, Audience, Side
from apps.exchanges.services import after
from apps.organisations.models import Organisation
from apps.reviews import services as reviews
from tests.factories.exchanges import Case, OfferFactory, ProgrammeFactory, authority, member_of
from tests.factories.organisations import OrganisationFactory
from tests.factories.taxonomy import CountryFactory

pytestmark = pytest.mark.django_db
A = ApplicationState
CONFLICT = "My sister works there."


def page(client: Client, person: Any, address: str) -> str:
    client.force_login(person)
    return client.get(address).content.decode()


def of_case(case: Case) -> str:
    return reverse("exchanges:application-detail", args=[case.pk])


# --- Where to go on -----------------------------------------------------------------------------------
@pytest.mark.parametrize("side", ["guest", "host", "officer"])
def test_case_leads_to_both_sides_the_offer_and_the_programme(client: Client, side: str) -> None:
    case = Case().to(A.SUBMITTED)
    text = page(client, getattr(case, side), of_case(case))

    for thing in (case.application.guest, case.offer.host, case.offer, case.programme):
        assert f'<a href="{thing.get_absolute_url()}">{thing}</a>' in text, thing


def test_reviewer_who_has_declared_finds_both_sides(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    case.score()
    review = case.fresh().panel.reviews.get(reviewer=case.reviewers[0])  # type: ignore[union-attr]
    text = page(client, case.reviewers[0], reverse("reviews:review-detail", args=[review.pk]))

    for organisation in (case.application.guest, case.offer.host):
        assert f'<a href="{organisation.get_absolute_url()}">{organisation}</a>' in text


def test_organisation_that_is_hidden_is_named_without_a_link(client: Client) -> None:
    case = Case().to(A.SUBMITTED)
    Organisation.objects.filter(pk=case.application.guest_id).update(is_active=False)
    Organisation.objects.filter(pk=case.application.guest_id).update(name="<b>Gone</b>")
    text = page(client, case.officer, of_case(case))

    assert case.application.guest.get_absolute_url() not in text
    assert "&lt;b&gt;Gone&lt;/b&gt;, " in text


# --- What happened ------------------------------------------------------------------------------------
def with_reviews() -> Case:
    """One review is in, one reviewer has a conflict, one is released, one refuses."""
    case = Case().to(A.UNDER_REVIEW)
    case.score()
    panel = case.fresh().panel
    assert panel
    ends: dict[str, Any] = {
        "Carla Conflict": reviews.declare_conflict,
        "Renate Released": reviews.release,
        "Fritz Refuses": reviews.refuse,
    }
    for name, end in ends.items():
        person = member_of(authority(), role="member", name=name)
        review = reviews.invite(panel_id=panel.pk, reviewer=person, by=case.officer)
        end(
            review_id=review.pk,
            by=case.officer if end is reviews.release else person,
            reason=f"{CONFLICT} {name}",
        )
    return case


def test_officer_reads_whom_a_review_was_asked_of_and_what_became_of_it(client: Client) -> None:
    case = with_reviews()
    history = page(client, case.officer, of_case(case)).partition("What happened")[2]

    for said in (
        "Rita Reviewer 1 was asked for a review",
        "Rita Reviewer 1 declared no conflict of interest",
        "Rita Reviewer 1 handed in a review",
        "Carla Conflict has a conflict of interest",
        f"{CONFLICT} Carla Conflict",
        "Fritz Refuses refused to review",
        "Renate Released was released from the review",
    ):
        assert said in history, said
    assert history.index("Renate Released was released") < history.index("Rita Reviewer 1 handed in")
    assert history.index("Rita Reviewer 1 was asked") < history.index("Review started")


@pytest.mark.parametrize("side", ["guest", "host"])
def test_sides_read_neither_names_nor_reasons_of_reviewers(client: Client, side: str) -> None:
    case = with_reviews()
    text = page(client, getattr(case, side), of_case(case))

    assert "Review started" in text
    for name in ("Rita", "Carla", "Renate", "Fritz", CONFLICT):
        assert name not in text, name


def test_history_of_reviews_asks_the_same_with_many(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    case.score()
    address = of_case(case)

    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            page(client, case.officer, address)
        return len(found)

    count()
    few = count()
    panel = case.fresh().panel
    assert panel
    for _ in range(2):
        reviews.invite(panel_id=panel.pk, reviewer=member_of(authority(), role="member"), by=case.officer)
    assert count() == few


# --- What follows -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "said", "unsaid"),
    [
        (A.SUBMITTED, "Withdraw the application", "Give the place up"),
        (A.WAITING_LIST, "Withdraw the application", "Give the place up"),
        (A.APPROVED, "Give the place up", "Withdraw the application"),
        (A.AGREEMENT_PENDING, "Give the place up", "Withdraw the application"),
    ],
)
def test_what_was_approved_is_a_place_that_is_given_up(
    client: Client, state: ApplicationState, said: str, unsaid: str
) -> None:
    case = Case().to(state)
    text = page(client, case.guest, of_case(case))

    assert said in text
    assert unsaid not in text
    hint = (
        "somebody else in these days"
        if said == "Give the place up"
        else "the host and the officers are told why"
    )
    assert hint in text


def test_officer_without_an_application_is_not_asked_to_apply(client: Client) -> None:
    case = Case().to(A.SUBMITTED)
    address = reverse("exchanges:application-list")
    text = page(client, case.officer, address)

    assert "No application of your own" in text
    assert "You have not applied yet" not in text
    assert "You have not applied yet" in page(client, case.host, f"{address}?side=guest")


def test_box_for_reviewers_says_to_screen_readers_who_is_found(client: Client) -> None:
    case = Case().to(A.UNDER_REVIEW)
    text = page(client, case.officer, of_case(case))

    assert 'aria-describedby="reviewer-search_helptext"' in text
    hint = text.partition('id="reviewer-search_helptext">')[2].partition("<")[0]
    assert hint.startswith("People of verified public authorities")


# --- What is needed -----------------------------------------------------------------------------------
def marked(text: str, mark: str) -> set[str]:
    """The labels and legends that carry this mark."""
    found = re.findall(r"<(label|legend)[^>]*>(.*?)</\1>", text, re.DOTALL)
    return {inside.partition("<span")[0].strip() for _tag, inside in found if mark in inside}


def test_application_marks_what_it_needs_to_be_submitted_and_is_saved_without(client: Client) -> None:
    programme = ProgrammeFactory.create(halved_under_km=400)
    case = Case(offer=OfferFactory.create(programme=programme), goals="", starts_on=None, ends_on=None)
    address = reverse("exchanges:application-edit", args=[case.pk])
    text = page(client, case.guest, address)

    assert marked(text, "(needed to submit)") == {
        "What you want to learn", "What the host gains", "How you will use it at home", "Agenda", "First day",
        "Last day", "Travels as", "Will managers and policy makers meet?", "Kilometres between the two places",
    }  # fmt: skip
    assert marked(text, "(required)") == {"Who travels?"}
    saved = client.post(address, {"traveller": case.guest.pk, "action": "save"})
    assert saved.status_code == 302
    refused = client.post(address, {"traveller": case.guest.pk, "action": "submit"})
    names = {name for name in refused.context["form"].errors if name != "__all__"}
    form = refused.context["form"]
    assert names == {name for name, field in form.fields.items() if getattr(field, "is_needed", False)}


def test_report_marks_what_it_needs_to_be_handed_in(client: Client) -> None:
    case = Case().to(A.COMPLETED)
    text = page(client, case.host, reverse("exchanges:report", args=[case.pk]))

    assert marked(text, "(needed to submit)") == {
        "What was learned", "What will change", "Would you do it again?"
    }  # fmt: skip
    answer = client.post(reverse("exchanges:report", args=[case.pk]), {"action": "submit"})
    assert set(answer.context["form"].errors) == {"learned", "change", "would_again"}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("provider", "a provider (also of training or evaluation)"),
        ("cluster", "travels as cluster manager, whatever their role"),
        ("authority", "travels as policy maker"),
    ],
)
def test_application_says_as_what_its_people_travel_and_why(client: Client, kind: str, said: str) -> None:
    guest = OrganisationFactory.create(kind=kind, name="Our House", country=CountryFactory.create(code="ES"))
    programme = ProgrammeFactory.create(audiences=Audience.values)
    case = Case(offer=OfferFactory.create(programme=programme), guest=guest)
    text = page(client, case.guest, reverse("exchanges:application-edit", args=[case.pk]))
    hint = text.partition('id="id_travels_as_helptext">')[2].partition("</div>")[0]

    assert said in hint
    assert "So do all who belong to Our House." in hint


def test_what_takes_something_back_stands_apart_from_the_next_step(client: Client) -> None:
    case = Case().to(A.VALIDATED)
    text = page(client, case.officer, of_case(case))
    box, _, apart = text.partition('id="next-heading"')[2].partition('id="back-heading"')

    assert "/take-down-report-" not in box
    assert "/pay/" in box
    for side in ("guest", "host"):
        assert f"/take-down-report-{side}/" in apart
    assert 'id="back-heading"' not in page(client, case.officer, of_case(Case().to(A.SUBMITTED)))


# --- Which case a mail is about -----------------------------------------------------------------------
def test_mails_about_reviews_say_which_case(django_capture_on_commit_callbacks: Any) -> None:
    case = Case(offer=OfferFactory.create(title="How we count")).to(A.UNDER_REVIEW)
    panel = case.fresh().panel
    assert panel
    asked = member_of(authority(), role="member")
    with django_capture_on_commit_callbacks(execute=True):
        reviews.invite(panel_id=panel.pk, reviewer=asked, by=case.officer)
    with django_capture_on_commit_callbacks(execute=True):
        case.score()
    guest, host = case.application.guest.name, case.offer.host.name
    [invitation] = [each for each in mail.outbox if each.to == [asked.email]]
    [handed_in, _second] = [each for each in mail.outbox if "handed in a review" in str(each.subject)]

    for text in (str(invitation.subject), str(invitation.body)):
        assert guest in text
        assert host in text
        assert "How we count" not in text
        assert case.guest.name not in text
    assert case.programme.name in str(invitation.body)
    for text in (str(handed_in.subject), str(handed_in.body)):
        assert f"“How we count” ({guest} · {host})" in text


def test_mail_about_what_changed_names_both_sides(django_capture_on_commit_callbacks: Any) -> None:
    case = Case().to(A.CLOSED)
    after.ask_what_changed(application_id=case.pk)
    with django_capture_on_commit_callbacks(execute=True):
        after.answer_follow_up(
            application_id=case.pk, side=Side.GUEST, what_changed="We count.", may_publish=True, by=case.guest
        )
    [told] = [each for each in mail.outbox if "What changed after" in str(each.subject)]

    for text in (str(told.subject), str(told.body)):
        assert f"{case.application.guest.name} with {case.offer.host.name}" in text


def test_name_of_an_organisation_is_no_html_in_a_hint() -> None:
    guest = OrganisationFactory.create(name="<b>Bold</b> & Sons", kind="cluster")
    case = Case(track="light", guest=guest)
    client = Client()
    client.force_login(case.guest)

    page = client.get(reverse("exchanges:application-edit", args=[case.pk])).content.decode()

    assert "So do all who belong to &lt;b&gt;Bold&lt;/b&gt; &amp; Sons." in page
    assert "<b>Bold</b>" not in page
