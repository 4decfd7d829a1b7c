"""The upload field: checked by content, and kept when something else in the form has to be corrected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core import signing
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.files import services
from apps.files.exceptions import FileRefusedError
from apps.files.kinds import ALL_KINDS, FileKind
from apps.files.models import StoredFile

if TYPE_CHECKING:
    _FormBase = forms.BaseForm
else:
    _FormBase = object

_SALT = "files.kept-upload"
# Shorter than ORPHAN_AGE, so that a token never outlives its file.
_TOKEN_AGE = timedelta(hours=20)


def sign_kept(stored: StoredFile) -> str:
    """A token with which the person who uploaded this file, and nobody else, can submit it once more."""
    return signing.dumps({"file": str(stored.pk), "by": stored.uploaded_by_id}, salt=_SALT)


def read_kept(token: str, *, by: User) -> StoredFile | None:
    try:
        facts = signing.loads(token, salt=_SALT, max_age=_TOKEN_AGE)
    except signing.BadSignature:
        return None
    if facts.get("by") != by.pk:
        return None
    return StoredFile.objects.filter(pk=facts.get("file"), uploaded_by=by).first()


@dataclass(frozen=True)
class Submitted:
    """What came back of the field: a new file, a kept one, the wish to have none."""

    upload: UploadedFile[bytes] | None
    token: str
    remove: bool


class UploadInput(forms.FileInput):
    """A file input with what is there already: the kept or present file and a box to remove it."""

    template_name = "files/upload_input.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.kept: StoredFile | None = None
        self.current: StoredFile | None = None

    def value_from_datadict(self, data: Mapping[str, Any], files: Mapping[str, Any], name: str) -> Submitted:
        return Submitted(
            upload=files.get(name),
            token=str(data.get(f"{name}-kept") or ""),
            remove=bool(data.get(f"{name}-remove")),
        )

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Mapping[str, Any], name: str) -> bool:
        return name not in files and f"{name}-kept" not in data and f"{name}-remove" not in data

    def use_required_attribute(self, initial: Any) -> bool:
        return self.kept is None and not initial

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        context["widget"].update(
            kept=self.kept,
            current=self.current,
            token=sign_kept(self.kept) if self.kept else "",
            may_remove=not self.is_required and (self.kept or self.current) is not None,
        )
        return context


class UploadField(forms.FileField):
    """Cleans to the StoredFile to refer to from now on (new, kept, or the present one), or to None.

    A valid upload is stored at once, referred to by nothing: if another field has an error, the form shows it as
    kept and the person need not send it again. Use it in a form with ``KeptUploadMixin``.
    """

    widget = UploadInput
    default_error_messages = {
        "kept_gone": _("The file that was kept is no longer there. Please choose it again."),
    }

    def __init__(self, *, allowed: Collection[FileKind] = ALL_KINDS, **kwargs: Any) -> None:
        self.allowed = allowed
        self.uploader: User | None = None
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        extensions = [f".{extension}" for kind in self.allowed for extension in kind.extensions]
        return {
            **super().widget_attrs(widget),
            "class": "form-control",
            "accept": ",".join(extensions),
            # For the script that shows the progress and tells early what would be refused.
            "data-max-bytes": settings.UPLOAD_MAX_BYTES,
        }

    def clean(self, data: Any, initial: Any = None) -> StoredFile | None:
        current = self.show_current(initial)
        if not isinstance(data, Submitted):
            return current
        chosen = self._chosen(data, current)
        if chosen is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        return chosen

    def has_changed(self, initial: Any, data: Any) -> bool:
        if self.disabled or not isinstance(data, Submitted):
            return False
        return bool(data.upload or data.token or data.remove)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial

    def show_current(self, initial: Any) -> StoredFile | None:
        """Let the widget show the file that the item has (given as object or as primary key)."""
        current = initial
        if initial and not isinstance(initial, StoredFile):
            current = StoredFile.objects.filter(pk=initial).first()
        widget: Any = self.widget
        widget.current = current or None
        return widget.current  # type: ignore[no-any-return]

    def _chosen(self, data: Submitted, current: StoredFile | None) -> StoredFile | None:
        widget: Any = self.widget
        if data.upload is not None:
            # If the new file is refused, the one kept before is still there.
            widget.kept = read_kept(data.token, by=self._by()) if data.token else None
            widget.kept = self._store(data.upload)
        elif data.remove:
            return None
        elif data.token:
            widget.kept = read_kept(data.token, by=self._by())
            if widget.kept is None:
                raise ValidationError(self.error_messages["kept_gone"], code="kept_gone")
        return widget.kept or current

    def _by(self) -> User:
        if self.uploader is None:
            raise ImproperlyConfigured("UploadField needs KeptUploadMixin and its uploader.")
        return self.uploader

    def _store(self, upload: UploadedFile[bytes]) -> StoredFile:
        try:
            return services.store_upload(upload=upload, by=self._by(), allowed=self.allowed)
        except FileRefusedError as error:
            raise ValidationError(error.message, code=error.code) from error


class KeptUploadMixin(_FormBase):
    """``class ResourceForm(KeptUploadMixin, ModelForm)`` and ``ResourceForm(…, uploader=request.user)``."""

    def __init__(self, *args: Any, uploader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, UploadField):
                field.uploader = uploader
                field.show_current(self.get_initial_for_field(field, name))
