"""The pages of absences and deputies."""

from __future__ import annotations

import msgspec

from banshi.web.pages.admin import AdminHead
from banshi.web.pages.parts import Form, Link, Section


class AwayRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line: an absence, a deputy, or for whom somebody stands in; ``form`` takes it back."""

    who: str
    note: str
    href: str = ""
    form: Form | None = None


class AbsencePage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/absence.html: an officer's absences and deputies, and for whom they stand in; ``wrong`` is the form that came back."""

    title: str
    department: str
    now: str
    sections: tuple[Section, ...]
    away: tuple[AwayRow, ...]
    deputies: tuple[AwayRow, ...]
    stands_for: tuple[AwayRow, ...]
    away_form: Form
    deputy_form: Form
    wrong: Form
    back: str = ""


class AbsencesPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/absences.html: who is away or will be, and the officers of the reader's department."""

    sections: tuple[Section, ...]
    rows: tuple[AwayRow, ...]
    more: str
    officers: tuple[Link, ...]
    number: str
    problem: str
    limits: str


class LimitsPage(msgspec.Struct, frozen=True, kw_only=True):
    """admin/deputies.html: after how many working hours without a word each district offers a case to the deputy."""

    head: AdminHead
    form: Form
