"""What the administration's pages share."""

from __future__ import annotations

from typing import Any

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
