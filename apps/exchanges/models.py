"""Programmes of authorities, offers of hosts, applications of guests, and what follows from them.

See docs/adr/0017-exchanges.md. Days begin and end in Brussels (``days.py``); moments are UTC.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core import formats
from apps.core.days import DAYS, MOMENTS, days_within, moments_within
from apps.core.models import RemindedModel, TimeStampedModel, set_together
from apps.exchanges.enums import (
    AFTER_SIGNATURE,
    PLACELESS_STATES,
    PUBLIC_OFFERS,
    PUBLIC_PROGRAMMES,
    REASONED_STATES,
    RESERVING_STATES,
    RUNNING_STATES,
    ApplicationState,
    Audience,
    DayKind,
    EvidenceKind,
    FunderLevel,
    Funding,
    OfferLevel,
    OfferState,
    ProgrammeState,
    Side,
    Signer,
    Track,
    usual_audiences,
)
from apps.files.models import StoredFile
from apps.organisations.models import Organisation
from apps.reviews.models import CriteriaSet, Panel, Review
from apps.taxonomy.models import Country, Language, Topic

TEXT_MAX_CHARS = 4000
MOST_PLACES = 20
MOST_DAYS = 180


# --- Programmes -----------------------------------------------------------------------------------
def _run_by(user: User) -> Any:
    """Who is an officer, and still belongs to the authority."""
    belongs = Organisation.objects.of_member(user).values("pk")
    return Programme.objects.filter(officers__user=user, organisation__in=belongs).values("pk")


# What was opened once, of an authority that is shown; a draft that was given up is nobody else's.
_PUBLIC = Q(state__in=PUBLIC_PROGRAMMES, opened_at__isnull=False, organisation__is_active=True)


class ProgrammeQuerySet(models.QuerySet["Programme"]):
    def public(self) -> Self:
        return self.filter(_PUBLIC)

    def of_officer(self, user: User) -> Self:
        return self.filter(pk__in=_run_by(user)) if user.is_active else self.none()

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Everybody sees what was opened once; its officers and managers of the authority their drafts too."""
        if not (user.is_authenticated and user.is_active):
            return self.public()
        officers = _run_by(user)
        managed = Organisation.objects.of_manager(user).values("pk")
        return self.filter(_PUBLIC | Q(pk__in=officers) | Q(organisation__in=managed))

    def for_list(self) -> Self:
        return self.select_related("organisation__country", "criteria")

    def for_detail(self) -> Self:
        """With all that its rules in words name."""
        return self.for_list().prefetch_related("countries", "rates__country", "criteria__items")


class Programme(TimeStampedModel):
    """The rules under which exchanges take place. Those that applications rest on are copied into each of them."""

    slug = models.SlugField(_("address"), max_length=180, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=160)
    summary = models.TextField(_("what it is for"), max_length=TEXT_MAX_CHARS)
    language = models.CharField(_("language"), max_length=10, default="en")
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("authority"), on_delete=models.PROTECT, related_name="programmes"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(_("state"), max_length=10, choices=ProgrammeState, default=ProgrammeState.DRAFT)
    level = models.CharField(_("level of the funder"), max_length=10, choices=FunderLevel)
    track = models.CharField(_("track"), max_length=10, choices=Track, default=Track.FULL)
    audiences = ArrayField(
        models.CharField(max_length=20, choices=Audience),
        verbose_name=_("who may travel"),
        default=usual_audiences,
    )
    countries = models.ManyToManyField(Country, verbose_name=_("countries"), related_name="+")
    days_min = models.PositiveSmallIntegerField(
        _("shortest stay"), default=2, validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)]
    )
    days_max = models.PositiveSmallIntegerField(
        _("longest stay"), default=14, validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)]
    )
    day_kind = models.CharField(_("days are"), max_length=10, choices=DayKind, default=DayKind.CALENDAR)
    opens_at = models.DateTimeField(_("applications from"), validators=MOMENTS)
    closes_at = models.DateTimeField(_("applications until"), validators=MOMENTS)
    grace_minutes = models.PositiveSmallIntegerField(
        _("grace in minutes"),
        default=60,
        validators=[MaxValueValidator(24 * 60)],
        help_text=_("How long after its deadline an application, or the answer of a host, is still taken."),
    )
    stays_from = models.DateField(_("stays from"), validators=DAYS)
    stays_until = models.DateField(_("stays until"), validators=DAYS)
    virtual_counts = models.BooleanField(_("virtual stays count"), default=False)
    funding = models.CharField(_("funding"), max_length=10, choices=Funding, default=Funding.NONE)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    ceiling = models.DecimalField(
        _("at most for a stay"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    halved_under_days = models.PositiveSmallIntegerField(
        _("half of it under so many days"), null=True, blank=True
    )
    halved_under_km = models.PositiveIntegerField(
        _("half of it under so many kilometres"), null=True, blank=True
    )
    budget = models.DecimalField(_("budget"), max_digits=12, decimal_places=2, null=True, blank=True)
    criteria = models.OneToOneField(
        CriteriaSet,
        verbose_name=_("criteria"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="programme",
    )
    host_days = models.PositiveSmallIntegerField(
        _("days for the host to answer"), default=14, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    promised_days = models.PositiveSmallIntegerField(
        _("promised days to decide"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("From the host's answer to the decision; shown to everybody."),
    )
    report_days = models.PositiveSmallIntegerField(
        _("days for the reports"), default=30, validators=[MinValueValidator(1), MaxValueValidator(180)]
    )
    opened_at = models.DateTimeField(_("first opened"), null=True, editable=False)
    form_key = models.UUIDField(null=True, editable=False)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["author", "form_key"], name="programme_once_for_each_form"),
            models.CheckConstraint(
                condition=Q(state__in=ProgrammeState.values), name="programme_state_known"
            ),
            models.CheckConstraint(
                condition=Q(days_min__gte=1, days_max__gte=F("days_min"), days_max__lte=MOST_DAYS),
                name="programme_days_in_order",
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="programme_window_in_order"
            ),
            models.CheckConstraint(
                condition=Q(stays_until__gte=F("stays_from")), name="programme_stays_in_order"
            ),
            models.CheckConstraint(
                condition=Q(funding=Funding.LUMP_SUM, ceiling__isnull=False) | ~Q(funding=Funding.LUMP_SUM),
                name="programme_lump_sum_has_ceiling",
            ),
            models.CheckConstraint(
                condition=Q(track=Track.LIGHT) | Q(state=ProgrammeState.DRAFT) | Q(criteria__isnull=False),
                name="programme_full_track_has_criteria",
            ),
            models.CheckConstraint(
                condition=Q(state=ProgrammeState.DRAFT)
                | Q(state=ProgrammeState.CLOSED)
                | Q(opened_at__isnull=False),
                name="programme_open_has_time",
            ),
            models.CheckConstraint(
                condition=moments_within("opens_at", "closes_at") & days_within("stays_from", "stays_until"),
                name="programme_in_our_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("exchanges:programme-detail", args=[self.slug])


class FundingRate(models.Model):
    """What a stay of ``days_from`` days and longer is worth; without a country it holds for all that have no own."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="rates")
    country = models.ForeignKey(
        Country,
        verbose_name=_("country of the host"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    days_from = models.PositiveSmallIntegerField(_("from so many days"), validators=[MinValueValidator(1)])
    amount = models.DecimalField(
        _("amount"), max_digits=9, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )

    class Meta:
        verbose_name = _("lump sum")
        verbose_name_plural = _("lump sums")
        ordering: ClassVar[list[str]] = ["programme", "country", "days_from"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["programme", "country", "days_from"], nulls_distinct=False, name="fundingrate_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0, days_from__gte=1), name="fundingrate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.days_from}: {self.amount}"


class Officer(TimeStampedModel):
    """A person of the authority who runs the programme and decides."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="officers")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("officer"),
        on_delete=models.PROTECT,
        related_name="officer_of",
    )

    class Meta:
        verbose_name = _("officer")
        verbose_name_plural = _("officers")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["programme", "user"], name="officer_once")
        ]

    def __str__(self) -> str:
        return str(self.user_id)


# --- Offers ---------------------------------------------------------------------------------------
def _is_hosted_by(user: User) -> Q:
    """An offer is its host's: of the host's managers, and of its author for as long as they belong there."""
    belongs = Organisation.objects.of_member(user).values("pk")
    manages = Organisation.objects.of_manager(user).values("pk")
    return Q(author=user, host__in=belongs) | Q(host__in=manages)


class OfferQuerySet(models.QuerySet["Offer"]):
    def public(self) -> Self:
        """What the catalogue shows: nothing of a programme that is over."""
        return self.filter(
            state__in=PUBLIC_OFFERS, programme__state__in=[ProgrammeState.OPEN, ProgrammeState.PAUSED],
            host__is_active=True, programme__organisation__is_active=True,
        )  # fmt: skip

    def hosted_by(self, user: User) -> Self:
        return self.filter(_is_hosted_by(user)) if user.is_active else self.none()

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Everybody sees what is public; hosts what is theirs; officers what was submitted to their programme."""
        public = Q(
            state__in=(*PUBLIC_OFFERS, OfferState.CLOSED), opened_at__isnull=False, host__is_active=True,
            programme__state__in=PUBLIC_PROGRAMMES, programme__organisation__is_active=True,
        )  # fmt: skip
        if not (user.is_authenticated and user.is_active):
            return self.filter(public)
        officers = _run_by(user)
        return self.filter(
            public | _is_hosted_by(user) | Q(programme__in=officers, submitted_at__isnull=False)
        )

    def for_list(self) -> Self:
        return self.select_related("programme__organisation", "host__country", "theme", "author")

    def for_detail(self) -> Self:
        """With all that its page says, the rules of the programme among them."""
        return self.for_list().prefetch_related(
            "languages", "windows", "programme__countries", "programme__rates__country"
        )


class Offer(RemindedModel):
    """What a host has to show, on a theme that the host sets. The theme stands still from the first application on."""

    slug = models.SlugField(_("address"), max_length=180, unique=True, editable=False)
    programme = models.ForeignKey(
        Programme, verbose_name=_("programme"), on_delete=models.PROTECT, related_name="offers"
    )
    host = models.ForeignKey(
        Organisation, verbose_name=_("host"), on_delete=models.PROTECT, related_name="offers"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(_("state"), max_length=10, choices=OfferState, default=OfferState.DRAFT)
    reason = models.TextField(_("reason"), max_length=2000, blank=True)
    theme = models.ForeignKey(Topic, verbose_name=_("theme"), on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=160)
    language = models.CharField(_("language of this text"), max_length=10, default="en")
    learning = models.TextField(_("what a guest will learn"), max_length=TEXT_MAX_CHARS, blank=True)
    hopes = models.TextField(_("what the host hopes to learn"), max_length=TEXT_MAX_CHARS, blank=True)
    agenda = models.TextField(_("sketch of an agenda"), max_length=TEXT_MAX_CHARS, blank=True)
    level = models.CharField(_("level"), max_length=12, choices=OfferLevel, default=OfferLevel.MIXED)
    languages = models.ManyToManyField(Language, verbose_name=_("languages spoken"), related_name="+")
    city = models.CharField(_("place"), max_length=120, blank=True)
    is_virtual = models.BooleanField(_("possible as a virtual stay"), default=False)
    places = models.PositiveSmallIntegerField(
        _("guests at the same time"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_PLACES)],
    )
    prior_contact = models.TextField(_("prior contact"), max_length=1000, blank=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, editable=False)
    opened_at = models.DateTimeField(_("first opened"), null=True, editable=False)
    form_key = models.UUIDField(null=True, editable=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["author", "form_key"], name="offer_once_for_each_form"),
            models.CheckConstraint(condition=Q(state__in=OfferState.values), name="offer_state_known"),
            models.CheckConstraint(condition=Q(places__gte=1, places__lte=MOST_PLACES), name="offer_places"),
            models.CheckConstraint(
                condition=~Q(state__in=[OfferState.OPEN, OfferState.FULL, OfferState.PAUSED])
                | Q(opened_at__isnull=False, submitted_at__isnull=False),
                name="offer_public_was_opened",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("exchanges:offer-detail", args=[self.slug])

    @property
    def shown_state(self) -> OfferState:
        """For readers: it takes no applications while its programme takes none."""
        if self.state in PUBLIC_OFFERS and self.programme.state == ProgrammeState.CLOSED:
            return OfferState.CLOSED
        is_taking = self.state in (OfferState.OPEN, OfferState.FULL)
        if is_taking and self.programme.state == ProgrammeState.PAUSED:
            return OfferState.PAUSED
        return OfferState(self.state)


class OfferWindow(models.Model):
    """Days in which the host can receive guests, both ends included."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="windows")
    starts_on = models.DateField(_("from"), validators=DAYS)
    ends_on = models.DateField(_("until"), validators=DAYS)

    class Meta:
        verbose_name = _("possible dates")
        verbose_name_plural = _("possible dates")
        ordering: ClassVar[list[str]] = ["starts_on", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="offerwindow_in_order"),
            models.CheckConstraint(
                condition=days_within("starts_on", "ends_on"), name="offerwindow_in_our_time"
            ),
        ]

    def __str__(self) -> str:
        return formats.days(self.starts_on, self.ends_on)


class Remark(TimeStampedModel):
    """What was asked and answered on an offer before anybody applies: the first encounter. Signed-in people read it."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="remarks")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), on_delete=models.PROTECT, related_name="+"
    )
    text = models.TextField(_("text"), max_length=2000)
    is_hidden = models.BooleanField(_("hidden"), default=False)
    form_key = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name = _("question or answer")
        verbose_name_plural = _("questions and answers")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["author", "form_key"], name="remark_once_for_each_form"),
            models.CheckConstraint(condition=~Q(text=""), name="remark_not_empty"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


# --- Applications ---------------------------------------------------------------------------------
# The stay as PostgreSQL's range.
_STAY = Func(
    "starts_on",
    "ends_on",
    RangeBoundary(inclusive_lower=True, inclusive_upper=True),
    function="daterange",
    output_field=DateRangeField(),
)


def _is_of_guest(user: User) -> Q:
    """An application is its guest organisation's, in the same way; and of the person who travels."""
    belongs = Organisation.objects.of_member(user).values("pk")
    manages = Organisation.objects.of_manager(user).values("pk")
    return (Q(author=user) | Q(traveller=user)) & Q(guest__in=belongs) | Q(guest__in=manages)


class ApplicationQuerySet(models.QuerySet["Application"]):
    def of_guest(self, user: User) -> Self:
        return self.filter(_is_of_guest(user)) if user.is_active else self.none()

    def of_host(self, user: User) -> Self:
        """What was submitted to offers of this person; a draft is the guest's alone."""
        if not user.is_active:
            return self.none()
        return self.filter(offer__in=Offer.objects.hosted_by(user).values("pk"), submitted_at__isnull=False)

    def of_officer(self, user: User) -> Self:
        """Of the programmes that this person runs, without those in which they belong to a party, or did since, or
        that they were asked to review.
        """
        if not user.is_active:
            return self.none()
        belongs = Organisation.objects.of_member(user).values("pk")
        ended = Organisation.objects.endings_of(user, OuterRef("guest"), OuterRef("offer__host"))
        return self.filter(offer__programme__in=_run_by(user), submitted_at__isnull=False).exclude(
            Q(guest__in=belongs)
            | Q(offer__host__in=belongs)
            | Q(Exists(ended.filter(at__gte=OuterRef("created_at"))))
            | Q(author=user)
            | Q(traveller=user)
            | Q(offer__author=user)
            | Q(Exists(Review.objects.filter(panel=OuterRef("panel"), reviewer=user)))
        )

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Its parties and the programme's officers. Reviewers see a case through their review, not through this."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        return self.filter(
            Q(pk__in=self.model.objects.of_guest(user).values("pk"))
            | Q(pk__in=self.model.objects.of_host(user).values("pk"))
            | Q(pk__in=self.model.objects.of_officer(user).values("pk"))
        )

    def for_list(self) -> Self:
        return self.select_related(
            "offer__programme__organisation", "offer__host__country", "offer__theme", "guest__country", "author",
            "traveller", "panel__criteria",
        )  # fmt: skip


# The day in Brussels on which the last one signed.
_SIGNED_ON = Func(
    "signed_at",
    template="(%(expressions)s AT TIME ZONE 'Europe/Brussels')::date",
    output_field=models.DateField(),
)


class Application(RemindedModel):
    """One guest's wish to stay with one host, through to what both reported. Its address tells nothing.

    ``rules`` is what the programme and the offer said when it was submitted: later changes do not touch it.
    ``place`` is which of the host's places it takes, from the approval on; with the days it is nobody else's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    offer = models.ForeignKey(
        Offer, verbose_name=_("offer"), on_delete=models.PROTECT, related_name="applications"
    )
    guest = models.ForeignKey(
        Organisation, verbose_name=_("guest"), on_delete=models.PROTECT, related_name="applications"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), on_delete=models.PROTECT, related_name="+"
    )
    traveller = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who travels"),
        on_delete=models.PROTECT,
        related_name="stays",
    )
    travels_as = models.CharField(_("travels as"), max_length=20, choices=Audience, blank=True)
    state = models.CharField(
        _("state"), max_length=20, choices=ApplicationState, default=ApplicationState.DRAFT
    )
    reason = models.TextField(_("reason"), max_length=2000, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    goals = models.TextField(_("what you want to learn"), max_length=TEXT_MAX_CHARS, blank=True)
    benefit = models.TextField(_("what the host gains"), max_length=TEXT_MAX_CHARS, blank=True)
    use_at_home = models.TextField(_("how you will use it at home"), max_length=TEXT_MAX_CHARS, blank=True)
    agenda = models.TextField(_("agenda"), max_length=TEXT_MAX_CHARS, blank=True)
    meeting_planned = models.BooleanField(_("managers and policy makers meet"), null=True, blank=True)
    meeting_note = models.TextField(_("who meets, or why not"), max_length=1000, blank=True)
    starts_on = models.DateField(_("first day"), null=True, blank=True, validators=DAYS)
    ends_on = models.DateField(_("last day"), null=True, blank=True, validators=DAYS)
    is_virtual = models.BooleanField(_("virtual stay"), default=False)
    distance_km = models.PositiveIntegerField(_("distance in kilometres"), null=True, blank=True)
    rules = models.JSONField(_("rules at submission"), null=True, editable=False)
    amount = models.DecimalField(_("amount"), max_digits=9, decimal_places=2, null=True, editable=False)
    place = models.PositiveSmallIntegerField(null=True, editable=False)
    panel = models.OneToOneField(
        Panel,
        verbose_name=_("panel"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="application",
    )
    submitted_at = models.DateTimeField(_("submitted"), null=True, editable=False)
    answer_due_at = models.DateTimeField(_("host's answer due"), null=True, editable=False)
    accepted_at = models.DateTimeField(_("accepted by the host"), null=True, editable=False)
    decision_due_at = models.DateTimeField(_("decision promised by"), null=True, editable=False)
    # A waiting list is a decision as well: the promise is kept or broken by the first one.
    first_decided_at = models.DateTimeField(_("first decided"), null=True, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("decided by"),
    )
    signed_at = models.DateTimeField(_("signed"), null=True, editable=False)
    reports_due_at = models.DateTimeField(_("reports due"), null=True, editable=False)
    validated_at = models.DateTimeField(_("validated"), null=True, editable=False)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering: ClassVar[list[str]] = ["-created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=ApplicationState.values), name="application_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=REASONED_STATES) | ~Q(reason=""), name="application_reason_given"
            ),
            models.CheckConstraint(
                condition=set_together("starts_on", "ends_on"), name="application_both_days"
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="application_days_in_order",
            ),
            models.CheckConstraint(
                condition=days_within("starts_on", "ends_on"), name="application_in_our_time"
            ),
            # What is missing is not zero; a virtual stay has no journey to pay for.
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True)
                | ~Q(rules__funding=Funding.LUMP_SUM) & Q(amount__isnull=True)
                | Q(rules__funding=Funding.LUMP_SUM, is_virtual=True, amount__isnull=False, amount=0)
                | Q(rules__funding=Funding.LUMP_SUM, is_virtual=False, amount__isnull=False, amount__gt=0),
                name="application_lump_sum_is_an_amount",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[ApplicationState.DRAFT, ApplicationState.WITHDRAWN])
                | Q(submitted_at__isnull=False, starts_on__isnull=False, rules__isnull=False),
                name="application_submitted_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=RESERVING_STATES) | Q(place__isnull=False, decided_at__isnull=False),
                name="application_approved_has_place",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=PLACELESS_STATES) | Q(place__isnull=True),
                name="application_ended_has_no_place",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=AFTER_SIGNATURE) | Q(signed_at__isnull=False),
                name="application_signed_first",
            ),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True) | Q(starts_on__gt=_SIGNED_ON),
                name="application_signed_before_first_day",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[ApplicationState.VALIDATED, ApplicationState.PAID])
                | Q(validated_at__isnull=False),
                name="application_validated_has_time",
            ),
            models.CheckConstraint(
                condition=set_together("decided_at", "decided_by"), name="application_decided_by"
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) | Q(first_decided_at__lte=F("decided_at")),
                name="application_first_decision",
            ),
            ExclusionConstraint(
                name="application_one_stay_at_a_time",
                expressions=[("traveller", RangeOperators.EQUAL), (_STAY, RangeOperators.OVERLAPS)],
                condition=Q(state__in=RESERVING_STATES),
            ),
            ExclusionConstraint(
                name="application_asked_for_once",
                expressions=[
                    ("offer", RangeOperators.EQUAL),
                    ("traveller", RangeOperators.EQUAL),
                    (_STAY, RangeOperators.OVERLAPS),
                ],
                condition=Q(state__in=RUNNING_STATES),
            ),
            ExclusionConstraint(
                name="application_one_guest_in_a_place",
                expressions=[
                    ("offer", RangeOperators.EQUAL),
                    ("place", RangeOperators.EQUAL),
                    (_STAY, RangeOperators.OVERLAPS),
                ],
                condition=Q(state__in=RESERVING_STATES),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["offer", "state"], name="application_of_offer"),
            models.Index(fields=["guest"], name="application_of_guest"),
        ]

    def __str__(self) -> str:
        return f"{self.guest_id} → {self.offer_id}"

    def get_state_display(self) -> str:  # type: ignore[no-redef]
        """Django's own makes a table of the names of all states, each time anew."""
        return str(ApplicationState(self.state).label)

    def get_absolute_url(self) -> str:
        return reverse("exchanges:application-detail", args=[self.pk])

    @property
    def offered(self) -> Any:
        """What the host offered when it was submitted: title, learning, hopes and agenda."""
        return (self.rules or {}).get("offer") or self.offer


# --- What follows ---------------------------------------------------------------------------------
class Agreement(TimeStampedModel):
    """What the three sign: made once from the application; ``text_hash`` is the SHA-256 of ``text``."""

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="agreement")
    text = models.TextField(_("text"), editable=False)
    text_hash = models.CharField(_("SHA-256 of the text"), max_length=64, editable=False)
    language = models.CharField(_("language"), max_length=10, default="en")

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering: ClassVar[list[str]] = ["-created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(text_hash__regex=r"^[0-9a-f]{64}$"), name="agreement_hash")
        ]

    def __str__(self) -> str:
        return self.text_hash


class Signature(models.Model):
    """That somebody pressed "sign" for one side, of exactly this text."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="signatures")
    signer = models.CharField(_("for"), max_length=10, choices=Signer)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("signed by"), on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField(_("name as signed"), max_length=160)
    # Empty where somebody signed before the hub kept it.
    organisation = models.CharField(_("organisation as signed"), max_length=160, db_default="")
    text_hash = models.CharField(max_length=64)
    signed_at = models.DateTimeField(_("signed"))

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering: ClassVar[list[str]] = ["signed_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agreement", "signer"], name="signature_once_for_each_side"),
            models.UniqueConstraint(fields=["agreement", "user"], name="signature_for_one_side_only"),
        ]

    def __str__(self) -> str:
        return f"{self.signer}: {self.name}"


class ReportQuerySet(models.QuerySet["Report"]):
    def published(self) -> Self:
        """Of exchanges that an officer has validated and whose two sides both agreed: one tells of the other."""
        silent = Report.objects.filter(application=OuterRef("application"), may_publish=False)
        return self.filter(
            ~Exists(silent),
            application__validated_at__isnull=False,
            may_publish=True,
            taken_down_at__isnull=True,
        )


class Report(TimeStampedModel):
    """What one side says after the stay."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="reports")
    side = models.CharField(_("side"), max_length=10, choices=Side)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), on_delete=models.PROTECT, related_name="+"
    )
    learned = models.TextField(_("what was learned"), max_length=TEXT_MAX_CHARS, blank=True)
    change = models.TextField(_("what will change"), max_length=TEXT_MAX_CHARS, blank=True)
    contacts = models.TextField(_("contacts that go on"), max_length=TEXT_MAX_CHARS, blank=True)
    would_again = models.BooleanField(_("would do it again"), null=True, blank=True)
    may_publish = models.BooleanField(_("may be published"), default=False)
    submitted_at = models.DateTimeField(_("submitted"), null=True, editable=False)
    taken_down_at = models.DateTimeField(_("taken down"), null=True, editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering: ClassVar[list[str]] = ["side", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["application", "side"], name="report_once_for_each_side"),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True)
                | Q(would_again__isnull=False) & ~Q(learned="") & ~Q(change=""),
                name="report_submitted_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(taken_down_at__isnull=True) | Q(submitted_at__isnull=False),
                name="report_taken_down_was_submitted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.application_id}"


class Evidence(TimeStampedModel):
    """A file that shows that the journey took place."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(_("kind"), max_length=12, choices=EvidenceKind)
    file = models.OneToOneField(
        StoredFile, verbose_name=_("file"), on_delete=models.PROTECT, related_name="+"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]

    def __str__(self) -> str:
        return str(self.file_id)


class Payment(TimeStampedModel):
    """That the authority paid: recorded once, never changed (a trigger refuses it). The hub moves no money itself."""

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="payment")
    amount = models.DecimalField(_("amount"), max_digits=9, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    reference = models.CharField(_("reference of the transfer"), max_length=120)
    paid_on = models.DateField(_("paid on"), validators=DAYS)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("recorded by"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering: ClassVar[list[str]] = ["-created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
            models.CheckConstraint(condition=~Q(reference=""), name="payment_has_reference"),
            models.CheckConstraint(condition=days_within("paid_on"), name="payment_in_our_time"),
        ]

    def __str__(self) -> str:
        return self.reference


class FollowUp(RemindedModel):
    """Six months later: what did change? Answers that an officer approved are the programme's learnings."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="follow_ups")
    side = models.CharField(_("side"), max_length=10, choices=Side)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    what_changed = models.TextField(_("what did change"), max_length=TEXT_MAX_CHARS, blank=True)
    may_publish = models.BooleanField(_("may be published"), default=False)
    answered_at = models.DateTimeField(_("answered"), null=True, editable=False)
    taken_down_at = models.DateTimeField(_("taken down"), null=True, editable=False)
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("approved by"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["application", "side"], name="followup_once_for_each_side"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | ~Q(what_changed=""), name="followup_answered_has_text"
            ),
            models.CheckConstraint(
                condition=set_together("approved_at", "approved_by"), name="followup_approved_by"
            ),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True) | Q(answered_at__isnull=False, may_publish=True),
                name="followup_approved_was_answered",
            ),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True) | Q(taken_down_at__isnull=True),
                name="followup_approved_or_taken_down",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.application_id}"
