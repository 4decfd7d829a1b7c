"""The framing guide: its pages, its texts, and who may change them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.services import AccountClosedError
from apps.audit.models import Entry
from apps.knowledge import services
from apps.knowledge.guide import render_chapter
from apps.knowledge.models import Chapter
from apps.knowledge.reference_loaders import load_guide
from apps.search.models import Document
from apps.search.services import check, reindex
from tests.factories.accounts import UserFactory
from tests.factories.knowledge import ChapterFactory, ResourceFactory
from tests.factories.taxonomy import TopicFactory

pytestmark = pytest.mark.django_db


def page_text(response: Any) -> str:
    return str(response.content.decode())


def test_guide_lists_published_chapters_in_their_order(client: Client) -> None:
    ChapterFactory.create(title="Second", order=2)
    ChapterFactory.create(title="First", order=1)
    ChapterFactory.create(title="Hidden one", order=3, is_published=False)

    text = page_text(client.get("/knowledge/guide/"))

    assert text.index("First") < text.index("Second")
    assert "Hidden one" not in text


def test_guide_without_chapters_is_a_page(client: Client) -> None:
    assert client.get("/knowledge/guide/").status_code == 200


def test_chapter_has_contents_neighbours_and_resources_by_topic(client: Client) -> None:
    one, two, three = [ChapterFactory.create(order=number, slug=f"c{number}") for number in (1, 2, 3)]
    two.topics.add(TopicFactory.create())
    ResourceFactory.create(title="On the topic", topics=["indicators"])
    ResourceFactory.create(title="On another", topics=["governance"])
    ResourceFactory.create(title="Not public", topics=["indicators"], state="submitted")

    response = client.get("/knowledge/guide/c2/")

    text = page_text(response)
    assert '<h2 id="s-first">First</h2>' in text
    assert '<a href="#s-first">First</a>' in text
    assert (response.context["before"], response.context["after"]) == (one, three)
    assert [hit.title for hit in response.context["read_also"]] == ["On the topic"]


@pytest.mark.parametrize(("slug", "is_published"), [("nothing", True), ("hidden", False)])
def test_chapter_that_is_not_there_or_not_published_is_not_found(
    client: Client, slug: str, is_published: bool
) -> None:
    ChapterFactory.create(slug="hidden", is_published=is_published)

    assert client.get(f"/knowledge/guide/{slug}/").status_code == 404


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '<img src=x onerror="alert(1)">',
        "## <script>alert(1)</script>",
        "## a <b onclick=x>b</b>",
        '## x" onmouseover="alert(1)',
        "```\n</code><script>alert(1)</script>\n```",
    ],
)
def test_chapter_text_cannot_run_anything(client: Client, attack: str) -> None:
    ChapterFactory.create(slug="c", body=f"## One\n\n{attack}\n\n## Two\n\nText")

    text = page_text(client.get("/knowledge/guide/c/")).split("<main", 1)[1]

    assert "<script" not in text
    assert "<img" not in text
    assert not re.search(r"<[^>]*\son\w+=", text)
    assert 'href="javascript' not in text


def test_headings_with_the_same_words_get_different_anchors() -> None:
    rendered = render_chapter("## Data\n\n## Data\n\n### Data\n\n## Übung & *more*\n\n## 集群")

    assert [section.anchor for section in rendered.sections] == [
        "s-data",
        "s-data-2",
        "s-ubung-more",
        "s-section",
    ]
    assert rendered.sections[2].title == "Übung & more"
    assert '<h3 id="s-data-3">' in rendered.html


def test_tables_can_be_scrolled_with_the_keyboard() -> None:
    html = render_chapter("| a | b |\n|---|---|\n| 1 | 2 |").html

    assert html.startswith('<table tabindex="0">')
    assert "style" not in html


@pytest.mark.parametrize("count", [1, 3, 20])
def test_chapter_query_count_is_constant(
    client: Client, django_assert_max_num_queries: Any, count: int
) -> None:
    for number in range(count):
        ChapterFactory.create(order=number, slug=f"c{number}").topics.add(TopicFactory.create())
        ResourceFactory.create(topics=["indicators"])

    with django_assert_max_num_queries(9):
        client.get("/knowledge/guide/c0/")
    with django_assert_max_num_queries(1):
        client.get("/knowledge/guide/")


# --- Loading --------------------------------------------------------------------------------------


def _load(folder: Path, body: str) -> int:
    (folder / "01-why-measure.md").write_text(
        f"---\ntitle: Why\nsummary: What for.\ntopics: indicators, governance\norder: 1\n---\n\n{body}\n",
        encoding="utf-8",
    )
    return load_guide(folder)


def test_loader_runs_again_without_doubling_and_takes_up_changes(tmp_path: Path) -> None:
    TopicFactory.create()
    TopicFactory.create(code="governance")

    assert _load(tmp_path, "Old text") == 1
    assert _load(tmp_path, "New text") == 1

    chapter = Chapter.objects.get()
    assert (chapter.slug, chapter.title, chapter.order, chapter.body) == (
        "why-measure",
        "Why",
        1,
        "New text\n",
    )
    assert {topic.code for topic in chapter.topics.all()} == {"indicators", "governance"}


def test_loader_leaves_what_a_curator_changed(tmp_path: Path) -> None:
    TopicFactory.create()
    TopicFactory.create(code="governance")
    _load(tmp_path, "Old text")
    Chapter.objects.update(body="The curator's", is_edited=True)

    _load(tmp_path, "New text")

    assert Chapter.objects.get().body == "The curator's"


def test_loader_refuses_a_file_without_front_matter(tmp_path: Path) -> None:
    (tmp_path / "01-x.md").write_text("text\n---\na: b\n---\n", encoding="utf-8")

    with pytest.raises(ValueError, match="front matter"):
        load_guide(tmp_path)


def test_loaded_chapter_is_found(client: Client, tmp_path: Path) -> None:
    TopicFactory.create()
    TopicFactory.create(code="governance")
    _load(tmp_path, "## One\n\nA **zebra** walks.")
    assert found(client, "q=zebra") == ["Why"]

    _load(tmp_path, "A giraffe walks.")
    assert found(client, "q=zebra") == []
    assert found(client, "q=giraffe&topic=governance") == ["Why"]


# --- Editing --------------------------------------------------------------------------------------


@pytest.fixture
def admin_client() -> Client:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True))
    return client


def chapter_data(**values: Any) -> dict[str, Any]:
    data = {
        "title": "Why",
        "slug": "why",
        "order": 1,
        "summary": "What for.",
        "body": "## Hello",
        "is_published": "on",
    }
    return {**data, **values}


def test_curator_edits_a_chapter_and_it_is_marked(admin_client: Client) -> None:
    chapter = ChapterFactory.create(slug="why")
    url = reverse("admin:knowledge_chapter_change", args=[chapter.pk])
    assert '<h2 id="s-first">First</h2>' in page_text(admin_client.get(url))

    response = admin_client.post(url, chapter_data(body="Changed"))

    chapter.refresh_from_db()
    assert response.status_code == 302
    assert (chapter.body, chapter.is_edited) == ("Changed", True)
    assert Entry.objects.about(chapter).get().action == "edited"


def found(client: Client, query: str) -> list[str]:
    response = client.get(f"/search/?{query}")
    assert not response.context["result"].corrected_from
    return [hit.title for hit, _template in response.context["cards"]]


def test_chapter_is_found_in_the_whole_hub_by_all_of_its_text(admin_client: Client) -> None:
    topic = TopicFactory.create()
    chapter = ChapterFactory.create(slug="why", title="Old")
    ResourceFactory.create(title="A resource", topics=[])
    url = reverse("admin:knowledge_chapter_change", args=[chapter.pk])

    admin_client.post(
        url,
        chapter_data(
            title="Why at all",
            summary="Of giraffes",
            body="## The zebra\n\n| a | b |\n|---|---|\n| okapi | [gnu](https://example.org/) |",
            topics=[topic.pk],
        ),
    )

    client = Client()
    for words in ("why at all", "giraffe", "zebra", "okapi", "gnu", topic.name):
        assert found(client, f"q={words}") == ["Why at all"], words
    assert found(client, "kind=chapter") == found(client, f"topic={topic.code}") == ["Why at all"]
    page = page_text(client.get("/search/?q=okapi"))
    assert "Chapter of the guide" in page
    assert 'href="/knowledge/guide/why/"' in page
    assert "<mark>okapi</mark>" in page
    assert "Why at all" not in page_text(client.get("/knowledge/"))
    sitemap = b"".join(client.get("/sitemap.xml").streaming_content).decode()  # type: ignore[attr-defined]
    assert sitemap.count("/knowledge/guide/why/") == 1


def test_unpublished_chapter_is_not_found_until_it_is_published_again(admin_client: Client) -> None:
    chapter = ChapterFactory.create(slug="why")
    url = reverse("admin:knowledge_chapter_change", args=[chapter.pk])
    hidden = chapter_data(title="Zebra")
    del hidden["is_published"]

    for data, expected in (
        (chapter_data(title="Zebra"), ["Zebra"]),
        (hidden, []),
        (chapter_data(title="Zebra"), ["Zebra"]),
    ):
        admin_client.post(url, data)
        assert found(Client(), "q=zebra") == expected
    admin_client.post(url, hidden)
    assert not Document.objects.filter(kind="chapter").exists()


def test_search_of_chapters_agrees_with_its_source(tmp_path: Path) -> None:
    TopicFactory.create()
    TopicFactory.create(code="governance")
    _load(tmp_path, "Text")
    assert not check("chapter")
    ChapterFactory.create(is_published=False)
    assert not check("chapter")
    for count in (1, 20):
        ChapterFactory.create_batch(count)
        reindex("chapter")
        assert not check("chapter")


def test_preview_shows_what_was_typed_and_saves_nothing(admin_client: Client) -> None:
    chapter = ChapterFactory.create(slug="why", body="Old")
    url = reverse("admin:knowledge_chapter_change", args=[chapter.pk])

    text = page_text(
        admin_client.post(url, chapter_data(body="## New *words*<script>x</script>", _preview="1"))
    )

    assert '<h2 id="s-new-words' in text
    assert "<script>x" not in text
    chapter.refresh_from_db()
    assert (chapter.body, chapter.is_edited) == ("Old", False)


@pytest.mark.parametrize(("is_staff", "status"), [(True, 200), (False, 302)])
def test_chapters_are_for_curators(is_staff: bool, status: int) -> None:
    client = Client()
    client.force_login(UserFactory.create(is_staff=is_staff))

    assert (
        client.post(reverse("admin:knowledge_chapter_add"), chapter_data(_preview="1")).status_code == status
    )
    assert client.get(reverse("admin:knowledge_chapter_changelist")).status_code == status
    assert not Chapter.objects.exists()


def test_chapter_is_not_touched_by_an_account_that_was_closed_meanwhile() -> None:
    chapter, person = ChapterFactory.create(is_edited=True), UserFactory.create(is_staff=True)
    User.objects.filter(pk=person.pk).update(is_active=False)

    with pytest.raises(AccountClosedError):
        services.save_chapter(chapter=chapter, by=person)
    with pytest.raises(AccountClosedError):
        services.give_chapter_back(chapter_id=chapter.pk, by=person)
    assert not Entry.objects.exists()


def test_chapter_given_back_is_loaded_again(admin_client: Client, tmp_path: Path) -> None:
    TopicFactory.create()
    TopicFactory.create(code="governance")
    _load(tmp_path, "From the file")
    chapter = Chapter.objects.get()
    Chapter.objects.update(body="The curator's", is_edited=True)

    admin_client.post(
        reverse("admin:knowledge_chapter_changelist"),
        {"action": "give_back", "_selected_action": [chapter.pk]},
    )
    _load(tmp_path, "From the file")

    assert Chapter.objects.get().body == "From the file\n"
