from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.http import SignedInRequest
from apps.core.admin import ReadOnlyMixin
from apps.files import services
from apps.files.exceptions import ScannerUnavailableError
from apps.files.models import StoredFile

_TEXT_SHOWN = 2000


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyMixin, admin.ModelAdmin[StoredFile]):
    """Curators see what became of a file; its bytes and facts are changed by nobody."""

    list_display = [
        "original_name",
        "media_type",
        "readable_size",
        "scan_state",
        "extraction_state",
        "extraction_note",
        "extraction_attempts",
        "uploaded_by",
        "created_at",
    ]
    list_filter = ["extraction_state", "scan_state", "media_type"]
    list_select_related = ["uploaded_by"]
    search_fields = ["original_name", "sha256", "=id"]
    date_hierarchy = "created_at"
    actions = ["extract_again", "scan_again"]
    readonly_fields = ["text_begins"]

    @admin.display(description=_("size"), ordering="size")
    def readable_size(self, stored: StoredFile) -> str:
        return filesizeformat(stored.size)

    @admin.display(description=_("extracted text"))
    def text_begins(self, stored: StoredFile) -> str:
        """The beginning only: the whole may be megabytes."""
        text = stored.text
        return text[:_TEXT_SHOWN] + ("…" if len(text) > _TEXT_SHOWN else "")

    @admin.action(description=_("Extract the text again"), permissions=["view"])
    def extract_again(self, request: SignedInRequest, queryset: QuerySet[StoredFile]) -> None:
        for pk in queryset.values_list("pk", flat=True):
            services.request_extraction(stored_file_id=str(pk), by=request.user)
        count = queryset.count()
        text = ngettext(
            "The text of %(count)s file will be extracted again.",
            "The texts of %(count)s files will be extracted again.",
            count,
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Scan for viruses again"), permissions=["view"])
    def scan_again(self, request: SignedInRequest, queryset: QuerySet[StoredFile]) -> None:
        for stored in queryset:
            try:
                scanned = services.scan_again(stored_file_id=str(stored.pk), by=request.user)
            except (ScannerUnavailableError, FileNotFoundError) as error:
                self.message_user(
                    request,
                    gettext("%(name)s: %(problem)s") % {"name": stored.original_name, "problem": error},
                    messages.ERROR,
                )
                continue
            text = gettext("%(name)s: %(state)s")
            self.message_user(
                request,
                text % {"name": stored.original_name, "state": scanned.get_scan_state_display()},
                messages.INFO,
            )
