"""The page of one's contributions: where each stands, whom it waits for, and what one can do with it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from apps.knowledge.models import Resource
from apps.publishing.enums import EDITABLE_STATES, PublicationState
from tests.factories.knowledge import ResourceFactory, person_of
from tests.factories.organisations import OrganisationFactory

pytestmark = pytest.mark.django_db
LIST = "/contributions/"
S = PublicationState


def rows(response: Any) -> dict[int, dict[str, Any]]:
    return {row["publication"].pk: row for row in response.context["rows"]}


def resource_in(state: str, **values: Any) -> tuple[Resource, Client]:
    """One item of this state, and the browser of its author."""
    place = OrganisationFactory.create()
    author = person_of(place)
    live = None
    if state == S.MERGED:
        live = ResourceFactory.create(author=author, organisation=place).publication
    resource = ResourceFactory.create(author=author, organisation=place, state=state, live=live, **values)
    client = Client()
    client.force_login(author)
    return resource, client


@pytest.mark.parametrize("state", S.values)
def test_edit_is_offered_for_what_may_be_edited_and_leads_to_its_form(state: str) -> None:
    resource, client = resource_in(state)

    response = client.get(LIST)

    edit_url = rows(response)[resource.publication_id]["edit_url"]
    assert bool(edit_url) == (state in {*EDITABLE_STATES, S.PUBLISHED})
    if edit_url:
        assert f'href="{edit_url}"' in response.content.decode()
        assert client.get(edit_url).context["resource"] == resource


def test_edit_of_a_published_item_leads_to_its_open_version() -> None:
    live, client = resource_in(S.PUBLISHED)
    publication = live.publication
    version = ResourceFactory.create(
        state=S.DRAFT, live=publication, author=publication.author, organisation=publication.organisation
    )

    edit_url = rows(client.get(LIST))[publication.pk]["edit_url"]

    assert client.get(edit_url)["Location"] == f"/knowledge/{version.slug}/edit/"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (S.DRAFT, "Waits for you."),
        (S.SUBMITTED, "Waits for a curator since"),
        (S.IN_REVIEW, "A curator is reading it."),
        (S.CHANGES_REQUESTED, "Waits for you."),
        (S.PUBLISHED, "Public since"),
        (S.DECLINED, "It was turned down."),
        (S.HIDDEN, "Readers do not see it at present."),
        (S.WITHDRAWN, "Its address tells readers so."),
        (S.MERGED, "This version is what readers see now."),
    ],
)
def test_row_says_whom_it_waits_for_and_what_comes_next(state: str, said: str) -> None:
    _resource, client = resource_in(state)

    text = client.get(LIST).content.decode()

    assert said in text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (S.CHANGES_REQUESTED, "A curator asks for changes:"),
        (S.DECLINED, "Why it was turned down:"),
        (S.HIDDEN, "Why it is hidden:"),
        (S.WITHDRAWN, "Why it was withdrawn:"),
    ],
)
def test_reason_stands_beside_the_item_in_the_words_of_its_state(state: str, said: str) -> None:
    _resource, client = resource_in(state, reason="Name the years <b>of</b> the figures.")

    text = client.get(LIST).content.decode()

    assert said in text
    assert "Name the years &lt;b&gt;of&lt;/b&gt; the figures." in text


def test_member_who_is_not_the_author_is_offered_nothing_of_it() -> None:
    resource, _client = resource_in(S.DRAFT)
    colleague = Client()
    colleague.force_login(person_of(resource.publication.organisation))

    response = colleague.get(LIST)

    assert rows(response) == {}
    assert "Nothing here yet" in response.content.decode()


@pytest.mark.parametrize("count", [1, 20])
def test_query_count_of_resources_is_constant(count: int, django_assert_max_num_queries: Any) -> None:
    resource, client = resource_in(S.DRAFT)
    publication = resource.publication
    for _number in range(count - 1):
        ResourceFactory.create(
            state=S.PUBLISHED, author=publication.author, organisation=publication.organisation
        )
    client.get(LIST)

    with django_assert_max_num_queries(6):
        assert len(rows(client.get(LIST))) == count


def test_every_button_has_a_text_that_can_be_seen() -> None:
    _resource, client = resource_in(S.DRAFT)

    page = client.get(LIST).content.decode().partition("<main")[2]

    for button in re.findall(r"<(?:button|a)[^>]*class=\"btn[^>]*>(.*?)</(?:button|a)>", page, re.DOTALL):
        without_hidden = re.sub(r"<span class=\"visually-hidden\">.*?</span>", "", button, flags=re.DOTALL)
        assert re.sub(r"<[^>]+>", "", without_hidden).strip()
