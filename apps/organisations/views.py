"""The directory, the page of an organisation, and what its people do there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import Request, SignedInRequest
from apps.core.exceptions import HubError
from apps.core.kept_forms import keep_and_sign_in, take_kept
from apps.core.permissions import require
from apps.organisations import permissions, queries, services
from apps.organisations.enums import Role
from apps.organisations.forms import JoinForm, OrganisationForm, ReasonForm
from apps.organisations.indexing import CLUSTER
from apps.organisations.models import JoinRequest, Organisation
from apps.search.views import CatalogueView

P = ParamSpec("P")


class ClusterCatalogue(CatalogueView):
    kinds = (CLUSTER,)
    url_name = "organisations:cluster-list"
    feed_url_name = "organisations:cluster-feed"
    csv_url_name = "organisations:cluster-csv"
    title = gettext_lazy("Clusters")
    intro = gettext_lazy(
        "Cluster organisations in Europe. Entries marked as illustrative show a real name without an account here."
    )
    sorts = ("relevance", "newest")


def _load(request: Request, slug: str) -> Organisation:
    """404 hides what this person may not know of."""
    visible = Organisation.objects.visible_to(request.user).for_list().distinct()
    return get_object_or_404(visible, slug=slug)


@require_safe
def organisation_detail(request: Request, slug: str) -> HttpResponse:
    organisation = _load(request, slug)
    user = request.user
    own_request = queries.pending_request(user, organisation)
    context = {
        "organisation": organisation,
        "reader_language": get_language(),
        "published": queries.published_by(organisation),
        "people": queries.people_of(organisation) if permissions.can_see_people(user, organisation) else [],
        "may_edit": permissions.can_edit(user, organisation),
        "may_join": permissions.can_ask_to_join(user, organisation),
        "may_leave": permissions.can_leave(user, organisation),
        "own_request": own_request,
        "has_managers": organisation.managers().exists(),
        "join_form": JoinForm(),
    }
    return render(request, "organisations/organisation_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def organisation_create(request: Request) -> HttpResponse:
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    form = OrganisationForm(request.POST or take_kept(request) or None)
    if request.method == "POST" and form.is_valid():
        organisation = services.create_organisation(
            values=form.values(), sectors=form.cleaned_data["sectors"], by=request.user
        )
        messages.success(request, _("Your organisation is in the directory. A curator will verify it."))
        return redirect(organisation)
    return render(request, "organisations/organisation_form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def organisation_edit(request: SignedInRequest, slug: str) -> HttpResponse:
    organisation = _load(request, slug)
    require(permissions.can_edit(request.user, organisation), _("Only its managers change this profile."))
    form = OrganisationForm(request.POST or None, instance=organisation)
    if request.method == "POST" and form.is_valid():
        changed = services.update_organisation(
            organisation_id=organisation.pk,
            values=form.values(),
            sectors=form.cleaned_data["sectors"],
            by=request.user,
        )
        messages.success(request, _("The profile is changed."))
        return redirect(changed)
    context = {"form": form, "organisation": organisation}
    return render(request, "organisations/organisation_form.html", context)


@require_safe
@login_required
def organisation_people(request: SignedInRequest, slug: str) -> HttpResponse:
    organisation = _load(request, slug)
    require(
        permissions.can_see_people(request.user, organisation),
        _("Only its own people see who belongs to it."),
    )
    waiting = queries.requests_to_decide(request.user, organisation)
    context = {
        "organisation": organisation,
        "people": queries.people_of(organisation),
        "waiting": waiting,
        "may_manage": permissions.can_manage_people(request.user, organisation),
        "reason_form": ReasonForm(),
        "roles": Role.choices,
    }
    return render(request, "organisations/organisation_people.html", context)


# --- Steps: each a POST that calls one service ------------------------------------------------
def _step(
    view: Callable[Concatenate[SignedInRequest, Organisation, P], str],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """Load the organisation, take the step, say how it went, and go back to where it was pressed."""

    @require_POST
    @login_required
    @wraps(view)
    def wrapped(request: SignedInRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        organisation = _load(request, slug)
        try:
            messages.success(request, view(request, organisation, *args, **kwargs))
        except HubError as error:
            messages.error(request, str(error.message))
        if request.POST.get("next") == "people" and permissions.can_see_people(request.user, organisation):
            return redirect("organisations:organisation-people", organisation.slug)
        if not permissions.can_view(request.user, organisation):
            return redirect("organisations:cluster-list")
        return redirect(organisation)

    return wrapped


@_step
def join(request: SignedInRequest, organisation: Organisation) -> str:
    form = JoinForm(request.POST)
    if not form.is_valid():
        raise HubError(_("Your message is too long: at most 1,000 characters."))
    services.ask_to_join(
        organisation_id=organisation.pk, message=form.cleaned_data["message"], by=request.user
    )
    return _("Your request is on its way. You will be told when somebody has decided.")


@_step
def leave(request: SignedInRequest, organisation: Organisation) -> str:
    services.leave(organisation_id=organisation.pk, by=request.user)
    return _("You no longer belong to this organisation.")


@_step
def confirm(request: SignedInRequest, organisation: Organisation) -> str:
    require(permissions.can_edit(request.user, organisation))
    services.confirm_profile(organisation_id=organisation.pk, by=request.user)
    return _("Thank you: the profile counts as up to date.")


def _request_of(organisation: Organisation, pk: int) -> JoinRequest:
    return get_object_or_404(JoinRequest, organisation=organisation, pk=pk)


@_step
def request_accept(request: SignedInRequest, organisation: Organisation, pk: int) -> str:
    asked = _request_of(organisation, pk)
    require(permissions.can_decide_request(request.user, asked))
    services.accept_request(request_id=asked.pk, by=request.user)
    return _("The person now belongs to the organisation.")


@_step
def request_decline(request: SignedInRequest, organisation: Organisation, pk: int) -> str:
    asked = _request_of(organisation, pk)
    require(permissions.can_decide_request(request.user, asked))
    services.decline_request(
        request_id=asked.pk, reason=request.POST.get("reason", "")[:1000], by=request.user
    )
    return _("The request is declined, and the person was told why.")


@_step
def request_withdraw(request: SignedInRequest, organisation: Organisation, pk: int) -> str:
    asked = _request_of(organisation, pk)
    if not permissions.can_withdraw_request(request.user, asked):
        raise Http404
    services.withdraw_request(request_id=asked.pk, by=request.user)
    return _("Your request is withdrawn.")


@_step
def member_role(request: SignedInRequest, organisation: Organisation, user_id: int) -> str:
    require(permissions.can_manage_people(request.user, organisation))
    role = request.POST.get("role", "")
    if role not in Role.values:
        raise HubError(_("There is no such role."))
    services.change_role(organisation_id=organisation.pk, user_id=user_id, role=role, by=request.user)
    return _("The role is changed.")


@_step
def member_remove(request: SignedInRequest, organisation: Organisation, user_id: int) -> str:
    require(permissions.can_manage_people(request.user, organisation))
    services.remove_member(organisation_id=organisation.pk, user_id=user_id, by=request.user)
    return _("The person no longer belongs to the organisation.")
