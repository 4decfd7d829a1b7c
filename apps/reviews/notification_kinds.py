"""What reviews tell people. What asks a reviewer for something is not mailed any more once it is done or released."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.utils.translation import gettext_lazy as _

from apps.core.due import REMINDER_COMES_FOR
from apps.notifications.kinds import Kind, register_kind
from apps.notifications.models import Notification
from apps.reviews.models import Review

_Kind = partial(Kind, group=_("Reviews"))


def _still_open(rows: Sequence[Notification]) -> set[int]:
    reviews = Review.objects.open().filter(pk__in={row.about_id for row in rows})
    found = {str(pk) for pk in reviews.values_list("pk", flat=True)}
    return {row.pk for row in rows if row.about_id in found}


register_kind(_Kind("review_invited", _("You are asked to review a case"), still_open=_still_open))
register_kind(_Kind("review_released", _("A review is no longer needed from you")))
register_kind(
    _Kind(
        "review_due",
        _("A review of yours is due soon"),
        still_open=_still_open,
        key_comes_for=REMINDER_COMES_FOR,
    )
)
register_kind(_Kind("review_submitted", _("A review was handed in on a case that you manage")))
register_kind(_Kind("review_ended", _("A reviewer of a case that you manage cannot review it")))
