"""A language that nobody speaks: every text that can be translated is seen at a glance, as in "⟦Šáṽé đŕáƒŧ ··⟧".

Whatever still reads as English was never given to gettext; a placeholder that went missing is seen as well; and texts
are a third longer, as German or Finnish are. ``manage.py make_pseudo_language`` writes it into ``locale/``, from where
it is never committed. Texts are found with Babel, so that no tool of the operating system is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

import django
from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

# "English, accented" of CLDR, which keeps this code for the purpose.
CODE = "en-xa"
LOCALE = "en_XA"
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED = str.maketrans(_PLAIN, "áƀćđéƒğĥíĵķłḿñóþɋŕšŧúṽŵẋýžÁƁĆĐÉƑĞĤÍĴĶŁḾÑÓÞɊŔŠŦÚṼŴẊÝŽ")
# What must come out as it went in: placeholders of all three kinds, tags, entities, addresses.
_KEPT = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}|</?\w[^<>]*>|&#?\w+;|https?://\S+")
_KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def pseudo(text: str) -> str:
    """``text`` with accents, in brackets, and longer; what is for the machine stays as it is."""
    if not text.strip():
        return text
    parts, end = [], 0
    for kept in _KEPT.finditer(text):
        parts += [text[end : kept.start()].translate(_ACCENTED), kept[0]]
        end = kept.end()
    parts.append(text[end:].translate(_ACCENTED))
    # Formats of a date or a number are no text.
    longer = "·" * (len(re.sub(_KEPT, "", text).split()) or 1)
    return f"⟦{''.join(parts)} {longer}⟧"


def catalogue(folders: Iterable[Path], libraries: Iterable[Path]) -> Catalog:
    """Every text of our Python code and templates in ``folders``, and those that ``libraries`` list themselves."""
    made = Catalog(locale="en", charset="utf-8")
    for message in (*_of_libraries(libraries), *_of_folders(folders)):
        # Django keeps formats of dates among its texts; those belong to FORMAT_MODULE_PATH.
        if message.id and not _is_format(message):
            made.add(message.id, _translated(message.id), context=message.context)
    return made


def compiled(messages: Catalog) -> bytes:
    """As gettext reads it."""
    target = BytesIO()
    write_mo(target, messages)
    return target.getvalue()


def library_catalogues() -> list[Path]:
    """The English texts of Django and of the apps that are installed with it."""
    from django.apps import apps

    places = [Path(django.__file__).parent / "conf", *(Path(app.path) for app in apps.get_app_configs())]
    found = [place / "locale" / "en" / "LC_MESSAGES" / "django.po" for place in places]
    # The texts of all parts of allauth stand with the parent of its apps.
    found += [path.parents[3].parent / "locale" / "en" / "LC_MESSAGES" / "django.po" for path in found]
    return sorted({path for path in found if path.exists()})


def _translated(text: str | Sequence[str]) -> str | tuple[str, ...]:
    return pseudo(text) if isinstance(text, str) else tuple(pseudo(part) for part in text)


def _is_format(message: Message) -> bool:
    return (
        bool(message.id) and isinstance(message.id, str) and message.id.isupper() and "_FORMAT" in message.id
    )


def _of_libraries(libraries: Iterable[Path]) -> Iterator[Message]:
    for path in libraries:
        with path.open("rb") as file:
            yield from read_po(file, locale="en")


def _of_folders(folders: Iterable[Path]) -> Iterator[Message]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".html", ".txt"}:
                yield from _of_file(path)


def _of_file(path: Path) -> Iterator[Message]:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # In brackets the indentation of a template means nothing to Python's tokenizer.
        text = f"(\n{templatize(text, origin=str(path))}\n)"
    for line, message, comments, context in extract("python", BytesIO(text.encode()), keywords=_KEYWORDS):
        yield Message(message, context=context, auto_comments=comments, locations=[(str(path), line)])
