"""Counts that were kept are forgotten once a change is committed."""

from __future__ import annotations

from apps.core.events import listen
from apps.search.events import SearchChanged
from apps.search.services import forget_cached_facets


@listen(SearchChanged)
def forget(event: SearchChanged) -> None:
    forget_cached_facets()
