"""What reviews tell people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.notifications.kinds import Kind, register_kind

register_kind(Kind("review_invited", _("You are asked to review a case")))
register_kind(Kind("review_released", _("A review is no longer needed from you")))
register_kind(Kind("review_due", _("A review of yours is due soon")))
register_kind(Kind("review_submitted", _("A review was handed in on a case that you manage")))
register_kind(Kind("review_ended", _("A reviewer of a case that you manage cannot review it")))
