"""Ending a kind of mail with one press, without signing in (RFC 8058)."""

from __future__ import annotations

from django.core import signing
from django.db import transaction
from django.urls import reverse

from apps.accounts.models import User
from apps.notifications.enums import DIGESTS, Frequency
from apps.notifications.kinds import all_kinds
from apps.notifications.models import Notification, Preference

DIGEST = "*digest"  # no kind: all that this person gets collected in one mail
_SALT = "notifications.unsubscribe"


def path_for(user: User, kind_code: str) -> str:
    """An address that only the mail's recipient has."""
    token = signing.dumps({"user": user.pk, "kind": kind_code}, salt=_SALT, compress=True)
    return reverse("notifications:unsubscribe", args=[token])


def read_token(token: str) -> tuple[int, str]:
    """Person and kind. Raises signing.BadSignature for what the hub did not make."""
    value = signing.loads(token, salt=_SALT)
    return int(value["user"]), str(value["kind"])


@transaction.atomic
def unsubscribe(*, user_id: int, kind_code: str) -> None:
    """Keep these in the hub only, also those that wait. Pressing twice, or for a person who left, does no harm."""
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        return
    codes = _kinds_in_digests(user_id) if kind_code == DIGEST else [kind_code]
    for code in codes:
        Preference.objects.update_or_create(
            user_id=user_id, kind=code, defaults={"frequency": Frequency.NEVER}
        )
    stop_waiting(user_id=user_id, kind_codes=codes)


def stop_waiting(*, user_id: int, kind_codes: list[str]) -> None:
    """Mail none of these any more, except what a worker is handing over at this moment."""
    waiting = Notification.objects.filter(
        recipient=user_id, kind__in=kind_codes, delivered_at__isnull=True, due_at__isnull=False
    )
    waiting.free().update(frequency=Frequency.NEVER, due_at=None)


def _kinds_in_digests(user_id: int) -> list[str]:
    chosen = dict(Preference.objects.filter(user=user_id).values_list("kind", "frequency"))
    return [kind.code for kind in all_kinds() if chosen.get(kind.code, kind.default_frequency) in DIGESTS]
