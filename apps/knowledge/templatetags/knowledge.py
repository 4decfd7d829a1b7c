"""What cards of resources need and the search does not keep, since it depends on the reader's language."""

from __future__ import annotations

from django import template

from apps.knowledge.enums import ResourceType

register = template.Library()


@register.filter
def resource_type_label(code: str) -> str:
    """The type in the reader's language; nothing for a type that there is no longer."""
    return str(ResourceType(code).label) if code in ResourceType.values else ""
