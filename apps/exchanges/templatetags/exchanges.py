"""What the card of an offer says, from what the search keeps of it; and what people typed, in an agreement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import formats
from apps.exchanges import agreement_text
from apps.exchanges.days import today
from apps.exchanges.enums import OfferLevel, OfferState
from apps.search.labels import label_in
from apps.search.queries import Hit

register = template.Library()
SHOWN_PERIODS = 3
register.filter("quoted", agreement_text.quoted)
register.filter("one_line", agreement_text.one_line)


@register.simple_tag
def days_between(first: str, last: str) -> str:
    """Of two days as a message keeps them (ISO 8601)."""
    return formats.days(date.fromisoformat(first), date.fromisoformat(last))


@register.filter
def offer_state(hit: Hit) -> str:
    return label_in(OfferState, hit.card.get("state"))


@register.filter
def offer_level(hit: Hit) -> str:
    return label_in(OfferLevel, hit.card.get("level"))


@register.filter
def offer_periods(hit: Hit) -> str:
    """Those that are not over yet: what the search keeps may be older."""
    day = today()
    found = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in hit.card["windows"]]
    coming = [formats.days(first, last) for first, last in found if last >= day]
    more = len(coming) - SHOWN_PERIODS
    said = ", ".join(coming[:SHOWN_PERIODS])
    if more <= 0:
        return said
    text = ngettext("%(periods)s and %(count)d more", "%(periods)s and %(count)d more", more)
    return text % {"periods": said, "count": more}


@register.filter
def offer_terms(hit: Hit) -> str:
    """How many guests, in which languages, and whether from home."""
    places = hit.card["places"]
    said = ngettext("%(count)d guest at a time", "%(count)d guests at the same time", places)
    parts: list[Any] = [said % {"count": places}, ", ".join(hit.card["languages"])]
    if hit.card["is_virtual"]:
        parts.append(_("Virtual stay possible"))
    return " · ".join(filter(None, parts))


@register.filter
def offer_deadline(hit: Hit) -> str:
    closes_at = datetime.fromisoformat(hit.card["closes_at"])
    if closes_at < timezone.now():
        return _("Applications are closed")
    return _("Applications until %(moment)s") % {"moment": formats.deadline(closes_at)}
