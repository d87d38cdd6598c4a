"""What pages are made of: links, fields, forms, lines of a list or a story."""

from __future__ import annotations

from typing import Literal

import msgspec

Tone = Literal["going", "waiting", "done", "ended", "late"]
"""How a state looks: somebody works on it · it waits for the resident · settled · ended otherwise · time runs out."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link; ``count`` is a bounded count such as ``12`` or ``1000+``."""

    text: str
    href: str
    current: bool = False
    count: str = ""
    summary: str = ""


class Chrome(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds every page: name of the place, menu, language, large type, who is signed in."""

    language: str
    tag: str
    site: str
    home: str
    hotline: str
    hotline_number: str
    menu: tuple[Link, ...]
    languages: tuple[Link, ...]
    large: bool
    large_href: str
    signed_in: str = ""
    sign_in_href: str = ""
    csrf: str = ""
    desk: bool = False
    district: str = ""
    districts: tuple[Link, ...] = ()
    request_id: str = ""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One radio, checkbox or option of a field."""

    value: str
    label: str
    hint: str = ""
    chosen: bool = False


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form as it is drawn; ``value`` is the raw input, kept however wrong it was."""

    name: str
    label: str
    kind: Literal["text", "textarea", "radios", "select", "checkboxes", "telephone", "email", "number", "date", "month", "password", "checkbox"]
    hint: str = ""
    value: str = ""
    error: str = ""
    choices: tuple[Choice, ...] = ()
    rows: int = 1
    longest: int | None = None
    autocomplete: str = ""
    optional: bool = False


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the error summary: the text, and the field, or the page, it leads to."""

    text: str
    field: str = ""
    href: str = ""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A form that posts to ``action``; ``hidden`` are names and values that travel with it (key, revision)."""

    action: str
    fields: tuple[Field, ...]
    button: str
    problems: tuple[Problem, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    cancel: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of the line above a case; ``note`` is its day, or who has it now."""

    title: str
    note: str
    status: Literal["done", "now", "todo"]


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file: ``href`` gives it away, ``preview`` is a small picture of it, ``by`` says when it came and from whom, ``remove`` takes it away."""

    name: str
    size: str
    href: str = ""
    preview: str = ""
    note: str = ""
    by: str = ""
    remove: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the story, in words.

    ``facts`` are label and value pairs of its form (``stacked`` where they are long), ``cites`` the rules it rests on, ``fresh`` marks what the
    reader has not seen yet.
    """

    at: str
    machine_at: str
    who: str
    headline: str
    text: str
    facts: tuple[tuple[str, str], ...] = ()
    cites: tuple[Link, ...] = ()
    files: tuple[FileRow, ...] = ()
    own: bool = False
    staff_only: bool = False
    fresh: bool = False
    stacked: bool = False


class ActionLink(msgspec.Struct, frozen=True, kw_only=True):
    """An action that is allowed now; following it opens its form below the story."""

    name: str
    title: str
    href: str
    leading: bool = False
    chosen: bool = False


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A department as a resident meets it."""

    title: str
    staff_number: str = ""
    telephone: str = ""
    address: str = ""
    note: str = ""


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a list of cases; ``due`` says by when it is to be settled, ``over`` whether that is past, ``owes`` that its closing report is due.

    ``note`` says for whom it is there, or that its officer is away.
    """

    number: str
    href: str
    title: str
    under: str
    state: str
    tone: Tone
    applicant: str = ""
    department: str = ""
    received: str = ""
    last: str = ""
    urgent: bool = False
    unread: bool = False
    owes: bool = False
    note: str = ""
    due: str = ""
    over: bool = False


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the desk's side menu: its heading (empty for the first; a link where it has a page of its own) and its lists."""

    links: tuple[Link, ...]
    title: str = ""
    href: str = ""
    current: bool = False


class KinRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case that belongs together with another: how, in words; ``part`` takes the tie away where that is possible from here."""

    number: str
    href: str
    title: str
    state: str
    tone: Tone
    tie: str = ""
    part: Form | None = None


class PanelPart(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin's part of a page: ``html`` as its template drew it, or why it is ``broken``."""

    name: str
    title: str
    html: str = ""
    broken: str = ""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that stand under one heading."""

    title: str
    fields: tuple[Field, ...]
