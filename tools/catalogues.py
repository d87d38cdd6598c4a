"""Keeps the catalogues whole: extracts the texts of every distribution, and with --check fails where one has no Chinese."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from banshi.testing.checking import words

ROOT = Path(__file__).parent.parent


def distributions() -> Iterator[tuple[str, Path]]:
    """Yield the package of every distribution with its folder."""
    yield "banshi", ROOT / "platform" / "banshi"
    for plugin in sorted((ROOT / "plugins").iterdir()):
        for package in sorted(plugin.glob("banshi_*")):
            if (package / "__init__.py").is_file():
                yield package.name, package


def main() -> int:
    """Update the catalogues, or check them; return the exit status."""
    faults: list[str] = []
    for package, folder in distributions():
        if "--check" in sys.argv:
            faults += words.faults(package, folder)
            continue
        path = words.path_of(package, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog = Catalog(locale=words.LANGUAGE, domain=package)
        if path.is_file():
            catalog = read_po(io.BytesIO(path.read_bytes()), locale=words.LANGUAGE, domain=package)
        catalog.update(words.extracted(folder), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        out = io.BytesIO()
        write_po(out, catalog, omit_header=False, sort_output=True, no_location=True, width=120)
        lines = [
            line
            for line in out.getvalue().decode().splitlines()
            if not line.startswith(('"POT-Creation', '"PO-Revision', '"Generated-By', '"Last-Translator', '"Language-Team', '"Report-Msgid'))
        ]
        path.write_text("\n".join(line for line in lines if not line.startswith("#")).lstrip("\n") + "\n", encoding="utf8")
        empty = [m.id for m in catalog if m.id and not words.whole(m.string)]
        print(f"{package}: {len([m for m in catalog if m.id])} texts, {len(empty)} without Chinese")
        for text in empty:
            print("   ", repr(text))
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
