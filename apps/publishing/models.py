"""The life of one contributed item, or of its pending version. See docs/adr/0003-publication-row.md."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.permissions import is_curator
from apps.audit.models import Entry
from apps.core.models import TimeStampedModel, set_together
from apps.organisations.models import Organisation
from apps.publishing.enums import (
    CONTRIBUTING_ACTIONS,
    ONCE_PUBLIC_STATES,
    OPEN_STATES,
    REASONED_STATES,
    WAITING_STATES,
    PublicationState,
)

REASON_MAX_CHARS = 2000


def known_to_curators() -> Q:
    """Drafts are private, and so is a draft that was given up before anybody else saw it."""
    return ~Q(state=PublicationState.DRAFT) & (Q(submitted_at__isnull=False) | Q(published_at__isnull=False))


def _is_contributed_by(user: User) -> Q:
    """An item is its organisation's: of its managers, and of its author for as long as they belong to it."""
    belongs = Organisation.objects.of_member(user).values("pk")
    manages = Organisation.objects.of_manager(user).values("pk")
    return Q(author=user, organisation__in=belongs) | Q(organisation__in=manages)


def _is_of_interest_to(user: User) -> Q:
    """Their own work, in it or in a version of it, or made in an organisation to which they belonged meanwhile.

    The history says so too: an interest does not end with leaving the organisation.
    """
    worked_on = Entry.objects.filter(
        by=user,
        action__in=CONTRIBUTING_ACTIONS,
        content_type=ContentType.objects.get_for_model(Publication),
    ).values(key=Cast("object_id", models.BigIntegerField()))
    items = Publication.objects.filter(pk__in=worked_on).values(item=Coalesce("live", "pk"))
    belonged = Organisation.objects.of_member_since(user, OuterRef(OuterRef("created_at")))
    return (
        Q(author=user)
        | Q(submitted_by=user)
        | Q(pk__in=items)
        | Q(live__in=items)
        | Q(Exists(belonged.filter(pk=OuterRef("organisation"))))
    )


class PublicationQuerySet(models.QuerySet["Publication"]):
    def public(self) -> Self:
        """What everybody sees: published, and no pending version."""
        return self.filter(state=PublicationState.PUBLISHED, live__isnull=True)

    def tombstones(self) -> Self:
        """What everybody could see once and was withdrawn: its address says so."""
        return self.filter(state=PublicationState.WITHDRAWN, live__isnull=True, published_at__isnull=False)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Everybody sees what is public; contributors what is theirs; curators all but drafts."""
        public = Q(state=PublicationState.PUBLISHED, live__isnull=True)
        if not (user.is_authenticated and user.is_active):
            return self.filter(public)
        own = _is_contributed_by(user)
        if user.is_staff:
            return self.filter(own | known_to_curators())
        return self.filter(public | own)

    def contributed_by(self, user: User) -> Self:
        """What they may edit, submit and withdraw."""
        return self.filter(_is_contributed_by(user)) if user.is_active else self.none()

    def waiting(self) -> Self:
        """The moderation queue, oldest first."""
        return self.filter(state__in=WAITING_STATES).order_by("submitted_at", "pk")

    def of_interest_to(self, user: User) -> Self:
        """What this person cannot decide on (``has_interest``)."""
        return self.filter(_is_of_interest_to(user))

    def with_interest_of(self, user: User) -> Self:
        """Say of each whether this person has an interest in it (``has_interest``), so that they cannot decide."""
        return self.annotate(has_interest=Case(When(_is_of_interest_to(user), then=True), default=False))

    def decidable_by(self, user: User) -> Self:
        """What this curator may decide on: nothing of interest to themselves."""
        if not is_curator(user):
            return self.none()
        return self.filter(known_to_curators()).with_interest_of(user).filter(has_interest=False)

    def for_list(self) -> Self:
        return self.select_related("author", "organisation", "live")


class Publication(TimeStampedModel):
    """What all contributed items share: whose they are, where they stand, and the last step with its reason.

    ``kind`` and ``live`` never change; a trigger refuses it, and a pending version of a pending version.
    ``submitted_at`` names the round: it is set anew by each submission, and cleared when an item is taken back.
    ``returned_words`` is what it said when changes were asked for, until it is decided otherwise.
    """

    kind = models.CharField(_("kind"), max_length=40)
    state = models.CharField(
        _("state"), max_length=20, choices=PublicationState, default=PublicationState.DRAFT
    )
    title = models.CharField(_("title"), max_length=200)
    language = models.CharField(_("language"), max_length=10, default="en")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        on_delete=models.PROTECT,
        related_name="publications",
    )
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="publications"
    )
    live = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="pending_versions",
        verbose_name=_("version of"),
    )
    reason = models.TextField(_("reason"), max_length=REASON_MAX_CHARS, blank=True)
    returned_words = models.JSONField(null=True, editable=False)
    submitted_at = models.DateTimeField(_("submitted"), null=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(_("first published"), null=True, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, editable=False)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=PublicationState.values), name="publication_state_known"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="publication_title_not_empty"),
            models.UniqueConstraint(
                fields=["live"],
                condition=Q(live__isnull=False, state__in=OPEN_STATES),
                name="publication_one_open_pending_version",
            ),
            models.CheckConstraint(
                condition=Q(live__isnull=True) | ~Q(live=F("pk")), name="publication_not_its_own_version"
            ),
            models.CheckConstraint(
                condition=set_together("submitted_at", "submitted_by"),
                name="publication_submitted_at_with_by",
            ),
            models.CheckConstraint(
                condition=set_together("decided_at", "decided_by"), name="publication_decided_at_with_by"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=REASONED_STATES) | ~Q(reason=""), name="publication_reason_given"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[PublicationState.PUBLISHED, PublicationState.HIDDEN])
                | Q(published_at__isnull=False, live__isnull=True),
                name="publication_public_has_published_at",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | Q(state__in=ONCE_PUBLIC_STATES),
                name="publication_published_at_once_public",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=WAITING_STATES) | Q(submitted_at__isnull=False),
                name="publication_waiting_was_submitted",
            ),
            models.CheckConstraint(
                condition=Q(state=PublicationState.WITHDRAWN, withdrawn_at__isnull=False)
                | ~Q(state=PublicationState.WITHDRAWN) & Q(withdrawn_at__isnull=True),
                name="publication_withdrawn_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=PublicationState.MERGED) | Q(live__isnull=False),
                name="publication_merged_is_a_version",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["submitted_at", "id"],
                condition=Q(state__in=WAITING_STATES),
                name="publication_queue",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def round(self) -> str:
        """Names the submission that is decided on, to the microsecond; empty where there is none."""
        return self.submitted_at.isoformat() if self.submitted_at else ""

    @property
    def is_public(self) -> bool:
        return self.state == PublicationState.PUBLISHED and self.live_id is None

    @property
    def has_tombstone(self) -> bool:
        """It was public and is not any more: its address says so to everybody."""
        return (
            self.state == PublicationState.WITHDRAWN
            and self.live_id is None
            and self.published_at is not None
        )

    @property
    def is_known_to_curators(self) -> bool:
        """The same as ``known_to_curators``, of one row."""
        was_shown = self.submitted_at is not None or self.published_at is not None
        return self.state != PublicationState.DRAFT and was_shown
