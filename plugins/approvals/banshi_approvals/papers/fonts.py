"""The fonts of papers: two faces that come as wheels (Noto Serif SC and Noto Sans SC, OFL), a third that fills gaps, and a folder of the operator's.

Nothing of the machine's own is used: the same paper must look the same, and be the same bytes, wherever it is drawn.
"""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typst

PACKAGES = ("pylopdf_fonts_zh_cn", "pylopdf_fonts_jp")
SERIF, SANS = ("Noto Serif SC", "Noto Serif JP"), ("Noto Sans SC", "Noto Sans JP")
FOLDER = "BANSHI_APPROVALS_FONTS"
"""Names a folder with more fonts, for characters that ours lack; a setting of the plugin hands it on."""

_BLANK = frozenset("\n\t ")


def families(first: tuple[str, ...], folder: str = "") -> list[str]:
    """Return the families to set a text in, the operator's last: they fill gaps and change nothing that our own faces have."""
    own = {*SERIF, *SANS}
    return [*first, *(SANS if first is SERIF else SERIF), *sorted({f.family for f in load(folder).fonts()} - own)]


@lru_cache(maxsize=4)
def load(folder: str = "") -> typst.Fonts:
    """Return the fonts, read once a process."""
    import typst  # heavy

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=_folders(folder))


def missing(text: str, folder: str = "") -> tuple[str, ...]:
    """Return the characters of ``text`` that no font has, each once, in their order."""
    have = _characters(folder)
    return tuple(dict.fromkeys(c for c in text if ord(c) not in have and c not in _BLANK))


def chosen() -> str:
    """Return the operator's folder, empty where none is named."""
    return os.environ.get(FOLDER, "")


def _folders(folder: str) -> list[str]:
    found = [str(Path(spec.origin).parent) for name in PACKAGES if (spec := find_spec(name)) and spec.origin]
    return [*found, folder] if folder else found


@lru_cache(maxsize=4)
def _characters(folder: str) -> frozenset[int]:
    from fontTools.ttLib import TTCollection, TTFont  # heavy

    found: set[int] = set()
    for path in sorted({f.path for f in load(folder).fonts() if f.path}):
        if path.lower().endswith((".ttc", ".otc")):
            with TTCollection(path, lazy=True) as collection:
                for font in collection.fonts:
                    found.update(font.getBestCmap() or ())
        else:
            with TTFont(path, lazy=True) as font:
                found.update(font.getBestCmap() or ())
    return frozenset(found)
