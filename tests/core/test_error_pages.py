"""What people see when something went wrong. No test here may touch the database."""

from __future__ import annotations

import logging

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import override_settings
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from apps.core import views
from apps.core.exceptions import ForbiddenError, RuleBrokenError

SECRET = "table users at 10.0.0.7"


def _raise(error: Exception) -> HttpResponse:
    raise error


urlpatterns = [
    path("denied/", lambda request: _raise(ForbiddenError("Only its author may do this."))),
    path("refused/", lambda request: _raise(PermissionDenied(SECRET))),
    path("gone/", lambda request: _raise(Http404(_("This file is not available.")))),
    path("no-row/", lambda request: _raise(Http404("No Secret matches the given query."))),
    path("suspicious/", lambda request: _raise(SuspiciousOperation(SECRET))),
    path("too-big/", lambda request: _raise(RequestDataTooBig(SECRET))),
    path("broken/", lambda request: _raise(RuntimeError(SECRET))),
    path("database/", lambda request: _raise(OperationalError(SECRET))),
    path("", include("clusterhub.urls")),
]
handler400 = "apps.core.views.bad_request"
handler403 = "apps.core.views.permission_denied"
handler404 = "apps.core.views.not_found"
handler500 = "apps.core.views.server_error"


@pytest.fixture
def browser(caplog: pytest.LogCaptureFixture) -> Client:
    """A browser without a session, that is shown what a visitor is shown."""
    caplog.set_level(logging.CRITICAL, "django.request")
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/denied/", 403, "Only its author may do this."),
        ("/refused/", 403, "may not"),
        ("/gone/", 404, "This file is not available."),
        ("/no-row/", 404, "The address may be mistyped"),
        ("/nothing-here/", 404, "The address may be mistyped"),
        ("/suspicious/", 400, "has a form that the hub cannot read"),
        ("/too-big/", 413, "larger than the hub takes"),
        ("/broken/", 500, "not your fault"),
        ("/database/", 503, "back in a moment"),
    ],
)
@override_settings(ROOT_URLCONF="tests.core.test_error_pages")
def test_error_has_its_page_with_a_way_on_and_tells_no_secret(
    browser: Client, address: str, status: int, said: str
) -> None:
    response = browser.get(address)
    html = response.content.decode()

    assert response.status_code == status
    assert said in html
    assert SECRET not in html
    assert "matches the given query" not in html
    assert 'href="/"' in html
    assert '<meta name="robots" content="noindex">' in html
    assert 'rel="canonical"' not in html
    assert ("Perhaps the search finds it" in html) is (status == 404), (
        "it finds pages, and mends nothing else"
    )


@override_settings(ROOT_URLCONF="tests.core.test_error_pages")
def test_database_that_does_not_answer_asks_to_come_again(browser: Client) -> None:
    assert browser.get("/database/")["Retry-After"] == "60"


def test_form_without_token_is_refused_with_its_own_page(browser: Client) -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/")

    assert response.status_code == 403
    assert "Please send the form again" in response.content.decode()


@pytest.mark.parametrize(
    ("view", "status"),
    [(views.too_large, 413), (views.too_many, 429), (views.server_error, 500), (views.unavailable, 503)],
)
def test_page_without_an_exception_comes_out(view: object, status: int) -> None:
    response: HttpResponse = view(RequestFactory().get("/"))  # type: ignore[operator]

    assert response.status_code == status


def test_only_errors_of_our_own_speak_to_people_in_400() -> None:
    request = RequestFactory().get("/")

    ours = views.bad_request(request, RuleBrokenError("Choose a <later> date.")).content.decode()
    foreign = views.bad_request(request, SuspiciousOperation(SECRET)).content.decode()

    assert "Choose a &lt;later&gt; date." in ours
    assert SECRET not in foreign


def test_page_comes_out_when_the_manifest_knows_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.core.templatetags import ui

    class Strict:
        def url(self, path: str) -> str:
            raise ValueError(path)

    monkeypatch.setattr(ui, "staticfiles_storage", Strict())

    assert b"/static/dist/hub.css" in views.server_error(RequestFactory().get("/")).content


def test_rate_limit_page_is_found_by_the_library_that_renders_it() -> None:
    request: HttpRequest = RequestFactory().get("/")

    assert "Too many tries" in render_to_string("429.html", {"request": request, "site_name": "ClusterHub"})
