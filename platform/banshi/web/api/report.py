"""The report over the API, and as the command prints it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.params import QueryParameter

from banshi import texts
from banshi.cases.book import House
from banshi.reporting import asking, measuring
from banshi.web import figures as words
from banshi.web.api.common import check_words, who
from banshi.web.site import Site, language_of


class MeasureOut(msgspec.Struct, frozen=True, kw_only=True):
    """A figure: what is counted, and what is left out of its denominator. ``month`` is that of a case's receipt or of its end."""

    name: str
    title: str
    kind: str
    month: str
    explained: str
    left_out: str


class FigureOut(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of some cases. ``of`` is the denominator, ``hits`` those of a rate that did, or the sum of a count; ``left_out`` and ``pending`` (not
    decided yet) are in neither. ``median`` and ``p90`` are days; one more than ``exact_days`` stands for longer.
    """

    hits: int
    of: int
    left_out: int
    pending: int
    rate: float | None
    median: int | None
    p90: int | None


class LineOut(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of some cases, by measure. ``below``: of a department with everything below it."""

    key: str
    title: str
    figures: dict[str, FigureOut]
    below: bool = False


class ReportOut(msgspec.Struct, frozen=True, kw_only=True, rename={"first": "from", "last": "to"}):
    """The report: all cases together, and divided."""

    first: str
    last: str
    by: str
    exact_days: int
    measures: list[MeasureOut]
    total: LineOut
    lines: list[LineOut]
    failed: list[str] = []


@get("/report", summary="Read the report", operation_id="readReport")
async def read_report(
    request: Request[Any, Any, Any],
    first: Annotated[str, QueryParameter(name="from", max_length=7, description="The first month, like 2026-01; the usual: six months")] = "",
    last: Annotated[str, QueryParameter(name="to", max_length=7, description="The last month")] = "",
    by: Annotated[str, QueryParameter(max_length=20, description="department, type, category, channel, district or month")] = "department",
    in_type: Annotated[str, QueryParameter(name="type", max_length=80, description="Only cases of this type")] = "",
    department: Annotated[str, QueryParameter(max_length=80, description="Only cases of this department and all below it (code)")] = "",
    channel: Annotated[str, QueryParameter(max_length=40, description="Only cases that came in so")] = "",
) -> ReportOut:
    """Read figures over the cases of the token's department and all below it, or of its district, each with its denominator.

    Needs the right ``kernel.report``.
    """
    site: Site = request.app.state.site
    at = site.now()
    check_words(**{"from": first, "to": last, "by": by, "type": in_type, "department": department, "channel": channel})
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        language = language_of(request)
        today = asking.today(house, actor, at)
        wanted = asking.asked(house, today, first=first, last=last, by=by, case_type=in_type, department=department, channel=channel)
        found = await asking.read(db, house, actor, wanted, today)
    return report_out(house, found, language)


def report_out(house: House, found: asking.Report, language: texts.Language) -> ReportOut:
    """Return the report as other systems read it."""
    by = found.asked.by

    def figures(one: asking.Line) -> dict[str, FigureOut]:
        return {
            key: FigureOut(hits=f.hits, of=f.of, left_out=f.left_out, pending=f.pending, rate=f.rate, median=f.median, p90=f.p90)
            for key, f in one.figures.items()
        }

    def line(one: asking.Line, *, below: bool = False) -> LineOut:
        return LineOut(key=words.code(house, by, one.key), title=words.title(house, by, one.key, language), figures=figures(one), below=below)

    total = LineOut(key="", title="", figures=figures(found.total))
    lines = [line(one) for one in found.lines] + [line(r.below, below=True) for r in found.rolled if r.below is not None]
    return ReportOut(
        first=f"{found.asked.first:%Y-%m}",
        last=f"{found.asked.last:%Y-%m}",
        by=by,
        exact_days=measuring.EXACT,
        measures=[
            MeasureOut(
                name=m.key,
                title=texts.say(m.title, language),
                kind=m.kind,
                month=m.month,
                explained=texts.say(m.explained, language),
                left_out=texts.say(m.left_out, language),
            )
            for m in found.measures
        ],
        total=total,
        lines=lines,
        failed=[m.key for m in found.failed],
    )
