"""What officers type about programmes."""

from __future__ import annotations

from copy import copy
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core import formats
from apps.core.once import OnceForm
from apps.core.slugs import slug_of
from apps.exchanges.budget import has_applications
from apps.exchanges.enums import Audience, FunderLevel, Funding, Track
from apps.exchanges.forms.applications import DayInput
from apps.exchanges.forms.rows import FormWithRows, Rows
from apps.exchanges.forms.seen import SeenForm
from apps.exchanges.models import Programme
from apps.exchanges.services.programmes import RateValues, ScoringValues, above_ceiling
from apps.organisations.forms import OneLineField
from apps.organisations.models import Organisation
from apps.reviews.models import ALL, MOST_REVIEWERS
from apps.reviews.services import CriterionValues
from apps.taxonomy.models import Country, Language

MOST_RATES = 60
MOST_CRITERIA = 12
DEADLINE_HOUR = 17
# Of a key in the database.
MOST_DIGITS = 18


class MomentInput(forms.DateTimeInput):
    """The browser's own calendar and clock, in the zone of the person who types."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class RateForm(forms.Form):
    """What a stay is worth; a row without a country holds for all that have no row of their own."""

    country = forms.ModelChoiceField(
        label=_("Country of the host"),
        queryset=Country.objects.all(),
        required=False,
        empty_label=_("Every other country"),
    )
    days_from = forms.IntegerField(label=_("From so many days"), required=False, min_value=1, max_value=180)
    amount = forms.DecimalField(
        label=_("Amount"), required=False, min_value=Decimal("0.01"), max_digits=9, decimal_places=2
    )
    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if any(data.get(name) for name in ("country", "days_from", "amount")):
            for name in ("days_from", "amount"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, ValidationError(_("Please fill this in.")))
        return data


class _RateRows(Rows):
    def clean(self) -> None:
        pairs = [(row.get("country"), row.get("days_from")) for row in self.filled()]
        if len(set(pairs)) != len(pairs):
            raise ValidationError(_("There are two amounts for the same country and length."))


class CriterionForm(forms.Form):
    """``code`` stays with a criterion whose name changes; a new one gets its own from its name."""

    code = forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput)
    name = OneLineField(label=_("Criterion"), max_length=160, required=False)
    weight = forms.DecimalField(
        label=_("Weight"), required=False, min_value=1, max_value=ALL, max_digits=5, decimal_places=2
    )
    least = forms.IntegerField(
        label=_("At least (per cent of its points)"), required=False, min_value=0, max_value=100
    )
    description = OneLineField(
        label=_("What reviewers look at"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not any(data.get(name) for name in ("name", "weight", "description", "least")):
            # Taken out: the code alone makes no criterion.
            return {}
        for name in ("name", "weight"):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, ValidationError(_("Please fill this in.")))
        return data


RateRows = forms.formset_factory(
    RateForm, formset=_RateRows, extra=2, max_num=MOST_RATES, validate_max=True, absolute_max=MOST_RATES + 1
)
CriterionRows = forms.formset_factory(
    CriterionForm,
    formset=Rows,
    extra=1,
    max_num=MOST_CRITERIA,
    validate_max=True,
    absolute_max=MOST_CRITERIA + 1,
)


class ProgrammeForm(OnceForm, SeenForm, FormWithRows, forms.ModelForm[Programme]):
    """All of a programme. What most programmes share is filled in, so that a light one takes a name and two days."""

    row_sets: ClassVar[Any] = {
        "rates": (RateRows, _("Please check the lump sums.")),
        "criteria": (CriterionRows, _("Please check the criteria.")),
    }

    organisation = forms.ModelChoiceField(
        label=_("Authority"), queryset=Organisation.objects.none(), empty_label=None
    )
    name = OneLineField(label=_("Name"), max_length=160)
    language = forms.ChoiceField(
        label=_("Language of this text"),
        choices=lambda: list(Language.objects.values_list("code", "name_native")),
    )
    audiences = forms.MultipleChoiceField(
        label=_("Who may travel"), choices=Audience.choices, widget=forms.CheckboxSelectMultiple
    )
    countries = forms.ModelMultipleChoiceField(
        label=_("Countries"),
        queryset=Country.objects.all(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Of guests and of hosts. Chosen beforehand: the Member States and the countries of COSME."
        ),
    )
    currency = forms.ChoiceField(
        label=_("Currency"),
        choices=lambda: [
            (code, code) for code in sorted({"EUR", *Country.objects.values_list("currency", flat=True)})
        ],
    )
    budget = forms.DecimalField(
        label=_("Budget"),
        help_text=_(
            "For all stays together: no more is approved than it covers. Left empty, nothing is counted against it."
        ),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
    )
    threshold = forms.DecimalField(
        label=_("Passes from so many points"),
        help_text=_("Of 100 points in total."),
        initial=60,
        min_value=0,
        max_value=ALL,
        max_digits=5,
        decimal_places=2,
    )
    reviewers = forms.IntegerField(
        label=_("Reviewers for each application"), initial=2, min_value=1, max_value=MOST_REVIEWERS
    )
    third_above = forms.DecimalField(
        label=_("One more reviewer if totals differ by more than"),
        help_text=_("Points. Left empty, nobody is added."),
        initial=20,
        required=False,
        min_value=0,
        max_value=ALL,
        max_digits=5,
        decimal_places=2,
    )
    # The offers of which the form has said that nobody could come to them any more.
    given_up = forms.CharField(required=False, widget=forms.HiddenInput)
    use_required_attribute = False

    class Meta:
        model = Programme
        fields = (
            "organisation", "name", "summary", "language", "level", "track", "opens_at", "closes_at", "grace_minutes",
            "stays_from", "stays_until", "audiences", "countries", "days_min", "days_max", "day_kind", "virtual_counts",
            "funding", "currency", "ceiling", "halved_under_days", "halved_under_km", "budget", "host_days",
            "promised_days", "report_days",
        )  # fmt: skip
        help_texts: ClassVar[dict[str, Any]] = {
            "ceiling": _("Whatever its country and length. No lump sum can be higher."),
            "halved_under_days": _(
                "A shorter stay is paid half of its lump sum. Left empty, none is halved."
            ),
            "halved_under_km": _(
                "A journey that is shorter, one way from the guest's place to the host's, is paid half of the lump "
                "sum. Left empty, distance does not count."
            ),
        }
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "summary": forms.Textarea(attrs={"rows": 5}),
            "track": forms.RadioSelect(),
            "opens_at": MomentInput(),
            "closes_at": MomentInput(),
            "stays_from": DayInput(),
            "stays_until": DayInput(),
        }

    # Which fields stand together on the page: the first part is all that a light programme needs.
    PARTS: ClassVar[dict[str, tuple[str, ...]]] = {
        "what": ("organisation", "name", "summary", "language", "level", "track"),
        "when": ("opens_at", "closes_at", "grace_minutes", "stays_from", "stays_until"),
        "who": ("audiences", "countries", "days_min", "days_max", "day_kind", "virtual_counts"),
        "money": ("funding", "currency", "ceiling", "halved_under_days", "halved_under_km", "budget"),
        "promises": ("host_days", "promised_days", "report_days"),
        "scoring": ("reviewers", "threshold", "third_above"),
    }

    def __init__(
        self, data: Any = None, *, instance: Programme, organisations: Any = None, **kwargs: Any
    ) -> None:
        self.is_new = instance.pk is None
        self.is_frozen = bool(instance.criteria and instance.criteria.frozen_at)
        super().__init__(data, instance=instance, **kwargs)
        self._given |= {"instance": instance, "organisations": organisations}
        if self.is_new:
            field: Any = self.fields["organisation"]
            field.queryset = organisations
        else:
            del self.fields["organisation"]
            self.initial.setdefault("seen", instance.updated_at.isoformat())
        for name in ("days_min", "days_max", "host_days", "promised_days", "report_days"):
            column: Any = Programme._meta.get_field(name)
            self.fields[name] = column.formfield(min_value=1)
        level: Any = self.fields["level"]
        level.choices = [("", _("Please choose")), *FunderLevel.choices]
        for name in ("opens_at", "closes_at"):
            self.fields[name].help_text = _("In %(zone)s.") % {"zone": formats.zone()}
        for name in self.PARTS["scoring"]:
            self.fields[name].disabled = self.is_frozen
        if not self.is_new and has_applications(instance):
            for name in ("funding", "currency"):
                self.fields[name].disabled = True
                self.fields[name].help_text = _("Somebody has applied, so it cannot change any more.")

    def part(self, name: str) -> list[forms.BoundField]:
        return [self[field] for field in self.PARTS[name] if field in self.fields]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("funding") == Funding.LUMP_SUM:
            self._check_lump_sums()
        self.check_rows()
        self._in_order("days_min", "days_max", _("The longest stay is shorter than the shortest."))
        self._in_order("stays_from", "stays_until", _("The last day lies before the first."))
        if (opens := data.get("opens_at")) and (closes := data.get("closes_at")) and closes <= opens:
            self.add_error("closes_at", ValidationError(_("The deadline lies before the beginning.")))
        if (
            data.get("funding") == Funding.LUMP_SUM
            and not data.get("ceiling")
            and "ceiling" not in self.errors
        ):
            self.add_error(
                "ceiling", ValidationError(_("Please say what a stay costs the programme at most."))
            )
        if data.get("track") == Track.FULL and not self.is_frozen and self.rows["criteria"].is_valid():
            self._check_weights()
        return data

    def _in_order(self, least: str, most: str, wrong: Any) -> None:
        first, last = self.cleaned_data.get(least), self.cleaned_data.get(most)
        if first is not None and last is not None and last < first:
            self.add_error(most, ValidationError(wrong))

    def _check_lump_sums(self) -> None:
        ceiling, currency = self.cleaned_data.get("ceiling"), self.cleaned_data.get("currency", "EUR")
        for row in self.rows["rates"].forms:
            amount = None if row.errors else row.cleaned_data.get("amount")
            if amount and (problem := above_ceiling(amount, ceiling, currency)):
                row.add_error("amount", problem)

    def _check_weights(self) -> None:
        total = sum((row["weight"] for row in self.rows["criteria"].filled()), Decimal(0))
        if total != ALL:
            text = gettext("The weights of all criteria make 100 together; these make %(total)s.")
            self.add_error(None, ValidationError(text % {"total": formats.number(total)}))

    def _post_clean(self) -> None:
        """The model's own checks, on a copy: the page shows the programme as it stands, and the service compares."""
        kept, self.instance = self.instance, copy(self.instance)
        super()._post_clean()  # type: ignore[misc]
        self.instance = kept

    def clean_given_up(self) -> list[int]:
        """What is no number counts as not said: nobody types into this field."""
        words = self.cleaned_data["given_up"].split()
        return [int(pk) for pk in words if pk.isdecimal() and len(pk) <= MOST_DIGITS]

    def values(self) -> dict[str, Any]:
        """As the services take them."""
        kept = ("organisation", "countries", "seen", "given_up", "form_token", *self.PARTS["scoring"])
        return {name: value for name, value in self.cleaned_data.items() if name not in kept}

    def rates(self) -> list[RateValues]:
        return [
            RateValues(row["country"], row["days_from"], row["amount"]) for row in self.rows["rates"].filled()
        ]

    def scoring(self) -> ScoringValues | None:
        """None where nothing is scored, or cases are scored already."""
        data = self.cleaned_data
        if self.is_frozen or data["track"] != Track.FULL:
            return None
        return ScoringValues(
            _criteria(self.rows["criteria"].filled()),
            data["threshold"],
            data["reviewers"],
            data["third_above"],
        )


def _criteria(rows: list[dict[str, Any]]) -> list[CriterionValues]:
    found: dict[str, CriterionValues] = {}
    for row in rows:
        code = _free_code(row.get("code") or slug_of(row["name"], longest=30) or "criterion", found)
        least = Decimal(row["least"] or 0) / 100
        found[code] = CriterionValues(code, row["name"], row["weight"], row["description"], least)
    return list(found.values())


def _free_code(wanted: str, taken: dict[str, CriterionValues]) -> str:
    numbered = (wanted if number == 1 else f"{wanted}-{number}" for number in range(1, MOST_CRITERIA + 2))
    return next(code for code in numbered if code not in taken)


def usual_dates() -> dict[str, Any]:
    """Open from now on, closed in two months, stays within a year."""
    now = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    return {
        "opens_at": now,
        "closes_at": (now + timedelta(days=60)).replace(hour=DEADLINE_HOUR),
        "stays_from": now.date(),
        "stays_until": now.date() + timedelta(days=365),
    }


class OfficerForm(forms.Form):
    """Somebody of the authority who is none yet."""

    person = forms.ModelChoiceField(
        label=_("Who shall run the programme, too?"),
        queryset=User.objects.none(),
        empty_label=_("Please choose"),
        error_messages={"required": _("Please choose."), "invalid_choice": _("Please choose.")},
    )
    use_required_attribute = False

    def __init__(self, data: Any = None, *, programme: Programme) -> None:
        super().__init__(data)
        people: Any = self.fields["person"]
        people.queryset = (
            User.objects.filter(is_active=True, memberships__organisation=programme.organisation_id)
            .exclude(officer_of__programme=programme)
            .order_by("name", "pk")
        )
