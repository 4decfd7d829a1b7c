"""Vocabulary rows, made once for each code."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from apps.taxonomy import models
from apps.taxonomy.enums import Basis


class _TermFactory(DjangoModelFactory):
    class Meta:
        abstract = True
        django_get_or_create = ["code"]

    name = factory.LazyAttribute(lambda term: term.code.replace("_", " ").capitalize())
    basis = Basis.SEEN
    source = "tests"


class CountryFactory(_TermFactory):
    class Meta:
        model = models.Country

    code = "AT"
    iso3 = factory.LazyAttribute(lambda country: f"{country.code}X")
    eu_code = factory.SelfAttribute("code")
    group = "eu_member"
    is_eu_member = True
    smp_status = "yes"
    currency = "EUR"


class RegionFactory(_TermFactory):
    """A region at level 0 unless a parent is given."""

    class Meta:
        model = models.Region

    code = "AT"
    level = 0
    country = factory.SubFactory(CountryFactory)
    kind = "nuts"
    version = "2024"


class LanguageFactory(_TermFactory):
    class Meta:
        model = models.Language

    code = "en"
    name = "English"
    name_native = "English"
    is_eu_official = True
    search_config = "english"


class SectorFactory(DjangoModelFactory):
    class Meta:
        model = models.Sector
        django_get_or_create = ["taxonomy", "code"]

    taxonomy = models.SectorTaxonomy.ESCA
    code = "construction"
    name = factory.LazyAttribute(lambda sector: sector.code.replace("_", " ").capitalize())
    basis = Basis.SEEN
    source = "tests"


class _GroupedFactory(_TermFactory):
    class Meta:
        abstract = True

    group = "evaluation"


class TopicFactory(_GroupedFactory):
    class Meta:
        model = models.Topic

    code = "indicators"


class MethodFactory(_GroupedFactory):
    class Meta:
        model = models.Method

    code = "survey"


class TargetGroupFactory(_GroupedFactory):
    class Meta:
        model = models.TargetGroup

    code = "cluster_managers"


class LicenceFactory(_GroupedFactory):
    class Meta:
        model = models.Licence

    code = "CC-BY-4.0"
    name = "Creative Commons Attribution 4.0"
    group = "documents"
    url = "https://creativecommons.org/licenses/by/4.0/"
