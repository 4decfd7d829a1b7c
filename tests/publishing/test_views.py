"""The page of one's contributions, and the steps that are one's own to take."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from apps.audit.models import Entry
from apps.publishing.enums import PublicationState
from tests.factories.organisations import OrganisationFactory
from tests.publishing.conftest import People
from tests.publishing.notes import KIND, NoteType

pytestmark = pytest.mark.django_db
S = PublicationState
LIST = "/contributions/"


@pytest.fixture
def mine(client: Client, people: People) -> Client:
    client.force_login(people.author)
    return client


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def shown(response: Any) -> list[Any]:
    return [row["publication"] for row in response.context["rows"]]


def steps(response: Any) -> list[str]:
    return [step.name for row in response.context["rows"] for step in row["steps"]]


# --- The list -------------------------------------------------------------------------------------


def test_list_is_for_people_who_are_signed_in(client: Client, db: None) -> None:
    response = client.get(LIST)

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_list_shows_own_items_and_those_of_managed_organisations(client: Client, people: People) -> None:
    own, colleague = people.item(S.DRAFT), people.item(S.PUBLISHED, author=people.stranger)
    client.force_login(people.author)
    assert shown(client.get(LIST)) == [own]
    client.force_login(people.manager)
    assert set(shown(client.get(LIST))) == {own, colleague}
    client.force_login(people.member)
    assert shown(client.get(LIST)) == []
    client.force_login(people.curator)
    assert shown(client.get(LIST)) == []


def test_empty_list_says_what_to_do(mine: Client) -> None:
    html = mine.get(LIST).content.decode()

    assert "Nothing here yet" in html
    assert 'href="/knowledge/new/"' in html or "/k/new/" in html


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (S.DRAFT, ["submit", "discard"]),
        (S.SUBMITTED, ["take-back", "withdraw"]),
        (S.IN_REVIEW, ["withdraw"]),
        (S.CHANGES_REQUESTED, ["submit", "withdraw"]),
        (S.PUBLISHED, ["withdraw"]),
        (S.HIDDEN, ["withdraw"]),
        (S.DECLINED, []),
        (S.WITHDRAWN, []),
    ],
)
def test_list_offers_the_steps_of_the_state(
    mine: Client, people: People, state: str, expected: list[str]
) -> None:
    people.item(state)

    assert steps(mine.get(LIST)) == expected


def test_list_filters(mine: Client, people: People) -> None:
    other = OrganisationFactory.create(name="Other place")
    draft = people.item(S.DRAFT, title="Indicators")
    public = people.item(S.PUBLISHED, title="Evaluation", organisation=other, kind="resource")

    assert shown(mine.get(LIST, {"state": "draft"})) == [draft]
    assert shown(mine.get(LIST, {"organisation": str(other.pk)})) == [public]
    assert shown(mine.get(LIST, {"kind": KIND})) == [draft]
    assert shown(mine.get(LIST, {"q": "EVAL"})) == [public]
    response = mine.get(LIST, {"q": "nothing like it"})
    assert "Nothing matches" in response.content.decode()
    organisations = response.context["filter"].form.fields["organisation"].queryset
    assert set(organisations) == {other, people.organisation}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?page=99999", 404),
        ("?page=x", 404),
        ("?state=nonsense", 200),
        ("?organisation=XX", 200),
        ("?organisation=99999999999999999999999", 200),
        ("?q=%00", 400),
        ("?q=%25_%5C", 200),
    ],
)
def test_list_with_a_strange_address(mine: Client, people: People, query: str, status: int) -> None:
    people.item()

    assert mine.get(LIST + query).status_code == status


def test_list_is_paged_and_keeps_the_filter(mine: Client, people: People) -> None:
    for _number in range(21):
        people.item(S.DRAFT)
    response = mine.get(LIST, {"state": "draft"})

    assert len(shown(response)) == 20
    assert "state=draft&amp;page=2" in response.content.decode()
    assert len(shown(mine.get(LIST, {"state": "draft", "page": "2"}))) == 1


@pytest.mark.parametrize("count", [1, 3, 20])
def test_list_query_count_is_constant(
    mine: Client, people: People, django_assert_num_queries: Any, count: int
) -> None:
    for _number in range(count):
        people.item(S.DRAFT, organisation=OrganisationFactory.create())
    mine.get(LIST)
    with django_assert_num_queries(LIST_QUERIES):
        assert len(shown(mine.get(LIST))) == count


LIST_QUERIES = 6


def test_hostile_title_is_shown_and_not_run(mine: Client, people: People) -> None:
    people.item(S.DRAFT, title="<script>alert(1)</script>", reason="<img src=x onerror=alert(1)>")
    html = mine.get(LIST).content.decode()

    assert "<script>alert" not in html
    assert "<img src=x" not in html


# --- The address that messages know ---------------------------------------------------------------


def test_detail_leads_to_the_item_for_those_who_may_see_it(client: Client, people: People) -> None:
    draft, public, gone = people.item(), people.item(S.PUBLISHED), people.item(S.WITHDRAWN)

    assert client.get(f"{LIST}{draft.pk}/").status_code == 404
    for item in (public, gone):
        assert client.get(f"{LIST}{item.pk}/")["Location"] == f"/notes/{item.pk}/"
    client.force_login(people.author)
    assert client.get(f"{LIST}{draft.pk}/")["Location"] == f"/notes/{draft.pk}/"
    assert client.get(f"{LIST}{people.item(kind='poem').pk}/").status_code == 404


# --- Steps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state", "to"),
    [
        ("submit", S.DRAFT, S.SUBMITTED),
        ("take-back", S.SUBMITTED, S.DRAFT),
        ("discard", S.DRAFT, S.WITHDRAWN),
    ],
)
def test_step_by_press(mine: Client, people: People, name: str, state: str, to: str) -> None:
    item = people.item(state)
    assert mine.get(f"{LIST}{item.pk}/{name}/").status_code == 405
    response = mine.post(f"{LIST}{item.pk}/{name}/", {"next": "/notes/1/"})

    assert response["Location"] == "/notes/1/"
    assert item.title in said(response)
    item.refresh_from_db()
    assert item.state == to
    response = mine.post(f"{LIST}{item.pk}/{name}/", {"next": "https://example.org/evil"})
    assert response["Location"] == LIST
    assert "already took another step" in said(response)
    assert Entry.objects.about(item).count() == 1


def test_submit_with_something_missing_says_what(mine: Client, people: People, notes: NoteType) -> None:
    item = people.item()
    notes.item_of(item).text = ""
    text = said(mine.post(f"{LIST}{item.pk}/submit/"))

    assert "cannot be submitted yet" in text
    assert "Write something. Add a summary." in text


@pytest.mark.parametrize(
    ("role", "state", "status"),
    [
        ("stranger", S.DRAFT, 404),
        ("member", S.DRAFT, 404),
        ("curator", S.DRAFT, 404),
        ("curator", S.SUBMITTED, 403),
        ("stranger", S.PUBLISHED, 403),
    ],
)
@pytest.mark.parametrize("name", ["submit", "withdraw"])
def test_step_of_others_is_hidden_or_explained(
    client: Client, people: People, role: str, state: str, status: int, name: str
) -> None:
    item = people.item(state)
    client.force_login(getattr(people, role))
    response = client.post(f"{LIST}{item.pk}/{name}/", {"reason": "x"})

    assert response.status_code == status
    if status == 403:
        assert "Only the author" in response.content.decode()
    item.refresh_from_db()
    assert item.state == state


@pytest.mark.parametrize("name", ["approve", "eat", "start-review"])
def test_step_of_curators_is_not_found_here(mine: Client, people: People, name: str) -> None:
    item = people.item(S.SUBMITTED)

    assert mine.post(f"{LIST}{item.pk}/{name}/").status_code == 404


def test_withdraw_asks_for_a_reason(mine: Client, people: People) -> None:
    item = people.item(S.PUBLISHED)
    url = f"{LIST}{item.pk}/withdraw/"
    assert "cannot be undone" in mine.get(url).content.decode()
    item.refresh_from_db()
    assert item.state == S.PUBLISHED
    response = mine.post(url, {"reason": " "})
    assert response.context["form"].errors["reason"]
    response = mine.post(url, {"reason": "x" * 2001})
    assert response.context["form"].errors["reason"]
    response = mine.post(url, {"reason": "Out of date."})

    assert response["Location"] == LIST
    item.refresh_from_db()
    assert (item.state, item.reason) == (S.WITHDRAWN, "Out of date.")
    assert "no longer be withdrawn" in said(mine.post(url, {"reason": "Again."}))


def test_reason_survives_the_end_of_the_session(client: Client, people: People) -> None:
    item = people.item(S.PUBLISHED)
    url = f"{LIST}{item.pk}/withdraw/"
    response = client.post(url, {"reason": "Typed for half an hour."})
    assert response["Location"].startswith("/accounts/login/")
    client.force_login(people.author)

    html = unescape(client.get(url).content.decode())
    assert "Typed for half an hour." in html
    assert client.post(f"{LIST}{item.pk}/submit/", {"next": "//example.org"})["Location"] == LIST
