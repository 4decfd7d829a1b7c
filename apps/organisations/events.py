"""What organisations tell the floors above."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events import Event


@dataclass(frozen=True)
class OrganisationVerified(Event):
    organisation_id: int
