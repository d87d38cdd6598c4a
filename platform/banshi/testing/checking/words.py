"""Catalogues: which texts a package marks, and whether each has its Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
LANGUAGE = "zh"
_HAN, _LATIN = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[A-Za-z]")


def path_of(package: str, folder: Path) -> Path:
    """Return where the catalogue of a package lies."""
    return folder / "locale" / LANGUAGE / "LC_MESSAGES" / f"{package}.po"


def extracted(folder: Path) -> Catalog:
    """Return every text that the code and templates of a package mark."""
    catalog = Catalog()
    found = extract_from_dir(folder, METHODS, OPTIONS, comment_tags=["Translators:"], strip_comment_tags=True)
    for filename, line, message, comments, context in found:
        catalog.add(message, None, [(filename, line)], auto_comments=comments, context=context)
    return catalog


def faults(package: str, folder: Path) -> Iterator[str]:
    """Tell what a catalogue lacks, and what it has too much."""
    path = path_of(package, folder)
    marked = extracted(folder)
    known = {}
    if path.is_file():
        with path.open("rb") as file:
            known = {m.id: m for m in read_po(file, locale=LANGUAGE, domain=package) if m.id}
    for message in marked:
        if not message.id:
            continue
        if not (message.id in known and whole(known[message.id].string)) or known[message.id].fuzzy:
            yield f"{package}: no Chinese for {message.id!r} ({', '.join(f'{f}:{n}' for f, n in message.locations)}): add it to {path.name}"
        if len(_HAN.findall(str(message.id))) > len(_LATIN.findall(str(message.id))):
            yield f"{package}: the source text {message.id!r} is not English: mark the English text, and put the Chinese into {path.name}"
    yield from (f"{package}: {text!r} is used nowhere: take it out of {path.name}" for text in known if text not in marked)


def whole(said: object) -> bool:
    """Return whether a translation says something, in each of its forms."""
    return all(said) if isinstance(said, (tuple, list)) else bool(said)
