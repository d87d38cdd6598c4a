"""The mail room's pages."""

from __future__ import annotations

import msgspec

from banshi.web.pages.parts import FileRow, Form, Link, Section


class MailRow(msgspec.Struct, frozen=True, kw_only=True):
    """One mail of a list."""

    href: str
    subject: str
    sender: str
    reason: str
    case: str
    size: str
    taken: str
    machine_taken: str


class MailsPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/mails.html: mails that wait, by reason, or what was dealt with; ``sections`` are the reasons with their counts."""

    title: str
    lead: str
    sections: tuple[Section, ...]
    rows: tuple[MailRow, ...]
    next: str = ""
    first: str = ""


class MailPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/mail.html: one mail as plain text, what came with it, and what can be done. ``done`` says what became of it."""

    title: str
    reason: str
    advice: str
    facts: tuple[tuple[str, str], ...]
    text: str
    rest: str
    files: tuple[FileRow, ...]
    back: str
    case: Link | None = None
    done: str = ""
    notice: str = ""
    join: Form | None = None
    file: Form | None = None
    close: Form | None = None
    again: Form | None = None
