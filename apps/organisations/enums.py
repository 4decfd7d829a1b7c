"""Kinds of organisations, roles in them, and the life of a request to join."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrganisationKind(models.TextChoices):
    CLUSTER = "cluster", _("Cluster organisation")
    AUTHORITY = "authority", _("Public authority")
    PROVIDER = "provider", _("Training or service provider")
    COMPANY = "company", _("Company")
    RESEARCH = "research", _("Research and education")
    NETWORK = "network", _("Network or intermediary")
    DIH = "dih", _("Digital innovation hub")


class Role(models.TextChoices):
    MANAGER = "manager", _("Manager")
    MEMBER = "member", _("Member")


class Ending(models.TextChoices):
    """What the history of an organisation calls the end of a membership; its queries ask for these words."""

    LEFT = "left", _("Left")
    REMOVED = "member removed", _("Member removed")


class JoinState(models.TextChoices):
    PENDING = "pending", _("Waiting for a manager")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


JOIN_STEPS: dict[str, frozenset[str]] = {
    JoinState.PENDING: frozenset({JoinState.ACCEPTED, JoinState.DECLINED, JoinState.WITHDRAWN}),
    JoinState.ACCEPTED: frozenset(),
    JoinState.DECLINED: frozenset(),
    JoinState.WITHDRAWN: frozenset(),
}
