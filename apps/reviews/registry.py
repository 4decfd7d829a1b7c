"""How an app has its cases reviewed: it registers one kind, and the panel asks it what only the case knows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from apps.reviews.exceptions import UnknownKindError

if TYPE_CHECKING:
    from django.db import models
    from django.utils.functional import _StrPromise

    from apps.accounts.models import User
    from apps.reviews.models import Panel


class ReviewedKind(ABC):
    """One kind of case, as reviews see it. Every answer is asked anew at each step: people change sides."""

    kind: ClassVar[str]
    label: ClassVar[str | _StrPromise]
    # Shows the case to a reviewer who has declared; gets ``case`` and ``panel``.
    case_template: ClassVar[str]

    @abstractmethod
    def case_of(self, panel: Panel) -> models.Model:
        """The case with all that its template shows, in a constant number of queries."""

    @abstractmethod
    def can_manage(self, user: User, panel: Panel) -> bool:
        """Who invites reviewers and reads all reviews: the officers of the programme, never one of a party."""

    @abstractmethod
    def has_interest(self, user: User, panel: Panel) -> bool:
        """Whether this person belongs to a party of the case, or did: they never review it."""

    @abstractmethod
    def is_reviewer(self, person: User, panel: Panel) -> bool:
        """Whether this person is one of those who may be asked at all: from an authority, say."""

    @abstractmethod
    def managers(self, panel: Panel) -> models.QuerySet[User]:
        """Who is told of conflicts and of the last review."""

    @abstractmethod
    def url(self, panel: Panel) -> str:
        """The page of the case, for those who manage it."""

    def title_of(self, panel: Panel) -> str:
        """What tells this case from others of its kind, also before the declaration: the sides, which the brief names
        last. Lists ask it of every row, so it looks nothing up.
        """
        return "\N{NO-BREAK SPACE}· ".join(panel.brief.splitlines()[-2:])

    def frame_of(self, panel: Panel) -> str:
        """What the brief names before the sides: the programme, say."""
        return " · ".join(panel.brief.splitlines()[:-2])

    def name_of(self, panel: Panel) -> str:
        """What messages call this case to those who manage it."""
        return self.title_of(panel)

    def people_of(self, panel: Panel) -> list[tuple[Any, str]]:
        """Who is named beside the brief before the declaration, as (what they do in the case, name as it is now)."""
        return []

    def case_context(self, panel: Panel) -> dict[str, Any]:
        return {"case": self.case_of(panel), "panel": panel}


_kinds: dict[str, ReviewedKind] = {}


def register(reviewed: ReviewedKind) -> None:
    _kinds[reviewed.kind] = reviewed


def kind_of(panel: Panel) -> ReviewedKind:
    """Raises UnknownKindError for a kind whose app is gone."""
    try:
        return _kinds[panel.kind]
    except KeyError as error:
        raise UnknownKindError from error
