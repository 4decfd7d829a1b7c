"""The hub's words for the fields of allauth's forms, said once for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "password": _("Password"),
    "password1": _("Password"),
    "password2": _("The same password again"),
    "remember": _("Stay signed in on this device"),
    "code": _("Code"),
    "passwordless": _("Sign in with it without a password"),
    "name": _("Name"),
}
_HINTS = {
    "passwordless": _(
        "It is a passkey then. Your device asks for a PIN, your finger or your face before it opens your account."
    )
}


class WordedMixin:
    """Labels beside the fields, and nothing written into them: what stands there is gone when one types."""

    labels: ClassVar[Mapping[str, _StrPromise]] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {**_LABELS, **self.labels}
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = labels.get(name, field.label)
            field.help_text = _HINTS.get(name, field.help_text)


NEW_PASSWORD = {"password1": _("New password"), "password2": _("The new password again")}
