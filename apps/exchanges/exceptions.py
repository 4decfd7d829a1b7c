"""What a step of an exchange is refused for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.utils.translation import gettext_lazy as _

from apps.core.exceptions import RuleBrokenError


class NotReadyError(RuleBrokenError):
    """``problems`` says what is missing or against the rules, as (field, sentence); "" is the form as a whole."""

    default_message = _("Something is still missing, or against the rules of the programme.")

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.problems = list(problems)


class OffersLostError(NotReadyError):
    """After this change nobody could come to these offers any more: it may be meant, and is asked for twice."""

    def __init__(self, problems: Sequence[tuple[str, str]], offers: Collection[int]) -> None:
        super().__init__(problems)
        self.offers = offers


class TooLateError(RuleBrokenError):
    """The first day has come before all have signed: a stay never begins before that."""

    default_message = _(
        "The first day of this stay has come, so it cannot begin any more. The guest can apply again for later days."
    )


class SidesMeetError(RuleBrokenError):
    """Somebody came to stand on both sides, or who travels has left the guest."""

    default_message = _(
        "Somebody stands on both sides: who applies, who travels and who acts for one organisation must not belong "
        "to the other. They leave one of the two first, or one side gives the exchange up."
    )


class TakenError(RuleBrokenError):
    """Somebody else has the place, or the person is elsewhere in these days."""

    default_message = _(
        "These days are taken: the host has no free place, or the person already travels then."
    )


class BudgetError(RuleBrokenError):
    """What is left of the budget does not cover the stay."""

    default_message = _("The budget does not cover this stay. You can put it on the waiting list.")
