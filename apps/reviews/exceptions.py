"""What a step of a review is refused for."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.exceptions import HubError, RuleBrokenError


class UnknownKindError(HubError):
    default_message = _("What is reviewed here is no longer part of the hub.")


class NotCompleteError(RuleBrokenError):
    """``missing`` says of each field that has to be filled in what is wanted there, in words for the reviewer."""

    default_message = _("Something is still missing in this review.")

    def __init__(self, missing: dict[str, str]) -> None:
        super().__init__()
        self.missing = missing
