"""The door of the administration. It has no sign-in form of its own: that would know neither factors nor limits."""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.admin import HubLists

_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def lacks_second_factor(request: HttpRequest) -> bool:
    """Whether staff must still set one up, or use it in this session.

    A recovery code counts as used: it stands in for a factor that the person has and cannot reach.
    """
    if not settings.STAFF_SECOND_FACTOR:
        return False
    person = request.user
    assert isinstance(person, User)  # noqa: S101 - asked for staff only; for the type checker
    was_used = any(record["method"] == "mfa" for record in get_authentication_records(request, person))
    return not (was_used and is_mfa_enabled(person, _FACTORS))


class HubAdminSite(HubLists):
    # The start page leads everywhere; beside every list it would take the room that the list needs.
    enable_nav_sidebar = False
    index_title = gettext_lazy("Administration")

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not lacks_second_factor(request)

    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Only staff who are signed in come this far: back to where they were going, or first to their factor."""
        following = request.GET.get(REDIRECT_FIELD_NAME, reverse("admin:index"))
        if lacks_second_factor(request):
            asked = urlencode({REDIRECT_FIELD_NAME: following})
            return redirect(f"{reverse('accounts:second-factor')}?{asked}")
        return super().login(request, extra_context)
