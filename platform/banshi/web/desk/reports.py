"""Closing reports for those who lead: the most urgent first, by place, department, category, time and their own words; as a page and as a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from banshi import audit, texts, words
from banshi.cases import numbers
from banshi.cases.decoding import shapes
from banshi.contracts import EXPORT, Actor
from banshi.errors import Forbidden, NotFound
from banshi.escalation import reports
from banshi.escalation.reports import TEXTS, ClosingReport, Wanted
from banshi.reporting import asking
from banshi.web import casepage, escalating, pages
from banshi.web.desk import export, menu
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = menu.REPORTS
NAMES = ("q", "area", "under", "category", "from", "to")
LONGEST = 100
YEARS = range(1990, 2101)
COLUMNS: tuple[texts.Text, ...] = (
    *(_("Number"), _("Category"), _("Place"), _("Department"), _("Urgency"), _("Written")),
    *(shape.ask.label for shape in shapes(ClosingReport) if shape.name in TEXTS and isinstance(shape.ask.label, texts.Text)),
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to see: the question, what was kept of what they said, and what was left out, in words."""

    wanted: Wanted
    kept: Mapping[str, str]
    left_out: tuple[str, ...]


@get(HOME)
async def show(request: Request[Any, Any, Any], after: FromQuery[str] = "") -> Response[Any]:
    """The reports of the reader's department and below, or district; five queries whatever the data."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        asked = _asked(visit, actor)
        place = reports.read_place(after)
        rows, following = await reports.listing(visit.db, visit.house, actor, asked.wanted, place)
        sections, _counts = await menu.menu(visit, actor, HOME)
        page = pages.ReportsPage(
            title=visit.say(_("Closing reports")),
            lead=visit.say(_("What was learnt from cases that went wrong, the most urgent first")),
            sections=sections,
            form=_form(visit, actor, asked.kept),
            rows=tuple(_row(visit, r, asked.wanted) for r in rows),
            next=_address(dict(asked.kept) | {"after": reports.write_place(following)}) if following else "",
            first=_address(asked.kept) if place else "",
            files=_files(visit, actor, asked.kept),
            left_out=asked.left_out,
        )
        return visit.page("desk/closing_reports.html", page, desk=True)


@get(HOME + "/export/{kind:str}")
async def export_reports(request: Request[Any, Any, Any], kind: FromPath[str]) -> Stream:
    """Give the list, as it is narrowed, as a file; on record."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        asked = _asked(visit, actor)
        if kind not in export.TYPES:
            raise NotFound(_("There is no such list, or it is not for your post."))
        if not actor.may(EXPORT.name):
            raise Forbidden(_("Your post does not carry the right to take lists away."))
        body = {"format": kind, "filters": dict(asked.kept)}
        await audit.record(visit.db, visit.house.keyring, actor, "reports.exported", "list:closing-reports", body, visit.at)
    wide = range(len(COLUMNS) - len(TEXTS), len(COLUMNS))
    return export.given(visit, "closing-reports", visit.say(_("Closing reports")), kind, COLUMNS, _batches(visit, actor, asked.wanted), wide=wide)


async def _batches(visit: Visit, actor: Actor, wanted: Wanted) -> export.Batches:
    """The rows, a batch at a time, each in a transaction of its own."""
    after = None
    while True:
        async with visit.site.database.transaction() as db:
            rows, after = await reports.listing(db, visit.house, actor, wanted, after, size=export.BATCH)
        if rows:
            yield [_cells(visit, r) for r in rows]
        if after is None:
            return


def _cells(visit: Visit, row: Any) -> tuple[Any, ...]:
    said = (row.body or {}).get("form") or {}
    zone = visit.house.directory.tree[row.district_id].timezone
    return (
        numbers.show(row.number),
        casepage.category(visit.house.declared(row.type_id), row, visit.language),
        casepage.area(visit, row),
        _department(visit, row),
        escalating.urgency(visit, row.urgency),
        row.written.astimezone(zone).replace(tzinfo=None, microsecond=0),
        *(str(said.get(name) or "") for name in TEXTS),
    )


def _row(visit: Visit, row: Any, wanted: Wanted) -> pages.ReportRow:
    said: Mapping[str, Any] = (row.body or {}).get("form") or {}
    labels = {s.name: visit.say(s.ask.label) for s in shapes(ClosingReport)}
    zone = visit.house.directory.tree[row.district_id].timezone
    erased = visit.say(_("(erased)")) if row.body is None else ""
    under = (casepage.category(visit.house.declared(row.type_id), row, visit.language), casepage.area(visit, row))
    when = texts.say_moment(row.written, zone, visit.language, visit.at)
    department = _department(visit, row)
    staff = visit.say(_("Staff {number}"), number=row.staff_number) if row.staff_number else ""
    return pages.ReportRow(
        number=numbers.show(row.number),
        href=f"/desk/case/{numbers.show(row.number)}" if row.sees else "",
        title=row.title if row.sees else "",
        under=" · ".join(w for w in under if w),
        urgency=escalating.urgency(visit, row.urgency),
        level=row.urgency,
        marked=tuple(words.marked(str(said.get("cause") or erased), wanted.terms)),
        said=tuple((labels[n], tuple(words.marked(str(said[n]), wanted.terms))) for n in TEXTS[1:] if said.get(n)),
        by=" · ".join(w for w in (department, staff, when) if w),
        owes=row.owes,
    )


def _department(visit: Visit, row: Any) -> str:
    return visit.house.directory.department(row.department_id).say(visit.language) if row.department_id else ""


# -- how it is narrowed ------------------------------------------------------------------------------------------------------


def _asked(visit: Visit, actor: Actor) -> Asked:
    """Return what the address asks for; what it does not know is left out and told. Forbidden for who does not read the report."""
    directory = visit.house.directory
    districts, departments = asking.reach(visit.house, actor)
    said = {name: visit.request.query_params.get(name, "").strip()[:LONGEST] for name in NAMES}
    wanted, kept, left_out = Wanted(districts=districts, departments=departments), dict[str, str](), list[str]()
    labels = {f.name: f.label for f in _form(visit, actor, {}).fields}
    for name, value in said.items():
        if not value:
            continue
        narrowed: Any = None
        if name == "q":
            terms = words.terms(value)
            narrowed = {"terms": terms} if terms else None
        elif name == "area" and value in {c for c, _label in _areas(visit, actor)}:
            found = directory.tree.find(value)
            narrowed = {"areas": {d.id for d in directory.tree.below(found.id)}} if found else None
        elif name == "under" and (chosen := directory.find(value)) is not None and chosen.id in set(asking.departments(visit.house, actor)):
            narrowed = {"under": asking.below(directory, chosen.id)}
        elif name == "category" and value in dict(_categories(visit)):
            narrowed = {"category": value}
        elif name in {"from", "to"} and (day := _day(value)) is not None:
            start = datetime.combine(day + timedelta(days=int(name == "to")), time.min, _zone(visit, actor))
            narrowed = {"since" if name == "from" else "before": start}
        if narrowed is None:
            shown = "".join(c if c.isprintable() else "\ufffd" for c in value[:40])
            left_out.append(visit.say(_("“{filter}” has no “{value}” here: it was left out."), filter=labels.get(name, name), value=shown))
            continue
        kept[name] = value
        wanted = msgspec.structs.replace(wanted, **narrowed)
    if wanted.since and wanted.before and wanted.since >= wanted.before:
        left_out.append(visit.say(_("The first day lies after the last: nothing can be found.")))
    return Asked(wanted=wanted, kept=kept, left_out=tuple(left_out))


def _form(visit: Visit, actor: Actor, kept: Mapping[str, str]) -> pages.Form:
    directory = visit.house.directory
    departments = [(d.code, d.say(visit.language)) for i in asking.departments(visit.house, actor) for d in (directory.department(i),)]
    offers: tuple[tuple[str, texts.Text, list[tuple[str, str]]], ...] = (
        ("area", _("District and below"), _areas(visit, actor)),
        ("under", _("Department and below"), departments),
        ("category", _("Category"), _categories(visit)),
    )
    fields = [pages.Field(name="q", label=visit.say(_("Words")), kind="text", value=kept.get("q", ""), longest=LONGEST, autocomplete="off")]
    for name, label, options in offers:
        choices = tuple(pages.Choice(value=v, label=t, chosen=kept.get(name, "") == v) for v, t in (("", visit.say(_("Any"))), *options))
        fields.append(pages.Field(name=name, label=visit.say(label), kind="select", choices=choices))
    for name, label in (("from", _("Written from")), ("to", _("Written until"))):
        fields.append(pages.Field(name=name, label=visit.say(label), kind="date", value=kept.get(name, "")))
    return pages.Form(action=HOME, fields=tuple(fields), button=visit.say(_("Narrow the list")), cancel=HOME if kept else "")


def _areas(visit: Visit, actor: Actor) -> list[tuple[str, str]]:
    """The cities and districts that an actor reads of."""
    tree = visit.house.directory.tree
    found = tree.below(actor.district_id) if actor.district_id is not None else list(tree)
    return [(d.code, d.say(visit.language)) for d in sorted(found, key=lambda d: d.path) if d.level in {"city", "district"}]


def _categories(visit: Visit) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for declared in visit.house.registry.case_types:
        for shape in shapes(declared.form):
            if shape.ask.role == "category":
                found |= {o.value: visit.say(o.label) for o in shape.ask.options}
    found |= {name: texts.pick(title, visit.language) for name, title in visit.house.categories.items()}
    return list(found.items())


def _day(value: str) -> date | None:
    try:
        day = date.fromisoformat(value) if len(value) == len("2026-11-28") else None
    except ValueError:
        return None
    return day if day is not None and day.year in YEARS else None


def _zone(visit: Visit, actor: Actor) -> ZoneInfo:
    tree = visit.house.directory.tree
    return tree[actor.district_id].timezone if actor.district_id else tree.roots[0].timezone


def _address(kept: Mapping[str, str]) -> str:
    return HOME + ("?" + urlencode(kept) if kept else "")


def _files(visit: Visit, actor: Actor, kept: Mapping[str, str]) -> tuple[pages.Link, ...]:
    if not actor.may(EXPORT.name):
        return ()
    query = "?" + urlencode(kept) if kept else ""
    return tuple(pages.Link(text=visit.say(t), href=f"{HOME}/export/{kind}{query}") for kind, t in (("csv", _("As CSV")), ("xlsx", _("As Excel"))))
