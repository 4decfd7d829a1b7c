"""The long form in steps: which fields stand in which, how far each has come, and the places as a tree.

It is one page with one form. Nothing that was typed can be lost on the way from step to step, with script or without,
and each step ends with a button that saves the draft and goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from apps.core.components import Step, StepState
from apps.core.templatetags.ui import focus_target
from apps.knowledge.content import ResourceContent, in_words, missing
from apps.knowledge.forms import ResourceForm, region_label
from apps.taxonomy.models import Region

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

GO_ON = "go-on:"  # with the step that the button stands in
LAST = "check"


@dataclass(frozen=True)
class Part:
    """One step of the form; ``code`` is its anchor in the page."""

    code: str
    label: _StrPromise
    fields: tuple[str, ...] = ()


PARTS = (
    Part("what", _("What it is"), ("file", "link", "licence", "title", "resource_type", "summary")),
    Part("who", _("Who and when"), ("authors", "organisation", "year", "version", "language")),
    Part("covers", _("What it covers"), ("topics", "methods", "target_groups", "countries", "regions")),
    Part(LAST, _("Check and submit"), ("note",)),
)
_CODES = [part.code for part in PARTS]
_IN_SUMMARY = ("title", "resource_type", "file", "link", "licence", "organisation", "language")


@dataclass(frozen=True)
class ShownPart:
    """A part as the page shows it; ``has_next`` where a button leads on."""

    code: str
    label: _StrPromise
    number: int
    fields: list[BoundField]
    has_next: bool


def known_step(code: str) -> str:
    """A step that exists; the first one for anything else."""
    return code if code in _CODES else _CODES[0]


def after(action: str) -> str:
    """Where the pressed button leads; empty for those that lead nowhere in the form."""
    if not action.startswith(GO_ON):
        return ""
    here = _CODES.index(known_step(action.removeprefix(GO_ON)))
    return _CODES[min(here + 1, len(_CODES) - 1)]


def shown_parts(form: ResourceForm) -> list[ShownPart]:
    """The two fields of places are shown as one tree, see ``place_tree``."""
    return [
        ShownPart(
            part.code,
            part.label,
            number,
            [form[name] for name in part.fields if name not in {"countries", "regions"}],
            part.code != LAST,
        )
        for number, part in enumerate(PARTS, start=1)
    ]


@dataclass(frozen=True)
class Lacking:
    """A field that still needs something before the resource can be submitted; ``target`` takes the focus."""

    name: str
    label: str
    target: str
    message: str


@dataclass(frozen=True)
class Told:
    """One field in the summary before the submission; ``target`` is where it is changed."""

    name: str
    label: str
    value: str
    target: str


def summary(form: ResourceForm) -> list[Told]:
    """What a curator will look at first, of the same content as ``lacking``."""
    content = _content(form)
    return [
        Told(name, str(form[name].label), in_words(name, getattr(content, name)), focus_target(form[name]))
        for name in _IN_SUMMARY
    ]


def _content(form: ResourceForm) -> ResourceContent:
    """Of a form that was sent what is in it, of one that is opened what is stored."""
    if not form.is_bound:
        return form.base
    form.is_valid()
    return form.content()


def lacking(form: ResourceForm) -> list[Lacking]:
    """In the order of the form."""
    found = missing(_content(form))
    return [
        Lacking(name, str(form[name].label), focus_target(form[name]), found[name])
        for part in PARTS
        for name in part.fields
        if name in found
    ]


def steps(form: ResourceForm, *, here: str, open_fields: Collection[str]) -> list[Step]:
    """For the stepper. A part is done when nothing in it is missing and somebody has written into it."""
    return [Step(part.label, _state(form, part, here, open_fields), f"#{part.code}") for part in PARTS]


def _state(form: ResourceForm, part: Part, here: str, open_fields: Collection[str]) -> StepState:
    if any(form.errors.get(name) for name in part.fields):
        return "wrong"
    if part.code == here:
        return "here"
    is_open = part.code == LAST or any(name in open_fields for name in part.fields)
    written = any(form[name].value() for name in part.fields if name not in {"organisation", "language"})
    return "done" if written and not is_open else "open"


@dataclass(frozen=True)
class Choice:
    id: str
    value: str
    label: str
    is_chosen: bool
    is_part: bool = False


@dataclass(frozen=True)
class Place:
    """A country and its regions."""

    country: Choice
    regions: list[Choice]

    @property
    def chosen(self) -> int:
        return sum(region.is_chosen for region in self.regions)


def place_tree(form: ResourceForm) -> Iterator[Place]:
    """Every country with its regions below it: two queries, whatever their number."""
    countries, regions = _chosen(form["countries"]), _chosen(form["regions"])
    region_field: Any = form.fields["regions"]
    country_field: Any = form.fields["countries"]
    rows = enumerate(region_field.queryset)
    below = {
        country: [_region(number, region, regions) for number, region in found]
        for country, found in groupby(rows, key=lambda row: row[1].country_id)
    }
    for number, country in enumerate(country_field.queryset):
        value = str(country.pk)
        choice = Choice(f"id_countries_{number}", value, country.name, value in countries)
        yield Place(choice, below.get(country.pk, []))


def _region(number: int, region: Region, chosen: Collection[str]) -> Choice:
    value = str(region.pk)
    return Choice(f"id_regions_{number}", value, region_label(region), value in chosen, region.level > 1)


def _chosen(field: BoundField) -> set[str]:
    return {str(value) for value in field.value() or ()}
