"""What a name may hold: it goes into subjects of mails and into lists that others read."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Characters that turn the direction of the text that follows; they make one name look like another.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def validate_name(value: str) -> None:
    """Refuse line breaks, other control characters and a name without any letter."""
    if any(unicodedata.category(character) == "Cc" or character in _DIRECTION for character in value):
        raise ValidationError(_("Please leave out line breaks and control characters."), code="control")
    if not any(character.isalpha() for character in value):
        raise ValidationError(_("Please enter a name with at least one letter."), code="no_letter")
