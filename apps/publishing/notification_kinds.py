"""What people are told about their contributions, and curators about what waits for them.

Decisions are mailed at once: their authors wait for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.notifications.enums import Frequency
from apps.notifications.kinds import Kind, register_kind
from apps.notifications.models import Notification
from apps.publishing.models import Publication

_Kind = partial(Kind, group=_("Your contributions"))

register_kind(_Kind("publication_published", _("Your contribution was published")))
register_kind(_Kind("publication_version_published", _("The new version of your contribution was published")))
register_kind(_Kind("publication_changes_requested", _("A curator asks for changes to your contribution")))
register_kind(_Kind("publication_declined", _("Your contribution was declined")))
register_kind(_Kind("publication_hidden", _("Your contribution was hidden")))
register_kind(_Kind("publication_restored", _("Your hidden contribution is public again")))
register_kind(_Kind("publication_withdrawn", _("Your contribution was withdrawn by somebody else")))


def _still_waiting(rows: Sequence[Notification]) -> set[int]:
    """A night lies between the submission and the mail: what was decided or taken back in it asks nobody."""
    waiting = Publication.objects.waiting().filter(pk__in={row.about_id for row in rows})
    rounds = {str(publication.pk): publication.round for publication in waiting}
    curators = User.objects.filter(pk__in={row.recipient_id for row in rows}, is_staff=True, is_active=True)
    still_curators = set(curators.values_list("pk", flat=True))
    return {
        row.pk
        for row in rows
        if row.recipient_id in still_curators and rounds.get(row.about_id) == row.context.get("round")
    }


register_kind(
    Kind(
        "contribution_waits",
        _("Contributions wait for a curator"),
        default_frequency=Frequency.DAILY,
        still_open=_still_waiting,
        for_curators=True,
        group=_("For curators"),
    )
)
