"""Why a step of a contribution was not taken."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from apps.core import exceptions
from apps.core.exceptions import HubError, RuleBrokenError


class ReasonMissingError(exceptions.ReasonMissingError):
    default_message = _("Please give a reason: it is sent to the author.")


class NotReadyError(RuleBrokenError):
    """The item lacks something; ``problems`` says what, in words for its author."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__(" ".join(str(problem) for problem in self.problems))


class UnknownKindError(HubError):
    """No app has registered this kind, so nobody can say what the item is."""

    default_message = _("This kind of contribution is not known here.")


class ItemMissingError(HubError):
    """The publication has no item."""

    default_message = _("The content of this contribution is missing.")
