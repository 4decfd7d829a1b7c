"""Every address of the hub, as everybody, with good, odd and hostile input: a plain answer, never a 500."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from apps.accounts.models import User
from apps.exchanges.models import Application, Officer
from apps.organisations.models import Organisation
from apps.portal.health import PROBES
from apps.reviews.models import Review
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import Case, OfferFactory, ProgrammeFactory
from tests.factories.files import make_pdf, make_upload
from tests.factories.knowledge import ChapterFactory, LinkCheckFactory, ResourceFactory, language
from tests.factories.notifications import NotificationFactory, OutgoingMailFactory
from tests.factories.organisations import JoinRequestFactory, MembershipFactory, OrganisationFactory
from tests.factories.reviews import ReviewFactory

pytestmark = pytest.mark.django_db
# 401 is allauth saying that a sign-in elsewhere failed.
CALM = {200, 302, 400, 401, 403, 404, 405, 410}
# Also: changed meanwhile, too large, too many sign-ins.
CALM_AFTER_POST = CALM | {301, 409, 413, 429}
ROLES = ["anonymous", "member", "manager", "curator", "admin"]
NAMES = """title summary action reason next q name email login password message form_token seen_version link seen
    _selected_action username code role kind organisation country language file-kept password1 password2 credential
    query address frequency year topics time_zone website description"""
GARBAGE = {
    "empty": {},
    "text": {"action": "submit", "title": "<script>alert(1)</script>" * 20, "reason": "\u202e" * 9, "email": "@"},
    "numbers": {"year": "20224", "organisation": "9" * 40, "topics": ["-1", "x"], "language": "'; --", "page": "1e9"},
    "nul bytes": dict.fromkeys(NAMES.split(), "a\x00b"),
}  # fmt: skip
TEXT_BODY = "application/x-www-form-urlencoded"


class World:
    """One of everything, so that every address leads somewhere, and one person of every role."""

    def __init__(self) -> None:
        language()
        place = OrganisationFactory.create(slug="the-slug")
        member, manager = UserFactory.create(), UserFactory.create()
        curator, boss = (
            UserFactory.create(is_staff=True),
            UserFactory.create(is_staff=True, is_superuser=True),
        )
        MembershipFactory.create(organisation=place, user=member)
        MembershipFactory.create(organisation=place, user=manager, role="manager")
        self.people: dict[str, User | None] = {
            "anonymous": None, "member": member, "manager": manager, "curator": curator, "admin": boss,
        }  # fmt: skip
        resource = ResourceFactory.create(author=member, organisation=place, slug="the-slug")
        waiting = ResourceFactory.create(author=member, organisation=place, state="submitted")
        ChapterFactory.create(slug="the-slug")
        LinkCheckFactory._meta.model.objects.exists() or LinkCheckFactory.create(resource=resource)
        notification = NotificationFactory.create(recipient=member)
        request = JoinRequestFactory.create(organisation=place)
        OutgoingMailFactory.create()
        case = self._exchange(place, curator)
        self.keys: dict[str, Any] = {
            "exchanges/applications": case.pk,
            "reviews": self._review(case, member).pk,
            "contribution": waiting.publication_id,
            "notification": notification.pk,
            "request": request.pk,
            "user_id": member.pk,
        }

    def _exchange(self, host: Organisation, officer: User) -> Application:
        """The manager of the place is the host, and the curator an officer of the programme."""
        programme = ProgrammeFactory.create(slug="the-slug")
        MembershipFactory.create(organisation=programme.organisation, user=officer)
        Officer.objects.create(programme=programme, user=officer)
        offer = OfferFactory.create(slug="the-slug", host=host, programme=programme)
        return Case(offer=offer).to("under_review").application

    def _review(self, case: Application, reviewer: User) -> Review:
        return ReviewFactory.create(
            panel=case.panel, reviewer=reviewer, state="accepted", declared_at=timezone.now()
        )

    def client(self, role: str) -> Client:
        client = Client(raise_request_exception=False)
        person = self.people[role]
        if person:
            client.force_login(person)
        return client

    def paths(self) -> list[str]:
        found = [path for route in routes() for path in self._filled(route)]
        return [*found, *self._objects_in_the_admin()]

    def _filled(self, route: str) -> Iterator[str]:
        """The route with arguments that lead somewhere, and with some that do not."""
        yield self._fill(route, good=True)
        if "<" in route:
            yield self._fill(route, good=False)

    def _fill(self, route: str, *, good: bool) -> str:
        return re.sub(r"<(?:(\w+):)?(\w+)>", lambda found: self._argument(route, found, good=good), route)

    def _argument(self, route: str, found: re.Match[str], *, good: bool) -> str:
        kind, name = found[1] or "str", found[2]
        if kind == "int":
            return str(self._key(route, name)) if good else "999999999999999999999"
        if kind == "uuid":
            known = (key for place, key in self.keys.items() if good and route.startswith(f"/{place}/"))
            return str(next(known, uuid.uuid4()))
        if name in {"object_id", "app_label", "content_type_id"}:
            return "1" if good else "x_00y"
        return {"name": "submit", "step": "approve"}.get(name, "the-slug") if good else "no-such-thing"

    def _key(self, route: str, name: str) -> int:
        if name == "user_id":
            return self.keys["user_id"]
        for part in ("contribution", "notification", "request"):
            if route.startswith(f"/{part}") or f"/{part}s/" in route:
                return self.keys[part]
        return self.keys["contribution"]

    def _objects_in_the_admin(self) -> Iterator[str]:
        for model in admin.site._registry:
            base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            row = model._default_manager.order_by("pk").first()
            if row:
                yield from (f"{base}{row.pk}/{page}/" for page in ("change", "delete", "history"))
            yield f"{base}?q=x&o=1&p=99&is_active__exact=2"


@cache
def routes() -> list[str]:
    found = [_readable(route) for route in _walk(get_resolver().url_patterns, "")]
    return [route for route in found if not set(route) & set("()?*+|[")]


def _readable(route: str) -> str:
    """A pattern of either kind, its groups as ``<name>``."""
    route = re.sub(r"\(\?P<(\w+)>[^()]*(?:\([^()]*\)[^()]*)*\)", r"<\1>", route)
    return "/" + re.sub(r"\\Z|[\^$\\]", "", route)


def _walk(patterns: list[Any], before: str) -> Iterator[str]:
    for pattern in patterns:
        here = before + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            yield here


def failures(client: Client, paths: list[str], calm: set[int], send: Any) -> list[str]:
    found = []
    for path in paths:
        # What one request changes is nobody else's business.
        with transaction.atomic():
            response = send(client, path)
            if response.streaming:
                b"".join(response)
            transaction.set_rollback(True)
        if response.status_code not in calm:
            found.append(f"{response.status_code} {path}")
    return found


@pytest.fixture
def world(db: None) -> World:
    return World()


def test_the_walk_knows_the_addresses_of_every_app() -> None:
    """A pattern that it does not understand would be an address that nobody tests."""
    known = routes()

    for prefix in (
        "/knowledge/",
        "/contributions/",
        "/organisations/",
        "/notifications/",
        "/accounts/",
        "/admin/",
    ):
        assert sum(route.startswith(prefix) for route in known) >= 4, prefix
    assert len(known) > 150


@pytest.mark.parametrize("role", ROLES)
def test_every_address_answers_everybody(world: World, role: str) -> None:
    keepable = []

    def send(client: Client, path: str) -> Any:
        response = client.get(path)
        # Whoever signs out is nobody afterwards, and the probes ask for no session.
        if "_auth_user_id" in client.session and path not in PROBES:
            said = response.get("Cache-Control", "")
            keepable.extend([path] if not {"private", "no-store"} <= set(said.split(", ")) else [])
        return response

    assert failures(world.client(role), world.paths(), CALM | {301}, send) == []
    assert keepable == []


@pytest.mark.parametrize("role", ["anonymous", "member", "admin"])
@pytest.mark.parametrize(
    "query",
    [
        "?page=99999",
        "?page=-1&country=XX&sort=x",
        "?q=%27%22%3C%5C&q=%C3%28",
        "?q=a%00b",
        "?next=//evil.example&o=9.9.9&p=z",
    ],
)
def test_every_address_survives_an_odd_query(world: World, role: str, query: str) -> None:
    def send(client: Client, path: str) -> Any:
        return client.get(path.partition("?")[0] + query)

    assert failures(world.client(role), world.paths(), CALM | {301}, send) == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", GARBAGE)
def test_every_address_survives_garbage_in_a_form(world: World, role: str, kind: str) -> None:
    def send(client: Client, path: str) -> Any:
        return client.post(path, GARBAGE[kind])

    assert failures(world.client(role), world.paths(), CALM_AFTER_POST, send) == []


@pytest.mark.parametrize("role", ["anonymous", "manager", "admin"])
def test_every_address_survives_a_file_and_a_body_that_is_no_form(world: World, role: str) -> None:
    def send(client: Client, path: str) -> Any:
        client.post(path, {"file": make_upload(make_pdf(), "r\x00.pdf"), "_selected_action": "1"})
        client.post(path, b"\xff\xfe%00=\x00&%zz=%", content_type=TEXT_BODY)
        return client.post(path, b'{"a": \x00', content_type="application/json")

    assert failures(world.client(role), world.paths(), CALM_AFTER_POST, send) == []


@pytest.mark.parametrize("role", ["anonymous", "admin"])
@pytest.mark.parametrize("method", ["head", "put", "delete", "patch", "options"])
def test_every_address_survives_every_method(world: World, role: str, method: str) -> None:
    def send(client: Client, path: str) -> Any:
        return getattr(client, method)(path)

    assert failures(world.client(role), world.paths(), CALM_AFTER_POST, send) == []


def test_anonymous_sees_nothing_of_the_administration(world: World) -> None:
    client = world.client("anonymous")
    paths = [path for path in world.paths() if path.startswith("/admin/") and "login" not in path]

    assert paths
    for path in paths:
        assert client.get(path).status_code in {302, 301, 404}, path
