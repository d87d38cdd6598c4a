"""The pages of the library, for residents and staff."""

from __future__ import annotations

import msgspec

from banshi.web.pages.parts import Contact, Form, Link
from banshi.web.pages.search import Marked


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in a list: its title and a stretch of its text with what was asked for marked; ``cited`` is how it is cited."""

    title: Marked
    href: str
    kind: str
    since: str
    excerpt: Marked = ()
    cited: str = ""
    note: str = ""
    code: str = ""
    text: str = ""
    """The whole text as safe HTML, where it is short enough to be read on the spot."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What changed in one field: lines, each ``gone``, ``new``, ``same`` or ``skip``."""

    label: str
    lines: tuple[tuple[str, str], ...]


class DirectoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A department with its duties: each in words, and what it rests on."""

    contact: Contact
    place: str
    duties: tuple[tuple[str, str], ...]
    href: str = ""


class LibraryPage(msgspec.Struct, frozen=True, kw_only=True):
    """library/list.html: what holds here, by kind or by what was ``asked``; ``write`` leads to a new entry, ``due`` are reviews that wait.

    ``offices`` are the departments that the words fit, ``further`` leads to the entries behind these.
    """

    title: str
    asked: str
    action: str
    groups: tuple[tuple[str, tuple[EntryRow, ...]], ...]
    said: str = ""
    departments: str = ""
    back: str = ""
    write: str = ""
    due: tuple[EntryRow, ...] = ()
    kinds: tuple[Link, ...] = ()
    offices: tuple[DirectoryRow, ...] = ()
    further: str = ""
    case: str = ""


class EntryPage(msgspec.Struct, frozen=True, kw_only=True):
    """library/entry.html: one version of an entry. ``text`` is safe HTML; ``over`` says that it no longer holds, or not yet, or not here.

    ``current`` leads from an old version to the one that holds, ``changed`` is what this one changed. For staff: ``settled`` by month and channel,
    ``answers``, the form that counts a caller who was told it, and ``cite``, the way back to the case that is to cite it.
    """

    title: str
    kind: str
    text: str
    facts: tuple[tuple[str, str], ...]
    versions: tuple[Link, ...]
    back: str
    over: str = ""
    change: str = ""
    language: str = ""
    current: Link | None = None
    changed: tuple[Difference, ...] = ()
    changed_title: str = ""
    settled: Settled | None = None
    answers: Form | None = None
    cite: Link | None = None
    notice: str = ""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """How many consultations an entry settled at once: in all, and by month and channel."""

    said: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class DirectoryPage(msgspec.Struct, frozen=True, kw_only=True):
    """library/departments.html: who does what, with telephone and address."""

    title: str
    rows: tuple[DirectoryRow, ...]
    back: str


class OfficePage(msgspec.Struct, frozen=True, kw_only=True):
    """library/office.html: one department with its duties, those above and below it, and what it is responsible for in the library."""

    row: DirectoryRow
    above: tuple[tuple[str, Contact, str], ...]
    below: tuple[Link, ...]
    entries: tuple[EntryRow, ...]
    back: str


class EditPage(msgspec.Struct, frozen=True, kw_only=True):
    """library/edit.html: an entry as it is written; ``preview`` is how it will look, ``retire`` ends it."""

    title: str
    form: Form
    back: str
    preview: tuple[tuple[str, str], ...] = ()
    retire: Form | None = None
    notice: str = ""
    changed: tuple[Difference, ...] = ()


class ConsultPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/consult.html: what may already answer the reader's words, before they file."""

    service: str
    rows: tuple[EntryRow, ...]
    action: str
    back: str


class SettledPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/settled.html: it was answered by reading; nothing was filed."""

    title: str
    href: str
    again: str
