"""The report: a sentence for each kind of case, figures, pictures with their tables, the cases behind each number."""

from __future__ import annotations

from typing import Literal

import msgspec
from markupsafe import Markup

from banshi.web.pages.parts import Form, Link, Problem


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """A number as it is printed; ``href`` leads to what is behind it."""

    text: str
    href: str = ""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A rate with its denominator and who is not in it; ``text`` is empty where nobody is in the denominator."""

    text: str
    hits: Number
    of: Number
    left_out: Number | None = None
    pending: Number | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a table; ``depth`` is how far it stands in, ``sum`` that it adds up what stands below it."""

    title: Number
    cells: tuple[Number | Share, ...]
    depth: int = 0
    sum: bool = False


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table: what it is called, the heads of its columns (the first is that of the rows), its lines."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture and the table whose numbers it draws; ``keys`` are the names of its series, in the order of their colours."""

    name: str
    title: str
    lead: str
    chart: Markup
    table: Table
    keys: tuple[str, ...] = ()


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: its name, the number, what stands under it, how it was before in words and as a verdict, a small picture of its months."""

    name: str
    title: str
    value: Number
    under: tuple[Number, ...] = ()
    share: Share | None = None
    before: str = ""
    verdict: str = ""
    chart: Markup | None = None


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence for a kind of case; ``verdict`` is its tone."""

    text: str
    verdict: Literal["better", "worse", "mixed", "same", "few"]
    details: tuple[tuple[str, str], ...]


class ReportPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/report.html.

    ``explained`` are the figures in words: title, what is counted, what is left out. ``failed`` are those that are not shown, because they fail.
    """

    title: str
    lead: str
    form: Form
    problems: tuple[Problem, ...]
    sentences: tuple[Sentence, ...]
    tiles: tuple[Tile, ...]
    rates: tuple[Tile, ...]
    rates_table: Table | None
    pictures: tuple[Picture, ...]
    divided: Table
    bys: tuple[Link, ...]
    explained: tuple[tuple[str, str, str], ...]
    csv: str
    empty: bool = False
    failed: tuple[str, ...] = ()
