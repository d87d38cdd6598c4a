"""Keeps the catalogues whole: extracts the texts of every distribution, and with --check fails where one has no Chinese."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
LANGUAGE = "zh"


def distributions() -> Iterator[tuple[str, Path]]:
    """Yield the package of every distribution with its folder."""
    yield "banshi", ROOT / "platform" / "banshi"
    for plugin in sorted((ROOT / "plugins").iterdir()):
        for package in sorted(plugin.glob("banshi_*")):
            if (package / "__init__.py").is_file():
                yield package.name, package


def extracted(folder: Path) -> Catalog:
    """Return every text that the code and templates of a distribution mark."""
    catalog = Catalog()
    for filename, line, message, comments, context in extract_from_dir(
        folder, METHODS, OPTIONS, comment_tags=["Translators:"], strip_comment_tags=True
    ):
        catalog.add(message, None, [(filename, line)], auto_comments=comments, context=context)
    return catalog


def main() -> int:
    """Update the catalogues, or check them; return the exit status."""
    check = "--check" in sys.argv
    faults: list[str] = []
    for package, folder in distributions():
        path = folder / "locale" / LANGUAGE / "LC_MESSAGES" / f"{package}.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog = read_po(path.open("rb"), locale=LANGUAGE, domain=package) if path.is_file() else Catalog(locale=LANGUAGE, domain=package)
        template = extracted(folder)
        if check:
            known = {m.id: m for m in catalog if m.id}
            for message in template:
                if message.id and not (message.id in known and _whole(known[message.id].string)):
                    faults.append(f"{package}: no Chinese for {message.id!r}")
            faults += [f"{package}: {m.id!r} is used nowhere" for m in catalog if m.id and m.id not in template]
            continue
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        out = io.BytesIO()
        write_po(out, catalog, omit_header=False, sort_output=True, no_location=True, width=120)
        lines = [
            line
            for line in out.getvalue().decode().splitlines()
            if not line.startswith(('"POT-Creation', '"PO-Revision', '"Generated-By', '"Last-Translator', '"Language-Team', '"Report-Msgid'))
        ]
        path.write_text("\n".join(line for line in lines if not line.startswith("#")).lstrip("\n") + "\n", encoding="utf8")
        empty = [m.id for m in catalog if m.id and not _whole(m.string)]
        print(f"{package}: {len([m for m in catalog if m.id])} texts, {len(empty)} without Chinese")
        for text in empty:
            print("   ", repr(text))
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


def _whole(said: object) -> bool:
    return all(said) if isinstance(said, (tuple, list)) else bool(said)


if __name__ == "__main__":
    sys.exit(main())
