"""Every component with its states and its code, for those who build pages. Only in the demonstration and in debug mode.

An example is a template of ``templates/gallery/examples/``: what it shows and the code that is shown are one file, so
that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from apps.core.charts import BarChart, Country, LineChart, RadarChart, Series, TileMap
from apps.core.components import Column, Moment, Step, Tab, Table
from apps.search.facets import Facet, FacetCount
from apps.search.queries import Hit

# Written in English on purpose: this page is for developers, who read the code in English too.
_WHEN = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)
Context = Callable[[HttpRequest], dict[str, Any]]


@dataclass(frozen=True)
class Example:
    """``name`` is the file's, ``text`` says when the component is the right one."""

    name: str
    title: str
    text: str
    context: Context | None = None

    @property
    def template_name(self) -> str:
        return f"gallery/examples/{self.name}.html"

    def source(self) -> str:
        template: Any = get_template(self.template_name)
        return str(template.template.source).strip()

    def rendered(self, request: HttpRequest) -> SafeString:
        values = self.context(request) if self.context else {}
        return mark_safe(get_template(self.template_name).render(values, request))  # noqa: S308 - our own templates


@dataclass(frozen=True)
class Part:
    slug: str
    title: str
    examples: tuple[Example, ...]


# --- What the examples show -----------------------------------------------------------------------
class _SampleForm(forms.Form):
    name = forms.CharField(
        label="Name of the cluster",
        max_length=120,
        help_text="As it stands in the register.",
        error_messages={"required": "Please give the name."},
    )
    kind = forms.ChoiceField(
        label="Kind", choices=[("", "Please choose"), ("cluster", "Cluster")], required=False
    )
    about = forms.CharField(label="What it does", widget=forms.Textarea, required=False)
    since = forms.DateField(label="Since", widget=forms.DateInput(attrs={"type": "date"}), required=False)
    topics = forms.MultipleChoiceField(
        label="Topics",
        choices=[("indicators", "Indicators"), ("governance", "Governance"), ("skills", "Skills")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    answer = forms.ChoiceField(
        label="May we show it?",
        choices=[("yes", "Yes"), ("no", "No")],
        widget=forms.RadioSelect,
        required=False,
    )
    agree = forms.BooleanField(label="I have read the rules", required=False)


def _form(_request: HttpRequest) -> dict[str, Any]:
    return {"form": _SampleForm(auto_id="plain_%s")}


def _wrong_form(_request: HttpRequest) -> dict[str, Any]:
    form = _SampleForm({}, auto_id="wrong_%s")
    form.fields["since"].required = True
    form.is_valid()
    return {"form": form}


def _tabs(_request: HttpRequest) -> dict[str, Any]:
    return {
        "views": [
            Tab("Open", "#tabs", is_here=True, count=12),
            Tab("Decided", "#tabs", count=140),
            Tab("All", "#tabs"),
        ]
    }


def _steps(_request: HttpRequest) -> dict[str, Any]:
    return {
        "steps": [
            Step("Who you are", "done", "#stepper"),
            Step("What you plan", "wrong", "#stepper"),
            Step("Dates and money", "here"),
            Step("Send", "open"),
        ]
    }


def _moments(_request: HttpRequest) -> dict[str, Any]:
    return {
        "moments": [
            Moment(_WHEN.replace(month=11), "Accepted by the host", "Bruno Beispiel", tone="success"),
            Moment(
                _WHEN.replace(day=20),
                "Changes asked for",
                "Cora Curator",
                note="Please say who travels.",
                tone="warning",
            ),
            Moment(_WHEN, "Submitted", "Ada Muster"),
            Moment(_WHEN.replace(day=1), "Begun", "Ada Muster", tone="neutral"),
        ]
    }


def _table(_request: HttpRequest) -> dict[str, Any]:
    columns = [
        Column("Region"),
        Column("Applied", is_number=True),
        Column("Awarded", is_number=True),
        Column("State"),
    ]
    rows: list[list[str | int]] = [
        ["Oberösterreich", 48, 21, "Open"],
        ["Comunitat Valenciana", 112, 40, "Closed"],
        ["Nord-Vest", 9, "not yet known", "Draft"],
    ]
    return {"table": Table("Applications by region", columns, rows)}


def _facts(_request: HttpRequest) -> dict[str, Any]:
    link = format_html('<a href="{}">{}</a>', "#facts", "Alpenholz")
    return {
        "pairs": [
            ("Host", link),
            ("Dates", "5 to 9 October 2026"),
            ("Languages", "German, English"),
            ("Note", ""),
        ]
    }


def _tags(_request: HttpRequest) -> dict[str, Any]:
    return {
        "pairs": [
            ("Indicators", "#tags"),
            ("Baselines and targets", "#tags"),
            ("Learning from results", "#tags"),
        ]
    }


def _pages(_request: HttpRequest) -> dict[str, Any]:
    return {"page_obj": Paginator(range(240), 20).page(6)}


def _remarks(_request: HttpRequest) -> dict[str, Any]:
    return {"at": _WHEN}


def _facet(_request: HttpRequest) -> dict[str, Any]:
    countries = [("AT", "Austria", 31), ("ES", "Spain", 28), ("RO", "Romania", 17), ("PL", "Poland", 12)]
    more = [(f"X{number}", f"Country {number}", 9) for number in range(10)]
    values = [
        FacetCount(code, name, count, is_chosen=code == "ES") for code, name, count in [*countries, *more]
    ]
    return {"facet": Facet("country", "Country", values)}


def _hit(kind: str, title: str, card: dict[str, Any], *, language: str = "en", found: str = "") -> Hit:
    return Hit(
        pk=1,
        kind=kind,
        object_id=1,
        title=title,
        title_html=format_html("{}", title),
        excerpt=mark_safe(found),  # noqa: S308 - ours
        summary="What a card says about a thing in two lines, so that one knows whether to open it.",
        authors="Muster, Ada; Beispiel, Bruno",
        language=language,
        url="#cards",
        published_at=_WHEN,
        downloads=48,
        card=card,
    )


def _resources(_request: HttpRequest) -> dict[str, Any]:
    card = {
        "type": "evaluation",
        "year": 2025,
        "is_year_certain": True,
        "is_reference": False,
        "organisation": "Demo Cluster Alpenholz",
        "language_name": "English",
        "summary_language": "en",
        "countries": ["Austria", "Germany"],
        "file": "PDF",
        "size": 1_240_000,
        "has_link": True,
    }
    other = {**card, "is_reference": True, "is_year_certain": False, "file": "", "language_name": "French"}
    marked = "How to read the <mark>indicators</mark> of a cluster …"
    return {
        "hits": [
            _hit("resource", "Evaluation of the cluster programme", card),
            _hit("resource", "Indicators that people use", card, found=marked),
            _hit("resource", "Étude des pôles de compétitivité", other, language="fr"),
        ],
        "reader_language": "en",
    }


def _organisations(_request: HttpRequest) -> dict[str, Any]:
    card = {
        "organisation_kind": "cluster",
        "country": "Austria",
        "region": "Oberösterreich",
        "city": "Linz",
        "sectors": ["Wood products", "Construction"],
        "is_verified": True,
        "is_illustrative": False,
    }
    return {
        "hits": [
            _hit("cluster", "Cluster Alpenholz", card),
            _hit("cluster", "Illustrative Cluster", {**card, "is_verified": False, "is_illustrative": True}),
        ],
        "reader_language": "en",
    }


def _lines(_request: HttpRequest) -> dict[str, Any]:
    ours = Series("This cluster", (12, 15, None, 19, 26, 31))
    all_of_them = Series("Median of 48 clusters", (10, 11, 13, 14, 16, 18))
    years = [str(year) for year in range(2020, 2026)]
    return {
        "chart": LineChart("Members in joint projects", years, (ours, all_of_them), unit="companies"),
        "one": LineChart(
            "Turnover of the members", years, (Series("Index", (100, 98, 104.5, 110, 109, 117)),)
        ),
    }


def _bars(_request: HttpRequest) -> dict[str, Any]:
    regions = ["Oberösterreich", "Comunitat Valenciana", "Nord-Vest"]
    two = (Series("Applied", (48, 112, 9)), Series("Awarded", (21, 40, None)))
    change = (Series("Change", (4.5, -2, 0)),)
    return {
        "chart": BarChart("Applications by region", regions, two),
        "change": BarChart("Change on the year before", regions, change, unit="per cent"),
    }


def _radar(_request: HttpRequest) -> dict[str, Any]:
    criteria = ["Relevance", "Mutual benefit", "Use at home", "Agenda", "Meeting of managers", "Openness"]
    return {
        "chart": RadarChart(
            "Scores of two reviewers",
            criteria,
            (Series("First", (4, 3.5, 5, 2, 4, 3)), Series("Second", (3, 4, 4, 3.5, None, 4.5))),
            unit="of 5 points",
        )
    }


def _tiles(_request: HttpRequest) -> dict[str, Any]:
    counts = {"AT": 31, "DE": 48, "ES": 28, "RO": 17, "PL": 12, "PT": 9, "FR": 40, "IT": 22, "FI": 6, "EE": 1}
    countries = [Country(code, code, count, "#tile_map") for code, count in counts.items()]
    return {"map": TileMap("Clusters by country", [*countries, Country("SE", "SE", None)])}


PARTS = (
    Part(
        "words",
        "Words and marks",
        (
            Example("buttons", "Buttons", "One primary button on a page: what most people came to do."),
            Example("tags", "Tags", "Lead to everything that carries the same word.", _tags),
            Example("badges", "Badges and states", "The word says it, the colour repeats it."),
            Example("icons", "Icons", "Beside a text, never instead of one."),
            Example("avatars", "Avatars", "Initials; the name stands beside them."),
        ),
    ),
    Part(
        "messages",
        "Messages",
        (
            Example("alerts", "Alerts", "What the reader must know about this page."),
            Example("empty", "Empty state", "Why a list is empty, and a way on."),
            Example(
                "dialog", "Dialog", "A question before a step; the link leads to a page that asks the same."
            ),
            Example("toast", "Toast", "A passing message about what was just done here."),
        ),
    ),
    Part(
        "ways",
        "Ways",
        (
            Example("breadcrumb", "Breadcrumb", "Where this page is."),
            Example("tabs", "Tabs", "Several views of one thing.", _tabs),
            Example("stepper", "Stepper", "A long form, or the way of a case.", _steps),
            Example("timeline", "Time line", "What happened, the newest first.", _moments),
            Example("pagination", "Pagination", "Addresses keep the question.", _pages),
        ),
    ),
    Part(
        "catalogue",
        "Catalogue",
        (
            Example("search_box", "Search box", "The one field for words."),
            Example(
                "facet", "Facet group", "Counts, the chosen ones kept, the rest behind one press.", _facet
            ),
            Example("resource_cards", "Result list: resources", "As found, marked, and listed.", _resources),
            Example(
                "organisation_cards",
                "Result list: organisations",
                "Verified and illustrative.",
                _organisations,
            ),
        ),
    ),
    Part(
        "facts-and-talk",
        "Facts and talk",
        (
            Example("facts", "Definition list", "A fact without a value is left out.", _facts),
            Example("data_table", "Data table", "On a phone each row becomes a card.", _table),
            Example("remarks", "Comment", "A question, and its answer.", _remarks),
        ),
    ),
    Part(
        "numbers",
        "Numbers",
        (
            Example("progress_ring", "Progress ring", "How much of something countable is done."),
            Example("line_chart", "Line chart", "How values went over time; unknown ones are gaps.", _lines),
            Example("bar_chart", "Bar chart", "Amounts side by side; it is a table.", _bars),
            Example("radar_chart", "Radar chart", "Several criteria of one thing on one scale.", _radar),
            Example(
                "tile_map",
                "Map of Europe",
                "A value of each country; each may lead to what it counts.",
                _tiles,
            ),
        ),
    ),
    Part(
        "forms",
        "Forms",
        (
            Example("form", "Fields", "Label, help, field; errors between them.", _form),
            Example(
                "form_errors", "A form that was not accepted", "The summary leads to each field.", _wrong_form
            ),
            Example("upload", "File upload", "Shows how much is sent; works without script."),
        ),
    ),
)


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    parts = [
        {
            "part": part,
            "examples": [
                {"example": example, "html": example.rendered(request), "source": example.source()}
                for example in part.examples
            ],
        }
        for part in PARTS
    ]
    return render(request, "gallery/index.html", {"parts": parts})
