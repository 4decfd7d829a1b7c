"""Pages of a programme with many applications, against their own statements and against the table's SQL by hand.

A fiftieth of ``SIZE`` is the number of applications: 2,000 unless set. Each has three reviews and waits for the same
officer. "Its statements" are those that the page asked, asked once more with nothing around them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.core.tasklist import todos_for
from apps.exchanges.enums import RESERVING_STATES
from apps.exchanges.models import Programme
from apps.exchanges.views.officers import PER_PAGE
from apps.organisations.enums import Ending
from apps.organisations.models import Organisation
from bench import corpus, exchange_rows, report

SHARE, LEAST = 50, 200  # of SIZE; and enough for a second page of the table
MOST_STATEMENTS = {"table": 20, "dashboard": 25}
FIXED = "/bench/fixed/"
_CURSOR = re.compile(r'^DECLARE "\w+" [A-Z ]+ FOR ')  # of what is read bit by bit


def run(size: int = 100_000) -> None:
    corpus.leave()
    count = max(size // SHARE, LEAST)
    programme, officer = exchange_rows.use(count)
    print(f"  {count:,} applications with three reviews each, all of them waiting for one officer")
    _measure_table(programme, officer)
    _measure_other_tables(programme, officer)
    _measure_dashboard(officer)
    _measure_catalogue()


# --- Measures -------------------------------------------------------------------------------------
def _measure_table(programme: Programme, officer: User) -> None:
    page = _Page(reverse("exchanges:programme-applications", args=[programme.slug]), officer)
    if b'name="case"' not in page.visit():
        raise AssertionError("the table is empty")
    found = report.in_turns(
        {
            "SQL by hand": _by_hand(programme, officer),
            "its statements": page.ask,
            "page": page.visit,
            "fixed text": _Page(FIXED).visit,
        }
    )
    report.title(f"officers' table: {len(page.statements)} statements")
    for name, seconds in found.items():
        report.line(name, seconds, to=found["SQL by hand"])
    report.budget("officers' table / its statements", found["page"] / found["its statements"], most=3)
    report.budget("officers' table", len(page.statements), most=MOST_STATEMENTS["table"], unit="statements")


def _by_hand(programme: Programme, officer: User) -> Callable[[], None]:
    """The first page, how many there are in all, and the money: what the table cannot be shown without.

    Without the cases of parties to which the officer belongs, or did since: nobody may leave that out.
    """
    values: dict[str, Any] = {
        "programme": programme.pk,
        "officer": officer.pk,
        "organisations": ContentType.objects.get_for_model(Organisation).pk,
        "left": Ending.LEFT,
        "removed": Ending.REMOVED,
        "reserving": list(RESERVING_STATES),
        "most": PER_PAGE,
    }

    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_TABLE, values)
            rows = cursor.fetchall()
            cursor.execute(_MONEY, values)
            if len(rows) != PER_PAGE or not cursor.fetchone()[0]:
                raise AssertionError("not the whole page was found")

    return ask


_TABLE = """
SELECT application.id, application.state, application.starts_on, application.ends_on, application.amount,
    application.decision_due_at, guest.name, guest_country.code, host.name, host_country.code,
    outcome.reviewers, outcome.done, outcome.mean, outcome.spread, count(*) OVER () AS of_all
FROM exchanges_application AS application
JOIN exchanges_offer AS offer ON offer.id = application.offer_id
JOIN organisations_organisation AS guest ON guest.id = application.guest_id
JOIN taxonomy_country AS guest_country ON guest_country.id = guest.country_id
JOIN organisations_organisation AS host ON host.id = offer.host_id
JOIN taxonomy_country AS host_country ON host_country.id = host.country_id
LEFT JOIN (
    SELECT panel_id, count(*) AS reviewers, count(total) AS done, avg(total) AS mean, max(total) - min(total) AS spread
    FROM reviews_review GROUP BY panel_id
) AS outcome ON outcome.panel_id = application.panel_id
WHERE offer.programme_id = %(programme)s AND application.submitted_at IS NOT NULL
    AND %(officer)s NOT IN (application.author_id, application.traveller_id, offer.author_id)
    AND NOT EXISTS (
        SELECT FROM organisations_membership AS membership
        WHERE membership.user_id = %(officer)s AND membership.organisation_id IN (guest.id, host.id)
    )
    AND NOT EXISTS (
        SELECT FROM audit_entry AS entry
        WHERE entry.content_type_id = %(organisations)s AND entry.object_id IN (guest.id::text, host.id::text)
            AND entry.at >= application.created_at
            AND (entry.action = %(left)s AND entry.by_id = %(officer)s
                OR entry.action = %(removed)s AND entry.data -> 'user' = to_jsonb(%(officer)s))
    )
ORDER BY application.decision_due_at, application.id LIMIT %(most)s
"""
_MONEY = """
SELECT count(*), sum(application.amount) FILTER (WHERE application.state = ANY (%(reserving)s)), sum(payment.amount)
FROM exchanges_application AS application
JOIN exchanges_offer AS offer ON offer.id = application.offer_id
LEFT JOIN exchanges_payment AS payment ON payment.application_id = application.id
WHERE offer.programme_id = %(programme)s AND application.submitted_at IS NOT NULL
"""


def _measure_other_tables(programme: Programme, officer: User) -> None:
    table = reverse("exchanges:programme-applications", args=[programme.slug])
    report.title("the same table, page / its statements")
    for name, address in {
        "second page": f"{table}?page=2",
        "last page": f"{table}?page={programme.offers.count() // PER_PAGE}",
        "by mean, the best first": f"{table}?sort=-mean",
        "by guest": f"{table}?sort=guest",
        "to be decided": f"{table}?state=to-decide",
        "waiting for the officer": f"{table}?state=waiting",
        "of one country": f"{table}?country=ES",
        "by name": f"{table}?q=guest+31",
        "as CSV, all of them": reverse("exchanges:programme-applications-csv", args=[programme.slug]),
    }.items():
        _Page(address, officer).measure(name)


def _measure_dashboard(officer: User) -> None:
    page = _Page(reverse("portal:dashboard"), officer)
    report.title("dashboard of the officer for whom all of them wait")
    found = page.measure("dashboard")
    waiting = todos_for(officer)
    print(f"  things that wait: {sum(todo.count for todo in waiting):,}, lines: {len(waiting):,}")
    report.budget("dashboard / its statements", found["page"] / found["its statements"], most=3)
    report.budget("dashboard", len(page.statements), most=MOST_STATEMENTS["dashboard"], unit="statements")


def _measure_catalogue() -> None:
    catalogue = reverse("exchanges:offer-list")
    report.title("catalogue of as many open offers, page / its statements")
    for name, query in {
        "first page": "",
        "of one country": "?country=AT",
        "a word": "?q=measuring",
        "a word and two facets": "?q=measuring&country=AT&level=mixed",
    }.items():
        _Page(catalogue + query).measure(name)


class _Page:
    """An address as one person sees it."""

    def __init__(self, address: str, person: User | None = None) -> None:
        self.address, self.client = address, Client()
        if person is not None:
            self.client.force_login(person)
        self.visit()  # what is cached is cached afterwards
        with CaptureQueriesContext(connection) as captured:
            self.visit()
        self.statements = [_CURSOR.sub("", query["sql"]) for query in captured.captured_queries]

    def visit(self) -> bytes:
        response: Any = self.client.get(self.address)
        if response.status_code != 200:  # noqa: PLR2004
            raise AssertionError(f"{self.address} answered {response.status_code}")
        body: bytes = b"".join(response.streaming_content) if response.streaming else response.content
        return body

    def ask(self) -> None:
        with connection.cursor() as cursor:
            for statement in self.statements:
                cursor.execute(statement)
                if cursor.description:
                    cursor.fetchall()

    def measure(self, name: str) -> dict[str, float]:
        found = report.in_turns({"its statements": self.ask, "page": self.visit}, seconds=1.0)
        report.line(f"{name}: {len(self.statements)} statements", found["its statements"])
        report.line(name, found["page"], to=found["its statements"])
        return found
