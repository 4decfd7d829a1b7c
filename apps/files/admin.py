from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.http import SignedInRequest
from apps.core import formats
from apps.core.admin import ReadOnlyMixin
from apps.files import services
from apps.files.exceptions import ScannerUnavailableError
from apps.files.models import ExtractedText, StoredFile


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyMixin, admin.ModelAdmin[StoredFile]):
    """What became of a file, in states and sizes, for those who run the hub; changed by nobody.

    Nothing of what it says is shown: a draft or a paper of an organisation's own is not public, and nobody needs to
    read it to see whether it was read.
    """

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
    readonly_fields = ["text_length"]

    @admin.display(description=_("size"), ordering="size")
    def readable_size(self, stored: StoredFile) -> str:
        return formats.file_size(stored.size)

    @admin.display(description=_("characters of extracted text"))
    def text_length(self, stored: StoredFile) -> int:
        """Counted by the database: the text itself may be megabytes."""
        lengths = ExtractedText.objects.filter(stored_file=stored).values_list(Length("text"), flat=True)
        return lengths.first() or 0

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
