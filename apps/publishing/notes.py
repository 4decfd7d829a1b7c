"""What somebody means to say to the curators with a submission, kept while they still write the draft.

In their session, because it is theirs alone and no part of the item; with the submission it goes into the history.
"""

from __future__ import annotations

from apps.accounts.http import Request

_KEY = "publishing.notes"


def kept_note(request: Request, publication_id: int) -> str:
    return str(request.session.get(_KEY, {}).get(str(publication_id), ""))


def keep_note(request: Request, publication_id: int, note: str) -> None:
    """An empty one is forgotten."""
    if note == kept_note(request, publication_id):
        return
    notes = {**request.session.get(_KEY, {}), str(publication_id): note}
    request.session[_KEY] = {key: text for key, text in notes.items() if text}
