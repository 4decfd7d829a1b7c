"""What organisations tell people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.notifications.kinds import Kind, register_kind

register_kind(Kind("join_requested", _("Somebody asks to join your organisation")))
register_kind(Kind("join_accepted", _("Your request to join was accepted")))
register_kind(Kind("join_declined", _("Your request to join was declined")))
register_kind(Kind("organisation_verified", _("Your organisation was verified")))
register_kind(Kind("confirmation_due", _("A profile should be looked through")))
