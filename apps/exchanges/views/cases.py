"""Applying, and one page for each case with what this person may see and press at this moment."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import Request, SignedInRequest
from apps.accounts.models import User
from apps.core import formats
from apps.core.components import Tab
from apps.core.exceptions import EditConflictError, HubError, ReasonMissingError, StepNotAllowedError
from apps.core.kept_forms import keep_and_sign_in, take_kept
from apps.core.pagination import get_page
from apps.core.permissions import require
from apps.exchanges import casework, permissions, queries
from apps.exchanges.enums import ApplicationState
from apps.exchanges.forms.applications import ApplicationForm, StartForm, organisations_to_apply_for
from apps.exchanges.models import Application, Offer
from apps.exchanges.rules import length_of, rules_of, why_not_now
from apps.exchanges.services import applications
from apps.exchanges.views.case_page import case_page, load_case, not_saved_page
from apps.exchanges.views.problems import add_problems
from apps.exchanges.wording import amount_in_words, funding_in_words
from apps.organisations.permissions import is_member

CONFLICT, UNPROCESSABLE = 409, 422


# --- Applying ---------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def application_start(request: Request, slug: str) -> HttpResponse:
    """Choose for whom; who belongs to one organisation has nothing to choose. A draft begins with the press."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    offer = get_object_or_404(Offer.objects.visible_to(request.user).for_list(), slug=slug)
    organisations = organisations_to_apply_for(request.user, offer)
    is_post = request.method == "POST"
    form = StartForm(request.POST if is_post else take_kept(request), organisations=organisations)
    if is_post and form.is_valid():
        try:
            draft = applications.create_application(
                offer_id=offer.pk, guest=form.cleaned_data["guest"], by=request.user
            )
        except HubError as error:
            form.add_error(None, str(error.message))
        else:
            return redirect("exchanges:application-edit", draft.pk)
    context = {
        "offer": offer,
        "form": form,
        "why_closed": why_not_now(offer),
        "is_own": is_member(request.user, offer.host),
        "has_organisation": organisations.exists(),
    }
    status = UNPROCESSABLE if form.is_bound and form.errors else 200
    return render(request, "exchanges/application_start.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def application_edit(request: Request, pk: uuid.UUID) -> HttpResponse:
    """The whole application on one page: save it at any time, submit it when the rules of the programme are kept."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    draft = _own(request.user, pk)
    is_post = request.method == "POST"
    form = ApplicationForm(request.POST if is_post else take_kept(request), instance=draft)
    if draft.state != ApplicationState.DRAFT:
        return _over_page(request, form)
    if not is_post:
        return _form_page(request, form)
    if not form.is_valid():
        return _form_page(request, form, status=UNPROCESSABLE)
    return _save(request, request.user, form, submits=request.POST.get("action") == "submit")


def _own(user: User, pk: uuid.UUID) -> Application:
    """Hosts and officers see the page of the case; the form is the guest's."""
    found = get_object_or_404(Application.objects.visible_to(user).for_list(), pk=pk)
    require(permissions.is_guest(user, found), _("Only the guest writes the application."))
    return found


def _save(request: Request, user: User, form: ApplicationForm, *, submits: bool) -> HttpResponse:
    pk = form.instance.pk
    try:
        saved = applications.update_application(
            application_id=pk, values=form.values(), by=user, seen=form.seen_at
        )
        form.let_save_over(saved.updated_at.isoformat())
        if submits:
            applications.submit_application(application_id=pk, by=user)
    except EditConflictError as error:
        return _conflict_page(request, form, str(error.message))
    except StepNotAllowedError:
        # The first of two presses has submitted it, or a colleague.
        return _over_page(request, form)
    except HubError as error:
        add_problems(form, error)
        return _form_page(request, form, status=UNPROCESSABLE)
    if submits:
        messages.success(request, _("Submitted. The host is told, and you will be told of the answer."))
        return redirect("exchanges:application-detail", pk)
    messages.success(request, _("Saved as a draft. Only your organisation sees it."))
    return redirect("exchanges:application-edit", pk)


def _over_page(request: Request, form: ApplicationForm) -> HttpResponse:
    stored = Application.objects.get(pk=form.instance.pk)
    why = (
        _("This application was withdrawn.")
        if stored.submitted_at is None
        else _("This application was submitted and does not change any more.")
    )
    return not_saved_page(request, stored.pk, form, why, stored)


@never_cache
@require_POST
def application_autosave(request: Request, pk: uuid.UUID) -> JsonResponse:
    """Keep what is valid in the form of a draft at this moment."""
    if not request.user.is_authenticated:
        return _refusal(
            _("Your session has ended. Press “Save draft”: you can sign in then, nothing is lost."), 401
        )
    draft = _own(request.user, pk)
    if draft.state != ApplicationState.DRAFT:
        return _refusal(_("This application was submitted and does not change any more."), CONFLICT)
    form = ApplicationForm(request.POST, instance=draft)
    form.is_valid()
    try:
        saved = applications.update_application(
            application_id=pk, values=form.values(), by=request.user, seen=form.seen_at
        )
    except HubError as error:
        return _refusal(str(error.message), CONFLICT)
    text = _("Draft saved at %(time)s.") % {"time": f"{timezone.localtime():%H:%M}"}
    return JsonResponse({"saved": True, "message": text, "fields": {"seen": saved.updated_at.isoformat()}})


def _refusal(message: str, status: int) -> JsonResponse:
    return JsonResponse({"saved": False, "message": message}, status=status)


def _conflict_page(request: Request, form: ApplicationForm, message: str) -> HttpResponse:
    """What was typed goes back, with what stands there now in the fields that differ."""
    current = Application.objects.for_list().get(pk=form.instance.pk)
    differences = form.differences(current)
    form.let_save_over(current.updated_at.isoformat())
    return _form_page(request, form, status=CONFLICT, conflict=message, differences=differences)


PARTS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    (
        "who",
        gettext_lazy("Who travels, and when"),
        ("traveller", "travels_as", "starts_on", "ends_on", "is_virtual", "distance_km"),
    ),
    ("why", gettext_lazy("What it is for"), ("goals", "benefit", "use_at_home")),
    ("what", gettext_lazy("What you will do there"), ("agenda", "meeting_planned", "meeting_note")),
)


def _form_page(request: Request, form: ApplicationForm, *, status: int = 200, **context: Any) -> HttpResponse:
    drafts = Application.objects.for_list().prefetch_related(
        "offer__windows", "offer__programme__rates__country"
    )
    draft = drafts.get(pk=form.instance.pk)
    programme = draft.offer.programme
    rules = rules_of(programme)
    context |= {
        "application": draft,
        "form": form,
        "offer": draft.offer,
        "programme": programme,
        "shows_offer": permissions.can_view_offer(request.user, draft.offer),
        "shows_programme": permissions.can_view_programme(request.user, programme),
        "parts": [
            (code, label, [form[name] for name in names if name in form.fields])
            for code, label, names in PARTS
        ],
        "windows": [formats.days(window.starts_on, window.ends_on) for window in draft.offer.windows.all()],
        "why_closed": why_not_now(draft.offer),
        "money": funding_in_words(programme, draft.offer.host.country),
        "amount": amount_in_words(draft, rules),
        "length": length_of(draft.starts_on, draft.ends_on, programme.day_kind)
        if draft.starts_on and draft.ends_on
        else None,
        "autosave_url": reverse("exchanges:application-autosave", args=[draft.pk]),
    }
    return render(request, "exchanges/application_form.html", context, status=status)


# --- My applications --------------------------------------------------------------------------------
@require_safe
@login_required
@never_cache
def application_list(request: SignedInRequest) -> HttpResponse:
    """As guest; with ``?side=host``, those to one's own offers; with ``?waiting=1``, those that wait for the reader.
    Without any of these, on the side where something waits.
    """
    only_waiting = request.GET.get("waiting") == "1"
    is_plain = not only_waiting and "side" not in request.GET
    as_host = _opens_as_host(request.user) if is_plain else request.GET.get("side") == "host"
    found = queries.applications_of(request.user, as_host=as_host, only_waiting=only_waiting)
    page = get_page(request, found)
    return render(
        request,
        "exchanges/application_list.html",
        {
            "tabs": _tabs(request.user, as_host=as_host),
            "page_obj": page,
            "as_host": as_host,
            "only_waiting": only_waiting,
            "programmes": queries.programmes_of_officer(request.user),
        },
    )


def _opens_as_host(user: User) -> bool:
    def waits(*, as_host: bool) -> bool:
        return queries.applications_of(user, as_host=as_host, only_waiting=True).exists()

    return waits(as_host=True) and not waits(as_host=False)


def _tabs(user: User, *, as_host: bool) -> list[Tab]:
    address = reverse("exchanges:application-list")
    return [
        Tab(
            _("You as guest"),
            f"{address}?side=guest",
            not as_host,
            queries.applications_of(user, as_host=False).count(),
        ),
        Tab(
            _("You as host"),
            f"{address}?side=host",
            as_host,
            queries.applications_of(user, as_host=True).count(),
        ),
    ]


# --- The page of a case -----------------------------------------------------------------------------
@require_safe
@login_required
@never_cache
def application_detail(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return case_page(request, load_case(request.user, pk))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def application_step(request: Request, pk: uuid.UUID, name: str) -> HttpResponse:
    """Take one step. What its form asks for comes back with its mistakes in the page of the case, and after signing in
    again, which leads here by GET.
    """
    step = casework.STEPS.get(name)
    if step is None:
        raise Http404
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    case = load_case(request.user, pk)
    is_post = request.method == "POST"
    form = step.make_form(case, request.POST if is_post else take_kept(request))
    if not is_post:
        return _sent_page(request, pk, step, form) if form and form.is_bound else redirect(case)
    require(
        casework.role_of(request.user, case) in step.roles, _("This step is for another side of the case.")
    )
    if form is not None and not form.is_valid():
        return _sent_page(request, pk, step, form, status=UNPROCESSABLE)
    return _take(request, case, step, form)


def _take(request: Request, case: Application, step: casework.CaseStep, form: Form | None) -> HttpResponse:
    assert request.user.is_authenticated  # noqa: S101 - the view has asked
    try:
        if case.state not in step.states:
            raise StepNotAllowedError
        step.act(application_id=case.pk, by=request.user, **(form.cleaned_data if form else {}))
    except HubError as error:
        if form is not None and isinstance(error, ReasonMissingError):
            form.add_error("reason", str(error.message))
            return _sent_page(request, case.pk, step, form, status=UNPROCESSABLE)
        messages.error(request, str(error.message))
        if form is None or not form.visible_fields():
            return redirect(case)
        return _sent_page(request, case.pk, step, form, status=CONFLICT)
    messages.success(request, str(step.done))
    return redirect(case)


def _sent_page(
    request: Request, pk: uuid.UUID, step: casework.CaseStep, form: Form, *, status: int = 200
) -> HttpResponse:
    """The form comes back where its step can still be taken, else what was typed into it."""
    assert request.user.is_authenticated  # noqa: S101 - the view has asked
    case = load_case(request.user, pk)
    if casework.is_open(case, step, casework.role_of(request.user, case)):
        return case_page(request, case, sent={step.name: form}, status=status)
    return not_saved_page(
        request, pk, form, _("This step cannot be taken any more: %(step)s") % {"step": step.label}
    )
