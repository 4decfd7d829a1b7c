"""The parts of the start page of the administration, for ``templates/admin/index.html``."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest

from apps.portal import desk

register = template.Library()


@register.simple_tag
def desk_piles(request: HttpRequest) -> list[desk.Pile]:
    return desk.piles(request)


@register.simple_tag
def desk_groups(app_list: Any) -> list[desk.Group]:
    return desk.groups(app_list)
