from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.exceptions import HubError, RuleBrokenError


class NoCatalogueError(HubError):
    """The address is not one that can be followed."""

    default_message = _("This page cannot be saved as a search.")


class TooManySearchesError(RuleBrokenError):
    default_message = _(
        "You have saved as many searches as the hub keeps for one person. Please delete one first."
    )
