"""News of saved searches: once a day, unless somebody wants them sooner."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.following.matching import KIND
from apps.notifications.enums import Frequency
from apps.notifications.kinds import Kind, register_kind
from apps.notifications.models import Notification
from apps.search.models import Document


def _still_public(rows: Sequence[Notification]) -> set[int]:
    """A day can lie between the match and the mail: what was hidden in it is told to nobody."""
    items = {row.pk: (row.context.get("kind", ""), row.context.get("object_id", 0)) for row in rows}
    by_kind: dict[str, set[int]] = {}
    for kind, object_id in items.values():
        by_kind.setdefault(kind, set()).add(object_id)
    asked = Q(pk__in=[])
    for kind, object_ids in by_kind.items():
        asked |= Q(kind=kind, object_id__in=object_ids)
    public = set(Document.objects.filter(asked).values_list("kind", "object_id"))
    return {pk for pk, item in items.items() if item in public}


register_kind(
    Kind(
        KIND,
        _("Something new matches one of your saved searches"),
        default_frequency=Frequency.DAILY,
        still_public=_still_public,
        group=_("Saved searches"),
    )
)
