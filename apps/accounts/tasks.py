"""What beat starts for accounts."""

from __future__ import annotations

from importlib import import_module

from allauth.usersessions.models import UserSession
from celery import shared_task
from django.conf import settings
from django.contrib.sessions.models import Session


@shared_task
def clear_ended_sessions() -> None:
    """Django leaves them in the table, and allauth the address and browser that it noted of them."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
