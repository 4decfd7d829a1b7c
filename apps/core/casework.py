"""What the page of a case is made of: where it stands, who must act, and what this person may press now.

Exchanges, vouchers, stories and mentoring build these and extend ``casework/case.html``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from apps.core.components import Moment, Step, Text

if TYPE_CHECKING:
    from django.forms import BaseForm

Weight = Literal["primary", "outline-primary", "outline-danger"]


@dataclass(frozen=True)
class Next:
    """What happens next. ``is_mine`` where it waits for the reader; ``due_at`` is when it must have happened."""

    text: Text
    is_mine: bool = False
    due_at: datetime | None = None
    icon: str = "clock"


@dataclass(frozen=True)
class Press:
    """One button: a link (``is_link``), a press that is all, or a form that opens below it.

    ``hint`` says what follows from it, where that is not plain. What ``takes_back`` stands apart from the next step.
    """

    label: Text
    url: str
    weight: Weight = "outline-primary"
    form: BaseForm | None = None
    hint: Text = ""
    is_link: bool = False
    takes_back: bool = False

    @property
    def is_open(self) -> bool:
        """A form that came back stays open, with what is wrong in it."""
        return self.form is not None and self.form.is_bound


@dataclass(frozen=True)
class CasePage:
    """``sides`` says whose case it is, since many have one title; ``facts`` are as the tag ``facts`` shows them."""

    title: Text
    kind: Text
    state: str
    state_label: Text
    next: Next | None = None
    presses: Sequence[Press] = field(default_factory=tuple)
    way: Sequence[Step] = field(default_factory=tuple)
    facts: Sequence[tuple[Text, object]] = field(default_factory=tuple)
    reason: Text = ""
    history: Sequence[Moment] = field(default_factory=tuple)
    sides: Text = ""

    @property
    def steps(self) -> list[Press]:
        return [press for press in self.presses if not press.takes_back]

    @property
    def ways_back(self) -> list[Press]:
        return [press for press in self.presses if press.takes_back]

    @property
    def open_forms(self) -> list[BaseForm]:
        """Those whose mistakes are named at the top of the page."""
        return [press.form for press in self.presses if press.form is not None and press.is_open]
