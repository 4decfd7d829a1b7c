"""How beat works: each case for itself; reminders come once before a deadline, and once in a fortnight after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from django.db import models, transaction

from apps.core.exceptions import HubError
from apps.core.models import RemindedModel

logger = structlog.get_logger(__name__)
Case = TypeVar("Case", bound=models.Model)
RemindedCase = TypeVar("RemindedCase", bound=RemindedModel)

REMIND_BEFORE = timedelta(days=3)
AGAIN_AFTER = timedelta(days=14)
# How long the key of one reminder is used: up to the deadline, or to the next one after it.
REMINDER_COMES_FOR = AGAIN_AFTER + timedelta(days=1)


class UndoneError(Exception):
    """Some cases could not be done; the log names them. All others were."""


@dataclass
class Run:
    """One run of beat: how many of each were done, and what failed."""

    done: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def do(
        self,
        name: str,
        find: Callable[[], Iterable[Case]],
        act: Callable[[Case], object],
        *,
        skip: Callable[[Case], bool] = lambda _case: False,
    ) -> None:
        """Each case in a transaction of its own: what is wrong with one keeps none of the others.

        ``act`` answers False where nothing was to be done, ``skip`` knows it without asking the database. That somebody
        was faster is no error.
        """
        self.done[name] = 0
        try:
            with transaction.atomic():
                cases = list(find())
        except Exception:
            logger.exception("due cases not found", duty=name)
            self.failed.append(name)
            return
        for case in cases:
            self.done[name] += self._is_done(name, case, act, skip)

    def remind(
        self,
        name: str,
        find: Callable[[], Iterable[RemindedCase]],
        round_of: Callable[[RemindedCase], str],
        tell: Callable[[RemindedCase], int],
    ) -> None:
        """Once in each round of a case ("" before its first); ``tell`` answers how many messages it wrote.

        The row keeps the round in the transaction of the messages, so that none is lost, and the next runs ask nothing
        for a case that was done. Whoever knows that somebody came clears the row: the keys of its messages stay, and
        the others hear nothing twice.
        """

        def act(case: RemindedCase) -> bool:
            # As it was read: whoever was faster may have done what it would be reminded of.
            rows = type(case)._default_manager.filter(
                pk=case.pk, updated_at=case.updated_at, reminded=case.reminded
            )
            return bool(rows.update(reminded=round_of(case)) and tell(case))

        self.do(name, find, act, skip=lambda case: round_of(case) in ("", case.reminded))

    def _is_done(
        self, name: str, case: Case, act: Callable[[Case], object], skip: Callable[[Case], bool]
    ) -> bool:
        try:
            if skip(case):
                return False
            with transaction.atomic():
                return act(case) is not False
        except HubError:
            return False
        except Exception:
            logger.exception("due case failed", duty=name, case=str(case.pk))
            self.failed.append(f"{name} {case.pk}")
            return False

    def finish(self) -> dict[str, int]:
        """Raises UndoneError at the very end, so that a run with a failure shows as failed."""
        if self.failed:
            raise UndoneError(f"not done: {', '.join(self.failed)}")
        return self.done


def remind_at(due: datetime, since: datetime, *, before: timedelta = REMIND_BEFORE) -> datetime:
    """So long before the deadline, or a third of the time that there is, where that is shorter."""
    return due - min(before, (due - since) / 3)


def round_of(due: datetime, now: datetime) -> str:
    """Which reminder it is, for its key: with the deadline, so that a later one reminds anew."""
    late = "" if now < due else f":{(now - due) // AGAIN_AFTER}"
    return f"{due:%Y%m%d%H%M}{late}"


def round_from(
    due: datetime | None, since: datetime | None, now: datetime, *, before: timedelta = REMIND_BEFORE
) -> str:
    """For ``Run.remind``: empty as long as it is not time yet, or where nothing is due."""
    if due is None or since is None or now < remind_at(due, since, before=before):
        return ""
    return round_of(due, now)
