"""Every limit and every rule in force in a district: what it is, where that was set, and changing it with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from sqlalchemy import func, select

from banshi import audit, texts
from banshi.clock import keeping
from banshi.clock.tables import adjustment
from banshi.contracts import ADMINISTER, Actor, Consequence, HandUp, Notify, OpenCase, Own, Raise, Rung
from banshi.districts import District
from banshi.errors import Conflict, Invalid, NotFound
from banshi.escalation import recounting, setting
from banshi.escalation.setting import Setting, Value
from banshi.web import figures, forms, pages
from banshi.web.admin import calendar, frame
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/admin/rules"
HISTORY = 30
LONGEST_REASON = 500
BY: Mapping[str, texts.Text] = {"sweep": _("by itself"), "hand": _("by hand")}


@get([HOME, HOME + "/{code:str}"])
async def show(request: Request[Any, Any, Any], code: FromPath[str] = "") -> Response[Any]:
    """All of them."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = frame.reader(visit)
        district = frame.place(visit, actor, code)
        house, groups = visit.house, dict[str, tuple[list[pages.SetRow], list[pages.SetRow]]]()
        for one in setting.settings(house.registry, house.directory.tree, district.id):
            limits, rules = groups.setdefault(one.declared.key, ([], []))
            (limits if one.deadline else rules).append(_row(visit, district, one))
        page = pages.RulesPage(
            head=frame.head(visit, actor, "rules", district),
            title=visit.say(_("Limits and rules of {district}"), district=district.say(visit.language)),
            groups=tuple(
                pages.RuleGroup(
                    name=key.replace(".", "-"), title=figures.type_title(house, key, visit.language), limits=tuple(limits), rules=tuple(rules)
                )
                for key, (limits, rules) in groups.items()
            ),
            recounting=await calendar.recount_line(visit, district),
        )
        return visit.page("admin/rules.html", page, desk=True)


@get(HOME + "/{code:str}/{key:str}")
async def show_one(request: Request[Any, Any, Any], code: FromPath[str], key: FromPath[str]) -> Response[Any]:
    """One of them with its form and its history."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = frame.reader(visit)
        district = frame.place(visit, actor, code)
        return await _page(visit, actor, district, _find(visit, district, key))


@post(HOME + "/{code:str}/{key:str}")
async def change(request: Request[Any, Any, Any], code: FromPath[str], key: FromPath[str]) -> Response[Any]:
    """Set it for the district and below, or give it back to the district above."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = frame.administrator(visit)
        district = frame.place(visit, actor, code)
        one = _find(visit, district, key)
        try:
            return await _set(visit, actor, district, one, raw)
        except Invalid as refused:
            return await _page(visit, actor, district, one, raw, forms.problems_of(refused), status=400)
        except Conflict as refused:
            return await _page(visit, actor, district, one, raw, forms.refusal_problems(refused), status=409)


async def _set(visit: Visit, actor: Actor, district: District, one: Setting, raw: Mapping[str, list[str]]) -> Response[Any]:
    house, tree = visit.house, visit.house.directory.tree
    said: dict[str, Any] = {}
    if forms.one(raw, "do") != "inherit":
        said = setting.read(one, {name: forms.one(raw, name) for name in ("on", "limit", "urgent", "by")})
        setting.check(house.registry, house.times, tree, district.id, one, said)
    reason = " ".join(forms.one(raw, "reason" if said else "inherit_reason").split())
    if not reason or len(reason) > LONGEST_REASON:
        text = texts.Said(_("Say why, in at most {most} characters."), {"most": LONGEST_REASON})
        raise Invalid(_("Some answers need your attention."), {"inherit_reason" if not said else "reason": text})
    own = dict(house.times.own(district.id, one.key))
    if said == own:
        if forms.one(raw, "version") != str(await _newest(visit, district, one)):  # sent twice: it is so
            return visit.go(f"{HOME}/{district.code}")
        raise Invalid(_("It is so already: nothing would change."))
    await keeping.changing(visit.db)
    if forms.one(raw, "version") != str(await _newest(visit, district, one)):
        raise Conflict(_("Somebody changed it since you opened the page. Your input is still here: compare it with the history, then send it again."))
    await keeping.adjust(visit.db, district.id, one.key, said, reason=reason, post_id=actor.post_id, at=visit.at)
    if one.rule is not None:
        await recounting.ask(visit.db, tree, district.id, visit.at)
    kind = "rule.changed" if one.rule is not None else "limit.changed"
    body = {"key": one.key, "from": own, "to": said}
    await audit.record(visit.db, house.keyring, actor, kind, f"district:{district.code}", body, visit.at)
    return visit.go(f"{HOME}/{district.code}")


async def _newest(visit: Visit, district: District, one: Setting) -> int:
    found = select(func.max(adjustment.c.id)).where(adjustment.c.district_id == district.id, adjustment.c.key == one.key)
    return int((await visit.db.execute(found)).scalar_one() or 0)


def _find(visit: Visit, district: District, key: str) -> Setting:
    found = next((s for s in setting.settings(visit.house.registry, visit.house.directory.tree, district.id) if s.key == key), None)
    if found is None:
        raise NotFound(_("There is no such limit or rule in this district."))
    return found


# -- in words --------------------------------------------------------------------------------------------------------------


def _row(visit: Visit, district: District, one: Setting) -> pages.SetRow:
    found = setting.value(visit.house.times, visit.house.directory.tree, district.id, one)
    return pages.SetRow(
        title=visit.say(one.title),
        href=f"{HOME}/{district.code}/{one.key}",
        value=say_value(visit, one, found),
        source=_source(visit, district, found),
        off=not found.on,
        own=found.district == district,
        under=_steps(visit, one),
    )


def say_value(visit: Visit, one: Setting, found: Value) -> str:
    """Return what holds in words."""
    if not found.on:
        return visit.say(_("switched off"))
    parts = []
    if found.limit is not None:
        parts.append(frame.amount(visit, found.limit, one.unit))
    if found.urgent is not None:
        parts.append(visit.say(_("urgent: {amount}"), amount=frame.amount(visit, found.urgent, one.unit)))
    if found.by is not None:
        parts.append(visit.say(BY[found.by]))
    return ("；" if visit.language == "zh" else "; ").join(parts)


def _source(visit: Visit, district: District, found: Value) -> str:
    if found.district is None:
        return visit.say(_("as declared"))
    if found.district == district:
        return visit.say(_("set here"))
    return visit.say(_("set in {district}"), district=found.district.say(visit.language))


WHOM: Mapping[str, texts.Text] = {
    "officer": _("the officer in charge is told"),
    "department": _("the department is told"),
    "superior": _("the superior is told and looks after it"),
    "oversight": _("the oversight body is told and looks after it"),
}


def say_does(visit: Visit, steps: tuple[Consequence, ...]) -> str:
    """Return what a rung does in words."""
    said: list[texts.Text] = []
    for step in steps:
        match step:
            case Notify(whom=whom):
                said.append(WHOM[whom])
            case Raise():
                said.append(_("it becomes urgent"))
            case HandUp():
                said.append(_("it goes up to the superior department"))
            case OpenCase():
                said.append(_("a case about the procedure is opened"))
            case Own():
                said.append(_("what its plugin does"))
    return ("，" if visit.language == "zh" else ", ").join(visit.say(s) for s in said)


def say_rung(visit: Visit, one: Setting, rung: Rung) -> str:
    """Return when a rung comes, in words."""
    unit = one.unit
    if one.rule is not None and not unit:
        watched = getattr(one.rule.when, "deadline", "")
        unit = next((d.unit for d in one.declared.deadlines if d.name == watched), getattr(one.rule.when, "unit", "workdays"))
    if rung.later:
        return visit.say(_("{amount} after the limit"), amount=frame.amount(visit, rung.later, unit))
    if rung.share < 1:
        return visit.say(_("at {share}% of the limit"), share=f"{100 * rung.share:g}")
    return visit.say(_("at the limit")) if one.limit is not None or hasattr(one.rule and one.rule.when, "deadline") else visit.say(_("at once"))


def _steps(visit: Visit, one: Setting) -> tuple[str, ...]:
    if one.rule is None:
        return ()
    colon = "：" if visit.language == "zh" else ": "
    lines = [say_rung(visit, one, r) + colon + say_does(visit, r.do) for r in one.rule.rungs]
    last = one.rule.rungs[-1]
    if last.again:
        unit = one.unit or "workdays"
        watched = getattr(one.rule.when, "deadline", "")
        unit = next((d.unit for d in one.declared.deadlines if d.name == watched), unit)
        lines.append(visit.say(_("again every {amount} while it lasts"), amount=frame.amount(visit, last.again, unit)))
    return tuple(lines)


# -- one -------------------------------------------------------------------------------------------------------------------


async def _page(
    visit: Visit,
    actor: Actor,
    district: District,
    one: Setting,
    raw: Mapping[str, list[str]] | None = None,
    problems: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> Response[Any]:
    house, say = visit.house, visit.say
    found = setting.value(house.times, house.directory.tree, district.id, one)
    statement = select(adjustment).where(adjustment.c.district_id.in_(district.path), adjustment.c.key == one.key)
    rows = (await visit.db.execute(statement.order_by(adjustment.c.id.desc()).limit(HISTORY))).all()
    version = max((r.id for r in rows if r.district_id == district.id), default=0)
    basis = say(one.deadline.basis) if one.deadline and one.deadline.basis else ""
    facts = [(say(_("Now")), say_value(visit, one, found)), (say(_("Where from")), _source(visit, district, found))]
    facts.append((say(_("As declared")), say_value(visit, one, setting.told(one, {}))))
    note = (
        _("It holds for what is received from now on; what is open keeps its limit.") if one.deadline else _("It holds at once, for open cases too.")
    )
    may = actor.may(ADMINISTER.name)
    own = found.district == district
    page = pages.RulePage(
        head=frame.head(visit, actor, "rules", district),
        title=say(one.title),
        back=f"{HOME}/{district.code}",
        facts=(*facts, *([(say(_("Basis")), basis)] if basis else [])),
        steps=_steps(visit, one),
        note=say(note),
        history=tuple(_version(visit, district, one, r) for r in rows),
        form=_form(visit, district, one, found, version, raw, problems or {}) if may else None,
        inherit=_inherit(visit, district, one, version, problems or {}) if may and own else None,
    )
    return visit.page("admin/rule.html", page, desk=True, status=status)


def _version(visit: Visit, district: District, one: Setting, row: Any) -> pages.VersionRow:
    said = say_value(visit, one, setting.told(one, row.value)) if row.value else visit.say(_("as the district above"))
    return pages.VersionRow(
        district=visit.house.directory.tree[row.district_id].say(visit.language),
        when=frame.moment(visit, row.made, district),
        machine=row.made.isoformat(),
        who=frame.who(visit, row.post_id),
        why=row.reason,
        what=(said,),
    )


def _form(
    visit: Visit, district: District, one: Setting, found: Value, version: int, raw: Mapping[str, list[str]] | None, problems: Mapping[str, Any]
) -> pages.Form:
    say = visit.say
    now = {"on": "on" if found.on else "off", "limit": str(found.limit or ""), "urgent": str(found.urgent or ""), "by": found.by or "", "reason": ""}
    given = now if raw is None or forms.one(raw, "do") == "inherit" else {name: forms.one(raw, name) for name in now}

    def field(name: str, label: texts.Text, **rest: Any) -> pages.Field:
        error = say(problems[name]) if name in problems else ""
        return pages.Field(name=name, label=say(label), value=given[name], error=error, **rest)

    def choice(name: str, value: str, label: texts.Text) -> pages.Choice:
        return pages.Choice(value=value, label=say(label), chosen=given[name] == value)

    unit = {
        "workdays": _("In workdays."),
        "working_hours": _("In working hours."),
        "calendar_days": _("In calendar days."),
        "cases": _("Open cases."),
    }
    fields = [field("on", _("Whether it holds"), kind="radios", choices=(choice("on", "on", _("On")), choice("on", "off", _("Off"))))]
    if one.limit is not None:
        fields.append(field("limit", _("Limit"), kind="number", hint=say(unit[one.unit])))
    if one.deadline is not None:
        fields.append(field("urgent", _("Limit of urgent cases"), kind="number", hint=say(unit[one.unit]), optional=True))
    if one.by is not None:
        choices = (choice("by", "sweep", _("By itself")), choice("by", "hand", _("By hand: any clerk of the case, once it holds")))
        fields.append(field("by", _("How it happens"), kind="radios", choices=choices))
    fields.append(field("reason", _("Reason for the change"), kind="textarea", rows=3, longest=LONGEST_REASON))
    return pages.Form(
        action=f"{HOME}/{district.code}/{one.key}",
        fields=tuple(fields),
        button=say(_("Set it for {district}"), district=district.say(visit.language)),
        problems=forms.problem_list(problems, visit.language),
        hidden=(("version", str(version)),),
        cancel=f"{HOME}/{district.code}",
    )


def _inherit(visit: Visit, district: District, one: Setting, version: int, problems: Mapping[str, Any]) -> pages.Form:
    text = _("As the district above") if district.parent_id is not None else _("As declared")
    error = visit.say(problems["inherit_reason"]) if "inherit_reason" in problems else ""
    reason = pages.Field(name="inherit_reason", label=visit.say(_("Reason for giving it back")), kind="textarea", rows=2, error=error)
    hidden = (("version", str(version)), ("do", "inherit"))
    return pages.Form(action=f"{HOME}/{district.code}/{one.key}", fields=(reason,), button=visit.say(text), hidden=hidden)


HANDLERS = [show, show_one, change]
