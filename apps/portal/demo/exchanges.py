"""Programmes, offers and cases of the demonstration, played by the services on the days on which they are said to have
happened, with one case in every state.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.accounts.models import User
from apps.exchanges import due
from apps.exchanges.enums import ApplicationState, Audience, Side, Signer
from apps.exchanges.models import Application, Offer, Programme
from apps.exchanges.services import after, applications, offers, programmes
from apps.exchanges.services.offers import WindowValues
from apps.exchanges.services.programmes import RateValues
from apps.files.services import store_upload
from apps.organisations.models import Organisation
from apps.portal.demo import documents
from apps.portal.demo.moments import days_ago
from apps.reviews import services as reviews
from apps.reviews.models import Review
from apps.reviews.services import ScoreValues
from apps.taxonomy.models import Country, Language, Topic

FOLDER = Path(__file__).resolve().parent
BEGAN_DAYS_AGO, ENDS_IN_DAYS = 420, 300
REVIEWERS = ("policy.pl@example.org", "policy.at@example.org", "policy.ro@example.org")
# Asked where two lie too far apart.
THIRD_REVIEWER = "reviewer.pl@example.org"
MORNING = time(9)
A = ApplicationState
People = dict[str, User]


@cache
def _data() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "demo_exchanges.json").read_text(encoding="utf-8"))
    return found


def load(people: People, organisations: dict[str, Organisation]) -> int:
    """Everything that is not there yet; how many cases that were."""
    if Programme.objects.filter(name=_data()["programmes"][0]["name"]).exists():
        return 0
    found = {row["key"]: _programme(row, people, organisations) for row in _data()["programmes"]}
    shown = {row["key"]: _offer(row, found, people, organisations) for row in _data()["offers"]}
    for number, (offer, guest, place, state, first, days, *scores) in enumerate(_data()["cases"]):
        _Case(
            number,
            shown[offer],
            people,
            people[guest],
            organisations[place],
            first,
            days,
            reports=_data()["reports"].get(offer, {}).get(state, {}),
            learned=_data()["learnings"].get(offer, {}),
            points=[points for name in scores for points in _data()["reviews"][name]],
        ).play(state)
    for row in _data()["offers"]:
        _finish_offer(shown[row["key"]], row["state"], people[row["by"]])
    for row in _data()["programmes"]:
        _finish_programme(found[row["key"]], row["state"], people[row["by"]])
    return len(_data()["cases"])


def _programme(row: dict[str, Any], people: People, organisations: dict[str, Organisation]) -> Programme:
    by, today = people[row["by"]], timezone.localdate()
    countries = {country.code: country for country in Country.objects.all()}
    with days_ago(BEGAN_DAYS_AGO):
        now = timezone.now()
        programme = programmes.create_programme(
            organisation=organisations[row["organisation"]],
            values={
                **{
                    name: row[name]
                    for name in ("name", "summary", "level", "track", "funding", "halved_under_days")
                },
                **{name: row[name] for name in ("days_min", "days_max", "virtual_counts")},
                "ceiling": Decimal(row["ceiling"]) if row["ceiling"] else None,
                "budget": Decimal(row["budget"]) if row["budget"] else None,
                "audiences": row.get("audiences", Audience.values),
                "opens_at": now,
                "closes_at": now + timedelta(days=BEGAN_DAYS_AGO + ENDS_IN_DAYS),
                "stays_from": today - timedelta(days=BEGAN_DAYS_AGO),
                "stays_until": today + timedelta(days=2 * ENDS_IN_DAYS),
            },
            countries=programmes.usual_countries(),
            rates=[
                RateValues(countries.get(code), days, Decimal(amount)) for code, days, amount in row["rates"]
            ],
            by=by,
        )
        for email in row["officers"]:
            programmes.add_officer(programme_id=programme.pk, person=people[email], by=by)
        if row["state"] != "draft":
            programmes.open_programme(programme_id=programme.pk, by=by)
    return programme


def _finish_programme(programme: Programme, state: str, by: User) -> None:
    with days_ago(15):
        if state == "paused":
            programmes.pause_programme(programme_id=programme.pk, by=by)
        if state == "closed":
            programmes.close_programme(programme_id=programme.pk, by=by)


def _offer(
    row: dict[str, Any], found: dict[str, Programme], people: People, organisations: dict[str, Organisation]
) -> Offer:
    programme, by, today = found[row["programme"]], people[row["by"]], timezone.localdate()
    first, last = row.get("window", (-400, 250))
    with days_ago(BEGAN_DAYS_AGO - 10 if row["state"] not in {"draft", "submitted"} else 6):
        offer = offers.create_offer(
            programme=Programme.objects.get(pk=programme.pk),
            host=organisations[row["host"]],
            values={
                **{
                    name: row[name]
                    for name in ("title", "learning", "hopes", "agenda", "level", "city", "places")
                },
                "is_virtual": row["virtual"],
                "theme": Topic.objects.get(code=row["theme"]),
            },
            languages=Language.objects.filter(code__in=row["languages"]),
            windows=[WindowValues(today + timedelta(days=first), today + timedelta(days=last))],
            by=by,
        )
        if row["state"] != "draft":
            offers.submit_offer(offer_id=offer.pk, by=by)
        if row["state"] not in {"draft", "submitted"}:
            offers.open_offer(offer_id=offer.pk, by=programme.author)
    if row["state"] == "open":
        _first_encounter(offer, by, people)
    return offer


def _first_encounter(offer: Offer, host: User, people: People) -> None:
    with days_ago(30):
        offers.add_remark(
            offer_id=offer.pk,
            text="Could somebody from our regional government come along?",
            by=people["kutato@example.org"],
        )
    with days_ago(29):
        offers.add_remark(
            offer_id=offer.pk,
            text="Gladly. Please say so in your agenda, then ours will be there too.",
            by=host,
        )


def _finish_offer(offer: Offer, state: str, by: User) -> None:
    if state == "paused":
        offers.pause_offer(offer_id=offer.pk, by=by)
    if state == "closed":
        offers.close_offer(offer_id=offer.pk, by=by)


@dataclass
class _Case:
    """One application, led to a state. ``first`` is the first day of the stay, counted from today; ``points`` are those
    of each reviewer, in the order of the criteria.
    """

    number: int
    offer: Offer
    people: People
    guest: User
    place: Organisation
    first: int
    days: int
    reports: dict[str, dict[str, str]]
    learned: dict[str, str]
    points: list[list[float]]
    steps: int = 0

    def play(self, state: str) -> None:
        self.today = timezone.localdate()
        # Before a stay that is past, or so lately that nothing is overdue.
        self.begun = 100 - self.first if self.first < 0 else _BEGUN.get(state, 45)
        with self._ago(self.begun):
            self.application = applications.create_application(
                offer_id=self.offer.pk, guest=self.place, by=self.guest
            )
            self._fill()
        if state == "draft":
            return
        self._at(
            self.begun - 1, lambda: applications.submit_application(application_id=self.pk, by=self.guest)
        )
        end = _ENDS_EARLY.get(state)
        if end:
            end(self)
        else:
            for name in self._way_to(state):
                getattr(self, f"_{name}")()

    @property
    def pk(self) -> Any:
        return self.application.pk

    @property
    def host(self) -> User:
        return self.offer.author

    @property
    def officer(self) -> User:
        return self.offer.programme.author

    def _way_to(self, state: str) -> Iterable[str]:
        is_full_track = self.offer.programme.track == "full"
        way = [name for name in _WAY if is_full_track or name not in {"under_review", "scored"}]
        wanted = {
            "rejected": "scored",
            "waiting_list": "scored",
            "cancelled": "signed",
            "followed_up": "closed",
        }
        upto = wanted.get(state, state)
        yield from way[: way.index(upto) + 1]
        if state not in _WAY:
            yield state

    def _at(self, days: float, act: Callable[[], object]) -> None:
        with self._ago(days):
            act()

    def _in_the_morning_of(self, day: date, act: Callable[[], object]) -> None:
        """Days of a stay are seen through when they have begun, not a day later because the demonstration was made
        late in the evening.
        """
        morning = timezone.make_aware(datetime.combine(day, MORNING)) + timedelta(minutes=self.number)
        with days_ago((timezone.now() - morning) / timedelta(days=1)):
            act()

    def _ago(self, days: float) -> AbstractContextManager[None]:
        """About then: each case has a time of the day of its own, and a quarter of an hour lies between its steps."""
        self.steps += 1
        return days_ago(max(days - self.number * 0.037 % 0.3 - self.steps * 0.011, 0.01))

    def _fill(self) -> None:
        first = self.today + timedelta(days=self.first)
        applications.update_application(
            application_id=self.pk,
            values={
                "goals": "We want to see how you do it when nobody watches, and which steps we could take next.",
                "benefit": "We bring our own figures of three years, and an honest list of what did not work.",
                "use_at_home": "Our board has promised two days of work on it, with one person in charge.",
                "agenda": "As you sketch it; one afternoon for our own question, an hour with your region.",
                "meeting_planned": True,
                "meeting_note": "Our programme manager joins on the last day.",
                "starts_on": first,
                "ends_on": first + timedelta(days=self.days - 1),
            },
            by=self.guest,
        )

    # --- Steps ------------------------------------------------------------------------------------
    def _submitted(self) -> None:
        """Done already."""

    def _accepted(self) -> None:
        self._at(
            self.begun - 5, lambda: applications.accept_application(application_id=self.pk, by=self.host)
        )

    def _under_review(self) -> None:
        self._at(self.begun - 7, lambda: applications.start_review(application_id=self.pk, by=self.officer))
        self.reviews = [self._invite(email, self.begun - 8) for email in self._reviewers()]
        self._declare(self.reviews[0], self.begun - 9)

    def _reviewers(self) -> list[str]:
        """Two of other authorities."""
        return [email for email in REVIEWERS if self.people[email].pk != self.officer.pk][:2]

    def _invite(self, email: str, days: float) -> Review:
        panel = Application.objects.select_related("panel").get(pk=self.pk).panel
        if panel is None:
            raise ValueError("no panel")
        with self._ago(days):
            return reviews.invite(panel_id=panel.pk, reviewer=self.people[email], by=self.officer)

    def _declare(self, review: Review, days: float) -> None:
        self._at(days, lambda: reviews.declare_no_conflict(review_id=review.pk, by=review.reviewer))

    def _scored(self) -> None:
        first, second, *third = self.points
        self._score(self.reviews[0], first, self.begun - 10)
        self._declare(self.reviews[1], self.begun - 11)
        self._score(self.reviews[1], second, self.begun - 12)
        for points in third:
            review = self._invite(THIRD_REVIEWER, self.begun - 12)
            self._declare(review, self.begun - 13)
            self._score(review, points, self.begun - 14)

    def _score(self, review: Review, points: list[float], days: float) -> None:
        criteria = list(review.panel.criteria.items.all())
        scores = {
            item.pk: ScoreValues(Decimal(str(given)), _data()["reasons"][item.code][_level(given)])
            for item, given in zip(criteria, points, strict=True)
        }
        recommendation = {"high": "support", "middle": "support_if", "low": "refuse"}[
            _level(sum(points) / len(points) + _KINDNESS)
        ]
        self._at(
            days,
            lambda: reviews.submit_review(
                review_id=review.pk,
                by=review.reviewer,
                scores=scores,
                recommendation=recommendation,
                comment=_data()["verdicts"][recommendation],
            ),
        )

    def _decide(self, to: ApplicationState, reason: str = "") -> None:
        self._at(
            self.begun - 15,
            lambda: applications.decide(application_id=self.pk, by=self.officer, to=to, reason=reason),
        )

    def _approved(self) -> None:
        self._decide(A.APPROVED)

    def _rejected(self) -> None:
        self._decide(
            A.REJECTED, "A month is long for these goals. Please plan a shorter stay and apply again."
        )

    def _waiting_list(self) -> None:
        self._decide(
            A.WAITING_LIST,
            "It passes, but only just: those with more points come first this year. We come back to it.",
        )

    def _agreement_pending(self) -> None:
        self._at(self.begun - 17, lambda: after.make_agreement(application_id=self.pk, by=self.guest))
        self._sign(Signer.GUEST, self.guest)

    def _sign(self, signer: Signer, person: User) -> None:
        agreement = Application.objects.get(pk=self.pk).agreement
        self._at(
            self.begun - 18,
            lambda: after.sign(
                application_id=self.pk, signer=signer, text_hash=agreement.text_hash, by=person
            ),
        )

    def _signed(self) -> None:
        self._sign(Signer.HOST, self.host)
        self._sign(Signer.OFFICER, self.officer)

    def _in_progress(self) -> None:
        first = self._day(self.first)
        self._in_the_morning_of(first, lambda: after.start_stay(application_id=self.pk, today=first))

    def _completed(self) -> None:
        over = self._day(self.first + self.days)
        self._in_the_morning_of(over, lambda: after.complete_stay(application_id=self.pk, today=over))

    def _reports_submitted(self) -> None:
        with self._ago(-self.first - self.days - 5):
            upload = SimpleUploadedFile(
                "ticket.pdf", documents.render("member-survey-twelve-questions.txt", "pdf")
            )
            after.add_evidence(
                application_id=self.pk,
                kind="travel",
                file=store_upload(upload=upload, by=self.guest),
                by=self.guest,
            )
            for side, person in ((Side.GUEST, self.guest), (Side.HOST, self.host)):
                values = {**self.reports[side], "would_again": True, "may_publish": True}
                after.submit_report(application_id=self.pk, side=side, values=values, by=person)

    def _validated(self) -> None:
        self._at(-self.first - self.days - 9, lambda: after.validate(application_id=self.pk, by=self.officer))

    def _paid(self) -> None:
        if after.is_to_be_paid(Application.objects.for_list().get(pk=self.pk)):
            with self._ago(-self.first - self.days - 14):
                after.record_payment(
                    application_id=self.pk,
                    reference="DEMO-2026-0001",
                    paid_on=timezone.localdate(),
                    by=self.officer,
                )

    def _closed(self) -> None:
        self._at(-self.first - self.days - 20, lambda: after.close(application_id=self.pk, by=self.officer))

    def _followed_up(self) -> None:
        with self._ago(3):
            after.ask_what_changed(application_id=self.pk)
            for side, person in ((Side.GUEST, self.guest), (Side.HOST, self.host)):
                after.answer_follow_up(
                    application_id=self.pk,
                    side=side,
                    may_publish=True,
                    by=person,
                    what_changed=self.learned[side],
                )
            text_hash = after.hash_of(self.learned[Side.GUEST])
            after.approve_learning(
                application_id=self.pk, side=Side.GUEST, text_hash=text_hash, by=self.officer
            )

    def _cancelled(self) -> None:
        self._at(
            2,
            lambda: after.cancel(
                application_id=self.pk, by=self.guest, reason="Our traveller has fallen ill."
            ),
        )

    def _day(self, offset: int) -> date:
        return self.today + timedelta(days=offset)

    # --- Ends before a decision -----------------------------------------------------------------------
    def decline(self) -> None:
        self._at(
            self.begun - 4,
            lambda: applications.decline_application(
                application_id=self.pk, by=self.host, reason="In these weeks our team is at a fair."
            ),
        )

    def withdraw(self) -> None:
        self._at(
            self.begun - 4,
            lambda: applications.withdraw_application(
                application_id=self.pk,
                by=self.guest,
                reason="Our dates have changed; we will apply for the spring.",
            ),
        )

    def expire(self) -> None:
        with days_ago(self.begun - 20):
            due.run_all()


# A mean of 3.5 is supported, one of 2.5 if the agenda is settled.
_KINDNESS = 0.5


def _level(points: float) -> str:
    return "high" if points >= 4 else "middle" if points >= 3 else "low"  # noqa: PLR2004 - of five


_WAY = [
    "submitted", "accepted", "under_review", "scored", "approved", "agreement_pending", "signed", "in_progress",
    "completed", "reports_submitted", "validated", "paid", "closed",
]  # fmt: skip
_BEGUN = {"draft": 4, "submitted": 6, "accepted": 12, "under_review": 18, "scored": 25}
_ENDS_EARLY: dict[str, Callable[[_Case], None]] = {
    "declined": _Case.decline, "withdrawn": _Case.withdraw, "expired": _Case.expire
}  # fmt: skip
