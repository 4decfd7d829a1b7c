"""What hosts type about their offers, what is asked of them, and what officers answer."""

from __future__ import annotations

from copy import copy
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core.days import DAYS
from apps.core.once import OnceForm
from apps.exchanges.enums import ProgrammeState
from apps.exchanges.forms.applications import DayInput
from apps.exchanges.forms.rows import FormWithRows, Rows
from apps.exchanges.forms.seen import SeenForm
from apps.exchanges.models import Offer, Programme
from apps.exchanges.services.offers import WindowValues
from apps.organisations.forms import OneLineField
from apps.organisations.models import Organisation
from apps.taxonomy.models import Language, Topic

MOST_WINDOWS = 24


class WindowForm(forms.Form):
    """One period, both days included."""

    starts_on = forms.DateField(label=_("From"), required=False, widget=DayInput(), validators=DAYS)
    ends_on = forms.DateField(label=_("Until"), required=False, widget=DayInput(), validators=DAYS)
    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, last = data.get("starts_on"), data.get("ends_on")
        for name, value, other in (("starts_on", first, last), ("ends_on", last, first)):
            if other and not value and name not in self.errors:
                self.add_error(name, ValidationError(_("Please give both days.")))
        if first and last and last < first:
            self.add_error("ends_on", ValidationError(_("The last day lies before the first.")))
        return data


WindowRows = forms.formset_factory(
    WindowForm, formset=Rows, extra=2, max_num=MOST_WINDOWS, validate_max=True, absolute_max=MOST_WINDOWS + 1
)


class ProgrammeField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({obj.organisation.name})"


class OfferForm(OnceForm, SeenForm, FormWithRows, forms.ModelForm[Offer]):
    """The whole offer. A draft needs a title and a theme; the service says what else is missing to submit it."""

    row_sets: ClassVar[Any] = {"windows": (WindowRows, _("Please check the possible dates."))}

    programme = ProgrammeField(
        label=_("Programme"), queryset=Programme.objects.none(), empty_label=_("Please choose")
    )
    host = forms.ModelChoiceField(label=_("Host"), queryset=Organisation.objects.none(), empty_label=None)
    title = OneLineField(
        label=_("Title"),
        max_length=160,
        help_text=_("What a stay with you is about, in one line."),
    )
    theme = forms.ModelChoiceField(
        label=_("Theme"), queryset=Topic.objects.all(), empty_label=_("Please choose")
    )
    language = forms.ChoiceField(
        label=_("Language of this text"),
        choices=lambda: list(Language.objects.values_list("code", "name_native")),
    )
    languages = forms.ModelMultipleChoiceField(
        label=_("Languages spoken"),
        queryset=Language.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("In which guests can talk with you."),
    )
    city = OneLineField(label=_("Place"), max_length=120, required=False)
    use_required_attribute = False

    class Meta:
        model = Offer
        fields = (
            "programme", "host", "title", "theme", "level", "learning", "hopes", "agenda", "language", "languages",
            "city", "places", "is_virtual", "prior_contact",
        )  # fmt: skip
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "learning": forms.Textarea(attrs={"rows": 5}),
            "hopes": forms.Textarea(attrs={"rows": 4}),
            "agenda": forms.Textarea(attrs={"rows": 6}),
            "prior_contact": forms.Textarea(attrs={"rows": 2}),
        }
        labels: ClassVar[dict[str, Any]] = {
            "level": _("For whom"),
            "learning": _("What will a guest learn?"),
            "hopes": _("What do you hope to learn?"),
            "agenda": _("Sketch of an agenda"),
            "prior_contact": _("Prior contact"),
            "is_virtual": _("A virtual stay is possible"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "learning": _("What you do differently from others, and what can be seen of it."),
            "hopes": _("An exchange goes both ways: what could a guest bring?"),
            "agenda": _(
                "Who would be met, what would be visited. Guests propose their own with the application."
            ),
            "places": _(
                "How many you can receive in the same days for this offer. Each of your offers has places of its own."
            ),
            "prior_contact": _(
                "With whom you have spoken about an exchange already, if with anybody. Only your side and the officers "
                "read it."
            ),
        }

    def __init__(
        self, data: Any = None, *, instance: Offer, hosts: Any, is_locked: bool = False, **kwargs: Any
    ) -> None:
        """``hosts``: in whose name this person may offer. ``is_locked``: somebody has applied for the theme."""
        self.is_new = instance.pk is None
        super().__init__(data, instance=instance, **kwargs)
        self._given |= {"instance": instance, "hosts": hosts, "is_locked": is_locked}
        if self.is_new:
            self._offer_choices(hosts)
        else:
            del self.fields["programme"], self.fields["host"]
            self.initial.setdefault("seen", instance.updated_at.isoformat())
        if is_locked:
            theme = self.fields["theme"]
            theme.disabled = True
            theme.help_text = _("Somebody has applied for this theme, so it cannot change any more.")

    def _offer_choices(self, hosts: Any) -> None:
        host: Any = self.fields["host"]
        host.queryset = hosts
        programme: Any = self.fields["programme"]
        programme.queryset = (
            Programme.objects.filter(state=ProgrammeState.OPEN)
            .select_related("organisation")
            .order_by("name")
        )

    def clean(self) -> dict[str, Any]:
        self.check_rows()
        return self.cleaned_data

    def _post_clean(self) -> None:
        """The model's own checks, on a copy: the page shows the offer as it stands, and the service compares."""
        kept, self.instance = self.instance, copy(self.instance)
        super()._post_clean()  # type: ignore[misc]
        self.instance = kept

    def values(self) -> dict[str, Any]:
        """As the services take them."""
        kept = ("programme", "host", "languages", "seen", "form_token")
        return {name: value for name, value in self.cleaned_data.items() if name not in kept}

    def windows(self) -> list[WindowValues]:
        return [WindowValues(row["starts_on"], row["ends_on"]) for row in self.rows["windows"].filled()]


class RemarkForm(OnceForm):
    text = forms.CharField(
        label=_("Your question or answer"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("All who are signed in can read it."),
        error_messages={"required": _("Please write something.")},
    )


class ReturnForm(forms.Form):
    reason = forms.CharField(
        label=_("What should change?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The host reads it."),
        error_messages={"required": _("Please give a reason: it is sent to those whom it concerns.")},
    )
