"""The forms of a step."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.publishing.models import REASON_MAX_CHARS
from apps.publishing.steps import Step


class StepForm(forms.Form):
    """The reason of a step, and the round that the person had in front of them (see ``services``)."""

    reason = forms.CharField(
        label=_("Reason or note for the author"),
        help_text=_("Needed unless you approve, restore or start the review. It is sent to the author."),
        max_length=REASON_MAX_CHARS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, step: Step | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reason = self.fields["reason"]
        if step is not None:
            reason.help_text = _("A note, if you like. It is sent to the author.")
        if step is not None and step.needs_reason:
            reason.required = True
            reason.help_text = _("Needed. It is sent to the author.")
            reason.error_messages["required"] = _("Please give a reason: it is sent to the author.")


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It is shown where the item was, if it was public."),
        max_length=REASON_MAX_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
