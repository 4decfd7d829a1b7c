"""Home, dashboard, search over everything, and what machines read."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.core import closing, tasklist
from apps.core.closing import Closing
from apps.core.tasklist import Todo
from apps.publishing.enums import PublicationState
from tests.factories.accounts import UserFactory
from tests.factories.knowledge import ChapterFactory, ResourceFactory, person_of
from tests.factories.notifications import NotificationFactory
from tests.factories.organisations import JoinRequestFactory, MembershipFactory, OrganisationFactory

pytestmark = pytest.mark.django_db
S = PublicationState
NOT_PUBLIC = [state for state in S if state not in {S.PUBLISHED, S.MERGED}]
FEW_QUERIES = 6
DASHBOARD_QUERIES = 25


def queries(client: Client, path: str) -> int:
    """Of a page whose cached parts are cold, which is when it costs most."""
    cache.clear()
    with CaptureQueriesContext(
        connection,
    ) as found:
        response = client.get(path)
    assert response.status_code == 200, path
    return len(found)


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return b"".join(response).decode() if response.streaming else response.content.decode()


# --- As many queries for twenty as for one ---------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/", "/search/", "/search/?q=measuring", "/search/feed/", "/search/csv/", "/sitemap.xml", "/feeds/"],
)
def test_public_page_asks_as_little_for_twenty_items_as_for_one(client: Client, path: str) -> None:
    ResourceFactory.create()
    client.get(path)
    for_one = queries(client, path)
    for number in range(19):
        ResourceFactory.create(title=f"Measuring {number}", countries=["AT"])

    assert queries(client, path) == for_one
    assert for_one <= FEW_QUERIES


def test_dashboard_asks_as_little_for_twenty_of_everything_as_for_one(client: Client) -> None:
    person = UserFactory.create(is_staff=True)
    client.force_login(person)

    def one_more() -> None:
        place = OrganisationFactory.create()
        MembershipFactory.create(organisation=place, user=person, role="manager")
        JoinRequestFactory.create(organisation=place)
        for state in (S.DRAFT, S.CHANGES_REQUESTED, S.SUBMITTED, S.PUBLISHED):
            ResourceFactory.create(organisation=place, author=person, state=state)
        ResourceFactory.create(state=S.SUBMITTED)
        NotificationFactory.create(recipient=person)

    one_more()
    client.get("/dashboard/")
    for_one = queries(client, "/dashboard/")
    for _time in range(19):
        one_more()

    assert queries(client, "/dashboard/") == for_one
    assert for_one <= DASHBOARD_QUERIES


# --- Nobody sees on home, search or in the sitemap what is not public --------------------------------


@pytest.mark.parametrize("state", NOT_PUBLIC)
@pytest.mark.parametrize("path", ["/", "/search/", "/search/feed/", "/search/csv/", "/sitemap.xml"])
def test_what_is_not_public_is_not_shown_even_to_staff(client: Client, path: str, state: str) -> None:
    secret = ResourceFactory.create(title="Kept between ourselves", state=state)
    for reader in (None, secret.publication.author, UserFactory.create(is_staff=True, is_superuser=True)):
        client.logout()
        if reader:
            client.force_login(reader)
        cache.clear()
        page = text(client, path)
        assert "Kept between ourselves" not in page
        assert secret.slug not in page


@pytest.mark.parametrize("path", ["/", "/search/", "/sitemap.xml"])
def test_what_is_public_is_shown(client: Client, path: str) -> None:
    """The test above would pass on an empty page too."""
    item = ResourceFactory.create()

    assert item.get_absolute_url() in text(client, path)


def test_home_shows_the_newest_first_and_no_more_than_six(client: Client) -> None:
    items = [ResourceFactory.create(title=f"Number {number}") for number in range(8)]

    shown = re.findall(r">Number (\d)<", text(client, "/"))

    assert len(shown) == 6
    assert set(shown) <= {item.publication.title[-1] for item in items}


def test_home_counts_what_is_public(client: Client) -> None:
    ResourceFactory.create(organisation=OrganisationFactory.create())
    ResourceFactory.create(state=S.DRAFT)
    ResourceFactory.create(external_id="P001", basis="seen", year_basis="seen")
    ResourceFactory.create(external_id="P002", basis="seen", year_basis="seen")

    numbers = {str(number.label): number.value for number in client.get("/").context["numbers"]}

    assert numbers["resources published on the hub"] == 1
    assert numbers["works of others, listed and described"] == 2


def test_home_counts_the_countries_of_what_is_public(client: Client) -> None:
    ResourceFactory.create(countries=["AT", "ES"])
    ResourceFactory.create(countries=["AT"])
    ResourceFactory.create(countries=["RO"], state=S.DRAFT)
    ResourceFactory.create(countries=["PL"], state=S.WITHDRAWN)

    numbers = {str(number.label): number.value for number in client.get("/").context["numbers"]}

    assert numbers["countries that resources are about"] == 2


def test_home_shows_what_closes_next_and_only_where_something_does(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Closes soon" not in text(client, "/")
    now = timezone.now()
    asked: list[tuple[datetime, int]] = []

    def calls(after: datetime, limit: int) -> list[Closing]:
        asked.append((after, limit))
        return [
            Closing(f"Call <{days}>", f"/calls/{days}/", now + timedelta(days=days)) for days in (30, 2, 9)
        ]

    def other(_after: datetime, _limit: int) -> list[Closing]:
        return [Closing("Offer", "/offers/1/", now + timedelta(days=5), "Exchange", "de")] * 3

    monkeypatch.setattr(closing, "_sources", [calls, other])
    page = text(client, "/")
    places = [page.index(title) for title in ("Call &lt;2&gt;", "Offer", "Call &lt;9&gt;")]
    assert places == sorted(places)
    assert "Call &lt;30&gt;" not in page, "no more than five"
    assert asked[0][1] == 5


# --- The dashboard -----------------------------------------------------------------------------------


def test_dashboard_is_for_people_who_are_signed_in(client: Client) -> None:
    response = client.get("/dashboard/")

    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/dashboard/"


def test_dashboard_of_a_newcomer_says_where_to_begin(client: Client, user: User) -> None:
    client.force_login(user)
    page = text(client, "/dashboard/")

    assert "Nothing waits for you" in page
    assert "/organisations/new/" in page
    assert "/knowledge/new/" in page


def test_dashboard_shows_only_what_is_ones_own(client: Client) -> None:
    place = OrganisationFactory.create(name="Alpine Timber")
    mine, other = person_of(place), person_of(place)
    ResourceFactory.create(title="Mine", author=mine, organisation=place, state=S.CHANGES_REQUESTED)
    ResourceFactory.create(title="Theirs", author=other, organisation=place, state=S.CHANGES_REQUESTED)
    client.force_login(mine)

    page = text(client, "/dashboard/")

    assert "Mine" in page
    assert "Theirs" not in page
    assert "Alpine Timber" in page


# --- For machines --------------------------------------------------------------------------------------


def test_sitemap_is_valid_and_absolute(client: Client) -> None:
    ResourceFactory.create(title="A & B <c>")
    place = OrganisationFactory.create()
    ChapterFactory.create(slug="first-steps")
    ChapterFactory.create(slug="not-yet", is_published=False)
    from apps.organisations.indexing import index_organisations
    from apps.search.services import reindex

    index_organisations([place.pk])
    reindex("chapter")
    root = ElementTree.fromstring(text(client, "/sitemap.xml"))
    name = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    addresses = [found.text or "" for found in root.iter(f"{name}loc")]

    assert root.tag == f"{name}urlset"
    assert all(address.startswith("http://testserver/") for address in addresses)
    assert len(addresses) == len(set(addresses))
    assert f"http://testserver{place.get_absolute_url()}" in addresses
    assert "http://testserver/knowledge/guide/first-steps/" in addresses
    assert "http://testserver/knowledge/guide/not-yet/" not in addresses
    for address in addresses:
        assert client.get(address.removeprefix("http://testserver")).status_code == 200, address


def test_robots_names_the_sitemap_and_keeps_out_of_what_is_personal(client: Client) -> None:
    page = text(client, "/robots.txt")

    assert re.search(r"^Sitemap: http://\S+/sitemap\.xml$", page, re.MULTILINE)
    for path in ("/admin/", "/accounts/", "/account/", "/dashboard/"):
        assert f"Disallow: {path}" in page


@pytest.mark.parametrize("path", ["/search/feed/", "/knowledge/feed/", "/clusters/feed/"])
def test_feed_is_well_formed_atom(client: Client, path: str) -> None:
    ResourceFactory.create(title="A & B <c>")
    response = client.get(path)
    root = ElementTree.fromstring(text(client, path))

    assert response["Content-Type"].startswith("application/atom+xml")
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"


def test_feeds_page_names_every_feed(client: Client) -> None:
    page = text(client, "/feeds/")

    for path in ("/knowledge/feed/", "/clusters/feed/"):
        assert path in page


@pytest.mark.parametrize("languages", [[("en", "English")], [("en", "English"), ("de", "German")]])
def test_reading_sets_no_cookie(client: Client, settings: Any, languages: list[tuple[str, str]]) -> None:
    """As the privacy statement says; one with a token would be there for a year."""
    settings.LANGUAGES = languages
    item, chapter, place = ResourceFactory.create(), ChapterFactory.create(), OrganisationFactory.create()
    gone = ResourceFactory.create(state=S.WITHDRAWN)
    for path in (
        "/",
        "/search/?q=x",
        "/knowledge/",
        "/knowledge/?sort=none",
        "/knowledge/guide/",
        "/clusters/",
        "/feeds/",
        "/about/accessibility/",
        "/about/privacy/",
        "/about/imprint/",
        "/nowhere/",
        item.get_absolute_url(),
        chapter.get_absolute_url(),
        place.get_absolute_url(),
        gone.get_absolute_url(),
    ):
        assert not client.get(path).cookies, path


def test_privacy_statement_names_what_the_list_of_sessions_keeps(client: Client) -> None:
    page = " ".join(text(client, "/about/privacy/").split())

    assert "from which network address and with which browser" in page
    assert "at most 15 days after you came last" in page


@override_settings(
    KEEP_READ_NOTIFICATIONS=timedelta(days=33),
    KEEP_UNREAD_NOTIFICATIONS=timedelta(days=44),
    KEEP_SENT_MAIL=timedelta(days=55),
)
def test_privacy_statement_names_the_times_after_which_things_are_removed(client: Client) -> None:
    text = " ".join(client.get("/about/privacy/").content.decode().split())

    assert "removed 33 days after you read them, and unread ones after 44 days" in text
    assert "forgotten after 55 days" in text


@pytest.mark.parametrize("path", ["/about/accessibility/", "/about/privacy/", "/about/imprint/"])
def test_about_pages_are_there_and_name_the_operator(client: Client, settings: Any, path: str) -> None:
    settings.OPERATOR = "Example Institute\n1 Some Street"
    page = text(client, path)

    assert "<h1" in page
    if path == "/about/imprint/":
        assert "Example Institute" in page


def test_accessibility_statement_has_every_block_of_the_model(client: Client, settings: Any) -> None:
    """Commission Implementing Decision (EU) 2018/1523, annex: these headings in this order, and what is demanded."""
    settings.CONTACT_EMAIL = "hub@example.org"
    settings.ACCESSIBILITY_LAW = "the Web Accessibility Act of Example Land"
    settings.ACCESSIBILITY_BODY = "Example Ombudsman\nExample Street 2"
    settings.ACCESSIBILITY_BODY_URL = "https://ombudsman.example.org"
    page = text(client, "/about/accessibility/")
    places = [
        page.find(f"<{tag}>{words}</{tag}>")
        for tag, words in (
            ("h1", "Accessibility statement"),
            ("h2", "Compliance status"),
            ("h2", "Non-accessible content"),
            ("h3", "Non-compliance with the accessibility law"),
            ("h3", "Disproportionate burden"),
            ("h3", "Content outside the scope of the law"),
            ("h2", "Preparation of this accessibility statement"),
            ("h2", "Feedback and contact information"),
            ("h2", "Enforcement procedure"),
        )
    ]

    assert places == sorted(places)
    assert places[0] > 0
    for said in (
        "Act of Example Land",
        "mailto:hub@example.org",
        "Example Ombudsman",
        "ombudsman.example.org",
        "2026",
    ):
        assert said in page


@pytest.mark.parametrize(
    ("path", "name"),
    [("/about/accessibility/", "ACCESSIBILITY_BODY"), ("/about/imprint/", "OPERATOR")],
)
def test_statement_says_what_is_missing_and_names_the_setting_only_to_who_tries_the_hub(
    client: Client, settings: Any, path: str, name: str
) -> None:
    page = text(client, path)
    assert "have not entered" in page
    assert name not in page

    settings.DEMO = True
    assert name in text(client, path)


def test_favicon_leads_to_the_logo(client: Client) -> None:
    response = client.get("/favicon.ico")

    assert response.status_code == 302
    assert response["Location"].endswith("logo.svg")


def test_dashboard_remembers_where_one_asked_to_join(client: Client, user: User) -> None:
    place = OrganisationFactory.create(name="Alpine Timber")
    JoinRequestFactory.create(user=user, organisation=place)
    JoinRequestFactory.create(organisation=OrganisationFactory.create(name="Asked by others"))
    client.force_login(user)

    page = text(client, "/dashboard/")

    assert "You asked to join" in page
    assert "Alpine Timber" in page
    assert "Asked by others" not in page
    assert "You belong to no organisation yet" not in page


def test_what_came_just_now_has_not_waited_for_no_minutes(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    todos = [Todo("New", "/a/", since=now), Todo("Old", "/b/", since=now - timedelta(hours=3))]
    monkeypatch.setattr(tasklist, "_sources", [lambda _user: todos])
    client.force_login(user)
    page = " ".join(text(client, "/dashboard/").split())

    assert "just now" in page
    assert " 0 minutes" not in page
    assert "waits for 3 hours" in page


def test_dashboard_counts_what_waits_and_not_the_lines(client: Client) -> None:
    for _number in range(5):
        ResourceFactory.create(state=S.SUBMITTED)
    JoinRequestFactory.create_batch(2, organisation=OrganisationFactory.create())
    client.force_login(UserFactory.create(is_staff=True))

    page = text(client, "/dashboard/")

    lines = page.count('class="hub-todo')
    count = re.search(r'class="hub-tab-count">(\d+)<', page)
    assert count
    assert int(count[1]) > lines
    assert int(count[1]) >= 5


def test_dashboard_of_a_curator_speaks_of_no_organisation(client: Client) -> None:
    curator = UserFactory.create(is_staff=True)
    client.force_login(curator)
    page = text(client, "/dashboard/")
    assert "Your organisations" not in page
    assert "you first need an organisation" not in page

    MembershipFactory.create(user=curator, organisation=OrganisationFactory.create(name="Alpine Timber"))
    page = text(client, "/dashboard/")
    assert "Your organisations" in page
    assert "Alpine Timber" in page


def test_home_invites_to_an_account_only_who_has_none(client: Client, user: User) -> None:
    content = text(client, "/").partition("<main")[2]
    hero = content.partition("</section>")[0]
    assert 'href="/accounts/signup/"' in hero, "a phone's header has no room for it"

    client.force_login(user)
    assert "/accounts/signup/" not in text(client, "/")


def test_what_is_overdue_comes_first_and_says_so(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    todos = [
        Todo("Waits", "/a/", since=now - timedelta(days=90)),
        Todo("Due later", "/b/", due_at=now + timedelta(days=3), action="Do it", icon="edit"),
        Todo("Late", "/c/", due_at=now - timedelta(minutes=1)),
    ]
    monkeypatch.setattr(tasklist, "_sources", [lambda _user: todos])
    client.force_login(user)

    page = text(client, "/dashboard/")

    assert re.findall(r'<h3><a href="(/./)">', page) == ["/c/", "/b/", "/a/"]
    assert page.count("Overdue") == 1
    assert "Do it" in page
