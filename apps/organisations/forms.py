"""What people type about organisations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.http import QueryDict
from django.utils import timezone
from django.utils.timezone import is_aware
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.validators import validate_name
from apps.core.links import validate_public_url
from apps.organisations.enums import OrganisationKind
from apps.organisations.models import FILTERED_LEVEL, FIRST_YEAR, Organisation
from apps.organisations.queries import similar_organisations
from apps.taxonomy.models import Country, Language, Region, Sector, SectorTaxonomy


def region_choices() -> list[tuple[str, Any]]:
    """Regions of level 2 under their countries, so that a choice needs no script.

    Where there is script, only the group of the chosen country is left: it goes by the country's name.
    """
    regions = (
        Region.objects.filter(level=FILTERED_LEVEL, is_extra_regio=False)
        .select_related("country")
        .order_by("country__name", "name", "code")
    )
    groups = [
        (country, [(region.pk, region.full_name) for region in found])
        for country, found in groupby(regions, key=lambda region: region.country.name)
    ]
    return [("", _("No region")), *groups]


class OneLineField(forms.CharField):
    """Blanks of any kind and number are one blank: what is pasted from a document looks like what is typed."""

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())


class OrganisationForm(forms.ModelForm[Organisation]):
    """The profile. The same organisation is not entered twice without having been asked.

    ``by`` is not asked about what they have added themselves: the service knows a form that is sent twice.
    """

    name = OneLineField(label=_("Name"), max_length=160, validators=[validate_name])
    kind = forms.ChoiceField(
        label=_("Kind"), choices=lambda: [("", _("Please choose")), *OrganisationKind.choices]
    )
    country = forms.ModelChoiceField(
        label=_("Country"), queryset=Country.objects.all(), empty_label=_("Please choose")
    )
    region = forms.TypedChoiceField(
        label=_("Region"),
        help_text=_("The regions stand below their countries."),
        choices=region_choices,
        required=False,
        coerce=int,
        empty_value=None,
        widget=forms.Select(attrs={"data-groups-of": "country"}),
    )
    city = OneLineField(label=_("City"), max_length=120, required=False)
    sectors = forms.ModelMultipleChoiceField(
        label=_("Sectors"),
        queryset=Sector.objects.filter(taxonomy=SectorTaxonomy.ESCA),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    website = forms.URLField(
        label=_("Website"),
        required=False,
        max_length=300,
        assume_scheme="https",
        validators=[validate_public_url],
    )
    founded_year = forms.IntegerField(label=_("Founded in"), required=False, min_value=FIRST_YEAR)
    description = forms.CharField(
        label=_("Description"),
        help_text=_("What it is and does, in a few sentences. Plain text; empty lines part paragraphs."),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    language = forms.ChoiceField(
        label=_("Language of the description"),
        choices=lambda: [(language.code, language.label) for language in Language.objects.all()],
    )
    is_another = forms.BooleanField(label=_("None of these: this is another organisation"), required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Organisation
        fields = (
            "name",
            "kind",
            "country",
            "region",
            "city",
            "sectors",
            "website",
            "founded_year",
            "description",
            "language",
        )

    field_order = Meta.fields

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.is_new = self.instance.pk is None
        self.similar: list[Organisation] = []
        if self.is_new:
            self.initial.setdefault("language", self._language_of(by))
        else:
            self.initial["seen"] = self.instance.updated_at.isoformat()
            if self.instance.verified_at:
                note = _("Changing name, kind or country ends the verification; a curator then looks again.")
                self.fields["name"].help_text = note

    @staticmethod
    def _language_of(person: User) -> str:
        """Most write in the language in which they use the hub."""
        is_offered = Language.objects.filter(code=person.language).exists()
        return person.language if is_offered else "en"

    @property
    def profile_fields(self) -> Iterator[BoundField]:
        return (self[name] for name in self.Meta.fields)

    def clean_region(self) -> Region | None:
        pk = self.cleaned_data["region"]
        return Region.objects.select_related("country").get(pk=pk) if pk else None

    def clean_founded_year(self) -> int | None:
        year: int | None = self.cleaned_data["founded_year"]
        if year and year > timezone.localdate().year:
            raise ValidationError(_("This year is still to come."))
        return year

    def clean_seen(self) -> datetime | None:
        """What is no time counts as not said: nobody types into this field."""
        try:
            seen = datetime.fromisoformat(self.cleaned_data["seen"])
        except ValueError:
            return None
        return seen if is_aware(seen) else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        name, region, country = data.get("name"), data.get("region"), data.get("country")
        if region and country and region.country_id != country.pk:
            self.add_error("region", ValidationError(_("This region is in another country.")))
        if self.is_new and name and country:
            self.similar = similar_organisations(name, country, by=self.by)
            if self.similar and not data.get("is_another"):
                self.add_error("name", ValidationError(_("The hub has organisations of a similar name.")))
        return data

    def _post_clean(self) -> None:
        """Values go to the service; the instance stays as it is in the database, for the service compares."""

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields if name != "sectors"}

    def show_again(self, current: Organisation) -> list[tuple[str, str]]:
        """Let what was typed be saved over what stands there now. Returns the fields that differ, with what stands."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data["seen"] = current.updated_at.isoformat()
        self.data = data
        fresh = OrganisationForm(instance=current, by=self.by)
        return [
            (str(bound.label), str(getattr(current, name) or "-"))
            for name, typed in self.values().items()
            for bound in [fresh[name]]
            if getattr(current, name) != typed
        ]


class JoinForm(forms.Form):
    message = forms.CharField(
        label=_("Message"),
        help_text=_("Say who you are and what you do there, so that you are recognised."),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ReasonForm(forms.Form):
    """Why something is refused or taken back; it is sent to those whom it concerns."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It is sent to those whom it concerns."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Please give a reason: it is sent to those whom it concerns.")},
    )


class DecisionForm(ReasonForm):
    """With the round that the curator had in front of them (see ``services``)."""

    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, needs_reason: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_reason
        self.fields["reason"].label = _("Reason or note")
        self.fields["reason"].help_text = _(
            "Needed to hide an organisation or to take its verification back. It is sent to its managers."
        )
