"""Rows of a form that need no script: some empty ones, and a button that brings more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from django import forms
from django.forms.formsets import BaseFormSet


class Rows(BaseFormSet[Any]):
    """A row that is left empty is none: that is also how one is taken out."""

    def filled(self) -> list[dict[str, Any]]:
        return [row.cleaned_data for row in self.forms if any(row.cleaned_data.values())]

    def typed(self) -> list[dict[str, Any]]:
        """What stands in the rows, as it was typed; empty rows close up."""
        rows = [{name: row[name].value() for name in row.fields} for row in self.forms]
        return [row for row in rows if any(row.values())]


class FormWithRows(forms.BaseForm):
    """A form with sets of rows. ``row_sets`` has the class of each, and what is said where one of its rows is wrong."""

    row_sets: ClassVar[Mapping[str, tuple[type[Rows], Any]]] = {}

    def __init__(
        self,
        data: Any = None,
        *,
        rows: Mapping[str, Sequence[Mapping[str, Any]]],
        more: str = "",
        **kwargs: Any,
    ) -> None:
        self._rows_given, self._given = rows, kwargs
        super().__init__(data, **kwargs)
        self.rows = {
            name: kind(data, prefix=name, initial=list(rows.get(name, ())))
            for name, (kind, _wrong) in self.row_sets.items()
        }
        for name, found in self.rows.items():
            # The empty ones, where something stands already: one, and one more if asked for.
            found.extra = (1 if rows.get(name) else found.extra) + (name == more)

    def check_rows(self) -> None:
        """To be called by ``clean``."""
        for name, (_kind, wrong) in self.row_sets.items():
            if not self.rows[name].is_valid():
                self.add_error(None, wrong)

    def again(self, *, more: str) -> Self:
        """The same form with what was typed, unchecked, and another row of ``more``."""
        typed = {name: self[name].value() for name in self.fields}
        rows = {name: found.typed() for name, found in self.rows.items()}
        return type(self)(rows=rows, more=more, **{**self._given, "initial": typed})
