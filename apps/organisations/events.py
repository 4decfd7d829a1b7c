"""What organisations tell the floors above."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events import Event


@dataclass(frozen=True)
class VerificationChanged(Event):
    """It is verified now, or not any more: whoever shows that with an item of their own shows the new state."""

    organisation_id: int


@dataclass(frozen=True)
class OrganisationRenamed(Event):
    """Whoever keeps the name with an item of their own (in the search, say) takes the new one."""

    organisation_id: int


@dataclass(frozen=True)
class OrganisationVisibilityChanged(Event):
    """It was taken out of the directory, or put back: what it offers goes with it."""

    organisation_id: int


@dataclass(frozen=True)
class MembershipChanged(Event):
    """Somebody joined, or got another role."""

    organisation_id: int
    user_id: int


@dataclass(frozen=True)
class MembershipEnded(Event):
    """Somebody left, or was removed."""

    organisation_id: int
    user_id: int
