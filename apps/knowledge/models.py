"""The resources of the repository, the checks of their links, and the chapters of the framing guide."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.auth.models import AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.links import validate_public_url
from apps.core.models import TimeStampedModel
from apps.files.models import StoredFile
from apps.knowledge.enums import ResourceType
from apps.publishing.models import Publication
from apps.taxonomy.enums import Basis
from apps.taxonomy.models import Country, Language, Licence, Method, Region, TargetGroup, Topic

FIRST_YEAR, LAST_YEAR = 1900, 2100


class ResourceQuerySet(models.QuerySet["Resource"]):
    """Who may see a resource is decided by its publication alone."""

    def public(self) -> Self:
        return self.filter(publication__in=Publication.objects.public())

    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(publication__in=Publication.objects.visible_to(user))

    def for_detail(self) -> Self:
        """Load everything that an item page touches."""
        return self.select_related(
            "publication__author",
            "publication__organisation",
            "publication__live",
            "language",
            "licence",
            "file",
        ).prefetch_related("topics", "methods", "target_groups", "countries", "regions")


class Resource(TimeStampedModel):
    """One item of the repository: a file, a link or both, described so that others find it.

    A draft may be incomplete; ``publishing_types`` says what must be there before it may be submitted.
    Reference publications (``external_id`` set) are real works that the hub points to and did not write.

    ``creation_token`` comes with the form, so that a form that is sent twice makes one resource;
    ``last_form_token`` names the form that wrote last, so that nobody is told of a conflict with themselves.
    """

    publication = models.OneToOneField(Publication, on_delete=models.PROTECT, related_name="resource")
    creation_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    last_form_token = models.UUIDField(null=True, blank=True, editable=False)
    slug = models.SlugField(_("address"), max_length=220, unique=True, editable=False)
    external_id = models.CharField(max_length=20, null=True, blank=True, unique=True, editable=False)
    resource_type = models.CharField(_("type"), max_length=20, choices=ResourceType, blank=True)
    summary = models.TextField(_("summary"), max_length=2000, blank=True)
    authors = models.CharField(_("authors"), max_length=500, blank=True)
    year = models.PositiveSmallIntegerField(
        _("year"),
        null=True,
        blank=True,
        validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)],
    )
    language = models.ForeignKey(
        Language, verbose_name=_("language"), on_delete=models.PROTECT, related_name="+"
    )
    countries = models.ManyToManyField(
        Country, verbose_name=_("countries covered"), blank=True, related_name="+"
    )
    regions = models.ManyToManyField(Region, verbose_name=_("regions covered"), blank=True, related_name="+")
    topics = models.ManyToManyField(Topic, verbose_name=_("topics"), blank=True, related_name="+")
    methods = models.ManyToManyField(Method, verbose_name=_("methods"), blank=True, related_name="+")
    target_groups = models.ManyToManyField(
        TargetGroup, verbose_name=_("target groups"), blank=True, related_name="+"
    )
    licence = models.ForeignKey(
        Licence, verbose_name=_("licence"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.CharField(_("version"), max_length=40, blank=True)
    file = models.ForeignKey(
        StoredFile, verbose_name=_("file"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    link = models.URLField(_("link"), max_length=500, blank=True, validators=[validate_public_url])
    downloads = models.PositiveIntegerField(_("downloads"), default=0, editable=False)
    basis = models.CharField(_("basis"), max_length=10, choices=Basis, blank=True)
    year_basis = models.CharField(_("basis of the year"), max_length=10, choices=Basis, blank=True)
    source = models.CharField(_("source"), max_length=400, blank=True)
    is_edited = models.BooleanField(
        _("changed by a curator"), default=False, editable=False, help_text=_("The loader leaves it alone.")
    )

    objects = ResourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("resource")
        verbose_name_plural = _("resources")
        ordering: ClassVar[list[str]] = ["-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(year__isnull=True) | Q(year__gte=FIRST_YEAR, year__lte=LAST_YEAR),
                name="resource_year_plausible",
            ),
            models.CheckConstraint(
                condition=Q(resource_type__in=["", *ResourceType.values]), name="resource_type_known"
            ),
            models.CheckConstraint(condition=~Q(slug=""), name="resource_slug_not_empty"),
            models.CheckConstraint(
                condition=Q(external_id__isnull=True) | ~Q(external_id=""),
                name="resource_external_id_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return self.publication.title

    def get_absolute_url(self) -> str:
        return reverse("knowledge:resource-detail", args=[self.slug])

    @property
    def is_reference(self) -> bool:
        """The hub lists it and does not host it."""
        return self.external_id is not None

    @property
    def is_from_memory(self) -> bool:
        """Nobody has looked into the source yet: never show it as verified."""
        return self.basis == Basis.RECALL

    @property
    def is_year_from_memory(self) -> bool:
        return Basis.RECALL in {self.basis, self.year_basis}


class LinkCheck(models.Model):
    """How a published resource's link answered lately; three failures over a week make it broken."""

    resource = models.OneToOneField(
        Resource, verbose_name=_("resource"), on_delete=models.CASCADE, related_name="link_check"
    )
    url = models.URLField(_("link"), max_length=500)
    checked_at = models.DateTimeField(_("last checked"), null=True)
    due_at = models.DateTimeField(_("next check"))
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0)
    first_failed_at = models.DateTimeField(_("failing since"), null=True)
    flagged_at = models.DateTimeField(_("owner told"), null=True)
    last_status = models.PositiveSmallIntegerField(_("last answer"), null=True)
    last_error = models.CharField(_("last problem"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("link check")
        verbose_name_plural = _("link checks")
        ordering: ClassVar[list[str]] = ["due_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(failures=0, first_failed_at__isnull=True)
                | Q(failures__gt=0, first_failed_at__isnull=False),
                name="linkcheck_failures_with_first",
            ),
            models.CheckConstraint(
                condition=Q(flagged_at__isnull=True) | Q(failures__gt=0), name="linkcheck_flagged_is_failing"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["due_at"], name="linkcheck_due")]

    def __str__(self) -> str:
        return self.url


class Chapter(TimeStampedModel):
    """A chapter of the framing guide, in Markdown, edited by curators and joined to resources by its topics."""

    slug = models.SlugField(_("address"), max_length=120, unique=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    title = models.CharField(_("title"), max_length=160)
    summary = models.CharField(_("summary"), max_length=400)
    body = models.TextField(_("text (Markdown)"))
    topics = models.ManyToManyField(Topic, verbose_name=_("topics"), blank=True, related_name="+")
    is_published = models.BooleanField(_("published"), default=True)
    is_edited = models.BooleanField(_("changed by a curator"), default=False, editable=False)

    class Meta:
        verbose_name = _("chapter of the guide")
        verbose_name_plural = _("chapters of the guide")
        ordering: ClassVar[list[str]] = ["order", "pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("knowledge:guide-chapter", args=[self.slug])
