"""What waits in a session for somebody to sign in again stays small."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.test import Client, RequestFactory

from apps.core import kept_forms

pytestmark = pytest.mark.django_db


def kept_in(client: Client) -> list[str]:
    return [key for key, _value in client.session.items() if key.startswith("kept_form:")]


def test_form_too_long_to_wait_is_not_kept_and_its_author_is_told(client: Client) -> None:
    response = client.post("/knowledge/new/", {"title": "x" * 200_000})

    assert kept_in(client) == []
    assert [str(message) for message in get_messages(response.wsgi_request)] == [
        "Please sign in again. What you typed was too long to be kept: go back to copy it."
    ]


def test_text_of_any_alphabet_is_measured_as_it_is_typed(client: Client) -> None:
    client.post("/knowledge/new/", {"title": "ж" * 40_000})

    assert kept_in(client) == ["kept_form:/knowledge/new/"]


def test_only_the_newest_forms_are_kept(client: Client) -> None:
    for number in (1, 2, 3, 1, 4, 5):
        client.post(f"/knowledge/resource-{number}/edit/", {"title": "x" * 90_000})

    assert kept_in(client) == [f"kept_form:/knowledge/resource-{number}/edit/" for number in (1, 4, 5)]


def test_kept_form_comes_back_once(client: Client) -> None:
    request = RequestFactory().post("/a/", {"title": "Typed", "csrfmiddlewaretoken": "t"})
    request.session = client.session

    assert kept_forms.keep(request)

    found = kept_forms.take_kept(request)
    assert found is not None
    assert found.dict() == {"title": "Typed"}
    assert kept_forms.take_kept(request) is None
