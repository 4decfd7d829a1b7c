"""The check of links, against a real server on this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.core.links import LinkAnswer, LinkError
from apps.core.tasklist import todos_for
from apps.knowledge import link_checks
from apps.knowledge.models import LinkCheck, Resource
from apps.knowledge.tasks import check_due_links
from apps.notifications.models import Notification
from apps.organisations.models import Organisation
from apps.publishing.models import Publication
from tests.factories.knowledge import LinkCheckFactory, ResourceFactory, person_of
from tests.workers import Workers, real_broker

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Site(ThreadingHTTPServer):
    """Answers every path with ``status`` and remembers what it was asked."""

    daemon_threads = True

    def __init__(self, address: str = "127.0.0.1") -> None:
        super().__init__((address, 0), _Handler)
        self.status = 200
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    def url(self, path: str = "/page") -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}{path}"


class _Handler(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        site: Any = self.server
        site.asked.append(f"{self.command} {self.path}")
        site.may_answer.wait(timeout=60)
        self.send_response(site.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = _answer  # noqa: N815 - the names that the library calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def serving(address: str = "127.0.0.1") -> Iterator[Site]:
    server = Site(address)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.may_answer.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def _may_ask_this_machine(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LINK_CHECK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(link_checks, "PAUSE_SECONDS", 0.0)


def checked(site: Site, *, at: datetime) -> LinkCheck:
    with time_machine.travel(at):
        check_due_links()
    return LinkCheck.objects.get()


@pytest.fixture
def resource(site: Site, author: User, manager: User, place: Organisation) -> Resource:
    with time_machine.travel(START - timedelta(hours=1)):
        made: Resource = ResourceFactory.create(
            author=author, organisation=place, link=site.url(), title="Linked"
        )
    return made


def test_working_link_is_asked_again_in_a_week(site: Site, resource: Resource) -> None:
    check = checked(site, at=START)

    assert (check.failures, check.last_status, check.flagged_at) == (0, 200, None)
    assert check.due_at - START >= timedelta(days=6, hours=23)
    checked(site, at=START + timedelta(days=1))
    assert site.asked == ["HEAD /page"]


def test_link_that_fails_three_times_over_a_week_is_flagged_once_and_recovers(
    site: Site, resource: Resource, author: User, manager: User, outsider: User
) -> None:
    site.status = 404
    times = [START + number * link_checks.FAILING_INTERVAL + timedelta(minutes=number) for number in range(5)]

    first, second = checked(site, at=times[0]), checked(site, at=times[1])
    assert (first.failures, second.failures, second.flagged_at) == (1, 2, None)
    assert not Notification.objects.exists()

    third = checked(site, at=times[2])
    assert (third.failures, third.last_status) == (3, 404)
    assert third.flagged_at is not None
    assert set(Notification.objects.values_list("recipient", flat=True)) == {author.pk, manager.pk}
    assert [todo.detail for todo in todos_for(author) if site.url() == todo.detail] == [site.url()]
    assert [todo for todo in todos_for(outsider) if todo.detail == site.url()] == []

    checked(site, at=times[3])
    assert Notification.objects.count() == 2, "told once"

    site.status = 200
    healthy = checked(site, at=times[4])
    assert (healthy.failures, healthy.first_failed_at, healthy.flagged_at) == (0, None, None)
    assert [todo for todo in todos_for(author) if todo.detail == site.url()] == []
    assert list(
        Entry.objects.filter(action__startswith="link").order_by("pk").values_list("action", flat=True)
    ) == [
        "link broken",
        "link works again",
    ]


def test_three_failures_within_a_week_are_not_enough(site: Site, resource: Resource) -> None:
    site.status = 500
    for hours in (0, 24, 48):
        LinkCheck.objects.update(due_at=START)
        check = checked(site, at=START + timedelta(hours=hours))

    assert check.failures == 3
    assert check.flagged_at is None


def test_success_in_between_begins_anew(site: Site, resource: Resource) -> None:
    for number, status in enumerate([404, 404, 200, 404]):
        site.status = status
        LinkCheck.objects.update(due_at=START)
        check = checked(site, at=START + timedelta(days=4 * number))

    assert check.failures == 1
    assert check.flagged_at is None


@pytest.mark.parametrize("status", [401, 403, 429])
def test_page_that_only_some_may_see_is_there(site: Site, resource: Resource, status: int) -> None:
    site.status = status

    assert checked(site, at=START).failures == 0


def test_server_that_is_away_is_a_failure(resource: Resource) -> None:
    LinkCheck.objects.update(url="http://127.0.0.1:9/")
    Resource.objects.update(link="http://127.0.0.1:9/")
    with time_machine.travel(START):
        check_due_links()

    check = LinkCheck.objects.get()
    assert (check.failures, check.last_status, check.last_error) == (1, None, LinkError.CONNECTION)


def test_private_network_is_never_asked(site: Site, resource: Resource, settings: Any) -> None:
    settings.LINK_CHECK_ALLOWED_NETWORKS = []

    check = checked(site, at=START)

    assert check.last_error == LinkError.PRIVATE
    assert site.asked == []


def test_claimed_check_comes_back_when_the_worker_dies(
    resource: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any, **kwargs: Any) -> LinkAnswer:
        raise KeyboardInterrupt

    monkeypatch.setattr(link_checks, "fetch_head", die)
    with time_machine.travel(START), pytest.raises(KeyboardInterrupt):
        check_due_links()

    due_at = LinkCheck.objects.get().due_at
    assert START < due_at <= START + link_checks.LEASE + timedelta(minutes=1)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_worker_killed_in_the_middle_of_a_run(place: Organisation, author: User, tmp_path: Path) -> None:
    """What was answered counts once, what was not is asked by the next run once the claim is over."""
    with ExitStack() as stack:
        stack.enter_context(real_broker())
        sites = [stack.enter_context(serving(f"127.0.0.{number}")) for number in (1, 2, 3)]
        for number, site in enumerate(sites):
            site.status = 404
            ResourceFactory.create(author=author, organisation=place, link=site.url(f"/{number}"))
        sites[1].may_answer.clear()
        workers = Workers(tmp_path / "worker.log", LINK_CHECK_ALLOWED_NETWORKS="127.0.0.0/8")
        stack.callback(workers.kill_all)
        first = workers.start()
        check_due_links.apply_async()
        workers.eventually(lambda: bool(sites[1].asked))

        workers.kill(first)
        sites[1].may_answer.set()
        open_checks = LinkCheck.objects.filter(checked_at__isnull=True)
        assert open_checks.count() == 2
        assert all(check.due_at - timezone.now() <= link_checks.LEASE for check in open_checks)

        open_checks.update(due_at=timezone.now())
        workers.start()
        check_due_links.apply_async()
        workers.eventually(lambda: not open_checks.exists())

        assert [check.failures for check in LinkCheck.objects.all()] == [1, 1, 1]
        assert sites[0].asked == ["HEAD /0", "GET /0"]
        assert sites[2].asked == ["HEAD /2", "GET /2"]


def test_answer_about_a_link_that_was_changed_meanwhile_counts_for_nothing(resource: Resource) -> None:
    check = LinkCheck.objects.get()
    LinkCheck.objects.update(url="https://example.org/new")

    told = link_checks.record_answer(link_check_id=check.pk, url=check.url, answer=LinkAnswer(404, check.url))

    assert told is None
    assert LinkCheck.objects.get().failures == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_different_checks(place: Organisation, author: User) -> None:
    ResourceFactory.create_batch(2, author=author, organisation=place)
    found: list[set[int]] = []

    def other_worker() -> None:
        from django.db import connection

        try:
            found.append({check.pk for check in link_checks._claim_batch()})
        finally:
            connection.close()

    with transaction.atomic():
        locked = LinkCheck.objects.select_for_update().order_by("pk").first()
        assert locked is not None
        thread = threading.Thread(target=other_worker)
        thread.start()
        thread.join()

    assert found == [set(LinkCheck.objects.exclude(pk=locked.pk).values_list("pk", flat=True))]


def test_one_host_is_not_asked_twice_within_the_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(link_checks, "PAUSE_SECONDS", 2.0)
    monkeypatch.setattr(time, "sleep", slept.append)
    asked: dict[str, float] = {}

    for url in ("https://a.example/1", "https://b.example/1", "https://a.example/2"):
        link_checks._wait_for_host(url, asked)

    assert len(slept) == 1
    assert 1.9 < slept[0] <= 2.0


def test_public_link_without_a_check_gets_one(site: Site, resource: Resource) -> None:
    LinkCheck.objects.all().delete()

    assert checked(site, at=START + timedelta(hours=1)).last_status == 200


def test_one_run_ends_in_time_and_leaves_the_rest_due(
    place: Organisation, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ResourceFactory.create_batch(3, author=author, organisation=place)
    monkeypatch.setattr(link_checks, "RUN_SECONDS", 0.0)

    assert check_due_links() == 0
    assert LinkCheck.objects.filter(due_at__lte=timezone.now()).count() == 3


@pytest.mark.parametrize("state", ["draft", "submitted", "hidden", "withdrawn", "declined"])
def test_only_public_links_are_checked(state: str) -> None:
    ResourceFactory.create(state=state)

    assert not LinkCheck.objects.exists()


def test_where_the_hub_is_the_owner_its_curators_are_told(place: Organisation, curator: User) -> None:
    hub = person_of(place, is_active=False)
    resource = ResourceFactory.create(author=hub, organisation=place, external_id="P001")

    assert link_checks.people_to_tell(resource) == [curator]


def test_mail_about_a_broken_link_names_it(resource: Resource, author: User, site: Site) -> None:
    from apps.notifications.rendering import rendered

    LinkCheck.objects.update(failures=2, first_failed_at=START - timedelta(days=8))
    Publication.objects.update(title="Firms & <clusters>")
    site.status = 404
    checked(site, at=START)

    mail = rendered(Notification.objects.get(recipient=author))
    assert mail.subject == "A link no longer works: Firms & <clusters>"
    assert site.url() in mail.body


def test_todo_query_count_is_constant(
    author: User, place: Organisation, django_assert_num_queries: Any
) -> None:
    from apps.knowledge.todo_sources import broken_links

    for count in (1, 3):
        LinkCheck.objects.all().delete()
        for made in ResourceFactory.create_batch(count, author=author, organisation=place):
            made.link_check.delete()
            LinkCheckFactory.create(
                resource=made, failures=3, first_failed_at=timezone.now(), flagged_at=timezone.now()
            )
        with django_assert_num_queries(1):
            assert len(list(broken_links(author))) == count
