"""A list as a file, CSV or Excel: page by page as it is read, however long it is; never a personal field, and on record."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anyio.to_thread
import msgspec
import xlsxwriter
from litestar import Request, get
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from banshi import audit, texts
from banshi.cases import numbers, reading
from banshi.cases.reading import Query
from banshi.contracts import EXPORT, Actor
from banshi.errors import Forbidden, NotFound
from banshi.web import casepage, pages
from banshi.web.desk import filters, lists
from banshi.web.desk.filters import Chosen
from banshi.web.desk.lists import Work
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/desk/export"
BATCH = 1000
MOST_IN_EXCEL = 100_000
"""Rows of an Excel file: it has to be whole before its first byte goes out."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell must not begin with: a spreadsheet would take it for a formula."""
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
Batches = AsyncIterator[list[tuple[Any, ...]]]
COLUMNS: tuple[texts.Text, ...] = (
    *(_("Number"), _("Service"), _("Matter"), _("Category"), _("Place"), _("State"), _("Outcome")),
    *(_("Department"), _("Officer in charge"), _("Came by"), _("Urgency"), _("Received"), _("Last change"), _("Closed")),
)


@get(HOME + "/{kind:str}")
async def export(request: Request[Any, Any, Any], kind: FromPath[str], in_list: FromQuery[str] = "all") -> Stream:
    """Give a list, as it is narrowed, as a file."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        work = lists.find(visit, actor, in_list)
        if kind not in TYPES or work is None:
            raise NotFound(_("There is no such list, or it is not for your post."))
        if not actor.may(EXPORT.name):
            raise Forbidden(_("Your post does not carry the right to take lists away."))
        params = request.query_params
        chosen = filters.choose(visit, actor, work, {name: params.getall(name) for name in params if name != "in_list"})
        body = {"format": kind, "filters": dict(chosen.kept)}
        await audit.record(visit.db, visit.house.keyring, actor, "cases.exported", f"list:{work.name}", body, visit.at)
    return given(visit, work.name, work.title, kind, COLUMNS, _rows(visit, actor, chosen.query))


def given(visit: Visit, name: str, title: str, kind: str, columns: Sequence[texts.Text], rows: Batches, *, wide: Collection[int] = (2,)) -> Stream:
    """Return rows, a batch at a time, as a file of that ``kind``; ``wide`` are the columns that hold longer texts."""
    written = _csv(visit, columns, rows) if kind == "csv" else _excel(visit, title, columns, rows, wide)
    name = f"banshi-{name.replace('/', '-')}-{visit.at:%Y%m%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Stream(written, media_type=TYPES[kind], headers=headers)


def links(visit: Visit, actor: Actor, work: Work, chosen: Chosen) -> tuple[pages.Link, ...]:
    """Return where the list is to be had as a file; nothing for a post without the right."""
    if not actor.may(EXPORT.name):
        return ()
    kept = urlencode({"in_list": work.name} | dict(chosen.kept))
    return tuple(pages.Link(text=visit.say(t), href=f"{HOME}/{kind}?{kept}") for kind, t in (("csv", _("As CSV")), ("xlsx", _("As Excel"))))


async def _rows(visit: Visit, actor: Actor, query: Query) -> AsyncIterator[list[tuple[Any, ...]]]:
    """The rows of the list, a batch at a time, each in a transaction of its own: nothing is held while the reader is slow."""
    after = query.after
    while True:
        async with visit.site.database.transaction() as db:
            found = await reading.listing(db, visit.house, actor, msgspec.structs.replace(query, after=after, size=BATCH))
        if found.rows:
            yield [_row(visit, r) for r in found.rows]
        if found.next is None:
            return
        after = found.next


def _row(visit: Visit, row: Any) -> tuple[Any, ...]:
    house, language = visit.house, visit.language
    type_row, zone = house.book[row.type_id], house.directory.tree[row.district_id].timezone

    def local(at: datetime | None) -> datetime | None:
        return at.astimezone(zone).replace(tzinfo=None, microsecond=0) if at is not None else None

    return (
        numbers.show(row.number),
        type_row.title.get(language, type_row.key),
        casepage.title(house, row, language),
        casepage.category(house.declared(row.type_id), row, language),
        casepage.area(visit, row),
        type_row.say_state(row.state, language),
        type_row.say_outcome(row.outcome, language),
        house.directory.department(row.department_id).say(language) if row.department_id else "",
        row.staff_number or "",
        casepage.channel(row.channel, visit),
        row.priority,
        *(local(at) for at in (row.received, row.changed, row.closed)),
    )


def _safe(value: Any) -> Any:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA) else value


async def _csv(visit: Visit, columns: Sequence[texts.Text], batches: Batches) -> AsyncIterator[bytes]:
    yield "\ufeff".encode() + lines([tuple(visit.say(c) for c in columns)])
    async for batch in batches:
        yield lines(batch)


def lines(rows: Sequence[tuple[Any, ...]]) -> bytes:
    """Return rows as lines of CSV."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows([_safe(v) for v in row] for row in rows)
    return written.getvalue().encode()


async def _excel(visit: Visit, title: str, columns: Sequence[texts.Text], batches: Batches, wide: Collection[int]) -> AsyncIterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False})
        when, bold = book.add_format({"num_format": "yyyy-mm-dd hh:mm"}), book.add_format({"bold": True})
        sheet = book.add_worksheet(_sheet_name(title))
        sheet.freeze_panes(1, 1)
        for column, head in enumerate(columns):
            sheet.write_string(0, column, visit.say(head), bold)
            sheet.set_column(column, column, 40 if column in wide else 17)
        written = 0
        async for batch in batches:
            taken = batch[: MOST_IN_EXCEL - written]
            await anyio.to_thread.run_sync(_write, sheet, written + 1, taken, when)
            written += len(taken)
            if written >= MOST_IN_EXCEL:
                sheet.write_string(
                    written + 1, 0, visit.say(_("An Excel file takes {most} rows. Narrow the list, or take it as CSV."), most=MOST_IN_EXCEL)
                )
                break
        await anyio.to_thread.run_sync(book.close)
        for piece in _pieces(path):
            yield piece


def _write(sheet: Any, first: int, rows: Sequence[tuple[Any, ...]], when: Any) -> None:
    for line, row in enumerate(rows, first):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(line, column, value, when)
            elif isinstance(value, int):
                sheet.write_number(line, column, value)
            elif value:
                sheet.write_string(line, column, value)


def _sheet_name(title: str) -> str:
    return "".join(c for c in title if c not in "[]:*?/\\'")[:31] or "banshi"


def _pieces(path: Path, size: int = 65_536) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(size):
            yield piece
