"""The pages of a reviewer: what was asked of them, and one page for each review that grows with its state."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import Request, SignedInRequest
from apps.accounts.models import User
from apps.core.exceptions import HubError
from apps.core.kept_forms import keep_and_sign_in, take_kept
from apps.core.pagination import get_page
from apps.core.permissions import require
from apps.reviews import permissions, queries, registry, services
from apps.reviews.enums import READING_STATES, ReviewState
from apps.reviews.exceptions import NotCompleteError
from apps.reviews.forms import ReasonForm, ReviewForm
from apps.reviews.models import Review

UNPROCESSABLE = 422


@require_safe
@login_required
@never_cache
def review_list(request: SignedInRequest) -> HttpResponse:
    context = {
        "waiting": [_row(review) for review in queries.open_reviews(request.user)],
        "page_obj": (page := get_page(request, queries.past_reviews(request.user))),
        "past": [_row(review) for review in page],
    }
    return render(request, "reviews/review_list.html", context)


@require_safe
@login_required
@never_cache
def review_detail(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    review = _load(request, pk)
    kept = take_kept(request) if permissions.can_score(request.user, review) else None
    return _page(request, review, form=ReviewForm(kept, review=review) if kept else None)


@require_POST
def review_declare(request: Request, pk: uuid.UUID) -> HttpResponse:
    """No conflict: the case opens."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    _load(request, pk)
    return _take(
        request,
        pk,
        lambda: (
            services.declare_no_conflict(review_id=pk, by=_person(request)).state != ReviewState.CONFLICTED
        ),
    )


@require_POST
def review_conflict(request: Request, pk: uuid.UUID) -> HttpResponse:
    return _end(request, pk, services.declare_conflict, "conflict_form")


@require_POST
def review_refuse(request: Request, pk: uuid.UUID) -> HttpResponse:
    return _end(request, pk, services.refuse, "refuse_form")


@require_POST
def review_score(request: Request, pk: uuid.UUID) -> HttpResponse:
    """Save what is entered, or hand it in; nothing typed is lost whatever is wrong with it."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    review = _load(request, pk)
    declare_first = review.state not in READING_STATES
    require(
        permissions.can_see_case(request.user, review),
        _("Please declare first that you have no conflict.")
        if declare_first
        else str(permissions.why_hidden(review)),
    )
    form = ReviewForm(request.POST, review=review)
    if not form.is_valid():
        return _page(request, review, form=form, status=UNPROCESSABLE)
    hands_in = request.POST.get("action") == "submit"
    service = services.submit_review if hands_in else services.save_review
    try:
        if hands_in:
            # What is typed stays, also where something is missing.
            services.save_review(review_id=pk, by=request.user, **form.values())
        service(review_id=pk, by=request.user, **form.values())
    except NotCompleteError as error:
        for missing in error.missing:
            form.add_error(None, _("Still missing: %(what)s") % {"what": missing})
        return _page(request, review, form=form, status=UNPROCESSABLE)
    except HubError as error:
        form.add_error(None, str(error.message))
        return _page(request, review, form=form, status=UNPROCESSABLE)
    messages.success(request, _("Your review is handed in. Thank you.") if hands_in else _("Saved."))
    return redirect("reviews:review-detail", pk)


# --- What they share ------------------------------------------------------------------------------
def _load(request: Request | SignedInRequest, pk: uuid.UUID) -> Review:
    """Reviewers find their own reviews; all else is not found."""
    user = request.user
    found = Review.objects.of_reviewer(user) if user.is_authenticated else Review.objects.none()
    return get_object_or_404(found.for_list(), pk=pk)


def _person(request: Request) -> User:
    assert request.user.is_authenticated  # noqa: S101 - tells the type checker what the caller has asked
    return request.user


def _end(request: Request, pk: uuid.UUID, service: Callable[..., object], form_name: str) -> HttpResponse:
    """The review ends without points: with a reason."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    review = _load(request, pk)
    form = ReasonForm(request.POST, auto_id=f"{form_name}_%s")
    if not form.is_valid():
        return _page(request, review, forms={form_name: form}, status=UNPROCESSABLE)
    return _take(
        request, pk, lambda: service(review_id=pk, by=_person(request), reason=form.cleaned_data["reason"])
    )


def _take(request: Request, pk: uuid.UUID, step: Callable[[], object]) -> HttpResponse:
    """``step`` gives False where something else was noted than was pressed."""
    try:
        is_noted = step()
    except HubError as error:
        messages.error(request, str(error.message))
    else:
        if is_noted is False:
            messages.error(
                request,
                _(
                    "You belong to a party of this case, or did since it was begun. This is noted as a conflict."
                ),
            )
        else:
            messages.success(request, _("Thank you, your answer is noted."))
    return redirect("reviews:review-detail", pk)


def _row(review: Review) -> dict[str, Any]:
    return {"review": review, "kind": registry.kind_of(review.panel).label}


def _page(
    request: Request | SignedInRequest,
    review: Review,
    *,
    form: ReviewForm | None = None,
    forms: dict[str, ReasonForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Only what this person may see at this moment is put into the page at all."""
    user = request.user
    kind = registry.kind_of(review.panel)
    sees_case = permissions.can_see_case(user, review)
    context: dict[str, Any] = {
        "review": review,
        "kind": kind.label,
        "people": kind.people_of(review.panel),
        "may_answer": permissions.can_answer(user, review),
        "sees_case": sees_case,
        **{name: ReasonForm(auto_id=f"{name}_%s") for name in ("conflict_form", "refuse_form")},
        **(forms or {}),
    }
    if sees_case:
        context |= {"case_template": kind.case_template, **kind.case_context(review.panel)}
    if permissions.can_score(user, review):
        context["form"] = form or ReviewForm(review=review)
    if permissions.can_see_own(user, review):
        context["own_scores"] = list(review.scores.select_related("criterion"))
        context["why_hidden"] = permissions.why_hidden(review)
    if permissions.can_see_others(user, review):
        context |= {"sees_others": True, "others": list(queries.other_reviews(review))}
    return render(request, "reviews/review_detail.html", context, status=status)
