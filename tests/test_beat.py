"""What beat starts, after it was away: everything that came due meanwhile is done at the next run, and once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail

from apps.core.links import LinkAnswer
from apps.files.enums import ExtractionState
from apps.files.models import StoredFile
from apps.knowledge import link_checks
from apps.knowledge.models import LinkCheck
from apps.notifications.enums import Frequency
from apps.notifications.models import Notification, OutgoingMail
from apps.notifications.tasks import deliver_due_notifications, purge_notifications
from apps.organisations.models import Organisation
from apps.organisations.tasks import remind_to_confirm
from apps.reviews import services as reviews
from clusterhub.celery import app
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import Case
from tests.factories.files import StoredFileFactory
from tests.factories.following import SavedSearchFactory
from tests.factories.knowledge import ResourceFactory, language, person_of
from tests.factories.notifications import NotificationFactory, OutgoingMailFactory
from tests.factories.organisations import OrganisationFactory

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
# A task that joins them has to show here that it bears a day without beat.
COVERED = {
    "deliver_due_notifications",
    "deliver_outgoing_mail",
    "send_digests",
    "purge_sent_mail",
    "purge_notifications",
    "extract_pending_texts",
    "remove_orphan_files",
    "check_due_links",
    "remind_to_confirm",
    "match_saved_searches",
    "clear_ended_sessions",
    "do_what_is_due",
    "remind_reviewers",
}


def run_everything_once() -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        app.tasks[entry["task"]].apply(throw=True)


def test_every_task_of_beat_exists_and_is_among_those_tested_here() -> None:
    app.loader.import_default_modules()
    names = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    assert set(names) <= set(app.tasks)
    assert {name.rpartition(".")[2] for name in names} == COVERED


def test_day_without_beat_loses_nothing_and_doubles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fetch_head(url: str, **_how: Any) -> LinkAnswer:
        asked.append(url)
        return LinkAnswer(200, url)

    monkeypatch.setattr(link_checks, "fetch_head", fetch_head)
    monkeypatch.setattr(link_checks, "PAUSE_SECONDS", 0.0)
    language()
    place = OrganisationFactory.create()
    manager, reader, searcher = person_of(place, "manager"), UserFactory.create(), UserFactory.create()
    with time_machine.travel(START - timedelta(days=400), tick=False):
        StoredFileFactory.create(text="nobody refers to it")
        NotificationFactory.create(key="old", frequency=Frequency.NEVER)
        OutgoingMailFactory.create(delivered_at=START - timedelta(days=400), text="")
    with time_machine.travel(START, tick=False):
        SavedSearchFactory.create(
            user=searcher, path="/knowledge/", query_string="q=counterfactual", checked_until=START
        )
    for hours in (1, 9, 17):  # over the day, and nobody looks
        now = START + hours * HOUR
        with time_machine.travel(now, tick=False):
            NotificationFactory.create(recipient=reader)
            NotificationFactory.create(recipient=reader, frequency=Frequency.DAILY)
            NotificationFactory.create(recipient=reader, frequency=Frequency.WEEKLY)
            OutgoingMailFactory.create()
            StoredFileFactory.create()
            ResourceFactory.create(
                title=f"Counterfactual {hours}", author=manager, organisation=place, published_at=now
            )
            store = import_module(settings.SESSION_ENGINE).SessionStore()
            store.set_expiry(3600)
            store.save()
    Organisation.objects.update(confirmed_at=START - timedelta(days=365))

    with time_machine.travel(START + 25 * HOUR, tick=False):
        run_everything_once()
        deliver_due_notifications()  # a minute later: the reminder was written after the first sweep
        sent = [str(message.to) for message in mail.outbox]
        assert len(sent) == 3 + 3 + 1 + 1  # at once, other mail, one digest, one reminder to the manager
        assert sent.count(str([reader.email])) == 4
        assert not Notification.objects.undelivered().exists()
        assert not OutgoingMail.objects.filter(delivered_at__isnull=True).exists()
        assert OutgoingMail.objects.count() == 3
        assert not Notification.objects.filter(key="old").exists()
        assert Notification.objects.filter(recipient=searcher).count() == 3
        assert {stored.extraction_state for stored in StoredFile.objects.all()} == {ExtractionState.DONE}
        assert StoredFile.objects.count() == 3
        assert len(asked) == LinkCheck.objects.filter(due_at__gt=START + 25 * HOUR).count() == 3
        assert not Session.objects.exists()

        rows = Notification.objects.count()
        run_everything_once()
        assert (len(mail.outbox), Notification.objects.count(), len(asked)) == (len(sent), rows, 3)


def test_weeks_without_beat_lose_no_case_of_an_exchange_and_double_no_reminder() -> None:
    """Each kind of what is due for itself: ``tests/exchanges/test_due.py``."""
    with time_machine.travel(START, tick=False):
        silent, asked = Case(track="light").to("submitted"), Case().to("under_review")
        panel = asked.application.panel
        assert panel
        reviews.invite(panel_id=panel.pk, reviewer=asked.reviewers[0], by=asked.officer)
    with time_machine.travel(START + timedelta(days=18), tick=False):
        run_everything_once()
        assert silent.fresh().state == "expired"
        for person, kind in (
            (silent.guest, "application_expired"),
            (silent.host, "application_expired"),
            (silent.officer, "application_expired"),
            (asked.reviewers[0], "review_due"),
        ):
            assert person.notifications.filter(kind=kind).count() == 1, kind
        rows = Notification.objects.count()
        run_everything_once()
        assert Notification.objects.count() == rows


def test_reminder_that_was_read_and_purged_does_not_come_again_before_its_time() -> None:
    """The row is what keeps a year's reminder from being given each day."""
    language()
    place = OrganisationFactory.create()
    manager = person_of(place, "manager")
    Organisation.objects.update(confirmed_at=START)
    seen: set[int] = set()
    for day in range(0, 3 * 365 + 200, 5):
        with time_machine.travel(START + timedelta(days=day), tick=False):
            remind_to_confirm()
            deliver_due_notifications()
            Notification.objects.filter(recipient=manager, read_at=None).update(
                read_at=START + timedelta(day)
            )
            purge_notifications()
            seen |= set(Notification.objects.filter(recipient=manager).values_list("pk", flat=True))
            assert len(seen) == day // 365, day
    assert Notification.objects.count() == 1
