"""The one way a view insists on a permission."""

from __future__ import annotations

from apps.core.exceptions import ForbiddenError


def require(allowed: bool, message: str = "") -> None:
    """Answer 403 with the reason unless allowed. Where existence itself is private, load with ``visible_to`` first."""
    if not allowed:
        raise ForbiddenError(message)
