"""What the pages around signing in show."""

from __future__ import annotations

from django import template

from apps.accounts import demo

register = template.Library()


@register.simple_tag
def demo_people() -> list[demo.DemoPerson]:
    return demo.demo_people()
