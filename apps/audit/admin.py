from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from apps.audit.models import Entry


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin[Entry]):
    """History can be read and searched, by nobody changed."""

    list_display = ["at", "action", "content_type", "object_id", "from_state", "to_state", "by"]
    list_filter = ["action", "content_type"]
    list_select_related = ["content_type", "by"]
    search_fields = ["object_id", "reason"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False
