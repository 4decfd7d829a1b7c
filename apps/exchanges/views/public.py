"""What everybody sees: the catalogue of offers, and the page of an offer with its questions and answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import Request
from apps.core.exceptions import HubError, StepNotAllowedError
from apps.core.kept_forms import keep_and_sign_in, take_kept
from apps.core.permissions import require
from apps.exchanges import permissions
from apps.exchanges.days import today
from apps.exchanges.enums import PUBLIC_OFFERS, OfferState
from apps.exchanges.forms.offers import OfferForm, RemarkForm, ReturnForm
from apps.exchanges.indexing import OFFER
from apps.exchanges.models import Offer, Remark
from apps.exchanges.rules import why_not_now
from apps.exchanges.services import offers as services
from apps.exchanges.views.not_saved import not_saved
from apps.exchanges.wording import promise_in_words, rules_in_words, why_for_others
from apps.organisations.models import Membership, Organisation
from apps.search.views import CatalogueView

CONFLICT = 409


class OfferCatalogue(CatalogueView):
    kinds = (OFFER,)
    url_name = "exchanges:offer-list"
    feed_url_name = "exchanges:offer-feed"
    csv_url_name = "exchanges:offer-csv"
    template_name = "exchanges/offer_list.html"
    title = gettext_lazy("Exchanges")
    intro = gettext_lazy(
        "Stays with other cluster organisations and authorities, on themes that their hosts set."
    )
    sorts = ("relevance", "newest", "title")


def find_offer(request: Request, slug: str) -> Offer:
    """404 hides what this person may not know of."""
    return get_object_or_404(Offer.objects.visible_to(request.user).for_detail(), slug=slug)


@require_safe
def offer_detail(request: Request, slug: str) -> HttpResponse:
    return offer_page(request, find_offer(request, slug))


def offer_page(
    request: Request,
    offer: Offer,
    *,
    remark_form: RemarkForm | None = None,
    return_form: ReturnForm | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """``remark_form`` and ``return_form`` are what was typed and not accepted."""
    user, programme = request.user, offer.programme
    steps = permissions.offer_steps(user, offer)
    mine = list(Organisation.objects.of_member(user).order_by("name", "pk")) if user.is_authenticated else []
    belongs_to_host = offer.host in mine
    is_public = offer.state in PUBLIC_OFFERS
    context |= {
        "offer": offer,
        "reader_language": get_language(),
        "is_public": is_public,
        "may_edit": permissions.can_edit_offer(user, offer),
        "steps": steps,
        "lacking": lacking(offer) if "submit" in steps else [],
        "windows": [window for window in offer.windows.all() if window.ends_on >= today()],
        "rules": rules_in_words(programme, offer.host.country),
        "promise": promise_in_words(programme),
        "why_closed": why_not_now(offer),
        "belongs_to_host": belongs_to_host,
        "why_for_others": why_for_others(programme, [each for each in mine if each.is_active]),
        "shows_prior_contact": permissions.can_see_prior_contact(user, offer),
        "remarks": _remarks(
            request, offer, with_hidden=(may_hide := permissions.can_hide_remarks(user, offer))
        ),
        "may_hide": may_hide,
        # What was typed comes back even where its programme was closed meanwhile.
        "may_ask": is_public and (remark_form is not None or offer.shown_state != OfferState.CLOSED),
        "remark_form": _remark_form(remark_form, belongs_to_host=belongs_to_host),
        "return_form": return_form or ReturnForm(),
        "is_returning": return_form is not None,
    }
    return render(request, "exchanges/offer_detail.html", context, status=status)


def _remark_form(typed: RemarkForm | None, *, belongs_to_host: bool) -> RemarkForm:
    """Others than the host only ask."""
    form = typed or RemarkForm()
    if not belongs_to_host:
        form.fields["text"].label = _("Your question")
    return form


def _remarks(request: Request, offer: Offer, *, with_hidden: bool) -> list[dict[str, Any]]:
    """Each with whether it is the host who speaks; for signed-in people alone."""
    if not request.user.is_authenticated:
        return []
    found = Remark.objects.filter(offer=offer).select_related("author")
    rows = list(found if with_hidden else found.filter(is_hidden=False))
    writers = {row.author_id for row in rows}
    hosts = set(
        Membership.objects.filter(organisation=offer.host_id, user__in=writers).values_list("user", flat=True)
    )
    return [{"remark": row, "is_host": row.author_id in hosts} for row in rows]


def lacking(offer: Offer) -> list[dict[str, Any]]:
    """What is missing before it can be submitted, with the way to each field."""
    targets = {"windows": "#windows", "languages": "#id_languages_0"}
    labels = {"windows": _("Possible dates")}
    edit_url = reverse("exchanges:offer-edit", args=[offer.slug])
    return [
        {
            "label": labels.get(name) or OfferForm.base_fields[name].label,
            # The programme of an offer stays: there is no field for it.
            "url": "" if name == "programme" else edit_url + targets.get(name, f"#id_{name}"),
            "message": message,
        }
        for name, message in services.problems_of(offer)
    ]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offer_ask(request: Request, slug: str) -> HttpResponse:
    """The form stands on the page of the offer; here it is sent, and comes back with what was typed."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    offer = find_offer(request, slug)
    is_post = request.method == "POST"
    form = RemarkForm(request.POST if is_post else take_kept(request))
    if not permissions.can_ask(request.user, offer):
        lost = not_saved(form, StepNotAllowedError.default_message) if form.is_bound else None
        return offer_page(request, offer, status=CONFLICT if lost else 200, not_saved=lost)
    if not is_post or not form.is_valid():
        return offer_page(request, offer, remark_form=form)
    try:
        services.add_remark(
            offer_id=offer.pk, text=form.cleaned_data["text"], by=request.user, form_key=form.once_key
        )
    except HubError as error:
        form.add_error(None, str(error.message))
        return offer_page(request, offer, remark_form=form, status=CONFLICT)
    messages.success(request, _("It stands below, and the other side is told."))
    return redirect(f"{offer.get_absolute_url()}#questions")


@require_POST
def remark_hide(request: Request, slug: str, pk: int, *, is_hidden: bool) -> HttpResponse:
    """Take one entry of the thread out of sight, or show it again."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("exchanges:offer-detail", args=[slug]))
    offer = find_offer(request, slug)
    require(
        permissions.can_hide_remarks(request.user, offer),
        _("This is for officers of the programme and for curators who are none of the host."),
    )
    remark = get_object_or_404(Remark, pk=pk, offer=offer)
    try:
        services.hide_remark(remark_id=remark.pk, is_hidden=is_hidden, by=request.user)
    except HubError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(
            request,
            _("Nobody else sees it any more.")
            if is_hidden
            else _("Everybody who is signed in sees it again."),
        )
    return redirect(f"{offer.get_absolute_url()}#questions")
