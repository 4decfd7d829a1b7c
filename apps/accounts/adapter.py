"""How allauth and the hub meet."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Allauth's own rules hold; what differs is said here."""
