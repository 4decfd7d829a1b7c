"""Curators are told that contributions wait: those who may decide, once for each round, and not after the fact."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.notifications.delivery import send_digests
from apps.notifications.enums import Frequency
from apps.notifications.forms import FrequencyForm
from apps.notifications.models import Notification
from apps.publishing import services
from apps.publishing.enums import PublicationState
from apps.publishing.models import Publication
from tests.publishing.conftest import People

pytestmark = pytest.mark.django_db
S = PublicationState
KIND = "contribution_waits"


def told() -> set[User]:
    return {row.recipient for row in Notification.objects.filter(kind=KIND).select_related("recipient")}


def submitted(people: People, **values: Any) -> Publication:
    item = people.item(S.DRAFT, title="Our indicators", **values)
    return services.submit(publication_id=item.pk, by=people.author)


def digests_of_tomorrow() -> list[Any]:
    mail.outbox.clear()
    with time_machine.travel(timezone.now() + timedelta(days=1, hours=1), tick=False):
        send_digests()
    return [message for message in mail.outbox if "Our indicators" in message.body]


def test_curators_who_may_decide_are_told_and_nobody_else(people: People) -> None:
    item = submitted(people)
    assert told() == {people.curator, people.other_curator, people.superuser}
    [row] = Notification.objects.filter(kind=KIND, recipient=people.curator)
    assert row.frequency == Frequency.DAILY
    assert row.url == f"/admin/publishing/publication/{item.pk}/change/"


def test_curator_who_worked_on_it_or_left_is_not_told(people: People) -> None:
    User.objects.filter(pk=people.other_curator.pk).update(is_active=False)
    item = people.item(S.DRAFT, author=people.curator_member)
    services.submit(publication_id=item.pk, by=people.superuser_manager)
    assert told() == {people.curator, people.superuser}


def test_each_round_is_told_once(people: People) -> None:
    item = submitted(people)
    services.take_back(publication_id=item.pk, by=people.author)
    services.submit(publication_id=item.pk, by=people.author)
    assert Notification.objects.filter(kind=KIND, recipient=people.curator).count() == 2
    [message, *_others] = [m for m in digests_of_tomorrow() if m.to == [people.curator.email]]
    assert message.body.count("was submitted in the name of") == 1, "the round that is over asks nobody"


def test_what_waits_is_mailed_once_a_day(people: People) -> None:
    item = submitted(people)
    assert mail.outbox == []
    messages = digests_of_tomorrow()
    assert {message.to[0] for message in messages} == {
        people.curator.email,
        people.other_curator.email,
        people.superuser.email,
    }
    assert f"/admin/publishing/publication/{item.pk}/change/" in messages[0].body


@pytest.mark.parametrize("step", ["approve", "request_changes", "decline", "take_back"])
def test_what_was_decided_meanwhile_is_not_mailed(people: People, step: str) -> None:
    item = submitted(people)
    by = people.author if step == "take_back" else people.curator
    getattr(services, step)(publication_id=item.pk, by=by, reason="Because.")
    assert digests_of_tomorrow() == []


def test_who_is_no_curator_any_more_is_not_mailed(people: People) -> None:
    submitted(people)
    User.objects.filter(is_staff=True).update(is_staff=False, is_superuser=False)
    assert digests_of_tomorrow() == []


def test_only_curators_are_offered_the_choice(people: People, client: Client) -> None:
    assert KIND in FrequencyForm(user=people.curator).fields
    assert KIND not in FrequencyForm(user=people.author).fields
    client.force_login(people.author)
    assert "Contributions wait for a curator" not in client.get("/notifications/settings/").content.decode()
