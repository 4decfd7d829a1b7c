"""An organisation, who belongs to it, and who asked to."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.audit.models import Entry, EntryQuerySet
from apps.core.links import validate_public_url
from apps.core.models import TimeStampedModel, set_together
from apps.organisations.enums import Ending, JoinState, OrganisationKind, Role
from apps.taxonomy.enums import Basis
from apps.taxonomy.models import Country, Region, Sector

FIRST_YEAR, LAST_YEAR = 1800, 2100
FILTERED_LEVEL = 2


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Everybody sees active organisations; their own people and curators see the others too."""
        if not user.is_authenticated or not user.is_active:
            return self.filter(is_active=True)
        if user.is_staff:
            return self.all()
        return self.filter(Q(is_active=True) | Q(pk__in=self.model.objects.of_member(user).values("pk")))

    def of_member(self, user: User) -> Self:
        """Where this person belongs, in whatever role."""
        return self.filter(memberships__user=user)

    def of_manager(self, user: User) -> Self:
        return self.filter(memberships__user=user, memberships__role=Role.MANAGER)

    def of_member_since(self, user: User, moment: OuterRef | datetime) -> Self:
        """Where this person belongs, or did at ``moment`` and later: the history keeps what ended."""
        ended = self.endings_of(user, OuterRef("pk")).filter(at__gte=moment)
        belongs = Membership.objects.filter(organisation=OuterRef("pk"), user=user)
        return self.filter(Q(Exists(belongs)) | Q(Exists(ended)))

    def endings_of(self, user: User, *organisations: OuterRef) -> EntryQuerySet:
        """What the history says of the ends of this person's memberships in these."""
        return Entry.objects.filter(
            Q(action=Ending.LEFT, by=user) | Q(action=Ending.REMOVED, data__user=user.pk),
            content_type=ContentType.objects.get_for_model(self.model),
            object_id__in=[Cast(organisation, models.CharField()) for organisation in organisations],
        )

    def for_list(self) -> Self:
        """Everything that lists, pages and the search show of an organisation."""
        return self.select_related("country", "region__parent").prefetch_related("sectors")


class Organisation(TimeStampedModel):
    """A body that takes part in the hub. Illustrative ones show a real name without an account, or a demonstration."""

    kind = models.CharField(_("kind"), max_length=20, choices=OrganisationKind)
    name = models.CharField(_("name"), max_length=160)
    slug = models.SlugField(_("address"), max_length=180, unique=True, editable=False)
    country = models.ForeignKey(
        Country, verbose_name=_("country"), on_delete=models.PROTECT, related_name="+"
    )
    region = models.ForeignKey(
        Region, verbose_name=_("region"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    city = models.CharField(_("city"), max_length=120, blank=True)
    sectors = models.ManyToManyField(Sector, verbose_name=_("sectors"), blank=True, related_name="+")
    website = models.URLField(_("website"), max_length=300, blank=True, validators=[validate_public_url])
    description = models.TextField(_("description"), max_length=4000, blank=True)
    language = models.CharField(_("language of the description"), max_length=10, default="en")
    founded_year = models.PositiveSmallIntegerField(_("founded in"), null=True, blank=True)
    is_active = models.BooleanField(_("shown"), default=True)
    is_illustrative = models.BooleanField(_("illustrative"), default=False)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True, editable=False)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("verified by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    confirmed_at = models.DateTimeField(_("profile confirmed"), null=True, blank=True, editable=False)
    basis = models.CharField(_("basis"), max_length=10, choices=Basis, blank=True)
    source = models.CharField(_("source"), max_length=400, blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=set_together("verified_at", "verified_by"),
                name="organisation_verified_at_with_verified_by",
            ),
            models.CheckConstraint(
                condition=Q(founded_year__isnull=True)
                | Q(founded_year__gte=FIRST_YEAR, founded_year__lte=LAST_YEAR),
                name="organisation_founded_year_plausible",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["kind", "country"], name="organisation_kind_country")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("organisations:organisation-detail", args=[self.slug])

    @property
    def is_unverified(self) -> bool:
        """Readers are told so: anybody may add an organisation under any name. Illustrative ones say what they are."""
        return self.verified_at is None and not self.is_illustrative

    @property
    def search_region(self) -> Region | None:
        """The region that filters know it by: of NUTS level 2, or above where no finer one is given."""
        region = self.region
        return region.parent if region and region.level > FILTERED_LEVEL else region

    def managers(self) -> models.QuerySet[User]:
        """The people who act for the organisation."""
        return User.objects.filter(
            is_active=True, memberships__organisation=self, memberships__role=Role.MANAGER
        )


class Membership(TimeStampedModel):
    """That a person belongs to an organisation. Not the membership of a company in a cluster."""

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="memberships",
    )
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering: ClassVar[list[str]] = ["role", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["organisation", "user"], name="membership_once_for_each_person")
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class JoinRequestQuerySet(models.QuerySet["JoinRequest"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Who asked, who manages the organisation, and curators."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self.all()
        managed = Organisation.objects.of_manager(user).values("pk")
        return self.filter(Q(user=user) | Q(organisation__in=managed))


class JoinRequest(TimeStampedModel):
    """A person's request to belong to an organisation; one of its managers decides."""

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.CASCADE, related_name="join_requests"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="join_requests",
    )
    message = models.TextField(_("message"), max_length=1000, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=JoinState, default=JoinState.PENDING)
    reason = models.TextField(_("reason"), max_length=1000, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to join")
        verbose_name_plural = _("requests to join")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["organisation", "user"],
                condition=Q(state=JoinState.PENDING),
                name="joinrequest_one_pending_for_each_person",
            ),
            models.CheckConstraint(
                condition=set_together("decided_at", "decided_by"),
                name="joinrequest_decided_at_with_decided_by",
            ),
            models.CheckConstraint(
                condition=Q(state=JoinState.PENDING, decided_at__isnull=True)
                | ~Q(state=JoinState.PENDING) & Q(decided_at__isnull=False),
                name="joinrequest_decided_unless_pending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.organisation} ({self.get_state_display()})"
