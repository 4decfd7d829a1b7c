"""The pages of the administration, Django's own and ours: accessible in both schemes, narrow, quiet."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from apps.knowledge.models import Resource
from apps.publishing import services
from apps.publishing.models import Publication
from tests.e2e.conftest import NewPage
from tests.e2e.test_pages import problems_of, violations_in_both_schemes
from tests.e2e.world import World
from tests.factories.files import StoredFileFactory
from tests.factories.knowledge import ChapterFactory, ResourceFactory
from tests.factories.organisations import OrganisationFactory
from tests.factories.taxonomy import LicenceFactory, TopicFactory

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PAGES = {
    "start": "/admin/",
    "queue": "/admin/publishing/publication/",
    "everything contributed": "/admin/publishing/publication/?state=all&o=1",
    "resubmission": "/admin/publishing/publication/{again}/change/",
    "list": "/admin/taxonomy/topic/?o=2.-1",
    "form": "/admin/taxonomy/topic/{topic}/change/",
    "add": "/admin/taxonomy/topic/add/",
    "history": "/admin/taxonomy/topic/{topic}/history/",
    "chapter": "/admin/knowledge/chapter/{chapter}/change/",
    "organisations": "/admin/organisations/organisation/",
    "organisation": "/admin/organisations/organisation/{place}/change/",
    "people": "/admin/accounts/user/",
    "mails": "/admin/notifications/outgoingmail/",
    "lists of one app": "/admin/taxonomy/",
    "not there": "/admin/nothing-here/",
}


@pytest.fixture
def world(db: None) -> World:
    return World()


def resubmission(world: World) -> Publication:
    """An item with a file that comes back after changes were asked for."""
    item = ResourceFactory.create(
        state="submitted",
        file=StoredFileFactory.create(text="Inside."),
        licence=LicenceFactory.create(),
    )
    services.request_changes(publication_id=item.publication_id, by=world.curator, reason="Count again.")
    Resource.objects.filter(pk=item.pk).update(summary="How it was counted again.", year=2025)
    return services.submit(publication_id=item.publication_id, by=item.publication.author)


@pytest.fixture
def places(world: World) -> dict[str, str]:
    return {
        "again": str(resubmission(world).pk),
        "topic": str(TopicFactory.create(code="governance", name="Governance").pk),
        "chapter": str(ChapterFactory.create().pk),
        "place": str(OrganisationFactory.create().pk),
    }


@pytest.mark.parametrize("name", PAGES)
def test_admin_page_is_accessible_narrow_and_quiet(
    name: str, world: World, places: dict[str, str], open_page: NewPage, browser_problems: list[str]
) -> None:
    path = PAGES[name].format(**places)
    page = open_page(path, as_=world.superuser)
    assert urlsplit(page.url).path == urlsplit(path).path
    found = problems_of(page)
    found += [problem for problem in browser_problems if not (name == "not there" and "404" in problem)]
    browser_problems.clear()  # what comes now is axe's own: it tries to write styles, and the policy forbids it
    found += violations_in_both_schemes(page)
    browser_problems.clear()

    assert found == []
