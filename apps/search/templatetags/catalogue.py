"""Parts of a catalogue's page that are too many for a template's pace."""

from __future__ import annotations

from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from apps.search.facets import Facet

register = template.Library()
_OPEN_FACETS = 2


@register.simple_tag
def facet_values(facet: Facet) -> SafeString:
    """A box to tick for each value: some ninety on a page, which took the template a third of its time."""
    boxes = [
        f'<label><input type="checkbox" name="{escape(facet.key)}" value="{escape(value.code)}"'
        f"{' checked' if value.is_chosen else ''}> <span>{escape(value.label)}</span> "
        f'<span class="hub-facet-count">{value.count}</span></label>'
        for value in facet.shown
    ]
    return mark_safe("\n".join(boxes))  # noqa: S308 - all that is not ours is escaped


@register.inclusion_tag("catalogue/facet_group.html")
def facet_group(facet: Facet, query_string: str = "", place: int = 1) -> dict[str, Any]:
    """One property with its values; the first ones are open. A long one leads to the page with all of its values."""
    query = f"{query_string}&" if query_string else ""
    return {
        "facet": facet,
        "is_open": place <= _OPEN_FACETS or facet.has_chosen or facet.is_whole,
        "all_url": f"?{query}all={facet.key}#facet-{facet.key}",
    }
