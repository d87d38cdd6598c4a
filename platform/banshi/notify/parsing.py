"""A mail from bytes to words and files. It never raises: what is wrong with a mail is told by ``faults``, and what can be read is read.

Written out here, and not by the standard library's ``email``: that one looks for every open boundary on every line (a few hundred nested parts keep a
worker busy for minutes), recurses as deep as the mail says, and takes what a mail claims for true. This one walks a span of bytes, no deeper and no
wider than it may; decodes what was said to be so and tells where that was a lie; and reads the charsets that mails from China really come in.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

import msgspec

from banshi.notify import trimming

MOST_HEAD = 1 << 18
"""Bytes of a mail's head that are read."""
MOST_DEPTH, MOST_PARTS = 20, 100
MOST_TEXT = 200_000
"""Characters of a text that are read; the mail itself is kept whole."""
MOST_HTML = 2_000_000
MOST_RECIPIENTS = 200
LONGEST_LINE = 1_000
"""Characters of a subject, a name, a message id."""

Header = tuple[str, str]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says of itself. ``sender`` is empty where there is none or more than one; ``automatic`` says by what a machine's mail was known."""

    message_id: str = ""
    sender: str = ""
    name: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    date: datetime | None = None
    automatic: str = ""


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
        found = walk.entity(_after_envelope(data), len(data), 0)
        text = "\n\n".join(t for t in map(trimming.clean, found.texts) if t.strip())
        if len(text) > MOST_TEXT:
            walk.faults.add("long")
        new, rest = trimming.cut(text[:MOST_TEXT])
        return Mail(head=head, text=new, rest=rest, files=tuple(found.files), faults=tuple(sorted(walk.faults)))
    except Exception:
        return Mail(head=head, faults=("broken",))


def read_head(data: bytes) -> Head:
    """Read what stands before the empty line; ``data`` may be the beginning of a mail only."""
    try:
        headers, _body = _headers(data, _after_envelope(data), min(len(data), MOST_HEAD))
        return _head(headers)
    except Exception:
        return Head()


def end_of_head(data: bytes) -> int:
    """Return where the body begins."""
    return _headers(data, _after_envelope(data), min(len(data), MOST_HEAD))[1]


# -- the head ----------------------------------------------------------------------------------------------------------------------

_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]@]{1,64}@[^\s<>,;:\"'()@]{1,255}")
_RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to")
_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})
_MACHINES = ("x-autoreply", "x-autorespond", "x-autoreply-from", "list-id")


def _head(headers: Sequence[Header]) -> Head:
    def first(name: str) -> str:
        return next((v for n, v in headers if n == name), "")

    froms = [v for n, v in headers if n == "from"]
    senders = list(dict.fromkeys(a.casefold() for v in froms for a in _sender(v)))
    named = _words(froms[0]).partition("<")[0].strip(' "\t') if froms else ""
    recipients = dict.fromkeys(a.casefold() for n, v in headers if n in _RECIPIENTS for a in _ADDRESS.findall(v)[:MOST_RECIPIENTS])
    return Head(
        message_id=first("message-id").strip()[:LONGEST_LINE],
        sender=senders[0] if len(senders) == 1 else "",
        name="" if "@" in named else trimming.clean_line(named)[:LONGEST_LINE],
        recipients=tuple(recipients)[:MOST_RECIPIENTS],
        subject=trimming.clean_line(_words(first("subject")))[:LONGEST_LINE],
        date=_date(first("date")),
        automatic=_automatic(headers),
    )


def _sender(said: str) -> list[str]:
    """Return the addresses of a From line; what stands before one in angle brackets is its name, whatever it looks like."""
    pointed = re.findall(r"<\s*([^\s<>@]{1,64}@[^\s<>@]{1,255})\s*>", said)
    return pointed or _ADDRESS.findall(said)


def _automatic(headers: Sequence[Header]) -> str:
    """Return by what a mail is known to come from a machine or a list; empty where a person seems to have written it (RFC 3834 and custom)."""
    for name, value in headers:
        said = value.strip().casefold()
        if name == "auto-submitted" and said.partition(";")[0].strip() not in {"", "no"}:
            return name
        if name == "precedence" and said in _PRECEDENCE:
            return name
        if name == "x-auto-response-suppress" and said not in {"", "none"}:
            return name
        if name in _MACHINES and said not in {"", "no"}:
            return name
        if name == "return-path" and re.sub(r"\s", "", said) == "<>":
            return name
        if name == "content-type" and said.startswith("multipart/report"):
            return name
        if name == "from" and any(a.startswith("mailer-daemon@") for a in _sender(said)):
            return name
    return ""


def _date(said: str) -> datetime | None:
    """Return the moment a mail says it was written; None where it is none that is possible."""
    try:
        found = parsedate_to_datetime(said.strip()[:100])
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if 1990 <= found.year <= 2200 else None


def _after_envelope(data: bytes) -> int:
    """Return where the head begins: behind the line ``From somebody, on a day`` with which mailboxes divide mails."""
    return data.find(b"\n", 0, 2000) + 1 if data.startswith((b"From ", b">From ")) else 0


def _headers(data: bytes, start: int, end: int) -> tuple[list[Header], int]:
    """Return the headers from ``start`` on, names in lower case and values unfolded, and where the body begins."""
    lines: list[bytes] = []
    place = start
    while place < end and place - start < MOST_HEAD:
        stop = data.find(b"\n", place, end)
        stop = end if stop < 0 else stop
        line = data[place:stop].rstrip(b"\r")
        place = stop + 1
        if not line.strip():
            break
        if line[:1] in {b" ", b"\t"} and lines:
            lines[-1] += b" " + line.strip()
        else:
            lines.append(line)
    found = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if colon and name.strip() and not re.search(rb"[\x00-\x20\x7f-\xff]", name.strip()):
            found.append((name.strip().decode("ascii").lower(), decode(value.strip())))
    return found, min(place, end)


_WORD = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=")


def _words(said: str) -> str:
    """Return a header with its encoded words read; a letter that a mailer cut in two between words of one charset is put together again."""
    out: list[str] = []
    charset, waiting, last = "", b"", 0
    for word in _WORD.finditer(said):
        between, name = said[last : word.start()], word[1].partition("*")[0].casefold()
        if waiting and (between.strip() or name != charset):
            out.append(decode(waiting, charset))
            waiting = b""
        if between.strip() or not last:
            out.append(between)
        charset, waiting, last = name, waiting + _word_bytes(word), word.end()
    return "".join([*out, decode(waiting, charset) if waiting else "", said[last:]])


def _word_bytes(word: re.Match[str]) -> bytes:
    raw = word[3].encode("utf8", "replace")
    if word[2] in "qQ":
        return binascii.a2b_qp(raw.replace(b"_", b" "))
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except ValueError:
        return raw


# -- charsets ----------------------------------------------------------------------------------------------------------------------

_CHINESE = frozenset({"gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk", "cp936", "windows-936", "ms936", "euc-cn", "chinese"})
_NOT_CHARSETS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "unicode-escape", "undefined", "utf-7", "utf7"})


def decode(raw: bytes, charset: str = "") -> str:
    """Return text in the charset that it says, else in the one that it shows; what cannot be read stands as U+FFFD.

    Every GB charset is read as GB 18030, which holds them all: what says GB2312 seldom keeps to it.
    """
    name = charset.strip(" \"'").casefold()
    name = "gb18030" if name in _CHINESE else name
    if name and name not in _NOT_CHARSETS | {"us-ascii", "ascii", "utf-8", "utf8"}:
        try:
            return raw.decode(name)
        except (LookupError, ValueError):
            pass
    text = raw.decode("utf8", "replace")
    if text.count("\ufffd") * 20 <= len(text) or name == "gb18030":
        return raw.decode("gb18030", "replace") if name == "gb18030" else text
    try:
        return raw.decode("gb18030")
    except ValueError:
        return text


# -- the tree ----------------------------------------------------------------------------------------------------------------------


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
        headers, body = _headers(self.data, start, end)
        said = dict(reversed(headers))
        kind, options = _options(said.get("content-type", "text/plain"))
        if kind.startswith("multipart/"):
            spans, whole = self._spans(options.get("boundary", ""), body, end)
            if not whole:
                self.faults.add("tree")
            if spans:
                return self._several(kind, spans, depth)
            kind, options = "text/plain", {}
        self._one(found, kind, options, said, self.data[body:end])
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

    def _one(self, found: _Found, kind: str, options: dict[str, str], said: dict[str, str], body: bytes) -> None:
        placed, more = _options(said.get("content-disposition", ""))
        name = more.get("filename") or options.get("name") or ""
        body = self._decoded(said.get("content-transfer-encoding", ""), body)
        if kind in {"text/plain", "text/html"} and placed != "attachment" and not name:
            text = decode(body[:MOST_HTML], options.get("charset", ""))
            found.texts.append(trimming.plain(text) if kind == "text/html" else text.replace("\ue000", ""))
        elif body.strip():
            found.files.append(File(name=_words(name) or _unnamed(kind), body=body, inline="content-id" in said and placed != "attachment"))

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


_OPTION = re.compile(r";\s*([\w!#$&.+^`|~*-]{1,80})\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)", re.ASCII)


def _options(said: str) -> tuple[str, dict[str, str]]:
    """Return a header's first word and its options, those of several pieces or in percent signs (RFC 2231) put together."""
    kind = said.partition(";")[0].strip().casefold()
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, value in _OPTION.findall(said[len(said.partition(";")[0]) :][:20_000]):
        value = re.sub(r"\\(.)", r"\1", value[1:-1]) if value[:1] == value[-1:] == '"' and len(value) > 1 else value.strip().strip('"')
        stem, star, place = name.casefold().partition("*")
        if not star:
            plain.setdefault(stem, value)
            continue
        digits = place.rstrip("*")
        pieces.setdefault(stem, []).append(
            (int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 5 else 0, name.endswith("*"), value)
        )
    for stem, found in pieces.items():
        plain[stem] = _together(sorted(found, key=lambda f: f[0]))
    return kind, plain


def _together(pieces: Sequence[tuple[int, bool, str]]) -> str:
    charset, raw = "", b""
    for number, (_place, percent, value) in enumerate(pieces):
        if percent and number == 0 and value.count("'") >= 2:
            charset, _language, value = value.split("'", 2)
        raw += unquote_to_bytes(value) if percent else value.encode("utf8", "replace")
    return decode(raw, charset)


def _unnamed(kind: str) -> str:
    return {"message/rfc822": "mail.eml", "text/calendar": "calendar.ics"}.get(kind, kind.partition("/")[0] or "file")
