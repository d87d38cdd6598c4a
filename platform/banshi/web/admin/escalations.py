"""Tomorrow's escalations: what would happen by itself up to a moment and why, and backlogs over their limit or near it. It changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Stream

from banshi import audit, texts
from banshi.cases import numbers
from banshi.cases.timing import Timed
from banshi.clock import changing
from banshi.contracts import Actor
from banshi.districts import District
from banshi.errors import Invalid
from banshi.escalation import backlog, setting, sweeping
from banshi.escalation.backlog import Pile
from banshi.escalation.pending import Pending
from banshi.escalation.setting import Setting
from banshi.web import casepage, pages
from banshi.web.admin import frame, rules
from banshi.web.desk import export
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/admin/escalations"
LOOKED = 2000
"""So many cases are looked at for the counts."""
PAGE = 50
BATCH = 1000
NEAR = 0.8
"""From this share of its limit on a backlog is shown."""
Coming = tuple[Timed, Pending]


@get([HOME, HOME + "/{code:str}"])
async def show(request: Request[Any, Any, Any], code: FromPath[str] = "") -> Response[Any]:
    """What would happen."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = frame.reader(visit)
        district = frame.place(visit, actor, code)
        problem = ""
        try:
            day = _day(visit, district)
        except Invalid as refused:
            day, problem = _tomorrow(visit, district), visit.say(refused.text, **refused.values)
        page = await _page(visit, actor, district, day, problem)
        return visit.page("admin/escalations.html", page, desk=True, status=400 if problem else 200)


@get(HOME + "/{code:str}/csv")
async def as_csv(request: Request[Any, Any, Any], code: FromPath[str]) -> Stream:
    """The whole list as a file, read a batch at a time."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = frame.reader(visit)
        district = frame.place(visit, actor, code)
        until = _end(visit, district, _day(visit, district))
        body = {"until": until.isoformat()}
        await audit.record(visit.db, visit.house.keyring, actor, "escalations.exported", f"district:{district.code}", body, visit.at)
    headers = {"Content-Disposition": f'attachment; filename="banshi-escalations-{until:%Y%m%d}.csv"', "Cache-Control": "no-store"}
    return Stream(_csv(visit, district, until), media_type="text/csv; charset=utf-8", headers=headers)


# -- up to when ------------------------------------------------------------------------------------------------------------


def _tomorrow(visit: Visit, district: District) -> date:
    return visit.house.times.calendar(district.id).day_of(visit.at) + timedelta(days=1)


def _day(visit: Visit, district: District) -> date:
    """Return the last day that was asked for; tomorrow where none was."""
    said = visit.request.query_params.get("until", "")
    return changing.read_day(said) if said.strip() else _tomorrow(visit, district)


def _end(visit: Visit, district: District, day: date) -> datetime:
    return visit.house.times.calendar(district.id).moment(day, 24 * 60)


def _after(visit: Visit) -> tuple[datetime, int] | None:
    """Return where the page before ended; None for the first one, and for what no page of ours says."""
    stamp, _dot, case_id = visit.request.query_params.get("after", "").rpartition(".")
    try:
        at, last = datetime.fromisoformat(stamp), int(case_id)
    except ValueError:
        return None
    return (at, last) if at.tzinfo is not None and 0 <= last < 2**63 else None


# -- the page --------------------------------------------------------------------------------------------------------------


async def _page(visit: Visit, actor: Actor, district: District, day: date, problem: str) -> pages.EscalationsPage:
    house, say, language = visit.house, visit.say, visit.language
    until, after = _end(visit, district, day), _after(visit)
    below = [d.id for d in house.directory.tree.below(district.id)]
    known = {s.key: s for s in setting.settings(house.registry, house.directory.tree, district.id)}
    found = await sweeping.coming(visit.db, house, until, most=LOOKED if after is None else PAGE + 1, district_ids=below, after_=after)
    order = list(dict.fromkeys(t.row.id for t, _p in found))
    first = order[:PAGE]
    shown = [(t, p) for t, p in found if t.row.id in set(first)]
    links = await frame.case_links(visit, actor, [t.row.number for t, _p in shown])
    counts: dict[str, int] = {}
    for _t, one in found:
        counts[one.rule.key] = counts.get(one.rule.key, 0) + 1
    more = "+" if len(order) >= LOOKED else ""
    address = f"{HOME}/{district.code}"
    cursor = ""
    if len(order) > PAGE and (at := await sweeping.place(visit.db, first[-1])) is not None:
        cursor = f"{at.isoformat()}.{first[-1]}"
    total = texts.say_number(len(order), language) + more
    moment = frame.moment(visit, until - timedelta(minutes=1), district)
    said = say(_("Up to {moment} something would happen by itself on {count} cases."), moment=moment, count=total)
    ask = pages.Field(
        name="until",
        label=say(_("Up to the end of")),
        kind="date",
        value=visit.request.query_params.get("until", "") or day.isoformat(),
        error=problem,
    )
    return pages.EscalationsPage(
        head=frame.head(visit, actor, "escalations", district),
        title=say(_("What escalates in {district}"), district=district.say(language)),
        form=pages.Form(
            action=address, fields=(ask,), button=say(_("Show")), problems=(pages.Problem(text=problem, field="until"),) if problem else ()
        ),
        said=said if after is None else say(_("Further cases, up to {moment}."), moment=moment),
        counts=tuple((_title(visit, known, key), texts.say_number(n, language) + more) for key, n in sorted(counts.items())) if after is None else (),
        rows=tuple(_row(visit, known, t, p, links[t.row.number]) for t, p in shown),
        csv=f"{address}/csv?" + urlencode({"until": day.isoformat()}),
        further=f"{address}?" + urlencode({"until": day.isoformat(), "after": cursor}) if cursor else "",
        piles=tuple(_pile(visit, p) for p in await backlog.piles(visit.db, house, visit.at, near=NEAR) if p.surplus.district_id in below)
        if after is None
        else (),
        first=after is None,
    )


def _title(visit: Visit, known: dict[str, Setting], key: str) -> str:
    return visit.say(known[key].title) if key in known else key


def _row(visit: Visit, known: dict[str, Setting], found: Timed, one: Pending, link: pages.Link) -> pages.RungRow:
    house = visit.house
    district = house.directory.tree[found.row.district_id]
    of_rule = known.get(one.rule.key) or Setting(key=one.rule.key, declared=found.declared, rule=one.rule)
    return pages.RungRow(
        case=link,
        kind=casepage.category(found.declared, found.row, visit.language),
        district=district.say(visit.language),
        rule=visit.say(one.rule.title),
        rung=rules.say_rung(visit, of_rule, one.step),
        when=frame.moment(visit, one.at, district),
        machine=one.at.isoformat(),
        why=say_why(visit, one, district),
        does=rules.say_does(visit, one.step.do),
    )


def say_why(visit: Visit, one: Pending, district: District) -> str:
    """Return why: since when, and against which limit it was counted."""
    since = frame.moment(visit, one.since, district)
    if not one.limit:
        return visit.say(_("since {since}"), since=since)
    return visit.say(_("since {since}, limit {amount}"), since=since, amount=frame.amount(visit, one.limit, one.unit))


def _pile(visit: Visit, pile: Pile) -> pages.PileRow:
    over = pile.surplus.count > pile.most
    if pile.under_review:
        note = visit.say(_("a case about the procedure is open"))
    else:
        note = visit.say(_("over the limit: a case about the procedure will be opened")) if over else visit.say(_("near the limit"))
    return pages.PileRow(
        category=texts.pick(pile.surplus.title, visit.language) or pile.surplus.category,
        department=pile.surplus.department.say(visit.language),
        count=texts.say_number(pile.surplus.count, visit.language),
        limit=texts.say_number(pile.most, visit.language),
        note=note,
        over=over,
    )


# -- the file --------------------------------------------------------------------------------------------------------------

COLUMNS: Sequence[texts.Text] = (
    *(_("Number"), _("Kind of case"), _("Category"), _("District"), _("Department")),
    *(_("Rule"), _("Rung"), _("When"), _("Since"), _("Limit"), _("What happens")),
)


async def _csv(visit: Visit, district: District, until: datetime) -> AsyncIterator[bytes]:
    yield "\ufeff".encode() + export.lines([tuple(visit.say(c) for c in COLUMNS)])
    house = visit.house
    below = [d.id for d in house.directory.tree.below(district.id)]
    known = {s.key: s for s in setting.settings(house.registry, house.directory.tree, district.id)}
    after: tuple[datetime, int] | None = None
    while True:
        async with visit.site.database.transaction() as db:
            keys = await sweeping.due(db, until, most=BATCH, district_ids=below, after_=after)
            found = await sweeping.coming(db, house, until, most=BATCH, district_ids=below, after_=after)
        if found:
            yield export.lines([_line(visit, known, t, p) for t, p in found])
        if len(keys) < BATCH:
            return
        after = keys[-1]


def _line(visit: Visit, known: dict[str, Setting], found: Timed, one: Pending) -> tuple[Any, ...]:
    row, house = found.row, visit.house
    drawn = _row(visit, known, found, one, pages.Link(text="", href=""))
    zone = house.directory.tree[row.district_id].timezone
    return (
        numbers.show(row.number),
        house.book[row.type_id].title.get(visit.language, found.declared.key),
        drawn.kind,
        drawn.district,
        house.directory.department(row.department_id).say(visit.language) if row.department_id else "",
        drawn.rule,
        drawn.rung,
        *(at.astimezone(zone).replace(tzinfo=None, microsecond=0) for at in (one.at, one.since)),
        frame.amount(visit, one.limit, one.unit) if one.limit else "",
        drawn.does,
    )


HANDLERS = [show, as_csv]
