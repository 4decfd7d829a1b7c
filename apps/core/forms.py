"""How the hub's forms are rendered."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class HubFormRenderer(TemplatesSetting):
    """Django's own rendering with one field template."""

    field_template_name = "forms/field.html"
