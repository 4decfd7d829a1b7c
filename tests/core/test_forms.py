"""Fields: labelled, described, and with a class for each kind of widget."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django import forms


class Everything(forms.Form):
    words = forms.CharField(label="Words", help_text="A <b>help</b>.")
    text = forms.CharField(widget=forms.Textarea(attrs={"class": "own"}), help_text="Long.")
    choice = forms.ChoiceField(choices=[("a", "A")], help_text="One.")
    many = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], help_text="Some.")
    boxes = forms.MultipleChoiceField(
        choices=[("G", [("a", "A & B")]), ("b", "B")], widget=forms.CheckboxSelectMultiple, help_text="Tick."
    )
    dots = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect, help_text="Dot.")
    agreed = forms.BooleanField(help_text="Really.")
    file = forms.FileField(help_text="A file.")
    when = forms.SplitDateTimeField(help_text="Two parts.")
    free = forms.CharField(required=False)
    token = forms.CharField(widget=forms.HiddenInput)


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in <{tag} {attrs}>"
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def by_id(self, name: str) -> dict[str, str]:
        found = [attrs for _, attrs in self.tags if attrs.get("id") == name]
        assert len(found) == 1, f"{name} is there {len(found)} times"
        return found[0]


@pytest.fixture(params=[None, {}], ids=["unbound", "with errors"])
def page(request: pytest.FixtureRequest) -> Page:
    return Page(Everything(request.param).render())


def test_every_id_that_something_points_to_is_there_once(page: Page) -> None:
    for _tag, attrs in page.tags:
        for name in f"{attrs.get('aria-describedby', '')} {attrs.get('for', '')}".split():
            page.by_id(name)


@pytest.mark.parametrize("name", ["words", "text", "choice", "many", "agreed", "file"])
def test_widget_is_described_by_help_and_error_and_labelled(name: str) -> None:
    page = Page(Everything({}).render())

    widget = page.by_id(f"id_{name}")

    assert widget["aria-describedby"] == f"id_{name}_helptext id_{name}_error"
    assert widget["aria-invalid"] == "true"
    assert any(tag == "label" and attrs.get("for") == f"id_{name}" for tag, attrs in page.tags)


@pytest.mark.parametrize("name", ["boxes", "dots", "when"])
def test_group_of_widgets_is_a_described_fieldset_with_a_legend(name: str) -> None:
    html = Everything({}).render()

    opening = re.search(
        rf'<fieldset[^>]*aria-describedby="id_{name}_helptext id_{name}_error"[^>]*>\s*<legend', html
    )

    assert opening is not None


@pytest.mark.parametrize(
    ("name", "css"),
    [
        ("words", "form-control"),
        ("text", "own form-control"),
        ("choice", "form-select"),
        ("many", "form-select"),
        ("boxes_0_0", "form-check-input"),
        ("boxes_1", "form-check-input"),
        ("dots_1", "form-check-input"),
        ("agreed", "form-check-input"),
        ("file", "form-control"),
        ("when_0", "form-control"),
        ("when_1", "form-control"),
    ],
)
def test_each_kind_of_widget_has_its_class(page: Page, name: str, css: str) -> None:
    assert page.by_id(f"id_{name}")["class"] == css


def test_hidden_field_has_no_class_and_no_label(page: Page) -> None:
    assert "class" not in page.by_id("id_token")
    assert not [attrs for tag, attrs in page.tags if tag == "label" and attrs.get("for") == "id_token"]


def test_required_is_said_in_words_and_only_where_it_is_true() -> None:
    form = Everything()

    assert "(required)" in form["words"].as_field_group()
    assert "(required)" in form["boxes"].as_field_group()
    assert "(required)" in form["agreed"].as_field_group()
    assert "(required)" not in form["free"].as_field_group()


def test_labels_and_typed_values_are_escaped() -> None:
    class Evil(forms.Form):
        words = forms.CharField(label="<i>label</i>")
        pick = forms.MultipleChoiceField(
            label="Pick",
            choices=[("<u>group</u>", [("a", "<u>option</u>")])],
            widget=forms.CheckboxSelectMultiple,
        )

    html = Evil({"words": '"><script>'}).render()

    assert "<i>" not in html
    assert "<u>" not in html
    assert "<script>" not in html


def test_long_list_of_choices_scrolls_and_a_short_one_does_not() -> None:
    def boxes(count: int) -> str:
        class Choices(forms.Form):
            pick = forms.MultipleChoiceField(
                choices=[(str(n), str(n)) for n in range(count)], widget=forms.CheckboxSelectMultiple
            )

        return Choices().render()

    assert "hub-choices-long" in boxes(10)
    assert "hub-choices-long" not in boxes(9)


def test_form_without_ids_points_nowhere() -> None:
    page = Page(Everything({}, auto_id=False).render())

    assert not [attrs for _, attrs in page.tags if "aria-describedby" in attrs or "for" in attrs]
