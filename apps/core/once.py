"""A form that makes something: sent twice, with the same in it, it makes one."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

# Whether what was made is handed in as well is another step.
_NOT_TYPED = {"csrfmiddlewaretoken", "action"}


class TokenForm(forms.Form):
    """Each form that is opened has a token of its own, so that a second press is known for one."""

    form_token = forms.CharField(required=False, widget=forms.HiddenInput, initial=uuid.uuid4)

    @property
    def token(self) -> uuid.UUID | None:
        """Which form this is; None where somebody meddled with it."""
        try:
            return uuid.UUID(self.cleaned_data.get("form_token") or "")
        except ValueError:
            return None


class OnceForm(TokenForm):
    """``once_key`` is kept with what the form makes, and found there again by the second of two presses.

    Who goes back and types something else means another one, so that the key is of what was typed, too.
    """

    @property
    def once_key(self) -> uuid.UUID | None:
        data: Any = self.data
        typed = sorted(row for row in data.lists() if row[0] not in _NOT_TYPED)
        return uuid.uuid5(self.token, repr(typed)) if self.token else None
