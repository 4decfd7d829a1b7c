"""The pages of a reviewer: what was asked of them, and one page for each review that grows with its state."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

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
_step_view = require_http_methods(["GET", "HEAD", "POST"])


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
    return _page(request, _load(request, pk))


@_step_view
@never_cache
def review_declare(request: Request, pk: uuid.UUID) -> HttpResponse:
    """No conflict: the case opens."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    _load(request, pk)
    if request.method != "POST":
        return redirect("reviews:review-detail", pk)
    return _take(
        request,
        pk,
        lambda: (
            services.declare_no_conflict(review_id=pk, by=_person(request)).state != ReviewState.CONFLICTED
        ),
    )


@_step_view
@never_cache
def review_conflict(request: Request, pk: uuid.UUID) -> HttpResponse:
    return _end(request, pk, services.declare_conflict, "conflict_form")


@_step_view
@never_cache
def review_refuse(request: Request, pk: uuid.UUID) -> HttpResponse:
    return _end(request, pk, services.refuse, "refuse_form")


@_step_view
@never_cache
def review_score(request: Request, pk: uuid.UUID) -> HttpResponse:
    """Save what is entered, or hand it in; nothing typed is lost whatever is wrong with it."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    review = _load(request, pk)
    if request.method != "POST":
        return _back(request, review, lambda kept: {"form": ReviewForm(kept, review=review)})
    sight = permissions.sight_of(request.user, review)
    declare_first = review.state not in READING_STATES
    require(
        sight.case,
        _("Please declare first that you have no conflict.") if declare_first else str(sight.why_hidden),
    )
    form = ReviewForm(request.POST, review=review)
    if not form.is_valid():
        return _page(request, review, form=form, status=UNPROCESSABLE)
    hands_in = request.POST.get("action") == "submit"
    try:
        # What is typed stays, also where something is missing.
        services.save_review(review_id=pk, by=request.user, **form.values())
        if hands_in:
            services.submit_review(review_id=pk, by=request.user, **form.values())
    except NotCompleteError as error:
        for field, wanted in error.missing.items():
            form.add_error(field, wanted)
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
    if request.method != "POST":
        return _back(
            request, review, lambda kept: {"forms": {form_name: ReasonForm(kept, auto_id=f"{form_name}_%s")}}
        )
    form = ReasonForm(request.POST, auto_id=f"{form_name}_%s")
    if not form.is_valid():
        return _page(request, review, forms={form_name: form}, status=UNPROCESSABLE)
    return _take(
        request, pk, lambda: service(review_id=pk, by=_person(request), reason=form.cleaned_data["reason"])
    )


def _back(request: Request, review: Review, refill: Callable[[QueryDict], dict[str, Any]]) -> HttpResponse:
    """Who comes to the address of a step without a form goes to the page; who had to sign in again finds there what
    they typed.
    """
    kept = take_kept(request)
    return _page(request, review, **refill(kept)) if kept else redirect("reviews:review-detail", review.pk)


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
    kind = registry.kind_of(review.panel)
    return {
        "review": review,
        "kind": kind.label,
        "title": kind.title_of(review.panel),
        "frame": kind.frame_of(review.panel),
    }


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
    sight = permissions.sight_of(user, review)
    context: dict[str, Any] = {
        "review": review,
        "kind": kind.label,
        "title": kind.title_of(review.panel),
        "people": kind.people_of(review.panel),
        "may_answer": permissions.can_answer(user, review),
        "sees_case": sight.case,
        **{name: ReasonForm(auto_id=f"{name}_%s") for name in ("conflict_form", "refuse_form")},
        **(forms or {}),
    }
    if sight.case:
        context |= {"case_template": kind.case_template, **kind.case_context(review.panel)}
    if sight.score:
        context["form"] = form or ReviewForm(review=review)
    if sight.own:
        context["own_scores"] = list(review.scores.select_related("criterion"))
        context["why_hidden"] = sight.why_hidden
    if sight.others:
        context |= {"sees_others": True, "others": list(queries.other_reviews(review))}
    return render(request, "reviews/review_detail.html", context, status=status)
