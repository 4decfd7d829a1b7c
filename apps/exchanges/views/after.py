"""From the approval on: agreement, reports, evidence, and what did change."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import Request, SignedInRequest
from apps.core import formats
from apps.core.exceptions import EditConflictError, ForbiddenError, HubError, StepNotAllowedError
from apps.core.kept_forms import keep_and_sign_in, take_kept
from apps.core.pagination import get_page
from apps.core.permissions import require
from apps.exchanges import casework, queries
from apps.exchanges.agreement_pdf import pdf_of
from apps.exchanges.agreement_text import parts_of
from apps.exchanges.enums import ApplicationState, Side, Signer
from apps.exchanges.forms.reports import EvidenceForm, FollowUpForm, ReportForm
from apps.exchanges.models import Agreement, Application, Evidence, FollowUp, Programme, Report
from apps.exchanges.permissions import is_officer
from apps.exchanges.services import after
from apps.exchanges.views.case_page import load_case, not_saved_page
from apps.exchanges.views.problems import add_problems
from apps.files.inspection import too_large
from apps.files.serving import file_response

CONFLICT, UNPROCESSABLE = 409, 422
MOST_REPORTS = 20
SIDE_OF: dict[Signer, Side] = {signer: side for side, signer in casework.SIDES.items()}


# --- Agreement --------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def agreement(request: Request, pk: uuid.UUID) -> HttpResponse:
    """The text as it is signed, who has signed, and the button; it sends the hash of the text that was shown."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    case, text = _load_agreement(request, pk)
    role = casework.role_of(request.user, case)
    if request.method == "POST":
        if role is None:
            raise ForbiddenError(_("You stand on both sides of this case, so you sign for neither."))
        try:
            after.sign(
                application_id=pk,
                signer=role,
                text_hash=request.POST.get("text_hash", ""),
                by=request.user,
            )
        except HubError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("You have signed."))
        return redirect("exchanges:agreement", pk)
    signatures = list(text.signatures.all())
    signed = {row.signer for row in signatures}
    is_open = case.state == ApplicationState.AGREEMENT_PENDING
    context = {
        "application": case,
        "agreement": text,
        "parts": list(parts_of(text.text)),
        "signatures": signatures,
        "missing": [signer.label for signer in Signer if signer not in signed] if is_open else [],
        "signs_for": role.label if role and is_open and role not in signed else "",
    }
    return render(request, "exchanges/agreement.html", context)


@require_safe
@login_required
@never_cache
def agreement_pdf(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    case, text = _load_agreement(request, pk)
    return HttpResponse(
        pdf_of(case, text),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="agreement-{str(pk)[:8]}.pdf"'},
    )


def _load_agreement(request: Request | SignedInRequest, pk: uuid.UUID) -> tuple[Application, Agreement]:
    assert request.user.is_authenticated  # noqa: S101 - the views have asked
    case = load_case(request.user, pk)
    found = getattr(case, "agreement", None)
    if found is None:
        raise Http404
    return case, found


# --- Reports ----------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: Request, pk: uuid.UUID) -> HttpResponse:
    """Save what is written so far, or hand it in; nothing typed is lost whatever is wrong with it."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    case, side = _load_side(request, pk)
    found = case.reports.filter(side=side).first()
    is_post = request.method == "POST"
    data = request.POST if is_post else take_kept(request)
    form = ReportForm(data, instance=found or Report(application=case, side=side))
    if case.state != ApplicationState.COMPLETED or (found and found.submitted_at):
        return not_saved_page(request, pk, form, _("There is no report to write here at present."), found)
    if not is_post or not form.is_valid():
        return _report_page(request, case, side, form, UNPROCESSABLE if is_post else 200)
    return _save_report(request, case, side, form)


def _save_report(request: Request, case: Application, side: Side, form: ReportForm) -> HttpResponse:
    assert request.user.is_authenticated  # noqa: S101 - the view has asked
    values: dict[str, Any] = {
        "application_id": case.pk,
        "side": side,
        "values": form.values(),
        "by": request.user,
    }
    hands_in = request.POST.get("action") == "submit"
    try:
        # What is typed stays, also where something is missing.
        saved = after.save_report(**values, seen=form.seen_version)
        form.let_save_over(after.version_of(saved))
        if hands_in:
            after.submit_report(**values, seen=after.version_of(saved))
    except EditConflictError as error:
        current = case.reports.filter(side=side).first() or Report(application=case, side=side)
        form.let_save_over(after.version_of(current))
        context = {"conflict": str(error.message), "differences": form.differences(current)}
        return _report_page(request, case, side, form, CONFLICT, **context)
    except StepNotAllowedError:
        # Somebody of this side has handed it in meanwhile, or the first of two presses has.
        stored = case.reports.filter(side=side).first()
        return not_saved_page(request, case.pk, form, _("The report was handed in already."), stored)
    except HubError as error:
        add_problems(form, error)
        return _report_page(request, case, side, form, UNPROCESSABLE)
    messages.success(
        request, _("Your report is handed in. Thank you.") if hands_in else _("Saved as a draft.")
    )
    return redirect(case) if hands_in else redirect("exchanges:report", case.pk)


def _report_page(
    request: Request, case: Application, side: Side, form: ReportForm, status: int, **context: Any
) -> HttpResponse:
    context |= {
        "application": case,
        "form": form,
        "is_guest": side == Side.GUEST,
        "has_evidence": case.evidence.exists(),
    }
    return render(request, "exchanges/report_form.html", context, status=status)


def _load_side(request: Request, pk: uuid.UUID) -> tuple[Application, Side]:
    """Only the two sides write; officers see the page of the case."""
    assert request.user.is_authenticated  # noqa: S101 - the views have asked
    case = load_case(request.user, pk)
    role = casework.role_of(request.user, case)
    if role is None or role not in SIDE_OF:
        raise ForbiddenError(_("Only the two sides of the exchange write here."))
    return case, SIDE_OF[role]


# --- Evidence ---------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def evidence(request: Request, pk: uuid.UUID) -> HttpResponse:
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    case, side = _load_side(request, pk)
    require(side == Side.GUEST, _("The guest adds the evidence."))
    if case.state not in after.EVIDENCE_STATES:
        messages.info(
            request, _("Evidence can be added from the first day of the stay until the reports are in.")
        )
        return redirect(case)
    is_post = request.method == "POST"
    form = EvidenceForm(
        request.POST if is_post else None, request.FILES if is_post else None, uploader=request.user
    )
    status = 200
    if is_post:
        status = UNPROCESSABLE
        if form.is_valid() and _add(request, form, pk):
            return redirect("exchanges:evidence", pk)
    context = {
        "application": case,
        "form": form,
        "files": list(case.evidence.select_related("file")),
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "text_too_large": too_large().message,
        "may_report": case.state == ApplicationState.COMPLETED,
    }
    return render(request, "exchanges/report_evidence.html", context, status=status)


def _add(request: Request, form: EvidenceForm, pk: uuid.UUID) -> bool:
    assert request.user.is_authenticated  # noqa: S101 - the view has asked
    data = form.cleaned_data
    try:
        after.add_evidence(application_id=pk, kind=data["kind"], file=data["file"], by=request.user)
    except HubError as error:
        form.add_error(None, str(error.message))
        return False
    messages.success(request, _("The file is added."))
    return True


@require_POST
def evidence_remove(request: Request, pk: uuid.UUID, evidence_pk: int) -> HttpResponse:
    here = reverse("exchanges:evidence", args=[pk])
    if not request.user.is_authenticated:
        return redirect_to_login(here)
    case, side = _load_side(request, pk)
    require(side == Side.GUEST, _("The guest adds the evidence."))
    get_object_or_404(case.evidence.all(), pk=evidence_pk)
    try:
        after.remove_evidence(application_id=pk, evidence_id=evidence_pk, by=request.user)
    except HubError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("The file is removed."))
    return redirect(here)


@require_safe
@login_required
def evidence_file(request: SignedInRequest, pk: uuid.UUID, evidence_pk: int) -> HttpResponseBase:
    """For the parties and the officers, as the case itself."""
    cases = Application.objects.visible_to(request.user)
    found = get_object_or_404(
        Evidence.objects.select_related("file"), pk=evidence_pk, application__in=cases.filter(pk=pk)
    )
    return file_response(found.file, request=request)


# --- Half a year later ------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow_up(request: Request, pk: uuid.UUID) -> HttpResponse:
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    case, side = _load_side(request, pk)
    found = case.follow_ups.filter(side=side).first()
    is_post = request.method == "POST"
    form = FollowUpForm(
        request.POST if is_post else take_kept(request),
        instance=found or FollowUp(application=case, side=side),
    )
    if found is None or found.approved_at:
        return not_saved_page(request, pk, form, _("There is nothing to answer here at present."), found)
    if is_post and form.is_valid():
        return _answer(request, case, side, form)
    return _follow_up_page(request, case, form, UNPROCESSABLE if is_post else 200)


def _answer(request: Request, case: Application, side: Side, form: FollowUpForm) -> HttpResponse:
    assert request.user.is_authenticated  # noqa: S101 - the view has asked
    try:
        after.answer_follow_up(
            application_id=case.pk, side=side, by=request.user, seen=form.seen_version, **form.values()
        )
    except EditConflictError as error:
        current = case.follow_ups.get(side=side)
        form.let_save_over(after.version_of(current))
        context = {"conflict": str(error.message), "differences": form.differences(current)}
        return _follow_up_page(request, case, form, CONFLICT, **context)
    except StepNotAllowedError:
        stored = case.follow_ups.get(side=side)
        return not_saved_page(request, case.pk, form, _("This answer was approved already."), stored)
    except HubError as error:
        add_problems(form, error)
        return _follow_up_page(request, case, form, UNPROCESSABLE)
    messages.success(request, _("Thank you. Your answer is with the officers of the programme."))
    return redirect(case)


def _follow_up_page(
    request: Request, case: Application, form: FollowUpForm, status: int, **context: Any
) -> HttpResponse:
    context |= {"application": case, "form": form}
    return render(request, "exchanges/follow_up.html", context, status=status)


@require_safe
def learnings(request: Request, slug: str) -> HttpResponse:
    """What both sides said half a year later, for everybody, countable by theme; and the newest of their reports."""
    programme = get_object_or_404(Programme.objects.public().for_list(), slug=slug)
    found = queries.learnings_of(programme)
    theme = request.GET.get("theme", "")
    themes = queries.themes_of_learnings(programme)
    if theme and theme not in {row["topic"].code for row in themes}:
        raise Http404
    page = get_page(request, found.filter(application__offer__theme__code=theme) if theme else found)
    context = {
        "programme": programme,
        "themes": themes,
        "theme": theme,
        "total": sum(row["count"] for row in themes),
        "page_obj": page,
        "rows": [{"answer": row, "organisation": _says(row)} for row in page],
        "reports": [
            {"report": row, "organisation": _says(row)}
            for row in queries.reports_to_publish(programme, theme)[:MOST_REPORTS]
        ]
        if page.number == 1
        else [],
        "publish_url": _publish_url(request, programme, themes)
        if is_officer(request.user, programme)
        else "",
    }
    return render(request, "exchanges/learnings.html", context)


def _publish_url(request: Request, programme: Programme, themes: list[dict[str, Any]]) -> str:
    """The form of the knowledge repository, filled with what this page says: a curator reads it like any other."""
    counted = "; ".join(f"{row['topic'].name}: {formats.number(row['count'])}" for row in themes)
    proposed = {
        "title": _("What exchanges of “%(programme)s” changed") % {"programme": programme.name},
        "resource_type": "evaluation_summary",
        "summary": _(
            "Half a year after each stay, guest and host say what is different now. Answers by theme: %(counted)s."
        )
        % {"counted": counted},
        "link": request.build_absolute_uri(reverse("exchanges:learnings", args=[programme.slug])),
        "topic": [row["topic"].code for row in themes],
    }
    return reverse("knowledge:resource-create", query=proposed)


def _says(row: FollowUp | Report) -> Any:
    return row.application.guest if row.side == Side.GUEST else row.application.offer.host
