"""The states of a stored file."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ScanState(models.TextChoices):
    """What the virus scanner said. A file in which it finds something on arrival is never stored."""

    NOT_SCANNED = "not_scanned", _("not scanned")
    CLEAN = "clean", _("nothing found")
    INFECTED = "infected", _("infected")


class ExtractionState(models.TextChoices):
    """How far the reading of the text is."""

    PENDING = "pending", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    SKIPPED = "skipped", _("nothing to read")
    TOO_LARGE = "too_large", _("too large to read to the end")


class ExtractionNote(models.TextChoices):
    """Why an extraction ended as it did; empty where all went well."""

    NO_TEXT_KIND = "no_text_kind", _("Files of this type carry no text that is read.")
    PASSWORD = "password", _("The file is protected with a password.")
    DAMAGED = "damaged", _("The file is damaged or not understood.")
    TIME = "time", _("Reading took more computing time than is allowed; the text may be incomplete.")
    MEMORY = "memory", _("Reading took more memory than is allowed; the text may be incomplete.")
    CUT = "cut", _("The text is longer than is kept; its end is missing.")
    KILLED = "killed", _("Reading was interrupted.")
    SLOW = "slow", _("Reading did not end in time.")
    MISSING = "missing", _("The file is not in the storage.")
