"""Drawing: a paper in words, set by one frame. The same paper gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
import segno
import typst

from banshi import Language, translator
from banshi_approvals.papers import fonts, kinds, writing
from banshi_approvals.papers.errors import CannotDraw, GlyphMissing

_ = translator("banshi_approvals")

FRAME = resources.files("banshi_approvals.papers") / "templates"
MARK = "banshi?"
"""How our line among the keywords of a PDF begins: what a checker reads without reading the page."""

INVISIBLE = ((0, 0x1F), (0x7F, 0x9F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xD800, 0xDFFF))
"""Controls, zero-width and direction marks, lone surrogates."""
Standard = str


def draw(paper: kinds.Paper, language: Language, *, fonts_in: str | None = None) -> bytes:
    """Return ``paper`` as a tagged PDF/A-2a in ``language``; ``fonts_in`` is a folder with more fonts.

    Raises ``GlyphMissing`` where a character cannot be printed, ``CannotDraw`` for whatever else typst refuses.
    """
    folder = fonts.chosen() if fonts_in is None else fonts_in
    pen = writing.Pen(language)
    sheet = msgspec.to_builtins(writing.write(paper, pen))
    head = paper.head
    page = {
        **sheet,
        "language": language,
        "organ": head.organ,
        "number": head.number,
        "case": grouped(head.case),
        "day": pen.day(head.day),
        "date": [head.day.year, head.day.month, head.day.day],
        "address": head.address,
        "code": head.code,
        "qr": _qr(head.address),
        "sealed": paper.seal is not None,
        "mark": mark({"kind": str(type(paper).__struct_config__.tag), "number": head.number, "case": head.case, "code": head.code}),
        "words": {
            "number": pen(_("Document number")),
            "case": pen(_("Case number")),
            "check": pen(_("Scan to check this paper, or open")),
            "code": pen(_("Check code")),
            "page": pen(_("Page {page} of {pages}")),
        },
    }
    return compile_page("notice.typ", page, standards=["a-2a"], folder=folder)


def compile_page(template: str, page: Mapping[str, object], *, standards: list[Standard], folder: str, root: Path | None = None) -> bytes:
    """Return what a template of ours makes of ``page``. ``root`` holds files that the template may read."""
    clean: Any = _clean(page)
    if lacking := fonts.missing(_all_text(clean), folder):
        shown = " ".join(f"{c} (U+{ord(c):04X})" for c in lacking)
        raise GlyphMissing(
            _("No font can print {characters}. Put a font that has them into the folder that {setting} names."),
            lacking,
            characters=shown,
            setting=fonts.FOLDER,
        )
    faces = {"serif": fonts.families(fonts.SERIF, folder), "sans": fonts.families(fonts.SANS, folder)}
    inputs = {"page": msgspec.json.encode({**clean, "faces": faces}).decode()}
    try:
        compiler = typst.Compiler(source(template), root=root or Path(str(FRAME)), font_paths=fonts.load(folder), sys_inputs=inputs)
        made = compiler.compile(format="pdf", pdf_standards=standards)  # type: ignore[arg-type]
    except typst.TypstError as error:
        raise CannotDraw(_("The paper cannot be drawn: {why}"), why=error.message) from error
    if not isinstance(made, bytes):
        raise CannotDraw(_("The paper cannot be drawn: {why}"), why="no pages")
    return made


@lru_cache
def source(template: str) -> bytes:
    """Return a template of ours with the parts that it shares put in front."""
    shared = (FRAME / "shared.typ").read_text(encoding="utf8")
    return (shared + (FRAME / template).read_text(encoding="utf8")).encode()


def grouped(case: str) -> str:
    """Return a case number as it is dictated: 4071-8826-3915."""
    return "-".join(case[i : i + 4] for i in range(0, len(case), 4))


def mark(values: Mapping[str, str]) -> str:
    """Return our line for the keywords of a PDF."""
    return MARK + urlencode(values)


def read_mark(keywords: str) -> dict[str, str]:
    """Return what our line among ``keywords`` says; empty where there is none."""
    for word in keywords.replace(";", ",").split(","):
        if word.strip().startswith(MARK):
            return {name: values[0] for name, values in parse_qs(word.strip().removeprefix(MARK)).items()}
    return {}


def info(reader: Any) -> Mapping[str, Any]:
    """Return what a PDF says of itself (author, keywords); ``reader`` is pyHanko's."""
    found = reader.trailer_view.get("/Info")
    return {} if found is None else found.get_object() if hasattr(found, "get_object") else found


@lru_cache(maxsize=64)
def _qr(address: str) -> str:
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False, svgns=True, omitsize=True)
    return out.getvalue().decode()


def _clean(value: object) -> object:
    """Return ``value`` with the signs taken out that no font prints (controls, zero-width and direction marks, lone surrogates)."""
    if isinstance(value, str):
        return "".join(c for c in value if c in "\n\t" or not _invisible(c))
    if isinstance(value, Mapping):
        return {k: _clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(v) for v in value]
    return value


def _invisible(sign: str) -> bool:
    return any(first <= ord(sign) <= last for first, last in INVISIBLE)


def _all_text(value: object) -> str:
    return "".join(_strings(value))


def _strings(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
