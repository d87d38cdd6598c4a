"""Panels in a browser: how the lot fell, and the sheets, copied by the secretary or given by the experts themselves."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from banshi import Actor, Forbidden, Invalid, NotFound, Refused, toolkit, translator
from banshi_approvals.catalogue.content import say
from banshi_approvals.experts import lot, panels, pool, ways
from banshi_approvals.experts.facts import Facts, Sheet

_ = translator("banshi_approvals")

WHY = {"employer": _("The applicant is their house"), "self": _("They are the applicant")}
TIES = {option.value: option.label for option in ways.TIES}


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """One draw as it can be drawn again: the numbers by code, the smallest first."""

    field: str
    seed: int
    at: str
    numbers: tuple[tuple[str, str, str, str], ...]
    excluded: tuple[tuple[str, str], ...]


class Tied(msgspec.Struct, frozen=True, kw_only=True):
    """A conflict that was declared."""

    name: str
    seat: int
    tie: str
    told: str
    by: str
    follower: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """The sheet of one expert as a form: criteria with what was typed."""

    code: str
    name: str
    seat: int
    criteria: tuple[tuple[str, str, str], ...]
    opinion: str
    reasons: str
    entered: str
    open: bool


class PanelPage(msgspec.Struct, frozen=True, kw_only=True):
    """A panel: how it was drawn, who sits, who had a conflict, and the sheets."""

    number: str
    title: str
    line: Any
    lots: tuple[Drawn, ...]
    conflicts: tuple[Tied, ...]
    entries: tuple[Entry, ...]
    action: str
    key: str
    ties: tuple[tuple[str, str], ...]
    desk: str
    open: bool
    own: bool
    problem: str = ""


class MinePage(msgspec.Struct, frozen=True, kw_only=True):
    """The panels on which somebody still owes a sheet."""

    rows: tuple[tuple[str, str, str], ...]
    names: str


class Panels(Controller):
    """A panel at the desk: its secretary sees the lot, copies sheets, and notes conflicts."""

    path = "/desk/panel"

    @get("/{number:str}", opt={"permission": "approvals.experts"})
    async def show(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Show the panel."""
        async with toolkit.visiting(request) as visit:
            return await _panel(visit, *await _desk_row(visit, number))

    @post("/{number:str}/{action:str}", opt={"permission": "approvals.experts"}, status_code=200)
    async def act(self, request: Request[Any, Any, Any], number: FromPath[str], action: FromPath[str]) -> Response[Any]:
        """Take a sheet or a conflict."""
        sent = {name: values[-1] for name, values in (await toolkit.read(request)).items()}
        try:
            async with toolkit.visiting(request) as visit:
                actor, row = await _desk_row(visit, number)
                await _do(visit, actor, row, action, sent)
                return visit.go(_at_desk(visit, row.number))
        except Refused as refused:
            async with toolkit.visiting(request) as visit:
                actor, row = await _desk_row(visit, number)
                return await _panel(visit, actor, row, sent=sent, refused=refused)


class Own(Controller):
    """Where experts who have an account give their own sheets, and declare what ties them to the applicant."""

    path = "/my-panels"

    @get("/", opt={"permission": "public"})
    async def index(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """List the panels on which a sheet is still owed."""
        async with toolkit.visiting(request) as visit:
            mine = await _mine(visit)
            found = await pool.seats_of(visit.db, [e.code for e in mine])
            shown = [(toolkit.show_number(r.number), r.title) for r in found]
            rows = tuple((number, f"{_own(visit)}/{number}", title) for number, title in shown)
            return toolkit.page(visit, "approvals/experts/mine.html", MinePage(rows=rows, names=mine[0].name))

    @get("/{number:str}", opt={"permission": "public"})
    async def show(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Show the own sheet."""
        async with toolkit.visiting(request) as visit:
            row, codes = await _own_row(visit, number)
            return await _panel(visit, None, row, own=codes)

    @post("/{number:str}/{action:str}", opt={"permission": "public"}, status_code=200)
    async def act(self, request: Request[Any, Any, Any], number: FromPath[str], action: FromPath[str]) -> Response[Any]:
        """Take the own sheet, or the own conflict."""
        sent = {name: values[-1] for name, values in (await toolkit.read(request)).items()}
        try:
            async with toolkit.visiting(request) as visit:
                row, codes = await _own_row(visit, number)
                if sent.get("expert") not in codes:
                    raise Forbidden(_("This is the seat of somebody else."))
                await _do(visit, Actor.SYSTEM, row, action, sent)
                return visit.go(_own(visit))
        except Refused as refused:
            if isinstance(refused, (Forbidden, NotFound)):
                raise
            async with toolkit.visiting(request) as visit:
                row, codes = await _own_row(visit, number)
                return await _panel(visit, None, row, own=codes, sent=sent, refused=refused)


def _own(visit: Any) -> str:
    return f"/d/{visit.district.code}/approvals/my-panels"


def _at_desk(visit: Any, number: str) -> str:
    return f"/d/{visit.district.code}/approvals/desk/panel/{toolkit.show_number(number)}"


async def _desk_row(visit: Any, number: str) -> tuple[Any, Any]:
    actor, row = await toolkit.desk_case(visit, number)
    declared = visit.house.declared(row.type_id)
    if declared is None or declared.key != panels.PANEL:
        raise NotFound(_("There is no such panel."))
    return actor, row


async def _mine(visit: Any) -> list[pool.Expert]:
    if visit.visitor.person_id is None:
        visit.staff()  # asks to sign in
    found = await pool.of_person(visit.db, visit.visitor.person_id)
    if not found:
        raise Forbidden(_("Your account is not that of an expert of the pool."))
    return found


async def _own_row(visit: Any, number: str) -> tuple[Any, tuple[str, ...]]:
    mine = [e.code for e in await _mine(visit)]
    plain = toolkit.read_number(number)
    row = await pool.panel_of(visit.db, plain, mine)
    if row is None:
        raise NotFound(_("There is no such panel on which you sit."))
    sitting = msgspec.convert(row.facts, Facts).sitting()
    return row, tuple(c for c in mine if c in sitting)


async def _do(visit: Any, actor: Any, row: Any, action: str, sent: Mapping[str, str]) -> None:
    facts = msgspec.convert(row.facts, Facts)
    answers: dict[str, Any] = {"expert": sent.get("expert", "")}
    if action == "score":
        points = [f"{c.value}:{sent.get(f'points.{c.value}', '').strip()}" for c in facts.criteria]
        answers |= {"points": points, "opinion": sent.get("opinion", ""), "reasons": sent.get("reasons", "")}
    elif action == "conflict":
        answers |= {"tie": sent.get("tie", ""), "told": sent.get("told", "")}
    else:
        raise NotFound(_("There is nothing here."))
    form = toolkit.decode(ways.Scored if action == "score" else ways.Tied, answers)
    key = sent.get("key", "")
    safe = key if len(key) <= 40 and key.isascii() and key.isprintable() else ""
    told = hashlib.sha256(msgspec.json.encode([action, answers])).hexdigest()[:32]
    wanted = toolkit.Act(number=row.number, action=action, form=form, key=f"{safe}:{told}" if safe else "")
    await toolkit.act(visit, actor, wanted)


async def _panel(
    visit: Any, actor: Any, row: Any, *, own: tuple[str, ...] = (), sent: Mapping[str, str] = {}, refused: Refused | None = None
) -> Response[Any]:
    facts = msgspec.convert(row.facts, Facts)
    mine = actor is None
    everybody = [*facts.sitting(), *(c.expert for c in facts.conflicts), *(x for one in facts.lots for x in (*one.candidates, *dict(one.excluded)))]
    known = await pool.named(visit.db, everybody)
    names = {code: known[code].name if code in known else code for code in everybody}
    reader = _Reader(db=visit.db, language=visit.language, district=visit.district.code)
    line = await panels.line(reader, row.number, row.state, row.outcome, facts, names=True)
    seats = [s for s in facts.seats if s.expert and (not mine or s.expert in own)]
    number = toolkit.show_number(row.number)
    page = PanelPage(
        number=number,
        title=row.title,
        line=line,
        lots=() if mine else tuple(_drawn(visit, one, names, facts) for one in facts.lots),
        conflicts=() if mine else tuple(_tied(visit, c, names) for c in facts.conflicts),
        entries=tuple(_entry(visit, facts, s.expert, names[s.expert], s.number, sent, row.closed is None) for s in seats),
        action=f"{_own(visit)}/{number}" if mine else _at_desk(visit, row.number),
        key=secrets.token_hex(8),
        ties=tuple((o.value, visit.say(o.label)) for o in ways.TIES),
        desk=_own(visit) if mine else f"/desk/case/{number}",
        open=row.closed is None,
        own=mine,
        problem=_problem(visit, refused),
    )
    template = "approvals/experts/own.html" if mine else "approvals/experts/sheets.html"
    return toolkit.page(visit, template, page, desk=not mine, status=refused.status if refused else 200)


class _Reader(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a panel is read outside a panel of the kernel's pages."""

    db: Any
    language: str
    district: str


def _problem(visit: Any, refused: Refused | None) -> str:
    if refused is None:
        return ""
    problems = refused.problems.values() if isinstance(refused, Invalid) else ()
    return " ".join([visit.say(refused.text, **refused.values), *(visit.say(text) for text in problems)])


def _drawn(visit: Any, one: Any, names: Mapping[str, str], facts: Facts) -> Drawn:
    seats = {s.expert: visit.say(_("seat {number}"), number=s.number) for s in facts.seats}
    out = {c.expert for c in facts.conflicts}
    numbers = tuple(
        (
            code,
            names[code],
            f"{number:.6f}",
            visit.say(_("conflict of interest")) if code in out else seats.get(code, visit.say(_("next in the lot"))),
        )
        for code, number in lot.numbers(one.seed, one.candidates)
    )
    excluded = tuple((names[code], visit.say(WHY[why]) if why in WHY else why) for code, why in one.excluded)
    at = toolkit.say_moment(one.at, visit.district.timezone, visit.language, visit.at)
    return Drawn(field=one.field, seed=one.seed, at=at, numbers=numbers, excluded=excluded)


def _tied(visit: Any, one: Any, names: Mapping[str, str]) -> Tied:
    by = visit.say(_("the expert")) if one.by == "expert" else visit.say(_("Staff {number}"), number=one.by)
    return Tied(name=names[one.expert], seat=one.seat, tie=visit.say(TIES[one.tie]), told=one.told, by=by, follower=names.get(one.follower, ""))


def _entry(visit: Any, facts: Facts, code: str, name: str, seat: int, sent: Mapping[str, str], open_: bool) -> Entry:
    sheet: Sheet | None = facts.sheet(code)
    typed = sent if sent.get("expert") == code else {}
    points = {c.value: str(sheet.points.get(c.value, "")) if sheet is not None else "" for c in facts.criteria}
    entered = ""
    if sheet is not None:
        by = visit.say(_("the expert")) if sheet.entered == "expert" else visit.say(_("Staff {number}"), number=sheet.entered)
        entered = visit.say(
            _("Entered by {who}, {when}"), who=by, when=toolkit.say_moment(sheet.at, visit.district.timezone, visit.language, visit.at)
        )
    criteria: Sequence[Any] = facts.criteria
    return Entry(
        code=code,
        name=name,
        seat=seat,
        criteria=tuple((c.value, say(c.label, visit.language), typed.get(f"points.{c.value}", points[c.value])) for c in criteria),
        opinion=typed.get("opinion", sheet.opinion if sheet is not None else ""),
        reasons=typed.get("reasons", sheet.reasons if sheet is not None else ""),
        entered=entered,
        open=open_,
    )
