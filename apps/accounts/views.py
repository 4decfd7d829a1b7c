"""A person's own pages; signing in and what belongs to it is allauth's."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from apps.accounts import consents, permissions, personal_data, queries, services
from apps.accounts.demo import demo_people
from apps.accounts.forms import ErasureForm, ProfileForm
from apps.accounts.http import SignedInRequest
from apps.accounts.models import User
from apps.core.exceptions import HubError
from apps.core.permissions import require


def _posted(request: HttpRequest) -> QueryDict | None:
    """An empty form that was sent is checked like any other."""
    return request.POST if request.method == "POST" else None


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def settings_page(request: SignedInRequest) -> HttpResponse:
    person = User.objects.get(pk=request.user.pk)
    form = ProfileForm(_posted(request), instance=person)
    if request.method == "POST" and form.is_valid():
        services.change_profile(values=form.cleaned_data, by=request.user)
        messages.success(request, _("Your settings are saved."))
        return redirect("accounts:settings")
    context = {
        "form": form,
        "overview": queries.overview(request.user),
        "privacy_agreed": consents.has_current_consent(request.user),
        "privacy_label": consents.privacy_label(),
        "has_single_sign_on": bool(settings.SOCIALACCOUNT_PROVIDERS),
    }
    return render(request, "accounts/settings.html", context)


@require_POST
@login_required
def consent_give(request: SignedInRequest) -> HttpResponse:
    services.record_consent(person=request.user)
    messages.success(request, _("Thank you. We have noted that you agree."))
    return redirect("accounts:settings")


@require_GET
@login_required
@never_cache
def export(request: SignedInRequest) -> HttpResponse:
    """All that the hub knows about a person, for them to keep."""
    response = JsonResponse(
        personal_data.export_of(request.user), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    name = f"{settings.SITE_NAME.lower()}-my-data-{timezone.localdate():%Y-%m-%d}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
@login_required
@never_cache
def second_factor(request: SignedInRequest) -> HttpResponse:
    """Why the administration stays shut, and the way in: set a factor up, or use it."""
    require(permissions.is_curator(request.user))
    context = {
        "following": get_next_redirect_url(request) or reverse("admin:index"),
        "has_totp": is_mfa_enabled(request.user, [Authenticator.Type.TOTP]),
        "has_passkey": is_mfa_enabled(request.user, [Authenticator.Type.WEBAUTHN]),
    }
    return render(request, "accounts/second_factor.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
def erase(request: SignedInRequest) -> HttpResponse:
    form = ErasureForm(_posted(request))
    obstacles = personal_data.erasure_obstacles(request.user)
    if request.method == "POST" and form.is_valid() and not obstacles:
        try:
            services.erase_person(person_id=request.user.pk, by=request.user)
        except HubError as error:
            messages.error(request, str(error.message))
            return redirect("accounts:erase")
        logout(request)
        messages.success(request, _("Your account is erased."))
        return redirect(settings.LOGOUT_REDIRECT_URL)
    return render(request, "accounts/erase.html", {"form": form, "obstacles": obstacles})


@require_POST
@never_cache
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demonstration's people, without a password or a second factor."""
    email = request.POST.get("email", "")
    if email not in {person.email for person in demo_people()}:
        raise Http404
    person = User.objects.get(email=email)
    adapter = get_adapter()
    adapter.login(request, person)
    response: HttpResponse = adapter.post_login(
        request,
        person,
        email_verification="none",
        signal_kwargs=None,
        email=None,
        signup=False,
        redirect_url=None,
    )
    return response
