"""The steps as buttons: what each is called, from which states it leads, what it asks for, which service takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.publishing import services
from apps.publishing.enums import EDITABLE_STATES, NEXT_STEPS, WAITING_STATES, PublicationState

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from apps.publishing.models import Publication


@dataclass(frozen=True)
class Step:
    """``name`` is its part of the address. ``done`` says in a message what has happened to one item."""

    name: str
    label: _StrPromise
    done: _StrPromise
    from_states: Sequence[str]
    service: Callable[..., Publication]
    needs_reason: bool = False
    is_decision: bool = True
    is_final: bool = False


_TO_WITHDRAWN = tuple(state for state, to in NEXT_STEPS.items() if PublicationState.WITHDRAWN in to)

CURATOR_STEPS = {
    step.name: step
    for step in (
        Step(
            "start-review",
            _("Start review"),
            _("“%(title)s” is in review."),
            (PublicationState.SUBMITTED,),
            services.start_review,
            is_decision=False,
        ),
        Step(
            "approve",
            pgettext_lazy("step", "Approve"),
            _("“%(title)s” is approved."),
            WAITING_STATES,
            services.approve,
        ),
        Step(
            "request-changes",
            _("Ask for changes"),
            _("“%(title)s” went back to its author."),
            WAITING_STATES,
            services.request_changes,
            needs_reason=True,
        ),
        Step(
            "decline",
            pgettext_lazy("step", "Decline"),
            _("“%(title)s” is declined."),
            WAITING_STATES,
            services.decline,
            needs_reason=True,
            is_final=True,
        ),
        Step(
            "hide",
            pgettext_lazy("step", "Hide"),
            _("“%(title)s” is hidden."),
            (PublicationState.PUBLISHED,),
            services.hide,
            needs_reason=True,
        ),
        Step(
            "restore",
            pgettext_lazy("step", "Restore"),
            _("“%(title)s” is public again."),
            (PublicationState.HIDDEN,),
            services.restore,
        ),
        Step(
            "withdraw",
            pgettext_lazy("step", "Withdraw"),
            _("“%(title)s” is withdrawn."),
            _TO_WITHDRAWN,
            services.withdraw,
            needs_reason=True,
            is_final=True,
        ),
    )
}

CONTRIBUTOR_STEPS = {
    step.name: step
    for step in (
        Step(
            "submit",
            pgettext_lazy("step", "Submit"),
            _("“%(title)s” is submitted. A curator will look at it; you will be told."),
            EDITABLE_STATES,
            services.submit,
        ),
        Step(
            "take-back",
            _("Take back"),
            _("“%(title)s” is a draft again."),
            (PublicationState.SUBMITTED,),
            services.take_back,
        ),
        Step(
            "discard",
            _("Discard draft"),
            _("The draft “%(title)s” is discarded."),
            (PublicationState.DRAFT,),
            services.discard,
            is_final=True,
        ),
        Step(
            "withdraw",
            pgettext_lazy("step", "Withdraw"),
            _("“%(title)s” is withdrawn."),
            tuple(state for state in _TO_WITHDRAWN if state != PublicationState.DRAFT),
            services.withdraw,
            needs_reason=True,
            is_final=True,
        ),
    )
}


def curator_steps(publication: Publication) -> list[Step]:
    """What a curator who may decide can do now."""
    return [step for step in CURATOR_STEPS.values() if publication.state in step.from_states]


def contributor_steps(publication: Publication) -> list[Step]:
    """What its author and the managers of its organisation can do now."""
    return [step for step in CONTRIBUTOR_STEPS.values() if publication.state in step.from_states]
