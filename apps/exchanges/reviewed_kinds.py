"""Applications as reviews see them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.exchanges import casework, permissions
from apps.exchanges.models import Application
from apps.exchanges.services.applications import REVIEW_KIND
from apps.exchanges.services.common import officers_of_case
from apps.reviews.models import Panel
from apps.reviews.registry import ReviewedKind, register


class ExchangeKind(ReviewedKind):
    kind = REVIEW_KIND
    label = _("Application for an exchange")
    case_template = "exchanges/case_for_review.html"

    def case_of(self, panel: Panel) -> Application:
        return Application.objects.for_list().get(panel=panel)

    def can_manage(self, user: User, panel: Panel) -> bool:
        return permissions.is_officer_of(user, self.case_of(panel))

    def has_interest(self, user: User, panel: Panel) -> bool:
        return permissions.has_interest(user, self.case_of(panel))

    def is_reviewer(self, person: User, panel: Panel) -> bool:
        return permissions.reviewers_of(self.case_of(panel)).filter(pk=person.pk).exists()

    def managers(self, panel: Panel) -> Any:
        return officers_of_case(self.case_of(panel))

    def name_of(self, panel: Panel) -> str:
        case = self.case_of(panel)
        return f"“{case.offer.title}” ({case.guest.name} · {case.offer.host.name})"

    def people_of(self, panel: Panel) -> list[tuple[Any, str]]:
        return [(_("Who travels"), str(self.case_of(panel).traveller))]

    def case_context(self, panel: Panel) -> dict[str, Any]:
        context = super().case_context(panel)
        return {**context, "facts": casework.facts_of(context["case"])}

    def url(self, panel: Panel) -> str:
        return reverse("exchanges:application-detail", args=[self.case_of(panel).pk])


register(ExchangeKind())
