"""What memberships add to the export and the erasure of a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.personal_data import register_erasure, register_erasure_check, register_export
from apps.organisations.enums import Role
from apps.organisations.models import JoinRequest, Membership, Organisation


def _export(person: User) -> dict[str, Any]:
    memberships = Membership.objects.filter(user=person)
    requests = JoinRequest.objects.filter(user=person)
    return {
        "memberships": list(memberships.values("organisation__name", "role", "created_at")),
        "requests": list(requests.values("organisation__name", "message", "state", "reason", "created_at")),
    }


def _obstacles(person: User) -> Iterator[str]:
    """Who alone acts for an organisation with other people hands over first."""
    for organisation in Organisation.objects.of_manager(person):
        others = organisation.memberships.exclude(user=person)
        if others.exists() and not others.filter(role=Role.MANAGER, user__is_active=True).exists():
            yield _("You are the last manager of %(organisation)s. Make somebody else a manager first.") % {
                "organisation": organisation.name
            }


def _forget(person: User) -> None:
    Membership.objects.filter(user=person).delete()
    JoinRequest.objects.filter(user=person).update(message="")


register_export("organisations", _export)
register_erasure_check(_obstacles)
register_erasure(_forget)
