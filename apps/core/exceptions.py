"""What a service raises when it must not do what it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class HubError(Exception):
    """The base: carries a translated sentence that a person may read."""

    default_message: str | _StrPromise = _("This could not be done.")

    def __init__(self, message: str | _StrPromise = "") -> None:
        self.message = message or self.default_message
        super().__init__(str(self.message))


class StepNotAllowedError(HubError):
    """The thing is no longer in a state that allows this step (somebody may have been faster)."""

    default_message = _("Somebody already took another step here. Please look at the current state.")


class RuleBrokenError(HubError):
    """A rule of the hub forbids it, whatever the state."""


class ReasonMissingError(RuleBrokenError):
    """The step changes something for others, who must be told why."""

    default_message = _("Please give a reason: it is sent to those whom it concerns.")


class NotAllowedError(RuleBrokenError):
    """This person may not take this step: a service says so. Views refuse a page by ``ForbiddenError``."""

    default_message = _("You may not do this.")


class EditConflictError(HubError):
    """The thing was changed elsewhere since it was opened."""

    default_message = _("This was changed in another window or by somebody else since you opened it.")


class ForbiddenError(PermissionDenied):
    """A person may not do this: answered by 403, with the translated sentence where one was given."""
