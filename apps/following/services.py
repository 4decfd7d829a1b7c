"""Keeping, renaming and deleting searches."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services import lock_actor
from apps.core.exceptions import StepNotAllowedError
from apps.following.catalogues import MAX_QUERY_CHARS, catalogue_at, question_of
from apps.following.exceptions import TooManySearchesError
from apps.following.models import SavedSearch
from apps.notifications.services import stop_mail_about
from apps.search.exceptions import BadSearchError
from apps.search.params import SearchRequest
from apps.search.queries import describe, new_matches

MAX_SEARCHES = 50
_NAME_CHARS = 120


@transaction.atomic
def save_search(*, path: str, query_string: str, by: User, name: str = "") -> tuple[SavedSearch, bool]:
    """Keep a question; True if it was not kept before. The owner is told of what becomes public from now on.

    Raises NoCatalogueError, BadSearchError, UnknownFilterError or TooManySearchesError.
    """
    question = question_of(path, query_string)
    kept = question.query_string()
    if len(kept) > MAX_QUERY_CHARS:
        raise BadSearchError
    _require_known_filters(question)
    # Held until the end, so that two presses at once do not pass the limit.
    by = lock_actor(by)
    own = SavedSearch.objects.filter(user=by)
    if found := own.filter(path=path, query_string=kept).first():
        return found, False
    if own.count() >= MAX_SEARCHES:
        raise TooManySearchesError
    given = " ".join(name.split()) or name_of(path, question)
    return SavedSearch.objects.create(user=by, path=path, query_string=kept, name=_short(given)), True


def name_of(path: str, question: SearchRequest) -> str:
    """The question in words, or the catalogue's title where all of it is asked for."""
    return _short(describe(question) or str(catalogue_at(path).title))


def _short(name: str) -> str:
    return name if len(name) <= _NAME_CHARS else f"{name[: _NAME_CHARS - 1]}…"


def _require_known_filters(question: SearchRequest) -> None:
    now = timezone.now()
    new_matches(question, since=now, until=now, limit=1)


@transaction.atomic
def rename_search(*, search_id: int, name: str, by: User) -> SavedSearch:
    by = lock_actor(by)
    search = _lock(search_id, by)
    if search is None:
        raise StepNotAllowedError(_("This saved search was deleted meanwhile."))
    search.name = _short(" ".join(name.split()))
    search.save(update_fields=["name"])
    return search


@transaction.atomic
def delete_search(*, search_id: int, by: User) -> None:
    """What was found by it stays in the list of notifications; what waits to be mailed is not mailed."""
    by = lock_actor(by)
    search = _lock(search_id, by)
    if search is not None:  # else another press was faster, and all is as wanted
        stop_mail_about(search, to=by)
        search.delete()


def _lock(search_id: int, by: User) -> SavedSearch | None:
    return SavedSearch.objects.visible_to(by).select_for_update().filter(pk=search_id).first()
