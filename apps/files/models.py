"""A file that somebody uploaded, and the text that was read out of it."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel
from apps.files.enums import ExtractionNote, ExtractionState, ScanState
from apps.files.kinds import BY_MEDIA_TYPE, FileKind


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    def with_text(self) -> Self:
        """Load the text too; it may be megabytes, so nothing else does."""
        return self.select_related("extracted")


class StoredFile(TimeStampedModel):
    """One checked upload. It knows no owner: who may read it is asked of the item that refers to it.

    Its bytes never change; a new version is a new stored file. A row that no item refers to is removed
    after a day (``files.registry``).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    original_name = models.CharField(_("name"), max_length=200)
    media_type = models.CharField(
        _("type"), max_length=100, help_text=_("By content, whatever the name says.")
    )
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    key = models.CharField(_("storage key"), max_length=100, unique=True, editable=False)
    scan_state = models.CharField(
        _("virus scan"), max_length=20, choices=ScanState, default=ScanState.NOT_SCANNED
    )
    scanned_at = models.DateTimeField(_("scanned"), null=True, editable=False)
    extraction_state = models.CharField(
        _("text extraction"), max_length=20, choices=ExtractionState, default=ExtractionState.PENDING
    )
    extraction_note = models.CharField(
        _("note on the extraction"), max_length=20, choices=ExtractionNote, blank=True
    )
    extraction_attempts = models.PositiveSmallIntegerField(_("attempts to extract"), default=0)
    extraction_started_at = models.DateTimeField(_("extraction started"), null=True, editable=False)
    text_announced_at = models.DateTimeField(_("text announced"), null=True, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="stored_files",
        verbose_name=_("uploaded by"),
    )

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(original_name=""), name="stored_file_name_not_empty"),
            models.CheckConstraint(condition=Q(size__gt=0), name="stored_file_size_positive"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="stored_file_sha256"),
            models.CheckConstraint(
                condition=Q(scan_state__in=ScanState.values), name="stored_file_scan_state_known"
            ),
            models.CheckConstraint(
                condition=Q(scan_state=ScanState.NOT_SCANNED, scanned_at__isnull=True)
                | (~Q(scan_state=ScanState.NOT_SCANNED) & Q(scanned_at__isnull=False)),
                name="stored_file_scanned_at_with_scan_state",
            ),
            models.CheckConstraint(
                condition=Q(extraction_state__in=ExtractionState.values),
                name="stored_file_extraction_state_known",
            ),
            models.CheckConstraint(
                condition=Q(extraction_state=ExtractionState.RUNNING, extraction_started_at__isnull=False)
                | ~Q(extraction_state=ExtractionState.RUNNING),
                name="stored_file_running_has_start",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="stored_file_created"),
            models.Index(
                fields=["extraction_state", "created_at"],
                condition=Q(extraction_state__in=["pending", "running", "failed"]),
                name="stored_file_to_extract",
            ),
        ]

    def __str__(self) -> str:
        return self.original_name

    @property
    def type_label(self) -> str:
        """As people call it: "PDF", "DOCX"; the media type of one that the hub takes no more."""
        return self.kind.label if self.kind else self.media_type

    @property
    def kind(self) -> FileKind | None:
        """The accepted type that this file is of; None for one that is no longer accepted."""
        return BY_MEDIA_TYPE.get(self.media_type)

    @property
    def text(self) -> str:
        """What was read out of the file, or nothing. Load with ``with_text()`` for more than one file."""
        try:
            return self.extracted.text
        except ExtractedText.DoesNotExist:
            return ""


class ExtractedText(models.Model):
    """The text of a stored file, apart from it: lists that join files must not load megabytes of text."""

    stored_file = models.OneToOneField(
        StoredFile, primary_key=True, on_delete=models.CASCADE, related_name="extracted"
    )
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("extracted text")
        verbose_name_plural = _("extracted texts")
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return str(self.pk)  # no word of the text: this is what logs and the admin show
