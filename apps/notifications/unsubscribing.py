"""Ending a kind of mail with one press, without signing in (RFC 8058)."""

from __future__ import annotations

from django.core import signing
from django.db import transaction
from django.urls import reverse

from apps.accounts.models import User
from apps.notifications.enums import Frequency
from apps.notifications.kinds import all_kinds
from apps.notifications.models import Preference

_SALT = "notifications.unsubscribe"


def path_for(user: User, kind_code: str) -> str:
    """An address that only the mail's recipient has; without a kind it is for all of them."""
    token = signing.dumps({"user": user.pk, "kind": kind_code}, salt=_SALT, compress=True)
    return reverse("notifications:unsubscribe", args=[token])


def read_token(token: str) -> tuple[int, str]:
    """Person and kind. Raises signing.BadSignature for what the hub did not make."""
    value = signing.loads(token, salt=_SALT)
    return int(value["user"]), str(value["kind"])


@transaction.atomic
def unsubscribe(*, user_id: int, kind_code: str) -> None:
    """Keep these in the hub only. Pressing twice, or for a person who left, does no harm."""
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        return
    for code in [kind_code] if kind_code else [kind.code for kind in all_kinds()]:
        Preference.objects.update_or_create(
            user_id=user_id, kind=code, defaults={"frequency": Frequency.NEVER}
        )
