"""Whose turn it is, asked of the database: a person may have thousands of cases, most of which wait for others.

``casework.waits_for`` says it of one case that is loaded; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    Value,
    When,
)
from django.db.models.functions import Least
from django.utils import timezone

from apps.exchanges.days import today
from apps.exchanges.enums import (
    AFTER_REPORTS,
    UNDECIDED_STATES,
    ApplicationState,
    OfferState,
    ProgrammeState,
    Signer,
)
from apps.exchanges.models import ApplicationQuerySet, FollowUp, Report, Signature
from apps.reviews.models import Panel

A = ApplicationState
# In these the state alone says it.
BY_STATE: Mapping[Signer, tuple[ApplicationState, ...]] = {
    Signer.GUEST: (A.APPROVED,),
    Signer.HOST: (A.SUBMITTED, A.APPROVED),
    Signer.OFFICER: (A.ACCEPTED, A.WAITING_LIST, *AFTER_REPORTS),
}
# As ``deadlines.last_moment_to_sign``.
_LAST_MOMENT_TO_SIGN = Func(
    "starts_on",
    template="((%(expressions)s - 1 + time '23:59') AT TIME ZONE 'Europe/Brussels')",
    output_field=DateTimeField(),
)


def waiting_for(cases: ApplicationQuerySet, role: Signer) -> ApplicationQuerySet:
    """Those of the cases in which this side must act now."""
    signed = Signature.objects.filter(agreement__application=OuterRef("pk"), signer=role)
    follow_ups = FollowUp.objects.filter(application=OuterRef("pk"))
    waits = Q(state__in=BY_STATE[role]) | Q(state=A.AGREEMENT_PENDING) & ~Q(Exists(signed))
    if role == Signer.OFFICER:
        idle = Panel.objects.idle().filter(pk=OuterRef("panel"))
        answered = follow_ups.filter(
            answered_at__isnull=False, may_publish=True, approved_at__isnull=True, taken_down_at__isnull=True
        )
        late = Q(state=A.COMPLETED, reports_due_at__lt=timezone.now())
        return cases.filter(waits | late | Q(state=A.UNDER_REVIEW) & Q(Exists(idle)) | Q(Exists(answered)))
    reported = Report.objects.filter(application=OuterRef("pk"), side=role, submitted_at__isnull=False)
    if role == Signer.GUEST:
        waits |= Q(state=A.DRAFT) & _can_be_submitted()
    asked = follow_ups.filter(side=role, answered_at__isnull=True)
    return cases.filter(waits | Q(state=A.COMPLETED) & ~Q(Exists(reported)) | Q(Exists(asked)))


def due() -> Case:
    """By when, as ``deadlines.due_of`` has it."""
    return Case(
        When(state=A.SUBMITTED, then=F("answer_due_at")),
        When(state__in=UNDECIDED_STATES, then=Least(F("decision_due_at"), _LAST_MOMENT_TO_SIGN)),
        When(state__in=[A.WAITING_LIST, A.APPROVED, A.AGREEMENT_PENDING], then=_LAST_MOMENT_TO_SIGN),
        When(state=A.COMPLETED, then=F("reports_due_at")),
        output_field=DateTimeField(),
    )


def _can_be_submitted() -> Q:
    """As ``rules.why_closed`` says nothing."""
    grace = ExpressionWrapper(
        F("offer__programme__grace_minutes") * Value(timedelta(minutes=1)), output_field=DurationField()
    )
    now = timezone.now()
    return Q(
        offer__state=OfferState.OPEN,
        offer__host__is_active=True,
        offer__programme__organisation__is_active=True,
        offer__programme__state=ProgrammeState.OPEN,
        offer__programme__opens_at__lte=now,
        offer__programme__closes_at__gte=ExpressionWrapper(
            Value(now, output_field=DateTimeField()) - grace, output_field=DateTimeField()
        ),
        offer__programme__stays_until__gt=today(now),
    )
