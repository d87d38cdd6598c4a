"""The words of a mail: plain where they were HTML, without what no page or database can hold, and without what was quoted or signed below them.

Cut with care: only what stands below everything new, and only where it is plain that it is a quotation or a signature. What is answered line by
line stays as it is, questions included. Nothing is lost: what was cut is kept beside the text, and the mail is kept whole.
"""

from __future__ import annotations

import html
import re

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})([^<>]{0,20000})>")
_OTHER = re.compile(r"<[!?][^<>]{0,20000}>")
_SILENT = frozenset({"script", "style", "head", "title", "noscript", "template"})
_BLOCKS = frozenset({"p", "div", "br", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "section", "blockquote"})
_WHOLE = re.compile(r"divRplyFwdMsg|appendonsend|OLK_SRC_BODY|isReplyContent|foxmail_quote", re.IGNORECASE)
_PART = re.compile(r"gmail_quote|yahoo_quoted|moz-cite-prefix|reply_quote", re.IGNORECASE)
HARD, SOFT = "\ue000whole\ue000", "\ue000part\ue000"
"""Where a mailer's HTML says that a mail begins that stands whole below, or that somebody is quoted; `plain` lets nobody else write these."""


def clean(text: str) -> str:
    """Return text that can be kept and shown: lines end alike, no control characters, no more than one empty line between two."""
    text = _UNSEEN.sub("", re.sub(r"\r\n?|\u2028|\u2029", "\n", text)).replace("\xa0", " ")
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def clean_line(text: str) -> str:
    """Return text as one line."""
    return " ".join(_UNSEEN.sub(" ", text).split())


def plain(source: str) -> str:
    """Return HTML as plain text, each quotation behind ``>``; one pass from left to right, however malformed it is."""
    out: list[str] = []
    place, depth = 0, 0
    source = source.replace("\ue000", "")
    while place < len(source):
        opening = source.find("<", place)
        if opening < 0:
            break
        out.append(_running(source[place:opening]))
        if source.startswith("<!--", opening):
            end = source.find("-->", opening)
            place = len(source) if end < 0 else end + 3  # as browsers do: a comment without an end goes to the end
            continue
        tag = _TAG.match(source, opening)
        if tag is None:
            other = _OTHER.match(source, opening)
            out.append("" if other else "<")
            place = other.end() if other else opening + 1
            continue
        place, name = tag.end(), tag[2].lower()
        if name in _SILENT and not tag[1]:
            closing = re.compile(rf"</{name}\b", re.IGNORECASE).search(source, place)
            place = len(source) if closing is None else closing.start()
            continue
        if not tag[1] and tag[3] and (mark := HARD if _WHOLE.search(tag[3]) else SOFT if _PART.search(tag[3]) else ""):
            out.append(f"\n{mark}\n")
        if name == "blockquote":
            depth = max(0, depth + (-1 if tag[1] else 1))
            out.append("\n\ue000" + str(min(depth, 9)))
        elif name in _BLOCKS:
            out.append("\n\n" if name == "p" and not tag[1] else "\n")
        elif name in {"td", "th"} and tag[1]:
            out.append("\t")
    out.append(_running(source[place:]))
    return _quoted("".join(out))


def _running(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(text).replace("\ue000", ""))


def _quoted(text: str) -> str:
    """Put ``>`` before the lines of quotations, whose depth stands after a sign of ours."""
    depth, out = 0, []
    for line in text.split("\n"):
        deeper = line.startswith("\ue000") and line not in {HARD, SOFT}
        depth = int(line[1]) if deeper else depth
        said = (line[2:] if deeper else line).strip()
        out.append(f"{'>' * depth} {said}" if depth and said else said)
    return "\n".join(out)


# -- what was quoted or signed ----------------------------------------------------------------------------------------------------

_ORIGINAL = re.compile(
    r"^\s*(-{2,}|_{5,})\s*(original message|original-nachricht|forwarded message|reply message"
    r"|原始邮件|原邮件|回复的原邮件|转发邮件信息|发件人.{0,80})\s*-*\s*$"
    r"|^-{2,}\s*reply above this line\s*-{2,}$",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"^\s*(on\s.{5,200}wrote|at\s.{5,200}wrote|am\s.{5,200}schrieb.{0,80}|在\s?.{4,200}(写道|写到)|.{4,200}(写道|于.{4,60}写))\s*[:：]\s*$",
    re.IGNORECASE,
)
_FIELD = re.compile(r"^\s*\**(from|sent|to|cc|date|subject|发件人|发送时间|发送日期|收件人|抄送|抄送人|日期|时间|主题)\**\s*[:：]", re.IGNORECASE)
_SIGNED = re.compile(
    r"^\s*(sent from (my|mail for)\b.{0,60}|get outlook for .{0,30}"
    r"|发自我的.{0,30}|发自.{0,20}邮箱.{0,20}|来自.{0,20}(手机|邮箱|客户端).{0,20}|从我的.{0,20}发送)\s*$",
    re.IGNORECASE,
)
MOST_SIGNED = 12
"""Lines that a signature has at most; more below ``--`` is text."""


def cut(text: str) -> tuple[str, str]:
    """Return what is new in a mail's text, and what was cut below it; all of it is new where nothing else would be left."""
    lines = text.split("\n")
    end = min(_original(lines), _quoted_tail(lines, _signature(lines, len(lines))))
    end = _signature(lines, end)
    new = "\n".join(_without_marks(lines[:end])).strip()
    if not new:
        return "\n".join(_without_marks(lines)).strip(), ""
    return new, "\n".join(_without_marks(lines[end:])).strip()


def _original(lines: list[str]) -> int:
    """Return the line at which a mail stands whole below the answer, as offices' mailers have it; the number of lines where none does."""
    for number, line in enumerate(lines):
        if line == HARD or _ORIGINAL.match(line) or (_FIELD.match(line) and _heads(lines, number)):
            return number
    return len(lines)


def _heads(lines: list[str], number: int) -> bool:
    """Return whether three fields of a mail's head, at least, stand here in a row: one such line alone is text."""
    return sum(bool(_FIELD.match(line)) for line in lines[number : number + 6]) >= 3


def _quoted_tail(lines: list[str], end: int) -> int:
    """Return where a quotation begins below which nothing new stands, with the line that says who wrote it; ``end`` where there is none."""
    first, place = end, end
    while place and (lines[place - 1].startswith(">") or not lines[place - 1].strip() or lines[place - 1] == SOFT):
        place -= 1
        if lines[place].startswith(">"):
            first = place
    above = [n for n in range(max(0, first - 6), first) if lines[n].strip()][-4:]
    for number in above:
        if lines[number] == SOFT or any(_WROTE.match(" ".join(lines[n] for n in above if number <= n < number + span)) for span in (1, 2)):
            return number
    return first


def _signature(lines: list[str], end: int) -> int:
    """Return where what is signed begins, above ``end``."""
    for number in range(end - 1, max(-1, end - 1 - MOST_SIGNED), -1):
        if lines[number].rstrip() == "--":
            end = number
            break
    while end and (not lines[end - 1].strip() or _SIGNED.match(lines[end - 1])):
        end -= 1
    return end


def _without_marks(lines: list[str]) -> list[str]:
    return [line for line in lines if line not in {HARD, SOFT}]
