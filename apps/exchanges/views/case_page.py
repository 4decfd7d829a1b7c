"""The page of a case, which several views answer with."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.http import Request, SignedInRequest
from apps.accounts.models import User
from apps.audit.models import Entry
from apps.core import formats
from apps.core.casework import CasePage
from apps.core.charts import BarChart, Series
from apps.core.components import Moment, Text, Tone
from apps.exchanges import casework, permissions, queries
from apps.exchanges.enums import ApplicationState, Side, Signer
from apps.exchanges.forms.applications import ReasonForm
from apps.exchanges.models import Application, Report
from apps.exchanges.services import after
from apps.exchanges.views.not_saved import not_saved
from apps.reviews.enums import OPEN_STATES, ReviewState
from apps.reviews.models import MOST_REVIEWERS, Panel, Review, outcome_annotations
from apps.reviews.outcome import outcome_of

A = ApplicationState
MOST_CHARTED = 6
CONFLICT = 409

_ACTIONS: dict[str, Text] = {
    **dict(A.choices),
    # What has no state, or one whose name does not say what was done.
    "created": gettext_lazy("Begun"),
    A.SUBMITTED: gettext_lazy("Submitted to the host"),
    A.UNDER_REVIEW: gettext_lazy("Review started"),
    A.AGREEMENT_PENDING: gettext_lazy("Agreement made"),
    "agreement signed": gettext_lazy("Agreement signed"),
    A.SIGNED: gettext_lazy("Signed by all"),
    after.KEPT_BACK: gettext_lazy("Could not begin"),
    after.KEPT_TO_LAST_DAY: gettext_lazy("Could not begin by its last day"),
    A.IN_PROGRESS: gettext_lazy("Stay begun"),
    A.COMPLETED: gettext_lazy("Stay completed"),
    "evidence added": gettext_lazy("Evidence added"),
    "evidence removed": gettext_lazy("Evidence removed"),
    "report submitted": gettext_lazy("Report submitted"),
    "reports returned": gettext_lazy("More asked for"),
    A.REPORTS_SUBMITTED: gettext_lazy("Both reports are in"),
    "what changed answered": gettext_lazy("Said what did change"),
    "learning approved": gettext_lazy("Learning approved"),
    "learning taken down": gettext_lazy("Learning taken down"),
    "consent withdrawn": gettext_lazy("Agrees no more that it is public"),
    "report taken down": gettext_lazy("Report taken down"),
    "report consent withdrawn": gettext_lazy("Agrees no more that the report is public"),
    "closed without reports": gettext_lazy("Closed without a report"),
}
_REVIEW_ACTIONS: dict[str, Text] = {
    "invited": gettext_lazy("%(name)s was asked for a review"),
    ReviewState.ACCEPTED: gettext_lazy("%(name)s declared no conflict of interest"),
    ReviewState.SUBMITTED: gettext_lazy("%(name)s handed in a review"),
    ReviewState.CONFLICTED: gettext_lazy("%(name)s has a conflict of interest"),
    ReviewState.REFUSED: gettext_lazy("%(name)s refused to review"),
    ReviewState.RELEASED: gettext_lazy("%(name)s was released from the review"),
}
_REVIEW_TONES: dict[str, Tone] = {ReviewState.SUBMITTED: "success", ReviewState.CONFLICTED: "warning"}
_TONES: dict[str, Tone] = {
    A.ACCEPTED: "success", A.APPROVED: "success", A.SIGNED: "success", A.VALIDATED: "success", A.PAID: "success",
    A.DECLINED: "danger", A.REJECTED: "danger", A.EXPIRED: "danger", A.CANCELLED: "danger",
    A.WAITING_LIST: "warning", after.KEPT_BACK: "warning", after.KEPT_TO_LAST_DAY: "warning",
    "reports returned": "warning",
    A.WITHDRAWN: "neutral", "created": "neutral",
}  # fmt: skip


def load_case(user: User, pk: uuid.UUID) -> Application:
    """404 hides the case from everybody but its parties and the officers of its programme."""
    found = queries.cases_for_page(user).annotate(**outcome_annotations("panel"))
    return get_object_or_404(found, pk=pk)


def case_page(
    request: Request | SignedInRequest,
    case: Application,
    *,
    sent: dict[str, forms.Form] | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """``sent`` are forms that came back with mistakes, by the name of their step."""
    user = request.user
    assert user.is_authenticated  # noqa: S101 - tells the type checker that the case was loaded for somebody
    role = casework.role_of(user, case)
    standing = casework.standing_of(case)
    asked: list[Review] = []
    if role == Signer.OFFICER and case.panel:
        asked = list(queries.reviews_of(case.panel))
        context |= review_context(request, case, case.panel, asked)
    context |= {
        "page": _page(user, case, standing, role, sent=sent, history=_history(case, role, asked)),
        "application": case,
        "case": case,
        "role": role,
        "facts": casework.facts_of(case),
        "agreement": standing.agreement,
        "evidence": list(case.evidence.select_related("file")),
        "reports": [report for report in standing.reports if may_read(report, role)],
        "published": standing.published,
        "follow_ups": [row for row in standing.follow_ups if row.answered_at],
        "payment": getattr(case, "payment", None),
    }
    return render(request, "exchanges/application_detail.html", context, status=status)


def not_saved_page(
    request: Request, pk: uuid.UUID, form: forms.BaseForm, why: Text, stored: object = None
) -> HttpResponse:
    """The case as it stands now, and what was typed for a step that was over already. ``stored`` is what stands there:
    who typed nothing else goes on to the case.
    """
    assert request.user.is_authenticated  # noqa: S101 - the views have asked
    case = load_case(request.user, pk)
    lost = not_saved(form, why, stored=stored) if form.is_bound else None
    if lost is None:
        messages.info(request, str(why))
        return redirect(case)
    return case_page(request, case, status=CONFLICT, not_saved=lost)


def _page(
    user: User,
    case: Application,
    standing: casework.Standing,
    role: Signer | None,
    *,
    sent: dict[str, forms.Form] | None,
    history: list[Moment],
) -> CasePage:
    return CasePage(
        title=case.offer.title,
        kind=_("Exchange"),
        state=case.state,
        state_label=case.get_state_display(),
        next=casework.next_of(standing, role),
        presses=casework.presses_of(standing, role, sent=sent),
        way=casework.way_of(case),
        facts=side_facts(user, case),
        reason=_reason(standing, role),
        history=history,
        sides=_sides(case),
    )


def _sides(case: Application) -> str:
    sides = _("%(guest)s with %(host)s") % {"guest": case.guest.name, "host": case.offer.host.name}
    return (
        f"{sides}, {formats.days(case.starts_on, case.ends_on)}" if case.starts_on and case.ends_on else sides
    )


def may_read(report: Report, role: Signer | None) -> bool:
    """Each side its own from the first word, all others once it is submitted."""
    is_own = role is not None and role == casework.SIDES[Side(report.side)]
    return is_own or report.submitted_at is not None


def _reason(standing: casework.Standing, role: Signer | None) -> str:
    """What an officer wants of one side is said to that side alone."""
    asked = {signer for side, signer in casework.SIDES.items() if side not in standing.reported}
    is_between = standing.state == A.COMPLETED and role not in {*asked, Signer.OFFICER}
    return "" if is_between else standing.application.reason


def _moment(entry: Entry, role: Signer | None) -> Moment:
    text, data = _ACTIONS.get(entry.action, entry.action), entry.data or {}
    if data.get("reviews", 0) < data.get("wanted", 0):
        text = _("%(step)s, with %(reviews)d of %(wanted)d reviews") % {**data, "step": text}
    # What an officer writes to one side is not for the other.
    side = data.get("side")
    reason = entry.reason if side is None or role in {Signer.OFFICER, side} else ""
    return Moment(entry.at, text, str(entry.by or _("The hub")), reason, _TONES.get(entry.action, "info"))


def _history(case: Application, role: Signer | None, asked: list[Review]) -> list[Moment]:
    """The latest first. Whom the officers ``asked`` for a review, and what became of it, is theirs to know."""
    found = [_moment(entry, role) for entry in queries.history_of(case)]
    if asked:
        names = {str(review.pk): str(review.reviewer) for review in asked}
        entries = Entry.objects.about_any(Review, names)
        found += [_moment_of_review(entry, names[entry.object_id]) for entry in entries]
    return sorted(found, key=lambda moment: moment.at, reverse=True)


def _moment_of_review(entry: Entry, name: str) -> Moment:
    text = _REVIEW_ACTIONS[entry.action] % {"name": name}
    who, tone = str(entry.by or _("The hub")), _REVIEW_TONES.get(entry.action, "info")
    return Moment(entry.at, text, who, entry.reason, tone)


# --- What it says -----------------------------------------------------------------------------------
def side_facts(user: User, case: Application) -> list[tuple[str, Any]]:
    offer, programme = case.offer, case.offer.programme
    return [
        (
            _("Programme"),
            casework.linked(programme, is_shown=permissions.can_view_programme(user, programme)),
        ),
        (_("Offer"), casework.linked(offer, is_shown=permissions.can_view_offer(user, offer))),
        (_("Submitted"), formats.day(case.submitted_at) if case.submitted_at else ""),
        (_("Answer due"), _due(case, A.SUBMITTED, case.answer_due_at)),
        (_("Decision promised by"), formats.deadline(case.decision_due_at) if case.decision_due_at else ""),
        (_("Decided"), formats.day(case.decided_at) if case.decided_at else ""),
        (_("Reports due"), _due(case, A.COMPLETED, case.reports_due_at)),
    ]


def _due(case: Application, state: str, due: Any) -> str:
    return formats.deadline(due) if due and case.state == state else ""


# --- Reviews, for officers --------------------------------------------------------------------------
def review_context(
    request: Request | SignedInRequest, case: Application, panel: Panel, asked: list[Review]
) -> dict[str, Any]:
    outcome = outcome_of(panel, asked)
    words = request.GET.get("q", "").strip()
    may_ask = panel.is_open and len(outcome.reviews) < MOST_REVIEWERS
    return {
        "panel": panel,
        "outcome": outcome,
        "asked_reviews": [(review, release_form(review)) for review in asked],
        "open_review_states": OPEN_STATES,
        "chart": _chart(outcome, [review for review in asked if review.state == ReviewState.SUBMITTED]),
        "reviewer_words": words,
        "may_invite": panel.is_open,
        "may_ask": may_ask,
        "people": list(queries.possible_reviewers(case, words)) if may_ask else [],
        "people_shown": queries.PEOPLE_SHOWN,
    }


def release_form(review: Review, data: Any = None) -> ReasonForm:
    """One for each reviewer stands in the page."""
    return ReasonForm(data, auto_id=f"id_release_{review.pk}_%s")


def _chart(outcome: Any, done: list[Any]) -> BarChart | None:
    """Each criterion with the points of every reviewer, side by side."""
    if not done:
        return None
    given = [{score.criterion_id: score.points for score in review.scores.all()} for review in done]
    criteria = [each.criterion for each in outcome.criteria]
    return BarChart(
        _("Points by criterion"),
        [criterion.name for criterion in criteria],
        [
            Series(str(review.reviewer), [_number(points.get(criterion.pk)) for criterion in criteria])
            for review, points in zip(done, given, strict=True)
        ][:MOST_CHARTED],
    )


def _number(points: Any) -> float | None:
    return None if points is None else float(points)
