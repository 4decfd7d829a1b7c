"""What a catalogue's page says of following its search."""

from __future__ import annotations

from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import reverse

from apps.accounts.models import User
from apps.following.models import SavedSearch

register = template.Library()


@register.simple_tag
def is_followed(user: User, path: str, query_string: str) -> bool:
    """Whether this person has saved this very question; one query, for who is signed in."""
    return SavedSearch.objects.visible_to(user).filter(path=path, query_string=query_string).exists()


@register.simple_tag
def follow_url(path: str, query_string: str) -> str:
    """Where who is not signed in goes to follow this question: they sign in, and it is there to be saved."""
    question = urlencode({"path": path, "query": query_string})
    target = urlencode({"next": f"{reverse('following:search-create')}?{question}"})
    return f"{resolve_url(settings.LOGIN_URL)}?{target}"
