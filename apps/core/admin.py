"""What the administration's pages share."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest


class ReadOnlyMixin:
    """For rows that only services write: to be read and searched here, by nobody typed. For pages and inlines."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PlainAddPageMixin:
    """An add page that starts empty: Django would fill it from the address, unchecked, and fail on nonsense."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {}


class OfferedFiltersMixin:
    """A list answers the filters that it offers, and no others.

    Django takes any field of the model from the address: letter by letter, by what is found and what is not, a
    curator could read what no page shows them, a password's hash among it.
    """

    list_filter: ClassVar[Any]
    date_hierarchy: ClassVar[Any]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        named = [
            entry if isinstance(entry, str) else entry[0] for entry in self.list_filter if not callable(entry)
        ]
        offered = {*named, *([self.date_hierarchy] if self.date_hierarchy else [])}
        return lookup.partition("__")[0] in offered
