"""Keeping, renaming and deleting, for every role and with what people should not send."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts import personal_data
from apps.accounts.models import User
from apps.accounts.services import erase_person
from apps.following import permissions, services
from apps.following.exceptions import TooManySearchesError
from apps.following.matching import KIND
from apps.following.models import SavedSearch
from apps.notifications.services import choose_frequency
from tests.factories.accounts import UserFactory
from tests.factories.following import SavedSearchFactory
from tests.following.conftest import PATH, Notes

pytestmark = pytest.mark.django_db
LIST = "/notifications/searches/"
NEW = "/notifications/searches/new/"


@pytest.fixture
def signed_in(client: Client, user: User, notes: Notes) -> Client:
    client.force_login(user)
    return client


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_saving_from_a_catalogue_keeps_it_in_one_form_and_leads_back(signed_in: Client, user: User) -> None:
    response = signed_in.post(
        NEW, {"path": PATH, "query": "page=3&colour=red&colour=blue&q=+a++b&utm_source=x"}
    )

    search = SavedSearch.objects.get()
    assert (search.user, search.path) == (user, PATH)
    assert search.query_string == "q=a+b&colour=blue&colour=red"
    assert search.name == "“a b”, Colour: Red, Blue"
    assert response["Location"] == f"{PATH}?{search.query_string}"


@pytest.mark.parametrize(
    ("frequency", "how"),
    [
        (None, "by mail once a day"),
        ("weekly", "by mail once a week"),
        ("at_once", "by mail at once"),
        ("never", "not by mail"),
    ],
)
def test_saving_says_how_one_is_told_and_where_to_change_it(
    signed_in: Client, user: User, frequency: str | None, how: str
) -> None:
    if frequency:
        choose_frequency(kind_code=KIND, frequency=frequency, by=user)
    page = signed_in.post(NEW, {"path": PATH, "query": "q=%3Cb%3E"}, follow=True).content.decode()
    notice = page.partition('class="hub-messages"')[2].partition("</div>\n            ")[0]

    assert how in notice
    assert f'href="/notifications/settings/#id_{KIND}"' in notice
    assert "“&lt;b&gt;”" in notice
    assert f'id="id_{KIND}"' in signed_in.get("/notifications/settings/").content.decode()
    for asked in (LIST, f"{NEW}?path={PATH}&query=q%3Da"):
        assert how in signed_in.get(asked).content.decode()


def test_saving_twice_keeps_one_and_says_so(signed_in: Client) -> None:
    for query in ("q=a&colour=red", "colour=red&q=a"):
        response = signed_in.post(NEW, {"path": PATH, "query": query})

    assert SavedSearch.objects.count() == 1
    assert response.status_code == 302
    assert "saved this search before" in said(signed_in.get(LIST))


def test_a_name_with_quotation_marks_is_not_quoted_again(signed_in: Client) -> None:
    signed_in.post(NEW, {"path": PATH, "query": "q=indicators"})
    told = said(signed_in.get(LIST))
    signed_in.post(NEW, {"path": PATH, "query": "q=indicators"})
    told_again = said(signed_in.get(LIST))
    question = signed_in.get(f"{LIST}{SavedSearch.objects.get().pk}/delete/").content.decode()

    for text in (told, told_again, question):
        assert "“indicators”" in text
        assert "““" not in text


def test_name_can_be_given_and_everything_can_be_followed(signed_in: Client) -> None:
    signed_in.post(NEW, {"path": PATH, "query": "q=a", "name": "  My   own "})
    signed_in.post(NEW, {"path": PATH, "query": ""})

    assert set(SavedSearch.objects.values_list("name", flat=True)) == {"My own", "Notes"}


def test_a_long_question_gets_a_short_name(signed_in: Client) -> None:
    signed_in.post(NEW, {"path": PATH, "query": f"q={'word+' * 39}"})

    assert len(SavedSearch.objects.get().name) == 120


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"path": ""},
        {"path": "/about/privacy/", "query": "q=a"},
        {"path": "/test-notes/feed/", "query": "q=a"},
        {"path": "/test-notes/csv/", "query": "q=a"},
        {"path": "/test-notes", "query": "q=a"},
        {"path": "https://evil.example/test-notes/", "query": "q=a"},
        {"path": "//evil.example/test-notes/", "query": "q=a"},
        {"path": "javascript:alert(1)", "query": "q=a"},
        {"path": "/test-notes/\x00", "query": "q=a"},
        {"path": "/" + "a" * 300, "query": "q=a"},
        {"path": PATH, "query": "q=%00"},
        {"path": PATH, "query": "q=a\x00"},
        {"path": PATH, "query": "colour=XX"},
        {"path": PATH, "query": "sort=nonsense"},
        {"path": PATH, "query": "page=-1"},
        {"path": PATH, "query": f"q={'a' * 201}"},
        {"path": PATH, "query": "colour=red&" * 200},
        {"path": PATH, "query": "q=a", "name": "x" * 121},
        {"path": PATH, "query": "q=a", "name": "a\x00b"},
    ],
)
def test_what_is_no_search_gets_a_message_and_is_not_kept(signed_in: Client, data: dict[str, str]) -> None:
    response = signed_in.post(NEW, data, follow=True)

    assert response.redirect_chain == [(LIST, 302)]
    assert said(response)
    assert not SavedSearch.objects.exists()


def test_limit_for_one_person(signed_in: Client, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_SEARCHES", 2)
    SavedSearchFactory.create_batch(2, user=user)
    SavedSearchFactory.create()

    response = signed_in.post(NEW, {"path": PATH, "query": "q=a"}, follow=True)

    assert "as many searches as the hub keeps" in said(response)
    assert SavedSearch.objects.filter(user=user).count() == 2


def test_signed_out_post_is_kept_over_signing_in(client: Client, user: User, notes: Notes) -> None:
    response = client.post(NEW, {"path": PATH, "query": "q=a"})
    assert response["Location"] == "/accounts/login/?next=%2Fnotifications%2Fsearches%2Fnew%2F"
    assert not SavedSearch.objects.exists()

    client.force_login(user)
    page = client.get(NEW)

    assert page.status_code == 200
    assert page.context["form"]["query"].value() == "q=a"
    assert client.get(NEW)["Location"] == LIST


@pytest.mark.parametrize("count", [1, 20])
def test_list_query_count_is_constant(signed_in: Client, user: User, count: int) -> None:
    SavedSearchFactory.create_batch(count, user=user)
    SavedSearchFactory.create(name="Somebody else's")
    signed_in.get(LIST)

    with CaptureQueriesContext(connection) as queries:
        response = signed_in.get(LIST)

    assert response.context["page_obj"].paginator.count == count
    assert "Somebody else" not in response.content.decode()
    assert len(queries) == 6, [query["sql"] for query in queries]


def test_list_shows_what_cannot_be_answered_without_a_link(signed_in: Client, user: User) -> None:
    SavedSearchFactory.create(user=user, name="Broken", path="/gone/", is_valid=False)

    page = signed_in.get(LIST).content.decode()

    assert "Cannot be answered" in page
    assert "/gone/" not in page


def test_list_page_that_is_not_there(signed_in: Client) -> None:
    assert signed_in.get(LIST, {"page": "99999"}).status_code == 404


def test_rename(signed_in: Client, user: User) -> None:
    search = SavedSearchFactory.create(user=user, name="Old")
    address = f"{LIST}{search.pk}/rename/"

    assert signed_in.get(address).status_code == 200
    assert signed_in.post(address, {"name": " "}).context["form"].errors
    assert signed_in.post(address, {"name": "x" * 121}).context["form"].errors
    assert signed_in.post(address, {"name": "New"})["Location"] == LIST

    search.refresh_from_db()
    assert search.name == "New"


def test_delete_asks_first(signed_in: Client, user: User) -> None:
    search = SavedSearchFactory.create(user=user)
    address = f"{LIST}{search.pk}/delete/"

    assert signed_in.get(address).status_code == 200
    assert SavedSearch.objects.exists()
    assert signed_in.post(address)["Location"] == LIST
    assert not SavedSearch.objects.exists()
    assert signed_in.post(address).status_code == 404


@pytest.mark.parametrize("page", ["rename", "delete"])
def test_searches_of_others_do_not_exist(signed_in: Client, page: str) -> None:
    search = SavedSearchFactory.create()
    address = f"{LIST}{search.pk}/{page}/"

    assert signed_in.get(address).status_code == 404
    assert signed_in.post(address, {"name": "Stolen"}).status_code == 404
    assert Client().get(address).status_code == 302
    assert SavedSearch.objects.get().name == search.name


def test_visible_to_agrees_with_can_view_for_every_role(user: User) -> None:
    search = SavedSearchFactory.create(user=user)
    people = [
        user,
        UserFactory.create(),
        UserFactory.create(is_staff=True),
        UserFactory.create(is_staff=True, is_superuser=True),
        AnonymousUser(),
    ]

    seen = [search in SavedSearch.objects.visible_to(person) for person in people]

    assert seen == [permissions.can_view(person, search) for person in people] == [True, *[False] * 4]


def test_form_needs_a_csrf_token(user: User, notes: Notes) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)

    assert strict.post(NEW, {"path": PATH, "query": "q=a"}).status_code == 403


def test_database_refuses_doubles_paths_elsewhere_and_empty_names(user: User) -> None:
    first = SavedSearchFactory.create(user=user)
    for values in (
        {"query_string": first.query_string},
        {"path": "//evil.example/"},
        {"path": "https://evil.example/"},
        {"name": ""},
    ):
        with pytest.raises((IntegrityError, ValidationError)), transaction.atomic():
            SavedSearchFactory.create(user=user, **values)


def test_export_and_erasure(user: User) -> None:
    SavedSearchFactory.create(user=user, name="Mine")
    SavedSearchFactory.create(name="Not mine")

    assert [row["name"] for row in personal_data.export_of(user)["saved_searches"]] == ["Mine"]

    erase_person(person_id=user.pk, by=user)
    assert [search.name for search in SavedSearch.objects.all()] == ["Not mine"]


def test_addresses_have_names(signed_in: Client) -> None:
    assert reverse("following:search-list") == LIST
    assert reverse("following:search-create") == NEW


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_keep_one_and_do_not_pass_the_limit(
    user: User, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_SEARCHES", 2)
    gate = Barrier(4)

    def press(query: str) -> str:
        try:
            gate.wait(timeout=10)
            services.save_search(path=PATH, query_string=query, by=user)
        except TooManySearchesError:
            return "refused"
        finally:
            connection.close()
        return "kept"

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(press, ["q=same", "q=same", "q=other", "q=third"]))

    assert SavedSearch.objects.filter(user=user).count() == 2
    assert "refused" in outcomes
