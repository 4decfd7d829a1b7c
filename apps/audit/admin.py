from __future__ import annotations

from django.contrib import admin

from apps.audit.models import Entry
from apps.core.admin import ReadOnlyMixin


@admin.register(Entry)
class EntryAdmin(ReadOnlyMixin, admin.ModelAdmin[Entry]):
    """History can be read and searched, by nobody changed."""

    list_display = ["at", "action", "content_type", "object_id", "from_state", "to_state", "by"]
    list_filter = ["action", "content_type"]
    list_select_related = ["content_type", "by"]
    search_fields = ["object_id", "reason"]
