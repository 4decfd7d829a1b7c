"""What organisations tell people."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext_lazy as _

from apps.notifications.kinds import Kind, register_kind
from apps.organisations.confirming import CONFIRM_EVERY

_Kind = partial(Kind, group=_("Your organisations"))

register_kind(_Kind("join_requested", _("Somebody asks to join your organisation")))
register_kind(_Kind("join_accepted", _("Your request to join was accepted")))
register_kind(_Kind("join_declined", _("Your request to join was declined")))
register_kind(_Kind("made_manager", _("You became a manager of an organisation")))
register_kind(_Kind("made_member", _("You are no longer a manager of an organisation")))
register_kind(_Kind("membership_ended", _("You were removed from an organisation")))
register_kind(_Kind("organisation_verified", _("Your organisation was verified")))
register_kind(
    _Kind("organisation_verification_ended", _("The verification of your organisation was taken back"))
)
register_kind(_Kind("organisation_hidden", _("Your organisation was hidden")))
register_kind(_Kind("organisation_shown", _("Your organisation is shown again")))
register_kind(_Kind("confirmation_due", _("A profile should be looked through"), key_comes_for=CONFIRM_EVERY))
