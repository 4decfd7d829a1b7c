"""How to cite a resource: as text, BibTeX and RIS. See docs/adr/ for why the two formats are written here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import unquote

_INITIALS = re.compile(r"^(?P<family>[^,]+?),? (?P<given>(?:[^\W\d_]\.[ -]?)+)$")
_GIVEN_NAME = re.compile(r"(?P<hyphen>-?)(?P<name>[^\W\d_]+)")
_PARTICLES = frozenset(
    {"de", "di", "da", "du", "dos", "del", "la", "le", "van", "von", "der", "den", "zu", "ten", "ter", "af"}
)
_MOST_GIVEN_NAMES, _MOST_FAMILY_NAMES = 3, 4
# BibTeX counts a brace with a backslash before it as well: a single one would end the field.
_BIBTEX_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "$": r"\$", "&": r"\&",
    "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_DOI = re.compile(r"/(?P<doi>10\.\d{4,9}/[^/?#]+)/?(?:[?#]|$)")
_DOI_HOST = re.compile(r"^https?://(?:dx\.)?doi\.org/(?P<doi>10\.\d{4,9}/[^?#]+)")
_FILE_ENDINGS = (".pdf", ".html", ".htm")
_SENTENCE_ENDS = (".", "?", "!", "…")
_RIS_TYPES = {"dataset": "DATA", "tool": "COMP", "article": "GEN", "template": "GEN"}


@dataclass(frozen=True)
class Author:
    """A person with a family name, or a body that has only a name."""

    family: str
    given: str = ""

    @property
    def is_person(self) -> bool:
        return bool(self.given)

    def __str__(self) -> str:
        return f"{self.family}, {self.given}" if self.given else self.family


@dataclass(frozen=True)
class Citation:
    """The facts of one resource. Where the hub only points to a work of others, ``publisher`` is theirs or empty.

    ``note`` says what of it is not certain: who cites it must not take that for a fact.
    """

    key: str
    resource_type: str
    title: str
    authors: Sequence[Author]
    year: int | None
    language: str
    url: str
    publisher: str = ""
    version: str = ""
    summary: str = ""
    licence: str = ""
    topics: Sequence[str] = field(default_factory=tuple)
    doi: str = ""
    note: str = ""

    def as_text(self) -> str:
        """One line as the style of the American Psychological Association wants it, without its italics.

        Behind the title that style takes a note in square brackets.
        """
        names = _listed([_short_name(author) for author in self.authors]) or self.publisher
        parts = [names, f"({self.year or 'n.d.'})", self._whole_title()]
        if self.authors and self.publisher not in {author.family for author in self.authors}:
            parts.append(self.publisher)
        text = " ".join(_sentence(_one_line(part)) for part in parts if part)
        address = f"https://doi.org/{self.doi}" if self.doi else self.url
        return f"{text} {address}" if address else text

    def _whole_title(self) -> str:
        version = f"Version {self.version}" if self.version[:1].isdigit() else self.version
        parts = [self.title, f"({version})" if version else "", f"[{self.note}]" if self.note else ""]
        return " ".join(part for part in parts if part)

    def as_bibtex(self) -> str:
        """One entry, UTF-8, as BibTeX and biber read it."""
        kind = "techreport" if self.publisher and self.resource_type not in _RIS_TYPES else "misc"
        values = {
            "title": f"{{{_bibtex(self.title)}}}",
            "author": " and ".join(_bibtex_name(author) for author in self.authors),
            "year": str(self.year or ""),
            "institution" if kind == "techreport" else "publisher": _bibtex(self.publisher),
            "edition": _bibtex(self.version),
            "doi": _bibtex_url(self.doi),
            "url": _bibtex_url(self.url),
            "language": self.language,
            "keywords": _bibtex(", ".join(self.topics)),
            "abstract": _bibtex(self.summary),
            "copyright": _bibtex(self.licence),
            "note": _bibtex(self.note),
        }
        lines = [f"  {name} = {{{value}}}" for name, value in values.items() if value]
        return f"@{kind}{{{self.key},\n" + ",\n".join(lines) + ",\n}\n"

    def as_ris(self, *, accessed_on: date) -> str:
        """One record with CRLF, as the RIS specification asks for."""
        lines = [("TY", _RIS_TYPES.get(self.resource_type, "RPRT"))]
        lines += [("AU", str(author)) for author in self.authors]
        lines += [
            ("TI", self.title),
            ("PY", str(self.year or "")),
            ("PB", self.publisher),
            ("ET", self.version),
            ("LA", self.language),
            ("AB", self.summary),
            *(("KW", topic) for topic in self.topics),
            ("N1", self.note),
            ("N1", self.licence),
            ("DO", self.doi),
            ("UR", self.url),
            ("Y2", f"{accessed_on:%Y/%m/%d}"),
            ("ID", self.key),
        ]
        return "".join(f"{tag}  - {_one_line(value)}\r\n" for tag, value in lines if value) + "ER  - \r\n"


def read_authors(text: str) -> list[Author]:
    """Take the authors apart at the semicolons; a comma is part of a name."""
    return [_author(_one_line(name)) for name in text.split(";") if name.strip()]


def _author(name: str) -> Author:
    """Only what is plainly a person is taken apart: a ministry cited by its last word would be wrong."""
    initials = _INITIALS.match(name)
    if initials:
        return Author(initials["family"], initials["given"].strip())
    family, comma, given = (part.strip() for part in name.partition(","))
    if (
        comma
        and "," not in given
        and _are_names(family, _MOST_FAMILY_NAMES)
        and _are_names(given, _MOST_GIVEN_NAMES)
    ):
        return Author(family, given)
    return Author(name)


def _are_names(text: str, most: int) -> bool:
    words = text.split()
    return 0 < len(words) <= most and all(
        word in _PARTICLES or (word[0].isupper() and not (len(word) > 1 and word.isupper())) for word in words
    )


def doi_of(url: str) -> str:
    """The DOI that an address names: the resolver's, or a journal's whose addresses end in it. Empty without one."""
    found = _DOI_HOST.match(url) or _DOI.search(url)
    doi = unquote(found["doi"]) if found else ""
    return "" if doi.lower().endswith(_FILE_ENDINGS) else doi


def _short_name(author: Author) -> str:
    """A person with initials, a body in full. "Jean-Luc" is "J.-L."; a particle such as "de" stays."""
    if not author.is_person:
        return author.family
    given = ""
    for part in _GIVEN_NAME.finditer(author.given):
        name = part["name"]
        gap = "-" if part["hyphen"] else " "
        given += gap + (name if name in _PARTICLES else f"{name[0]}.")
    return f"{author.family},{given}"


def _listed(names: Sequence[str]) -> str:
    return ", & ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def _sentence(text: str) -> str:
    return text if text.endswith(_SENTENCE_ENDS) else f"{text}."


def citation_key(*, authors: Sequence[Author], year: int | None, number: int) -> str:
    """Unique on the hub by its number, and of letters that every reader of BibTeX takes."""
    name = authors[0].family.split()[0] if authors else "clusterhub"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    letters = re.sub(r"[^a-z0-9]", "", plain.lower()) or "clusterhub"
    return f"{letters}{year or ''}-{number}"


def _one_line(text: str) -> str:
    """A line break would begin a new field."""
    return " ".join("".join(" " if unicodedata.category(char) == "Cc" else char for char in text).split())


def _bibtex(text: str) -> str:
    return "".join(_BIBTEX_ESCAPES.get(char, char) for char in _one_line(text))


def _bibtex_name(author: Author) -> str:
    """Braces keep a body's name in one piece, and the word "and" in it from parting it."""
    name = _bibtex(str(author))
    return name if author.is_person and " and " not in name else f"{{{name}}}"


def _bibtex_url(url: str) -> str:
    """Addresses are set verbatim: nothing is escaped, and what would end the field is written in per cent."""
    return _one_line(url).replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C").replace(" ", "%20")
