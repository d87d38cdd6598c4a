"""Binding a case file: one PDF/A-3: cover, index, the story with its digests; every document attached as it is, with a manifest of digests.

PDF/A-3 lets a file carry files of any kind; what a machine checks are the digests in the manifest, what a reader checks is the list.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from banshi import Language, say_date, translator
from banshi_approvals.papers import fonts
from banshi_approvals.papers.drawing import compile_page, grouped, mark
from banshi_approvals.papers.writing import Pen

_ = translator("banshi_approvals")

MANIFEST = "manifest.json"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document or paper of the case, whole."""

    name: str
    media_type: str
    content: bytes


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the story: when, who, what, in which words, and its digest in the chain."""

    at: str
    who: str
    what: str
    words: str = ""
    digest: str = ""


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a case file holds."""

    organ: str
    case: str
    title: str
    day: date
    fields: tuple[tuple[str, str], ...]
    documents: tuple[Document, ...]
    story: tuple[Event, ...]


def archive(case_file: CaseFile, language: Language, *, folder: str | None = None) -> bytes:
    """Return the case file as PDF/A-3b; the same file gives the same bytes."""
    pen = Pen(language)
    named = _named(case_file.documents)
    parts = [{"name": name, "media_type": d.media_type, "sha256": hashlib.sha256(d.content).hexdigest(), "size": len(d.content)} for name, d in named]
    story = [msgspec.to_builtins(e) for e in case_file.story]
    manifest = msgspec.json.format(msgspec.json.encode({"case": case_file.case, "title": case_file.title, "documents": parts, "story": story}))
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for place, (_name, document) in enumerate(named):
            (root / f"part{place}").write_bytes(document.content)
        (root / "manifest").write_bytes(manifest)
        page = {
            "language": language,
            "organ": case_file.organ,
            "title": pen(_("Case file")) + " " + grouped(case_file.case),
            "day": say_date(case_file.day, language),
            "date": [case_file.day.year, case_file.day.month, case_file.day.day],
            "mark": mark({"kind": "archive", "case": case_file.case}),
            "fields": [[pen(_("What it is about")), case_file.title], *([label, value] for label, value in case_file.fields)],
            "words": {
                "index": pen(_("Index")),
                "documents": pen(_("Documents, attached to this file")),
                "story": pen(_("What happened")),
                "heads": [pen(t) for t in (_("No."), _("Name"), _("Size"), _("SHA-256"))],
            },
            "documents": [[str(n), p["name"], f"{p['size']}", p["sha256"]] for n, p in enumerate(parts, 1)],
            "story": [[e.at, e.who, e.what, e.words, e.digest] for e in case_file.story],
            "attached": [[f"/part{n}", p["name"], p["media_type"]] for n, p in enumerate(parts)] + [["/manifest", MANIFEST, "application/json"]],
        }
        return compile_page("casefile.typ", page, standards=["a-3b"], folder=fonts.chosen() if folder is None else folder, root=root)


def verify_archive(pdf: bytes) -> list[str]:
    """Return what is wrong with a case file: parts that are missing, or are not what the manifest says; empty where all is right."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        files = dict(_files(PdfFileReader(io.BytesIO(pdf))))
    except (PdfError, KeyError, ValueError, TypeError):
        return ["it cannot be read"]
    if MANIFEST not in files:
        return ["it has no manifest"]
    parts = msgspec.json.decode(files[MANIFEST])["documents"]
    missing = [f"{p['name']} is missing" for p in parts if p["name"] not in files]
    return missing + [f"{p['name']} was changed" for p in parts if p["name"] in files and hashlib.sha256(files[p["name"]]).hexdigest() != p["sha256"]]


def _files(reader: Any) -> Iterator[tuple[str, bytes]]:
    names = reader.root["/Names"]["/EmbeddedFiles"]
    stack = [names]
    while stack:
        node = stack.pop()
        stack += [kid.get_object() if hasattr(kid, "get_object") else kid for kid in node.get("/Kids", [])]
        pairs = list(node.get("/Names", []))
        for place in range(0, len(pairs), 2):
            spec = pairs[place + 1]
            spec = spec.get_object() if hasattr(spec, "get_object") else spec
            yield str(spec["/UF"]), spec["/EF"]["/F"].data


def _named(documents: Sequence[Document]) -> list[tuple[str, Document]]:
    """Return documents with names that are each there once."""
    seen: dict[str, int] = {}
    found = []
    for document in documents:
        seen[document.name] = number = seen.get(document.name, 0) + 1
        found.append((document.name if number == 1 else f"{number}-{document.name}", document))
    return found
