"""Criteria, panels and reviews, and a kind of case that exists in tests only."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from apps.accounts.models import User
from apps.reviews.models import CriteriaSet, Criterion, Panel, Review
from apps.reviews.registry import ReviewedKind
from tests.factories.accounts import UserFactory


class FakeKind(ReviewedKind):
    """Sides as plain lists of keys; its case is the panel itself."""

    kind = "fake"
    label = "Fake case"
    case_template = "reviews/fake_case.html"

    def __init__(self) -> None:
        self.manager_ids: set[int] = set()
        self.party_ids: set[int] = set()
        self.outsider_ids: set[int] = set()

    def case_of(self, panel: Panel) -> Panel:
        return panel

    def can_manage(self, user: User, panel: Panel) -> bool:
        return user.pk in self.manager_ids

    def has_interest(self, user: User, panel: Panel) -> bool:
        return user.pk in self.party_ids

    def is_reviewer(self, person: User, panel: Panel) -> bool:
        return person.pk not in self.outsider_ids

    def managers(self, panel: Panel) -> Any:
        return User.objects.filter(pk__in=self.manager_ids)

    def url(self, panel: Panel) -> str:
        return f"/reviews/?panel={panel.pk}"


class CriteriaSetFactory(DjangoModelFactory):
    class Meta:
        model = CriteriaSet
        skip_postgeneration_save = True

    name = "Criteria"

    @factory.post_generation  # type: ignore[untyped-decorator]
    def items(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        for order, (code, weight) in enumerate(extracted or [("relevance", 60), ("benefit", 40)]):
            Criterion.objects.create(criteria=self, code=code, name=code.title(), weight=weight, order=order)


class PanelFactory(DjangoModelFactory):
    class Meta:
        model = Panel

    kind = "fake"
    criteria = factory.SubFactory(CriteriaSetFactory)
    brief = "Host Alpha and guest Beta"
    due_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=14))


class ReviewFactory(DjangoModelFactory):
    class Meta:
        model = Review

    panel = factory.SubFactory(PanelFactory)
    reviewer = factory.SubFactory(UserFactory)
    invited_by = factory.SubFactory(UserFactory)


def points(*values: float) -> list[Decimal]:
    return [Decimal(str(value)) for value in values]
