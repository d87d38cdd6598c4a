"""The pool and the panels in a browser: the public register, the desk's pages, and where experts give their own sheets."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import Actor, Ask, Forbidden, Invalid, NotFound, Refused, toolkit, translator
from banshi_approvals.catalogue.content import say
from banshi_approvals.experts import lot, panels, pool, ways
from banshi_approvals.experts.facts import Facts, Sheet

_ = translator("banshi_approvals")

SEPARATORS = str.maketrans("，、；;\n", ",,,,,")
WHY = {"employer": _("The applicant is their house"), "self": _("They are the applicant")}
TIES = {option.value: option.label for option in ways.TIES}


class ExpertForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the pool says of an expert."""

    name: Annotated[str, msgspec.Meta(min_length=2, max_length=60), Ask(label=_("Name"))]
    fields: Annotated[
        str, msgspec.Meta(min_length=1, max_length=300), Ask(label=_("Fields"), hint=_("Separated by commas, in the words of the catalogue"))
    ]
    employer: Annotated[
        str,
        msgspec.Meta(min_length=2, max_length=120),
        Ask(label=_("Works for"), hint=_("The full name: nobody judges what their own house applies for")),
    ]
    post: Annotated[str, msgspec.Meta(max_length=120), Ask(label=_("Post or title"))] = ""
    login: Annotated[
        str,
        msgspec.Meta(max_length=60),
        Ask(
            label=_("Account with which they sign in"),
            hint=_("So that they enter their sheets themselves. Empty: the secretary copies the signed sheet"),
        ),
    ] = ""
    until: Annotated[date | None, Ask(label=_("Last day in the pool"), hint=_("Empty: for as long as it goes"))] = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An expert of a list."""

    name: str
    fields: str
    employer: str
    post: str
    code: str
    href: str = ""
    until: str = ""
    account: bool = False


class RegisterPage(msgspec.Struct, frozen=True, kw_only=True):
    """A list of experts: public, or at the desk with the way to change it."""

    rows: tuple[Row, ...]
    fields: tuple[tuple[str, str, int, bool], ...]
    every: str
    add: str = ""


class EditPage(msgspec.Struct, frozen=True, kw_only=True):
    """An expert's form."""

    title: str
    form: Any
    back: str


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


class Register(Controller):
    """The pool."""

    path = "/"

    @get("/experts", opt={"permission": "public"})
    async def public(self, request: Request[Any, Any, Any], field: FromQuery[str] = "") -> Response[Any]:
        """Show who can be drawn: the register is public."""
        async with toolkit.visiting(request) as visit:
            return toolkit.page(visit, "approvals/experts/register.html", await _register(visit, "experts", field))

    @get("/desk/experts", opt={"permission": "approvals.experts"})
    async def kept(self, request: Request[Any, Any, Any], field: FromQuery[str] = "") -> Response[Any]:
        """Show the pool with those who left it, and the way to change it."""
        async with toolkit.visiting(request) as visit:
            return toolkit.page(visit, "approvals/experts/kept.html", await _register(visit, "desk/experts", field, desk=True), desk=True)

    @get("/desk/experts/{code:str}", opt={"permission": "approvals.experts"})
    async def edit(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """Show the form of an expert, or of a new one."""
        async with toolkit.visiting(request) as visit:
            known = await _known(visit, code)
            raw = _raw(known) if known is not None else {}
            return _edit(visit, code, raw)

    @post("/desk/experts/{code:str}", opt={"permission": "approvals.experts"}, status_code=200)
    async def put(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """Add an expert or change what is said of them; a form that comes twice adds one."""
        sent = await _fields(request)
        raw = {name: sent.get(name, "") for name in ExpertForm.__struct_fields__}
        try:
            async with toolkit.visiting(request) as visit:
                known = await _known(visit, code)
                form: ExpertForm = toolkit.decode(ExpertForm, raw)
                wanted = await _expert(visit, known, form, sent.get("key", ""))
                before = (await pool.named(visit.db, [wanted.code])).get(wanted.code)  # a form that comes twice finds what it wrote
                await pool.put(visit.db, wanted, visit.at)
                if changed := [n for n in pool.Expert.__struct_fields__ if before is None or getattr(before, n) != getattr(wanted, n)]:
                    subject, keyring = f"approvals.expert:{wanted.code}", visit.house.keyring
                    await toolkit.audit(visit.db, keyring, visit.staff(), "approvals.expert", subject, {"changed": changed}, visit.at)
                return visit.go(f"/d/{_district(visit)}/approvals/desk/experts")
        except Invalid as refused:
            async with toolkit.visiting(request) as visit:
                return _edit(visit, code, raw, refused, sent.get("key", ""))


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
        sent = await _fields(request)
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
            district = _district(visit)
            rows = tuple(
                (toolkit.show_number(r.number), f"/d/{district}/approvals/my-panels/{toolkit.show_number(r.number)}", r.title) for r in found
            )
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
        sent = await _fields(request)
        try:
            async with toolkit.visiting(request) as visit:
                row, codes = await _own_row(visit, number)
                if sent.get("expert") not in codes:
                    raise Forbidden(_("This is the seat of somebody else."))
                await _do(visit, Actor.SYSTEM, row, action, sent)
                return visit.go(f"/d/{_district(visit)}/approvals/my-panels")
        except Refused as refused:
            if isinstance(refused, (Forbidden, NotFound)):
                raise
            async with toolkit.visiting(request) as visit:
                row, codes = await _own_row(visit, number)
                return await _panel(visit, None, row, own=codes, sent=sent, refused=refused)


# -- the pool ----------------------------------------------------------------------------------------------------------------


async def _fields(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


def _district(visit: Any) -> str:
    return str(visit.district.code)


async def _register(visit: Any, path: str, field: str, *, desk: bool = False) -> RegisterPage:
    today = visit.at.astimezone(visit.district.timezone).date()
    base = f"/d/{_district(visit)}/approvals/{path}"
    field = field[:60] if field.isprintable() else ""
    rows = [
        Row(
            name=e.name,
            fields=("、" if visit.language == "zh" else ", ").join(e.fields),
            employer=e.employer,
            post=e.post,
            code=e.code,
            href=f"{base}/{e.code}" if desk else "",
            until=toolkit.say_date(e.until, visit.language) if e.until else "",
            account=e.person_id is not None,
        )
        for e in await pool.listed(visit.db, today, field=field, ended=desk)
    ]
    known = await pool.fields(visit.db, today)
    fields = tuple((name, name, count, name == field) for name, count in known.items())
    return RegisterPage(rows=tuple(rows), fields=fields, every=base, add=f"{base}/new" if desk else "")


async def _known(visit: Any, code: str) -> pool.Expert | None:
    if code == "new":
        return None
    found = (await pool.named(visit.db, [code])).get(code) if code.isascii() and code.isprintable() else None
    if found is None:
        raise NotFound(_("There is no such expert in the pool."))
    return found


def _raw(known: pool.Expert) -> dict[str, str]:
    return {
        "name": known.name,
        "fields": ", ".join(known.fields),
        "employer": known.employer,
        "post": known.post,
        "until": known.until.isoformat() if known.until else "",
    }


async def _expert(visit: Any, known: pool.Expert | None, form: ExpertForm, key: str) -> pool.Expert:
    today = visit.at.astimezone(visit.district.timezone).date()
    fields = tuple(dict.fromkeys(f for f in (one.strip() for one in form.fields.translate(SEPARATORS).split(",")) if f))
    problems: dict[str, Any] = {}
    person_id = await toolkit.person_of(visit, form.login) if form.login else known.person_id if known is not None else None
    if form.login and person_id is None:
        problems["login"] = _("Nobody signs in under this name.")
    if not fields:
        problems["fields"] = _("Name at least one field.")
    if known is None and form.until is not None and form.until < today:
        problems["until"] = _("This day is past.")
    if problems:
        raise Invalid(ways.PROBLEM, problems)
    code = known.code if known is not None else "E" + str(int(hashlib.sha256((key or secrets.token_hex(12)).encode()).hexdigest(), 16) % 10**10)
    return pool.Expert(
        code=code,
        name=form.name,
        fields=fields,
        employer=form.employer,
        post=form.post,
        person_id=person_id,
        since=known.since if known is not None else today,
        until=form.until,
    )


def _edit(visit: Any, code: str, raw: Mapping[str, str], refused: Invalid | None = None, key: str = "") -> Response[Any]:
    base = f"/d/{_district(visit)}/approvals/desk/experts"
    form = toolkit.form(
        visit,
        ExpertForm,
        f"{base}/{code}",
        visit.say(_("Save")),
        raw=raw,
        refused=refused,
        hidden=(("key", key or secrets.token_hex(12)),),
        cancel=base,
    )
    title = visit.say(_("Add an expert")) if code == "new" else raw.get("name", "")
    shown = EditPage(title=title, form=form, back=base)
    return toolkit.page(visit, "approvals/experts/edit.html", shown, desk=True, status=refused.status if refused else 200)


# -- panels ------------------------------------------------------------------------------------------------------------------


def _at_desk(visit: Any, number: str) -> str:
    return f"/d/{_district(visit)}/approvals/desk/panel/{toolkit.show_number(number)}"


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
    reader = _Reader(db=visit.db, language=visit.language, district=_district(visit))
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
        action=f"/d/{_district(visit)}/approvals/my-panels/{number}" if mine else _at_desk(visit, row.number),
        key=secrets.token_hex(8),
        ties=tuple((o.value, visit.say(o.label)) for o in ways.TIES),
        desk=f"/d/{_district(visit)}/approvals/my-panels" if mine else f"/desk/case/{number}",
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


CONTROLLERS = (Register, Panels, Own)
