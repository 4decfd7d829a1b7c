"""What hosts offer, and what is asked about it before anybody applies."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services import lock_actor
from apps.audit.services import record
from apps.core import formats
from apps.core.exceptions import EditConflictError, NotAllowedError, RuleBrokenError, StepNotAllowedError
from apps.core.slugs import save_with_slug
from apps.core.steps import require_reason, require_step
from apps.exchanges import permissions
from apps.exchanges.days import today
from apps.exchanges.enums import (
    OFFER_STEPS,
    PUBLIC_OFFERS,
    RESERVING_STATES,
    OfferState,
    ProgrammeState,
)
from apps.exchanges.exceptions import NotReadyError
from apps.exchanges.indexing import index_offers
from apps.exchanges.models import Application, Offer, OfferWindow, Programme, Remark
from apps.exchanges.places import awaits_guests, fits_programme, has_room, is_over
from apps.exchanges.rules import Problem
from apps.exchanges.services.common import (
    hosts_of,
    lock_offer,
    made_by_form,
    tell_of_offer,
    tell_officers_of_offer,
)
from apps.exchanges.services.waiting import call_after, call_for_waiting
from apps.exchanges.wording import shortest_in_words
from apps.notifications.services import notify
from apps.organisations.models import Organisation
from apps.taxonomy.models import Language

RESERVED_SLUGS = frozenset({"new", "feed", "csv", "programmes", "applications", "learnings"})
REQUIRED = ("learning", "hopes", "agenda")
MOST_REMARKS_A_DAY = 30


@dataclass(frozen=True)
class WindowValues:
    starts_on: date
    ends_on: date


@transaction.atomic
def create_offer(
    *,
    programme: Programme,
    host: Organisation,
    values: Mapping[str, Any],
    languages: Iterable[Language],
    windows: Sequence[WindowValues],
    by: User,
    form_key: uuid.UUID | None = None,
) -> Offer:
    """Begin a draft; nobody but the host's people sees it. A form that is sent twice makes one."""
    by = lock_actor(by)
    if made := made_by_form(Offer.objects.for_list(), by, form_key):
        return made
    if not permissions.can_create_offer(by, host):
        raise NotAllowedError(_("You can only offer in the name of an organisation that you belong to."))
    if programme.state != ProgrammeState.OPEN:
        raise RuleBrokenError(_("This programme takes no offers at present."))
    if host.pk == programme.organisation_id:
        raise RuleBrokenError(_host_is_authority())
    offer = Offer(programme=programme, host=host, author=by, form_key=form_key, **values)
    save_with_slug(offer, offer.title, fallback="offer", reserved=RESERVED_SLUGS)
    _write(offer, languages, windows)
    record(offer, "created", by=by, to_state=offer.state)
    return offer


@transaction.atomic
def update_offer(
    *,
    offer_id: int,
    values: Mapping[str, Any],
    languages: Iterable[Language],
    windows: Sequence[WindowValues],
    by: User,
    seen: datetime | None = None,
) -> Offer:
    """Change the text; the theme only before the first application. Raises EditConflictError."""
    offer = _lock_own(offer_id, by, with_programme=True)
    if offer.state == OfferState.CLOSED:
        raise StepNotAllowedError
    if seen is not None and seen != offer.updated_at:
        raise EditConflictError
    has_applications = offer.applications.filter(submitted_at__isnull=False).exists()
    if has_applications and "theme" in values and values["theme"] != offer.theme:
        raise RuleBrokenError(_("Somebody has applied for this theme: it cannot change any more."))
    places_before = offer.places
    for name, value in values.items():
        setattr(offer, name, value)
    has_more_places = offer.places > places_before
    taken = offer.applications.filter(
        state__in=RESERVING_STATES, ends_on__gte=today(), place__gt=offer.places
    )
    if taken.exists():
        raise RuleBrokenError(_("So many places are taken already."))
    offer.save()
    _write(offer, languages, windows)
    entry = record(offer, "changed", by=by)
    match_places(offer, by=by)
    if has_more_places:
        call_for_waiting(offer.programme, cause=f"more:{entry.pk}", offer=offer)
    index_offers([offer.pk])
    return offer


@transaction.atomic
def submit_offer(*, offer_id: int, by: User) -> Offer:
    """Hand it to the officers of the programme."""
    offer = _lock_own(offer_id, by)
    problems = list(problems_of(offer))
    if problems:
        raise NotReadyError(problems)
    _step(offer, OfferState.SUBMITTED, by=by, submitted_at=timezone.now())
    tell_officers_of_offer("offer_submitted", offer)
    return offer


@transaction.atomic
def take_back_offer(*, offer_id: int, by: User) -> Offer:
    """Make it a draft again, as long as no officer has opened it."""
    offer = _lock_own(offer_id, by)
    if offer.state != OfferState.SUBMITTED:
        raise StepNotAllowedError
    return _step(offer, OfferState.DRAFT, by=by, submitted_at=None)


@transaction.atomic
def open_offer(*, offer_id: int, by: User) -> Offer:
    """An officer puts it into the catalogue."""
    offer = _lock_to_decide(offer_id, by, with_programme=True)
    if offer.state != OfferState.SUBMITTED:
        raise StepNotAllowedError
    # Days have gone by since it was submitted, and the programme may have changed.
    if problems := problems_of(offer):
        raise RuleBrokenError(" ".join(text for _name, text in problems))
    _step(offer, OfferState.OPEN, by=by, opened_at=timezone.now())
    tell_of_offer("offer_opened", offer, hosts_of(offer))
    return offer


@transaction.atomic
def return_offer(*, offer_id: int, by: User, reason: str) -> Offer:
    """An officer asks for changes before it can be opened."""
    offer = _lock_to_decide(offer_id, by)
    if offer.state != OfferState.SUBMITTED:
        raise StepNotAllowedError
    require_reason(reason)
    _step(offer, OfferState.DRAFT, by=by, reason=reason)
    tell_of_offer("offer_returned", offer, hosts_of(offer))
    return offer


@transaction.atomic
def pause_offer(*, offer_id: int, by: User) -> Offer:
    """Take no new applications for a while."""
    return _step(_lock_own(offer_id, by), OfferState.PAUSED, by=by)


@transaction.atomic
def resume_offer(*, offer_id: int, by: User) -> Offer:
    offer = _lock_own(offer_id, by, with_programme=True)
    if offer.state != OfferState.PAUSED:
        raise StepNotAllowedError
    _step(offer, OfferState.OPEN, by=by)
    match_places(offer, by=by)
    return offer


@transaction.atomic
def close_offer(*, offer_id: int, by: User) -> Offer:
    """Take no new applications any more; those that run go on."""
    return _step(_lock_own(offer_id, by), OfferState.CLOSED, by=by)


@transaction.atomic
def add_remark(*, offer_id: int, text: str, by: User, form_key: uuid.UUID | None = None) -> Remark:
    """Ask the host, or answer: the first encounter. The other side is told; signed-in people can read it.

    A form that is sent twice asks once; sent to another offer, it asks there.
    """
    by = lock_actor(by)
    form_key = form_key and uuid.uuid5(form_key, str(offer_id))
    if made := made_by_form(Remark.objects.filter(offer=offer_id), by, form_key):
        return made
    offer = lock_offer(offer_id)
    if not permissions.can_ask(by, offer):
        raise StepNotAllowedError
    since = timezone.now() - timedelta(days=1)
    if Remark.objects.filter(author=by, created_at__gte=since).count() >= MOST_REMARKS_A_DAY:
        raise RuleBrokenError(_("You have written a lot today. Please go on tomorrow."))
    remark = Remark.objects.create(offer=offer, author=by, text=text.strip(), form_key=form_key)
    asked = {row.author for row in offer.remarks.select_related("author").exclude(author=by)}
    to = asked if permissions.is_host(by, offer) else set(hosts_of(offer))
    notify(
        "offer_remark",
        to=[person for person in to if person.pk != by.pk],
        key=f"offer-remark:{remark.pk}",
        about=offer,
        url=reverse("exchanges:offer-detail", args=[offer.slug]),
        context={"offer": offer.title, "person": by.name},
    )
    return remark


@transaction.atomic
def hide_remark(*, remark_id: int, by: User, is_hidden: bool = True) -> Remark:
    """Take an abusive question or answer out of sight, or show it again; the history keeps who did so."""
    by = lock_actor(by)
    offer = lock_offer(Remark.objects.values_list("offer", flat=True).get(pk=remark_id))
    remark = Remark.objects.select_for_update(no_key=True).get(pk=remark_id)
    if not permissions.can_hide_remarks(by, offer):
        raise NotAllowedError
    if remark.is_hidden == is_hidden:
        raise StepNotAllowedError
    remark.is_hidden = is_hidden
    remark.save(update_fields=["is_hidden", "updated_at"])
    action = "question hidden" if is_hidden else "question shown again"
    record(offer, action, by=by, data={"remark": remark.pk, "author": remark.author_id})
    return remark


def problems_of(offer: Offer) -> list[Problem]:
    """What is missing before it can be submitted, and what the programme does not take."""
    found = [(name, str(_("Please fill this in."))) for name in REQUIRED if not getattr(offer, name).strip()]
    if not offer.languages.exists():
        found.append(("languages", _("Please say which languages are spoken.")))
    if problem := _problem_of_windows(offer):
        found.append(("windows", problem))
    if not offer.programme.countries.filter(pk=offer.host.country_id).exists():
        text = _("%(country)s does not take part in this programme.") % {"country": offer.host.country.name}
        found.append(("programme", text))
    if offer.host_id == offer.programme.organisation_id:
        found.append(("programme", _host_is_authority()))
    if offer.programme.state != ProgrammeState.OPEN:
        found.append(("programme", _("This programme takes no offers at present.")))
    return found


def _host_is_authority() -> str:
    return _("The authority of a programme is no host in it: none of its officers could open the offer.")


def _problem_of_windows(offer: Offer) -> str:
    windows, programme = list(offer.windows.all()), offer.programme
    if not windows:
        return _("Please give at least one period in which you can receive guests.")
    first = max(programme.stays_from, today())
    if all(window.ends_on < first or window.starts_on > programme.stays_until for window in windows):
        return _("No period lies in the time in which this programme has stays: %(days)s.") % {
            "days": formats.days(programme.stays_from, programme.stays_until)
        }
    if not fits_programme(offer):
        text = _(
            "No period has room for the shortest stay of this programme, %(length)s, in the time that is left of its "
            "stays: %(days)s."
        )
        return text % {
            "length": shortest_in_words(programme),
            "days": formats.days(first, programme.stays_until),
        }
    return ""


@transaction.atomic
def close_over(*, offer_id: int) -> Offer:
    """Nobody can come any more: all periods are over. Beat does it, and the host may offer new ones."""
    offer = lock_offer(offer_id)
    if offer.state not in PUBLIC_OFFERS or not is_over(offer) or awaits_guests(offer):
        raise StepNotAllowedError
    _step(offer, OfferState.CLOSED, by=None)
    tell_of_offer("offer_over", offer, hosts_of(offer))
    return offer


@transaction.atomic
def match_to_today(*, offer_id: int) -> bool:
    """Days that went by take room as guests do. Beat does it; whether anything changed."""
    offer = lock_offer(offer_id, with_programme=True)
    before = offer.state
    match_places(offer, by=None)
    return offer.state != before


def free_place_of(application: Application, *, by: User | None) -> None:
    """After a case that had a place gave it up: the offer may open again, and others may have waited for it.

    To be called with the programme and the offer locked.
    """
    match_places(application.offer, by=by)
    call_after(application, offer=application.offer)


def match_offers(programme: Programme, *, by: User | None) -> None:
    """After the length of its stays has changed. To be called with the programme locked, and to be followed by
    ``index_offers`` of all of them: the search locks what it writes, several in one order.
    """
    found = programme.offers.filter(state__in=[OfferState.OPEN, OfferState.FULL]).order_by("pk")
    for pk in found.values_list("pk", flat=True):
        match_places(lock_offer(pk), by=by, is_indexed=False)


def match_places(offer: Offer, *, by: User | None, is_indexed: bool = True) -> None:
    """Full while no stay of the shortest length fits anywhere any more, open again when one does.

    To be called with the offer locked.
    """
    is_full = not has_room(offer)
    if offer.state == OfferState.OPEN and is_full:
        _step(offer, OfferState.FULL, by=by, is_indexed=is_indexed)
    elif offer.state == OfferState.FULL and not is_full:
        _step(offer, OfferState.OPEN, by=by, is_indexed=is_indexed)


def _write(offer: Offer, languages: Iterable[Language], windows: Sequence[WindowValues]) -> None:
    offer.languages.set(languages)
    offer.windows.all().delete()
    OfferWindow.objects.bulk_create(
        OfferWindow(offer=offer, starts_on=window.starts_on, ends_on=window.ends_on) for window in windows
    )


def _lock_own(offer_id: int, by: User, *, with_programme: bool = False) -> Offer:
    by = lock_actor(by)
    offer = lock_offer(offer_id, with_programme=with_programme)
    if not permissions.is_host(by, offer):
        raise NotAllowedError
    return offer


def _lock_to_decide(offer_id: int, by: User, *, with_programme: bool = False) -> Offer:
    by = lock_actor(by)
    offer = lock_offer(offer_id, with_programme=with_programme)
    if not permissions.can_decide_offer(by, offer):
        raise NotAllowedError
    return offer


def _step(
    offer: Offer, to: OfferState, *, by: User | None, reason: str = "", is_indexed: bool = True, **values: Any
) -> Offer:
    require_step(offer.state, to, OFFER_STEPS)
    before, offer.state, offer.reason = offer.state, to, reason.strip()
    for name, value in values.items():
        setattr(offer, name, value)
    offer.save()
    record(offer, to.value, by=by, from_state=before, to_state=to, reason=offer.reason)
    if is_indexed:
        index_offers([offer.pk])
    return offer
