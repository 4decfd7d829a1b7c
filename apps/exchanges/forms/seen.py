"""What a form showed when it was opened: what changed since is not overwritten unseen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from django.utils.translation import gettext_lazy as _

from apps.core import formats
from apps.exchanges.enums import TRAVELS_AS


def shown(row: Any, name: str) -> str:
    """What stands in a field, as the forms show it."""
    value = getattr(row, name)
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, datetime):
        return formats.deadline(value)
    if isinstance(value, date):
        return formats.day(value)
    readable = getattr(row, f"get_{name}_display", None)
    text = readable() if readable else value
    if name == "travels_as":
        text = TRAVELS_AS.get(value, "")
    return "-" if text in (None, "") else str(text)


class SeenForm(forms.Form):
    """``seen`` says what stood there; nobody types into it."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def seen_at(self) -> datetime | None:
        """When what is being changed was last saved, as the form knew it; what is no time counts as not said."""
        try:
            seen = parse_datetime(self.cleaned_data.get("seen") or "")
        except ValueError:
            return None
        return seen if seen and is_aware(seen) else None

    def values(self) -> dict[str, Any]:
        """As the services take them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}

    def let_save_over(self, seen: str) -> None:
        """Let what was typed be saved over what stands there now."""
        self.say_again(seen=seen)

    def say_again(self, **said: str) -> None:
        """For what the reader does not type, and confirms by sending the form once more."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        for name, value in said.items():
            data[name] = value
        self.data = data

    def differences(self, current: Any) -> list[tuple[str, str]]:
        """The fields in which what stands there now differs from what was typed."""
        return [
            (str(self[name].label), shown(current, name))
            for name, typed in self.values().items()
            if getattr(current, name) != typed
        ]
