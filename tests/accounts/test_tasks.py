from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from apps.accounts.tasks import clear_ended_sessions
from tests.accounts.helpers import person, sign_in


@pytest.mark.django_db
def test_ended_sessions_are_cleared_with_what_was_noted_of_them() -> None:
    user, here, elsewhere = person(), Client(), Client()
    for client in (here, elsewhere):
        sign_in(client)
        client.get("/dashboard/")
    ended = elsewhere.session.session_key
    Session.objects.filter(pk=ended).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert UserSession.objects.filter(user=user).count() == 2

    clear_ended_sessions()

    assert list(Session.objects.values_list("pk", flat=True)) == [here.session.session_key]
    assert [known.session_key for known in UserSession.objects.all()] == [here.session.session_key]


def test_beat_clears_sessions_every_day() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["clear-ended-sessions"]

    assert entry == {"task": clear_ended_sessions.name, "schedule": 86400.0}
