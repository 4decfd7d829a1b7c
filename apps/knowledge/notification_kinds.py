"""What the repository tells people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.notifications.enums import Frequency
from apps.notifications.kinds import Kind, register_kind

# Links fail by the dozen when a site moves, and none of them is urgent.
register_kind(
    Kind(
        code="link_broken",
        label=_("A link in one of your resources no longer works"),
        default_frequency=Frequency.DAILY,
        group=_("Your contributions"),
    )
)
