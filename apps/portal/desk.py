"""The start page of the administration: what waits for this curator, and everything else in plain words.

What somebody may not open in the administration is not counted for them either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.knowledge.models import LinkCheck
from apps.notifications.kinds import find_kind
from apps.notifications.models import Notification, OutgoingMail
from apps.organisations.enums import JoinState, Role
from apps.organisations.models import JoinRequest, Membership, Organisation
from apps.organisations.queries import left_to_curators, to_verify
from apps.organisations.todo_sources import UNVERIFIED
from apps.publishing import registry
from apps.publishing.models import Publication

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# More of a kind would hide the other kinds; the list has them all.
SHOWN = 8
_GAVE_UP = "?gave_up_at__isempty=0"
_FLAGGED = "?flagged_at__isempty=0"


@dataclass(frozen=True)
class Waiting:
    """One thing, by whom and since when; ``url`` is where it is dealt with."""

    title: str
    url: str
    since: datetime | None
    by: str = ""
    detail: str = ""
    language: str = ""


@dataclass(frozen=True)
class Pile:
    """All that waits of one kind: how many, the oldest of them, and the list of all."""

    title: str
    count: int
    oldest: Sequence[Waiting]
    url: str


# --- What waits -----------------------------------------------------------------------------------


def piles(request: HttpRequest) -> list[Pile]:
    """Those with something in them, in the order in which people wait for an answer. A constant number of queries."""
    person = request.user
    if not isinstance(person, User):
        return []
    found = (source(person) for model, source in _SOURCES if _may_see(request, model))
    return [pile for pile in found if pile.count]


def _may_see(request: HttpRequest, model: type[models.Model]) -> bool:
    return admin.site.get_model_admin(model).has_view_permission(request)


def _pile(
    title: str,
    rows: models.QuerySet[Any],
    waiting: Callable[[Sequence[Any]], Iterator[Waiting]],
    *,
    query: str = "",
) -> Pile:
    options = rows.model._meta
    url = reverse(f"admin:{options.app_label}_{options.model_name}_changelist") + query
    return Pile(title, rows.count(), list(waiting(list(rows[:SHOWN]))), url)


def _page(row: models.Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _contributions(curator: User) -> Pile:
    def waiting(rows: Sequence[Publication]) -> Iterator[Waiting]:
        names = registry.type_names(rows)
        for row in rows:
            yield Waiting(
                title=row.title,
                url=_page(row),
                since=row.submitted_at,
                by=_("%(person)s, %(organisation)s")
                % {"person": row.author, "organisation": row.organisation},
                detail=_("%(type)s, new version") % {"type": names[row.pk]} if row.live_id else names[row.pk],
                language=row.language,
            )

    rows = Publication.objects.waiting().decidable_by(curator).for_list()
    return _pile(_("Contributions to decide on"), rows, waiting)


def _organisations(curator: User) -> Pile:
    manager = Membership.objects.filter(organisation=OuterRef("pk"), role=Role.MANAGER).order_by("created_at")
    rows = to_verify(curator).select_related("country")
    rows = rows.annotate(manager=Subquery(manager.values("user__name")[:1]))

    def waiting(found: Sequence[Any]) -> Iterator[Waiting]:
        for row in found:
            detail = f"{row.get_kind_display()}, {row.country}"
            yield Waiting(row.name, _page(row), row.created_at, by=row.manager or "", detail=detail)

    return _pile(_("Organisations to verify"), rows, waiting, query=UNVERIFIED)


def _join_requests(curator: User) -> Pile:
    rows = JoinRequest.objects.filter(left_to_curators(curator), state=JoinState.PENDING)

    def waiting(found: Sequence[JoinRequest]) -> Iterator[Waiting]:
        for row in found:
            url = reverse("organisations:organisation-people", args=[row.organisation.slug])
            yield Waiting(row.organisation.name, url, row.created_at, by=str(row.user))

    rows = rows.select_related("organisation", "user").order_by("created_at", "pk")
    return _pile(
        _("Requests to join organisations without a manager"), rows, waiting, query="?state__exact=pending"
    )


def _links(curator: User) -> Pile:
    rows = LinkCheck.objects.filter(flagged_at__isnull=False).order_by("flagged_at", "pk")

    def waiting(found: Sequence[LinkCheck]) -> Iterator[Waiting]:
        for row in found:
            publication = row.resource.publication
            yield Waiting(
                publication.title,
                _page(row),
                row.flagged_at,
                by=str(publication.organisation),
                detail=row.url,
                language=publication.language,
            )

    rows = rows.select_related("resource__publication__organisation")
    return _pile(_("Links that no longer work"), rows, waiting, query=_FLAGGED)


def _notifications(curator: User) -> Pile:
    rows = Notification.objects.filter(gave_up_at__isnull=False).select_related("recipient")

    def waiting(found: Sequence[Notification]) -> Iterator[Waiting]:
        for row in found:
            kind = find_kind(row.kind)
            title = str(kind.label) if kind else row.kind
            yield Waiting(title, _page(row), row.gave_up_at, by=str(row.recipient), detail=row.last_error)

    return _pile(
        _("Notifications that could not be mailed"),
        rows.order_by("gave_up_at", "pk"),
        waiting,
        query=_GAVE_UP,
    )


def _mails(curator: User) -> Pile:
    rows = OutgoingMail.objects.filter(gave_up_at__isnull=False).order_by("gave_up_at", "pk")

    def waiting(found: Sequence[OutgoingMail]) -> Iterator[Waiting]:
        for row in found:
            yield Waiting(row.subject, _page(row), row.gave_up_at, detail=row.last_error)

    return _pile(_("Mails that could not be sent"), rows, waiting, query=_GAVE_UP)


_SOURCES: tuple[tuple[type[models.Model], Callable[[User], Pile]], ...] = (
    (Publication, _contributions),
    (JoinRequest, _join_requests),
    (Organisation, _organisations),
    (LinkCheck, _links),
    (Notification, _notifications),
    (OutgoingMail, _mails),
)


# --- Everything else ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """Lists of the administration that belong together, whatever apps they come from."""

    title: _StrPromise
    text: _StrPromise
    lists: Sequence[dict[str, Any]]


# Each with the apps whose lists it holds; the last takes those that no other names.
_GROUPS: tuple[tuple[_StrPromise, _StrPromise, frozenset[str]], ...] = (
    (
        gettext_lazy("Content"),
        gettext_lazy("What people contribute, what the hub lists, and the guide."),
        frozenset({"publishing", "knowledge"}),
    ),
    (
        gettext_lazy("People and organisations"),
        gettext_lazy("Who takes part, and for whom they act."),
        frozenset({"accounts", "organisations"}),
    ),
    (
        gettext_lazy("Words to choose from"),
        gettext_lazy("Topics, methods, places and the other lists that forms and filters offer."),
        frozenset({"taxonomy"}),
    ),
    (
        gettext_lazy("Behind the scenes"),
        gettext_lazy("Files, mails and what was done by whom: to look things up."),
        frozenset(),
    ),
)
# Where the name of a model says too little of what its list holds.
_NAMES: dict[str, _StrPromise] = {
    "Resource": gettext_lazy("Works of others that the hub lists"),
    "Entry": gettext_lazy("History of every step"),
}


def groups(app_list: Sequence[dict[str, Any]]) -> list[Group]:
    """The lists that this person may open."""
    held: dict[int, list[dict[str, Any]]] = {}
    for app in app_list:
        lists = [
            {**model, "name": _NAMES.get(model["object_name"], model["name"])} for model in app["models"]
        ]
        held.setdefault(_group_of(app["app_label"]), []).extend(lists)
    return [Group(title, text, held[at]) for at, (title, text, _apps) in enumerate(_GROUPS) if at in held]


def _group_of(app_label: str) -> int:
    named = (at for at, (_title, _text, apps) in enumerate(_GROUPS) if app_label in apps)
    return next(named, len(_GROUPS) - 1)
