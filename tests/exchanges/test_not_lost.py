"""What was typed is not lost where a colleague was faster, and does not overwrite what they wrote unseen."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import reverse

from apps.exchanges.enums import ApplicationState, Side
from apps.exchanges.models import Officer
from apps.exchanges.services import after, applications, offers
from apps.reviews import services as reviews
from tests.exchanges.test_cases import filled
from tests.exchanges.test_reports import WRITTEN, address, asked, learned
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import Case, OfferFactory, member_of

pytestmark = pytest.mark.django_db
A = ApplicationState
TYPED = "Half an hour of work"


def is_given_back(answer: Any) -> bool:
    """In a field that can be copied from, with why."""
    page = answer.content.decode()
    return answer.status_code == 409 and "Your text is not saved" in page and f"readonly>{TYPED}<" in page


def test_application_that_was_submitted_meanwhile_gives_back_what_was_typed(client: Client) -> None:
    case = Case()
    client.force_login(case.guest)
    typed = filled(case, goals=TYPED, action="save")
    case.to(A.SUBMITTED)
    answer = client.post(address(case, "application-edit"), typed)

    assert is_given_back(answer)
    assert "We will count the same way." not in answer.content.decode().partition("<header")[0]
    assert case.fresh().goals != TYPED


def test_second_press_of_submit_is_no_loss(client: Client) -> None:
    case = Case()
    client.force_login(case.guest)
    typed = filled(case, action="submit")
    for _ in range(2):
        answer = client.post(address(case, "application-edit"), typed)
        assert answer["Location"] == case.application.get_absolute_url()


def test_application_typed_before_the_session_ended_is_given_back(client: Client) -> None:
    case = Case()
    client.post(address(case, "application-edit"), filled(case, goals=TYPED))
    case.to(A.SUBMITTED)
    client.force_login(case.guest)

    assert is_given_back(client.get(address(case, "application-edit")))


def test_report_that_was_handed_in_meanwhile_gives_back_what_was_typed(client: Client) -> None:
    case = Case().to(A.COMPLETED)
    client.force_login(case.host)
    client.post(address(case, "report"), {**WRITTEN, "action": "submit"})
    again = client.post(address(case, "report"), {**WRITTEN, "action": "submit"})
    other = client.post(address(case, "report"), {**WRITTEN, "learned": TYPED})

    assert again["Location"] == case.application.get_absolute_url()
    assert is_given_back(other)


def test_report_of_a_colleague_is_not_overwritten_unseen(client: Client) -> None:
    case = Case().to(A.COMPLETED)
    colleague = member_of(case.offer.host)
    client.force_login(case.host)
    seen = client.get(address(case, "report")).context["form"]["seen"].value()
    values = {"learned": "Of the colleague", "change": "", "contacts": "", "would_again": True}
    after.save_report(application_id=case.pk, side=Side.HOST, values=values, by=colleague)
    conflict = client.post(address(case, "report"), {**WRITTEN, "learned": TYPED, "seen": seen})

    assert conflict.status_code == 409
    page = conflict.content.decode()
    assert TYPED in page
    assert "Of the colleague" in page
    assert case.application.reports.get().learned == "Of the colleague"
    seen = conflict.context["form"]["seen"].value()
    client.post(address(case, "report"), {**WRITTEN, "learned": TYPED, "seen": seen})
    assert case.application.reports.get().learned == TYPED


def test_report_that_lacks_something_can_be_sent_again(client: Client) -> None:
    case = Case().to(A.COMPLETED)
    client.force_login(case.host)
    seen = client.get(address(case, "report")).context["form"]["seen"].value()
    typed = {**WRITTEN, "change": "", "seen": seen, "action": "submit"}
    answer = client.post(address(case, "report"), typed)
    assert answer.status_code == 422
    seen = answer.context["form"]["seen"].value()
    client.post(address(case, "report"), {**WRITTEN, "seen": seen, "action": "submit"})

    assert case.application.reports.get().submitted_at


def test_answer_of_a_colleague_is_not_overwritten_unseen(client: Client) -> None:
    case = asked(Case())
    client.force_login(case.guest)
    seen = client.get(address(case, "follow-up")).context["form"]["seen"].value()
    learned(case, Side.GUEST, "Of the colleague", approve=False)
    conflict = client.post(address(case, "follow-up"), {"what_changed": TYPED, "seen": seen})

    assert conflict.status_code == 409
    assert "Of the colleague" in conflict.content.decode()
    seen = conflict.context["form"]["seen"].value()
    client.post(address(case, "follow-up"), {"what_changed": TYPED, "seen": seen})
    assert case.application.follow_ups.get(side="guest").what_changed == TYPED


def test_answer_that_was_approved_meanwhile_gives_back_what_was_typed(client: Client) -> None:
    case = asked(Case())
    learned(case, Side.GUEST, "We count")
    client.force_login(case.guest)

    assert is_given_back(client.post(address(case, "follow-up"), {"what_changed": TYPED}))


@pytest.mark.parametrize("name", ["decline", "withdraw", "decide"])
def test_reason_for_a_step_that_is_over_is_given_back(client: Client, name: str) -> None:
    case = Case().to(A.DECLINED)
    client.force_login({"decline": case.host, "withdraw": case.guest, "decide": case.officer}[name])
    answer = client.post(address(case, "application-step", name), {"reason": TYPED, "to": "rejected"})

    assert is_given_back(answer)


def test_offer_that_was_closed_meanwhile_gives_back_what_was_typed(client: Client) -> None:
    offer = OfferFactory.create()
    host = member_of(offer.host)
    offers.close_offer(offer_id=offer.pk, by=host)
    client.force_login(host)
    url = reverse("exchanges:offer-edit", args=[offer.slug])

    assert is_given_back(client.post(url, {"title": offer.title, "learning": TYPED}))
    assert client.get(url).status_code == 403
    client.force_login(member_of(offer.host, role="member"))
    assert client.post(url, {"learning": TYPED}).status_code == 403


def test_reason_for_an_offer_that_was_opened_meanwhile_is_given_back(client: Client) -> None:
    offer = OfferFactory.create()
    officer = member_of(offer.programme.organisation)
    Officer.objects.create(programme=offer.programme, user=officer)
    client.force_login(officer)

    assert is_given_back(client.post(reverse("exchanges:offer-return", args=[offer.slug]), {"reason": TYPED}))


def test_reason_for_a_review_that_was_handed_in_meanwhile_is_given_back(client: Client) -> None:
    case = Case().to(A.ACCEPTED)
    applications.start_review(application_id=case.pk, by=case.officer)
    panel = case.fresh().panel
    assert panel
    review = reviews.invite(panel_id=panel.pk, reviewer=case.reviewers[0], by=case.officer)
    reviews.refuse(review_id=review.pk, by=case.reviewers[0], reason="No time.")
    client.force_login(case.officer)
    url = reverse("exchanges:reviewer-release", args=[case.pk, review.pk])

    assert is_given_back(client.post(url, {"reason": TYPED}))


def test_ticks_and_filters_of_the_table_are_there_again_after_signing_in(client: Client) -> None:
    case = Case().to(A.WAITING_LIST)
    table = reverse("exchanges:programme-applications", args=[case.programme.slug])
    typed = {"case": [str(case.pk)], "to": "rejected", "reason": TYPED}
    answer = client.post(f"{table}?state=waiting_list", typed)
    client.force_login(case.officer)
    target = unquote(answer["Location"].partition("next=")[2])
    page = client.get(target).content.decode()

    assert target == f"{table}?state=waiting_list"
    assert TYPED in page
    assert "checked" in page.partition(f'value="{case.pk}"')[2].partition(">")[0]


def test_question_is_kept_over_a_sign_in_and_given_back_where_the_offer_was_closed(client: Client) -> None:
    offer = OfferFactory.create()
    ask = reverse("exchanges:offer-ask", args=[offer.slug])
    assert f'action="{ask}"' in client.get(offer.get_absolute_url()).content.decode()
    for is_closed in (False, True):
        client.logout()
        target = unquote(client.post(ask, {"text": TYPED})["Location"].partition("next=")[2])
        if is_closed:
            offers.close_offer(offer_id=offer.pk, by=member_of(offer.host))
        client.force_login(UserFactory.create())
        answer = client.get(target)
        assert TYPED in answer.content.decode()
        assert is_given_back(answer) == is_closed
    assert is_given_back(client.post(ask, {"text": TYPED}))
