"""Charts and the map, drawn as SVG on the server, each with the table that says the same."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.core import formats
from apps.core.charts import BarChart, LineChart, RadarChart, TileMap

register = template.Library()


@register.inclusion_tag("charts/line.html")
def line_chart(chart: LineChart) -> dict[str, Any]:
    return {"chart": chart}


@register.inclusion_tag("charts/bar.html")
def bar_chart(chart: BarChart) -> dict[str, Any]:
    return {"chart": chart}


@register.inclusion_tag("charts/radar.html")
def radar_chart(chart: RadarChart) -> dict[str, Any]:
    return {"chart": chart}


@register.inclusion_tag("charts/tile_map.html")
def tile_map(chart: TileMap) -> dict[str, Any]:
    return {"chart": chart}


@register.simple_tag
def progress_ring(done: int, total: int, label: str) -> SafeString:
    """How much of something is done; of nothing to do, all of it is. More than all is drawn as all."""
    share = min(1.0, done / total) if total > 0 else 1.0
    # Rounded down: "100 %" is said only when nothing is left.
    whole = int(share * 100)
    return format_html(
        '<p class="hub-ring"><svg viewBox="0 0 36 36" aria-hidden="true"><circle cx="18" cy="18" r="15.5" />'
        '<circle class="hub-ring-done" cx="18" cy="18" r="15.5" pathLength="100" stroke-dasharray="{} 100" '
        'transform="rotate(-90 18 18)" /></svg>'
        '<span><strong>{}</strong> {} <span class="hub-muted">{}</span></span></p>',
        whole,
        formats.percent(whole / 100),
        label,
        _("%(done)s of %(total)s") % {"done": formats.number(done), "total": formats.number(total)},
    )
