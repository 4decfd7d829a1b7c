"""The start page of the administration: what waits for whom, oldest first, and nothing that one may not open."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.knowledge.models import LinkCheck
from apps.portal.desk import SHOWN, Pile, piles
from apps.publishing.models import Publication
from tests.factories.accounts import UserFactory
from tests.factories.knowledge import ResourceFactory, person_of
from tests.factories.notifications import NotificationFactory, OutgoingMailFactory
from tests.factories.organisations import JoinRequestFactory, MembershipFactory, OrganisationFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DECIDE, JOIN, VERIFY, LINKS, NOTICES, MAILS = (
    "Contributions to decide on",
    "Requests to join organisations without a manager",
    "Organisations to verify",
    "Links that no longer work",
    "Notifications that could not be mailed",
    "Mails that could not be sent",
)


def open_start(client: Client, person: User) -> dict[str, Pile]:
    client.force_login(person)
    response = client.get("/admin/")
    assert response.status_code == 200
    found = piles(response.wsgi_request)
    assert response.content.decode().count('class="hub-pile"') == len(found)
    return {pile.title: pile for pile in found}


def titles(pile: Pile) -> list[str]:
    return [waiting.title for waiting in pile.oldest]


def submitted(title: str, days: int, **values: Any) -> Publication:
    resource = ResourceFactory.create(title=title, state="submitted", **values)
    Publication.objects.filter(pk=resource.publication_id).update(submitted_at=NOW - timedelta(days=days))
    return resource.publication


def broken_link(title: str, days: int) -> LinkCheck:
    check: LinkCheck = LinkCheck.objects.get(resource=ResourceFactory.create(title=title))
    at = NOW - timedelta(days=days)
    check.failures, check.first_failed_at, check.flagged_at = 3, at, at
    check.save()
    return check


def one_of_everything() -> None:
    verified = OrganisationFactory.create(
        name="Without a manager", verified_at=NOW, verified_by=UserFactory.create()
    )
    submitted("Please decide", 3, organisation=verified, author=person_of(verified, name="Ada Muster"))
    JoinRequestFactory.create(organisation=verified, user=UserFactory.create(name="Jo Newcomer"))
    founded = OrganisationFactory.create(name="Newly founded")
    MembershipFactory.create(
        organisation=founded, user=UserFactory.create(name="Fay Founder"), role="manager"
    )
    broken_link("Gone", 2)
    NotificationFactory.create(gave_up_at=NOW, last_error="no such mailbox")
    OutgoingMailFactory.create(gave_up_at=NOW, subject="Confirm")


@pytest.mark.parametrize("role", ["anonymous", "member", "manager"])
def test_start_is_for_staff(client: Client, role: str) -> None:
    one_of_everything()
    if role != "anonymous":
        client.force_login(person_of(OrganisationFactory.create(), role))

    response = client.get("/admin/")
    assert response.status_code in {302, 403}
    assert "Please decide" not in response.content.decode()


def test_curator_sees_what_waits_and_no_mails(client: Client) -> None:
    """The mails of others are for superusers, here as in the lists."""
    one_of_everything()
    found = open_start(client, UserFactory.create(is_staff=True))

    assert list(found) == [DECIDE, JOIN, VERIFY, LINKS]
    assert titles(found[JOIN]) == ["Without a manager"]
    assert "Newly founded" in titles(found[VERIFY])
    assert "Without a manager" not in titles(found[VERIFY])
    assert titles(found[LINKS]) == ["Gone"]
    text = unescape(client.get("/admin/").content.decode())
    for expected in ("Ada Muster", "Jo Newcomer", "Fay Founder", "for 3\xa0days", "Topics", "Content"):
        assert expected in text, expected
    for others in ("Behind the scenes", "Outgoing", "no such mailbox"):
        assert others not in text, others


def test_superuser_sees_the_mails_too(client: Client) -> None:
    one_of_everything()
    found = open_start(client, UserFactory.create(is_staff=True, is_superuser=True))

    assert list(found) == [DECIDE, JOIN, VERIFY, LINKS, NOTICES, MAILS]
    assert found[NOTICES].oldest[0].detail == "no such mailbox"
    assert titles(found[MAILS]) == ["Confirm"]
    assert "Behind the scenes" in client.get("/admin/").content.decode()


@pytest.mark.parametrize("is_superuser", [False, True])
def test_what_is_ones_own_is_for_others(client: Client, is_superuser: bool) -> None:
    own = OrganisationFactory.create(name="Our own")
    curator = person_of(own, "member", is_staff=True, is_superuser=is_superuser)
    JoinRequestFactory.create(organisation=own)
    submitted("Ours", 3, organisation=own, author=person_of(own))
    other = submitted("Of others", 1)
    found = open_start(client, curator)

    assert titles(found[DECIDE]) == ["Of others"]
    assert JOIN not in found
    assert own.name not in titles(found[VERIFY])
    assert other.organisation.name in titles(found[VERIFY])
    text = " ".join(unescape(client.get("/admin/").content.decode()).split())
    assert "1 more contribution is your own or your organisation's: somebody else decides." in text


def test_oldest_stands_first_and_one_press_leads_to_it(client: Client) -> None:
    for days in range(1, SHOWN + 3):
        submitted(f"Waits {days}", days)
    found = open_start(client, UserFactory.create(is_staff=True))[DECIDE]

    assert found.count == SHOWN + 2
    assert titles(found) == [f"Waits {days}" for days in range(SHOWN + 2, 2, -1)]
    page = client.get(found.oldest[0].url)
    assert page.status_code == 200
    assert page.context["publication"].title == f"Waits {SHOWN + 2}"


def test_every_link_of_the_start_leads_somewhere(client: Client) -> None:
    one_of_everything()
    found = open_start(client, UserFactory.create(is_staff=True, is_superuser=True))

    for pile in found.values():
        assert client.get(pile.oldest[0].url).status_code == 200, pile.title
        assert client.get(pile.url).context["cl"].result_count == pile.count, pile.title


def test_nothing_that_waits_is_said_so(client: Client) -> None:
    assert open_start(client, UserFactory.create(is_staff=True)) == {}
    assert "Nothing waits for you at present." in client.get("/admin/").content.decode()


def test_hostile_titles_are_shown_and_not_run(client: Client) -> None:
    script = "<script>alert(1)</script>"
    submitted(script, 1, organisation=OrganisationFactory.create(name=script))
    open_start(client, UserFactory.create(is_staff=True))
    html = client.get("/admin/").content.decode()

    assert script not in html
    for forbidden in ("<style", " style=", " onclick=", "<script>"):
        assert forbidden not in html


@pytest.mark.parametrize("count", [1, 3, 20])
def test_start_query_count_is_constant(client: Client, django_assert_num_queries: Any, count: int) -> None:
    for _number in range(count):
        one_of_everything_more()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    client.get("/admin/")  # content types and the session
    with django_assert_num_queries(START_QUERIES):
        client.get("/admin/")


def one_of_everything_more() -> None:
    submitted("Please decide", 3)
    JoinRequestFactory.create()
    broken_link("Gone", 2)
    NotificationFactory.create(gave_up_at=NOW)
    OutgoingMailFactory.create(gave_up_at=NOW)


START_QUERIES = 17
