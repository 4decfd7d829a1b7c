"""The list, the settings and the count beside the bell."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts import personal_data
from apps.accounts.models import User
from apps.accounts.services import erase_person
from apps.notifications.context_processors import unread
from apps.notifications.enums import Frequency
from apps.notifications.kinds import all_kinds
from apps.notifications.models import Notification, OutgoingMail, Preference
from apps.notifications.unsubscribing import DIGEST, path_for
from tests.factories.accounts import UserFactory
from tests.factories.notifications import NotificationFactory, OutgoingMailFactory, PreferenceFactory
from tests.notifications.conftest import DAILY, NEWS

pytestmark = pytest.mark.django_db
LIST = "/notifications/"
SETTINGS = "/notifications/settings/"


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def row(user: User, title: str = "It", **values: Any) -> Notification:
    return NotificationFactory.create(
        **{"recipient": user, "kind": NEWS, "context": {"title": title}} | values
    )


# --- the list -----------------------------------------------------------------------------------------
def test_list_shows_ones_own_newest_first(signed_in: Client, user: User) -> None:
    row(user, "First")
    row(user, "<b>Second</b>")
    row(UserFactory.create(), "Somebody else's")

    response = signed_in.get(LIST)

    assert [entry["subject"] for entry in response.context["entries"]] == [
        "News: <b>Second</b>",
        "News: First",
    ]
    page = response.content.decode()
    assert "Somebody else" not in page
    assert "<b>Second" not in page


def test_list_of_a_kind_that_is_gone_is_no_error(signed_in: Client, user: User) -> None:
    row(user, kind="removed_long_ago", context={})

    assert "no longer knows" in signed_in.get(LIST).content.decode()


def test_list_filters(signed_in: Client, user: User) -> None:
    row(user, "Read", read_at=timezone.now())
    row(user, "Unread")
    row(user, "Other", kind=DAILY)

    def shown(**query: str) -> list[str]:
        return [entry["subject"] for entry in signed_in.get(LIST, query).context["entries"]]

    assert shown(unread="1") == ["News: Other", "News: Unread"]
    assert shown(kind=NEWS) == ["News: Unread", "News: Read"]
    assert shown(kind=NEWS, unread="1") == ["News: Unread"]
    assert shown(kind=DAILY, unread="1") == ["News: Other"]


@pytest.mark.parametrize("query", [{"kind": "XX"}, {"unread": "maybe"}, {"kind": "' OR 1=1 --"}])
def test_list_unknown_filter_says_so(signed_in: Client, user: User, query: dict[str, str]) -> None:
    row(user)

    response = signed_in.get(LIST, query)

    assert response.status_code == 200
    assert response.context["filter"].form.errors


@pytest.mark.parametrize("page", ["99999", "0", "-1", "x", "1e3"])
def test_list_page_that_is_not_there(signed_in: Client, user: User, page: str) -> None:
    row(user)

    assert signed_in.get(LIST, {"page": page}).status_code == 404


@pytest.mark.parametrize("count", [1, 20])
def test_list_query_count_is_constant(signed_in: Client, user: User, count: int) -> None:
    for number in range(count):
        row(user, f"{number}")
    signed_in.get(LIST)

    with CaptureQueriesContext(connection) as queries:
        response = signed_in.get(LIST)

    assert len(response.context["entries"]) == count
    assert len(queries) == 5, [query["sql"] for query in queries]


def test_empty_lists_help(signed_in: Client, user: User) -> None:
    assert "No notifications" in signed_in.get(LIST).content.decode()
    row(user, read_at=timezone.now())
    assert "Nothing matches" in signed_in.get(LIST, {"unread": "1"}).content.decode()


@pytest.mark.parametrize("path", [LIST, SETTINGS])
def test_pages_need_somebody(client: Client, path: str) -> None:
    assert client.get(path)["Location"].startswith("/accounts/login/")


# --- reading --------------------------------------------------------------------------------------------
def test_opening_marks_read_and_leads_there(signed_in: Client, user: User) -> None:
    notification = row(user, url="/knowledge/a/")

    address = f"{LIST}{notification.pk}/open/"
    assert re.search(rf'href="{address}"\s*>News: It</a>', signed_in.get(LIST).content.decode())

    assert signed_in.head(address)["Location"] == "/knowledge/a/"
    notification.refresh_from_db()
    assert notification.read_at is None, "asked for by a machine that looks ahead"
    assert signed_in.get(address)["Location"] == "/knowledge/a/"
    notification.refresh_from_db()
    assert notification.read_at is not None


def test_list_shows_the_first_line_of_what_somebody_wrote(signed_in: Client, user: User) -> None:
    row(user, context={"title": "A", "reason": "Name <the> source.\n\nAnd more."})
    row(user, context={"title": "B", "message": "We met in Graz."})

    page = signed_in.get(LIST).content.decode()

    assert "<p>Name &lt;the&gt; source.</p>" in page
    assert "We met in Graz." in page
    assert "And more." not in page


def test_all_can_be_marked_before_the_list_and_only_where_something_is_unread(
    signed_in: Client, user: User
) -> None:
    first = row(user)
    page = signed_in.get(LIST).content.decode()
    assert page.index("Mark everything as read") < page.index("News: It")

    signed_in.post(f"{LIST}{first.pk}/read/")
    assert "Mark everything as read" not in signed_in.get(LIST).content.decode()


def test_opening_without_an_address_leads_back_to_the_list_as_it_was(signed_in: Client, user: User) -> None:
    notification = row(user, url="")

    response = signed_in.get(f"{LIST}{notification.pk}/open/?unread=1&page=2")

    assert response["Location"] == f"{LIST}?unread=1"
    assert "/open/" not in signed_in.get(LIST).content.decode()


@pytest.mark.parametrize("url", ["//evil.example/", "https://evil.example/"])
def test_opening_never_leads_to_another_site(
    signed_in: Client, user: User, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if such a row came past the database."""
    notification = row(user)
    original = Notification.from_db.__func__  # type: ignore[attr-defined]

    def from_db(cls: Any, *args: Any) -> Any:
        loaded = original(cls, *args)
        loaded.url = url
        return loaded

    monkeypatch.setattr(Notification, "from_db", classmethod(from_db))

    assert signed_in.get(f"{LIST}{notification.pk}/open/")["Location"] == LIST


@pytest.mark.parametrize(("action", "method"), [("open", "get"), ("read", "post")])
def test_others_notifications_do_not_exist(signed_in: Client, action: str, method: str) -> None:
    notification = row(UserFactory.create(), url="/knowledge/a/")
    address = f"{LIST}{notification.pk}/{action}/"

    assert getattr(signed_in, method)(address).status_code == 404
    assert getattr(Client(), method)(address)["Location"].startswith("/accounts/login/")
    notification.refresh_from_db()
    assert notification.read_at is None


@pytest.mark.parametrize("path", ["1/read/", "read/"])
def test_looking_changes_nothing(signed_in: Client, path: str) -> None:
    assert signed_in.get(f"{LIST}{path}").status_code == 405


def test_read_one_and_all(signed_in: Client, user: User) -> None:
    first, second, third = row(user), row(user), row(user)
    others = row(UserFactory.create())

    assert signed_in.post(f"{LIST}{first.pk}/read/?kind={NEWS}")["Location"] == f"{LIST}?kind={NEWS}"
    assert set(Notification.objects.visible_to(user).unread()) == {second, third}
    signed_in.post(f"{LIST}read/")
    assert list(Notification.objects.unread()) == [others]


def test_first_reading_is_kept(signed_in: Client, user: User) -> None:
    before = timezone.now() - timedelta(days=1)
    notification = row(user, read_at=before)

    signed_in.post(f"{LIST}{notification.pk}/read/")

    notification.refresh_from_db()
    assert notification.read_at == before


def test_visible_to_is_for_the_recipient_alone(user: User) -> None:
    notification = row(user)

    for person in (
        UserFactory.create(),
        UserFactory.create(is_staff=True),
        UserFactory.create(is_superuser=True),
    ):
        assert notification not in Notification.objects.visible_to(person)
    assert notification in Notification.objects.visible_to(user)


# --- the bell -------------------------------------------------------------------------------------------
def test_bell_counts_in_one_query_and_only_when_asked(user: User) -> None:
    row(user)
    row(user, read_at=timezone.now())
    request = RequestFactory().get("/")
    request.user = user

    with CaptureQueriesContext(connection) as queries:
        found = unread(request)
    assert len(queries) == 0
    with CaptureQueriesContext(connection) as queries:
        assert found["unread_count"] == 1
        assert str(found["unread_count"]) == "1"
    assert len(queries) == 1


def test_bell_asks_nothing_for_a_visitor() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    with CaptureQueriesContext(connection) as queries:
        assert not unread(request)["unread_count"]
        assert not unread(RequestFactory().get("/"))["unread_count"]
    assert len(queries) == 0


# --- settings -------------------------------------------------------------------------------------------
def test_settings_show_and_keep_a_choice_for_each_kind(signed_in: Client, user: User) -> None:
    form = signed_in.get(SETTINGS).context["form"]
    assert form[DAILY].initial == Frequency.DAILY
    data = {name: form[name].initial for name in form.fields} | {NEWS: "weekly"}

    assert signed_in.post(SETTINGS, data)["Location"] == SETTINGS

    assert list(Preference.objects.values_list("user", "kind", "frequency")) == [(user.pk, NEWS, "weekly")]
    assert signed_in.get(SETTINGS).context["form"][NEWS].initial == "weekly"


@pytest.mark.parametrize("value", ["", "hourly", "never\x00"])
def test_settings_refuse_what_is_no_frequency(signed_in: Client, value: str) -> None:
    form = signed_in.get(SETTINGS).context["form"]
    data = {name: form[name].initial for name in form.fields} | {NEWS: value}

    assert NEWS in signed_in.post(SETTINGS, data).context["form"].errors
    assert not Preference.objects.exists()


def test_choosing_never_stops_what_waits(signed_in: Client, user: User) -> None:
    waiting, other = row(user, frequency=Frequency.DAILY), row(user, kind=DAILY)
    form = signed_in.get(SETTINGS).context["form"]

    signed_in.post(SETTINGS, {name: form[name].initial for name in form.fields} | {NEWS: "never"})

    waiting.refresh_from_db()
    other.refresh_from_db()
    assert (waiting.frequency, waiting.due_at) == (Frequency.NEVER, None)
    assert other.due_at is not None


def test_settings_are_a_table_for_each_group_with_a_choice_in_each_cell(signed_in: Client) -> None:
    page = signed_in.get(SETTINGS).content.decode()
    content = page.partition("<main")[2].partition("</main>")[0]
    assert "(required)" not in content
    assert "<select" not in content
    offered = [kind for kind in all_kinds() if not kind.for_curators]
    assert content.count('type="radio"') == 4 * len(offered)
    assert len(re.findall(r"\schecked\s*>", content)) == len(offered)
    headings = re.findall(r"<h2[^>]*>([^<]+)</h2>", content)
    assert {"Your contributions", "Your organisations", "Saved searches"} <= set(headings)
    assert len(headings) == len(set(headings)) == content.count("<table")
    assert content.count('type="submit"') == 1


# --- unsubscribing ------------------------------------------------------------------------------------
def unsubscribe_path(user: User, kind: str = NEWS) -> str:
    return path_for(user, kind)


def test_unsubscribe_page_changes_nothing_until_pressed(client: Client, user: User) -> None:
    page = client.get(unsubscribe_path(user))

    assert page.status_code == 200
    assert "News of the tests" in page.content.decode()
    assert not Preference.objects.exists()


def test_unsubscribe_with_one_press_without_signing_in_or_token(user: User) -> None:
    waiting = row(user)
    strict = Client(enforce_csrf_checks=True)

    for _press in range(2):
        answer = strict.post(unsubscribe_path(user), {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200

    assert list(Preference.objects.values_list("kind", "frequency")) == [(NEWS, "never")]
    waiting.refresh_from_db()
    assert waiting.frequency == Frequency.NEVER


def test_unsubscribe_from_a_digest_ends_digests_and_nothing_else(client: Client, user: User) -> None:
    PreferenceFactory.create(user=user, kind="link_broken", frequency=Frequency.WEEKLY)

    client.post(unsubscribe_path(user, DIGEST))

    chosen = dict(Preference.objects.values_list("kind", "frequency"))
    assert chosen[DAILY] == chosen["link_broken"] == Frequency.NEVER
    assert NEWS not in chosen


def test_unsubscribe_for_somebody_who_left_says_the_same(client: Client) -> None:
    gone = UserFactory.create(is_active=False)

    assert client.post(unsubscribe_path(gone)).status_code == 200
    assert not Preference.objects.exists()


@pytest.mark.parametrize("change", ["broken", "truncated", "other"])
def test_unsubscribe_with_a_made_up_token(client: Client, user: User, change: str) -> None:
    path = unsubscribe_path(user)
    wrong = {
        "broken": path[:-3] + "xx/",
        "truncated": path.rpartition(":")[0] + "/",
        "other": "/notifications/unsubscribe/1:2:3/",
    }[change]

    assert client.get(wrong).status_code == 404
    assert client.post(wrong).status_code == 404
    assert not Preference.objects.exists()


# --- a person's data ------------------------------------------------------------------------------------
def test_export_holds_ones_own(user: User) -> None:
    row(user, "Mine")
    row(UserFactory.create(), "Not mine")
    PreferenceFactory.create(user=user, kind=NEWS, frequency=Frequency.WEEKLY)

    exported = personal_data.export_of(user)

    assert [entry["context"]["title"] for entry in exported["notifications"]] == ["Mine"]
    assert exported["notification_settings"] == {NEWS: "weekly"}


def test_erasure_leaves_nothing(user: User) -> None:
    row(user)
    PreferenceFactory.create(user=user, kind=NEWS)
    OutgoingMailFactory.create(to=[user.email])
    OutgoingMailFactory.create(to=["colleague@example.org", user.email], delivered_at=timezone.now(), text="")
    other = OutgoingMailFactory.create()

    erase_person(person_id=user.pk, by=user)

    assert not Notification.objects.exists()
    assert not Preference.objects.exists()
    assert list(OutgoingMail.objects.all()) == [other]


# --- curators -------------------------------------------------------------------------------------------
@pytest.fixture
def admin_client(client: Client) -> Client:
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


def test_admin_shows_what_failed_and_never_what_was_said(admin_client: Client, user: User) -> None:
    row(user, "Private words", attempts=12, gave_up_at=timezone.now(), last_error="SMTPDataError 554")
    mail = OutgoingMailFactory.create(text="reset secret", last_error="SMTPDataError 554")

    for model, pk in (("notification", Notification.objects.get().pk), ("outgoingmail", mail.pk)):
        pages = [f"/admin/notifications/{model}/", f"/admin/notifications/{model}/{pk}/change/"]
        for page in (admin_client.get(path).content.decode() for path in pages):
            assert "SMTPDataError 554" in page
            assert "Private words" not in page
            assert "reset secret" not in page
    assert admin_client.get("/admin/notifications/notification/?gave_up_at__isempty=0").status_code == 200


def test_admin_can_try_again(admin_client: Client, user: User) -> None:
    failed = row(user, attempts=12, gave_up_at=timezone.now(), due_at=timezone.now())
    never = row(user, frequency=Frequency.NEVER)
    sent = row(user, delivered_at=timezone.now())

    admin_client.post(
        "/admin/notifications/notification/",
        {"action": "try_again", "_selected_action": [failed.pk, never.pk, sent.pk]},
    )

    assert list(Notification.objects.undelivered()) == [failed]
    failed.refresh_from_db()
    assert (failed.attempts, failed.gave_up_at) == (0, None)


@pytest.mark.parametrize("count", [1, 20])
def test_admin_list_query_count_is_constant(admin_client: Client, count: int) -> None:
    NotificationFactory.create_batch(count, kind=NEWS)
    admin_client.get("/admin/notifications/notification/")

    with CaptureQueriesContext(connection) as queries:
        admin_client.get("/admin/notifications/notification/")

    assert len(queries) <= 8, [query["sql"] for query in queries]


def test_admin_is_closed_to_curators_without_the_right_and_adds_and_changes_nothing(
    client: Client, admin_client: Client, user: User
) -> None:
    notification = row(user)
    assert admin_client.get("/admin/notifications/notification/add/").status_code == 403
    assert (
        admin_client.post(f"/admin/notifications/notification/{notification.pk}/delete/").status_code == 403
    )
    client.force_login(UserFactory.create(is_staff=True))
    assert client.get("/admin/notifications/notification/").status_code == 403
