"""What guests type in an application, and the few words that a step of a case asks for."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.days import DAYS
from apps.core.forms import mark_needed
from apps.exchanges.enums import AUDIENCE_OF_KIND, TRAVELS_AS, WHO_TRAVELS_AS, ApplicationState, Funding, Side
from apps.exchanges.forms.seen import SeenForm
from apps.exchanges.models import Application, Offer
from apps.exchanges.rules import REQUIRED, problem_of_payment
from apps.exchanges.services.applications import DECISIONS
from apps.exchanges.wording import amount_of_case
from apps.organisations.models import Organisation

REASON_MAX_CHARS = 2000
YES_OR_NO = (("yes", _("Yes")), ("no", _("No")))


def _yes_or_no(value: str) -> bool | None:
    return {"yes": True, "no": False}.get(value)


class YesOrNoField(forms.TypedChoiceField):
    """Nothing is chosen beforehand: an answer that nobody gave is none."""

    widget = forms.RadioSelect

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=YES_OR_NO, coerce=_yes_or_no, empty_value=None, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


class DayInput(forms.DateInput):
    """The browser's own calendar, which wants ISO 8601 whatever the language of the page."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class StartForm(forms.Form):
    """For which of their organisations somebody applies."""

    guest = forms.ModelChoiceField(
        label=_("For which organisation?"),
        queryset=Organisation.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": _("Please choose."), "invalid_choice": _("Please choose.")},
    )

    def __init__(self, data: Any = None, *, organisations: Any) -> None:
        super().__init__(data)
        field: Any = self.fields["guest"]
        field.queryset = organisations
        first = organisations.first()
        field.initial = first.pk if first else None


class ApplicationForm(SeenForm, forms.ModelForm[Application]):
    """The whole application. Everything may be left open while it is a draft; the service says what is missing."""

    # Beside the model's fields, as Django cannot check the exclusion constraint on it without the state of the case.
    traveller = forms.ModelChoiceField(
        label=_("Who travels?"), queryset=User.objects.none(), empty_label=None
    )
    travels_as = forms.ChoiceField(label=_("Travels as"), required=False)
    meeting_planned = YesOrNoField(
        label=_("Will managers and policy makers meet?"),
        help_text=_(
            "An exchange brings those who run clusters together with those who make policy for them."
        ),
        required=False,
    )

    class Meta:
        model = Application
        fields = (
            "travels_as", "starts_on", "ends_on", "is_virtual", "distance_km", "goals", "benefit",
            "use_at_home", "agenda", "meeting_planned", "meeting_note",
        )  # fmt: skip
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "starts_on": DayInput(),
            "ends_on": DayInput(),
            "meeting_note": forms.Textarea(attrs={"rows": 2}),
            "agenda": forms.Textarea(attrs={"rows": 8}),
        }
        labels: ClassVar[dict[str, Any]] = {
            "is_virtual": _("We take part from home: a virtual stay"),
            "distance_km": _("Kilometres between the two places"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "starts_on": _(
                "The host answers and all sign before it. Days begin and end at midnight in Brussels."
            ),
            "goals": _("What shall the person who travels know or be able to do afterwards?"),
            "benefit": _("What you bring that the host can use."),
            "use_at_home": _("Who at home will work differently, and how you will pass on what you learned."),
            "agenda": _(
                "Day by day: visits, talks, work together. The host's sketch is on the page of the offer."
            ),
            "meeting_note": _("Who meets whom and when; or why they will not meet."),
        }

    def __init__(self, data: Any = None, *, instance: Application) -> None:
        super().__init__(
            data,
            instance=instance,
            initial={"seen": instance.updated_at.isoformat(), "traveller": instance.traveller_id},
        )
        programme, offer = instance.offer.programme, instance.offer
        people: Any = self.fields["traveller"]
        people.queryset = User.objects.filter(
            is_active=True, memberships__organisation=instance.guest_id
        ).order_by("name", "pk")
        audiences: Any = self.fields["travels_as"]
        fitting = AUDIENCE_OF_KIND[instance.guest.kind]
        audiences.choices = [
            ("", _("Please choose")),
            *((code, label) for code, label in TRAVELS_AS.items() if code == fitting in programme.audiences),
        ]
        names = {"audience": TRAVELS_AS[fitting], "guest": instance.guest.name}
        audiences.help_text = (
            f"{WHO_TRAVELS_AS[fitting]} {_('So do all who belong to %(guest)s.') % names}"
            if fitting in programme.audiences
            else _("This programme does not take: %(audience)s.") % names
        )
        # Who had chosen it before the host took it away must be able to choose otherwise.
        if not ((programme.virtual_counts and offer.is_virtual) or instance.is_virtual):
            del self.fields["is_virtual"]
        if programme.halved_under_km is None or programme.funding != Funding.LUMP_SUM:
            del self.fields["distance_km"]
        else:
            self.fields["distance_km"].help_text = _(
                "Under %(distance)s kilometres the programme pays half of the lump sum."
            ) % {"distance": programme.halved_under_km}
        # A virtual stay has no distance.
        mark_needed(self, REQUIRED if instance.is_virtual else (*REQUIRED, "distance_km"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, last = data.get("starts_on"), data.get("ends_on")
        for name, other in (("starts_on", last), ("ends_on", first)):
            if other and not data.get(name) and name not in self.errors:
                self.add_error(name, _("Please give both days, or none yet."))
        if first and last and last < first:
            self.add_error("ends_on", _("The last day lies before the first."))
        return data

    def values(self) -> dict[str, Any]:
        """What is valid of it; of two days that do not go together, neither."""
        found = super().values()
        if "starts_on" not in found or "ends_on" not in found:
            found.pop("starts_on", None)
            found.pop("ends_on", None)
        return found


# --- Steps of a case --------------------------------------------------------------------------------
class ReasonForm(forms.Form):
    """Why something ends; it is sent to those whom it concerns."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It is sent to those whom it concerns, and kept with the case."),
        max_length=REASON_MAX_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Please give a reason: it is sent to those whom it concerns.")},
    )


class DecisionForm(forms.Form):
    """Approve, reject, or put on the waiting list; all but an approval that the reviews recommend need a reason."""

    to = forms.ChoiceField(
        label=_("Decision"),
        choices=[(state.value, state.label) for state in DECISIONS],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_(
            "It is sent to both sides, and kept. An approval may go without one, unless the reviews speak against it "
            "or fewer are in than are wanted."
        ),
        max_length=REASON_MAX_CHARS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("to") in (ApplicationState.REJECTED, ApplicationState.WAITING_LIST) and not data.get(
            "reason"
        ):
            self.add_error("reason", _("Please give a reason: it is sent to those whom it concerns."))
        return data

    def clean_to(self) -> ApplicationState:
        return ApplicationState(self.cleaned_data["to"])


class ReturnForm(ReasonForm):
    """From whom the officer asks for more."""

    side = forms.ChoiceField(label=_("From whom?"), choices=Side.choices, widget=forms.RadioSelect)
    field_order = ("side", "reason")

    def clean_side(self) -> Side:
        return Side(self.cleaned_data["side"])


class SeenTextForm(forms.Form):
    """Which text somebody had in front of them when they pressed; without one the service refuses."""

    text_hash = forms.CharField(required=False, widget=forms.HiddenInput)


class PaymentForm(forms.Form):
    """What is noted says its amount again: it is written once."""

    reference = forms.CharField(label=_("Reference of the transfer"), max_length=120)
    paid_on = forms.DateField(label=_("Paid on"), widget=DayInput(), validators=DAYS)

    def __init__(self, data: Any = None, *, case: Application, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.case = case
        self.fields["reference"].help_text = _(
            "Of the transfer of %(amount)s to %(guest)s, as it stands on the bank's statement. It cannot be changed"
            " afterwards."
        ) % {"amount": amount_of_case(case), "guest": case.guest.name}

    def clean_paid_on(self) -> Any:
        paid_on = self.cleaned_data["paid_on"]
        if problem := problem_of_payment(self.case, paid_on):
            raise forms.ValidationError(problem)
        return paid_on


def organisations_to_apply_for(user: User, offer: Offer) -> Any:
    """Theirs, but never the host; nobody who belongs to the host applies to it."""
    mine = Organisation.objects.of_member(user).filter(is_active=True)
    if mine.filter(pk=offer.host_id).exists():
        return Organisation.objects.none()
    return mine.order_by("name", "pk")
