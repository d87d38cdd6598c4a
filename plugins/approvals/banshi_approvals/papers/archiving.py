"""A case file as one PDF/A-3: cover, index, story, pictures as pages; every original and a manifest with its digests attached, byte for byte.

PDFs are attached as they are and not turned into pages: pages taken out of a sealed paper would lose the seal that proves it.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from datetime import date
from pathlib import Path

import msgspec

from banshi import Language, translator
from banshi_approvals.papers import drawing, fonts, pictures, writing
from banshi_approvals.papers.opening import Fault, verify_archive

__all__ = ["CaseFile", "Document", "Event", "Fault", "archive", "verify_archive"]

_ = translator("banshi_approvals")

FORMAT = "banshi-case-file/1"
MANIFEST = "manifest.json"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One document of the case, as it is kept."""

    name: str
    media_type: str
    content: bytes


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the case's story: when (as it is printed), by whom, what, in which words, and its digest in the case's chain."""

    at: str
    who: str
    what: str
    words: str = ""
    digest: str


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive is made of. ``fields`` are label and value; one without a value is left out."""

    organ: str
    case: str
    title: str
    day: date
    fields: tuple[tuple[str, str], ...] = ()
    documents: tuple[Document, ...] = ()
    story: tuple[Event, ...] = ()


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One attachment as the manifest names it: ``file`` in the archive, ``name`` in the case; ``shown``: it is a page as well."""

    file: str
    name: str
    media_type: str
    size: int
    sha256: str
    shown: bool


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the archive says that it holds."""

    format: str
    organ: str
    case: str
    title: str
    day: date
    fields: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    story: tuple[Event, ...]


def archive(file: CaseFile, language: Language, *, folder: str | None = None) -> bytes:
    """Return the case file as one PDF/A-3a in ``language``; the same file gives the same bytes. Seal it afterwards with the decision seal.

    ``folder`` holds more fonts. A character that no font has is printed as its code point, so that no case is kept from its archive by one; the
    manifest has it as it was. Raises ``CannotDraw`` for whatever typst refuses.
    """
    faces = fonts.chosen() if folder is None else folder
    with tempfile.TemporaryDirectory(prefix="banshi-archive-") as name:
        root = Path(name)
        parts = tuple(_laid(root, number, document, faces) for number, document in enumerate(file.documents, 1))
        manifest = Manifest(
            format=FORMAT, organ=file.organ, case=file.case, title=file.title, day=file.day, fields=file.fields, parts=parts, story=file.story
        )
        written = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        (root / MANIFEST).write_bytes(written)
        page = _page(manifest, hashlib.sha256(written).hexdigest(), writing.Pen(language))
        return drawing.compile_page("archive.typ", _printable(page, faces), standards=["a-3a"], folder=faces, root=root)


def _laid(root: Path, number: int, document: Document, folder: str) -> Part:
    """Put a document, and its picture where it is one, where typst reads them; return its line of the manifest."""
    (root / f"{number}.bin").write_bytes(document.content)
    return Part(
        file=f"{number:03d} {_safe(document.name, folder)}",
        name=document.name,
        media_type=document.media_type,
        size=len(document.content),
        sha256=hashlib.sha256(document.content).hexdigest(),
        shown=document.media_type in pictures.KINDS and pictures.flatten(document.content, root / f"{number}.jpg"),
    )


def _page(manifest: Manifest, digest: str, pen: writing.Pen) -> dict[str, object]:
    parts = [
        {
            "file": part.file,
            "name": part.name,
            "type": part.media_type if _TYPE.fullmatch(part.media_type) else "application/octet-stream",
            "facts": pen.joined([part.media_type, pen(_("{number} bytes"), number=f"{part.size:,}")]),
            "digest": part.sha256,
            "shown": part.shown,
        }
        for part in manifest.parts
    ]
    words = {
        "title": _("Case file"),
        "case": _("Case number"),
        "index": _("Index"),
        "story": _("What happened"),
        "about": _("About this file"),
        "number": _("No."),
        "document": _("Document"),
        "page": _("Page"),
        "attached": _("attached"),
        "at": _("Time"),
        "who": _("By whom"),
        "what": _("What was done"),
        "none": _("No documents were handed in or given."),
        "of": _("Page {page} of {pages}"),
    }
    return {
        "language": pen.language,
        "organ": manifest.organ,
        "title": manifest.title,
        "case": drawing.grouped(manifest.case),
        "day": pen.day(manifest.day),
        "date": [manifest.day.year, manifest.day.month, manifest.day.day],
        "fields": [[label, value] for label, value in manifest.fields if value],
        "parts": parts,
        "story": msgspec.to_builtins(manifest.story),
        "manifest": MANIFEST,
        "digest": digest,
        "about": [
            pen(text, file=MANIFEST)
            for text in (
                _("Every document is attached to this file as it is kept, byte for byte."),
                _("Pictures are pages as well; PDFs are not, since a paper taken apart loses its seal."),
                _("The attachment {file} names each of them with its SHA-256 digest, and the whole story with the digests of the case's chain."),
                _("Digest of {file} (SHA-256):"),
            )
        ],
        "mark": drawing.mark({"kind": "archive", "case": manifest.case, "manifest": digest}),
        "words": {name: pen(text) for name, text in words.items()},
    }


def _printable(page: dict[str, object], folder: str) -> dict[str, object]:
    """Return the page with every character that no font has written as its code point."""
    text = msgspec.json.encode(page).decode()
    lacking = {ord(c): f"[U+{ord(c):04X}]" for c in fonts.missing("".join(dict.fromkeys(text)), folder) if ord(c) > _LAST_PLAIN}
    return msgspec.json.decode(text.translate(lacking), type=dict[str, object]) if lacking else page


def _safe(name: str, folder: str) -> str:
    """Return a file's name without what systems do not take in one, and what no font has; its ending is kept."""
    lacking = dict.fromkeys(map(ord, fonts.missing(name, folder)), "_")
    kept = _UNSAFE.sub("_", name).translate(lacking).strip(". ") or "_"
    return kept if len(kept) <= _LONGEST else kept[: _LONGEST - 12] + kept[-12:]


_TYPE = re.compile(r"[a-z0-9]+/[a-z0-9][a-z0-9.+-]*")
_UNSAFE = re.compile(r"""[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff/\\:*?"<>|]""")
_LAST_PLAIN, _LONGEST = 0xFF, 100
