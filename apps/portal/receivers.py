"""What the demonstration adds to lower floors."""

from __future__ import annotations

from collections.abc import Iterator

from apps.accounts.demo import DemoPerson, register_demo_people
from apps.portal.demo.loading import quick_sign_in_people


@register_demo_people
def demo_people() -> Iterator[DemoPerson]:
    return (DemoPerson(email=email, label=label) for email, label in quick_sign_in_people())
