"""Finding what is new for whom."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from apps.accounts.services import lock_people
from apps.following.catalogues import question_of
from apps.following.exceptions import NoCatalogueError
from apps.following.models import SavedSearch
from apps.notifications.models import Notification
from apps.notifications.services import notify
from apps.search.exceptions import BadSearchError, UnknownFilterError
from apps.search.models import Document
from apps.search.params import SearchRequest
from apps.search.queries import new_matches

logger = structlog.get_logger(__name__)

KIND = "saved_search_matched"
BUDGET = 60.0  # seconds of one run; those that were unchecked for the longest time come first
BATCH = 200
# Looked at again each time: a document's time is set before its commit, and the text of its file is read after it.
OVERLAP = timedelta(days=1)


def match_all() -> bool:
    """Check every saved search of people who can sign in. True if all were checked in the time that there was."""
    started_at = timezone.now()
    until = time.monotonic() + BUDGET
    waiting = SavedSearch.objects.filter(user__is_active=True, checked_until__lt=started_at)
    for pk in waiting.order_by("checked_until", "pk").values_list("pk", flat=True).iterator():
        if time.monotonic() >= until:
            return False
        try:
            match_one(search_id=pk)
        except Exception:
            # One search that cannot be answered must not keep the others from their news.
            logger.exception("saved search failed", saved_search=pk)
    return True


@transaction.atomic
def match_one(*, search_id: int) -> int:
    """Tell the owner what became public since it was last checked. Returns the number of new matches.

    A search that nobody can answer any more is marked; its time stands still, so that nothing is lost if it can be
    answered again.
    """
    # The owner first, as everywhere: otherwise who is erased meanwhile would be told once more.
    lock_people(*SavedSearch.objects.filter(pk=search_id).values_list("user", flat=True))
    rows = SavedSearch.objects.select_related("user").select_for_update(skip_locked=True, of=("self",))
    search = rows.filter(pk=search_id).first()
    if search is None:
        return 0
    now = timezone.now()
    try:
        question = question_of(search.path, search.query_string)
        found = list(_new_to_owner(search, question, until=now))
    except (NoCatalogueError, BadSearchError, UnknownFilterError):
        SavedSearch.objects.filter(pk=search.pk).update(is_valid=False)
        return 0
    for document in found:
        _tell(search, document)
    search.is_valid, search.checked_until = True, now
    if found:
        search.last_matched_at = now
    search.save(update_fields=["is_valid", "checked_until", "last_matched_at"])
    return len(found)


def _new_to_owner(search: SavedSearch, question: SearchRequest, *, until: datetime) -> Iterator[Document]:
    since = max(search.created_at, search.checked_until - OVERLAP)
    for batch in _batches(question, since=since, until=until):
        keys = [key_of(search, document) for document in batch]
        told = set(
            Notification.objects.visible_to(search.user).filter(key__in=keys).values_list("key", flat=True)
        )
        yield from (document for document in batch if key_of(search, document) not in told)


def _batches(question: SearchRequest, *, since: datetime, until: datetime) -> Iterator[list[Document]]:
    """All of them, also where many became public in the same instant."""
    limit, seen = BATCH, set[int]()
    while True:
        found = list(new_matches(question, since=since, until=until, limit=limit))
        fresh = [document for document in found if document.pk not in seen]
        yield fresh
        if len(found) < limit:
            return
        seen.update(document.pk for document in fresh)
        if not fresh:
            limit *= 2
        since = found[-1].first_public_at - timedelta(microseconds=1)


def key_of(search: SavedSearch, document: Document) -> str:
    """By the item and not by its row in the search, which is a new one after hiding and restoring."""
    return f"saved-search:{search.pk}:{document.kind}:{document.object_id}"


def _tell(search: SavedSearch, document: Document) -> None:
    notify(
        KIND,
        to=[search.user],
        about=search,
        key=key_of(search, document),
        url=document.url,
        context={
            "title": document.title,
            "search": search.name,
            "kind": document.kind,
            "object_id": document.object_id,
        },
    )
