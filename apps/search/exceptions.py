"""Why a question cannot be answered."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.exceptions import HubError


class BadSearchError(HubError):
    """The question has a form that nobody can mean (an unknown order, a page that is no number)."""

    default_message = _("This search cannot be understood.")


class UnknownFilterError(HubError):
    """A filter names something that is in no vocabulary."""

    default_message = _("One of the filters in this address does not exist.")
