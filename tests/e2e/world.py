"""A hub with something of everything on its pages."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property

from django.urls import reverse

from apps.accounts.models import User
from apps.exchanges.enums import ApplicationState, Side
from apps.exchanges.indexing import index_offers
from apps.exchanges.models import Offer
from apps.exchanges.services import after
from apps.exchanges.services.offers import add_remark
from apps.organisations.services import verify_organisation
from apps.reviews import services as reviews
from apps.reviews.models import Review
from apps.reviews.services import ScoreValues
from tests.factories.accounts import UserFactory
from tests.factories.exchanges import Case, OfferFactory, ProgrammeFactory, authority, member_of
from tests.factories.knowledge import ChapterFactory, ResourceFactory, language, person_of
from tests.factories.notifications import NotificationFactory
from tests.factories.organisations import JoinRequestFactory, MembershipFactory, OrganisationFactory
from tests.factories.taxonomy import CountryFactory, LicenceFactory, TopicFactory

LONG = "Donaudampfschifffahrtsgesellschaftskapitän"

# The pages of an exchange: who looks, and where. The braces name what has to be there for it, see ``Exchanges``.
EXCHANGES = {
    "exchanges": ("", "/exchanges/"),
    "offer": ("", "/exchanges/counting/"),
    "offer with its questions": ("guest", "/exchanges/counting/"),
    "offer of one's own": ("host", "/exchanges/counting/"),
    "offer to open": ("officer", "/exchanges/waiting/"),
    "offer form": ("host", "/exchanges/new/"),
    "offer edit": ("host", "/exchanges/counting/edit/"),
    "programmes": ("", "/exchanges/programmes/"),
    "programme": ("", "/exchanges/programmes/neighbours/"),
    "programme of an officer": ("officer", "/exchanges/programmes/neighbours/"),
    "programme form": ("authority_manager", "/exchanges/programmes/new/"),
    "programme edit": ("officer", "/exchanges/programmes/neighbours/edit/"),
    "programme officers": ("officer", "/exchanges/programmes/neighbours/officers/"),
    "application start": ("guest", "/exchanges/counting/apply/"),
    "application form": ("guest", "{draft}edit/"),
    "exchanges as guest": ("guest", "/exchanges/applications/"),
    "case before it is sent": ("guest", "{draft}"),
    "case for the host": ("host", "{submitted}"),
    "exchanges as host": ("host", "{as host}"),
    "reviews": ("reviewer", "{own reviews}"),
    "review before the declaration": ("reviewer", "{asked}"),
    "review form": ("reviewer", "{reading}"),
    "review handed in": ("reviewer", "{reviewed}"),
    "case in review": ("officer", "{half scored}"),
    "table of cases": ("officer", "{cases}"),
    "agreement": ("guest", "{agreement_pending}agreement/"),
    "evidence": ("guest", "{completed}evidence/"),
    "report form": ("guest", "{completed}report/"),
    "case with its reports": ("officer", "{reports_submitted}"),
    "case to be paid": ("officer", "{validated}"),
    "closed case": ("guest", "{closed}"),
    "what did change": ("host", "{answered}follow-up/"),
    "learnings": ("", "{learnings}"),
}


class World:
    """Its people are those of the demonstration: two who manage, one who reads, one who decides, one who runs it."""

    def __init__(self) -> None:
        place = OrganisationFactory.create(
            name="Alpine Timber Cluster", slug="alpine-timber", country=CountryFactory.create(name="Austria")
        )
        authority = OrganisationFactory.create(kind="authority", name="Ministry of Trade", slug="ministry")
        language("de")
        LicenceFactory.create()
        self.manager = UserFactory.create(name="Ada Muster")
        MembershipFactory.create(organisation=place, user=self.manager, role="manager")
        self.curator = UserFactory.create(is_staff=True)
        self.superuser = UserFactory.create(is_staff=True, is_superuser=True)
        self.policy_maker = person_of(authority)
        self.expert = UserFactory.create()
        JoinRequestFactory.create(organisation=place, user=self.expert)
        item = ResourceFactory.create(organisation=place, author=self.manager, countries=["AT"])
        ResourceFactory.create_batch(12, title=f"{'Donaudampfschifffahrtsgesellschaft' * 3} measuring")
        own = ResourceFactory.create(organisation=place, author=self.manager, state="changes_requested")
        waiting = ResourceFactory.create(organisation=place, author=self.manager, state="submitted")
        NotificationFactory.create_batch(2, recipient=self.manager)
        ChapterFactory.create(slug="first-steps", body="## Why\n\nText.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
        self.places = {
            "item": item.get_absolute_url(),
            "own": own.get_absolute_url(),
            "waiting": str(waiting.publication_id),
        }

    @cached_property
    def exchanges(self) -> Exchanges:
        return Exchanges()


class Exchanges:
    """One exchange, its people, and what is around it.

    The case goes into the state that an address names when it is asked for: no test makes more than it looks at. There
    is no way back.
    """

    def __init__(self) -> None:
        authority = OrganisationFactory.create(kind="authority", name="Chamber of Trade", slug="chamber")
        verify_organisation(organisation_id=authority.pk, by=UserFactory.create(is_staff=True))
        self.authority_manager = member_of(authority, name="Maria Manager")
        programme = ProgrammeFactory.create(
            slug="neighbours", name=f"{LONG} and neighbours", organisation=authority, budget=5000
        )
        offer = OfferFactory.create(
            slug="counting",
            programme=programme,
            title=f"{LONG} and counting",
            theme=TopicFactory.create(code="indicators", name="Indicators"),
            host__name=f"{LONG} Cluster",
        )
        self.case = Case(offer=offer, goals=f"To see {LONG}.", agenda="Day one.\n\nDay two.")
        self.host, self.guest, self.officer = self.case.host, self.case.guest, self.case.officer
        self.reviewer, self.other_reviewer = self.case.reviewers
        add_remark(offer_id=offer.pk, text=f"Do you know {LONG}?", by=self.guest)
        add_remark(offer_id=offer.pk, text="Yes.", by=self.host)
        for number in range(2):
            OfferFactory.create(programme=programme, host=offer.host, title=f"{LONG} {number}")
        index_offers(list(Offer.objects.values_list("pk", flat=True)))
        OfferFactory.create(
            slug="waiting",
            programme=programme,
            host=offer.host,
            author=self.host,
            state="submitted",
            opened_at=None,
        )

    def reader(self, name: str) -> User | None:
        found: User | None = getattr(self, EXCHANGES[name][0], None)
        return found

    def address(self, name: str) -> str:
        return EXCHANGES[name][1].format_map(self)

    def __getitem__(self, name: str) -> str:
        """What stands in the braces: a state of the case, or one of these."""
        makers = {
            "asked": self._asked,
            "reading": self._reading,
            "reviewed": self._reviewed,
            "half scored": self._half_scored,
            "cases": self._cases,
            "answered": self._answered,
            "own reviews": self._own_reviews,
            "as host": self._as_host,
            "learnings": self._learnings,
        }
        return makers[name]() if name in makers else self._case_in(name)

    def _case_in(self, state: str) -> str:
        return self.case.to(state).application.get_absolute_url()

    def _as_host(self) -> str:
        self.case.to(ApplicationState.SUBMITTED)
        return reverse("exchanges:application-list") + "?side=host"

    # --- In review ------------------------------------------------------------------------------------
    def _invite(self, reviewer: User) -> Review:
        panel = self.case.to(ApplicationState.UNDER_REVIEW).application.panel
        assert panel
        return reviews.invite(panel_id=panel.pk, reviewer=reviewer, by=self.officer)

    def _asked(self) -> str:
        """The review of a reviewer who has not answered yet."""
        return reverse("reviews:review-detail", args=[self._invite(self.reviewer).pk])

    def _own_reviews(self) -> str:
        self._invite(self.reviewer)
        return reverse("reviews:review-list")

    def _reading(self) -> str:
        review = self._invite(self.reviewer)
        reviews.declare_no_conflict(review_id=review.pk, by=self.reviewer)
        return reverse("reviews:review-detail", args=[review.pk])

    def _reviewed(self) -> str:
        """Both have handed theirs in, so that each sees the other's."""
        self.case.to(ApplicationState.UNDER_REVIEW).score()
        return reverse("reviews:review-detail", args=[Review.objects.get(reviewer=self.reviewer).pk])

    def _half_scored(self) -> str:
        """For the officer: one review is in, another reviewer is asked, and more people could be."""
        self._reading()
        review = Review.objects.get(reviewer=self.reviewer)
        criteria = review.panel.criteria.items.all()
        scores = {item.pk: ScoreValues(Decimal("3.5"), f"As in {LONG}.") for item in criteria}
        reviews.submit_review(
            review_id=review.pk, by=self.reviewer, scores=scores, recommendation="support", comment="Good."
        )
        self._invite(self.other_reviewer)
        member_of(authority(), role="member", name="Rosa Reviewer")
        return self.case.application.get_absolute_url() + "?q=reviewer"

    def _cases(self) -> str:
        """The officers' table: a case in review, one to be decided, and one that is over."""
        self._half_scored()
        for state in (ApplicationState.ACCEPTED, ApplicationState.DECLINED):
            offer = OfferFactory.create(programme=self.case.programme, host__name=f"{LONG} {state}")
            Case(offer=offer).to(state)
        return reverse("exchanges:programme-applications", args=[self.case.programme.slug])

    # --- Afterwards -----------------------------------------------------------------------------------
    def _answered(self) -> str:
        """Half a year later the guest has said what changed, and an officer approved it; the host is asked still."""
        address = self._case_in(ApplicationState.CLOSED)
        after.ask_what_changed(application_id=self.case.pk)
        said = f"We count {LONG}."
        after.answer_follow_up(
            application_id=self.case.pk,
            side=Side.GUEST,
            what_changed=said,
            may_publish=True,
            by=self.guest,
        )
        after.approve_learning(
            application_id=self.case.pk, side=Side.GUEST, text_hash=after.hash_of(said), by=self.officer
        )
        return address

    def _learnings(self) -> str:
        self._answered()
        return reverse("exchanges:learnings", args=[self.case.programme.slug])
