"""What a service says of a form, beside the fields that it is about."""

from __future__ import annotations

from django import forms

from apps.core.exceptions import HubError
from apps.exchanges.exceptions import NotReadyError


def add_problems(form: forms.BaseForm, error: HubError) -> None:
    problems = error.problems if isinstance(error, NotReadyError) else [("", str(error.message))]
    for name, sentence in problems:
        form.add_error(name if name in form.fields else None, sentence)
