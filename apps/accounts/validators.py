"""What a name may hold: it goes into subjects of mails and into lists that others read."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# What mail programs and readers take for an address to follow.
_ADDRESS = ("://", "www.", "@")
# Characters that turn the direction of the text that follows; they make one name look like another.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKS = frozenset({"Cc", "Zl", "Zp"})


def validate_name(value: str) -> None:
    """Refuse line breaks, other control characters, addresses, and a name without any letter."""
    if any(unicodedata.category(character) in _BREAKS or character in _DIRECTION for character in value):
        raise ValidationError(_("Please leave out line breaks and control characters."), code="control")
    if any(sign in value.lower() for sign in _ADDRESS):
        raise ValidationError(
            _("Please enter only your name here, without a web or e-mail address."), code="address"
        )
    if not any(character.isalpha() for character in value):
        raise ValidationError(_("Please enter a name with at least one letter."), code="no_letter")
