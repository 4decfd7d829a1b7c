"""The directory, the page of an organisation, and what its people do there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import Request, SignedInRequest
from apps.core.exceptions import EditConflictError, HubError
from apps.core.kept_forms import keep_and_sign_in, take_kept
from apps.core.pagination import get_page
from apps.core.permissions import require
from apps.organisations import permissions, queries, services
from apps.organisations.confirming import is_due
from apps.organisations.enums import OrganisationKind, Role
from apps.organisations.forms import JoinForm, OrganisationForm, ReasonForm
from apps.organisations.indexing import CLUSTER, OTHER
from apps.organisations.models import JoinRequest, Organisation
from apps.search.views import CatalogueView

P = ParamSpec("P")
AnyRequest = Request | SignedInRequest
CONFLICT = 409
PEOPLE_PER_PAGE = 50


class ClusterCatalogue(CatalogueView):
    kinds = (CLUSTER,)
    url_name = "organisations:cluster-list"
    feed_url_name = "organisations:cluster-feed"
    csv_url_name = "organisations:cluster-csv"
    template_name = "organisations/cluster_list.html"
    usual_sort = "title"
    title = gettext_lazy("Clusters")
    intro = gettext_lazy(
        "Cluster organisations in Europe. Entries marked as illustrative show a real name without an account here."
    )
    sorts = ("relevance", "title", "newest")


class OrganisationCatalogue(ClusterCatalogue):
    """All that are no clusters."""

    kinds = (OTHER,)
    url_name = "organisations:organisation-list"
    feed_url_name = "organisations:organisation-feed"
    csv_url_name = "organisations:organisation-csv"
    title = gettext_lazy("Organisations")
    intro = gettext_lazy("Authorities, agencies, universities, networks and companies that take part.")


def _load(request: AnyRequest, slug: str) -> Organisation:
    """404 hides what this person may not know of."""
    return get_object_or_404(Organisation.objects.visible_to(request.user).for_list(), slug=slug)


# --- The page of an organisation ------------------------------------------------------------------


@require_safe
def organisation_detail(request: Request, slug: str) -> HttpResponse:
    return _detail_page(request, _load(request, slug), JoinForm())


def _detail_page(
    request: Request, organisation: Organisation, join_form: JoinForm, *, status: int = 200
) -> HttpResponse:
    user = request.user
    managers = queries.managers_of(organisation)
    may_edit = permissions.can_edit_organisation(user, organisation)
    context = {
        "organisation": organisation,
        "directory": _directory_of(organisation),
        "reader_language": get_language(),
        "published": queries.published_by(organisation),
        "managers": managers if permissions.can_see_managers(user) else [],
        "has_managers": bool(managers),
        "may_see_people": permissions.can_see_people(user, organisation),
        "may_edit": may_edit,
        "is_due": may_edit and is_due(organisation),
        "may_join": permissions.can_ask_to_join(user, organisation),
        "may_leave": permissions.can_leave(user, organisation),
        "own_request": queries.pending_request(user, organisation),
        "waiting": queries.requests_to_decide(user, organisation) if user.is_authenticated else [],
        "join_form": join_form,
    }
    return render(request, "organisations/organisation_detail.html", context, status=status)


def _directory_of(organisation: Organisation) -> tuple[str, str]:
    """Address and name of the list in which this organisation stands."""
    if organisation.kind == OrganisationKind.CLUSTER:
        return reverse("organisations:cluster-list"), _("Clusters")
    return reverse("organisations:organisation-list"), _("Organisations")


# --- The profile ----------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def organisation_create(request: Request) -> HttpResponse:
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    is_post = request.method == "POST"
    form = OrganisationForm(request.POST if is_post else take_kept(request), by=request.user)
    if is_post and form.is_valid():
        try:
            organisation = services.create_organisation(
                values=form.values(), sectors=form.cleaned_data["sectors"], by=request.user
            )
        except HubError as error:
            form.add_error(None, str(error.message))
        else:
            messages.success(request, _("Your organisation is in the directory. A curator will verify it."))
            return redirect(organisation)
    return render(request, "organisations/organisation_form.html", {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def organisation_edit(request: Request, slug: str) -> HttpResponse:
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    organisation = _load(request, slug)
    require(
        permissions.can_edit_organisation(request.user, organisation),
        _("Only its managers change this profile."),
    )
    is_post = request.method == "POST"
    form = OrganisationForm(
        request.POST if is_post else take_kept(request), instance=organisation, by=request.user
    )
    context: dict[str, Any] = {"form": form, "organisation": organisation}
    if not is_post or not form.is_valid():
        return render(request, "organisations/organisation_form.html", context)
    try:
        changed = services.update_organisation(
            organisation_id=organisation.pk,
            values=form.values(),
            sectors=form.cleaned_data["sectors"],
            by=request.user,
            seen=form.cleaned_data["seen"],
        )
    except EditConflictError as error:
        context["conflict"] = str(error.message)
        context["differences"] = form.show_again(Organisation.objects.for_list().get(pk=organisation.pk))
        return render(request, "organisations/organisation_form.html", context, status=CONFLICT)
    except HubError as error:
        form.add_error(None, str(error.message))
        return render(request, "organisations/organisation_form.html", context, status=CONFLICT)
    messages.success(request, _("The profile is saved."))
    return redirect(changed)


# --- The people -----------------------------------------------------------------------------------


@never_cache
@require_safe
@login_required
def organisation_people(request: SignedInRequest, slug: str) -> HttpResponse:
    organisation = _load(request, slug)
    require(
        permissions.can_see_people(request.user, organisation),
        _("Only its own people see who belongs to it."),
    )
    return _people_page(request, organisation)


def _people_page(
    request: AnyRequest, organisation: Organisation, *, declined: JoinRequest | None = None, form: Any = None
) -> HttpResponse:
    """``form`` is the reason that was typed for one request and not accepted."""
    user: Any = request.user
    page = get_page(request, queries.people_of(organisation), per_page=PEOPLE_PER_PAGE)
    waiting = [
        (asked, form if form and asked == declined else ReasonForm(auto_id=f"id_%s_{asked.pk}"))
        for asked in queries.requests_to_decide(user, organisation)
    ]
    context = {
        "organisation": organisation,
        "page_obj": page,
        "waiting": waiting,
        "may_manage": permissions.can_manage_people(user, organisation),
        "may_step_down": queries.has_other_managers(user, organisation),
    }
    return render(request, "organisations/organisation_people.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: Request, slug: str) -> HttpResponse:
    """The form stands on the organisation's page; here it is sent, and comes back with what was typed."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    organisation = _load(request, slug)
    form = JoinForm(request.POST if request.method == "POST" else take_kept(request))
    if request.method != "POST" or not form.is_valid():
        return _detail_page(request, organisation, form)
    try:
        services.ask_to_join(
            organisation_id=organisation.pk, message=form.cleaned_data["message"], by=request.user
        )
    except HubError as error:
        form.add_error(None, str(error.message))
        return _detail_page(request, organisation, form, status=CONFLICT)
    messages.success(request, _("Your request is on its way. You will be told when somebody has decided."))
    return redirect(organisation)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def request_decline(request: Request, slug: str, pk: int) -> HttpResponse:
    """The form stands beside the request; here it is sent, and comes back with what was typed."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    organisation = _load(request, slug)
    asked = _request_to_decide(request, organisation, pk)
    is_post = request.method == "POST"
    form = ReasonForm(request.POST if is_post else take_kept(request), auto_id=f"id_%s_{asked.pk}")
    if not is_post or not form.is_valid():
        return _people_page(request, organisation, declined=asked, form=form)
    try:
        services.decline_request(request_id=asked.pk, reason=form.cleaned_data["reason"], by=request.user)
    except HubError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("The request is declined, and the person is told why."))
    return redirect("organisations:organisation-people", organisation.slug)


def _request_to_decide(request: AnyRequest, organisation: Organisation, pk: int) -> JoinRequest:
    asked = get_object_or_404(
        JoinRequest.objects.visible_to(request.user).select_related("user"), organisation=organisation, pk=pk
    )
    asked.organisation = organisation
    require(
        permissions.can_decide_join_request(request.user, asked),
        _("The managers of the organisation decide on this, and nobody on their own request."),
    )
    return asked


# --- Steps: each a POST that calls one service ----------------------------------------------------


def _step(
    view: Callable[Concatenate[SignedInRequest, Organisation, P], str],
) -> Callable[..., HttpResponse]:
    """Load the organisation, take the step, say how it went, and go back to where it was pressed."""

    def wrapped(request: Request, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("organisations:organisation-detail", args=[slug]))
        organisation = _load(request, slug)
        try:
            messages.success(request, view(request, organisation, *args, **kwargs))  # type: ignore[arg-type]
        except HubError as error:
            messages.error(request, str(error.message))
        if request.POST.get("next") == "people" and permissions.can_see_people(request.user, organisation):
            return redirect("organisations:organisation-people", organisation.slug)
        if not permissions.can_view(request.user, organisation):
            return redirect("organisations:cluster-list")
        return redirect(organisation)

    wrapped.__doc__ = view.__doc__
    return require_POST(wrapped)


@_step
def leave(request: SignedInRequest, organisation: Organisation) -> str:
    services.leave(organisation_id=organisation.pk, by=request.user)
    return _("You no longer belong to this organisation.")


@_step
def confirm(request: SignedInRequest, organisation: Organisation) -> str:
    require(
        permissions.can_edit_organisation(request.user, organisation),
        _("Only its managers confirm this profile."),
    )
    services.confirm_profile(organisation_id=organisation.pk, by=request.user)
    return _("Thank you: the profile counts as up to date.")


@_step
def request_accept(request: SignedInRequest, organisation: Organisation, pk: int) -> str:
    asked = _request_to_decide(request, organisation, pk)
    services.accept_request(request_id=asked.pk, by=request.user)
    return _("The person now belongs to the organisation.")


@_step
def request_withdraw(request: SignedInRequest, organisation: Organisation, pk: int) -> str:
    asked = get_object_or_404(JoinRequest, organisation=organisation, pk=pk)
    if not permissions.can_withdraw_request(request.user, asked):
        raise Http404
    services.withdraw_request(request_id=asked.pk, by=request.user)
    return _("Your request is withdrawn.")


@_step
def member_role(request: SignedInRequest, organisation: Organisation, user_id: int) -> str:
    _require_manager(request, organisation)
    role = request.POST.get("role", "")
    if role not in Role.values:
        raise HubError(_("There is no such role."))
    services.change_role(organisation_id=organisation.pk, user_id=user_id, role=role, by=request.user)
    return _("The role is changed.")


@_step
def member_remove(request: SignedInRequest, organisation: Organisation, user_id: int) -> str:
    _require_manager(request, organisation)
    services.remove_member(organisation_id=organisation.pk, user_id=user_id, by=request.user)
    return _("The person no longer belongs to the organisation.")


def _require_manager(request: SignedInRequest, organisation: Organisation) -> None:
    require(
        permissions.can_manage_people(request.user, organisation),
        _("Only its managers decide who belongs to it."),
    )
