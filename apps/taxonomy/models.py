"""The vocabularies. ``manage.py load_reference`` fills them; a row that a curator corrected it leaves alone."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.formats import language_name
from apps.taxonomy.enums import Basis


class ReferenceRow(models.Model):
    """What all vocabularies share: an order, how we know the row, and whether a curator has changed it."""

    order = models.PositiveIntegerField(_("order"), default=0)
    basis = models.CharField(_("basis"), max_length=10, choices=Basis)
    source = models.CharField(_("source"), max_length=400)
    note = models.CharField(_("note"), max_length=400, blank=True)
    is_edited = models.BooleanField(
        _("changed by a curator"), default=False, editable=False, help_text=_("The loader leaves it alone.")
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(getattr(self, "name", self.pk))


class Term(ReferenceRow):
    """A vocabulary whose rows have one code and one name."""

    code = models.CharField(_("code"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120)

    class Meta(ReferenceRow.Meta):
        abstract = True
        ordering: ClassVar[list[str]] = ["order", "name"]


class Country(Term):
    """A country that takes part in the programmes the hub is about; the code is ISO 3166-1 alpha-2."""

    iso3 = models.CharField(_("code of three letters"), max_length=3, unique=True)
    eu_code = models.CharField(_("code of the European institutions"), max_length=2, unique=True)
    group = models.CharField(_("group"), max_length=30)
    is_eu_member = models.BooleanField(_("EU Member State"), default=False)
    is_eea = models.BooleanField(_("in the European Economic Area"), default=False)
    is_cosme_2018 = models.BooleanField(_("in COSME in 2018"), default=False)
    smp_status = models.CharField(
        _("Single Market Programme today"), max_length=10, help_text=_("yes, no, or confirm: to be confirmed")
    )
    eu_accession_year = models.PositiveSmallIntegerField(_("joined the EU in"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    languages = models.CharField(_("languages"), max_length=40, help_text=_("ISO 639-1, blank between."))

    class Meta(Term.Meta):
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        ordering: ClassVar[list[str]] = ["name"]


class Language(Term):
    """A language that content may be written in; ``search_config`` names PostgreSQL's stemmer for it, or simple."""

    name_native = models.CharField(_("name in itself"), max_length=80)
    is_eu_official = models.BooleanField(_("official language of the EU"), default=False)
    search_config = models.CharField(_("stemmer"), max_length=40)

    class Meta(Term.Meta):
        verbose_name = _("language")
        verbose_name_plural = _("languages")
        ordering: ClassVar[list[str]] = ["name"]

    @property
    def label(self) -> str:
        """As in "Greek (Ελληνικά)": for who reads the page, and for who knows only the language itself."""
        name = language_name(self.code)
        is_same = name.casefold() == self.name_native.casefold() or not self.name_native
        return name if is_same else f"{name} ({self.name_native})"


class Region(Term):
    """A region of the NUTS classification, or a statistical region of a country outside it; a tree of levels 0 to 3."""

    level = models.PositiveSmallIntegerField(_("level"))
    parent = models.ForeignKey(
        "self",
        verbose_name=_("part of"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    country = models.ForeignKey(
        Country, verbose_name=_("country"), on_delete=models.PROTECT, related_name="regions"
    )
    name_latin = models.CharField(_("name in Latin letters"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=30)
    version = models.CharField(_("version"), max_length=10)
    is_extra_regio = models.BooleanField(_("not a place"), default=False)

    class Meta(Term.Meta):
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering: ClassVar[list[str]] = ["code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(level__lte=3), name="region_level_0_to_3"),
            models.CheckConstraint(
                condition=Q(level=0, parent__isnull=True) | Q(level__gt=0, parent__isnull=False),
                name="region_parent_below_country_level",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("pk")), name="region_not_its_parent"
            ),
        ]

    @property
    def full_name(self) -> str:
        """In the letters of its country, and in Latin ones where those are others."""
        is_both = self.name_latin and self.name_latin != self.name
        return f"{self.name} / {self.name_latin}" if is_both else self.name


class IndustrialEcosystem(Term):
    """One of the Commission's fourteen groups of industries and value chains."""

    short_name = models.CharField(_("short name"), max_length=60)
    indicative_nace = models.CharField(_("indicative NACE divisions"), max_length=80, blank=True)

    class Meta(Term.Meta):
        verbose_name = _("industrial ecosystem")
        verbose_name_plural = _("industrial ecosystems")


class EmergingIndustry(Term):
    """One of the cross-sector industries of the European cluster panorama."""

    keywords = models.CharField(_("scope"), max_length=200, blank=True)

    class Meta(Term.Meta):
        verbose_name = _("emerging industry")
        verbose_name_plural = _("emerging industries")


class S3Priority(Term):
    """An interregional partnership of a thematic platform for smart specialisation."""

    platform_code = models.CharField(_("platform"), max_length=40)
    platform_name = models.CharField(_("name of the platform"), max_length=80)
    lead_regions = models.CharField(_("lead regions"), max_length=120, blank=True)

    class Meta(Term.Meta):
        verbose_name = _("smart specialisation priority")
        verbose_name_plural = _("smart specialisation priorities")


class SectorTaxonomy(models.TextChoices):
    ESCA = "esca", _("Benchmarking sectors of cluster organisations")
    OBSERVATORY = "observatory_traded", _("Traded cluster categories")
    S3 = "s3_eu_priority", _("Smart specialisation areas")


class Sector(ReferenceRow):
    """A branch in one of several taxonomies; profiles use the first of them."""

    taxonomy = models.CharField(_("taxonomy"), max_length=20, choices=SectorTaxonomy)
    code = models.CharField(_("code"), max_length=80)
    name = models.CharField(_("name"), max_length=120)
    ecosystem = models.ForeignKey(
        IndustrialEcosystem,
        verbose_name=_("industrial ecosystem"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sectors",
    )

    class Meta:
        verbose_name = _("sector")
        verbose_name_plural = _("sectors")
        ordering: ClassVar[list[str]] = ["taxonomy", "order", "name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["taxonomy", "code"], name="sector_code_unique_in_taxonomy")
        ]


class Technology(ReferenceRow):
    """A technology in one of several public groupings."""

    group = models.CharField(_("group"), max_length=20)
    code = models.CharField(_("code"), max_length=80)
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        verbose_name = _("technology")
        verbose_name_plural = _("technologies")
        ordering: ClassVar[list[str]] = ["group", "order", "name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["group", "code"], name="technology_code_unique_in_group")
        ]


class ExcellenceCriterion(ReferenceRow):
    """One criterion of a scheme that assesses how well a cluster is managed."""

    scheme = models.CharField(_("scheme"), max_length=40)
    code = models.CharField(_("code"), max_length=20)
    dimension = models.CharField(_("dimension"), max_length=60)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=20)
    threshold = models.CharField(_("threshold or points"), max_length=60, blank=True)
    scale = models.CharField(_("scale"), max_length=200, blank=True)
    evidence = models.CharField(_("evidence"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("excellence criterion")
        verbose_name_plural = _("excellence criteria")
        ordering: ClassVar[list[str]] = ["scheme", "order", "code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["scheme", "code"], name="criterion_code_unique_in_scheme")
        ]


class GroupedTerm(Term):
    """A vocabulary of our own, in groups, each term explained in a sentence."""

    group = models.CharField(_("group"), max_length=40)
    description = models.CharField(_("description"), max_length=300, blank=True)

    class Meta(Term.Meta):
        abstract = True


class Topic(GroupedTerm):
    """What a resource is about."""

    class Meta(GroupedTerm.Meta):
        verbose_name = _("topic")
        verbose_name_plural = _("topics")


class Method(GroupedTerm):
    """An evaluation method."""

    class Meta(GroupedTerm.Meta):
        verbose_name = _("method")
        verbose_name_plural = _("methods")


class TargetGroup(GroupedTerm):
    """For whom something is meant."""

    class Meta(GroupedTerm.Meta):
        verbose_name = _("target group")
        verbose_name_plural = _("target groups")


class Licence(Term):
    """What others may do with a resource; the code is an SPDX identifier where there is one."""

    url = models.URLField(_("address"), max_length=300, blank=True)
    group = models.CharField(_("group"), max_length=40)

    class Meta(Term.Meta):
        verbose_name = _("licence")
        verbose_name_plural = _("licences")
