"""What somebody typed where a colleague was faster: it cannot be saved any more, and is not lost either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms

from apps.core.components import Text


@dataclass(frozen=True)
class NotSaved:
    """``texts`` are the labels of the fields with what was typed in them, to be copied."""

    why: Text
    texts: list[tuple[str, str]]


def not_saved(form: forms.BaseForm, why: Text, *, stored: object = None) -> NotSaved | None:
    """The words that were typed and stand nowhere else; None where there are none, as after a second press.

    A choice or a tick is made again in a moment.
    """
    found = [
        (str(field.label), text)
        for field in form
        if _takes_words(field) and (text := str(field.value() or "").strip())
        if _in_lines(text) != _in_lines(str(getattr(stored, field.name, "") or ""))
    ]
    return NotSaved(why, found) if found else None


def _takes_words(field: Any) -> bool:
    widget = field.field.widget
    return not widget.is_hidden and isinstance(widget, forms.Textarea | forms.TextInput)


def _in_lines(text: str) -> list[str]:
    return text.strip().splitlines()
