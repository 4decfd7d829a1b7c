"""The components: they escape, they keep the query string, and they fail loudly."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from django.contrib.messages.storage.base import Message
from django.core.paginator import Page, Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.test.utils import override_settings
from django.utils import timezone
from django.utils.safestring import mark_safe

from apps.core.components import Column, Moment, Step, Tab, Table, avatar_tone, initials
from apps.core.templatetags import ui

EVIL = "<script>alert('x')</script>"


def render(text: str, path: str = "/", **context: Any) -> str:
    request = RequestFactory().get(path)
    return Template("{% load ui %}" + text).render(Context({"request": request, **context}))


def page(number: int, *, of: int) -> Page[int]:
    return Paginator(range(of), 1).page(number)


# --- Escaping -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{% badge evil %}",
        '{% state_badge "draft" evil %}',
        '{% crumb "" evil %}',
        "{% crumb evil evil %}",
        "{% breadcrumb %}{% crumb evil evil %}{% endbreadcrumb %}",
        '{% alert "info" %}{{ evil }}{% endalert %}',
        "{% avatar evil %}{% remark evil when evil %}{{ evil }}{% endremark %}",
        "{% dialog evil evil %}{{ evil }}{% enddialog %}",
        "{% tabs views evil %}{% stepper steps evil %}{% timeline moments %}",
        "{% data_table table %}{% facts pairs %}{% tags pairs %}{% search_box evil evil evil %}",
        "{% empty_state evil evil evil evil %}",
        "{% message_box evil_message %}",
    ],
)
def test_what_people_typed_is_escaped(text: str) -> None:
    html = render(
        text,
        evil=EVIL,
        evil_message=Message(25, EVIL),
        when=timezone.now(),
        views=[Tab(EVIL, EVIL, count=3)],
        steps=[Step(EVIL, "done", EVIL), Step(EVIL)],
        moments=[Moment(timezone.now(), EVIL, EVIL, EVIL)],
        table=Table(EVIL, [Column(EVIL), Column(EVIL)], [[EVIL, EVIL]]),
        pairs=[(EVIL, EVIL)],
    )

    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_alert_and_breadcrumb_keep_the_markup_of_their_content() -> None:
    assert "<b>x</b>" in render('{% alert "warning" %}<b>x</b>{% endalert %}')
    html = render('{% breadcrumb %}{% crumb "/a/" "A" %}{% crumb "" "B" %}{% endbreadcrumb %}')
    assert '<a href="/a/">A</a>' in html
    assert html.count('aria-current="page"') == 1


def test_quote_in_an_address_cannot_leave_the_attribute() -> None:
    html = render("{% crumb url 'x' %}", url='"><script>')

    assert '"><script>' not in html


# --- Failing loudly -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{% badge %}",
        "{% crumb '/a/' %}",
        "{% state_badge 'draft' %}",
        "{% empty_state 'only a title' %}",
        "{% icon %}",
        "{% alert %}x{% endalert %}",
    ],
)
def test_missing_argument_is_an_error(text: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        render(text)


@pytest.mark.parametrize(
    "text",
    [
        "{% badge 'x' 'purple' %}",
        "{% alert 'error' %}x{% endalert %}",
        "{% icon '../base' %}",
        "{% empty_state 'a' 'b' '/there/' %}",
    ],
)
def test_unknown_name_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        render(text)


# --- Colours never alone --------------------------------------------------------------------------


def test_state_badge_says_the_label_and_takes_an_unknown_state_calmly() -> None:
    assert "hub-badge-success" in render('{% state_badge "published" "Published" %}')
    assert "hub-badge-neutral" in render('{% state_badge "new-state" "New" %}')


@pytest.mark.parametrize(
    ("level", "tone"), [(20, "info"), (25, "success"), (30, "warning"), (40, "danger"), (10, "info")]
)
def test_message_has_the_tone_of_its_level(level: int, tone: str) -> None:
    assert f"alert-{tone}" in render("{% message_box message %}", message=Message(level, "Done"))


def test_icon_is_hidden_from_screen_readers() -> None:
    assert 'aria-hidden="true"' in render('{% icon "search" %}')


# --- Lists ----------------------------------------------------------------------------------------


def test_pagination_keeps_the_query_string_and_only_changes_the_page() -> None:
    html = render("{% pagination page %}", "/list/?q=a%26b&country=AT&country=DE&page=2", page=page(2, of=3))

    assert 'href="?q=a%26b&amp;country=AT&amp;country=DE&amp;page=3"' in html
    assert 'rel="prev"' in html
    assert html.count('aria-current="page"') == 1


def test_pagination_of_one_page_is_nothing() -> None:
    assert render("{% pagination page %}", page=page(1, of=1)).strip() == ""


def test_pagination_of_many_pages_is_short() -> None:
    html = render("{% pagination page %}", page=page(50, of=100))

    assert html.count('class="page-item') < 12
    assert "…" in html


def test_query_string_without_drops_the_key_and_the_page() -> None:
    html = render("{% querystring_without 'country' %}", "/?q=x&country=AT&country=DE&page=4")

    assert html == "?q=x"
    assert render("{% querystring_without 'q' %}", "/?q=x") == "?"


@pytest.mark.parametrize(("size", "text"), [(0, "0\xa0byte"), (1536, "1.5\xa0kB"), (52428800, "50\xa0MB")])
def test_file_size_is_readable(size: int, text: str) -> None:
    assert render("{{ size|file_size }}", size=size) == text


# --- The page -------------------------------------------------------------------------------------


@override_settings(SITE_URL="https://hub.example.org")
@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/knowledge/?q=x&country=AT", "https://hub.example.org/knowledge/"),
        ("/knowledge/?page=3&q=x", "https://hub.example.org/knowledge/?page=3"),
        ("/knowledge/?page=1", "https://hub.example.org/knowledge/"),
        ("/knowledge/?page=%22%3E", "https://hub.example.org/knowledge/"),
        ("/a%22b/", "https://hub.example.org/a%22b/"),
    ],
)
def test_canonical_address_is_the_path_and_the_page(path: str, url: str) -> None:
    assert render("{% canonical_url %}", path) == url


def test_asset_missing_in_the_manifest_has_its_plain_address(monkeypatch: pytest.MonkeyPatch) -> None:
    class Strict:
        def url(self, path: str) -> str:
            raise ValueError(f"Missing staticfiles manifest entry for {path!r}")

    monkeypatch.setattr(ui, "staticfiles_storage", Strict())

    assert ui.asset("dist/hub.css") == "/static/dist/hub.css"


# --- The summary of errors ------------------------------------------------------------------------


class SummaryForm(forms.Form):
    title = forms.CharField(label="Title <b>")
    topics = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple)
    token = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> None:
        self.add_error(None, "As a whole <wrong>")


def test_summary_links_to_what_takes_the_focus() -> None:
    form = SummaryForm({})

    html = render("{% form_errors form %}{{ form }}", form=form)

    assert 'href="#id_title"' in html
    assert 'id="id_title"' in html
    assert 'href="#id_topics_0"' in html
    assert 'id="id_topics_0"' in html
    assert "#id_token" not in html
    assert "Title &lt;b&gt;" in html


def test_error_of_the_whole_form_is_said_once_with_a_summary_and_once_without() -> None:
    assert (
        render("{% form_errors form %}{{ form }}", form=SummaryForm({})).count("As a whole &lt;wrong&gt;")
        == 1
    )
    assert render("{{ form }}", form=SummaryForm({})).count("As a whole &lt;wrong&gt;") == 1


def test_summary_of_a_good_form_is_nothing() -> None:
    form = SummaryForm()

    assert render("{% form_errors form %}", form=form).strip() == ""


# --- Larger components ----------------------------------------------------------------------------


def test_tabs_and_steps_say_where_one_is_in_words_too() -> None:
    html = render(
        '{% tabs views "Cases" %}{% stepper steps "Parts" %}',
        views=[Tab("Open", "?state=open", is_here=True, count=0), Tab("All", "?")],
        steps=[
            Step("One", "done", "#one"),
            Step("Two", "wrong", "#two"),
            Step("Three", "here"),
            Step("Four"),
        ],
    )
    assert html.count('aria-current="page"') == 1
    assert '<span class="hub-tab-count">0</span>' in html, "nothing is a count too"
    assert html.count('aria-current="step"') == 1
    assert html.count("(done)") == html.count("(please check)") == 1
    assert html.count("<a ") == 4, "where one cannot go there is no link"


def test_fact_without_a_value_is_left_out_and_nought_is_a_value() -> None:
    html = render("{% facts pairs %}", pairs=[("Visits", 0), ("Note", ""), ("Until", None), ("Paid", False)])
    assert "Visits" in html
    assert "Paid" in html
    assert "Note" not in html
    assert "Until" not in html


def test_table_names_rows_and_columns_also_where_it_is_shown_as_cards() -> None:
    table = Table(
        "Regions", [Column("Region"), Column("Applied", is_number=True)], [["Linz", mark_safe("<b>3</b>")]]
    )
    html = render("{% data_table table %}", table=table)
    assert '<th scope="row" role="rowheader">Linz</th>' in html
    assert 'data-label="Applied"' in html
    assert "<b>3</b>" in html
    assert "Nothing yet" in render("{% data_table table %}", table=Table("Regions", [Column("Region")]))
    with pytest.raises(ValueError, match="has not 2 cells"):
        Table("Regions", [Column("Region"), Column("Applied")], [["Linz"]])


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Muster", "AM"),
        ("Ada Maria von Muster", "AM"),
        ("Θάλεια", "Θ"),
        ("żaneta", "Ż"),
        ("", "?"),
        ("(x)", "?"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters
    assert avatar_tone(name) == avatar_tone(name)
    assert 1 <= avatar_tone(name) <= 6


def test_comment_tells_the_readers_time() -> None:
    """As the time line beside it does, and not the server's."""
    at = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)
    with timezone.override("Europe/Bucharest"):
        html = render(
            "{% remark 'Ada' at %}Text{% endremark %}{% timeline moments %}", at=at, moments=[Moment(at, "x")]
        )
    assert html.count("5 October 2026, 12:30") == 2
    assert 'datetime="2026-10-05T09:30:00+00:00"' in html
