"""Requests as the views know them, for the type checker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django_htmx.middleware import HtmxDetails

    from apps.accounts.models import User

    class Request(HttpRequest):
        user: User | AnonymousUser
        htmx: HtmxDetails

    class SignedInRequest(HttpRequest):
        user: User
        htmx: HtmxDetails

else:
    Request = SignedInRequest = HttpRequest
