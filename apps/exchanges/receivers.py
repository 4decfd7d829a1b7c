"""What exchanges do when something happens elsewhere in the house, and what they know of a person."""

from __future__ import annotations

from apps.accounts.personal_data import register_erasure, register_erasure_check, register_export
from apps.core.events import listen
from apps.exchanges import queries, reminding
from apps.exchanges.indexing import index_offers
from apps.exchanges.models import Offer
from apps.exchanges.services import leaving
from apps.exchanges.services.common import remind_anew
from apps.organisations.events import (
    MembershipChanged,
    MembershipEnded,
    OrganisationRenamed,
    OrganisationVisibilityChanged,
)

register_export("exchanges", queries.exchange_data)
register_erasure_check(leaving.erasure_obstacles)
register_erasure(leaving.forget_person)


@listen(OrganisationRenamed)
def show_new_name(event: OrganisationRenamed) -> None:
    """Cards keep the name of the host."""
    _index_offers_of(event.organisation_id)


@listen(OrganisationVisibilityChanged)
def follow_host(event: OrganisationVisibilityChanged) -> None:
    """What a hidden host offers is in no list, nor what is offered in the programmes of a hidden authority."""
    _index_offers_of(event.organisation_id)
    index_offers(
        Offer.objects.filter(programme__organisation=event.organisation_id).values_list("pk", flat=True)
    )


@listen(MembershipChanged)
def remind_newcomer(event: MembershipChanged) -> None:
    """A case may wait for somebody who came after its reminder."""
    remind_anew(organisation_id=event.organisation_id)


@listen(MembershipEnded)
def miss_officer(event: MembershipEnded) -> None:
    """Whoever leaves an authority is no officer of its programmes any more; its managers hear of the last one."""
    reminding.tell_of_missing_officers(organisation_id=event.organisation_id)


def _index_offers_of(host_id: int) -> None:
    index_offers(Offer.objects.filter(host=host_id).values_list("pk", flat=True))
