"""What people type about organisations."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core.links import validate_public_url
from apps.organisations.enums import OrganisationKind
from apps.organisations.models import FIRST_YEAR, LAST_YEAR, Organisation
from apps.organisations.services import similar_names
from apps.taxonomy.models import Country, Language, Region, Sector, SectorTaxonomy

_SELECTABLE_LEVEL = 2


def region_choices() -> list[tuple[str, Any]]:
    """Regions of level 2 under their countries."""
    regions = (
        Region.objects.filter(level=_SELECTABLE_LEVEL, is_extra_regio=False)
        .select_related("country")
        .order_by("country__name", "code")
    )
    groups = [
        (country, [(region.pk, f"{region.name} ({region.code})") for region in found])
        for country, found in groupby(regions, key=lambda region: region.country.name)
    ]
    return [("", _("No region")), *groups]


class OrganisationForm(forms.ModelForm[Organisation]):
    """The profile. The same organisation is not entered twice without having been asked."""

    is_another = forms.BooleanField(
        label=_("None of these: this is another organisation"), required=False, widget=forms.HiddenInput
    )
    sectors = forms.ModelMultipleChoiceField(
        label=_("Sectors"),
        queryset=Sector.objects.filter(taxonomy=SectorTaxonomy.ESCA),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    region = forms.TypedChoiceField(
        label=_("Region"), choices=region_choices, required=False, coerce=int, empty_value=None
    )
    language = forms.ChoiceField(label=_("Language of the description"))
    website = forms.URLField(
        label=_("Website"),
        required=False,
        max_length=300,
        assume_scheme="https",
        validators=[validate_public_url],
    )
    founded_year = forms.IntegerField(
        label=_("Founded in"), required=False, min_value=FIRST_YEAR, max_value=LAST_YEAR
    )

    class Meta:
        model = Organisation
        fields = [
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
        ]
        widgets = {"description": forms.Textarea(attrs={"rows": 6})}

    field_order = [
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
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = list(Language.objects.values_list("code", "name_native"))  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", _("Please choose")), *OrganisationKind.choices]  # type: ignore[attr-defined]
        self.fields["country"].queryset = Country.objects.all()  # type: ignore[attr-defined]
        self.initial["region"] = self.instance.region_id
        self.similar: list[Organisation] = []

    def clean_region(self) -> Region | None:
        pk = self.cleaned_data["region"]
        return Region.objects.select_related("country").get(pk=pk) if pk else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        region, country = data.get("region"), data.get("country")
        if region and country and region.country_id != country.pk:
            self.add_error("region", ValidationError(_("This region is in another country.")))
        name = data.get("name")
        if self.instance.pk is None and name and country and not data.get("is_another"):
            self.similar = list(similar_names(name, country.pk))
            if self.similar:
                raise ValidationError(
                    _(
                        "The directory has organisations of a similar name. Please look whether yours is among them."
                    ),
                    code="similar",
                )
        return data

    def _post_clean(self) -> None:
        """Values go to the service; the instance stays as it is in the database, for the service compares."""

    def values(self) -> dict[str, Any]:
        names = [name for name in self.Meta.fields if name != "sectors"]
        return {name: self.cleaned_data[name] for name in names}


class JoinForm(forms.Form):
    message = forms.CharField(
        label=_("Message to the managers"),
        help_text=_("Say who you are and what you do there, so that they recognise you."),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It is sent to the person who asked."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
