"""The people that the sign-in page of a demonstration offers with one press."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings

from apps.accounts.models import User


@dataclass(frozen=True)
class DemoPerson:
    """``label`` says what somebody can try as this person."""

    email: str
    label: str


Source = Callable[[], Iterable[DemoPerson]]
_sources: list[Source] = []


def register_demo_people(source: Source) -> Source:
    if source not in _sources:
        _sources.append(source)
    return source


def demo_people() -> list[DemoPerson]:
    """Those that exist, in the order of the source; nobody outside a demonstration."""
    if not settings.DEMO:
        return []
    offered = [person for source in _sources for person in source()]
    present = set(
        User.objects.filter(email__in=[person.email for person in offered], is_active=True).values_list(
            "email", flat=True
        )
    )
    return [person for person in offered if person.email in present]
