"""A form that makes something: sent twice, with the same in it, it makes one."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

# Whether what was made is handed in as well is another step.
_NOT_TYPED = {"csrfmiddlewaretoken", "action"}


class OnceForm(forms.Form):
    """``once_key`` is kept with what the form makes, and found there again by the second of two presses.

    Who goes back and types something else means another one, so that the key is of what was typed, too.
    """

    form_token = forms.CharField(required=False, widget=forms.HiddenInput, initial=uuid.uuid4)

    @property
    def once_key(self) -> uuid.UUID | None:
        """None where somebody meddled with the form."""
        data: Any = self.data
        try:
            token = uuid.UUID(data.get("form_token") or "")
        except ValueError:
            return None
        return uuid.uuid5(token, repr(sorted(row for row in data.lists() if row[0] not in _NOT_TYPED)))
