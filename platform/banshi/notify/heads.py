"""A mail's head from bytes to words: who wrote it, to whom, whether a machine did; and the charsets that mails really come in. It never raises."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

import msgspec

from banshi.notify import trimming

MOST_HEAD = 1 << 18
"""Bytes of a mail's head that are read."""
MOST_RECIPIENTS = 200
LONGEST_LINE = 1_000
"""Characters of a subject, a name, a message id, a boundary."""

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


def read_head(data: bytes) -> Head:
    """Read what stands before the empty line; ``data`` may be the beginning of a mail only."""
    try:
        found, _body = headers(data, after_envelope(data), min(len(data), MOST_HEAD))
        return _head(found)
    except Exception:
        return Head()


def end_of_head(data: bytes) -> int:
    """Return where the body begins."""
    return headers(data, after_envelope(data), min(len(data), MOST_HEAD))[1]


_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]@]{1,64}@[^\s<>,;:\"'()@]{1,255}")
_RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to")
_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})
_MACHINES = ("x-autoreply", "x-autorespond", "x-autoreply-from", "list-id")


def _head(said: Sequence[Header]) -> Head:
    def first(name: str) -> str:
        return next((v for n, v in said if n == name), "")

    froms = [v for n, v in said if n == "from"]
    senders = list(dict.fromkeys(a.casefold() for v in froms for a in _sender(v)))
    named = words(froms[0]).partition("<")[0].strip(' "\t') if froms else ""
    recipients = dict.fromkeys(a.casefold() for n, v in said if n in _RECIPIENTS for a in _ADDRESS.findall(v)[:MOST_RECIPIENTS])
    return Head(
        message_id=first("message-id").strip()[:LONGEST_LINE],
        sender=senders[0] if len(senders) == 1 else "",
        name="" if "@" in named else trimming.clean_line(named)[:LONGEST_LINE],
        recipients=tuple(recipients)[:MOST_RECIPIENTS],
        subject=trimming.clean_line(words(first("subject")))[:LONGEST_LINE],
        date=_date(first("date")),
        automatic=_automatic(said),
    )


def _sender(said: str) -> list[str]:
    """Return the addresses of a From line; what stands before one in angle brackets is its name, whatever it looks like."""
    pointed = re.findall(r"<\s*([^\s<>@]{1,64}@[^\s<>@]{1,255})\s*>", said)
    return pointed or _ADDRESS.findall(said)


def _automatic(found: Sequence[Header]) -> str:
    """Return by what a mail is known to come from a machine or a list; empty where a person seems to have written it (RFC 3834 and custom)."""
    for name, value in found:
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


def after_envelope(data: bytes) -> int:
    """Return where the head begins: behind the line ``From somebody, on a day`` with which mailboxes divide mails."""
    return data.find(b"\n", 0, 2000) + 1 if data.startswith((b"From ", b">From ")) else 0


def headers(data: bytes, start: int, end: int) -> tuple[list[Header], int]:
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


def words(said: str) -> str:
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


_OPTION = re.compile(r";\s*([\w!#$&.+^`|~*-]{1,80})\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)", re.ASCII)


def options(said: str) -> tuple[str, dict[str, str]]:
    """Return a header's first word and its options, those of several pieces or in percent signs (RFC 2231) put together."""
    kind = said.partition(";")[0].strip().casefold()
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, written in _OPTION.findall(said[len(said.partition(";")[0]) :][:20_000]):
        quoted = len(written) > 1 and written[0] == written[-1] == '"'
        value = re.sub(r"\\(.)", r"\1", written[1:-1]) if quoted else written.strip().strip('"')
        stem, star, place = name.casefold().partition("*")
        if not star:
            plain.setdefault(stem, value)
            continue
        digits = place.rstrip("*")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 5 else 0
        pieces.setdefault(stem, []).append((number, name.endswith("*"), value))
    for stem, found in pieces.items():
        plain[stem] = _together(sorted(found, key=lambda f: f[0]))
    return kind, plain


def _together(pieces: Sequence[tuple[int, bool, str]]) -> str:
    charset, raw = "", b""
    for number, (_place, percent, value) in enumerate(pieces):
        said = value
        if percent and number == 0 and value.count("'") >= 2:
            charset, _language, said = value.split("'", 2)
        raw += unquote_to_bytes(said) if percent else said.encode("utf8", "replace")
    return decode(raw, charset)
