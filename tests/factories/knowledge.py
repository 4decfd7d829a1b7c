"""Resources in any state, as people find them: indexed when they are public."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from apps.accounts.models import User
from apps.core.slugs import slug_of
from apps.knowledge.link_checks import sync_link_checks
from apps.knowledge.models import Chapter, LinkCheck, Resource
from apps.organisations.models import Organisation
from apps.publishing.enums import REASONED_STATES, PublicationState
from apps.publishing.models import Publication
from apps.search.services import index
from apps.taxonomy.models import Language, Region
from tests.factories.accounts import UserFactory
from tests.factories.organisations import MembershipFactory, OrganisationFactory
from tests.factories.taxonomy import CountryFactory, LanguageFactory, RegionFactory, TopicFactory

_NEVER_PUBLIC = {
    PublicationState.DRAFT,
    PublicationState.SUBMITTED,
    PublicationState.IN_REVIEW,
    PublicationState.CHANGES_REQUESTED,
    PublicationState.DECLINED,
    PublicationState.MERGED,
}


_SEARCH_CONFIGS = {"en": "english", "de": "german", "el": "greek"}


def language(code: str = "en") -> Language:
    name = {"en": "English", "de": "German", "el": "Greek"}.get(code, code)
    return LanguageFactory.create(
        code=code, name=name, name_native=name, search_config=_SEARCH_CONFIGS.get(code, "simple")
    )


def region(code: str = "AT33", country_code: str = "AT") -> Region:
    """A region of level 2 with those above it."""
    country = CountryFactory.create(code=country_code)
    above = RegionFactory.create(code=country_code, country=country)
    middle = RegionFactory.create(code=code[:3], country=country, level=1, parent=above)
    return RegionFactory.create(code=code, country=country, level=2, parent=middle)


def person_of(place: Organisation, role: str = "member", **values: Any) -> User:
    person = UserFactory.create(**values)
    MembershipFactory.create(organisation=place, user=person, role=role)
    return person


class ResourceFactory(DjangoModelFactory):
    """``ResourceFactory.create(state="draft", title=…, author=…, organisation=…, topics=["indicators"])``.

    Published with a link by default. The author is a member of the organisation.
    """

    class Meta:
        model = Resource
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Measuring what matters {n}")
    state: Any = PublicationState.PUBLISHED
    resource_type = "guide"
    summary = "How a small team can say something true about the difference it makes."
    authors = "Muster, Ada"
    year = 2024
    link = factory.Sequence(lambda n: f"https://example.org/{n}")

    @classmethod
    def _create(cls, model_class: type[Resource], *args: Any, **values: Any) -> Resource:
        terms: dict[str, Sequence[Any]] = {
            "topics": [TopicFactory.create(code=code) for code in values.pop("topics", ["indicators"])],
            "countries": [CountryFactory.create(code=code) for code in values.pop("countries", [])],
            "methods": values.pop("methods", []),
            "target_groups": values.pop("target_groups", []),
            "regions": values.pop("regions", []),
        }
        values.setdefault("language", language())
        if isinstance(values["language"], str):
            values["language"] = language(values["language"])
        publication = values.pop("publication", None) or _publication(values)
        for name in ("title", "state", "author", "organisation", "live", "reason", "published_at"):
            values.pop(name, None)
        name = "version" if publication.live_id else "draft"
        is_new = publication.state == PublicationState.DRAFT
        slug = f"{name}-{publication.pk}" if is_new else f"{slug_of(publication.title)}-{publication.pk}"
        values.setdefault("slug", slug)
        resource = model_class.objects.create(publication=publication, **values)
        for field, chosen in terms.items():
            getattr(resource, field).set(chosen)
        index("resource", [resource.pk])
        sync_link_checks([resource.pk])
        return resource


def _publication(values: dict[str, Any]) -> Publication:
    place = values.get("organisation") or OrganisationFactory.create()
    author = values.get("author") or person_of(place)
    state = values["state"]
    now = timezone.now()
    is_submitted = state != PublicationState.DRAFT
    published_at: datetime | None = values.get("published_at") or now - timedelta(days=1)
    return Publication.objects.create(
        kind="resource",
        title=values["title"],
        state=state,
        language=values["language"].code,
        author=author,
        organisation=place,
        live=values.get("live"),
        reason=values.get("reason") or ("Because." if state in REASONED_STATES else ""),
        submitted_at=now if is_submitted else None,
        submitted_by=author if is_submitted else None,
        published_at=None if state in _NEVER_PUBLIC else published_at,
        withdrawn_at=now if state == PublicationState.WITHDRAWN else None,
    )


class LinkCheckFactory(DjangoModelFactory):
    class Meta:
        model = LinkCheck

    resource = factory.SubFactory(ResourceFactory)
    url = factory.SelfAttribute("resource.link")
    due_at = factory.LazyFunction(timezone.now)


class ChapterFactory(DjangoModelFactory):
    class Meta:
        model = Chapter
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"chapter-{n}")
    order = factory.Sequence(lambda n: n)
    title = factory.Sequence(lambda n: f"Chapter {n}")
    summary = "What it is about."
    body = "## First\n\nText.\n\n## Second\n\nMore."
