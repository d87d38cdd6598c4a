"""Opening an archive again: whether what is attached is what its manifest says. Whether the manifest is the office's own, its seal proves (`check`)."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from banshi import Language, Text, say, translator
from banshi_approvals.papers import drawing

_ = translator("banshi_approvals")

What = Literal["unreadable", "not-archival", "no-manifest", "manifest-changed", "missing", "added", "changed"]
_TOLD: dict[What, Text] = {
    "unreadable": _("This is no PDF that can be read."),
    "not-archival": _("This does not call itself a PDF/A-3."),
    "no-manifest": _("There is no manifest of a case file in it."),
    "manifest-changed": _("The manifest is not the one whose digest the file names."),
    "missing": _("“{part}” is missing."),
    "added": _("“{part}” was added: the manifest does not name it."),
    "changed": _("“{part}” was changed: its digest is another."),
}


class Fault(msgspec.Struct, frozen=True):
    """One thing that is not as it was archived, and the attachment that it is about."""

    what: What
    part: str = ""

    def say(self, language: Language) -> str:
        """Return the fault in words."""
        return say(_TOLD[self.what], language, part=self.part)


class Named(msgspec.Struct, frozen=True):
    """What is read of a line of the manifest."""

    file: str
    sha256: str


class Listed(msgspec.Struct, frozen=True):
    """What is read of a manifest."""

    format: str
    parts: tuple[Named, ...]


def verify_archive(pdf: bytes) -> list[Fault]:
    """Return what is wrong with an archive, nothing where all of it is as it was made. For files of one's own house: attachments are unpacked whole."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        archival = _archival(reader.root["/Metadata"].data) if "/Metadata" in reader.root else False
        told = drawing.read_mark(str(_open(_open(reader.trailer_view.get("/Info", {})).get("/Keywords", ""))))
        held = list(_attached(reader))
    except (PdfError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, OSError):
        return [Fault("unreadable")]
    return [*([] if archival else [Fault("not-archival")]), *_compared(held, told.get("manifest", ""))]


def _compared(held: list[tuple[str, bytes]], digest: str) -> Iterator[Fault]:
    from banshi_approvals.papers.archiving import FORMAT, MANIFEST

    manifests = [content for name, content in held if name == MANIFEST]
    try:
        listed = msgspec.json.decode(manifests[0], type=Listed)
    except (IndexError, msgspec.DecodeError, UnicodeDecodeError):
        listed = None
    if listed is None or listed.format != FORMAT:
        yield Fault("no-manifest")
        return
    if any(hashlib.sha256(m).hexdigest() != digest for m in manifests):
        yield Fault("manifest-changed", MANIFEST)
    named = {part.file: part.sha256 for part in listed.parts}
    found: dict[str, set[str]] = {}
    for name, content in held:
        found.setdefault(name, set()).add(hashlib.sha256(content).hexdigest())
    yield from (Fault("missing", name) for name in named if name not in found)
    yield from (Fault("changed", name) for name in named if name in found and found[name] != {named[name]})
    yield from (Fault("added", name) for name in found if name not in named and name != MANIFEST)


def _archival(metadata: bytes) -> bool:
    """Return whether the description of a PDF calls it a PDF/A-3, as an element or as an attribute."""
    return re.search(rb"""pdfaid:part(?:>|\s*=\s*["'])\s*3\s*[<"']""", metadata) is not None


def _attached(reader: Any) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of everything attached: by the names of the document, and what it is associated with."""
    seen: set[tuple[int, str]] = set()
    for entry in (*_named(_open(_open(reader.root.get("/Names", {})).get("/EmbeddedFiles", {}))), *_open(reader.root.get("/AF", ()))):
        spec = _open(entry)
        name, streams = str(_open(spec.get("/UF", spec.get("/F", "")))), _open(spec["/EF"])
        stream = _open(streams.get("/UF", streams.get("/F")))
        if (id(stream), name) not in seen:
            seen.add((id(stream), name))
            yield name, stream.data


def _named(node: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the file specifications of a tree of names; ValueError where it goes round in circles."""
    if depth > _DEEPEST:
        raise ValueError(depth)
    yield from tuple(_open(node.get("/Names", ())))[1::2]
    for kid in _open(node.get("/Kids", ())):
        yield from _named(_open(kid), depth + 1)


def _open(value: Any) -> Any:
    """Return what a reference in a PDF leads to."""
    from pyhanko.pdf_utils.generic import IndirectObject

    return value.get_object() if isinstance(value, IndirectObject) else value  # type: ignore[no-untyped-call]


_DEEPEST = 20
