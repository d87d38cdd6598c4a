"""The report as a page and as a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from litestar import Request, Response, get

from banshi import texts
from banshi.errors import Invalid
from banshi.reporting import asking
from banshi.reporting.asking import Asked, Figure, Report
from banshi.web import figures as words
from banshi.web import forms
from banshi.web.desk import export
from banshi.web.report import drawing
from banshi.web.report.drawing import Drawing
from banshi.web.report.ways import CSV, HOME
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

NAMES = ("from", "to", "by", "type", "department", "channel")


@get(HOME)
async def show(request: Request[Any, Any, Any]) -> Response[Any]:
    """The report of the reader's department and below, or district; four queries whatever the data."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        asking.reach(visit.house, actor)
        today, said = asking.today(visit.house, actor, visit.at), _said(request)
        problems: dict[str, str] = {}
        try:
            wanted = _asked(visit, today, said)
        except Invalid as refused:
            problems = {name: visit.say(text) for name, text in refused.problems.items()}
            wanted = asking.asked(visit.house, today)
        drawn = Drawing(visit, actor, await asking.read(visit.db, visit.house, actor, wanted, today), today).page()
        if problems:
            form = drawing.with_problems(drawn.form, said, problems)
            drawn = msgspec.structs.replace(drawn, form=form, problems=forms.problem_list(problems, visit.language))
        return visit.page("desk/report.html", drawn, desk=True, status=Invalid.status if problems else 200)


@get(CSV)
async def as_csv(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The table of the report as a file: every figure with its denominator and what is left out."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        today = asking.today(visit.house, actor, visit.at)
        report = await asking.read(visit.db, visit.house, actor, _asked(visit, today, _said(request)), today)
        written = "\ufeff".encode() + export.lines(list(rows(visit, report)))
        name = f"banshi-report-{report.asked.first:%Y%m}-{report.asked.last:%Y%m}-{report.asked.by}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(written, media_type="text/csv", headers=headers)


def rows(visit: Visit, report: Report) -> Sequence[tuple[Any, ...]]:
    """Return head and lines of the file; departments alone first (they add up), then each with what lies below it."""
    say, by, language = visit.say, report.asked.by, visit.language
    heads: list[str] = [say(words.HEADS[by])]
    for measure in report.measures:
        title = say(measure.title)
        parts = {"count": (), "rate": (_("yes"), _("of"), _("left out"), _("not decided yet"))}.get(measure.kind, SPREAD)
        heads += [f"{title} · {say(p)}" for p in parts] if parts is SPREAD else [title, *(f"{title} · {say(p)}" for p in parts)]
    named = [(words.title(visit.house, by, line.key, language), line) for line in report.lines]
    for place in report.rolled:
        if place.below is not None:
            title = words.title(visit.house, by, place.department_id, language)
            named.append((say(_("{department} and below"), department=title), place.below))
    named.append((say(_("All together")), report.total))
    return [tuple(heads), *((title, *(c for m in report.measures for c in _cells(line.figures[m.key]))) for title, line in named)]


SPREAD = (_("cases"), _("median"), _("nine of ten within"))


def _cells(figure: Figure) -> tuple[Any, ...]:
    if figure.measure.kind == "count":
        return (figure.hits,)
    if figure.measure.kind == "rate":
        return ("" if figure.rate is None else round(figure.rate, 4), figure.hits, figure.of, figure.left_out, figure.pending)
    return (figure.of, *("" if days is None else days for days in (figure.median, figure.p90)))


def _said(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {name: request.query_params.get(name, "").strip()[:80] for name in NAMES}


def _asked(visit: Visit, today: date, said: dict[str, str]) -> Asked:
    return asking.asked(
        visit.house,
        today,
        first=said["from"],
        last=said["to"],
        by=said["by"] or "department",
        case_type=said["type"],
        department=said["department"],
        channel=said["channel"],
    )
