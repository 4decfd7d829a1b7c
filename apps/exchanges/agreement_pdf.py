"""The agreement as a PDF: the text as it was signed, who signed when, and the hash by which it can be checked.

Roboto holds the letters of all 24 languages of the EU, Greek and Bulgarian among them; the standard fonts of PDF do
not. Noto has what Roboto lacks: Armenian and Georgian, and the signs that people type. What none of them has is named
by its number in Unicode. The PDF is made from the stored text each time: what counts is the text and its hash, not
these bytes.
"""

from __future__ import annotations

import io
import unicodedata
from datetime import UTC, datetime
from functools import cache, partial
from importlib import resources
from itertools import groupby
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
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer

from apps.core import formats
from apps.exchanges.agreement_text import parts_of
from apps.exchanges.models import Agreement, Application

_MARGIN = 22 * mm
_BODY, _BOLD = "Roboto", "Roboto-Bold"
_OTHERS = ("NotoSans", "NotoSansArmenian", "NotoSansGeorgian", "NotoSansSymbols", "NotoEmoji")
# They join signs or choose how one is drawn, and stand for nothing of their own.
_UNSEEN = frozenset({"Cc", "Cf", "Mn"})


@cache
def _styles() -> dict[str, ParagraphStyle]:
    pdfmetrics.registerFont(TTFont(_BODY, Roboto))
    pdfmetrics.registerFont(TTFont(_BOLD, RobotoBold))
    for name in _OTHERS:
        with resources.as_file(resources.files("manimgx_fonts") / f"{name}[wght].ttf") as file:
            pdfmetrics.registerFont(TTFont(name, str(file)))
    plain = ParagraphStyle("plain", fontName=_BODY, fontSize=10.5, leading=15, alignment=TA_LEFT)
    return {
        "plain": plain,
        "title": ParagraphStyle(
            "title", parent=plain, fontName=_BOLD, fontSize=17, leading=22, spaceAfter=10
        ),
        "typed": ParagraphStyle("typed", parent=plain, leftIndent=6 * mm),
        "heading": ParagraphStyle("heading", parent=plain, fontName=_BOLD, spaceBefore=8, keepWithNext=1),
        "small": ParagraphStyle(
            "small", parent=plain, fontSize=8, leading=11, textColor="#444444", wordWrap="CJK"
        ),
    }


def pdf_of(case: Application, agreement: Agreement) -> bytes:
    """In the language of the agreement and by the clock of the hub, whoever asks for it: all copies are the same."""
    with translation.override(agreement.language), timezone.override(timezone.get_default_timezone()):
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
        document.build(
            [*_text(agreement), Spacer(1, 12), KeepTogether(_signatures(agreement))],
            onFirstPage=partial(_date, agreement.created_at),
        )
        return buffer.getvalue()


def _date(made_at: datetime, canvas: Any, document: Any) -> None:
    """With the day of the agreement; ReportLab knows only that of the PDF, or none."""
    stamp = canvas._doc._timeStamp  # noqa: SLF001 - there is no other way to it
    stamp.t, stamp.YMDhms = made_at.timestamp(), made_at.astimezone(UTC).timetuple()[:6]


def _text(agreement: Agreement) -> list[Any]:
    flow: list[Any] = []
    for part in parts_of(agreement.text):
        if part.kind == "typed":
            flow += [
                _paragraph(line, "typed") if line.strip() else Spacer(1, 5) for line in part.text.split("\n")
            ]
        else:
            flow.append(_paragraph(part.text, "plain" if part.kind == "line" else part.kind))
    return flow


def _signatures(agreement: Agreement) -> list[Any]:
    flow: list[Any] = [_paragraph(_("Signatures"), "heading")]
    for row in agreement.signatures.all():
        said = filter(None, (row.name, row.organisation, formats.deadline(row.signed_at)))
        flow.append(_paragraph(f"{row.get_signer_display()}: {', '.join(said)}", "plain"))
    if len(flow) == 1:
        flow.append(_paragraph(_("Nobody has signed yet."), "plain"))
    flow.append(Spacer(1, 8))
    flow.append(_paragraph(_("SHA-256 of the text: %(hash)s") % {"hash": agreement.text_hash}, "small"))
    return flow


def _paragraph(text: str, style: str) -> Paragraph:
    """Each stretch of it in the first font that has its letters."""
    found = _styles()[style]
    runs = groupby(text, key=lambda character: _font_for(character, found.fontName))
    return Paragraph("".join(_run(font, "".join(run)) for font, run in runs), found)


def _run(font: str | None, text: str) -> str:
    if font is None:
        seen = [character for character in text if unicodedata.category(character) not in _UNSEEN]
        return "".join(f"[U+{ord(character):04X}]" for character in seen)
    return f'<font name="{font}">{escape(text)}</font>'


def _font_for(character: str, own: str) -> str | None:
    """None where no font has it."""
    _styles()  # has them registered
    fonts = (own, *_OTHERS)
    return next((name for name in fonts if ord(character) in pdfmetrics.getFont(name).face.charToGlyph), None)
