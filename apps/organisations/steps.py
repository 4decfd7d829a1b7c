"""The steps of curators as buttons: what each is called, when it can be taken, which service takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.organisations import services
from apps.organisations.models import Organisation

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class Step:
    """``name`` is its part of the address, ``help`` says what it does; ``done`` what has happened to one."""

    name: str
    label: _StrPromise
    help: _StrPromise
    done: _StrPromise
    is_possible: Callable[[Organisation], bool]
    service: Callable[..., Organisation]
    needs_reason: bool = False


CURATOR_STEPS = {
    step.name: step
    for step in (
        Step(
            "verify",
            _("Verify"),
            _("It is what it says: the mark “Not verified yet” goes."),
            _("“%(name)s” is verified."),
            lambda organisation: organisation.verified_at is None,
            services.verify_organisation,
        ),
        Step(
            "end_verification",
            _("Take the verification back"),
            _("It stays in the directory, marked as not verified."),
            _("“%(name)s” is no longer verified."),
            lambda organisation: organisation.verified_at is not None,
            services.end_verification,
            needs_reason=True,
        ),
        Step(
            "hide",
            pgettext_lazy("organisation", "Hide from the directory"),
            _("Only its own people and curators still see it. It can be shown again."),
            _("“%(name)s” is hidden."),
            lambda organisation: organisation.is_active,
            services.hide_organisation,
            needs_reason=True,
        ),
        Step(
            "show",
            pgettext_lazy("organisation", "Show in the directory"),
            _("Everybody sees it again."),
            _("“%(name)s” is shown."),
            lambda organisation: not organisation.is_active,
            services.show_organisation,
        ),
    )
}


def curator_steps(organisation: Organisation) -> list[Step]:
    """What a curator who may decide can do now."""
    return [step for step in CURATOR_STEPS.values() if step.is_possible(organisation)]
