"""What reviewers see, in which order, and what happens to what they type."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.mail import get_connection
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.timezone import localtime

from apps.accounts.models import User
from apps.accounts.services import erase_person
from apps.core import formats
from apps.core.due import UndoneError
from apps.core.tasklist import todos_for
from apps.notifications.rendering import mail_for, not_to_mail
from apps.notifications.services import notify
from apps.reviews import services
from apps.reviews.models import CriteriaSet, Criterion, Panel, Review
from apps.reviews.queries import review_data
from apps.reviews.reminding import remind_reviewers
from tests.factories.accounts import UserFactory
from tests.factories.reviews import PanelFactory
from tests.reviews.test_services import TEXT, accepted, handed_in, invited

pytestmark = pytest.mark.django_db
CONTENT = "CONTENT OF THE CASE"


def page(client: Client, review: Review, person: User | None = None) -> str:
    client.force_login(person or review.reviewer)
    return client.get(f"/reviews/{review.pk}/").content.decode()


def filled(review: Review, points: str = "4.0", **more: str) -> dict[str, str]:
    data = {"recommendation": "support", "comment": "Good.", **more}
    for item in review.panel.criteria.items.all():
        data |= {f"points_{item.pk}": points, f"comment_{item.pk}": TEXT}
    return data


def test_nothing_of_the_case_shows_before_the_declaration(
    client: Client, panel: Panel, officer: User
) -> None:
    review = invited(panel, officer)
    before = page(client, review)
    answer = client.post(f"/reviews/{review.pk}/declare/", follow=True).content.decode()

    assert "Alpha" in before
    assert CONTENT not in before
    assert "points_" not in before
    assert CONTENT in answer
    assert "points_" in answer


def test_deadline_names_its_time_zone(client: Client, panel: Panel, officer: User) -> None:
    review = invited(panel, officer)
    review.reviewer.time_zone = "Europe/Vienna"
    review.reviewer.save(update_fields=["time_zone"])
    due = (
        "Due "
        + date_format(localtime(panel.due_at, ZoneInfo("Europe/Vienna")), "j F Y, H:i")
        + " (Vienna time)"
    )

    assert due in " ".join(page(client, review).split())
    assert due.lower() in " ".join(client.get("/reviews/").content.decode().lower().split())


def test_others_show_after_ones_own_only(client: Client, panel: Panel, officer: User) -> None:
    other = handed_in(panel, officer, 5, 5)
    own = accepted(panel, officer)
    before = page(client, own)
    answer = client.post(
        f"/reviews/{own.pk}/score/", filled(own, action="submit"), follow=True
    ).content.decode()

    assert other.reviewer.name not in before
    assert "100 of 100" not in before
    assert other.reviewer.name in answer
    assert "100 of 100" in answer
    assert "handed in" in answer


@pytest.mark.parametrize("person", ["anonymous", "other reviewer", "stranger", "officer", "superuser"])
def test_a_review_is_found_by_its_reviewer_alone(
    client: Client, panel: Panel, officer: User, person: str
) -> None:
    review, other = invited(panel, officer), accepted(panel, officer)
    people = {"other reviewer": other.reviewer, "stranger": UserFactory.create(), "officer": officer}
    people["superuser"] = UserFactory.create(is_staff=True, is_superuser=True)
    if person != "anonymous":
        client.force_login(people[person])

    for name in ("review-detail", "review-declare", "review-conflict", "review-refuse", "review-score"):
        address = reverse(f"reviews:{name}", args=[review.pk])
        send = client.get if name == "review-detail" else client.post
        answer = send(address)
        assert answer.status_code == (302 if person == "anonymous" else 404), name
    review.refresh_from_db()
    assert review.state == "invited"


def test_nothing_typed_is_lost_when_something_is_missing(client: Client, panel: Panel, officer: User) -> None:
    review = accepted(panel, officer)
    client.force_login(review.reviewer)
    first, second = panel.criteria.items.all()
    typed = {f"points_{first.pk}": "4.5", f"comment_{first.pk}": "Half <done>", "action": "submit"}
    answer = client.post(f"/reviews/{review.pk}/score/", typed)
    text = answer.content.decode()

    assert answer.status_code == 422
    for name in (f"points_{second.pk}", f"comment_{second.pk}", "recommendation"):
        assert f'href="#id_{name}"' in text
        assert answer.context["form"].errors[name]
    assert "Points for Benefit</a>: Please choose." in text
    assert "Reason for Benefit</a>: Please fill this in." in text
    assert "Still missing" not in text
    assert "Half &lt;done&gt;" in text
    assert "Half &lt;done&gt;" in page(client, review)


@pytest.mark.parametrize("points", ["99", "4.3", "x", "-1"])
def test_odd_points_get_a_message_beside_the_field(
    client: Client, panel: Panel, officer: User, points: str
) -> None:
    review = accepted(panel, officer)
    client.force_login(review.reviewer)
    answer = client.post(f"/reviews/{review.pk}/score/", filled(review, points))

    assert answer.status_code == 422
    assert TEXT in answer.content.decode()


@pytest.mark.parametrize("step", ["conflict", "refuse"])
def test_ending_asks_for_a_reason(client: Client, panel: Panel, officer: User, step: str) -> None:
    review = invited(panel, officer)
    client.force_login(review.reviewer)

    assert client.post(f"/reviews/{review.pk}/{step}/", {"reason": " "}).status_code == 422
    client.post(f"/reviews/{review.pk}/{step}/", {"reason": "My former employer"})
    review.refresh_from_db()
    assert review.reason == "My former employer"
    assert CONTENT not in page(client, review)


def test_signed_out_reviewer_keeps_what_was_typed(client: Client, panel: Panel, officer: User) -> None:
    review = accepted(panel, officer)
    answer = client.post(f"/reviews/{review.pk}/score/", filled(review))

    assert answer.status_code == 302
    assert "login" in answer["Location"]
    client.force_login(review.reviewer)
    back = client.get(f"/reviews/{review.pk}/score/")
    assert back.status_code == 200
    assert TEXT in back.content.decode()
    assert client.get(f"/reviews/{review.pk}/score/").status_code == 302


@pytest.mark.parametrize("step", ["conflict", "refuse"])
def test_signed_out_reviewer_keeps_the_reason(client: Client, panel: Panel, officer: User, step: str) -> None:
    review = invited(panel, officer)
    client.post(f"/reviews/{review.pk}/{step}/", {"reason": "My former employer"})
    client.force_login(review.reviewer)

    assert "My former employer" in client.get(f"/reviews/{review.pk}/{step}/").content.decode()


@pytest.mark.parametrize("step", ["declare", "conflict", "refuse", "score"])
def test_address_of_a_step_leads_to_the_page(client: Client, panel: Panel, officer: User, step: str) -> None:
    review = invited(panel, officer)
    address = f"/reviews/{review.pk}/{step}/"
    assert "login" in client.get(address)["Location"]
    client.force_login(UserFactory.create())
    assert client.get(address).status_code == 404
    client.force_login(review.reviewer)
    for send in (client.get, client.head):
        answer = send(address)
        assert (answer.status_code, answer["Location"]) == (302, f"/reviews/{review.pk}/")
    review.refresh_from_db()
    assert review.state == "invited"


def test_list_and_page_say_whose_case_it_is(client: Client, officer: User) -> None:
    panel = PanelFactory.create(brief="Programme: Water\nHost: Alpha, Austria\nGuest: Beta, Spain")
    review = invited(panel, officer)
    # No line begins with a dot.
    sides = "Host: Alpha, Austria\N{NO-BREAK SPACE}· Guest: Beta, Spain"

    assert f"Review&nbsp;· {sides}</h1>" in page(client, review)
    text = client.get("/reviews/").content.decode()
    assert f">{sides}</a>" in text
    assert "Programme: Water" in text
    [todo] = todos_for(review.reviewer)
    assert todo.detail == "Programme: Water · Host: Alpha, Austria · Guest: Beta, Spain"


@pytest.mark.parametrize(("top", "good"), [(5, "3"), (10, "6"), (3, "2"), (1, "0.5")])
def test_form_says_what_the_points_mean(
    client: Client, panel: Panel, officer: User, top: int, good: str
) -> None:
    CriteriaSet.objects.filter(pk=panel.criteria_id).update(top_points=top)
    text = " ".join(page(client, accepted(panel, officer)).split())

    assert f"0 is nothing of it, {good} is good, {top} is excellent." in text


def test_form_says_what_is_needed_to_pass(client: Client, panel: Panel, officer: User) -> None:
    criterion = panel.criteria.items.all()[0]
    Criterion.objects.filter(pk=criterion.pk).update(least_share="0.5", description="Whether it <fits>.")
    CriteriaSet.objects.filter(pk=panel.criteria_id).update(threshold=70)
    text = " ".join(page(client, accepted(panel, officer)).split())

    assert f"{criterion.weight:.0f} of 100 points; at least 50% of them are needed" in text
    assert "From 70 of 100 points on the case passes" in text
    assert "Whether it &lt;fits&gt;." in text


def test_case_that_was_decided_asks_for_nothing(client: Client, panel: Panel, officer: User) -> None:
    review = accepted(panel, officer)
    services.close_panel(panel_id=panel.pk, by=officer, reason="Decided.")
    text = page(client, review)

    assert CONTENT not in text
    assert "<textarea" not in text.partition("<main")[2]


def test_list_and_todos_show_what_waits(client: Client, panel: Panel, officer: User) -> None:
    review = invited(panel, officer)
    client.force_login(review.reviewer)

    assert f"/reviews/{review.pk}/" in client.get("/reviews/").content.decode()
    todos = todos_for(review.reviewer)
    assert [todo.due_at for todo in todos] == [panel.due_at]
    assert todos_for(officer) == []


@pytest.mark.parametrize("count", [1, 5])
def test_list_costs_the_same_with_many(
    client: Client, officer: User, django_assert_max_num_queries: Any, count: int
) -> None:
    person = UserFactory.create()
    for _ in range(count):
        services.invite(panel_id=PanelFactory.create().pk, reviewer=person, by=officer)
    client.force_login(person)

    with django_assert_max_num_queries(7):
        client.get("/reviews/")


@pytest.mark.parametrize("count", [1, 4])
def test_page_costs_the_same_with_many_reviews(
    client: Client, panel: Panel, officer: User, django_assert_max_num_queries: Any, count: int
) -> None:
    own = handed_in(panel, officer, 3, 3)
    for _ in range(count):
        handed_in(panel, officer, 4, 4)
    client.force_login(own.reviewer)

    with django_assert_max_num_queries(10):
        client.get(f"/reviews/{own.pk}/")


def reminders(review: Review) -> Any:
    return review.reviewer.notifications.filter(kind="review_due").order_by("pk")


def test_reminder_comes_once_for_each_due_date(panel: Panel, officer: User) -> None:
    review = accepted(panel, officer)
    for days in (20, 30):
        due = timezone.now() + timedelta(days=days)
        Panel.objects.filter(pk=panel.pk).update(due_at=due)
        remind_reviewers(due - timedelta(days=4))
        before = reminders(review).count()
        for left in (3, 2, 1):
            remind_reviewers(due - timedelta(days=left))
            assert reminders(review).count() == before + 1


def test_reviewer_who_was_asked_just_now_is_not_reminded_at_once(panel: Panel, officer: User) -> None:
    due = timezone.now() + timedelta(days=3)
    Panel.objects.filter(pk=panel.pk).update(due_at=due)
    review = accepted(panel, officer)
    remind_reviewers()
    assert not reminders(review).exists()
    remind_reviewers(due - timedelta(hours=23))
    assert reminders(review).count() == 1


def test_overdue_review_is_recalled_once_a_fortnight_and_the_mail_names_the_date(
    panel: Panel, officer: User
) -> None:
    review = accepted(panel, officer)
    due = Panel.objects.get(pk=panel.pk).due_at
    for passed, count in ((-1, 1), (1, 2), (2, 2), (15, 3)):
        remind_reviewers(due + timedelta(days=passed))
        assert reminders(review).count() == count, passed
    first, late, _last = [str(mail_for(row, get_connection()).body) for row in reminders(review)]
    assert f"The deadline is {formats.deadline(due)}." in first
    assert f"The deadline was {formats.deadline(due)}." in late


def test_run_asks_nothing_for_reviewers_whom_it_reminded(
    panel: Panel, officer: User, django_assert_num_queries: Any
) -> None:
    reviews = [accepted(panel, officer) for _ in range(3)]
    due = Panel.objects.get(pk=panel.pk).due_at
    assert [remind_reviewers(due), remind_reviewers(due + timedelta(days=14))] == [3, 3]
    with django_assert_num_queries(3):  # the reviews, and the savepoint around
        assert remind_reviewers(due + timedelta(days=15)) == 0
    assert [reminders(review).count() for review in reviews] == [2, 2, 2]


def test_review_that_is_handed_in_is_not_asked_for_any_more(panel: Panel, officer: User) -> None:
    done, waiting = handed_in(panel, officer, 3, 3), accepted(panel, officer)
    rows = [
        row
        for review in (done, waiting)
        for row in review.reviewer.notifications.filter(kind="review_invited")
    ]
    assert not_to_mail(rows) == {rows[0].pk}


def test_reviewer_who_cannot_be_told_keeps_none_of_the_others(
    panel: Panel, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews = [accepted(panel, officer) for _ in range(3)]

    def fail_for_one(kind: str, **values: Any) -> None:
        notify(kind, **values)
        if values["about"].pk == reviews[0].pk:
            raise IntegrityError("something is wrong with this row")

    monkeypatch.setattr("apps.reviews.reminding.notify", fail_for_one)
    with pytest.raises(UndoneError, match=str(reviews[0].pk)):
        remind_reviewers(Panel.objects.get(pk=panel.pk).due_at)
    assert [reminders(review).count() for review in reviews] == [0, 1, 1]


def test_export_and_erasure_of_a_reviewer(panel: Panel, officer: User) -> None:
    done, waiting = handed_in(panel, officer, 5, 5), accepted(panel, officer)

    assert review_data(done.reviewer)[0]["total"] == 100
    erase_person(person_id=done.reviewer_id, by=done.reviewer)
    erase_person(person_id=waiting.reviewer_id, by=waiting.reviewer)
    done.refresh_from_db()
    waiting.refresh_from_db()
    assert (done.state, waiting.state) == ("submitted", "refused")
    assert officer.notifications.filter(kind="review_ended").count() == 1
