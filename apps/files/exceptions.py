"""Why a file is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from apps.core.exceptions import HubError

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class FileRefusedError(HubError):
    """The hub does not take this file; the message says why and stands beside the field.

    ``code`` is stable and is for tests and logs, the message is for people.
    """

    default_message = _("This file was not accepted.")

    def __init__(self, message: str | _StrPromise = "", *, code: str = "refused") -> None:
        super().__init__(message)
        self.code = code


class ScannerUnavailableError(FileRefusedError):
    """The virus scanner did not answer: nothing is taken unscanned where a scanner is set up."""

    default_message = _("The virus scanner does not answer at present. Please try again in a few minutes.")

    def __init__(self, message: str | _StrPromise = "", *, code: str = "scanner_unavailable") -> None:
        super().__init__(message, code=code)


class StorageUnavailableError(FileRefusedError):
    """The disk is full, or the storage does not answer: nothing of the file is left, and what was typed is kept."""

    default_message = _("The hub cannot store files at the moment. Please try again later.")

    def __init__(self, message: str | _StrPromise = "", *, code: str = "storage_unavailable") -> None:
        super().__init__(message, code=code)
