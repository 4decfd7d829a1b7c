"""Who may do what with programmes, offers and applications. ``visible_to`` says the same for lists as ``can_view``.

Three sides: the guest, the host, the officers. Nobody stands on two of them in one case.
"""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import BigIntegerField, Q, QuerySet
from django.db.models.functions import Cast

from apps.accounts.models import User
from apps.accounts.permissions import is_curator
from apps.audit.models import Entry
from apps.exchanges.enums import ENDED_STATES, PUBLIC_OFFERS, PUBLIC_PROGRAMMES, OfferState, ProgrammeState
from apps.exchanges.models import Application, Offer, Officer, Programme
from apps.organisations.enums import OrganisationKind, Role
from apps.organisations.models import Membership, Organisation
from apps.organisations.permissions import is_manager, is_member
from apps.organisations.queries import people_since
from apps.reviews.models import Review

Person = User | AnonymousUser


def _acts(user: Person) -> bool:
    return user.is_authenticated and user.is_active


# --- Programmes -----------------------------------------------------------------------------------
def can_create_programme(user: Person, organisation: Organisation) -> bool:
    """A manager of a public authority that a curator has verified: programmes give away public money."""
    is_authority = organisation.kind == OrganisationKind.AUTHORITY and organisation.verified_at is not None
    return is_authority and organisation.is_active and is_manager(user, organisation)


def is_officer(user: Person, programme: Programme) -> bool:
    """They are one, and still belong to the authority."""
    if not user.is_authenticated or not user.is_active:
        return False
    is_one = Officer.objects.filter(programme=programme, user=user).exists()
    return is_one and is_member(user, programme.organisation)


def can_run_programme(user: Person, programme: Programme) -> bool:
    """Its rules, its officers, its state: officers, and managers of the authority."""
    return is_officer(user, programme) or is_manager(user, programme.organisation)


def can_view_programme(user: Person, programme: Programme) -> bool:
    """Everybody what was opened once, of an authority that is shown; a draft that was given up is not public."""
    was_opened = programme.state in PUBLIC_PROGRAMMES and programme.opened_at is not None
    return (was_opened and programme.organisation.is_active) or can_run_programme(user, programme)


_PROGRAMME_STEPS = {
    ProgrammeState.DRAFT: ("open", "close"),
    ProgrammeState.OPEN: ("pause", "close"),
    ProgrammeState.PAUSED: ("open", "close"),
}


def programme_steps(user: Person, programme: Programme) -> tuple[str, ...]:
    """The buttons that this person may press now."""
    if not can_run_programme(user, programme):
        return ()
    return _PROGRAMME_STEPS.get(ProgrammeState(programme.state), ())


def can_edit_programme(user: Person, programme: Programme) -> bool:
    return programme.state != ProgrammeState.CLOSED and can_run_programme(user, programme)


# --- Offers ---------------------------------------------------------------------------------------
def can_create_offer(user: Person, host: Organisation) -> bool:
    return host.is_active and is_member(user, host)


def is_host(user: Person, offer: Offer) -> bool:
    """Who acts for the host in this offer: its managers, and the author for as long as they belong there."""
    if not user.is_authenticated or not user.is_active:
        return False
    return is_manager(user, offer.host) or (offer.author_id == user.pk and is_member(user, offer.host))


def can_view_offer(user: Person, offer: Offer) -> bool:
    was_open = offer.opened_at is not None and offer.state in (*PUBLIC_OFFERS, OfferState.CLOSED)
    are_shown = offer.host.is_active and offer.programme.organisation.is_active
    if was_open and are_shown and offer.programme.state in PUBLIC_PROGRAMMES:
        return True
    return is_host(user, offer) or (offer.submitted_at is not None and is_officer(user, offer.programme))


def can_decide_offer(user: Person, offer: Offer) -> bool:
    """An officer who did not write it, and does not belong to the host, nor did since it was begun."""
    if not is_officer(user, offer.programme) or offer.author_id == user.pk:
        return False
    belonged = Organisation.objects.of_member_since(user, offer.created_at)  # type: ignore[arg-type]
    return not belonged.filter(pk=offer.host_id).exists()


def can_edit_offer(user: Person, offer: Offer) -> bool:
    return offer.state != OfferState.CLOSED and is_host(user, offer)


_HOST_STEPS = {
    OfferState.DRAFT: ("submit", "close"),
    OfferState.SUBMITTED: ("take-back", "close"),
    OfferState.OPEN: ("pause", "close"),
    OfferState.FULL: ("pause", "close"),
    OfferState.PAUSED: ("resume", "close"),
}


def offer_steps(user: Person, offer: Offer) -> tuple[str, ...]:
    """The buttons that this person may press now: the host's, or the officer's."""
    if is_host(user, offer):
        return _HOST_STEPS.get(OfferState(offer.state), ())
    if offer.state == OfferState.SUBMITTED and can_decide_offer(user, offer):
        return ("open", "return")
    return ()


def can_ask(user: Person, offer: Offer) -> bool:
    """Put a question or an answer into the thread of an open offer."""
    return _acts(user) and offer.state in PUBLIC_OFFERS


def can_hide_remarks(user: Person, offer: Offer) -> bool:
    """Officers of the programme and curators, but nobody of the host: criticism is no abuse."""
    return (is_officer(user, offer.programme) or is_curator(user)) and not is_member(user, offer.host)


def can_see_prior_contact(user: Person, offer: Offer) -> bool:
    """It names people who were not asked: for the host, and for officers who weigh it."""
    return is_host(user, offer) or is_officer(user, offer.programme)


# --- Applications ---------------------------------------------------------------------------------
def can_apply(user: Person, guest: Organisation, offer: Offer) -> bool:
    """For an organisation that they belong to, never to one to which they belong as well."""
    return (
        guest.pk != offer.host_id
        and guest.is_active
        and is_member(user, guest)
        and not is_member(user, offer.host)
    )


def is_guest(user: Person, application: Application) -> bool:
    if not user.is_authenticated or not user.is_active:
        return False
    travels = user.pk in (application.author_id, application.traveller_id)
    return is_manager(user, application.guest) or (travels and is_member(user, application.guest))


def is_host_of(user: Person, application: Application) -> bool:
    """What was submitted to their offer, unless they stand on the guest's side as well."""
    return application.submitted_at is not None and is_host(user, application.offer)


def is_officer_of(user: Person, application: Application) -> bool:
    """Never somebody who belongs to a party, or did since it was begun, nor who was ever asked to review it."""
    if application.submitted_at is None or not is_officer(user, application.offer.programme):
        return False
    return not (has_interest(user, application) or was_asked_to_review(user, application))


def was_asked_to_review(user: Person, application: Application) -> bool:
    """Whatever became of it: who reviews a case never manages it."""
    if application.panel_id is None or not user.is_authenticated:
        return False
    return Review.objects.filter(panel=application.panel_id, reviewer=user).exists()


def involved_in(application: Application) -> set[int]:
    """All who have an interest in it: ``has_interest`` for all people at once."""
    offer = application.offer
    people = people_since([application.guest_id, offer.host_id], application.created_at)
    return people | {application.author_id, application.traveller_id, offer.author_id}


def reviewers_of(application: Application) -> QuerySet[User]:
    """Who may be asked to review it: people of verified authorities of any region, without who has an interest in it,
    took a step of it, runs its programme, could or did, or has an application of their own there, which is after the
    same places and money.
    """
    programme = application.offer.programme
    of_authorities = Membership.objects.filter(
        organisation__kind=OrganisationKind.AUTHORITY,
        organisation__is_active=True,
        organisation__verified_at__isnull=False,
    )
    managers = Membership.objects.filter(organisation=programme.organisation_id, role=Role.MANAGER)
    removed = Entry.objects.about(programme).filter(action="officer removed", data__has_key="user")
    acted = Entry.objects.about(application).filter(by__isnull=False)
    rivals = Application.objects.filter(offer__programme=programme, submitted_at__isnull=False).exclude(
        state__in=ENDED_STATES
    )
    of_rivals = Membership.objects.filter(organisation__in=rivals.values("guest"))
    return User.objects.filter(is_active=True, pk__in=of_authorities.values("user")).exclude(
        Q(pk__in=involved_in(application))
        | Q(pk__in=acted.order_by().values("by"))
        | Q(pk__in=managers.values("user"))
        | Q(pk__in=Officer.objects.filter(programme=programme).values("user"))
        | Q(pk__in=removed.order_by().values_list(Cast("data__user", BigIntegerField())))
        | Q(pk__in=rivals.order_by().values("author"))
        | Q(pk__in=rivals.order_by().values("traveller"))
        | Q(pk__in=of_rivals.values("user"))
    )


def has_interest(user: Person, application: Application) -> bool:
    """They belong to the guest or the host, belonged there since the application was begun, or wrote or travel."""
    if not user.is_authenticated:
        return False
    if user.pk in (application.author_id, application.traveller_id, application.offer.author_id):
        return True
    parties = [application.guest_id, application.offer.host_id]
    belonged = Organisation.objects.of_member(user) | Organisation.objects.of_member_since(
        user, application.created_at
    )
    return belonged.filter(pk__in=parties).exists()


def can_view(user: Person, application: Application) -> bool:
    return is_guest(user, application) or is_host_of(user, application) or is_officer_of(user, application)


def sides_are_apart(application: Application) -> bool:
    """Nobody acts for both: who manages or speaks for the one is not of the other, nor is who applies or travels."""
    guest, offer = Membership.objects.filter(organisation=application.guest_id), application.offer
    host = Membership.objects.filter(organisation=offer.host_id)
    for_guest = Q(user__in=guest.filter(role=Role.MANAGER).values("user")) | Q(
        user__in=[application.author_id, application.traveller_id]
    )
    for_host = Q(user__in=host.filter(Q(role=Role.MANAGER) | Q(user=offer.author_id)).values("user"))
    return not (host.filter(for_guest).exists() or guest.filter(for_host).exists())
