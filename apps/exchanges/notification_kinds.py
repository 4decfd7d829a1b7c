"""What exchanges tell people. What asks for something is not mailed any more once it is done (``still_open``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from django.utils.translation import gettext_lazy as _

from apps.core.due import REMINDER_COMES_FOR
from apps.exchanges.enums import AFTER_REPORTS, UNDECIDED_STATES, ApplicationState, OfferState
from apps.exchanges.models import Application, FollowUp, Offer, Report, Signature
from apps.exchanges.reminding import WAITED
from apps.notifications.kinds import Kind, register_kind
from apps.notifications.models import Notification

A = ApplicationState
StillOpen = Callable[[Sequence[Notification]], set[int]]
_Kind = partial(Kind, group=_("Exchanges"))
# One that beat repeats for as long as the case waits.
_Reminder = partial(_Kind, key_comes_for=REMINDER_COMES_FOR)
_MONTH = timedelta(days=32)


# --- Whether it is still to be done -----------------------------------------------------------------
def _while_in(*states: str) -> StillOpen:
    """As long as the case is in one of these states."""

    def still_open(rows: Sequence[Notification]) -> set[int]:
        cases = Application.objects.filter(pk__in={row.about_id for row in rows}, state__in=states)
        found = {str(pk) for pk in cases.values_list("pk", flat=True)}
        return {row.pk for row in rows if row.about_id in found}

    return still_open


def _while_decided_alike(rows: Sequence[Notification]) -> set[int]:
    """A reminder of the promise is over with the decision, also where that is the waiting list."""
    cases = Application.objects.filter(pk__in={row.about_id for row in rows})
    states = {str(pk): state for pk, state in cases.values_list("pk", "state")}
    return {
        row.pk
        for row in rows
        if (state := states.get(row.about_id)) in UNDECIDED_STATES
        or state == A.WAITING_LIST == row.context.get("state")
    }


def _until_signed(rows: Sequence[Notification]) -> set[int]:
    """Of the side for which it asks; before the agreement is made, as long as it is not."""
    cases = Application.objects.filter(
        pk__in={row.about_id for row in rows}, state__in=[A.APPROVED, A.AGREEMENT_PENDING]
    )
    states = {str(pk): state for pk, state in cases.values_list("pk", "state")}
    done = Signature.objects.filter(agreement__application__in=cases)
    signed = {(str(pk), signer) for pk, signer in done.values_list("agreement__application", "signer")}
    return {
        row.pk
        for row in rows
        if states.get(row.about_id) in {row.context.get("state"), A.AGREEMENT_PENDING}
        and (row.about_id, row.context.get("side")) not in signed
    }


def _until_reported(rows: Sequence[Notification]) -> set[int]:
    cases = Application.objects.filter(pk__in={row.about_id for row in rows})
    done = Report.objects.filter(application__in=cases, submitted_at__isnull=False)
    reported = {(str(pk), side) for pk, side in done.values_list("application", "side")}
    open_rows = _while_in(A.COMPLETED)(rows)
    return {
        row.pk
        for row in rows
        if row.pk in open_rows and (row.about_id, row.context.get("side")) not in reported
    }


def _until_answered(rows: Sequence[Notification]) -> set[int]:
    cases = Application.objects.filter(pk__in={row.about_id for row in rows})
    asked = FollowUp.objects.filter(application__in=cases, answered_at__isnull=True)
    waiting = {(str(pk), side) for pk, side in asked.values_list("application", "side")}
    return {row.pk for row in rows if (row.about_id, row.context.get("side")) in waiting}


def _until_opened(rows: Sequence[Notification]) -> set[int]:
    offers = Offer.objects.filter(pk__in={row.about_id for row in rows}, state=OfferState.SUBMITTED)
    found = {str(pk) for pk in offers.values_list("pk", flat=True)}
    return {row.pk for row in rows if row.about_id in found}


# --- Offers -----------------------------------------------------------------------------------------
register_kind(_Kind("offer_submitted", _("An offer waits for you to open it"), still_open=_until_opened))
register_kind(_Reminder("offer_waits", _("An offer has waited for you for long"), still_open=_until_opened))
register_kind(_Kind("offer_opened", _("Your offer was opened")))
register_kind(_Kind("offer_returned", _("Changes are asked for in your offer")))
register_kind(_Kind("offer_over", _("The periods of your offer are over")))
register_kind(_Kind("offer_remark", _("Somebody wrote about an offer")))

# --- To the decision --------------------------------------------------------------------------------
register_kind(
    _Reminder(
        "draft_closes", _("A programme closes that you began to apply to"), still_open=_while_in(A.DRAFT)
    )
)
register_kind(
    _Kind("application_submitted", _("Somebody applies to your offer"), still_open=_while_in(A.SUBMITTED))
)
register_kind(
    _Reminder("answer_due", _("Your answer to an application is due"), still_open=_while_in(A.SUBMITTED))
)
register_kind(_Reminder("host_silent", _("A host has not answered yet"), still_open=_while_in(A.SUBMITTED)))
register_kind(_Kind("application_expired", _("An application expired")))
register_kind(_Kind("stay_expired", _("An application was not signed before its first day")))
register_kind(_Kind("application_withdrawn", _("An application was withdrawn")))
register_kind(_Kind("application_accepted", _("The host accepted your application")))
register_kind(
    _Kind(
        "application_to_decide",
        _("An application waits for your decision"),
        still_open=_while_in(*UNDECIDED_STATES),
    )
)
register_kind(
    _Reminder(
        "officer_missing", _("A case or an offer in your programme waits, and no officer may decide on it")
    )
)
register_kind(_Kind("application_declined", _("The host declined your application")))
register_kind(_Reminder("decision_due", _("A promised decision is due"), still_open=_while_decided_alike))
register_kind(_Kind("application_decided", _("An application was decided")))
register_kind(
    _Kind(
        "place_free",
        _("A place is free for somebody on the waiting list"),
        still_open=_while_in(A.WAITING_LIST),
    )
)

# --- Agreement and stay -----------------------------------------------------------------------------
register_kind(_Kind("agreement_to_sign", _("An agreement waits to be signed"), still_open=_until_signed))
register_kind(
    _Reminder("signature_due", _("A stay is near, and you have not signed"), still_open=_until_signed)
)
register_kind(_Kind("agreement_signed", _("An agreement was signed by all")))
register_kind(_Kind("application_cancelled", _("A stay was cancelled")))
register_kind(
    _Reminder(
        "stay_not_begun",
        _("A stay cannot begin, as its sides are not apart any more"),
        still_open=_while_in(A.SIGNED),
    )
)

# --- Afterwards -------------------------------------------------------------------------------------
register_kind(_Reminder("report_due", _("Your report on a stay is due"), still_open=_until_reported))
register_kind(_Reminder("report_late", _("A report of a stay is late"), still_open=_while_in(A.COMPLETED)))
register_kind(
    _Kind("reports_submitted", _("Both reports of a stay are in"), still_open=_while_in(A.REPORTS_SUBMITTED))
)
register_kind(_Kind("reports_returned", _("More is asked for in your report"), still_open=_until_reported))
register_kind(_Kind("closed_without_reports", _("A stay was closed without its reports")))
register_kind(
    _Reminder(
        "case_waits",
        _("A case has waited for you for long"),
        still_open=_while_in(*AFTER_REPORTS),
    )
)
register_kind(_Kind("exchange_validated", _("Your exchange was validated")))
register_kind(_Kind("exchange_paid", _("Your stay was paid")))
register_kind(
    _Kind(
        "follow_up_asked",
        _("What did change after your exchange?"),
        still_open=_until_answered,
        key_comes_for=WAITED,
    )
)
register_kind(_Kind("follow_up_answered", _("Somebody said what changed after an exchange")))
register_kind(_Kind("learning_taken_down", _("What you said is not public any more")))
register_kind(
    _Kind("programme_without_officer", _("A programme has no officer any more"), key_comes_for=_MONTH)
)
