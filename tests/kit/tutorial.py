"""The tutorial's files, as a reader would write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parent.parent.parent / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"(?:# |<!-- )([\w/.-]+\.\w+)(?: -->)?")


def steps(document: Path = DOCS / "plugins" / "tutorial.md") -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each step's title with its files (path, text), in the order of the document."""
    _lead, *parts = re.split(r"^## (Step \d+: .*)\n", document.read_text(encoding="utf8"), flags=re.MULTILINE)
    for title, part in zip(parts[::2], parts[1::2], strict=True):
        yield title, list(files(part))


def files(text: str) -> Iterator[tuple[str, str]]:
    """Yield the blocks that begin with a file's name: path and text."""
    for _language, body in BLOCK.findall(text):
        first, _, rest = body.partition("\n")
        if named := NAMED.fullmatch(first):
            yield named[1], rest


def write(folder: Path, some: list[tuple[str, str]]) -> None:
    """Write files below a folder."""
    for name, text in some:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")


def commands(document: Path = DOCS / "plugins" / "tutorial.md") -> list[str]:
    """Return the document's commands, in order."""
    found = [body for language, body in BLOCK.findall(document.read_text(encoding="utf8")) if language == "console"]
    return [line.removeprefix("$ ") for body in found for line in body.splitlines() if line.startswith("$ ")]
