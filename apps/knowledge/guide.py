"""The framing guide as pages: chapters with the sections in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from apps.core.markdown import render_markdown
from apps.knowledge.models import Chapter

CHAPTER = "chapter"  # its kind in the search
_HEADING = re.compile(r"<h([23])>(.*?)</h\1>", re.DOTALL)


@dataclass(frozen=True)
class Section:
    anchor: str
    title: str


@dataclass(frozen=True)
class RenderedChapter:
    """Safe HTML, and its main sections for the table of contents."""

    html: SafeString
    sections: list[Section]


def render_chapter(body: str) -> RenderedChapter:
    """Headings get anchors, and tables can be scrolled with the keyboard where the screen is narrow."""
    sections: list[Section] = []
    taken: set[str] = set()

    def with_anchor(match: re.Match[str]) -> str:
        level, inner = match[1], match[2]
        anchor = _free_anchor(slugify(unescape(strip_tags(inner))), taken)
        if level == "2":
            sections.append(Section(anchor, unescape(strip_tags(inner))))
        return f'<h{level} id="{escape(anchor)}">{inner}</h{level}>'

    html = _HEADING.sub(with_anchor, render_markdown(body))
    html = html.replace("<table>", '<table tabindex="0">')
    return RenderedChapter(mark_safe(html), sections)  # noqa: S308 - render_markdown cleaned it


def _free_anchor(wanted: str, taken: set[str]) -> str:
    """Never an id that the page itself uses: all begin alike."""
    base = f"s-{wanted or 'section'}"
    anchor, number = base, 2
    while anchor in taken:
        anchor, number = f"{base}-{number}", number + 1
    taken.add(anchor)
    return anchor


def chapters() -> list[Chapter]:
    """The published chapters in their order, without their texts."""
    return list(Chapter.objects.filter(is_published=True).defer("body"))


def neighbours(slug: str, published: list[Chapter]) -> tuple[Chapter | None, Chapter | None]:
    """The chapters before and after this one."""
    slugs = [chapter.slug for chapter in published]
    place = slugs.index(slug)
    before = published[place - 1] if place else None
    after = published[place + 1] if place + 1 < len(published) else None
    return before, after
