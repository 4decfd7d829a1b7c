"""The queue in the admin: everything on one page, the steps one may take, a clear answer whatever is sent."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Entry
from apps.files.models import StoredFile
from apps.notifications.models import Notification
from apps.publishing import services
from apps.publishing.admin import BULK_LIMIT
from apps.publishing.enums import PublicationState
from apps.publishing.models import Publication
from tests.factories.files import StoredFileFactory
from tests.factories.publishing import PublicationFactory
from tests.publishing.conftest import People
from tests.publishing.notes import KIND, NoteType

pytestmark = pytest.mark.django_db
S = PublicationState
LIST = "/admin/publishing/publication/"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def desk(client: Client, people: People) -> Client:
    """Signed in as a curator who is staff and no superuser, without a single Django permission."""
    client.force_login(people.curator)
    return client


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def page(item: Publication) -> str:
    return f"{LIST}{item.pk}/change/"


def press(client: Client, item: Publication, step: str, **data: str) -> Any:
    return client.post(f"{LIST}{item.pk}/step/{step}/", data)


def bulk(client: Client, step: str, items: list[Publication], **data: str) -> Any:
    keys = [str(item.pk) for item in items]
    return client.post(LIST, {"action": step, "_selected_action": keys, **data})


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def listed(response: Any) -> list[Publication]:
    return list(response.context["cl"].result_list)


# --- Who gets in ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["author", "member", "manager", "stranger", "visitor"])
def test_moderation_is_for_staff(client: Client, people: People, role: str) -> None:
    item = people.item(S.SUBMITTED)
    if role != "visitor":
        client.force_login(getattr(people, role))

    for url in (LIST, page(item), f"{LIST}{item.pk}/step/approve/"):
        assert client.get(url).status_code in {302, 403}
    press(client, item, "approve")
    item.refresh_from_db()
    assert item.state == S.SUBMITTED


@pytest.mark.parametrize("role", ["curator", "superuser"])
def test_nothing_is_added_changed_or_deleted_by_hand(client: Client, people: People, role: str) -> None:
    item = people.item(S.SUBMITTED)
    client.force_login(getattr(people, role))

    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{item.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(page(item), {"title": "Mine"}).status_code == 405
    assert "delete_selected" not in client.get(LIST).content.decode()
    assert bulk(client, "delete_selected", [item], post="yes").status_code in {200, 302}
    item.refresh_from_db()
    assert item.title != "Mine"


# --- The queue ------------------------------------------------------------------------------------


def test_list_is_the_queue_oldest_first(desk: Client, people: People) -> None:
    now = timezone.now()
    newer = people.item(S.SUBMITTED, submitted_at=now - timedelta(hours=1))
    older = people.item(S.IN_REVIEW, submitted_at=now - timedelta(days=2))
    for state in (S.DRAFT, S.PUBLISHED, S.DECLINED, S.CHANGES_REQUESTED):
        people.item(state)
    response = desk.get(LIST)

    assert listed(response) == [older, newer]
    text = unescape(response.content.decode())
    assert text.index("2\xa0days") < text.index("1\xa0hour")
    assert "2 contributions wait for your decision." in " ".join(text.split())


def test_filters_and_search(desk: Client, people: People) -> None:
    german = people.item(S.PUBLISHED, language="de", title="Wirkung messen")
    hidden = people.item(S.HIDDEN, kind="resource")
    people.item(S.DRAFT)

    assert listed(desk.get(LIST, {"state": "all", "language": "de"})) == [german]
    assert listed(desk.get(LIST, {"state": "hidden"})) == [hidden]
    assert listed(desk.get(LIST, {"state": "all", "kind": KIND})) == [german]
    assert listed(desk.get(LIST, {"state": "all", "q": "wirkung"})) == [german]
    assert set(listed(desk.get(LIST, {"state": "all", "q": "Ada"}))) == {german, hidden}
    organisation = {"state": "all", "organisation__id__exact": str(people.organisation.pk)}
    assert len(listed(desk.get(LIST, organisation))) == 2
    assert listed(desk.get(LIST, {"state": "draft"})) == []


@pytest.mark.parametrize(
    "query",
    [
        "?state=nonsense",
        "?kind=%F0%9F%8C%8B",
        "?q=%27%22%3Cscript%3E",
        "?p=99999",
        "?o=99.-1",
        "?language=xx",
    ],
)
def test_list_with_a_strange_address_is_no_error(desk: Client, people: People, query: str) -> None:
    people.item(S.SUBMITTED)

    assert desk.get(LIST + query).status_code in {200, 302}


@pytest.mark.parametrize("count", [1, 3, 20])
def test_list_query_count_is_constant(
    desk: Client, people: People, django_assert_num_queries: Any, count: int
) -> None:
    for _number in range(count):
        PublicationFactory.create(state=S.SUBMITTED, kind=KIND)
    desk.get(LIST)  # content types and the session
    with django_assert_num_queries(LIST_QUERIES):
        assert len(listed(desk.get(LIST))) == count


LIST_QUERIES = 10


# --- One item -------------------------------------------------------------------------------------


def test_page_shows_all_that_is_needed_to_decide(desk: Client, people: People, notes: NoteType) -> None:
    item = people.item(S.SUBMITTED, reason="Please hurry.")
    other = people.item(S.DECLINED, title="An earlier try")
    draft = people.item(S.DRAFT, title="Private draft")
    stored: StoredFile = StoredFileFactory.create(original_name="figures.pdf", text="x")
    notes.item_of(item).files = [stored]
    Entry.objects.create(about=item, action="submitted", by=people.author, reason="In their own words.")
    response = desk.get(page(item))
    text = unescape(response.content.decode())

    for expected in (
        "Text of a note.", "figures.pdf", "No virus scanner is set up", "Ada Author",
        people.organisation.name, "Please hurry.", "In their own words.", other.title,
        "Approve", "Ask for changes", "Decline", "Start review",
    ):  # fmt: skip
        assert expected in text, expected
    assert draft.title not in text
    assert "Restore" not in text
    assert "Short note" in text
    download = desk.get(reverse("admin:publishing_publication_file", args=[item.pk, stored.pk]))
    assert download["Content-Disposition"] == 'attachment; filename="figures.pdf"'
    assert download["X-Content-Type-Options"] == "nosniff"
    download.close()


def test_file_of_another_item_is_not_given_out(desk: Client, people: People, notes: NoteType) -> None:
    item, draft = people.item(S.SUBMITTED), people.item(S.DRAFT)
    stored: StoredFile = StoredFileFactory.create()
    notes.item_of(draft).files = [stored]

    for asked in (item, draft):
        assert desk.get(f"{LIST}{asked.pk}/file/{stored.pk}/").status_code == 404


def test_version_is_shown_beside_the_live_item_with_its_changes_marked(
    desk: Client, people: People, notes: NoteType
) -> None:
    live = people.item(S.PUBLISHED)
    version = people.item(S.SUBMITTED, live=live)
    notes.item_of(live).text = "Twelve firms took part."
    notes.item_of(version).text = "Twenty firms took part."
    html = desk.get(page(version)).content.decode()

    assert "<del>Twelve</del> firms took part." in html
    assert "<ins>Twenty</ins> firms took part." in html
    assert html.count('class="note"') == 2


def test_hostile_text_is_shown_and_not_run(desk: Client, people: People, notes: NoteType) -> None:
    live = people.item(S.PUBLISHED, title=SCRIPT)
    version = people.item(S.SUBMITTED, live=live, title=SCRIPT, reason=SCRIPT)
    notes.item_of(version).text = f"{SCRIPT} new"
    people.author.name = "Ada <img src=x onerror=alert(1)>"
    people.author.save()
    Entry.objects.create(about=version, action=SCRIPT[:50], by=people.author, reason=SCRIPT)
    people.item(S.DECLINED, title=SCRIPT)

    for html in (
        desk.get(page(version)).content.decode(),
        desk.get(LIST, {"state": "all"}).content.decode(),
        bulk(desk, "approve", [version]).content.decode(),
    ):
        assert SCRIPT not in html
        assert "<img src=x" not in html
        assert "&lt;script&gt;" in html


def test_pages_have_no_inline_scripts_or_styles(desk: Client, people: People) -> None:
    item = people.item(S.SUBMITTED)
    for html in (
        desk.get(page(item)).content.decode(),
        desk.get(LIST).content.decode(),
        desk.get("/admin/").content.decode(),
        bulk(desk, "decline", [item]).content.decode(),
    ):
        assert "<style" not in html
        assert " style=" not in html
        assert " onclick=" not in html
        assert "<script>" not in html


@pytest.mark.parametrize("what", ["lost", "unknown"])
def test_item_that_cannot_be_shown_is_said_so(
    desk: Client, people: People, notes: NoteType, what: str
) -> None:
    item = people.item(S.SUBMITTED, kind=KIND if what == "lost" else "poem")
    notes.lost.add(item.pk)
    response = desk.get(page(item))

    assert "errornote" in response.content.decode()
    assert press(desk, item, "approve").status_code == 409
    item.refresh_from_db()
    assert item.state == S.SUBMITTED


@pytest.mark.parametrize("key", ["0", "abc", "9" * 30, "_5F", "1%20or%201"])
def test_item_that_is_not_there_leads_back_to_the_queue(desk: Client, key: str) -> None:
    response = desk.get(f"{LIST}{key}/change/")

    assert response.status_code == 302
    assert response["Location"] == LIST


def test_draft_of_others_is_not_there(desk: Client, people: People) -> None:
    item = people.item(S.DRAFT)

    assert desk.get(page(item))["Location"] == LIST
    assert press(desk, item, "withdraw", reason="x").status_code == 404


def test_page_query_count_is_constant(desk: Client, people: People, django_assert_num_queries: Any) -> None:
    item = people.item(S.SUBMITTED)
    desk.get(page(item))
    for count in (1, 20):
        for _number in range(count):
            people.item(S.PUBLISHED)
            Entry.objects.create(about=item, action="edited", by=people.author)
        with django_assert_num_queries(PAGE_QUERIES):
            desk.get(page(item))


PAGE_QUERIES = 9


# --- Taking a step --------------------------------------------------------------------------------


def test_approve_by_press(desk: Client, people: People) -> None:
    item = people.item(S.SUBMITTED)
    seen = desk.get(page(item)).context["form"].initial["seen"]
    response = press(desk, item, "approve", seen=seen)

    assert response["Location"] == LIST
    assert "is approved" in said(response)
    assert "Nothing else waits for your decision." in said(response)
    item.refresh_from_db()
    assert item.is_public
    assert Notification.objects.get().recipient == people.author


def test_queue_says_how_long_each_waits(desk: Client, people: People) -> None:
    new, old = people.item(S.SUBMITTED), people.item(S.SUBMITTED)
    now = timezone.now()
    Publication.objects.filter(pk=new.pk).update(submitted_at=now)
    Publication.objects.filter(pk=old.pk).update(submitted_at=now - timedelta(days=2, hours=3))
    html = desk.get(LIST).content.decode()

    assert "just came" in html
    assert "for 2\N{NO-BREAK SPACE}days<" in html


@pytest.mark.parametrize("step", ["request-changes", "decline"])
def test_missing_reason_is_said_beside_the_field(desk: Client, people: People, step: str) -> None:
    item = people.item(S.SUBMITTED)
    response = press(desk, item, step, reason="  ")

    assert response.status_code == 200
    assert response.context["form"].errors["reason"] == ["Please give a reason: it is sent to the author."]
    assert "id_reason_error" in response.content.decode()
    response = press(desk, item, step, reason="x" * 2001)
    assert "2000" in str(response.context["form"].errors["reason"])
    assert "x" * 2001 in response.content.decode()
    item.refresh_from_db()
    assert item.state == S.SUBMITTED


def test_reason_reaches_the_author(desk: Client, people: People) -> None:
    item = people.item(S.IN_REVIEW)
    press(desk, item, "request-changes", reason="Name your <sources> & dates.")

    row = Notification.objects.get(recipient=people.author)
    assert row.context["reason"] == "Name your <sources> & dates."


def test_stale_page_gets_a_clear_message(desk: Client, people: People) -> None:
    item = people.item(S.SUBMITTED)
    assert "is approved" in said(press(desk, item, "approve"))
    response = press(desk, item, "approve")

    assert response.status_code == 409
    assert "already took another step" in said(response)
    assert Entry.objects.about(item).count() == 1


def test_round_that_the_curator_has_not_seen_is_not_decided(desk: Client, people: People) -> None:
    item = people.item(S.SUBMITTED)
    seen = desk.get(page(item)).context["form"].initial["seen"]
    Publication.objects.filter(pk=item.pk).update(submitted_at=timezone.now())
    response = press(desk, item, "approve", seen=seen)

    assert "submitted anew" in said(response)
    item.refresh_from_db()
    assert item.state == S.SUBMITTED


def test_start_of_a_review_stays_with_the_item(desk: Client, people: People) -> None:
    item, waiting = people.item(S.SUBMITTED), people.item(S.SUBMITTED)
    response = press(desk, item, "start-review")

    assert response["Location"] == page(item) != page(waiting)
    html = desk.get(page(item)).content.decode()
    assert "is in review." in html
    assert "step-approve" in html


@pytest.mark.parametrize("step", ["approve", "request-changes", "decline"])
def test_decision_leads_to_what_waits_next_and_back_to_the_one_decided(
    client: Client, people: People, step: str
) -> None:
    """The next that this curator may decide on; after the last of the queue the oldest again."""
    now = timezone.now()
    client.force_login(people.curator_member)

    def of_others(days: int) -> Publication:
        return PublicationFactory.create(
            state=S.SUBMITTED, kind=KIND, title=SCRIPT, submitted_at=now - timedelta(days=days)
        )

    oldest, middle, newest = of_others(9), of_others(6), of_others(3)
    people.item(S.SUBMITTED, submitted_at=now - timedelta(days=5))
    response = press(client, middle, step, reason="Because.")
    assert response["Location"] == page(newest)
    html = client.get(page(newest)).content.decode()
    assert f'<a href="{page(middle)}">Look at it again</a>' in html
    assert SCRIPT not in html

    assert press(client, newest, step, reason="Because.")["Location"] == page(oldest)
    assert press(client, oldest, step, reason="Because.")["Location"] == LIST


def test_page_names_what_waits_next(client: Client, people: People) -> None:
    item = PublicationFactory.create(state=S.SUBMITTED, kind=KIND)
    client.force_login(people.curator_member)
    people.item(S.SUBMITTED, title="Our own")
    assert "Waits next" not in client.get(page(item)).content.decode()
    following = PublicationFactory.create(state=S.SUBMITTED, kind=KIND, title="The one after")

    html = " ".join(client.get(page(item)).content.decode().split())
    assert f'<a href="{page(following)}"> Waits next: The one after' in html


@pytest.mark.parametrize("now", [S.PUBLISHED, S.DECLINED, S.SUBMITTED])
def test_reason_typed_survives_that_somebody_was_faster(desk: Client, people: People, now: str) -> None:
    item = people.item(S.SUBMITTED)
    seen = desk.get(page(item)).context["form"].initial["seen"]
    Publication.objects.filter(pk=item.pk).delete()
    item = people.item(now, pk=item.pk, submitted_at=timezone.now())
    response = press(desk, item, "request-changes", seen=seen, reason="Typed for half an hour.")

    assert response.status_code == 409
    assert "Typed for half an hour." in response.content.decode()
    if now == S.SUBMITTED:
        again = response.context["form"].initial["seen"]
        press(desk, item, "request-changes", seen=again, reason="Typed for half an hour.")
        item.refresh_from_db()
        assert item.state == S.CHANGES_REQUESTED


# --- What changed since a curator asked for it ----------------------------------------------------


def returned_and_submitted_again(desk: Client, people: People, notes: NoteType) -> Publication:
    item = people.item(S.SUBMITTED)
    notes.item_of(item).text = "Twelve firms took part."
    press(desk, item, "request-changes", reason="Count again.")
    notes.item_of(item).text = "Twenty firms took part."
    item.refresh_from_db()
    assert item.returned_words == {"title": item.title, "text": "Twelve firms took part."}
    return services.submit(publication_id=item.pk, by=people.author)


def test_resubmission_shows_what_changed_word_by_word(desk: Client, people: People, notes: NoteType) -> None:
    item = returned_and_submitted_again(desk, people, notes)
    html = desk.get(page(item)).content.decode()

    assert "What changed since a curator asked for changes" in html
    assert "<del>Twelve</del> firms took part." in html
    assert "<ins>Twenty</ins> firms took part." in html
    assert '<th scope="row">Title</th>' not in html
    assert "Count again." in html
    assert "Submitted again" in desk.get(LIST).content.decode()


def test_version_shows_both_what_it_changes_and_what_changed_since(
    desk: Client, people: People, notes: NoteType
) -> None:
    live = people.item(S.PUBLISHED)
    notes.item_of(live).text = "Ten firms took part."
    version = people.item(S.SUBMITTED, live=live)
    notes.item_of(version).text = "Twelve firms took part."
    press(desk, version, "request-changes", reason="Count again.")
    notes.item_of(version).text = "Twenty firms took part."
    services.submit(publication_id=version.pk, by=people.author)
    html = desk.get(page(version)).content.decode()

    assert (
        html.index("<del>Twelve</del>")
        < html.index("What this version changes")
        < html.index("<del>Ten</del>")
    )


def test_resubmission_without_a_change_says_so(desk: Client, people: People, notes: NoteType) -> None:
    item = people.item(S.SUBMITTED)
    press(desk, item, "request-changes", reason="Count again.")
    services.submit(publication_id=item.pk, by=people.author)

    assert "Nothing: both are the same." in desk.get(page(item)).content.decode()


@pytest.mark.parametrize("step", ["approve", "decline"])
def test_what_it_said_is_not_kept_after_the_decision(
    desk: Client, people: People, notes: NoteType, step: str
) -> None:
    item = returned_and_submitted_again(desk, people, notes)
    press(desk, item, step, reason="Done.")

    item.refresh_from_db()
    assert item.returned_words is None
    assert "What changed since" not in desk.get(page(item)).content.decode()


@pytest.mark.parametrize("role", ["curator_member", "superuser_manager"])
def test_own_item_is_for_others(client: Client, people: People, role: str) -> None:
    item = people.item(S.SUBMITTED)
    client.force_login(getattr(people, role))
    html = client.get(page(item)).content.decode()
    response = press(client, item, "approve")

    assert "somebody else has to decide" in html
    assert "step-approve" not in html
    assert "somebody else has to decide" in said(response)
    item.refresh_from_db()
    assert item.state == S.SUBMITTED


def test_step_address_opened_by_hand_leads_to_the_item(desk: Client, people: People) -> None:
    item = people.item(S.SUBMITTED)

    assert desk.get(f"{LIST}{item.pk}/step/approve/")["Location"] == page(item)
    assert desk.get(f"{LIST}{item.pk}/step/eat/").status_code == 404
    assert press(desk, item, "eat").status_code == 404
    assert desk.post(f"{LIST}{'9' * 25}/step/approve/").status_code == 404


def test_reason_survives_the_end_of_the_session(client: Client, people: People) -> None:
    item = people.item(S.SUBMITTED)
    response = press(client, item, "decline", reason="Typed for half an hour.")

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    client.force_login(people.curator)
    html = client.get(f"{LIST}{item.pk}/step/decline/").content.decode()
    assert "Typed for half an hour." in html
    item.refresh_from_db()
    assert item.state == S.SUBMITTED


@pytest.mark.parametrize("seen", ["yesterday", "", "2026-13-45", "\x00"])
def test_strange_form_is_no_error(desk: Client, people: People, seen: str) -> None:
    item = people.item(S.SUBMITTED)

    assert press(desk, item, "approve", seen=seen, reason="a\x00b").status_code in {200, 302, 400}


# --- Many items -----------------------------------------------------------------------------------


def test_bulk_asks_first_and_then_takes_each_step(desk: Client, people: People) -> None:
    items = [people.item(S.SUBMITTED), people.item(S.IN_REVIEW)]
    response = bulk(desk, "decline", items)
    assert response.status_code == 200
    for item in items:
        assert item.title in response.content.decode()
        item.refresh_from_db()
        assert item.state != S.DECLINED
    response = bulk(desk, "decline", items, confirmed="yes", reason="")
    assert response.context["form"].errors["reason"]
    response = bulk(desk, "decline", items, confirmed="yes", reason="Off topic.")

    assert "done for 2 contributions" in said(response)
    for item in items:
        item.refresh_from_db()
        assert (item.state, item.reason) == (S.DECLINED, "Off topic.")
    assert Notification.objects.filter(kind="publication_declined").count() == 2


def test_bulk_leaves_own_items_to_others_and_names_them(client: Client, people: People) -> None:
    client.force_login(people.curator_member)
    own = people.item(S.SUBMITTED, title="Our own")
    others = PublicationFactory.create(state=S.SUBMITTED, kind=KIND, title="Of others")
    decided = PublicationFactory.create(state=S.PUBLISHED, kind=KIND, title="Faster")
    html = unescape(bulk(client, "approve", [own, others, decided]).content.decode())
    assert html.index("Left for somebody else") < html.index("Our own") < html.index("The step is taken")
    response = bulk(client, "approve", [own, others, decided], confirmed="yes")

    text = said(response)
    assert "done for 1 contribution." in text
    assert "“Our own”" in text
    assert "“Faster”" in text
    own.refresh_from_db()
    others.refresh_from_db()
    assert (own.state, others.state) == (S.SUBMITTED, S.PUBLISHED)


def test_bulk_with_only_own_items_offers_nothing(client: Client, people: People) -> None:
    client.force_login(people.superuser_manager)
    response = bulk(client, "approve", [people.item(S.SUBMITTED)])

    assert "None of the selected contributions" in response.content.decode()


def test_bulk_goes_on_where_one_item_fails(desk: Client, people: People, notes: NoteType) -> None:
    broken, fine = people.item(S.SUBMITTED, title="Broken"), people.item(S.SUBMITTED)
    notes.lost.add(broken.pk)
    response = bulk(desk, "approve", [broken, fine], confirmed="yes")

    assert "“Broken”: The content" in said(response)
    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.state, fine.state) == (S.SUBMITTED, S.PUBLISHED)


def test_bulk_does_not_decide_a_round_that_was_not_shown(desk: Client, people: People) -> None:
    item = people.item(S.SUBMITTED)
    shown = dict(bulk(desk, "approve", [item]).context["ready"])[item]
    Publication.objects.filter(pk=item.pk).update(submitted_at=timezone.now())
    response = bulk(desk, "approve", [item], confirmed="yes", **{f"seen-{item.pk}": shown})

    assert "submitted anew" in said(response)
    item.refresh_from_db()
    assert item.state == S.SUBMITTED


@pytest.mark.parametrize("key", ["abc", "9" * 30, "1 or 1", "²"])
def test_bulk_with_a_strange_selection_is_no_error(desk: Client, people: People, key: str) -> None:
    people.item(S.SUBMITTED)
    response = desk.post(LIST, {"action": "approve", "_selected_action": [key], "confirmed": "yes"})

    assert response.status_code == 302
    assert "not valid" in said(response)


def test_bulk_is_limited(desk: Client, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    assert BULK_LIMIT >= 100
    monkeypatch.setattr("apps.publishing.admin.BULK_LIMIT", 1)
    response = bulk(desk, "approve", [people.item(S.SUBMITTED), people.item(S.SUBMITTED)])

    assert "at most 1" in said(response)


def test_bulk_over_all_pages(desk: Client, people: People) -> None:
    items = [people.item(S.SUBMITTED), people.item(S.SUBMITTED)]
    response = bulk(desk, "approve", items[:1], select_across="1")

    assert [publication for publication, _seen in response.context["ready"]] == items


def test_bulk_page_says_of_its_step_what_it_needs(desk: Client, people: People) -> None:
    item = people.item(S.SUBMITTED)
    for page in (LIST, "/admin/organisations/organisation/"):
        assert "Choose an action" in desk.get(page).content.decode()
    approve, decline = bulk(desk, "approve", [item]), bulk(desk, "decline", [item])
    assert "A note, if you like." in approve.content.decode()
    assert "Needed. It is sent" in decline.content.decode()
    assert "Needed unless" not in approve.content.decode()
