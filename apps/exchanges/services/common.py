"""What all steps share."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services import lock_actor
from apps.audit.services import record
from apps.core.events import publish
from apps.core.exceptions import NotAllowedError
from apps.core.steps import require_reason, require_step
from apps.exchanges import permissions
from apps.exchanges.days import today
from apps.exchanges.deadlines import due_of
from apps.exchanges.enums import (
    APPLICATION_STEPS,
    ENDED_STATES,
    PLACELESS_STATES,
    REASONED_STATES,
    ApplicationState,
    OfferState,
    Side,
    Signer,
)
from apps.exchanges.events import ApplicationStateChanged
from apps.exchanges.exceptions import SidesMeetError, TooLateError
from apps.exchanges.models import Application, FollowUp, Offer, Programme
from apps.notifications.services import notify
from apps.organisations.enums import Role
from apps.organisations.permissions import is_member
from apps.organisations.queries import people_since
from apps.reviews.models import Review
from apps.reviews.services import close_panel

M = TypeVar("M", bound=models.Model)


def lock_programme(pk: int) -> Programme:
    return Programme.objects.select_for_update(no_key=True, of=("self",)).for_list().get(pk=pk)


def lock_offer(pk: int, *, with_programme: bool = False) -> Offer:
    """Where places or money become free for others, with its programme before it: ``waiting``."""
    if with_programme:
        lock_programme(Offer.objects.values_list("programme", flat=True).get(pk=pk))
    return Offer.objects.select_for_update(no_key=True, of=("self",)).for_list().get(pk=pk)


def lock_application(pk: uuid.UUID, *, with_programme: bool = False) -> Application:
    """With its offer locked first: places are given there. Where money is promised or set free, with its programme
    before that.
    """
    offer_pk = Application.objects.values_list("offer", flat=True).get(pk=pk)
    offer = lock_offer(offer_pk, with_programme=with_programme)
    application = Application.objects.select_for_update(no_key=True, of=("self",)).for_list().get(pk=pk)
    application.offer = offer
    return application


def lock_as_officer(application_id: uuid.UUID, by: User, *, with_programme: bool = False) -> Application:
    by = lock_actor(by)
    application = lock_application(application_id, with_programme=with_programme)
    if not permissions.is_officer_of(by, application):
        raise NotAllowedError
    return application


def made_by_form(rows: models.QuerySet[M], by: User, form_key: uuid.UUID | None) -> M | None:
    """What the first of two presses made. ``by`` is locked, so that the second waits until the first is done."""
    return rows.filter(author=by, form_key=form_key).first() if form_key else None


def step(
    application: Application,
    to: ApplicationState,
    *,
    by: User | None,
    reason: str = "",
    action: str = "",
    data: dict[str, Any] | None = None,
    **values: Any,
) -> Application:
    """Go there if the table allows it, write it down (``action`` and ``data``), and tell the floors above."""
    require_step(application.state, to, APPLICATION_STEPS)
    if to in REASONED_STATES:
        require_reason(reason)
    before, application.state, application.reason = application.state, to, reason.strip()
    for name, value in values.items():
        setattr(application, name, value)
    if to in PLACELESS_STATES:
        application.place = None
    application.save()
    record(
        application,
        action or to.value,
        by=by,
        from_state=before,
        to_state=to,
        reason=application.reason,
        data=data,
    )
    publish(ApplicationStateChanged(application_id=application.pk, from_state=before, to_state=to.value))
    return application


def require_before_first_day(application: Application) -> None:
    """Whatever leads to a signature ends with the day before the stay."""
    if application.starts_on is not None and application.starts_on <= today():
        raise TooLateError


def why_sides_meet(application: Application) -> str:
    """What keeps everybody from being bound at this moment; empty while the sides are apart."""
    if not is_member(application.traveller, application.guest):
        return _(
            "%(person)s is to travel and does not belong to %(guest)s. Please have them join it again, or give "
            "the exchange up."
        ) % {"person": str(application.traveller), "guest": application.guest.name}
    return "" if permissions.sides_are_apart(application) else str(SidesMeetError.default_message)


def require_sides_apart(application: Application) -> None:
    """Asked anew before each step that binds somebody: people come and go while a case runs. Raises SidesMeetError."""
    if why := why_sides_meet(application):
        raise SidesMeetError(why)


def end_reviews(application: Application, by: User | None, reason: str) -> None:
    """No review is taken any more; whose was still open is told why."""
    if application.panel_id:
        close_panel(panel_id=application.panel_id, by=by, reason=reason)


def in_language_of(programme: Programme) -> translation.override:
    """What the hub itself writes into a case is read by all its sides: not in the language of who happened to press."""
    return translation.override(programme.language)


def remind_anew(*, organisation_id: int) -> None:
    """Somebody came who may have to act: the next run tells them of the rounds that went by, and nobody else again, as
    the keys of messages stay the same.
    """
    of_side = models.Q(guest=organisation_id) | models.Q(offer__host=organisation_id)
    of_case = of_side | models.Q(offer__programme__organisation=organisation_id)
    cases = Application.objects.exclude(state__in=ENDED_STATES).filter(of_case)
    asked = FollowUp.objects.filter(
        answered_at__isnull=True, application__in=Application.objects.filter(of_side)
    )
    unopened = Offer.objects.filter(programme__organisation=organisation_id, state=OfferState.SUBMITTED)
    cases.exclude(reminded="").update(reminded="")
    asked.exclude(reminded="").update(reminded="")
    unopened.exclude(reminded="").update(reminded="")


# --- Who is told ----------------------------------------------------------------------------------
def guests_of(application: Application) -> models.QuerySet[User]:
    """The author, who travels, and the managers of the guest, as far as they still belong there."""
    acting = models.Q(memberships__role=Role.MANAGER) | models.Q(
        pk__in=[application.author_id, application.traveller_id]
    )
    return User.objects.filter(
        acting, is_active=True, memberships__organisation=application.guest_id
    ).distinct()


def hosts_of(offer: Offer) -> models.QuerySet[User]:
    acting = models.Q(memberships__role=Role.MANAGER) | models.Q(pk=offer.author_id)
    return User.objects.filter(acting, is_active=True, memberships__organisation=offer.host_id).distinct()


def officers_of(programme: Programme) -> models.QuerySet[User]:
    return User.objects.filter(
        is_active=True, officer_of__programme=programme, memberships__organisation=programme.organisation_id
    ).distinct()


def officers_of_offer(offer: Offer) -> models.QuerySet[User]:
    """Those of the officers who may open it, as ``permissions.can_decide_offer`` has it."""
    involved = people_since([offer.host_id], offer.created_at) | {offer.author_id}
    return officers_of(offer.programme).exclude(pk__in=involved)


def officers_of_case(application: Application) -> models.QuerySet[User]:
    """Those of the officers who may know of this case, as ``permissions.is_officer_of`` has it."""
    found = officers_of(application.offer.programme).exclude(pk__in=permissions.involved_in(application))
    if application.panel_id:
        found = found.exclude(pk__in=Review.objects.filter(panel=application.panel_id).values("reviewer"))
    return found


def days_told(application: Application) -> dict[str, str]:
    """For a message, whose template writes them out in the language of each reader."""
    first, last = application.starts_on, application.ends_on
    return {
        "first_day": first.isoformat() if first else "",
        "last_day": last.isoformat() if last else "",
    }


def tell_sides(kind: str, application: Application, *, key: str = "", **context: str | int) -> None:
    """Guest and host, each with the ``side`` for which they are told."""
    for side, people in sides_to_tell(application).items():
        tell(kind, application, people, key=key, side=side, **context)


def tell_officers(kind: str, application: Application, *, key: str = "", **context: str | int) -> int:
    """Those who may know of the case. Where none is left, the managers of the authority learn that it waits for
    nobody, and nothing else of it.
    """
    officers = list(officers_of_case(application))
    if not officers and application.state not in ENDED_STATES:
        return _call_for_officer(application.offer.programme, key=f"{application.pk}:{application.state}")
    return tell(kind, application, officers, key=key, **context)


def tell_officers_of_offer(kind: str, offer: Offer, *, key: str = "", **context: str) -> int:
    """As of a case: those who may open it, or else the managers of the authority."""
    officers = list(officers_of_offer(offer))
    if not officers:
        return _call_for_officer(offer.programme, key=_key_of(offer, key), waits="offer")
    return tell_of_offer(kind, offer, officers, key=key, **context)


def _call_for_officer(programme: Programme, *, key: str, **context: str) -> int:
    return notify(
        "officer_missing",
        to=programme.organisation.managers(),
        key=f"officer_missing:{key}",
        about=programme,
        url=reverse("exchanges:programme-officers", args=[programme.slug]),
        context={"programme": programme.name, **context},
    )


def _key_of(offer: Offer, key: str) -> str:
    """Handed in again, it is told of again."""
    return f"{offer.pk}:{offer.submitted_at:%Y%m%d%H%M%S}{key and f':{key}'}"


def tell_of_offer(
    kind: str,
    offer: Offer,
    to: Iterable[User] | models.QuerySet[User],
    *,
    key: str = "",
    **context: str,
) -> int:
    return notify(
        kind,
        to=to,
        key=f"{kind}:{_key_of(offer, key)}",
        about=offer,
        url=reverse("exchanges:offer-detail", args=[offer.slug]),
        context={
            "offer": offer.title,
            "host": offer.host.name,
            "programme": offer.programme.name,
            "reason": offer.reason,
            **context,
        },
    )


def people_of(application: Application) -> dict[Signer, models.QuerySet[User]]:
    return {
        Signer.GUEST: guests_of(application),
        Signer.HOST: hosts_of(application.offer),
        Signer.OFFICER: officers_of_case(application),
    }


def sides_to_tell(application: Application) -> dict[Side, models.QuerySet[User]]:
    return {Side.GUEST: guests_of(application), Side.HOST: hosts_of(application.offer)}


def tell(
    kind: str,
    application: Application,
    to: Iterable[User] | models.QuerySet[User],
    *,
    key: str = "",
    **context: str | int,
) -> int:
    """About a case: the texts name the offer, the two sides, and until when something is to be done; who get it may
    know all of that. A ``reason`` is named by whoever says it to these people: the last one may be meant for others.
    """
    due = due_of(application)
    return notify(
        kind,
        to=to,
        key=f"{kind}:{application.pk}:{key or application.state}",
        about=application,
        url=reverse("exchanges:application-detail", args=[application.pk]),
        context={
            "offer": application.offer.title,
            "guest": application.guest.name,
            "host": application.offer.host.name,
            "programme": application.offer.programme.name,
            "state": application.state,
            "due": due.isoformat() if due else "",
            "late": int(due is not None and due <= timezone.now()),
            **context,
        },
    )
