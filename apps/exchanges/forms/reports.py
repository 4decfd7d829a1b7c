"""What both sides type after a stay."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.forms import mark_needed
from apps.exchanges.enums import EvidenceKind
from apps.exchanges.forms.applications import YesOrNoField
from apps.exchanges.forms.seen import SeenForm
from apps.exchanges.models import TEXT_MAX_CHARS, FollowUp, Report
from apps.exchanges.services.after import REPORT_TEXTS, version_of
from apps.files.forms import KeptUploadMixin, UploadField

_MAY_PUBLISH = _("This may be shown to everybody")


class SideForm(SeenForm, forms.ModelForm[Any]):
    """Several people of a side may have it open; nothing may have been saved yet."""

    def __init__(self, data: Any = None, *, instance: Any) -> None:
        super().__init__(data, instance=instance, initial={"seen": version_of(instance)})

    @property
    def seen_version(self) -> str:
        return str(self.cleaned_data.get("seen") or "")


class ReportForm(SideForm):
    """One side's report. Everything may be left open while it is a draft."""

    would_again = YesOrNoField(label=_("Would you do it again?"), required=False)

    class Meta:
        model = Report
        fields = ("learned", "change", "contacts", "would_again", "may_publish")
        labels: ClassVar[dict[str, Any]] = {"may_publish": _MAY_PUBLISH}
        help_texts: ClassVar[dict[str, Any]] = {
            "learned": _("What is new to you, and what surprised you."),
            "change": _("What you will do differently, who does it, and by when."),
            "contacts": _(
                "With whom you go on working, and on what. No addresses or telephone numbers, please."
            ),
            "may_publish": _(
                "What was learned then stands on the public page of what the programme taught, if the other side "
                "agrees too and once an officer has validated the exchange. Please name no persons. You can take "
                "this consent back at any time."
            ),
        }

    def __init__(self, data: Any = None, *, instance: Report) -> None:
        super().__init__(data, instance=instance)
        mark_needed(self, (*REPORT_TEXTS, "would_again"))


class EvidenceForm(KeptUploadMixin, forms.Form):
    """A file that shows that the journey took place."""

    kind = forms.ChoiceField(
        label=_("What does it show?"), choices=[("", _("Please choose")), *EvidenceKind.choices]
    )
    file = UploadField(
        label=_("File"),
        help_text=_("Only the two sides and the officers of the programme can open it."),
    )


class FollowUpForm(SideForm):
    what_changed = forms.CharField(
        label=_("What did change?"),
        help_text=_("At home, since the stay: what you do differently, what came of it, what did not work."),
        max_length=TEXT_MAX_CHARS,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _("Please fill this in.")},
    )

    class Meta:
        model = FollowUp
        fields = ("what_changed", "may_publish")
        labels: ClassVar[dict[str, Any]] = {"may_publish": _MAY_PUBLISH}
        help_texts: ClassVar[dict[str, Any]] = {
            "may_publish": _(
                "It then stands on the public page of what the programme taught, with the names of both organisations "
                "and without yours, once an officer has approved it."
            ),
        }
