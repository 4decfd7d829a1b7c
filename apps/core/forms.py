"""How the hub's forms are rendered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.forms import BaseForm
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest


def mark_needed(form: BaseForm, names: Iterable[str]) -> None:
    """Say beside these fields that they are needed to submit: a draft is saved without them."""
    for name in names:
        if name in form.fields:
            form.fields[name].is_needed = True  # type: ignore[attr-defined]


_UNSEEN_TYPES = {"hidden", "submit", "reset", "button", "image"}


class HubFormRenderer(TemplatesSetting):
    """Django's own rendering with one template for forms, one for fields, and a class for each kind of widget.

    The classes are set here, so that no form has to name them and no widget needs a template of its own.
    """

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if "widget" in context:
            context = {**context, "widget": _classed(context["widget"])}
        return super().render(template_name, context, request)


def _classed(widget: dict[str, Any]) -> dict[str, Any]:
    """The widget with the class that the style sheet knows its kind by; in a group, each part has its own."""
    if "subwidgets" in widget:
        return {**widget, "subwidgets": [_classed(part) for part in widget["subwidgets"]]}
    if "optgroups" in widget and not _is_select(widget):
        groups = [(name, [_classed(box) for box in boxes], n) for name, boxes, n in widget["optgroups"]]
        return {**widget, "optgroups": groups}
    return {**widget, "attrs": _with_class(widget.get("attrs") or {}, _class_of(widget))}


def _is_select(widget: Mapping[str, Any]) -> bool:
    return str(widget.get("template_name", "")).rpartition("/")[2].startswith("select")


def _class_of(widget: Mapping[str, Any]) -> str:
    if "optgroups" in widget:
        return "form-select"
    kind = widget.get("type")
    if kind in {"checkbox", "radio"}:
        return "form-check-input"
    return "" if kind in _UNSEEN_TYPES else "form-control"


def _with_class(attrs: Mapping[str, Any], name: str) -> dict[str, Any]:
    present = str(attrs.get("class", "")).split()
    if not name or name in present:
        return dict(attrs)
    return {**attrs, "class": " ".join([*present, name])}
