"""The number beside the bell."""

from __future__ import annotations

from django.http import HttpRequest


def unread(request: HttpRequest) -> dict[str, object]:
    return {}
