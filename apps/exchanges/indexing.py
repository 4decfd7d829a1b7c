"""Which offers the search holds, brought up to date in the transaction of the step."""

from __future__ import annotations

from collections.abc import Iterable

from apps.search.services import index

OFFER = "offer"


def index_offers(pks: Iterable[int]) -> None:
    """Those of these that are public stand in the search afterwards, the others do not."""
    index(OFFER, list(pks))
