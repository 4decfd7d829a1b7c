"""The words of programmes, offers and applications, and the steps allowed between their states."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.organisations.enums import OrganisationKind


# --- Programmes -----------------------------------------------------------------------------------
class ProgrammeState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    OPEN = "open", _("Open")
    PAUSED = "paused", _("Paused")
    CLOSED = "closed", _("Closed")


P = ProgrammeState

PROGRAMME_STEPS: dict[str, frozenset[str]] = {
    P.DRAFT: frozenset({P.OPEN, P.CLOSED}),
    P.OPEN: frozenset({P.PAUSED, P.CLOSED}),
    P.PAUSED: frozenset({P.OPEN, P.CLOSED}),
    P.CLOSED: frozenset(),
}
PUBLIC_PROGRAMMES = (P.OPEN, P.PAUSED, P.CLOSED)


class FunderLevel(models.TextChoices):
    REGIONAL = "regional", _("Regional")
    NATIONAL = "national", _("National")
    EUROPEAN = "european", _("European")


class Track(models.TextChoices):
    LIGHT = "light", _("Light: host and guest agree, an officer confirms")
    FULL = "full", _("Full: scored by reviewers, then decided")


class Audience(models.TextChoices):
    """Who may travel."""

    CLUSTER_MANAGER = "cluster_manager", _("Cluster managers")
    POLICY_MAKER = "policy_maker", _("Policy makers")
    CLUSTER_MEMBER = "cluster_member", _("Members of clusters")


# What one guest travels as.
TRAVELS_AS = {
    Audience.CLUSTER_MANAGER.value: _("Cluster manager"),
    Audience.POLICY_MAKER.value: _("Policy maker"),
    Audience.CLUSTER_MEMBER.value: _("Member of a cluster"),
}


WHO_TRAVELS_AS = {
    Audience.CLUSTER_MANAGER.value: _(
        "Who works for a cluster organisation or a network travels as cluster manager, whatever their role."
    ),
    Audience.POLICY_MAKER.value: _("Who works for a public authority travels as policy maker."),
    Audience.CLUSTER_MEMBER.value: _(
        "Who works for a company, a research organisation, a provider (also of training or evaluation) or a digital "
        "innovation hub travels as member of a cluster."
    ),
}


# As what the people of an organisation travel. A cluster manager is who works in the team of a cluster organisation,
# whatever the role on the hub; networks go with them, all others with the members of clusters, as in ClusterXchange.
AUDIENCE_OF_KIND = {
    OrganisationKind.CLUSTER.value: Audience.CLUSTER_MANAGER,
    OrganisationKind.NETWORK.value: Audience.CLUSTER_MANAGER,
    OrganisationKind.AUTHORITY.value: Audience.POLICY_MAKER,
    OrganisationKind.PROVIDER.value: Audience.CLUSTER_MEMBER,
    OrganisationKind.COMPANY.value: Audience.CLUSTER_MEMBER,
    OrganisationKind.RESEARCH.value: Audience.CLUSTER_MEMBER,
    OrganisationKind.DIH.value: Audience.CLUSTER_MEMBER,
}


def usual_audiences() -> list[str]:
    return [Audience.CLUSTER_MANAGER.value, Audience.POLICY_MAKER.value]


class DayKind(models.TextChoices):
    WORKING = "working", _("Working days")
    CALENDAR = "calendar", _("Calendar days")


class Funding(models.TextChoices):
    NONE = "none", _("No money")
    LUMP_SUM = "lump_sum", _("Lump sum")
    VOUCHER = "voucher", _("Mobility voucher")


# --- Offers ---------------------------------------------------------------------------------------
class OfferState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waiting for an officer")
    OPEN = "open", _("Open")
    FULL = "full", _("Full")
    PAUSED = "paused", _("Paused")
    CLOSED = "closed", _("Closed")


O = OfferState  # noqa: E741 - the table below is read like the others

OFFER_STEPS: dict[str, frozenset[str]] = {
    O.DRAFT: frozenset({O.SUBMITTED, O.CLOSED}),
    # Back to draft: the officer asks for changes, or the host takes it back.
    O.SUBMITTED: frozenset({O.OPEN, O.DRAFT, O.CLOSED}),
    O.OPEN: frozenset({O.FULL, O.PAUSED, O.CLOSED}),
    O.FULL: frozenset({O.OPEN, O.PAUSED, O.CLOSED}),
    O.PAUSED: frozenset({O.OPEN, O.CLOSED}),
    O.CLOSED: frozenset(),
}
PUBLIC_OFFERS = (O.OPEN, O.FULL, O.PAUSED)


class OfferLevel(models.TextChoices):
    MANAGEMENT = "management", _("Cluster management")
    POLICY = "policy", _("Policy")
    MIXED = "mixed", _("Management and policy together")


# --- Applications ---------------------------------------------------------------------------------
class ApplicationState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waiting for the host")
    ACCEPTED = "accepted", _("Accepted by the host")
    DECLINED = "declined", _("Declined by the host")
    EXPIRED = "expired", _("Expired")
    UNDER_REVIEW = "under_review", _("Under review")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WAITING_LIST = "waiting_list", _("On the waiting list")
    AGREEMENT_PENDING = "agreement_pending", _("Agreement to be signed")
    SIGNED = "signed", _("Signed")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed, reports due")
    REPORTS_SUBMITTED = "reports_submitted", _("Reports submitted")
    VALIDATED = "validated", _("Validated")
    PAID = "paid", _("Paid")
    CLOSED = "closed", _("Closed")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    CANCELLED = "cancelled", _("Cancelled")


A = ApplicationState

APPLICATION_STEPS: dict[str, frozenset[str]] = {
    A.DRAFT: frozenset({A.SUBMITTED, A.WITHDRAWN}),
    # All before the signatures expires when the first day comes.
    A.SUBMITTED: frozenset({A.ACCEPTED, A.DECLINED, A.EXPIRED, A.WITHDRAWN}),
    # The light track goes on without a review.
    A.ACCEPTED: frozenset({A.UNDER_REVIEW, A.APPROVED, A.REJECTED, A.WAITING_LIST, A.EXPIRED, A.WITHDRAWN}),
    A.UNDER_REVIEW: frozenset({A.APPROVED, A.REJECTED, A.WAITING_LIST, A.EXPIRED, A.WITHDRAWN}),
    A.WAITING_LIST: frozenset({A.APPROVED, A.REJECTED, A.EXPIRED, A.WITHDRAWN}),
    A.APPROVED: frozenset({A.AGREEMENT_PENDING, A.EXPIRED, A.WITHDRAWN, A.CANCELLED}),
    A.AGREEMENT_PENDING: frozenset({A.SIGNED, A.EXPIRED, A.WITHDRAWN, A.CANCELLED}),
    A.SIGNED: frozenset({A.IN_PROGRESS, A.CANCELLED}),
    A.IN_PROGRESS: frozenset({A.COMPLETED, A.CANCELLED}),
    # Closed without a report that never came.
    A.COMPLETED: frozenset({A.REPORTS_SUBMITTED, A.CLOSED}),
    # Back: the officer asks for a better report or for evidence.
    A.REPORTS_SUBMITTED: frozenset({A.VALIDATED, A.COMPLETED}),
    A.VALIDATED: frozenset({A.PAID, A.CLOSED}),
    A.PAID: frozenset({A.CLOSED}),
    A.DECLINED: frozenset(),
    A.EXPIRED: frozenset(),
    A.REJECTED: frozenset(),
    A.CLOSED: frozenset(),
    A.WITHDRAWN: frozenset(),
    A.CANCELLED: frozenset(),
}

# Nobody else may have the person or the place in these days.
RESERVING_STATES = (
    A.APPROVED, A.AGREEMENT_PENDING, A.SIGNED, A.IN_PROGRESS, A.COMPLETED, A.REPORTS_SUBMITTED, A.VALIDATED, A.PAID,
    A.CLOSED,
)  # fmt: skip
# From the submission on, and not ended before its time.
RUNNING_STATES = (A.SUBMITTED, A.ACCEPTED, A.UNDER_REVIEW, A.WAITING_LIST, *RESERVING_STATES)
# The place of the host goes to somebody else.
PLACELESS_STATES = (A.EXPIRED, A.WITHDRAWN, A.CANCELLED)
DECIDED_STATES = (*RESERVING_STATES, A.REJECTED, A.WAITING_LIST)
BEFORE_SIGNATURE = (
    A.SUBMITTED, A.ACCEPTED, A.UNDER_REVIEW, A.WAITING_LIST, A.APPROVED, A.AGREEMENT_PENDING
)  # fmt: skip
# The officers have promised to decide.
UNDECIDED_STATES = (A.ACCEPTED, A.UNDER_REVIEW)
DECIDABLE_STATES = (*UNDECIDED_STATES, A.WAITING_LIST)
# For the officers to validate, to pay, and to close.
AFTER_REPORTS = (A.REPORTS_SUBMITTED, A.VALIDATED, A.PAID)
AFTER_STAY = (A.COMPLETED, *AFTER_REPORTS, A.CLOSED)
AFTER_SIGNATURE = (A.SIGNED, A.IN_PROGRESS, *AFTER_STAY)
ENDED_EARLY = (A.DECLINED, A.EXPIRED, A.REJECTED, A.WITHDRAWN, A.CANCELLED)
ENDED_STATES = (*ENDED_EARLY, A.CLOSED)
# Steps that somebody else must be able to understand.
REASONED_STATES = (A.DECLINED, A.REJECTED, A.WAITING_LIST, A.WITHDRAWN, A.CANCELLED)


class Side(models.TextChoices):
    GUEST = "guest", _("Guest")
    HOST = "host", _("Host")


class Signer(models.TextChoices):
    GUEST = "guest", _("Guest")
    HOST = "host", _("Host")
    OFFICER = "officer", _("Officer of the programme")


class EvidenceKind(models.TextChoices):
    TRAVEL = "travel", _("Travel: boarding pass, ticket or invoice")
    STAY = "stay", _("Accommodation: invoice")
    ATTENDANCE = "attendance", _("Attendance: list or confirmation of the host")
