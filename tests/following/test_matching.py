"""Everybody is told once of everything that became public after they saved, and of nothing that is not public."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.following import matching, services, tasks
from apps.following.models import SavedSearch
from apps.notifications.enums import Frequency
from apps.notifications.models import Notification
from apps.notifications.tasks import deliver_due_notifications, send_digests
from tests.factories.accounts import UserFactory
from tests.factories.following import SavedSearchFactory
from tests.factories.notifications import PreferenceFactory
from tests.following.conftest import COLOURS, PATH, Notes

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def saved(user: User, query_string: str = "q=indicators", **values: Any) -> SavedSearch:
    """Kept two days ago and checked until then, unless said otherwise."""
    then = timezone.now() - timedelta(days=2)
    return SavedSearchFactory.create(
        **{
            "user": user,
            "path": PATH,
            "query_string": query_string,
            "created_at": then,
            "checked_until": then,
        }
        | values
    )


def told(user: User) -> list[str]:
    rows = Notification.objects.visible_to(user).order_by("pk")
    return [row.context["title"] for row in rows]


def test_mail_about_a_search_that_names_itself_by_its_words_quotes_them_once(
    notes: Notes, user: User, django_capture_on_commit_callbacks: Any
) -> None:
    PreferenceFactory.create(user=user, kind=matching.KIND, frequency=Frequency.AT_ONCE)
    saved(user, name="“indicators”")
    notes.publish(1, "Indicators for all")

    with django_capture_on_commit_callbacks(execute=True):
        tasks.match_saved_searches()
    deliver_due_notifications()

    sent = mail.outbox[-1]
    assert sent.subject == "New in “indicators”: Indicators for all"
    assert "““" not in str(sent.body)


def test_match_tells_the_owner_of_what_is_new(notes: Notes, user: User) -> None:
    search = saved(user, name="Mine")
    notes.publish(1, "Indicators for all")
    notes.publish(2, "Something else")

    tasks.match_saved_searches()

    row = Notification.objects.get()
    assert (row.recipient, row.kind, row.url, row.about) == (user, matching.KIND, "/test-notes/1/", search)
    assert row.key == f"saved-search:{search.pk}:test_note:1"
    assert row.frequency == Frequency.DAILY
    assert row.context["search"] == "Mine"
    search.refresh_from_db()
    assert search.last_matched_at is not None


def test_second_run_is_silent(notes: Notes, user: User) -> None:
    saved(user)
    notes.publish(1, "Indicators")

    for _run in range(3):
        tasks.match_saved_searches()

    assert told(user) == ["Indicators"]


def test_what_was_public_before_it_was_saved_is_no_news(notes: Notes, user: User) -> None:
    notes.publish(1, "Indicators of old", at=timezone.now() - HOUR)
    search, _is_new = services.save_search(path=PATH, query_string="q=indicators", by=user)
    notes.publish(2, "New indicators")

    tasks.match_saved_searches()

    assert told(user) == ["New indicators"]
    assert search.name == "“indicators”"


def test_corrected_document_is_no_news(notes: Notes, user: User) -> None:
    saved(user, created_at=timezone.now() - HOUR, checked_until=timezone.now() - HOUR)
    notes.publish(1, "Indikators", at=timezone.now() - timedelta(days=30))
    notes.publish(1, "Indicators", at=timezone.now() - timedelta(days=30))

    tasks.match_saved_searches()

    assert told(user) == []


def test_day_without_a_run_loses_nothing(notes: Notes, user: User, time_machine: Any) -> None:
    start = timezone.now()
    saved(user)
    tasks.match_saved_searches()
    notes.publish(1, "Indicators one", at=start + 2 * HOUR)
    notes.publish(2, "Indicators two", at=start + 80 * HOUR)
    time_machine.move_to(start + 100 * HOUR)

    tasks.match_saved_searches()

    assert told(user) == ["Indicators one", "Indicators two"]


def test_document_whose_commit_or_text_comes_late_is_found(notes: Notes, user: User) -> None:
    """Its time is earlier than the last check; the words of its file are read after it was published."""
    saved(user)
    notes.publish(1, "A report", at=timezone.now() - HOUR)
    tasks.match_saved_searches()
    notes.publish(2, "Indicators, committed late", at=timezone.now() - HOUR)
    notes.publish(1, "A report", body="full of indicators", at=timezone.now() - HOUR)

    tasks.match_saved_searches()

    assert sorted(told(user)) == ["A report", "Indicators, committed late"]


def test_filters_are_kept_to(notes: Notes, user: User) -> None:
    saved(user, "colour=blue")
    notes.publish(1, "Red", colour="red")
    notes.publish(2, "Blue", colour="blue")

    tasks.match_saved_searches()

    assert told(user) == ["Blue"]


def test_many_in_the_same_instant_are_all_told(
    notes: Notes, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "BATCH", 2)
    saved(user)
    now = timezone.now()
    for pk in range(7):
        notes.publish(pk, f"Indicators {pk}", at=now - HOUR)
    for pk in range(7, 12):
        notes.publish(pk, f"Indicators {pk}", at=now - timedelta(minutes=pk))

    tasks.match_saved_searches()

    assert len(told(user)) == 12


def test_each_search_and_each_person_is_told(notes: Notes, user: User) -> None:
    other = UserFactory.create()
    saved(user)
    saved(user, "colour=red")
    saved(other)
    gone = UserFactory.create(is_active=False)
    saved(gone)
    notes.publish(1, "Indicators")

    tasks.match_saved_searches()

    assert (len(told(user)), len(told(other)), len(told(gone))) == (2, 1, 0)


# --- what cannot be answered ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "query"),
    [(PATH, "colour=green"), (PATH, "sort=nonsense"), ("/not-there/", "q=a"), ("/test-notes/feed/", "q=a")],
)
def test_search_that_cannot_be_answered_is_marked_and_keeps_nobody_waiting(
    notes: Notes, user: User, path: str, query: str
) -> None:
    broken = saved(user, query, path=path)
    saved(user)
    notes.publish(1, "Indicators")

    tasks.match_saved_searches()

    broken.refresh_from_db()
    assert not broken.is_valid
    assert told(user) == ["Indicators"]


def test_search_that_can_be_answered_again_has_missed_nothing(
    notes: Notes, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = saved(user, "colour=green")
    tasks.match_saved_searches()
    monkeypatch.setitem(COLOURS, "green", "Green")
    notes.publish(1, "Green one", colour="green", at=timezone.now() - 30 * HOUR)

    tasks.match_saved_searches()

    search.refresh_from_db()
    assert search.is_valid
    assert told(user) == ["Green one"]


def test_failure_of_one_search_does_not_stop_the_others(
    notes: Notes, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, _good = saved(user, "colour=red"), saved(user)
    notes.publish(1, "Indicators")
    original = matching.match_one

    def fails_for_one(*, search_id: int) -> int:
        if search_id == bad.pk:
            raise RuntimeError
        return original(search_id=search_id)

    monkeypatch.setattr(matching, "match_one", fails_for_one)
    tasks.match_saved_searches()

    assert told(user) == ["Indicators"]
    bad.refresh_from_db()
    assert bad.checked_until < timezone.now() - timedelta(days=1)


def test_run_out_of_time_goes_on_with_those_that_waited_longest(
    notes: Notes, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(tasks.match_saved_searches, "apply_async", lambda **options: started.append(options))
    monkeypatch.setattr(matching, "BUDGET", 0.0)
    saved(user)

    assert tasks.match_saved_searches() is False
    assert len(started) == 1


# --- what is not public any more --------------------------------------------------------------------
@pytest.fixture
def matched(notes: Notes, user: User) -> Notes:
    PreferenceFactory.create(user=user, kind=matching.KIND, frequency=Frequency.AT_ONCE)
    other = UserFactory.create(email="daily@example.org")
    for owner in (user, other):
        saved(owner)
    notes.publish(1, "Secret indicators")
    notes.publish(2, "Open indicators")
    tasks.match_saved_searches()
    Notification.objects.update(due_at=timezone.now())
    return notes


def test_hidden_meanwhile_is_neither_mailed_nor_digested(matched: Notes) -> None:
    matched.hide(1)

    deliver_due_notifications()
    send_digests()

    assert len(mail.outbox) == 2
    assert not any("Secret" in sent.subject + str(sent.body) for sent in mail.outbox)
    assert all("Open" in sent.subject + str(sent.body) for sent in mail.outbox)
    assert not Notification.objects.undelivered().exists()


def test_hidden_meanwhile_is_not_in_the_list_and_leads_nowhere(
    matched: Notes, user: User, client: Client
) -> None:
    matched.hide(1)
    client.force_login(user)

    page = client.get(reverse("notifications:notification-list")).content.decode()
    row = Notification.objects.get(recipient=user, context__title="Secret indicators")
    answer = client.get(reverse("notifications:notification-open", args=[row.pk]))

    assert "Secret" not in page
    assert "Open indicators" in page
    assert answer["Location"] == reverse("notifications:notification-list")


def test_restored_is_no_news(matched: Notes, user: User) -> None:
    matched.restore(matched.hide(1))

    tasks.match_saved_searches()

    assert sorted(told(user)) == ["Open indicators", "Secret indicators"]


def test_deleted_search_is_mailed_no_more_and_its_rows_stay(matched: Notes, user: User) -> None:
    for search in SavedSearch.objects.all():
        services.delete_search(search_id=search.pk, by=search.user)

    deliver_due_notifications()
    send_digests()

    assert mail.outbox == []
    assert len(told(user)) == 2


@pytest.mark.parametrize("count", [1, 20])
def test_queries_of_the_notification_list_are_constant(
    notes: Notes, user: User, client: Client, count: int
) -> None:
    saved(user)
    for pk in range(count):
        notes.publish(pk, f"Indicators {pk}")
    tasks.match_saved_searches()
    client.force_login(user)
    client.get(reverse("notifications:notification-list"))

    with CaptureQueriesContext(connection) as queries:
        response = client.get(reverse("notifications:notification-list"))

    assert len(response.context["entries"]) == count
    assert len(queries) == 6, [query["sql"] for query in queries]
