"""Programmes: their rules for everybody, and what their officers do with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import Request
from apps.accounts.models import User
from apps.core.exceptions import EditConflictError, HubError
from apps.core.kept_forms import keep_and_sign_in, take_kept
from apps.core.pagination import get_page
from apps.core.permissions import require
from apps.exchanges import permissions
from apps.exchanges import programme_queries as queries
from apps.exchanges.budget import left_of
from apps.exchanges.enums import ProgrammeState
from apps.exchanges.exceptions import NotReadyError, OffersLostError
from apps.exchanges.forms.programmes import OfficerForm, ProgrammeForm, usual_dates
from apps.exchanges.models import Programme
from apps.exchanges.services import programmes as services
from apps.exchanges.views.problems import add_problems
from apps.exchanges.wording import rates_in_words, rules_in_words
from apps.taxonomy.models import Language

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

CONFLICT = 409


# --- For everybody --------------------------------------------------------------------------------


@require_safe
def programme_list(request: Request) -> HttpResponse:
    page = get_page(request, queries.programmes_for(request.user))
    context = {
        "page_obj": page,
        "now": timezone.now(),
        "reader_language": get_language(),
        "may_create": queries.authorities_of(request.user).exists(),
    }
    return render(request, "exchanges/programme_list.html", context)


def _find(request: Request, slug: str) -> Programme:
    """404 hides what this person may not know of."""
    return get_object_or_404(Programme.objects.visible_to(request.user).for_detail(), slug=slug)


@require_safe
def programme_detail(request: Request, slug: str) -> HttpResponse:
    programme = _find(request, slug)
    user = request.user
    steps = permissions.programme_steps(user, programme)
    may_run = permissions.can_run_programme(user, programme)
    context = {
        "programme": programme,
        "reader_language": get_language(),
        "rules": rules_in_words(programme),
        "rates": rates_in_words(programme),
        "offers": queries.open_offers_of(programme),
        "numbers": queries.numbers_of(programme),
        "left": left_of(programme) if may_run else None,
        "steps": steps,
        "may_run": may_run,
        "may_edit": may_run and programme.state != ProgrammeState.CLOSED,
        "officers": queries.officers_of(programme) if user.is_authenticated else [],
        "lacking": _lacking(programme) if "open" in steps else [],
        "takes_offers": programme.state == ProgrammeState.OPEN,
        "is_over": programme.state == ProgrammeState.CLOSED or programme.closes_at < timezone.now(),
    }
    return render(request, "exchanges/programme_detail.html", context)


def _lacking(programme: Programme) -> list[str]:
    return [message for _name, message in services.problems_of(programme)]


# --- The form -------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def programme_create(request: Request) -> HttpResponse:
    user = request.user
    if not user.is_authenticated:
        return keep_and_sign_in(request)
    authorities = queries.authorities_of(user)
    require(authorities.exists(), _("A programme is opened by a manager of a verified public authority."))
    is_post = request.method == "POST"
    form = ProgrammeForm(
        request.POST if is_post else take_kept(request),
        instance=Programme(language=_language_of(user), level="", **usual_dates()),
        organisations=authorities,
        rows={"criteria": _rows_of(services.usual_criteria())},
        initial={"organisation": authorities.first(), "countries": services.usual_countries()},
    )
    if is_post and (more := _more(request)):
        return _form_page(request, form.again(more=more))
    if not is_post or not form.is_valid():
        return _form_page(request, form)
    try:
        programme = services.create_programme(
            organisation=form.cleaned_data["organisation"],
            values=form.values(),
            countries=form.cleaned_data["countries"],
            rates=form.rates(),
            scoring=form.scoring(),
            by=user,
            form_key=form.once_key,
        )
    except HubError as error:
        form.add_error(None, str(error.message))
        return _form_page(request, form, status=CONFLICT)
    return _after_saving(request, programme)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def programme_edit(request: Request, slug: str) -> HttpResponse:
    user = request.user
    if not user.is_authenticated:
        return keep_and_sign_in(request)
    programme = _find(request, slug)
    require(
        permissions.can_edit_programme(user, programme),
        _("Only its officers and the managers of the authority change a programme, until it is closed."),
    )
    is_post = request.method == "POST"
    form = ProgrammeForm(
        request.POST if is_post else take_kept(request),
        instance=programme,
        rows={
            "rates": list(programme.rates.values("country", "days_from", "amount")),
            "criteria": _rows_of(services.scoring_of(programme.criteria).items) if programme.criteria else [],
        },
        initial=_scoring_of(programme),
    )
    if is_post and (more := _more(request)):
        return _form_page(request, form.again(more=more), programme)
    if not is_post or not form.is_valid():
        return _form_page(request, form, programme)
    try:
        services.update_programme(
            programme_id=programme.pk,
            values=form.values(),
            countries=form.cleaned_data["countries"],
            rates=form.rates(),
            scoring=form.scoring(),
            seen=form.seen_at,
            given_up=form.cleaned_data["given_up"],
            by=user,
        )
    except EditConflictError as error:
        current = Programme.objects.for_list().get(pk=programme.pk)
        form.let_save_over(current.updated_at.isoformat())
        context = {"conflict": str(error.message), "differences": form.differences(current)}
        return _form_page(request, form, programme, status=CONFLICT, **context)
    except HubError as error:
        if isinstance(error, OffersLostError):
            form.say_again(given_up=" ".join(map(str, sorted(error.offers))))
        add_problems(form, error)
        return _form_page(request, form, programme, status=CONFLICT)
    return _after_saving(request, programme)


def _language_of(user: User) -> str:
    return user.language if Language.objects.filter(code=user.language).exists() else "en"


def _more(request: Request) -> str:
    """Of what another row is asked for."""
    name = request.POST.get("action", "").partition("more:")[2]
    return name if name in ProgrammeForm.row_sets else ""


def _rows_of(items: Any) -> list[dict[str, Any]]:
    return [
        {
            "code": item.code,
            "name": item.name,
            "weight": f"{item.weight.normalize():f}",
            "description": item.description,
            "least": int(item.least_share * 100) or "",
        }
        for item in items
    ]


def _scoring_of(programme: Programme) -> dict[str, Any]:
    names = ProgrammeForm.PARTS["scoring"]
    return {name: getattr(programme.criteria, name) for name in names} if programme.criteria else {}


def _form_page(
    request: Request,
    form: ProgrammeForm,
    programme: Programme | None = None,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    parts = {name: form.part(name) for name in form.PARTS}
    context.update(form=form, programme=programme, parts=parts)
    return render(request, "exchanges/programme_form.html", context, status=status)


def _after_saving(request: Request, programme: Programme) -> HttpResponse:
    if request.POST.get("action") == "open" and programme.state != ProgrammeState.OPEN:
        return _press(request, programme, "open")
    messages.success(request, _("The programme is saved."))
    return redirect(programme)


# --- Steps ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProgrammeStep:
    """``done`` is said when it went well."""

    act: Callable[..., Programme]
    done: _StrPromise


STEPS: dict[str, ProgrammeStep] = {
    "open": ProgrammeStep(
        services.open_programme,
        gettext_lazy("The programme is open: everybody sees it, and hosts can offer."),
    ),
    "pause": ProgrammeStep(
        services.pause_programme,
        gettext_lazy("The programme takes no new offers and applications for now. What runs goes on."),
    ),
    "close": ProgrammeStep(
        services.close_programme, gettext_lazy("The programme is closed. What runs goes on to its end.")
    ),
}


@require_POST
def programme_step(request: Request, slug: str, step: str) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("exchanges:programme-detail", args=[slug]))
    programme = _find(request, slug)
    _require_run(request, programme)
    return _press(request, programme, step)


def _press(request: Request, programme: Programme, step: str) -> HttpResponse:
    try:
        STEPS[step].act(programme_id=programme.pk, by=request.user)
    except NotReadyError:
        messages.warning(request, _("It is not open yet: something is still missing, see below."))
    except HubError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, str(STEPS[step].done))
    return redirect(programme)


def _require_run(request: Request, programme: Programme) -> None:
    require(
        permissions.can_run_programme(request.user, programme),
        _("This is for its officers and the managers of the authority."),
    )


# --- The officers ---------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def programme_officers(request: Request, slug: str) -> HttpResponse:
    user = request.user
    if not user.is_authenticated:
        return keep_and_sign_in(request)
    programme = _find(request, slug)
    _require_run(request, programme)
    is_post = request.method == "POST"
    form = OfficerForm(request.POST if is_post else take_kept(request), programme=programme)
    if is_post and form.is_valid():
        try:
            services.add_officer(programme_id=programme.pk, person=form.cleaned_data["person"], by=user)
        except HubError as error:
            form.add_error(None, str(error.message))
        else:
            messages.success(request, _("The person runs the programme now, too."))
            return redirect("exchanges:programme-officers", programme.slug)
    officers = queries.officers_of(programme)
    context = {"programme": programme, "officers": officers, "form": form, "may_remove": len(officers) > 1}
    return render(request, "exchanges/programme_officers.html", context)


@require_POST
def officer_remove(request: Request, slug: str, user_id: int) -> HttpResponse:
    user = request.user
    here = reverse("exchanges:programme-officers", args=[slug])
    if not user.is_authenticated:
        return redirect_to_login(here)
    programme = _find(request, slug)
    _require_run(request, programme)
    person = get_object_or_404(User, pk=user_id, officer_of__programme=programme)
    try:
        services.remove_officer(programme_id=programme.pk, person=person, by=user)
    except HubError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("The person no longer runs the programme."))
    if permissions.can_run_programme(user, programme):
        return redirect(here)
    return redirect("exchanges:programme-list" if programme.opened_at is None else programme)
