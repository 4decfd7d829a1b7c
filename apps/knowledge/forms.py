"""The one form of a resource, and the curators' forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Model, Q
from django.forms.models import ModelChoiceIterator
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.links import validate_public_url
from apps.core.once import TokenForm
from apps.files.forms import KeptUploadMixin, UploadField
from apps.files.models import StoredFile
from apps.knowledge.content import LABELS, MANY_FIELDS, UNTITLED, ResourceContent, missing
from apps.knowledge.enums import ResourceType
from apps.knowledge.models import FIRST_YEAR, LAST_YEAR, Resource
from apps.organisations.models import Organisation
from apps.publishing.models import REASON_MAX_CHARS
from apps.taxonomy.enums import Basis
from apps.taxonomy.models import Country, Language, Licence, Method, Region, TargetGroup, Topic

TITLE_MAX_CHARS = 200
_GROUPS = {
    "evaluation": gettext_lazy("Monitoring and evaluation"),
    "cluster management": gettext_lazy("Cluster management"),
    "policy": gettext_lazy("Policy"),
    "quantitative": gettext_lazy("Quantitative"),
    "qualitative": gettext_lazy("Qualitative"),
    "mixed": gettext_lazy("Mixed"),
    "monitoring": gettext_lazy("Monitoring"),
    "practice": gettext_lazy("Practice"),
    "analysis": gettext_lazy("Analysis"),
}
# Characters that turn the direction of the text around them: a title could look like another one.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def refuse_controls(value: str) -> None:
    """Control characters break feeds and citations; a line break is refused where the field has one line only."""
    if any(unicodedata.category(char) == "Cc" or char in _DIRECTION for char in value):
        raise ValidationError(
            gettext_lazy("Please leave out line breaks and control characters."), code="control"
        )


def refuse_controls_but_lines(value: str) -> None:
    refuse_controls("".join(char for char in value if char not in "\r\n\t"))


def title_of_name(name: str) -> str:
    """What a file's name says, without what only file systems need: "a_report-2024.pdf" is "A report 2024"."""
    stem = name.rpartition(".")[0] or name
    words = " ".join(re.split(r"[\s_]+|(?<=\w)-(?=\w)", stem)).strip(" -.")
    return words[:1].upper() + words[1:]


class _UncutMixin:
    """Without ``maxlength`` a browser does not silently cut what is pasted; the message comes from here."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs: dict[str, Any] = super().widget_attrs(widget)  # type: ignore[misc]
        attrs.pop("maxlength", None)
        return attrs


class LineField(_UncutMixin, forms.CharField):
    """One line of text."""

    default_validators = [refuse_controls]


class TextField(_UncutMixin, forms.CharField):
    """Several lines of text."""

    widget = forms.Textarea
    default_validators = [refuse_controls_but_lines]


class PublicURLField(_UncutMixin, forms.URLField):
    """A link to a page that everybody can open."""

    default_validators = [validate_public_url]


class _GroupedIterator(ModelChoiceIterator[Any]):
    """Choices under the headings that the field's ``group_of`` gives; the queryset is in that order."""

    def __iter__(self) -> Iterator[Any]:
        field: Any = self.field
        for heading, rows in groupby(self.queryset.all(), key=field.group_of):
            yield heading, [self.choice(row) for row in rows]


class GroupedField(forms.ModelMultipleChoiceField[Any]):
    """Several of a vocabulary that is shown in groups."""

    iterator = _GroupedIterator

    def __init__(
        self,
        *args: Any,
        group_of: Callable[[Any], str],
        label_of: Callable[[Any], str] = str,
        **kwargs: Any,
    ) -> None:
        self.group_of = group_of
        self.label_of = label_of
        super().__init__(*args, **kwargs)

    def label_from_instance(self, obj: Model) -> str:
        return self.label_of(obj)


class LanguageField(forms.ModelChoiceField[Language]):
    def label_from_instance(self, obj: Language) -> str:
        return obj.label


def _term_group(term: Topic | Method | TargetGroup) -> str:
    return str(_GROUPS.get(term.group) or capfirst(term.group))


def region_label(region: Region) -> str:
    return f"{region.full_name} ({region.code})"


class ResourceForm(KeptUploadMixin, TokenForm):
    """Lenient for a draft, strict for a submission; what must be there says ``content.missing``.

    ``base`` is what is stored, or the defaults of a new resource. ``form_token`` and ``seen_version`` say which
    form this is and what it was opened on.
    """

    file = UploadField(label=LABELS["file"], required=False)
    link = PublicURLField(
        label=LABELS["link"],
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy(
            "Where it stands on the internet, if it does. The hub checks from time to time that it works."
        ),
    )
    licence = forms.ModelChoiceField(
        label=LABELS["licence"],
        queryset=Licence.objects.order_by("order", "name"),
        empty_label=gettext_lazy("Please choose"),
        required=False,
        help_text=gettext_lazy("What others may do with it. Needed when you upload a file."),
    )
    title = LineField(
        label=LABELS["title"],
        max_length=TITLE_MAX_CHARS,
        required=False,
        help_text=gettext_lazy("Left empty in a draft, it is taken from the name of the file."),
        error_messages={
            "max_length": gettext_lazy(
                "The title has %(show_value)d characters; there is room for %(limit_value)d."
            )
        },
    )
    resource_type = forms.ChoiceField(
        label=LABELS["resource_type"],
        choices=[("", gettext_lazy("Please choose")), *ResourceType.choices],
        required=False,
    )
    summary = TextField(
        label=LABELS["summary"],
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("What is it about, whom does it help, and how? At most 2,000 characters."),
    )
    authors = LineField(
        label=LABELS["authors"],
        max_length=500,
        required=False,
        help_text=gettext_lazy(
            "Family name, given name. Put a semicolon between authors: “Muster, Ada; Example Institute”."
        ),
    )
    organisation = forms.ModelChoiceField(
        label=LABELS["organisation"],
        queryset=Organisation.objects.none(),
        empty_label=None,
        required=False,
        help_text=gettext_lazy("On whose behalf you publish it. Its managers can work on it too."),
    )
    year = forms.IntegerField(
        label=LABELS["year"],
        required=False,
        help_text=gettext_lazy("When it was made."),
        error_messages={"invalid": gettext_lazy("Give the year as four digits, such as 2024.")},
    )
    version = LineField(
        label=LABELS["version"],
        max_length=40,
        required=False,
        help_text=gettext_lazy("If it has one: “2.1”, “final report”."),
    )
    language = LanguageField(
        label=LABELS["language"],
        queryset=Language.objects.order_by("name"),
        empty_label=None,
        required=False,
        help_text=gettext_lazy("The language that it is written in."),
    )
    topics = GroupedField(
        label=LABELS["topics"],
        queryset=Topic.objects.order_by("group", "order", "name"),
        group_of=_term_group,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Choose those that somebody looking for it would think of."),
    )
    methods = GroupedField(
        label=LABELS["methods"],
        queryset=Method.objects.order_by("group", "order", "name"),
        group_of=_term_group,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    target_groups = GroupedField(
        label=LABELS["target_groups"],
        queryset=TargetGroup.objects.order_by("group", "order", "name"),
        group_of=_term_group,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    countries = forms.ModelMultipleChoiceField(
        label=LABELS["countries"],
        queryset=Country.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Which countries it is about; none if it is about no particular one. The regions of a country follow when "
            "you have chosen it."
        ),
    )
    regions = GroupedField(
        label=LABELS["regions"],
        queryset=Region.objects.filter(level__in=[1, 2], is_extra_regio=False)
        .select_related("country")
        .order_by("country__name", "code"),
        group_of=lambda region: region.country.name,
        label_of=region_label,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    note = TextField(
        label=gettext_lazy("Note to the curator"),
        max_length=REASON_MAX_CHARS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "If there is something to say: what you changed, say, or why you did not. It goes with the submission and "
            "is never shown to readers."
        ),
    )
    seen_version = forms.CharField(required=False, widget=forms.HiddenInput)

    use_required_attribute = False

    # Marked as needed on the page; a draft may be saved without them.
    NEEDED = ("title", "resource_type", "summary", "topics", "language", "organisation")

    def __init__(
        self,
        *args: Any,
        uploader: User,
        base: ResourceContent,
        version: datetime | None = None,
        note: str = "",
        may_move: bool = True,
        is_strict: bool = False,
        **kwargs: Any,
    ) -> None:
        self.base = base
        self.is_strict = is_strict
        initial = {
            **_initial(base),
            "note": note,
            "seen_version": version.isoformat() if version else "",
        }
        super().__init__(*args, uploader=uploader, initial=initial, **kwargs)
        self._limit_year()
        self._offer_organisations(uploader, may_move=may_move)
        self._mark_needed(is_needed=True)

    def _limit_year(self) -> None:
        latest = timezone.localdate().year + 1
        field = self.fields["year"]
        message = _("Give a year between %(first)d and %(last)d.") % {"first": FIRST_YEAR, "last": latest}
        field.validators = [MinValueValidator(FIRST_YEAR, message), MaxValueValidator(latest, message)]
        field.widget.attrs.update({"inputmode": "numeric", "min": FIRST_YEAR, "max": latest})

    def _offer_organisations(self, person: User, *, may_move: bool) -> None:
        field: Any = self.fields["organisation"]
        mine = Organisation.objects.of_member(person).filter(is_active=True).values("pk")
        field.queryset = Organisation.objects.filter(Q(pk__in=mine) | Q(pk=self.base.organisation.pk))
        field.disabled = not may_move

    def full_clean(self) -> None:
        """Required is what the page says; whether it is missed depends on the button, see ``clean``."""
        self._mark_needed(is_needed=False)
        super().full_clean()
        self._mark_needed(is_needed=True)

    def _mark_needed(self, *, is_needed: bool) -> None:
        for name in self.NEEDED:
            self.fields[name].required = is_needed

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.is_strict:
            for name, message in missing(self.content()).items():
                if name not in self.errors:
                    self.add_error(name, ValidationError(message, code="required"))
        return cleaned

    def content(self) -> ResourceContent:
        """What was typed; a field that could not be understood keeps what was stored."""
        values: dict[str, Any] = {
            name: self.cleaned_data.get(name, getattr(self.base, name)) for name in LABELS
        }
        values.update({name: tuple(values[name]) for name in MANY_FIELDS})
        values["title"] = values["title"] or self._title_of_file(values["file"]) or UNTITLED
        values["language"] = values["language"] or self.base.language
        values["organisation"] = values["organisation"] or self.base.organisation
        values["countries"] = _with_countries_of(values["countries"], values["regions"])
        return ResourceContent(**values)

    def _title_of_file(self, file: StoredFile | None) -> str:
        """A draft is called what its new file is called; who submits has to have chosen."""
        if self.is_strict or file is None or file == self.base.file or "title" in self.errors:
            return ""
        return title_of_name(file.original_name)[:TITLE_MAX_CHARS]

    @property
    def note_text(self) -> str:
        """What was typed for the curator; it is no part of the content."""
        return str(self.cleaned_data.get("note") or "")

    @property
    def seen(self) -> datetime | None:
        """The state of the resource that the form was opened on."""
        try:
            return parse_datetime(self.cleaned_data.get("seen_version") or "")
        except ValueError:
            return None

    def show_again(self, *, version: datetime) -> None:
        """Keep what was typed, now on top of the state that the person has been told of."""
        data: Any = cast("QueryDict", self.data).copy()
        data[self.add_prefix("seen_version")] = version.isoformat()
        self.data = data


def _initial(base: ResourceContent) -> dict[str, Any]:
    initial: dict[str, Any] = {name: getattr(base, name) for name in LABELS}
    initial["title"] = base.typed_title
    return initial


def _with_countries_of(countries: tuple[Country, ...], regions: tuple[Region, ...]) -> tuple[Country, ...]:
    known = {country.pk for country in countries}
    added = {region.country_id: region.country for region in regions if region.country_id not in known}
    return (*countries, *added.values())


class ReferenceForm(forms.ModelForm[Resource]):
    """For curators: put a reference publication right, and say how it is known now."""

    title = LineField(label=LABELS["title"], max_length=200)
    basis = forms.ChoiceField(label=gettext_lazy("How the entry is known"), choices=Basis.choices)
    year_basis = forms.ChoiceField(label=gettext_lazy("How the year is known"), choices=Basis.choices)
    source = LineField(label=gettext_lazy("Source"), max_length=400)
    year = forms.IntegerField(label=LABELS["year"], required=False, min_value=FIRST_YEAR, max_value=LAST_YEAR)
    link = PublicURLField(label=LABELS["link"], max_length=500, required=False, assume_scheme="https")
    regions = forms.ModelMultipleChoiceField(
        label=LABELS["regions"],
        queryset=Region.objects.filter(level__in=[1, 2], is_extra_regio=False),
        required=False,
    )

    class Meta:
        model = Resource
        fields = [
            "title",
            "resource_type",
            "summary",
            "authors",
            "year",
            "year_basis",
            "language",
            "link",
            "countries",
            "regions",
            "topics",
            "methods",
            "target_groups",
            "basis",
            "source",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.setdefault("title", self.instance.publication.title)
