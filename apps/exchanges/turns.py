"""Whose turn it is, asked of the database: a person may have thousands of cases, most of which wait for others.

``casework.waits_for`` says it of one case that is loaded; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, When

from apps.exchanges.casework import DUE
from apps.exchanges.enums import ApplicationState, Signer
from apps.exchanges.models import ApplicationQuerySet, FollowUp, Report, Signature
from apps.reviews.models import Panel

A = ApplicationState
# In these the state alone says it.
_STATES: Mapping[Signer, tuple[ApplicationState, ...]] = {
    Signer.GUEST: (A.DRAFT, A.APPROVED),
    Signer.HOST: (A.SUBMITTED, A.APPROVED),
    Signer.OFFICER: (A.ACCEPTED, A.REPORTS_SUBMITTED, A.VALIDATED, A.PAID),
}


def waiting_for(cases: ApplicationQuerySet, role: Signer) -> ApplicationQuerySet:
    """Those of the cases in which this side must act now."""
    signed = Signature.objects.filter(agreement__application=OuterRef("pk"), signer=role)
    follow_ups = FollowUp.objects.filter(application=OuterRef("pk"))
    waits = Q(state__in=_STATES[role]) | Q(state=A.AGREEMENT_PENDING) & ~Q(Exists(signed))
    if role == Signer.OFFICER:
        idle = Panel.objects.idle().filter(pk=OuterRef("panel"))
        answered = follow_ups.filter(answered_at__isnull=False, may_publish=True, approved_at__isnull=True)
        return cases.filter(waits | Q(state=A.UNDER_REVIEW) & Q(Exists(idle)) | Q(Exists(answered)))
    reported = Report.objects.filter(application=OuterRef("pk"), side=role, submitted_at__isnull=False)
    asked = follow_ups.filter(side=role, answered_at__isnull=True)
    return cases.filter(waits | Q(state=A.COMPLETED) & ~Q(Exists(reported)) | Q(Exists(asked)))


def due() -> Case:
    """By when, as ``casework.due_of`` has it."""
    dates = [When(state=state, then=F(name)) for state, name in DUE.items()]
    return Case(*dates, output_field=DateTimeField())
