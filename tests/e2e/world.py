"""A hub with something of everything on its pages."""

from __future__ import annotations

from tests.factories.accounts import UserFactory
from tests.factories.knowledge import ChapterFactory, ResourceFactory, language, person_of
from tests.factories.notifications import NotificationFactory
from tests.factories.organisations import JoinRequestFactory, MembershipFactory, OrganisationFactory
from tests.factories.taxonomy import CountryFactory, LicenceFactory


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
