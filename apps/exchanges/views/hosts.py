"""What hosts do with their offers, and what officers answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import models
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.http import Request
from apps.accounts.models import User
from apps.core.exceptions import EditConflictError, HubError, StepNotAllowedError
from apps.core.kept_forms import keep, keep_and_sign_in, take_kept
from apps.core.permissions import require
from apps.exchanges import permissions
from apps.exchanges.enums import OfferState, ProgrammeState
from apps.exchanges.exceptions import NotReadyError
from apps.exchanges.forms.offers import OfferForm, ReturnForm
from apps.exchanges.models import Offer, Programme
from apps.exchanges.services import offers as services
from apps.exchanges.views.not_saved import not_saved
from apps.exchanges.views.public import CONFLICT, find_offer, lacking, offer_page
from apps.organisations.models import Organisation
from apps.taxonomy.models import Language

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


# --- The form -------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offer_create(request: Request) -> HttpResponse:
    user = request.user
    if not user.is_authenticated:
        return keep_and_sign_in(request)
    hosts = _hosts_of(user)
    programmes = Programme.objects.filter(state=ProgrammeState.OPEN)
    if not hosts.exists() or not programmes.exists():
        keep(request)  # they left their organisation, or the programme closed, while the form was open
        return render(request, "exchanges/offer_not_yet.html", {"has_host": hosts.exists()})
    is_post = request.method == "POST"
    form = OfferForm(
        request.POST if is_post else take_kept(request),
        instance=Offer(language=_language_of(user)),
        hosts=hosts,
        rows={},
        initial={"host": hosts.first(), "programme": _asked_for(request, programmes)},
    )
    if is_post and request.POST.get("action") == "more":
        return _form_page(request, form.again(more="windows"))
    if not is_post or not form.is_valid():
        return _form_page(request, form)
    data = form.cleaned_data
    try:
        offer = services.create_offer(
            programme=data["programme"],
            host=data["host"],
            values=form.values(),
            languages=data["languages"],
            windows=form.windows(),
            by=user,
            form_key=form.once_key,
        )
    except HubError as error:
        form.add_error(None, str(error.message))
        return _form_page(request, form, status=CONFLICT)
    return _after_saving(request, offer)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offer_edit(request: Request, slug: str) -> HttpResponse:
    user = request.user
    if not user.is_authenticated:
        return keep_and_sign_in(request)
    offer = find_offer(request, slug)
    is_post = request.method == "POST"
    typed = request.POST if is_post else take_kept(request)
    # Who typed something and was late gets it back.
    is_late = typed is not None and offer.state == OfferState.CLOSED and permissions.is_host(user, offer)
    require(
        is_late or permissions.can_edit_offer(user, offer),
        _("Only its host changes an offer, until it is closed."),
    )
    form = OfferForm(
        typed,
        instance=offer,
        hosts=None,
        is_locked=offer.applications.filter(submitted_at__isnull=False).exists(),
        rows={"windows": list(offer.windows.values("starts_on", "ends_on"))},
    )
    if is_late:
        return _over_page(request, offer, form)
    if is_post and request.POST.get("action") == "more":
        return _form_page(request, form.again(more="windows"), offer)
    if not is_post or not form.is_valid():
        return _form_page(request, form, offer)
    return _save(request, user, offer, form)


def _save(request: Request, user: User, offer: Offer, form: OfferForm) -> HttpResponse:
    data = form.cleaned_data
    try:
        services.update_offer(
            offer_id=offer.pk,
            values=form.values(),
            languages=data["languages"],
            windows=form.windows(),
            by=user,
            seen=form.seen_at,
        )
    except EditConflictError as error:
        current = Offer.objects.for_list().get(pk=offer.pk)
        form.let_save_over(current.updated_at.isoformat())
        context = {"conflict": str(error.message), "differences": form.differences(current)}
        return _form_page(request, form, offer, status=CONFLICT, **context)
    except StepNotAllowedError:
        return _over_page(request, offer, form)
    except HubError as error:
        form.add_error(None, str(error.message))
        return _form_page(request, form, offer, status=CONFLICT)
    return _after_saving(request, offer)


def _over_page(request: Request, offer: Offer, form: OfferForm) -> HttpResponse:
    """The page of an offer that was closed meanwhile, with what was typed to change it."""
    stored = find_offer(request, offer.slug)
    lost = not_saved(form, _("The offer was closed meanwhile."), stored=stored)
    if lost is None:
        return redirect(stored)
    return offer_page(request, stored, status=CONFLICT, not_saved=lost)


def _hosts_of(user: User) -> models.QuerySet[Organisation]:
    return Organisation.objects.of_member(user).filter(is_active=True).order_by("name", "pk")


def _language_of(user: User) -> str:
    return user.language if Language.objects.filter(code=user.language).exists() else "en"


def _asked_for(request: Request, programmes: models.QuerySet[Programme]) -> Programme | None:
    """The programme from whose page they came; the only one where there is one."""
    found = programmes.filter(slug=request.GET.get("programme", "")).first()
    return found or (programmes.first() if programmes.count() == 1 else None)


def _form_page(
    request: Request, form: OfferForm, offer: Offer | None = None, *, status: int = 200, **context: Any
) -> HttpResponse:
    is_draft = offer is None or offer.state == OfferState.DRAFT
    context.update(
        form=form, offer=offer, is_draft=is_draft, lacking=lacking(offer) if offer and is_draft else []
    )
    return render(request, "exchanges/offer_form.html", context, status=status)


def _after_saving(request: Request, offer: Offer) -> HttpResponse:
    """What was typed is kept, whether or not it could be submitted."""
    if request.POST.get("action") == "submit" and offer.state == OfferState.DRAFT:
        return _press(request, offer, "submit")
    if offer.state == OfferState.DRAFT:
        messages.success(request, _("Saved as a draft. Only you and the managers of the host see it."))
    else:
        messages.success(request, _("The offer is saved."))
    return redirect(offer)


# --- Steps ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfferStep:
    """``may``: whose step it is; whether the state allows it says the service. ``done`` is said when it went well."""

    act: Callable[..., Offer]
    done: _StrPromise
    may: Callable[[Any, Offer], bool] = permissions.is_host


STEPS: dict[str, OfferStep] = {
    "submit": OfferStep(
        services.submit_offer,
        gettext_lazy("Submitted. An officer of the programme looks at it, and you will be told."),
    ),
    "take-back": OfferStep(services.take_back_offer, gettext_lazy("It is a draft again.")),
    "open": OfferStep(
        services.open_offer,
        gettext_lazy("The offer stands in the catalogue now."),
        permissions.can_decide_offer,
    ),
    "pause": OfferStep(services.pause_offer, gettext_lazy("The offer takes no applications for now.")),
    "resume": OfferStep(services.resume_offer, gettext_lazy("The offer takes applications again.")),
    "close": OfferStep(
        services.close_offer, gettext_lazy("The offer is closed. Exchanges that were agreed go on.")
    ),
}


@require_POST
def offer_step(request: Request, slug: str, step: str) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("exchanges:offer-detail", args=[slug]))
    offer = find_offer(request, slug)
    require(
        STEPS[step].may(request.user, offer), _("This is for the host, or for an officer who is none of it.")
    )
    return _press(request, offer, step)


def _press(request: Request, offer: Offer, step: str) -> HttpResponse:
    try:
        STEPS[step].act(offer_id=offer.pk, by=request.user)
    except NotReadyError:
        messages.warning(request, _("It is not submitted yet: something is still missing, see below."))
    except HubError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, str(STEPS[step].done))
    return redirect(offer)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offer_return(request: Request, slug: str) -> HttpResponse:
    """The form stands on the page of the offer; here it is sent, and comes back with what was typed."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    offer = find_offer(request, slug)
    require(
        permissions.can_decide_offer(request.user, offer),
        _("An officer of the programme who does not belong to the host decides on this."),
    )
    is_post = request.method == "POST"
    form = ReturnForm(request.POST if is_post else take_kept(request))
    if not is_post or not form.is_valid():
        return offer_page(request, offer, return_form=form)
    try:
        services.return_offer(offer_id=offer.pk, reason=form.cleaned_data["reason"], by=request.user)
    except HubError as error:
        lost = not_saved(form, error.message)
        return offer_page(request, find_offer(request, slug), status=CONFLICT, not_saved=lost)
    messages.success(request, _("The host is told what should change."))
    return redirect(offer)
