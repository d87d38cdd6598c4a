"""What was found: cases by their words, and cases that are like a case."""

from __future__ import annotations

import msgspec

from banshi.web.pages.parts import CaseRow, Form, Section

Marked = tuple[tuple[str, bool], ...]
"""A text in stretches, each with whether it is what was asked for."""


class HitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case that was found: its line, its title and a text of it with what was asked for marked."""

    row: CaseRow
    title: Marked
    excerpt: Marked = ()


class FindPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/find.html and desk/found.html: what was ``asked``, what was found, in words how many; ``applicant`` looks for a person instead."""

    asked: str
    hits: tuple[HitRow, ...]
    said: str
    sections: tuple[Section, ...] = ()
    applicant: Form | None = None
    of_applicant: bool = False
    problem: str = ""
    all: str = ""


class LikeRow(msgspec.Struct, frozen=True, kw_only=True):
    """An answered case that is like this one: how it ended, by whom it was answered and what with; ``use`` fills the open answer with it."""

    number: str
    href: str
    title: str
    state: str
    department: str
    when: str
    answer: str
    use: str = ""
