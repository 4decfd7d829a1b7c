"""What waits for the people of an exchange."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import User
from apps.core.tasklist import Todo, register_todos
from apps.exchanges import casework, queries
from apps.exchanges.deadlines import due_of
from apps.exchanges.enums import PUBLIC_OFFERS, OfferState, Signer
from apps.exchanges.forms.officers import WAITING
from apps.exchanges.models import Application, Offer, Programme, Remark
from apps.exchanges.queries import Turn
from apps.organisations.models import Membership, Organisation

# More would hide what else waits.
MOST_OFFERS, MOST_CASES = 20, 10


@register_todos
def cases_that_wait(user: User) -> Iterator[Todo]:
    """One for each case in which it is this person's turn, with what the page of the case says.

    Where more than a handful of one programme, or of one's own, wait in the same role, one line leads to their list.
    """
    piles: dict[tuple[Signer, str], list[Turn]] = {}
    for turn in queries.turns_of(user):
        piles.setdefault((turn.role, turn.slug if turn.role == Signer.OFFICER else ""), []).append(turn)
    few: dict[UUID, Signer] = {}
    for pile in piles.values():
        if len(pile) > MOST_CASES:
            yield _pile(pile)
        else:
            few |= {turn.pk: turn.role for turn in pile}
    for case in queries.cases_with_standing(few):
        yield _todo(case, casework.standing_of(case), few[case.pk])


def _pile(pile: Sequence[Turn]) -> Todo:
    title, url = _PILES[pile[0].role](pile[0], len(pile))
    return Todo(
        title=title,
        url=url,
        since=min(turn.since for turn in pile),
        due_at=min((turn.due_at for turn in pile if turn.due_at), default=None),
        action=_("See the list"),
        icon="globe",
        count=len(pile),
    )


def _pile_of_guest(turn: Turn, count: int) -> tuple[str, str]:
    text = ngettext(
        "%(count)d of your applications waits for you", "%(count)d of your applications wait for you", count
    )
    return text % {"count": count}, f"{reverse('exchanges:application-list')}?waiting=1"


def _pile_of_host(turn: Turn, count: int) -> tuple[str, str]:
    text = ngettext(
        "%(count)d application to your offers waits for you",
        "%(count)d applications to your offers wait for you",
        count,
    )
    return text % {"count": count}, f"{reverse('exchanges:application-list')}?side=host&waiting=1"


def _pile_of_officer(turn: Turn, count: int) -> tuple[str, str]:
    text = ngettext(
        "%(count)d application of “%(programme)s” waits for you",
        "%(count)d applications of “%(programme)s” wait for you",
        count,
    )
    url = reverse("exchanges:programme-applications", args=[turn.slug])
    return text % {"count": count, "programme": turn.programme}, f"{url}?state={WAITING}"


_PILES = {Signer.GUEST: _pile_of_guest, Signer.HOST: _pile_of_host, Signer.OFFICER: _pile_of_officer}


def _todo(case: Application, standing: casework.Standing, role: Signer) -> Todo:
    return Todo(
        title=_("%(guest)s with %(host)s: %(offer)s")
        % {"guest": case.guest.name, "host": case.offer.host.name, "offer": case.offer.title},
        detail=str(casework.next_of(standing, role).text),
        url=case.get_absolute_url(),
        since=case.updated_at,
        due_at=due_of(case),
        action=_("Open the case"),
        icon="globe",
    )


@register_todos
def offers_to_change(user: User) -> Iterator[Todo]:
    """An officer sent them back with a reason."""
    returned = Offer.objects.hosted_by(user).filter(state=OfferState.DRAFT).exclude(reason="")
    for offer in returned.order_by("updated_at", "pk")[:MOST_OFFERS]:
        yield Todo(
            title=_("Make the changes asked for in “%(title)s”") % {"title": offer.title},
            url=offer.get_absolute_url(),
            since=offer.updated_at,
            detail=Truncator(offer.reason).chars(200),
            action=_("Make them"),
            icon="edit",
        )


@register_todos
def questions_to_answer(user: User) -> Iterator[Todo]:
    """Somebody who is none of the host had the last word."""
    last = Remark.objects.filter(offer=OuterRef("pk"), is_hidden=False).order_by("-created_at", "-pk")
    of_host = Membership.objects.filter(organisation=OuterRef("host"), user=OuterRef("last_writer"))
    asked = (
        Offer.objects.hosted_by(user)
        .filter(state__in=PUBLIC_OFFERS)
        .annotate(
            last_writer=Subquery(last.values("author")[:1]), last_at=Subquery(last.values("created_at")[:1])
        )
        .filter(~Exists(of_host), last_writer__isnull=False)
    )
    for offer in asked.order_by("last_at", "pk")[:MOST_OFFERS]:
        yield Todo(
            title=_("A question about “%(title)s” waits for an answer") % {"title": offer.title},
            url=f"{offer.get_absolute_url()}#questions",
            since=getattr(offer, "last_at", None),
            action=_("Answer"),
            icon="people",
        )


@register_todos
def offers_to_open(user: User) -> Iterator[Todo]:
    """Of the programmes that this person runs, as ``permissions.can_decide_offer`` has it."""
    run = Programme.objects.of_officer(user).values("pk")
    belonged = Organisation.objects.of_member_since(user, OuterRef(OuterRef("created_at")))
    waiting = Offer.objects.filter(state=OfferState.SUBMITTED, programme__in=run).exclude(
        Q(author=user) | Q(Exists(belonged.filter(pk=OuterRef("host"))))
    )
    for offer in waiting.select_related("host").order_by("submitted_at", "pk")[:MOST_OFFERS]:
        yield Todo(
            title=_("Open “%(title)s”, or ask for changes") % {"title": offer.title},
            url=offer.get_absolute_url(),
            since=offer.submitted_at,
            detail=offer.host.name,
            action=_("Look at it"),
            icon="globe",
        )
