"""What officers of a programme do: the table of all cases, decisions for many, and who reviews."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import Request, SignedInRequest
from apps.accounts.models import User
from apps.core import formats
from apps.core.exceptions import HubError
from apps.core.kept_forms import keep_and_sign_in, take_kept
from apps.core.pagination import get_page
from apps.core.permissions import require
from apps.exchanges import permissions, queries
from apps.exchanges.casework import role_of
from apps.exchanges.enums import DECIDABLE_STATES, Signer
from apps.exchanges.forms.officers import SORTS, DecideManyForm, TableForm
from apps.exchanges.models import Application, Programme
from apps.exchanges.services import applications
from apps.exchanges.views.case_page import case_page, load_case, not_saved_page, release_form
from apps.reviews import services as reviews
from apps.reviews.models import Review
from apps.reviews.outcome import reviewers_wanted
from apps.search.views import harmless

PER_PAGE = 50
UNPROCESSABLE, CONFLICT = 422, 409


# --- The table --------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def programme_applications(request: Request, slug: str) -> HttpResponse:
    """All cases side by side; several are decided together, each for itself."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    programme = _load(request.user, slug)
    cases = queries.table_of(programme, request.user)
    is_post = request.method == "POST"
    form = DecideManyForm(
        request.POST if is_post else take_kept(request),
        cases=Application.objects.of_officer(request.user).filter(offer__programme=programme),
    )
    if is_post and form.is_valid():
        refused = _decide(request, request.user, form)
        if not refused:
            return redirect(request.get_full_path())
        return _table_page(request, programme, cases, form, status=CONFLICT, refused=refused)
    return _table_page(request, programme, cases, form, status=UNPROCESSABLE if is_post else 200)


def _load(user: User, slug: str) -> Programme:
    """Who may not run it learns nothing; managers of the authority, who could become officers, are told."""
    programme = get_object_or_404(Programme.objects.visible_to(user).for_list(), slug=slug)
    if not permissions.can_run_programme(user, programme):
        raise Http404
    require(
        permissions.is_officer(user, programme), _("Only officers of the programme see its applications.")
    )
    return programme


def _decide(request: Request, user: User, form: DecideManyForm) -> dict[uuid.UUID, str]:
    """Why some stayed as they were; the form says it, too."""
    data = form.cleaned_data
    chosen = {case.pk: case for case in data["case"].select_related("guest")}
    done, refused = applications.decide_many(
        application_ids=list(chosen), by=user, to=data["to"], reason=data["reason"]
    )
    if done:
        text = ngettext(
            "%(count)d case is decided, and both sides are told.",
            "%(count)d cases are decided, and both sides of each are told.",
            done,
        )
        messages.success(request, text % {"count": done})
    for refusal in refused:
        values = {"guest": chosen[refusal.application_id].guest.name, "why": refusal.message}
        form.add_error(None, _("%(guest)s: %(why)s") % values)
    return {refusal.application_id: refusal.message for refusal in refused}


def _table_page(
    request: Request,
    programme: Programme,
    cases: Any,
    form: DecideManyForm,
    *,
    status: int,
    refused: Mapping[uuid.UUID, str] | None = None,
) -> HttpResponse:
    """What was ticked and typed stays; of cases that were just decided, only the ``refused`` ones stay ticked."""
    filters = TableForm(request.GET, programme=programme)
    csv_address = reverse("exchanges:programme-applications-csv", args=[programme.slug])
    # Who may see which case is asked once: for the number of cases, and for those of this page.
    page = get_page(request, list(filters.chosen(cases).values_list("pk", flat=True)), per_page=PER_PAGE)
    rows = _with_wanted(queries.rows_of(list(page)), programme)
    for case in rows:
        case.why_refused = (refused or {}).get(case.pk, "")
    context = {
        "programme": programme,
        "filters": filters,
        "is_filtered": any(request.GET.get(name) for name in ("q", "state", "country")),
        "columns": _columns(request, filters.sort_key),
        "page_obj": page,
        "rows": rows,
        "decidable": DECIDABLE_STATES,
        "ticked": {str(pk) for pk in refused} if refused else set(form["case"].value() or ()),
        "form": form,
        "money": queries.money_of(programme),
        "csv_url": f"{csv_address}?{request.GET.urlencode()}",
    }
    return render(request, "exchanges/case_table.html", context, status=status)


def _with_wanted(rows: Sequence[Any], programme: Programme) -> Sequence[Any]:
    """A third review is wanted where two lie far apart, whether or not somebody was asked for it."""
    if programme.criteria:
        for case in rows:
            wanted = reviewers_wanted(programme.criteria, case.spread or Decimal(0), case.done_count)
            case.wanted_count = max(wanted, case.reviewers_count)
    return rows


def _columns(request: Request, chosen: str) -> list[dict[str, Any]]:
    """Each heading puts the table into its order, and turns it round when it is pressed again."""
    found = []
    for name, (label, _order) in SORTS.items():
        query = request.GET.copy()
        query.pop("page", None)
        query["sort"] = f"-{name}" if chosen == name else name
        is_here = chosen.lstrip("-") == name
        direction = "descending" if chosen.startswith("-") else "ascending"
        found.append(
            {
                "label": f"{label} ({formats.zone()})" if name == "due" else label,
                "url": f"?{query.urlencode()}",
                "direction": direction if is_here else "",
                "is_number": name in {"reviews", "mean", "spread", "amount"},
            }
        )
    return found


@require_safe
@login_required
@never_cache
def programme_applications_csv(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """The same rows as the table, all of them."""
    programme = _load(request.user, slug)
    filters = TableForm(request.GET, programme=programme)
    cases = queries.with_columns(filters.chosen(queries.table_of(programme, request.user)))
    response = StreamingHttpResponse(_lines(cases), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = (
        f'attachment; filename="{programme.slug}-{timezone.localdate():%Y-%m-%d}.csv"'
    )
    return response


class _Echo:
    """A file that gives back what is written, so that the table is sent line by line."""

    def write(self, value: str) -> str:
        return value


def _lines(cases: Any) -> Iterator[str]:
    writer = csv.writer(_Echo())
    heads = (
        _("Guest"), _("Country of the guest"), _("Host"), _("Country of the host"), _("Who travels"), _("First day"),
        _("Last day"), _("State"), _("Reviews done"), _("Reviewers"), _("Mean"), _("Spread"), _("Amount"),
        _("Promised by"), _("Number of the case"),
    )  # fmt: skip
    yield "\ufeff" + writer.writerow(heads)
    for case in cases:
        cells = (
            case.guest.name, case.guest.country.code, case.offer.host.name, case.offer.host.country.code,
            str(case.traveller), case.starts_on, case.ends_on, case.get_state_display(), case.done_count,
            case.reviewers_count, _rounded(case.mean_total), _rounded(case.spread), case.amount,
            case.decision_due_at and f"{case.decision_due_at:%Y-%m-%d %H:%M} UTC", case.pk,
        )  # fmt: skip
        yield writer.writerow(["" if cell is None else harmless(str(cell)) for cell in cells])


def _rounded(value: Any) -> Any:
    return None if value is None else round(value, 2)


# --- Who reviews ------------------------------------------------------------------------------------
@require_POST
def reviewer_invite(request: Request, pk: uuid.UUID) -> HttpResponse:
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    case = _load_panel(request.user, pk)
    person = User.objects.filter(pk=_number(request.POST.get("person", ""))).first()
    if person is None:
        raise Http404
    try:
        reviews.invite(panel_id=case.panel_id, reviewer=person, by=request.user)  # type: ignore[arg-type]
    except HubError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("%(name)s is asked for a review.") % {"name": person})
    return _to_reviews(pk)


@require_POST
def reviewer_release(request: Request, pk: uuid.UUID, review_pk: uuid.UUID) -> HttpResponse:
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    case = _load_panel(request.user, pk)
    review = get_object_or_404(Review, pk=review_pk, panel=case.panel_id)
    form = release_form(review, request.POST)
    if not form.is_valid():
        return case_page(request, case, status=UNPROCESSABLE, released=(review, form))
    try:
        reviews.release(review_id=review.pk, by=request.user, reason=form.cleaned_data["reason"])
    except HubError as error:
        return not_saved_page(request, pk, form, error.message)
    messages.success(request, _("The reviewer is released, and told why."))
    return _to_reviews(pk)


def _load_panel(user: User, pk: uuid.UUID) -> Application:
    case = load_case(user, pk)
    require(role_of(user, case) == Signer.OFFICER, _("Only officers of the programme choose reviewers."))
    if case.panel_id is None:
        raise Http404
    return case


def _to_reviews(pk: uuid.UUID) -> HttpResponse:
    return redirect(reverse("exchanges:application-detail", args=[pk], fragment="reviews"))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - more digits are no key
