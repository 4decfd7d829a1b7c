"""The agreement as a PDF: the text as it was signed, who signed when, and the hash by which it can be checked.

Roboto holds the letters of all 24 languages of the EU, Greek and Bulgarian among them; the standard fonts of PDF do
not. The PDF is made from the stored text each time: what counts is the text and its hash, not these bytes.
"""

from __future__ import annotations

import io
from functools import cache
from typing import Any

from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.translation import gettext as _
from font_roboto import Roboto, RobotoBold
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

from apps.exchanges.models import Agreement, Application

_MARGIN = 22 * mm
_BODY, _BOLD = "Roboto", "Roboto-Bold"


@cache
def _styles() -> dict[str, ParagraphStyle]:
    pdfmetrics.registerFont(TTFont(_BODY, Roboto))
    pdfmetrics.registerFont(TTFont(_BOLD, RobotoBold))
    plain = ParagraphStyle("plain", fontName=_BODY, fontSize=10.5, leading=15, alignment=TA_LEFT)
    return {
        "plain": plain,
        "title": ParagraphStyle(
            "title", parent=plain, fontName=_BOLD, fontSize=17, leading=22, spaceAfter=10
        ),
        "heading": ParagraphStyle("heading", parent=plain, fontName=_BOLD, spaceBefore=8, keepWithNext=1),
        "small": ParagraphStyle(
            "small", parent=plain, fontSize=8, leading=11, textColor="#444444", wordWrap="CJK"
        ),
    }


def pdf_of(case: Application, agreement: Agreement) -> bytes:
    """In the language of the agreement; times in UTC, so that all copies say the same."""
    with translation.override(agreement.language):
        buffer = io.BytesIO()
        document = SimpleDocTemplate(
            buffer,
            pagesize=A4,
            leftMargin=_MARGIN,
            rightMargin=_MARGIN,
            topMargin=_MARGIN,
            bottomMargin=_MARGIN,
            title=_("Agreement on an exchange"),
            author=case.offer.programme.organisation.name,
            subject=agreement.text_hash,
            lang=agreement.language,
            invariant=1,
        )
        document.build([*_text(agreement), Spacer(1, 12), *_signatures(agreement)])
        return buffer.getvalue()


def _text(agreement: Agreement) -> list[Any]:
    """The first line is the title, lines that begin with a number and a dot are headings."""
    styles = _styles()
    lines = agreement.text.strip().split("\n")
    flow: list[Any] = [Paragraph(escape(lines[0]), styles["title"])]
    for line in lines[1:]:
        number, dot, _rest = line.partition(". ")
        is_heading = bool(dot) and number.isdecimal()
        if line.strip():
            flow.append(Paragraph(escape(line), styles["heading" if is_heading else "plain"]))
        else:
            flow.append(Spacer(1, 5))
    return flow


def _signatures(agreement: Agreement) -> list[Any]:
    styles = _styles()
    flow: list[Any] = [Paragraph(escape(_("Signatures")), styles["heading"])]
    for row in agreement.signatures.all():
        at = timezone.localtime(row.signed_at, timezone.get_fixed_timezone(0))
        line = f"{row.get_signer_display()}: {row.name}, {at:%Y-%m-%d %H:%M:%S} UTC"
        flow.append(Paragraph(escape(line), styles["plain"]))
    if len(flow) == 1:
        flow.append(Paragraph(escape(_("Nobody has signed yet.")), styles["plain"]))
    flow.append(Spacer(1, 8))
    flow.append(
        Paragraph(escape(_("SHA-256 of the text: %(hash)s") % {"hash": agreement.text_hash}), styles["small"])
    )
    return flow
