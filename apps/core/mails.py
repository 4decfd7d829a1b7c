"""One layout for every mail, as text and as HTML: what differs between mails is said in plain text only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation


@dataclass(frozen=True)
class MailItem:
    """One thing that a mail tells. ``body`` is plain text with an empty line between paragraphs.

    ``action`` is the label of the one button, ``url`` where it leads: a whole address of this hub, or nothing.
    """

    subject: str
    body: str
    url: str = ""
    action: str = ""


def write_mail(
    *, subject: str, items: Sequence[MailItem], why: str, links: Sequence[tuple[str, str]] = ()
) -> tuple[str, str]:
    """Text and HTML, in the language that is active.

    ``why``: why the reader gets this mail. ``links``: label and address of what changes it.
    """
    context = {
        "subject": subject,
        "items": items,
        "why": why,
        "links": links,
        "language": translation.get_language() or settings.LANGUAGE_CODE,
        "direction": "rtl" if translation.get_language_bidi() else "ltr",
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
    }
    return render_to_string("emails/mail.txt", context).strip(), render_to_string("emails/mail.html", context)
