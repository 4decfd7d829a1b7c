"""What reviewers type."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core import formats
from apps.reviews.enums import Recommendation
from apps.reviews.models import TEXT_MAX_CHARS, Criterion, Review
from apps.reviews.services import ScoreValues

_GOOD_SHARE = Decimal("0.6")


class ReasonForm(forms.Form):
    """Why a review ends before it is written."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=TEXT_MAX_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Those who invited you read it; nobody else does."),
        error_messages={"required": _("Please give a reason: it is sent to those who invited you.")},
    )


class ReviewForm(forms.Form):
    """Points and a reason for each criterion of the panel. Everything may be left open while it is only saved."""

    recommendation = forms.ChoiceField(
        label=_("Your recommendation"),
        choices=[("", _("Please choose")), *Recommendation.choices],
        required=False,
    )
    comment = forms.CharField(
        label=_("Overall comment"),
        max_length=TEXT_MAX_CHARS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, data: Any = None, *, review: Review) -> None:
        self.scores = list(review.scores.select_related("criterion"))
        initial = {"recommendation": review.recommendation, "comment": review.comment}
        for score in self.scores:
            initial[f"points_{score.criterion_id}"] = "" if score.points is None else f"{score.points:.1f}"
            initial[f"comment_{score.criterion_id}"] = score.comment
        super().__init__(data, initial=initial, auto_id="id_%s")
        self.top_points = review.panel.criteria.top_points
        # Three of five, and as much of any other scale, in half points.
        self.good_points = Decimal(round(self.top_points * _GOOD_SHARE * 2)) / 2
        for score in self.scores:
            self._add(score.criterion, self.top_points)
        self.order_fields([*(name for name in self.fields if "_" in name), "recommendation", "comment"])

    def _add(self, criterion: Criterion, top: int) -> None:
        steps = [Decimal(half) / 2 for half in range(2 * top + 1)]
        self.fields[f"points_{criterion.pk}"] = forms.ChoiceField(
            label=_("Points for %(name)s") % {"name": criterion.name},
            help_text=criterion.description,
            choices=[("", _("Not yet chosen")), *((f"{step:.1f}", formats.number(step)) for step in steps)],
            required=False,
        )
        self.fields[f"comment_{criterion.pk}"] = forms.CharField(
            label=_("Reason for %(name)s") % {"name": criterion.name},
            max_length=TEXT_MAX_CHARS,
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
        )

    def groups(self) -> list[dict[str, Any]]:
        """Each criterion with its two fields, for the page."""
        return [
            {
                "criterion": score.criterion,
                "points": self[f"points_{score.criterion_id}"],
                "comment": self[f"comment_{score.criterion_id}"],
            }
            for score in self.scores
        ]

    def values(self) -> dict[str, Any]:
        """As the services take them."""
        data = self.cleaned_data
        scores = {
            score.criterion_id: ScoreValues(
                points=Decimal(points) if (points := data[f"points_{score.criterion_id}"]) else None,
                comment=data[f"comment_{score.criterion_id}"],
            )
            for score in self.scores
        }
        return {"scores": scores, "recommendation": data["recommendation"], "comment": data["comment"]}
