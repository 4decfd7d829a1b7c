"""What cards of resources need and the search does not keep, since it depends on the reader's language; and the choice
of places in the long form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.formats import file_size
from apps.knowledge.enums import ResourceType
from apps.knowledge.form_steps import Choice, Place, place_tree
from apps.knowledge.forms import ResourceForm
from apps.search.labels import label_in
from apps.search.queries import Hit

register = template.Library()


@register.simple_tag
def place_choices(form: ResourceForm) -> SafeString:
    """Countries to tick, and below a ticked one its regions (the style sheet shows them). Five hundred boxes are too
    many for a template's pace.
    """
    return SafeString("".join(_place(place) for place in place_tree(form)))


def _place(place: Place) -> str:
    country = _box("countries", place.country)
    if not place.regions:
        return f'<li class="hub-place">{country}</li>'
    said = escape(_("Regions of %(country)s") % {"country": place.country.label})
    chosen = f' <span class="hub-tab-count">{place.chosen}</span>' if place.chosen else ""
    boxes = "".join(_box("regions", region) for region in place.regions)
    return (
        f'<li class="hub-place">{country}<details{" open" if place.chosen else ""}><summary>{said}{chosen}</summary>'
        f"{boxes}</details></li>"
    )


def _box(name: str, choice: Choice) -> str:
    checked = " checked" if choice.is_chosen else ""
    part = " hub-place-part" if choice.is_part else ""
    return (
        f'<div class="form-check{part}"><input class="form-check-input" type="checkbox" name="{name}" '
        f'value="{escape(choice.value)}" id="{choice.id}"{checked}> '
        f'<label class="form-check-label" for="{choice.id}">{escape(choice.label)}</label></div>'
    )


@register.filter
def resource_kind(hit: Hit) -> str:
    """The line above a card's title. In Python, as are the facts: twenty cards are most of a catalogue's time."""
    card = hit.card
    year = str(card["year"] or "")
    if year and not card["is_year_certain"]:
        year = _("%(year)s (not verified)") % {"year": year}
    listed = _("Listed, not hosted") if card["is_reference"] else ""
    return _joined(label_in(ResourceType, card["type"]), year, listed)


@register.filter
def resource_facts(hit: Hit) -> str:
    """The line below a card's text."""
    return _joined(*_facts(hit))


def _facts(hit: Hit) -> Iterator[str]:
    card = hit.card
    yield _cut(hit.authors, 80)
    yield "" if card["is_reference"] else _organisation(card)
    yield card["language_name"]
    yield _cut(", ".join(card["countries"]), 60)
    if card["file"]:
        yield f"{card['file']}, {file_size(card['size'])}"
    yield _("Link") if card["has_link"] else ""
    if hit.downloads:
        yield ngettext("%(number)d download", "%(number)d downloads", hit.downloads) % {
            "number": hit.downloads
        }


def _organisation(card: Mapping[str, Any]) -> str:
    """With a word of warning where nobody has checked that it is what it says."""
    if card.get("is_organisation_unverified"):
        return _("%(organisation)s (not verified yet)") % {"organisation": card["organisation"]}
    name: str = card["organisation"]
    return name


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else Truncator(text).chars(most)


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))
