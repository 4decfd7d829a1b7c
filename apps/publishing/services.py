"""Every step of a contribution: locked, checked, written down, told to its author, all in one transaction.

Locks are taken in the order of docs/architecture.md: who acts, the live row, then its pending versions. A step
that touches only a pending version locks only that row. ``seen`` is the ``submitted_at`` that a
curator had in front of them: who decides about an earlier round than the present one gets EditConflictError.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services import lock_actor
from apps.audit.services import record
from apps.core.events import publish
from apps.core.exceptions import EditConflictError, NotAllowedError, RuleBrokenError, StepNotAllowedError
from apps.core.steps import require_step
from apps.notifications.services import notify
from apps.organisations.enums import Role
from apps.organisations.models import Organisation
from apps.publishing import permissions, registry
from apps.publishing.enums import NEXT_STEPS, OPEN_STATES, REASONED_STATES, Action, PublicationState
from apps.publishing.events import PendingVersionMerged, PublicationStateChanged
from apps.publishing.exceptions import NotReadyError, ReasonMissingError
from apps.publishing.models import REASON_MAX_CHARS, Publication

# --- Contributors ---------------------------------------------------------------------------------


@transaction.atomic
def create_publication(
    *, kind: str, title: str, author: User, organisation: Organisation, language: str
) -> Publication:
    """Begin a draft; the app of this kind makes the item. Raises NotAllowedError for an organisation of others."""
    registry.find_type(kind)
    author = lock_actor(author)
    if not permissions.can_create(author, organisation):
        raise NotAllowedError(_("You can only contribute in the name of an organisation that you belong to."))
    publication = Publication.objects.create(
        kind=kind, title=title, author=author, organisation=organisation, language=language
    )
    record(publication, Action.CREATED, by=author, to_state=publication.state)
    return publication


@transaction.atomic
def submit(*, publication_id: int, by: User, reason: str = "") -> Publication:
    """Hand it to the curators; ``reason`` is a note to them. Raises NotReadyError while something is missing."""
    by = lock_actor(by)
    publication = _lock(publication_id)
    require_step(publication.state, PublicationState.SUBMITTED, NEXT_STEPS)
    _require_contributor(by, publication)
    item = registry.item_of(publication)
    problems = registry.type_of(publication).problems(item)
    if problems:
        raise NotReadyError(problems)
    _step(
        publication,
        PublicationState.SUBMITTED,
        Action.SUBMITTED,
        by=by,
        reason=reason,
        submitted_at=timezone.now(),
        submitted_by=by,
        decided_at=None,
        decided_by=None,
    )
    _tell_curators(publication)
    return publication


@transaction.atomic
def take_back(*, publication_id: int, by: User, reason: str = "") -> Publication:
    """Make it a private draft again, as long as no curator has taken it up."""
    by = lock_actor(by)
    publication = _lock(publication_id)
    require_step(publication.state, PublicationState.DRAFT, NEXT_STEPS)
    _require_contributor(by, publication)
    return _step(
        publication,
        PublicationState.DRAFT,
        Action.TAKEN_BACK,
        by=by,
        reason=reason,
        submitted_at=None,
        submitted_by=None,
    )


@transaction.atomic
def discard(*, publication_id: int, by: User, reason: str = "") -> Publication:
    """Give up a draft that only its own people have seen; it leaves no tombstone."""
    by = lock_actor(by)
    publication = _lock(publication_id)
    if publication.state != PublicationState.DRAFT:
        raise StepNotAllowedError
    _require_contributor(by, publication)
    return _step(
        publication,
        PublicationState.WITHDRAWN,
        Action.DISCARDED,
        by=by,
        reason=reason.strip() or _("Discarded before it was submitted."),
        withdrawn_at=timezone.now(),
    )


@transaction.atomic
def start_pending_version(*, publication_id: int, by: User) -> Publication:
    """Copy what is published, to be edited while the original stays; gives the open version if there is one."""
    by = lock_actor(by)
    live = _lock(publication_id)
    if live.live_id is not None:
        raise RuleBrokenError(_("This is a new version already: edit it as it is."))
    if live.state != PublicationState.PUBLISHED:
        raise StepNotAllowedError(_("Only what is published can get a new version."))
    _require_contributor(by, live)
    existing = Publication.objects.filter(live=live, state__in=OPEN_STATES).for_list().first()
    if existing is not None:
        return existing
    version = Publication.objects.create(
        kind=live.kind,
        title=live.title,
        language=live.language,
        author=live.author,
        organisation=live.organisation,
        live=live,
    )
    registry.type_of(live).copy(live_item=registry.item_of(live), publication=version)
    record(version, Action.VERSION_STARTED, by=by, to_state=version.state, data={"live": live.pk})
    return version


# --- Curators -------------------------------------------------------------------------------------


@transaction.atomic
def start_review(
    *, publication_id: int, by: User, reason: str = "", seen: datetime | None = None
) -> Publication:
    """Take it up: from now on its author cannot take it back."""
    by = lock_actor(by)
    publication = _lock(publication_id)
    _require_decision(by, publication, PublicationState.IN_REVIEW, seen=seen)
    return _step(publication, PublicationState.IN_REVIEW, Action.REVIEW_STARTED, by=by, reason=reason)


@transaction.atomic
def approve(*, publication_id: int, by: User, reason: str = "", seen: datetime | None = None) -> Publication:
    """Publish it, or take a pending version over into the live item; ``reason`` is a note to the author."""
    # Which row is the live one never changes, so it may be asked before anything is locked.
    live_id = Publication.objects.only("live").get(pk=publication_id).live_id
    by = lock_actor(by)
    if live_id is not None:
        return _merge(_lock(live_id), _lock(publication_id), by=by, reason=reason, seen=seen)
    publication = _lock(publication_id)
    if publication.state == PublicationState.HIDDEN:
        raise StepNotAllowedError
    _require_decision(by, publication, PublicationState.PUBLISHED, seen=seen)
    _decide(
        publication,
        PublicationState.PUBLISHED,
        Action.APPROVED,
        by=by,
        reason=reason,
        published_at=timezone.now(),
    )
    return publication


def _merge(
    live: Publication, version: Publication, *, by: User, reason: str, seen: datetime | None
) -> Publication:
    """Both rows are locked. The live item keeps its key, address, counters and first publication date."""
    _require_decision(by, version, PublicationState.MERGED, seen=seen)
    publishable = registry.type_of(live)
    publishable.merge(live_item=registry.item_of(live), pending_item=registry.item_of(version))
    live.title, live.language = version.title, version.language
    live.save(update_fields=["title", "language", "updated_at"])
    record(
        live,
        Action.VERSION_MERGED,
        by=by,
        from_state=live.state,
        to_state=live.state,
        reason=reason.strip(),
        data={"version": version.pk},
    )
    publishable.state_changed(registry.item_of(live))
    version.live = live
    _decide(version, PublicationState.MERGED, Action.APPROVED, by=by, reason=reason, data={"live": live.pk})
    publish(PendingVersionMerged(live_id=live.pk, version_id=version.pk))
    return version


@transaction.atomic
def request_changes(
    *, publication_id: int, by: User, reason: str = "", seen: datetime | None = None
) -> Publication:
    """Hand it back to its author, who reads in the reason what to do."""
    by = lock_actor(by)
    publication = _lock(publication_id)
    _require_decision(by, publication, PublicationState.CHANGES_REQUESTED, seen=seen)
    _decide(
        publication,
        PublicationState.CHANGES_REQUESTED,
        Action.CHANGES_REQUESTED,
        by=by,
        reason=reason,
        returned_words=registry.words_of(publication),
    )
    return publication


@transaction.atomic
def decline(*, publication_id: int, by: User, reason: str = "", seen: datetime | None = None) -> Publication:
    """Turn it down for good."""
    by = lock_actor(by)
    publication = _lock(publication_id)
    _require_decision(by, publication, PublicationState.DECLINED, seen=seen)
    _decide(publication, PublicationState.DECLINED, Action.DECLINED, by=by, reason=reason)
    return publication


@transaction.atomic
def hide(*, publication_id: int, by: User, reason: str = "", seen: datetime | None = None) -> Publication:
    """Take it from the readers for the time being."""
    by = lock_actor(by)
    publication = _lock(publication_id)
    _require_decision(by, publication, PublicationState.HIDDEN, seen=seen)
    _decide(publication, PublicationState.HIDDEN, Action.HIDDEN, by=by, reason=reason)
    return publication


@transaction.atomic
def restore(*, publication_id: int, by: User, reason: str = "", seen: datetime | None = None) -> Publication:
    """Give what was hidden back to the readers, under the date when it was first published."""
    by = lock_actor(by)
    publication = _lock(publication_id)
    if publication.state != PublicationState.HIDDEN:
        raise StepNotAllowedError
    _require_decision(by, publication, PublicationState.PUBLISHED, seen=seen)
    _decide(publication, PublicationState.PUBLISHED, Action.RESTORED, by=by, reason=reason)
    return publication


@transaction.atomic
def withdraw(*, publication_id: int, by: User, reason: str = "", seen: datetime | None = None) -> Publication:
    """Take it away for good, by those whose it is or by a curator; an open pending version goes with it."""
    by = lock_actor(by)
    publication = _lock(publication_id)
    require_step(publication.state, PublicationState.WITHDRAWN, NEXT_STEPS)
    if not permissions.can_withdraw(by, publication):
        raise NotAllowedError(permissions.why_not_decide(by, publication))
    _require_seen(publication, seen)
    decided: dict[str, Any] = {}
    if not permissions.is_contributor(by, publication):
        decided = {"decided_at": timezone.now(), "decided_by": by}
    others = _withdraw_versions(publication, by=by, reason=reason)
    _step(
        publication,
        PublicationState.WITHDRAWN,
        Action.WITHDRAWN,
        by=by,
        reason=reason,
        notify_too=others,
        withdrawn_at=timezone.now(),
        **decided,
    )
    return publication


def _withdraw_versions(live: Publication, *, by: User, reason: str) -> list[int]:
    """Close what would otherwise wait for ever; gives the ids of the people who had submitted it."""
    versions = (
        Publication.objects.select_for_update(of=("self",), no_key=True)
        .filter(live=live, state__in=OPEN_STATES)
        .order_by("pk")
        .for_list()
    )
    submitters = []
    for version in versions:
        submitters.append(version.submitted_by_id)
        _step(
            version,
            PublicationState.WITHDRAWN,
            Action.WITHDRAWN,
            by=by,
            reason=reason,
            data={"with_live": live.pk},
            is_told=False,
            withdrawn_at=timezone.now(),
        )
    return [pk for pk in submitters if pk is not None]


# --- What the steps share -------------------------------------------------------------------------


def _lock(publication_id: int) -> Publication:
    return Publication.objects.select_for_update(of=("self",), no_key=True).for_list().get(pk=publication_id)


def _require_contributor(by: User, publication: Publication) -> None:
    if not permissions.is_contributor(by, publication):
        raise NotAllowedError(
            _("Only the author and the managers of “%(organisation)s” may do this.")
            % {"organisation": publication.organisation}
        )


def _require_decision(by: User, publication: Publication, to: str, *, seen: datetime | None) -> None:
    require_step(publication.state, to, NEXT_STEPS)
    if not permissions.can_decide(by, publication):
        raise NotAllowedError(permissions.why_not_decide(by, publication))
    _require_seen(publication, seen)


def _require_seen(publication: Publication, seen: datetime | None) -> None:
    if seen is not None and seen != publication.submitted_at:
        raise EditConflictError(_("This was submitted anew since you opened it. Please look at it again."))


def _decide(
    publication: Publication, to: PublicationState, action: Action, *, by: User, reason: str, **facts: Any
) -> None:
    facts = {"returned_words": None, "decided_at": timezone.now(), "decided_by": by, **facts}
    _step(publication, to, action, by=by, reason=reason, **facts)


def _step(
    publication: Publication,
    to: PublicationState,
    action: Action,
    *,
    by: User,
    reason: str,
    data: dict[str, Any] | None = None,
    notify_too: Iterable[int] = (),
    is_told: bool = True,
    **fields: Any,
) -> Publication:
    """Take the step on a locked row: write it down, tell its people, bring the item up to date."""
    reason = _clean_reason(reason, to)
    from_state, publication.state, publication.reason = publication.state, to, reason
    for name, value in fields.items():
        setattr(publication, name, value)
    publication.save(update_fields=["state", "reason", "updated_at", *fields])
    entry = record(publication, action, by=by, from_state=from_state, to_state=to, reason=reason, data=data)
    if is_told and action in _TOLD:
        _tell(publication, action, by=by, key=f"publication-step:{entry.pk}", too=notify_too)
    registry.type_of(publication).state_changed(registry.item_of(publication))
    publish(PublicationStateChanged(publication_id=publication.pk, to_state=to))
    return publication


def _clean_reason(reason: str, to: PublicationState) -> str:
    reason = reason.strip()
    if to in REASONED_STATES and not reason:
        raise ReasonMissingError
    if len(reason) > REASON_MAX_CHARS:
        raise RuleBrokenError(
            _("The reason has %(count)d characters; at most %(limit)d are kept.")
            % {"count": len(reason), "limit": REASON_MAX_CHARS}
        )
    return reason


# What others than the actor are told; the kinds are in notification_kinds.
_TOLD: dict[str, str] = {
    Action.APPROVED: "publication_published",
    Action.CHANGES_REQUESTED: "publication_changes_requested",
    Action.DECLINED: "publication_declined",
    Action.HIDDEN: "publication_hidden",
    Action.RESTORED: "publication_restored",
    Action.WITHDRAWN: "publication_withdrawn",
}


def _tell(publication: Publication, action: Action, *, by: User, key: str, too: Iterable[int]) -> None:
    kind, shown = _TOLD[action], publication.pk
    if publication.state == PublicationState.MERGED:
        kind, shown = "publication_version_published", publication.live_id or publication.pk
    notify(
        kind,
        to=_people_of(publication, too).exclude(pk=by.pk),
        about=publication,
        key=key,
        url=reverse("publishing:contribution-detail", args=[shown]),
        context={
            "title": publication.title,
            "reason": publication.reason,
            "is_by_curator": not permissions.is_contributor(by, publication),
        },
    )


def _tell_curators(publication: Publication) -> None:
    """Those who may decide; the few who have an interest would only look at it in vain."""
    curators = User.objects.filter(is_staff=True, is_active=True).order_by("pk")
    notify(
        "contribution_waits",
        to=[person for person in curators if permissions.can_decide(person, publication)],
        about=publication,
        key=f"contribution-waits:{publication.pk}:{publication.round}",
        url=reverse("admin:publishing_publication_change", args=[publication.pk]),
        context={
            "title": publication.title,
            "organisation": publication.organisation.name,
            "round": publication.round,
        },
    )


def _people_of(publication: Publication, too: Iterable[int]) -> models.QuerySet[User]:
    """Its author and who submitted it, of those who still belong; where the author left, the managers."""
    ids = {publication.author_id, *too}
    if publication.submitted_by_id is not None:
        ids.add(publication.submitted_by_id)
    belonging = User.objects.filter(is_active=True, memberships__organisation=publication.organisation_id)
    if belonging.filter(pk=publication.author_id).exists():
        return belonging.filter(pk__in=ids)
    return belonging.filter(Q(pk__in=ids) | Q(memberships__role=Role.MANAGER))
