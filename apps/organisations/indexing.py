"""Bringing an organisation to its place in the search."""

from __future__ import annotations

from collections.abc import Collection

from apps.search.services import index

CLUSTER, OTHER = "cluster", "organisation"


def index_organisations(pks: Collection[int]) -> None:
    """In the transaction of the change. An organisation whose kind changed leaves the one and enters the other."""
    index(CLUSTER, pks)
    index(OTHER, pks)
