"""A mail from bytes to words and files. It never raises: what is wrong with a mail is told by ``faults``, and what can be read is read.

Written out here, and not by the standard library's ``email``: that one looks for every open boundary on every line (a few hundred nested parts keep a
worker busy for minutes), recurses as deep as the mail says, and takes what a mail claims for true. This one walks a span of bytes, no deeper and no
wider than it may; decodes what was said to be so and tells where that was a lie; and reads the charsets that mails from China really come in.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence

import msgspec

from banshi.notify import trimming
from banshi.notify.heads import LONGEST_LINE, Head, after_envelope, decode, headers, options, read_head, words

MOST_DEPTH, MOST_PARTS = 20, 100
MOST_TEXT = 200_000
"""Characters of a text that are read; the mail itself is kept whole."""
MOST_HTML = 2_000_000


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a mail; ``inline`` ones stand in its text, as pictures of a signature do."""

    name: str
    body: bytes
    inline: bool = False


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that was read: its new words (``text``), what was quoted or signed below them (``rest``), files, and what is wrong with it.

    ``faults``: ``tree`` (parts that cannot be told apart, or break off) · ``deep`` · ``parts`` (too many) · ``encoding`` (not what it says) ·
    ``long`` (more text than is read) · ``broken`` (nothing could be made of it).
    """

    head: Head
    text: str = ""
    rest: str = ""
    files: tuple[File, ...] = ()
    faults: tuple[str, ...] = ()


def parse(data: bytes) -> Mail:
    """Read a mail."""
    head = read_head(data)
    try:
        walk = _Walk(data)
        found = walk.entity(after_envelope(data), len(data), 0)
        text = "\n\n".join(t for t in map(trimming.clean, found.texts) if t.strip())
        if len(text) > MOST_TEXT:
            walk.faults.add("long")
        new, rest = trimming.cut(text[:MOST_TEXT])
        return Mail(head=head, text=new, rest=rest, files=tuple(found.files), faults=tuple(sorted(walk.faults)))
    except Exception:
        return Mail(head=head, faults=("broken",))


class _Found:
    """What a part of the tree holds."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.files: list[File] = []


class _Walk:
    """Walks the tree of a mail's parts, no deeper and no wider than it may."""

    def __init__(self, data: bytes) -> None:
        self.data, self.faults, self.parts = data, set[str](), 0

    def entity(self, start: int, end: int, depth: int) -> _Found:
        """Read one part, and those inside it."""
        found = _Found()
        self.parts += 1
        if depth > MOST_DEPTH or self.parts > MOST_PARTS:
            self.faults.add("deep" if depth > MOST_DEPTH else "parts")
            return found
        found_headers, body = headers(self.data, start, end)
        said = dict(reversed(found_headers))
        kind, more = options(said.get("content-type", "text/plain"))
        if kind.startswith("multipart/"):
            spans, whole = self._spans(more.get("boundary", ""), body, end)
            if not whole:
                self.faults.add("tree")
            if spans:
                return self._several(kind, spans, depth)
            kind, more = "text/plain", {}
        self._one(found, kind, more, said, self.data[body:end])
        return found

    def _several(self, kind: str, spans: Sequence[tuple[int, int]], depth: int) -> _Found:
        children = []
        for start, end in spans:
            if self.faults & {"deep", "parts"}:
                break
            children.append(self.entity(start, end, depth + 1))
        found = _Found()
        found.files = [f for c in children for f in c.files]
        if kind == "multipart/alternative":
            told = [c.texts for c in children if any(t.strip() for t in c.texts)]
            found.texts = told[0] if told else []  # the plainest comes first (RFC 2046, 5.1.4)
        else:
            found.texts = [t for c in children for t in c.texts]
        return found

    def _one(self, found: _Found, kind: str, about: dict[str, str], said: dict[str, str], body: bytes) -> None:
        placed, more = options(said.get("content-disposition", ""))
        name = more.get("filename") or about.get("name") or ""
        body = self._decoded(said.get("content-transfer-encoding", ""), body)
        if kind in {"text/plain", "text/html"} and placed != "attachment" and not name:
            text = decode(body[:MOST_HTML], about.get("charset", ""))
            found.texts.append(trimming.plain(text) if kind == "text/html" else text.replace("\ue000", ""))
        elif body.strip():
            found.files.append(File(name=words(name) or _unnamed(kind), body=body, inline="content-id" in said and placed != "attachment"))

    def _decoded(self, encoding: str, body: bytes) -> bytes:
        said = encoding.partition(";")[0].strip().casefold()
        if said == "quoted-printable":
            return binascii.a2b_qp(body)
        if said == "base64":
            try:
                return base64.b64decode(body.translate(None, b" \t\r\n"), validate=True)
            except ValueError:
                self.faults.add("encoding")
                return body
        if said not in {"", "7bit", "8bit", "binary"}:
            self.faults.add("encoding")
        return body

    def _spans(self, boundary: str, start: int, end: int) -> tuple[list[tuple[int, int]], bool]:
        """Return the spans between the lines of a boundary, and whether the last of these lines says that it is the last."""
        spans: list[tuple[int, int]] = []
        opened = None
        if not boundary or len(boundary) > LONGEST_LINE:
            return [], False
        for place, after, last in self._lines(b"--" + boundary.encode("utf8", "replace"), start, end):
            if opened is not None:
                spans.append((opened, _before_line_end(self.data, opened, place)))
            if last:
                return spans, bool(spans)
            if len(spans) >= MOST_PARTS:
                self.faults.add("parts")
                return spans, False
            opened = after
        if opened is not None:
            spans.append((opened, end))
        return spans, False

    def _lines(self, sign: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Give the lines that are the boundary: where each begins and ends, and whether it is the last one."""
        place = self.data.find(sign, start, end)
        while place >= 0:
            if place == start or self.data[place - 1 : place] == b"\n":
                stop = self.data.find(b"\n", place, end)
                stop = end if stop < 0 else stop
                after = self.data[place + len(sign) : min(stop, place + len(sign) + 200)].rstrip()
                if after in {b"", b"--"}:
                    yield place, min(stop + 1, end), after == b"--"
            place = self.data.find(sign, place + 1, end)


def _before_line_end(data: bytes, start: int, place: int) -> int:
    """Return where a part ends: the line end before a boundary belongs to the boundary."""
    if place - 1 >= start and data[place - 1 : place] == b"\n":
        place -= 1
        if place - 1 >= start and data[place - 1 : place] == b"\r":
            place -= 1
    return place


def _unnamed(kind: str) -> str:
    return {"message/rfc822": "mail.eml", "text/calendar": "calendar.ics"}.get(kind, kind.partition("/")[0] or "file")
