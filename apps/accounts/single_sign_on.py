"""Signing in by OpenID Connect, where the operators have set it up (OIDC_* in the environment)."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.openid_connect import views as openid
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from requests import RequestException

logger = structlog.get_logger(__name__)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Take the name over from the provider, as a proposal that people see and can change."""

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        person = super().populate_user(request, sociallogin, data)
        parts = (data.get("first_name"), data.get("last_name"))
        person.name = (data.get("name") or " ".join(part for part in parts if part))[:120]
        return person

    def get_signup_form_initial_data(self, sociallogin: Any) -> dict[str, Any]:
        return {**super().get_signup_form_initial_data(sociallogin), "name": sociallogin.user.name}


@never_cache
def sign_in(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Start at the provider.

    The answer is a page that goes on by itself: the security policy forbids a form to lead to another site,
    and browsers apply that to redirects too.
    """
    try:
        response: HttpResponse = openid.login(request, provider_id)
    except (RequestException, KeyError, ValueError) as error:
        return _unreachable(request, provider_id, error)
    if isinstance(response, HttpResponseRedirect) and "://" in response.url:
        return render(request, "socialaccount/login_redirect.html", {"redirect_to": response.url})
    return response


@never_cache
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The provider sends people here; what it answers may be unusable."""
    try:
        response: HttpResponse = openid.callback(request, provider_id)
    except (RequestException, KeyError, ValueError) as error:
        return _unreachable(request, provider_id, error)
    return response


def _unreachable(request: HttpRequest, provider_id: str, error: Exception) -> HttpResponse:
    logger.warning("single sign-on failed", provider=provider_id, error=type(error).__name__)
    return render(request, "socialaccount/authentication_error.html", status=502)
