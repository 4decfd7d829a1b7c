"""Programmes, offers and applications, with people on all sides."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from apps.accounts.models import User
from apps.exchanges.days import today
from apps.exchanges.enums import ApplicationState, Side, Signer
from apps.exchanges.models import Application, Evidence, FundingRate, Offer, OfferWindow, Officer, Programme
from apps.exchanges.rules import amount_of, rules_of
from apps.exchanges.services import after, applications
from apps.organisations.models import Organisation
from apps.reviews import services as reviews
from apps.reviews.services import ScoreValues
from tests.factories.accounts import UserFactory
from tests.factories.files import StoredFileFactory
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.factories.reviews import CriteriaSetFactory
from tests.factories.taxonomy import CountryFactory, LanguageFactory, TopicFactory

FIRST_DAY = timezone.localdate() + timedelta(days=60)


class ProgrammeFactory(DjangoModelFactory):
    """Open, of a verified authority, on the full track with a lump sum."""

    class Meta:
        model = Programme
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"programme-{n}")
    name = factory.Sequence(lambda n: f"Programme {n}")
    summary = "Learn from each other."
    organisation = factory.SubFactory(
        OrganisationFactory,
        kind="authority",
        verified_at=factory.LazyFunction(timezone.now),
        verified_by=factory.SubFactory(UserFactory),
    )
    author = factory.SubFactory(UserFactory)
    state = "open"
    level = "regional"
    track = "full"
    opens_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))
    closes_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))
    stays_from = factory.LazyFunction(timezone.localdate)
    stays_until = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=365))
    funding = "lump_sum"
    ceiling = Decimal(1100)
    criteria = factory.SubFactory(CriteriaSetFactory)
    opened_at = factory.LazyFunction(timezone.now)

    @factory.post_generation  # type: ignore[untyped-decorator]
    def countries(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        self.countries.set(extracted or [CountryFactory.create(code=code) for code in ("AT", "ES")])
        FundingRate.objects.create(programme=self, days_from=2, amount=390)
        FundingRate.objects.create(programme=self, days_from=5, amount=780)


class OfferFactory(DjangoModelFactory):
    """In the catalogue, of a host in Austria, with two months in which guests may come."""

    class Meta:
        model = Offer
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"offer-{n}")
    programme = factory.SubFactory(ProgrammeFactory)
    host = factory.SubFactory(OrganisationFactory)
    author = factory.SubFactory(UserFactory)
    state = "open"
    theme = factory.SubFactory(TopicFactory)
    title = factory.Sequence(lambda n: f"Offer {n}")
    learning = "How we count what members gain."
    hopes = "How others do it."
    agenda = "Three days, three visits."
    submitted_at = factory.LazyFunction(timezone.now)
    opened_at = factory.LazyFunction(timezone.now)

    @factory.post_generation  # type: ignore[untyped-decorator]
    def windows(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        self.languages.set([LanguageFactory.create()])
        for first, last in extracted or [(FIRST_DAY - timedelta(days=30), FIRST_DAY + timedelta(days=30))]:
            OfferWindow.objects.create(offer=self, starts_on=first, ends_on=last)


class ApplicationFactory(DjangoModelFactory):
    """A complete draft of a guest in Spain, for five days; other states come from ``Case``."""

    class Meta:
        model = Application

    offer = factory.SubFactory(OfferFactory)
    guest = factory.LazyFunction(lambda: OrganisationFactory.create(country=CountryFactory.create(code="ES")))
    author = factory.SubFactory(UserFactory)
    traveller = factory.SelfAttribute("author")
    travels_as = "cluster_manager"
    goals = "To see how you count."
    benefit = "We bring our own figures."
    use_at_home = "We will count the same way."
    agenda = "Day one, day two."
    meeting_planned = True
    starts_on = FIRST_DAY
    ends_on = FIRST_DAY + timedelta(days=4)


def member_of(organisation: Organisation, *, role: str = "manager", name: str = "") -> User:
    person = UserFactory.create(**({"name": name} if name else {}))
    MembershipFactory.create(organisation=organisation, user=person, role=role)
    return person


def authority(**values: Any) -> Organisation:
    """Verified: only from such ones come reviewers."""
    curator = UserFactory.create(is_staff=True)
    return OrganisationFactory.create(
        kind="authority", verified_at=timezone.now(), verified_by=curator, **values
    )


class Case:
    """One exchange with a person on every side, led by the services to any state."""

    def __init__(
        self, *, track: str = "full", funding: str = "lump_sum", offer: Offer | None = None, **values: Any
    ) -> None:
        if offer is None:
            programme = ProgrammeFactory.create(track=track, funding=funding)
            offer = OfferFactory.create(programme=programme)
        self.offer, self.programme = offer, offer.programme
        self.host = member_of(offer.host, name="Hanna Host")
        self.officer = member_of(self.programme.organisation, role="member", name="Olga Officer")
        Officer.objects.create(programme=self.programme, user=self.officer)
        guest = values.pop("guest", None) or OrganisationFactory.create(
            country=CountryFactory.create(code="ES")
        )
        self.guest = member_of(guest, name="Gero Guest")
        self.reviewers = [member_of(authority(), role="member", name=f"Rita Reviewer {n}") for n in (1, 2)]
        self.application = ApplicationFactory.create(offer=offer, guest=guest, author=self.guest, **values)

    @property
    def pk(self) -> Any:
        return self.application.pk

    def fresh(self) -> Application:
        self.application = Application.objects.for_list().get(pk=self.pk)
        return self.application

    def to(self, state: str) -> Case:
        """Take step after step until the application is there."""
        while self.fresh().state != state:
            self._next(state)
        return self

    def _next(self, wanted: str) -> None:
        step = getattr(self, f"_from_{self.application.state}", None)
        if step is None:
            raise ValueError(f"no way from {self.application.state} to {wanted}")
        step(wanted)

    def _from_draft(self, wanted: str) -> None:
        applications.submit_application(application_id=self.pk, by=self.guest)

    def _from_submitted(self, wanted: str) -> None:
        if wanted == ApplicationState.DECLINED:
            applications.decline_application(application_id=self.pk, by=self.host, reason="No room.")
        elif wanted == ApplicationState.WITHDRAWN:
            applications.withdraw_application(application_id=self.pk, by=self.guest, reason="Plans changed.")
        else:
            applications.accept_application(application_id=self.pk, by=self.host)

    def _from_accepted(self, wanted: str) -> None:
        if self.programme.track == "full":
            applications.start_review(application_id=self.pk, by=self.officer)
        else:
            self._decide(wanted)

    def _from_under_review(self, wanted: str) -> None:
        self.score()
        self._decide(wanted)

    def _from_waiting_list(self, wanted: str) -> None:
        self._decide(wanted)

    def score(self) -> None:
        panel = self.fresh().panel
        assert panel
        for reviewer in self.reviewers:
            review = reviews.invite(panel_id=panel.pk, reviewer=reviewer, by=self.officer)
            reviews.declare_no_conflict(review_id=review.pk, by=reviewer)
            scores = {item.pk: ScoreValues(Decimal(4), "Good.") for item in panel.criteria.items.all()}
            reviews.submit_review(review_id=review.pk, by=reviewer, scores=scores, recommendation="support")

    def _decide(self, wanted: str) -> None:
        to = {"rejected": ApplicationState.REJECTED, "waiting_list": ApplicationState.WAITING_LIST}.get(
            wanted, ApplicationState.APPROVED
        )
        reason = "" if to == ApplicationState.APPROVED else "Others were better."
        applications.decide(application_id=self.pk, by=self.officer, to=to, reason=reason)

    def _from_approved(self, wanted: str) -> None:
        after.make_agreement(application_id=self.pk, by=self.guest)

    def _from_agreement_pending(self, wanted: str) -> None:
        text_hash = self.application.agreement.text_hash
        for signer, person in (
            (Signer.GUEST, self.guest),
            (Signer.HOST, self.host),
            (Signer.OFFICER, self.officer),
        ):
            after.sign(application_id=self.pk, signer=signer, text_hash=text_hash, by=person)

    def _from_signed(self, wanted: str) -> None:
        if wanted == ApplicationState.CANCELLED:
            after.cancel(application_id=self.pk, by=self.guest, reason="Ill.")
        else:
            after.start_stay(application_id=self.pk, today=self.application.starts_on or date.max)

    def _from_in_progress(self, wanted: str) -> None:
        last = self.application.ends_on
        assert last
        after.complete_stay(application_id=self.pk, today=last + timedelta(days=1))

    def _from_completed(self, wanted: str) -> None:
        Evidence.objects.create(
            application=self.application, kind="travel", file=StoredFileFactory.create(), author=self.guest
        )
        values = {"learned": "Much.", "change": "We count.", "would_again": True, "may_publish": True}
        after.submit_report(application_id=self.pk, side=Side.GUEST, values=values, by=self.guest)
        after.submit_report(application_id=self.pk, side=Side.HOST, values=values, by=self.host)

    def _from_reports_submitted(self, wanted: str) -> None:
        after.validate(application_id=self.pk, by=self.officer)

    def _from_validated(self, wanted: str) -> None:
        if after.is_to_be_paid(self.application):
            after.record_payment(application_id=self.pk, reference="T-1", paid_on=today(), by=self.officer)
        else:
            after.close(application_id=self.pk, by=self.officer)

    def _from_paid(self, wanted: str) -> None:
        after.close(application_id=self.pk, by=self.officer)


def submitted_values(application: Application) -> dict[str, Any]:
    """What the service writes at submission, for rows that are made directly."""
    rules = rules_of(application.offer.programme)
    return {"rules": rules, "amount": amount_of(application, rules), "submitted_at": timezone.now()}
