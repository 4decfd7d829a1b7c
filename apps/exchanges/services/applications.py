"""The way of an application to its decision."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services import lock_actor
from apps.audit.services import record
from apps.core import formats
from apps.core.exceptions import (
    EditConflictError,
    HubError,
    NotAllowedError,
    ReasonMissingError,
    RuleBrokenError,
    StepNotAllowedError,
)
from apps.exchanges import permissions
from apps.exchanges.budget import is_covered, left_of
from apps.exchanges.deadlines import answer_ends_at, last_moment_to_sign
from apps.exchanges.enums import (
    AUDIENCE_OF_KIND,
    BEFORE_SIGNATURE,
    RESERVING_STATES,
    RUNNING_STATES,
    ApplicationState,
    Track,
)
from apps.exchanges.exceptions import (
    BudgetError,
    NotReadyError,
    TakenError,
)
from apps.exchanges.models import Application, Offer, Programme
from apps.exchanges.places import free_place
from apps.exchanges.rules import (
    Problem,
    amount_of,
    guest_is_authority,
    of_countries,
    offered_by,
    problems_of,
    rules_of,
    why_closed,
)
from apps.exchanges.services.common import (
    days_told,
    end_reviews,
    guests_of,
    hosts_of,
    in_language_of,
    lock_application,
    lock_as_officer,
    lock_offer,
    require_before_first_day,
    require_sides_apart,
    step,
    tell,
    tell_officers,
    tell_sides,
    why_sides_meet,
)
from apps.exchanges.services.offers import free_place_of, match_places
from apps.exchanges.wording import why_for_others
from apps.organisations.models import Organisation
from apps.organisations.permissions import is_member
from apps.reviews import services as reviews
from apps.reviews.outcome import Outcome, outcome_of

REVIEW_KIND = "exchange"
# Of the promised days, so many are the reviewers'.
REVIEW_SHARE = 2 / 3
DECISIONS = (ApplicationState.APPROVED, ApplicationState.REJECTED, ApplicationState.WAITING_LIST)


# --- The guest ------------------------------------------------------------------------------------
@transaction.atomic
def create_application(*, offer_id: int, guest: Organisation, by: User) -> Application:
    """Begin a draft; one of the same guest for the same offer that they may write is given back instead of a second."""
    by = lock_actor(by)
    offer = lock_offer(offer_id)
    if not permissions.can_apply(by, guest, offer):
        raise NotAllowedError(
            _("You can apply for an organisation that you belong to, to a host that you do not belong to.")
        )
    if guest.pk == offer.programme.organisation_id:
        raise RuleBrokenError(guest_is_authority())
    _require_open(offer)
    drafts = Application.objects.of_guest(by).filter(offer=offer, guest=guest, state=ApplicationState.DRAFT)
    if existing := drafts.for_list().first():
        return existing
    application = Application.objects.create(
        offer=offer,
        guest=guest,
        author=by,
        traveller=by,
        travels_as=_audience_of(guest, offer.programme),
        language=by.language or "en",
    )
    record(application, "created", by=by, to_state=application.state)
    return application


def _audience_of(guest: Organisation, programme: Programme) -> str:
    """As what its people travel. Raises RuleBrokenError where the programme takes none of them."""
    if why := why_for_others(programme, [guest]):
        raise RuleBrokenError(why)
    return AUDIENCE_OF_KIND[guest.kind].value


@transaction.atomic
def update_application(
    *, application_id: uuid.UUID, values: Mapping[str, Any], by: User, seen: datetime | None = None
) -> Application:
    """Change a draft. ``traveller`` may be anybody of the guest. Raises EditConflictError."""
    application = _lock_own(application_id, by)
    if application.state != ApplicationState.DRAFT:
        raise StepNotAllowedError
    if seen is not None and seen != application.updated_at:
        raise EditConflictError
    for name, value in values.items():
        setattr(application, name, value)
    if not is_member(application.traveller, application.guest):
        raise RuleBrokenError(_("Who travels belongs to the guest organisation."))
    application.save()
    return application


@transaction.atomic
def submit_application(*, application_id: uuid.UUID, by: User) -> Application:
    """Send it to the host. Raises NotReadyError with all that is missing or against the rules of the programme."""
    application = _lock_own(application_id, by, with_programme=True)
    if application.state != ApplicationState.DRAFT:
        raise StepNotAllowedError
    _require_open(application.offer)
    rules = rules_of(application.offer.programme)
    problems = [*problems_of(application, rules), *_of_sides(application), *_of_others(application)]
    if problems:
        raise NotReadyError(problems)
    now = timezone.now()
    step(
        application,
        ApplicationState.SUBMITTED,
        by=by,
        rules=rules | {"offer": offered_by(application.offer)},
        amount=amount_of(application, rules),
        submitted_at=now,
        answer_due_at=now + timedelta(days=application.offer.programme.host_days),
    )
    tell("application_submitted", application, hosts_of(application.offer))
    return application


@transaction.atomic
def withdraw_application(*, application_id: uuid.UUID, by: User, reason: str) -> Application:
    """The guest gives up, before the agreement is signed; a draft nobody has seen goes without a reason."""
    application = _lock_own(application_id, by, with_programme=True)
    if permissions.is_host_of(by, application):
        raise NotAllowedError(_("You stand on both sides of this case, so you act for neither."))
    if application.state == ApplicationState.DRAFT:
        with in_language_of(application.offer.programme):
            never = _("Never submitted.")
        return step(application, ApplicationState.WITHDRAWN, by=by, reason=reason.strip() or never)
    if application.state not in BEFORE_SIGNATURE:
        raise StepNotAllowedError
    was_reserving = application.state in RESERVING_STATES
    step(application, ApplicationState.WITHDRAWN, by=by, reason=reason)
    with in_language_of(application.offer.programme):
        why = _("The application was withdrawn.")
    end_reviews(application, by, why)
    if was_reserving:
        free_place_of(application, by=by)
    tell("application_withdrawn", application, hosts_of(application.offer), reason=application.reason)
    tell_officers("application_withdrawn", application, reason=application.reason)
    return application


# --- The host -------------------------------------------------------------------------------------
@transaction.atomic
def accept_application(*, application_id: uuid.UUID, by: User) -> Application:
    """The host wants this guest; the promised days of the officers begin."""
    application = _lock_as_host(application_id, by)
    _require_in_time(application)
    if application.state == ApplicationState.SUBMITTED:
        require_before_first_day(application)
        require_sides_apart(application)
    now = timezone.now()
    step(
        application,
        ApplicationState.ACCEPTED,
        by=by,
        accepted_at=now,
        decision_due_at=now + timedelta(days=(application.rules or {})["promised_days"]),
    )
    tell("application_accepted", application, guests_of(application))
    tell_officers("application_to_decide", application, track=(application.rules or {})["track"])
    return application


@transaction.atomic
def decline_application(*, application_id: uuid.UUID, by: User, reason: str) -> Application:
    application = _lock_as_host(application_id, by)
    _require_in_time(application)
    step(application, ApplicationState.DECLINED, by=by, reason=reason)
    tell("application_declined", application, guests_of(application), reason=application.reason)
    return application


# --- Officers -------------------------------------------------------------------------------------
@transaction.atomic
def start_review(*, application_id: uuid.UUID, by: User) -> Application:
    """Open the panel of the full track. Reviewers are invited to it afterwards."""
    application = lock_as_officer(application_id, by)
    programme = application.offer.programme
    if (application.rules or {})["track"] != Track.FULL or programme.criteria is None:
        raise RuleBrokenError(_("This programme decides without reviews."))
    # Checked before the panel is made.
    if application.state != ApplicationState.ACCEPTED:
        raise StepNotAllowedError
    panel = reviews.open_panel(
        kind=REVIEW_KIND,
        criteria=programme.criteria,
        brief=_brief(application),
        due_at=_reviews_due_at(application),
        by=by,
    )
    return step(application, ApplicationState.UNDER_REVIEW, by=by, panel=panel)


@transaction.atomic
def decide(*, application_id: uuid.UUID, by: User, to: ApplicationState, reason: str = "") -> Application:
    """Approve, reject, or put on the waiting list. The letter goes out in the language of each reader.

    Approval takes one of the host's places for these days: raises TakenError where none is free or the person travels
    elsewhere then, BudgetError where the programme cannot pay for it. On the full track all reviews are in, or they
    were due and at least one is; on the light one the host has accepted. An approval that the reviews do not recommend,
    or that rests on fewer than are wanted, needs a reason, as any rejection.
    """
    if to not in DECISIONS:
        raise StepNotAllowedError
    application = _lock_to_decide(application_id, by)
    outcome = outcome_of(application.panel) if application.panel else None
    _require_ready_for_decision(application, outcome)
    _require_reason_against_reviews(outcome, to, reason)
    now = timezone.now()
    values: dict[str, Any] = {
        "decided_at": now, "first_decided_at": application.first_decided_at or now, "decided_by": by
    }  # fmt: skip
    if to == ApplicationState.APPROVED:
        require_before_first_day(application)
        require_sides_apart(application)
        _require_within_rules(application)
        _require_budget(application)
        values["place"] = _take_place(application)
    try:
        with transaction.atomic():
            step(application, to, by=by, reason=reason, data=_reviews_in(outcome), **values)
    except IntegrityError as error:
        if "application_one_" in str(error):
            raise TakenError from error
        raise
    # Also on the waiting list: what is decided there rests on the reviews that are in.
    is_waiting = to == ApplicationState.WAITING_LIST
    with in_language_of(application.offer.programme):
        why = (
            _("The case is on the waiting list: no more reviews are needed.")
            if is_waiting
            else _("The case has been decided.")
        )
    end_reviews(application, by, why)
    if to == ApplicationState.APPROVED:
        match_places(application.offer, by=by)
    tell_sides("application_decided", application, **_letter(application, outcome))
    return application


def _reviews_in(outcome: Outcome | None) -> dict[str, int]:
    """On how many of the reviews that are wanted a decision rests."""
    return {"reviews": outcome.progress.done, "wanted": outcome.progress.wanted} if outcome else {}


def _letter(application: Application, outcome: Outcome | None) -> dict[str, Any]:
    """What the decision is about; the template writes it out in the language of each reader."""
    return {
        **_reviews_in(outcome),
        **days_told(application),
        "amount": str(application.amount or ""),
        "currency": (application.rules or {})["currency"],
        "reason": application.reason,
    }


@dataclass(frozen=True)
class Refusal:
    application_id: uuid.UUID
    message: str


def decide_many(
    *, application_ids: Iterable[uuid.UUID], by: User, to: ApplicationState, reason: str = ""
) -> tuple[int, list[Refusal]]:
    """One decision for several, each for itself: how many went, and why the others did not."""
    done, refused = 0, []
    for pk in application_ids:
        try:
            decide(application_id=pk, by=by, to=to, reason=reason)
            done += 1
        except HubError as error:
            refused.append(Refusal(pk, str(error.message)))
    return done, refused


# --- What they share ------------------------------------------------------------------------------
def _require_open(offer: Offer) -> None:
    if why := why_closed(offer, timezone.now()):
        raise RuleBrokenError(why)


def _of_sides(application: Application) -> list[Problem]:
    return [("traveller", why)] if (why := why_sides_meet(application)) else []


def _of_others(application: Application) -> Iterator[Problem]:
    """The offer is locked: nobody submits another one meanwhile."""
    if application.starts_on is None or application.ends_on is None:
        return
    same = Application.objects.filter(
        offer=application.offer, traveller=application.traveller_id, state__in=RUNNING_STATES,
        starts_on__lte=application.ends_on, ends_on__gte=application.starts_on,
    )  # fmt: skip
    if same.exclude(pk=application.pk).exists():
        yield "starts_on", _("An application of this person to this host for these days runs already.")


def _lock_own(application_id: uuid.UUID, by: User, *, with_programme: bool = False) -> Application:
    by = lock_actor(by)
    application = lock_application(application_id, with_programme=with_programme)
    if not permissions.is_guest(by, application):
        raise NotAllowedError
    return application


def _lock_as_host(application_id: uuid.UUID, by: User) -> Application:
    by = lock_actor(by)
    application = lock_application(application_id)
    if not permissions.is_host_of(by, application) or permissions.is_guest(by, application):
        raise NotAllowedError
    return application


def _lock_to_decide(application_id: uuid.UUID, by: User) -> Application:
    """With who travels and with the programme: two approvals take a person's days, or the rest of a budget, in turn."""
    traveller = Application.objects.values_list("traveller", flat=True).get(pk=application_id)
    by = lock_actor(by, traveller)
    application = lock_application(application_id, with_programme=True)
    if not permissions.is_officer_of(by, application):
        raise NotAllowedError
    return application


def _require_in_time(application: Application) -> None:
    """The answer of a host counts until its deadline and grace are over, whether beat ran since or not."""
    ends_at = answer_ends_at(application)
    if application.state == ApplicationState.SUBMITTED and ends_at and timezone.now() > ends_at:
        raise RuleBrokenError(
            _("The time to answer is over, so this application expires. The guest can apply again.")
        )


def _require_ready_for_decision(application: Application, outcome: Outcome | None) -> None:
    is_full_track = (application.rules or {})["track"] == Track.FULL
    if is_full_track and application.state == ApplicationState.ACCEPTED:
        raise RuleBrokenError(_("This programme decides after the reviews: please start them first."))
    if outcome and not outcome.progress.may_be_decided:
        raise RuleBrokenError(_("Reviews are still missing."))


def _require_within_rules(application: Application) -> None:
    """Of the rules of its day, what can have changed since: where the two organisations are."""
    if problem := next(of_countries(application, application.rules or {}), None):
        raise RuleBrokenError(problem[1])


def _require_budget(application: Application) -> None:
    left, amount = left_of(application.offer.programme), application.amount
    if is_covered(amount, left):
        return
    currency = application.offer.programme.currency
    raise BudgetError(
        _(
            "The budget does not cover this stay: it costs %(amount)s, and %(left)s are left."
            " You can put it on the waiting list."
        )
        % {"amount": formats.money(amount or 0, currency), "left": formats.money(max(left or 0, 0), currency)}
    )


def _require_reason_against_reviews(outcome: Outcome | None, to: ApplicationState, reason: str) -> None:
    """A rejection has a reason anyway."""
    if to != ApplicationState.APPROVED or outcome is None or outcome.passes or reason.strip():
        return
    if not outcome.progress.is_complete:
        raise ReasonMissingError(
            _("Fewer reviews are in than are wanted: please say why it is approved nevertheless.")
        )
    raise ReasonMissingError(
        _("The reviews do not recommend it: please say why it is approved nevertheless.")
    )


def _take_place(application: Application) -> int:
    place = free_place(application)
    if place is None:
        raise TakenError
    return place


def _reviews_due_at(application: Application) -> datetime:
    """The reviewers' share of the time in which it is to be decided: of the promised days, or of what is left of them,
    and before the last moment to sign.
    """
    now = timezone.now()
    promised = timedelta(days=(application.rules or {})["promised_days"])
    ends = (application.decision_due_at, last_moment_to_sign(application))
    left = min((end - now for end in ends if end and end > now), default=promised)
    return now + REVIEW_SHARE * min(left, promised)


def _brief(application: Application) -> str:
    """Which organisations are involved, and nothing of what they write. Who travels is asked anew each time it is
    shown (``reviewed_kinds``): people may leave the hub, and their names with them.
    """
    offer = application.offer
    with in_language_of(offer.programme):
        lines = [
            _("Programme: %(name)s") % {"name": offer.programme.name},
            _("Host: %(name)s, %(country)s") % {"name": offer.host.name, "country": offer.host.country.name},
            _("Guest: %(name)s, %(country)s")
            % {"name": application.guest.name, "country": application.guest.country.name},
        ]
    return "\n".join(lines)
