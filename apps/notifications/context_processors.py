"""The number beside the bell."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.notifications.models import Notification


def unread(request: HttpRequest) -> dict[str, object]:
    """Counted only where a template asks, and for nobody who is not signed in."""
    return {"unread_count": SimpleLazyObject(lambda: _count(request))}


def _count(request: HttpRequest) -> int:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return 0
    return Notification.objects.visible_to(user).unread().count()
