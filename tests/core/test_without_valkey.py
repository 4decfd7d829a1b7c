"""The cache and the broker go away while people work: killed, or hanging, which is worse."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from apps.organisations.models import JoinRequest
from tests.accounts.helpers import PASSWORD, person
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.served import Valkey, hub, send, valkey

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PATIENCE = 2.5  # seconds that a page may take when it is the one that finds out


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    with valkey(tmp_path) as server:
        yield server


@pytest.fixture
def browser(server: Valkey, tmp_path: Path) -> Iterator[httpx.Client]:
    with (
        hub(tmp_path, redis_url=server.url) as address,
        httpx.Client(base_url=address, timeout=30, follow_redirects=False) as client,
    ):
        yield client


def sign_in(browser: httpx.Client, password: str = PASSWORD) -> int:
    return send(browser, "/accounts/login/", {"login": "ada@example.org", "password": password}).status_code


@pytest.mark.parametrize("gone", [Valkey.freeze, Valkey.kill])
def test_pages_and_forms_go_on_without_valkey(
    server: Valkey, browser: httpx.Client, gone: Callable[[Valkey], None]
) -> None:
    user = person()
    place = OrganisationFactory.create(slug="the-slug")
    MembershipFactory.create(organisation=place, role="manager")
    assert sign_in(browser) == 302
    assert browser.get("/dashboard/").status_code == 200

    gone(server)

    for path in ("/", "/knowledge/", "/dashboard/", "/clusters/", "/dashboard/"):
        began = time.monotonic()
        assert browser.get(path).status_code == 200, path
        assert time.monotonic() - began < PATIENCE, path
    began = time.monotonic()
    sent = send(browser, "/organisations/the-slug/join/", {"message": "I work there."})
    assert time.monotonic() - began < 2 * PATIENCE
    assert sent.status_code == 302
    assert JoinRequest.objects.filter(organisation=place, user=user).exists()
    told = browser.get("/readyz")
    assert told.status_code == 200
    assert told.json() == {
        "ready": True, "degraded": True, "database": True, "migrations": True, "broker": False,
    }  # fmt: skip


def test_sign_in_stays_limited_without_valkey(server: Valkey, browser: httpx.Client) -> None:
    """Each of the two processes counts for itself: five wrong tries there and five here, and no more."""
    person()
    server.kill()

    statuses = [sign_in(browser, "wrong") for _attempt in range(12)]

    assert statuses[:5] == [200] * 5
    assert statuses[-1] == 429
    assert sign_in(browser) == 429


def test_sign_in_works_without_valkey_and_ends_for_good(server: Valkey, browser: httpx.Client) -> None:
    """A session that ended while the cache was away does not come back with it."""
    person()
    assert sign_in(browser) == 302
    browser.get("/dashboard/")
    stolen = dict(browser.cookies)
    server.freeze()

    assert send(browser, "/accounts/logout/", {}).status_code == 302
    assert sign_in(browser) == 302
    server.thaw()

    assert browser.get("/dashboard/").status_code == 200
    with httpx.Client(base_url=browser.base_url, cookies=stolen) as thief:
        assert thief.get("/dashboard/").status_code == 302
