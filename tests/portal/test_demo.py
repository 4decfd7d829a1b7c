"""The demonstration: loaded once however often it is asked for, and only where DEMO=1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, TestCase, override_settings
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.exchanges.budget import is_covered, left_of
from apps.exchanges.enums import ApplicationState, OfferState, ProgrammeState
from apps.exchanges.models import Application, Offer, Programme, Report
from apps.files.models import StoredFile
from apps.knowledge.guide import render_chapter
from apps.knowledge.models import Chapter, Resource
from apps.knowledge.reference_loaders import HUB_ORGANISATION, load_publications
from apps.notifications.models import Notification
from apps.organisations.models import JoinRequest, Membership, Organisation
from apps.portal.demo.loading import PASSWORD, rows
from apps.publishing.enums import PublicationState
from apps.publishing.models import Publication
from apps.reviews.models import Score, outcome_annotations
from apps.search.models import Document
from apps.taxonomy.models import Country

PEOPLE = {
    "manager.at@example.org",
    "manager.es@example.org",
    "policy.ro@example.org",
    "expert@example.org",
    "provider@example.org",
    "curator@example.org",
    "admin@example.org",
}
MODELS: list[Any] = [
    User, Organisation, Membership, JoinRequest, Publication, Resource, StoredFile, Document, Notification, Entry,
    Application, Offer,
]  # fmt: skip


@pytest.fixture(scope="module")
def _reference_data(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Slow to load, so once for all tests here; none of them ends up in the database of other tests."""
    from django.db import connection, transaction

    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        with override_settings(DEMO=True), TestCase.captureOnCommitCallbacks(execute=True):
            call_command("load_reference", verbosity=0)
            call_command("load_demo", verbosity=0)
        yield
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)
        connection.close()


@pytest.fixture
def demo(_reference_data: None, db: None, settings: Any) -> None:
    settings.DEMO = True


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in MODELS}


def test_load_demo_outside_a_demonstration_is_refused(db: None, settings: Any) -> None:
    settings.DEMO = False

    for command in ("load_demo", "prepare_demo"):
        with pytest.raises(CommandError, match="DEMO=1"):
            call_command(command)
    assert not Country.objects.exists()
    assert not User.objects.exists()


def test_load_demo_again_doubles_nothing_and_changes_nothing(demo: None) -> None:
    before = counts()
    Publication.objects.filter(title=rows("resources")[0]["title"]).update(reason="A curator's word.")

    call_command("prepare_demo", verbosity=0)

    assert counts() == before
    assert Publication.objects.filter(reason="A curator's word.").count() == 1


def test_load_demo_finds_an_organisation_by_its_name_where_its_address_is_another(demo: None) -> None:
    known = Organisation.objects.get(name="Demo Hub Cyfrowy Przykład")
    Organisation.objects.filter(pk=known.pk).update(slug="demo-hub-cyfrowy-przykad")
    before = counts()

    call_command("load_demo", verbosity=0)

    assert counts() == before
    known.refresh_from_db()
    assert known.slug == "demo-hub-cyfrowy-przykad"


def test_demo_addresses_are_written_in_letters_that_everybody_can_type(demo: None) -> None:
    slugs = dict(Organisation.objects.filter(name__contains="Demo").values_list("name", "slug"))

    assert slugs["Demo Hub Cyfrowy Przykład"] == "demo-hub-cyfrowy-przyklad"
    assert slugs["Demo Cluster Γαλάζιο"] == "demo-cluster-galazio"


def test_demo_says_of_an_invented_organisation_that_it_is_invented(demo: None, client: Client) -> None:
    page = client.get("/organisations/demo-cluster-alpenholz/").content.decode()

    assert "Invented for the demonstration" in page
    assert "nobody of it has an account" not in page
    real = Organisation.objects.filter(basis="recall").earliest("pk")
    page = client.get(real.get_absolute_url()).content.decode()
    assert "It is not a statement by this organisation" in " ".join(page.split())
    assert "general knowledge, not checked" in page


def test_the_hub_itself_waits_for_no_verification(demo: None, client: Client) -> None:
    hub = Organisation.objects.get(slug=HUB_ORGANISATION)
    client.force_login(User.objects.get(email="curator@example.org"))

    assert hub.verified_at
    assert Document.objects.get(kind="organisation", object_id=hub.pk).card["is_verified"]
    assert not any("verified" in str(todo.title) for todo in client.get("/dashboard/").context["todos"])


def test_reference_data_verify_the_hub_where_an_older_version_did_not(demo: None) -> None:
    Organisation.objects.filter(slug=HUB_ORGANISATION).update(verified_at=None, verified_by=None)

    load_publications()

    assert Organisation.objects.get(slug=HUB_ORGANISATION).verified_at


def test_load_demo_shows_every_state_in_which_something_can_be(demo: None) -> None:
    states = set(Publication.objects.values_list("state", flat=True))

    assert states >= set(PublicationState.values) - {PublicationState.MERGED}
    assert Publication.objects.filter(live__isnull=False, state=PublicationState.SUBMITTED).exists()


def test_load_demo_keeps_what_is_not_public_out_of_the_search(demo: None) -> None:
    public = set(Resource.objects.filter(publication__state="published").values_list("pk", flat=True))

    assert set(Document.objects.filter(kind="resource").values_list("object_id", flat=True)) == public


def test_load_demo_makes_two_cluster_managers_of_different_clusters(demo: None) -> None:
    managed = {
        email: set(
            Membership.objects.filter(user__email=email, role="manager").values_list(
                "organisation", flat=True
            )
        )
        for email in ("manager.at@example.org", "manager.es@example.org")
    }

    assert all(managed.values())
    assert not set.intersection(*managed.values())


@pytest.mark.parametrize("email", sorted(PEOPLE))
def test_demo_person_signs_in_with_the_password_and_sees_the_dashboard(
    demo: None, client: Client, email: str
) -> None:
    response = client.post("/accounts/login/", {"login": email, "password": PASSWORD})

    assert response.status_code == 302
    assert response["Location"] == "/dashboard/"
    assert client.get("/dashboard/").status_code == 200


@pytest.mark.parametrize("email", sorted(PEOPLE))
def test_demo_person_signs_in_with_one_press(demo: None, client: Client, email: str) -> None:
    assert f'value="{email}"' in client.get("/accounts/login/").content.decode()

    assert client.post("/account/demo-sign-in/", {"email": email}).status_code == 302
    assert client.session["_auth_user_id"] == str(User.objects.get(email=email).pk)


def test_demo_sign_in_outside_a_demonstration_is_not_offered(
    demo: None, client: Client, settings: Any
) -> None:
    settings.DEMO = False

    assert "manager.at@example.org" not in client.get("/accounts/login/").content.decode()
    assert client.post("/account/demo-sign-in/", {"email": "admin@example.org"}).status_code == 404


def test_demo_texts_of_files_are_found(demo: None, client: Client) -> None:
    row = next(row for row in rows("resources") if row.get("body_phrase") and row["state"] == "published")

    page = client.get("/knowledge/", {"q": f'"{row["body_phrase"]}"'}).content.decode()

    assert row["title"] in page


def test_curator_has_something_to_decide_and_a_manager_something_to_change(
    demo: None, client: Client
) -> None:
    client.force_login(User.objects.get(email="curator@example.org"))
    assert client.get("/dashboard/").context["todos"]
    client.force_login(User.objects.get(email="manager.es@example.org"))
    assert client.get("/dashboard/").context["todos"]


def test_every_chapter_of_the_guide_ends_with_something_to_do(demo: None) -> None:
    last = {
        chapter.slug: render_chapter(chapter.body).sections[-1].title for chapter in Chapter.objects.all()
    }

    assert len(last) == 10
    assert set(last.values()) == {"Do this now"}


def test_every_link_of_the_guide_leads_to_something(demo: None, client: Client) -> None:
    client.force_login(User.objects.get(email="manager.at@example.org"))
    links = {
        unescape(address)
        for chapter in Chapter.objects.all()
        for address in re.findall(r'<a href="([^"]+)"', render_chapter(chapter.body).html)
    }

    answers = {address: client.get(address) for address in links}

    assert {address for address, answer in answers.items() if answer.status_code != 200} == set()
    lists = [answer for address, answer in answers.items() if "?" in address]
    assert len(lists) > 3
    assert all(answer.context["result"].hits for answer in lists)
    assert sum("/guide/" in address for address in links) >= 8


def test_every_state_of_an_exchange_is_shown(demo: None) -> None:
    assert set(Application.objects.values_list("state", flat=True)) == set(ApplicationState.values)
    assert set(Offer.objects.values_list("state", flat=True)) == set(OfferState.values)
    assert set(Programme.objects.values_list("state", flat=True)) == set(ProgrammeState.values)


def test_scores_of_the_demo_tell_a_story(demo: None) -> None:
    """A clear yes, a clear no, one near the threshold, and two reviewers so far apart that a third was asked."""
    cases: Any = (
        Application.objects.annotate(**outcome_annotations("panel"))
        .filter(panel__reviews__state="submitted")
        .distinct()
    )
    means = {case.state: float(case.mean_total) for case in cases}
    [rejected] = cases.filter(state="rejected")
    [undecided] = cases.filter(state="under_review")

    assert len({(case.mean_total, case.spread) for case in cases}) >= 5
    assert max(means.values()) > 80
    assert float(rejected.mean_total) < 50
    assert 60 <= means["waiting_list"] < 63
    assert undecided.spread > 20
    assert undecided.done_count == 3
    points = Score.objects.filter(review__panel=undecided.panel_id).values_list("points", flat=True)
    assert len(set(points)) > 3
    assert not Application.objects.filter(state="approved", panel__reviews__recommendation="refuse").exists()


def test_reports_of_the_demo_are_each_their_own(demo: None) -> None:
    reports = list(Report.objects.values_list("learned", "change", "contacts"))

    assert len(reports) >= 12
    for texts in zip(*reports, strict=True):
        assert len(set(texts)) == len(reports)


def test_stays_of_the_demo_begin_on_their_first_day(demo: None) -> None:
    begun = Entry.objects.filter(to_state="in_progress")

    for entry in begun:
        assert timezone.localdate(entry.at) == Application.objects.get(pk=entry.object_id).starts_on
    assert begun


def test_waiting_list_of_the_demo_does_not_wait_for_money_that_is_there(demo: None) -> None:
    [waiting] = Application.objects.filter(state="waiting_list").select_related("offer__programme")

    assert is_covered(waiting.amount, left_of(waiting.offer.programme))
    assert "money" not in waiting.reason


def test_deadlines_of_the_demo_do_not_share_their_minute(demo: None) -> None:
    due = [
        f"{moment:%H:%M}"
        for moment in Application.objects.values_list("decision_due_at", flat=True)
        if moment
    ]

    assert len(due) > 10
    assert len(set(due)) > len(due) / 2


def test_each_person_of_the_demo_finds_a_few_unread_messages(demo: None) -> None:
    rows_of = {person: Notification.objects.filter(recipient=person) for person in User.objects.all()}
    unread = {person: found.filter(read_at=None) for person, found in rows_of.items() if found.exists()}

    assert unread
    for person, found in unread.items():
        count = found.count()
        assert count <= 5, person
        assert count >= min(2, rows_of[person].count()), person
        read = rows_of[person].exclude(read_at=None)
        assert not read.filter(created_at__gt=found.earliest("created_at").created_at).exists(), person
