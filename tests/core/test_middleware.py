"""What is said of every request, whatever page it asks for."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client, RequestFactory

from clusterhub.wsgi import application
from tests.accounts.helpers import person, sign_in
from tests.factories.accounts import UserFactory
from tests.factories.knowledge import ResourceFactory

# Codecs that are no text, that refuse everything, that Python does not know, and that are no name at all.
STRANGE = ["hex", "base64", "undefined", "idna", "utf-16", "klingon", "x" * 300, '""']
UNREADABLE = ["*=klingon''utf-8", "*=undefined''x", "*=utf-8''%00"]


def ask(path: str, content_type: str, *, method: str = "GET", body: bytes = b"") -> tuple[int, str]:
    """As the web server asks: Django's test client has a handler of its own, which reads the header otherwise."""
    request = RequestFactory().generic(method, path, body)
    environ = {**request.environ, "CONTENT_TYPE": content_type}
    statuses: list[str] = []
    # The connection is the test's: a request of its own would leave it behind closed.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    try:
        start: Any = lambda status, headers: statuses.append(status)  # noqa: E731 - one line of the protocol
        answer = application(environ, start)
        return int(statuses[0].split()[0]), b"".join(answer).decode()
    finally:
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.parametrize("charset", [*(f"={name}" for name in STRANGE), *UNREADABLE])
@pytest.mark.parametrize("kind", ["text/html", "multipart/form-data; boundary=b", "application/json"])
def test_charset_that_is_not_ours_is_a_plain_400(charset: str, kind: str) -> None:
    for method in ("GET", "POST"):
        status, page = ask(
            "/accounts/login/?next=%C3%A9", f"{kind}; charset{charset}", method=method, body=b"a=%C3%A9"
        )

        assert status == 400
        assert "has a form that the hub cannot read" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "charset", ["", "; charset=utf-8", "; charset=UTF8", '; charset="utf-8"', "; charset=us-ascii"]
)
def test_charset_of_every_browser_is_read(charset: str) -> None:
    status, page = ask("/knowledge/?q=%C3%A9", f"text/html{charset}")

    assert status == 200
    assert 'value="é"' in page


@pytest.mark.django_db
def test_too_many_fields_in_the_address_are_a_plain_400_with_a_charset_too() -> None:
    assert ask("/knowledge/?" + "&a=1" * 1100, "text/html; charset=utf-8")[0] == 400


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/knowledge/", "/dashboard/", "/robots.txt", "/nothing-here/"])
def test_answers_to_signed_in_people_are_kept_by_nobody(client: Client, path: str) -> None:
    person()
    sign_in(client)

    assert {"private", "no-store"} <= said(client.get(path))


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/knowledge/", "/robots.txt"])
def test_public_answers_may_be_kept(client: Client, path: str) -> None:
    assert "no-store" not in said(client.get(path))


def said(response: Any) -> set[str]:
    return set(response.get("Cache-Control", "").split(", "))


# --- Compressed, but not what is somebody's own -------------------------------------------------------


FIRST_VIEW = 60_000  # bytes on the way, with the style sheet and the script


@pytest.mark.django_db
def test_first_view_of_a_full_catalogue_is_light_on_the_way(client: Client) -> None:
    for number in range(20):
        ResourceFactory.create(title=f"Measuring {number}", countries=["AT", "ES"])
    page = client.get("/knowledge/", headers={"accept-encoding": "gzip"})
    files = [(settings.BASE_DIR / "static/dist" / name).read_bytes() for name in ("hub.css", "hub.js")]

    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert gzip.decompress(page.content).endswith(b"</html>\n")
    assert len(page.content) == int(page["Content-Length"])
    assert len(page.content) + sum(len(gzip.compress(file)) for file in files) <= FIRST_VIEW


@pytest.mark.django_db
def test_page_with_something_of_somebody_in_it_is_not_compressed(client: Client) -> None:
    asked = {"accept-encoding": "gzip"}
    for path in ("/accounts/login/", "/search/csv/"):
        assert "Content-Encoding" not in client.get(path, headers=asked), path
    assert "Content-Encoding" not in client.post("/language/", {"language": "en"}, headers=asked)
    client.force_login(UserFactory.create())
    for path in ("/knowledge/", "/dashboard/"):
        assert "Content-Encoding" not in client.get(path, headers=asked), path
