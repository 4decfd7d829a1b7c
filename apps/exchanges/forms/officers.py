"""What officers choose in the table of a programme, and how they find reviewers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Case, F, Q, When
from django.utils.translation import gettext_lazy as _

from apps.core.components import Text
from apps.exchanges.enums import DECIDABLE_STATES, ApplicationState, Signer
from apps.exchanges.forms.applications import DecisionForm
from apps.exchanges.models import Application, ApplicationQuerySet, Programme
from apps.exchanges.queries import countries_of_guests
from apps.exchanges.turns import waiting_for
from apps.organisations.models import Organisation

A = ApplicationState
# As a case goes on, and then how it may end before its time.
_WAY = (
    A.DRAFT, A.SUBMITTED, A.ACCEPTED, A.UNDER_REVIEW, A.WAITING_LIST, A.APPROVED, A.AGREEMENT_PENDING, A.SIGNED,
    A.IN_PROGRESS, A.COMPLETED, A.REPORTS_SUBMITTED, A.VALIDATED, A.PAID, A.CLOSED, A.DECLINED, A.REJECTED, A.EXPIRED,
    A.WITHDRAWN, A.CANCELLED,
)  # fmt: skip
_PLACE_ON_WAY = Case(*(When(state=state, then=place) for place, state in enumerate(_WAY)))
# What the column is called, and by what it is put into order.
SORTS: dict[str, tuple[Text, str | Case]] = {
    "guest": (_("Guest"), "guest__name"),
    "host": (_("Host"), "offer__host__name"),
    "days": (_("Days"), "starts_on"),
    "state": (_("State"), _PLACE_ON_WAY),
    "reviews": (_("Reviews"), "done_count"),
    "mean": (_("Mean"), "mean_total"),
    "spread": (_("Spread"), "spread"),
    "amount": (_("Amount"), "amount"),
    "due": (_("Promised by"), "decision_due_at"),
}
USUAL_SORT = "due"
# Choices beside the states.
WAITING, TO_DECIDE = "waiting", "to-decide"


class TableForm(forms.Form):
    """Which cases the table shows. A value that nobody offered is told, not ignored."""

    q = forms.CharField(label=_("Guest or host"), max_length=160, required=False)
    state = forms.ChoiceField(label=_("State"), required=False)
    country = forms.ChoiceField(label=_("Country of the guest"), required=False)
    sort = forms.ChoiceField(
        choices=[(sign + name, name) for name in SORTS for sign in ("", "-")],
        required=False,
        widget=forms.HiddenInput,
    )

    def __init__(self, data: Any, *, programme: Programme) -> None:
        super().__init__(data, auto_id="id_filter_%s")
        states: Any = self.fields["state"]
        states.choices = [
            ("", _("All")),
            (WAITING, _("Waiting for you")),
            (TO_DECIDE, _("To be decided")),
            *((code, label) for code, label in A.choices if code != A.DRAFT),
        ]
        countries: Any = self.fields["country"]
        named = countries_of_guests(programme).values_list("code", "name")
        countries.choices = [("", _("All")), *named]

    def chosen(self, cases: ApplicationQuerySet) -> ApplicationQuerySet:
        """In order; a case without a value stands last, whichever way."""
        data = self.cleaned_data if self.is_valid() else {}
        if words := data.get("q"):
            # As keys: asked of two joined rows of organisations, the planner looks at every pair of them.
            named = Organisation.objects.filter(name__icontains=words).values("pk")
            cases = cases.filter(Q(guest__in=named) | Q(offer__host__in=named))
        if state := data.get("state"):
            cases = _in_state(cases, state)
        if country := data.get("country"):
            cases = cases.filter(guest__country__code=country)
        return cases.order_by(*self._order(), "pk")

    @property
    def sort_key(self) -> str:
        return str((self.cleaned_data if self.is_valid() else {}).get("sort") or USUAL_SORT)

    def _order(self) -> list[Any]:
        key = self.sort_key
        by = SORTS[key.lstrip("-")][1]
        column = F(by) if isinstance(by, str) else by
        return [column.desc(nulls_last=True) if key.startswith("-") else column.asc(nulls_last=True)]


def _in_state(cases: ApplicationQuerySet, state: str) -> ApplicationQuerySet:
    if state == WAITING:
        return waiting_for(cases, Signer.OFFICER)
    return cases.filter(state__in=DECIDABLE_STATES if state == TO_DECIDE else [state])


class DecideManyForm(DecisionForm):
    """One decision, with one reason, for the cases that are ticked in the table."""

    case = forms.ModelMultipleChoiceField(
        queryset=Application.objects.none(),
        error_messages={
            "required": _("Please tick the cases that you decide on."),
            "invalid_choice": _("One of these cases is not yours to decide on."),
            "invalid_pk_value": _("One of these cases does not exist."),
        },
    )
    field_order = ("to", "reason")

    def __init__(self, data: Any = None, *, cases: ApplicationQuerySet) -> None:
        super().__init__(data, auto_id="id_decide_%s")
        field: Any = self.fields["case"]
        field.queryset = cases
