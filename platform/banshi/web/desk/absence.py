"""Who is away and who stands in: every officer for themselves, the head of a department or an administrator for others."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import texts
from banshi.cases.decoding import decode
from banshi.contracts import ADMINISTER, DEPUTIES, Actor, Ask, Officer, Option
from banshi.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from banshi.identity import deputies
from banshi.identity.deputies import Away, Naming
from banshi.identity.standing import Absence, Deputy
from banshi.web import forms, pages, standing
from banshi.web.desk import menu
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME, ALL = menu.ABSENCE, menu.ABSENCES
YEARS = range(2000, 2101)
COLLEAGUES = 12
MOST = 200
REASONS = (
    Option("leave", _("Leave")),
    Option("sick", _("Sick")),
    Option("duty", _("Official duty elsewhere")),
    Option("training", _("Training")),
    Option("other", _("Something else")),
)
TIME = msgspec.Meta(pattern=r"^([01]?\d|2[0-3])[:：][0-5]\d$", max_length=5)
CLOCK = _("Such as 13:30. Empty: the whole day.")


class AwayForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An absence as a person enters it, by days or hours."""

    since: Annotated[date, Ask(label=_("First day away"))]
    since_time: Annotated[str, TIME, Ask(label=_("From what time on that day"), hint=CLOCK)] = ""
    until: Annotated[date, Ask(label=_("Last day away"))]
    until_time: Annotated[str, TIME, Ask(label=_("Until what time on that day"), hint=CLOCK)] = ""
    reason: Annotated[deputies.Reason, Ask(label=_("Kind of absence"), hint=_("Colleagues do not see it."), options=REASONS)]


class DeputyForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A deputy as a person names one."""

    staff_number: Annotated[str, msgspec.Meta(min_length=1, max_length=40), Ask(label=_("Staff number of the deputy"), autocomplete="off")]
    first_day: Annotated[date, Ask(label=_("From which day"))]
    last_day: Annotated[date, Ask(label=_("Until which day"), hint=_("At most a year. You can revoke it earlier at any time."))]
    order: Annotated[
        str,
        Ask(label=_("Order"), options=(Option("after", _("After the deputies who are named already")), Option("before", _("Before them")))),
    ] = "after"


@get(HOME)
async def show_own(request: Request[Any, Any, Any]) -> Response[Any]:
    """One's own absences and deputies, and for whom one stands in."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        return await _page(visit, actor, _officer(visit, actor, actor.staff_number))


@get(HOME + "/{staff_number:str}")
async def show(request: Request[Any, Any, Any], staff_number: FromPath[str]) -> Response[Any]:
    """The same of another officer, for who may enter it for them."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        return await _page(visit, actor, _officer(visit, actor, staff_number))


@get(ALL)
async def show_all(request: Request[Any, Any, Any], number: FromQuery[str] = "") -> Response[Any]:
    """Who is away, or will be, of all for whom the reader may enter it; a staff number leads to its officer."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        if not actor.may(DEPUTIES.name):
            raise Forbidden(_("Your post does not carry the right to do this."))
        found = visit.house.directory.officer(number.strip()) if number.strip() else None
        if found is not None and deputies.may(visit.house.directory, actor, found):
            return visit.go(_of(found))
        problem = visit.say(_("Nobody with this staff number works where you may enter it."), number=number) if number.strip() else ""
        sections, _counts = await menu.menu(visit, actor, ALL)
        rows, more = _rows(visit, actor)
        page = pages.AbsencesPage(
            sections=sections,
            rows=rows,
            more=visit.say(_("These are the first {count}."), count=MOST) if more else "",
            officers=tuple(
                pages.Link(text=visit.say(_("Staff {number}"), number=o.staff_number), href=_of(o))
                for o in (visit.house.directory.officers_of(actor.department_id)[:MOST] if actor.department_id is not None else ())
            ),
            number=number.strip()[:40],
            problem=problem,
            limits="/admin/deputies" if actor.may(ADMINISTER.name) else "",
        )
        return visit.page("desk/absences.html", page, desk=True, status=404 if problem else 200)


@post(HOME + "/{staff_number:str}/away")
async def enter(request: Request[Any, Any, Any], staff_number: FromPath[str]) -> Response[Any]:
    """Enter an absence; sent twice, it stands once."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = visit.staff()
        officer = _officer(visit, actor, staff_number)
        directory, keyring = visit.house.directory, visit.house.keyring
        try:
            form: AwayForm = decode(AwayForm, forms.answers(raw))
            since, until = _span(officer, visit, (form.since, form.since_time), (form.until, form.until_time))
            away = Away(post_id=officer.id, since=since, until=until, reason=form.reason)
            await deputies.enter(visit.db, directory, keyring, actor, away, visit.at, key=forms.key_of(raw))
        except (Invalid, Conflict) as refused:
            return await _page(visit, actor, officer, away=raw, refused=refused)
        return visit.go(_address(actor, officer))


@post(HOME + "/{staff_number:str}/deputy")
async def name(request: Request[Any, Any, Any], staff_number: FromPath[str]) -> Response[Any]:
    """Name a deputy; sent twice, they are named once."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = visit.staff()
        officer = _officer(visit, actor, staff_number)
        directory, keyring = visit.house.directory, visit.house.keyring
        try:
            form: DeputyForm = decode(DeputyForm, forms.answers(raw))
            since, until = _span(officer, visit, (form.first_day, ""), (form.last_day, ""))
            naming = Naming(post_id=officer.id, staff_number=form.staff_number, since=since, until=until, before=form.order == "before")
            await deputies.name(visit.db, directory, keyring, actor, naming, visit.at, key=forms.key_of(raw))
        except (Invalid, Conflict) as refused:
            return await _page(visit, actor, officer, deputy=raw, refused=refused)
        return visit.go(_address(actor, officer))


@post(HOME + "/{staff_number:str}/take-back")
async def take_back(request: Request[Any, Any, Any], staff_number: FromPath[str]) -> Response[Any]:
    """Cancel an absence, or come back early; pressed twice, nothing more happens."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = visit.staff()
        officer = _officer(visit, actor, staff_number)
        await deputies.take_back(visit.db, visit.house.directory, visit.house.keyring, actor, _id(raw, "absence"), visit.at)
        return visit.go(_address(actor, officer))


@post(HOME + "/{staff_number:str}/revoke")
async def revoke(request: Request[Any, Any, Any], staff_number: FromPath[str]) -> Response[Any]:
    """Revoke a deputy, at once; pressed twice, nothing more happens."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = visit.staff()
        officer = _officer(visit, actor, staff_number)
        await deputies.revoke(visit.db, visit.house.directory, visit.house.keyring, actor, _id(raw, "deputy"), visit.at)
        return visit.go(_address(actor, officer))


def _officer(visit: Visit, actor: Actor, staff_number: str) -> Officer:
    found = visit.house.directory.officer(staff_number)
    if found is None:
        raise NotFound(_("There is no such post, or it has ended."))
    if not deputies.may(visit.house.directory, actor, found):
        raise Forbidden(_("Absences and deputies are entered by the officers themselves, by the head of their department, or by an administrator."))
    return found


def _address(actor: Actor, officer: Officer) -> str:
    return HOME if actor.post_id == officer.id else _of(officer)


def _of(officer: Officer) -> str:
    """Return the address of an officer's page; a staff number may be written in any letters."""
    return f"{HOME}/{quote(officer.staff_number, safe='')}"


def _id(raw: Mapping[str, list[str]], name: str) -> int:
    said = forms.one(raw, name)
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0


def _span(officer: Officer, visit: Visit, start: tuple[date, str], end: tuple[date, str]) -> tuple[datetime, datetime]:
    """Return two days with their times, whole where there is none, as moments in the zone of the officer's district."""
    zone = standing.zone_of(visit, officer)
    wrong = {n: _("Enter a day of this century.") for n, d in (("since", start[0]), ("until", end[0])) if d.year not in YEARS}
    if wrong:
        raise Invalid(deputies.CHECK, wrong)
    (first, begun), (last, ended) = start, end
    return _at(first, begun, zone), _at(last, ended, zone) if ended else _at(last + timedelta(days=1), "", zone)


def _at(day: date, said: str, zone: ZoneInfo) -> datetime:
    hours, minutes = (int(n) for n in said.replace("：", ":").split(":")) if said else (0, 0)
    return datetime.combine(day, time(hours, minutes), zone).astimezone(
        UTC
    )  # moments compare by UTC; of one zone they would by the clock on the wall


# -- the page -----------------------------------------------------------------------------------------------------------------


async def _page(
    visit: Visit,
    actor: Actor,
    officer: Officer,
    *,
    away: Mapping[str, list[str]] | None = None,
    deputy: Mapping[str, list[str]] | None = None,
    refused: Refused | None = None,
) -> Response[Any]:
    """Draw an officer's absences and deputies; with what was sent and why it was refused."""
    own, known = actor.post_id == officer.id, visit.house.directory.standing
    sections, _counts = await menu.menu(visit, actor, HOME if own else ALL)
    problems = forms.refusal_problems(refused) if refused else {}
    address = _of(officer)
    away_form = _form(visit, AwayForm, f"{address}/away", _("Enter the absence"), away, problems if away is not None else {})
    renamed = {{"since": "first_day", "until": "last_day"}.get(n, n): text for n, text in problems.items()} if deputy is not None else {}
    deputy_form = _form(visit, DeputyForm, f"{address}/deputy", _("Name the deputy"), deputy, renamed, hint=_colleagues(visit, officer))
    named = [d for d in known.all_deputies() if d.until > visit.at and officer.id in (d.post_id, d.deputy_id)]
    page = pages.AbsencePage(
        title=visit.say(_("My absence and deputies")) if own else visit.say(_("Absence and deputies of staff {number}"), number=officer.staff_number),
        department=visit.house.directory.department(officer.department_id).say(visit.language),
        now=standing.away(visit, officer.id),
        sections=sections,
        away=tuple(_away_row(visit, officer, a, address) for a in known.absences(officer.id) if a.until > visit.at),
        deputies=tuple(_deputy_row(visit, officer, d, address) for d in named if d.post_id == officer.id),
        stands_for=tuple(_stands_row(visit, officer, d, own=own) for d in named if d.deputy_id == officer.id),
        away_form=away_form,
        deputy_form=deputy_form,
        wrong=away_form if away_form.problems else deputy_form,
        back="" if own else ALL,
    )
    return visit.page("desk/absence.html", page, desk=True, status=refused.status if refused else 200)


def _form(
    visit: Visit,
    form: type[msgspec.Struct],
    action: str,
    button: texts.Text,
    raw: Mapping[str, list[str]] | None,
    problems: Mapping[str, Any],
    *,
    hint: str = "",
) -> pages.Form:
    fields = forms.fields(form, visit.language, raw=raw, problems=problems)
    if hint:
        fields = (msgspec.structs.replace(fields[0], hint=hint), *fields[1:])
    key = forms.key_of(dict(raw)) if raw and set(problems) - {""} else ""
    return pages.Form(
        action=action,
        fields=fields,
        button=visit.say(button),
        problems=forms.problem_list(problems, visit.language),
        hidden=(("key", key or secrets.token_urlsafe(16)),),
    )


def _colleagues(visit: Visit, officer: Officer) -> str:
    numbers = [o.staff_number for o in visit.house.directory.officers_of(officer.department_id) if o.id != officer.id]
    if not numbers:
        return visit.say(_("Somebody of the same district, or with reach over it."))
    shown = ", ".join(numbers[:COLLEAGUES]) + (" …" if len(numbers) > COLLEAGUES else "")
    return visit.say(_("In the department: {numbers}. Anybody of the same district can be named."), numbers=shown)


def _span_words(visit: Visit, officer: Officer, one: Absence | Deputy) -> str:
    zone = standing.zone_of(visit, officer)
    return visit.say(_("{since} to {until}"), since=standing.begin(visit, one.since, zone), until=standing.last(visit, one.until, zone))


def _away_row(visit: Visit, officer: Officer, absence: Absence, address: str) -> pages.AwayRow:
    now = absence.since <= visit.at
    reason = next((visit.say(o.label) for o in REASONS if o.value == absence.reason), "")
    button = visit.say(_("Back now")) if now else visit.say(_("Cancel it"))
    return pages.AwayRow(
        who=_span_words(visit, officer, absence),
        note=" · ".join(w for w in (reason, standing.away(visit, officer.id) if now else "") if w),
        form=pages.Form(action=f"{address}/take-back", fields=(), button=button, hidden=(("absence", str(absence.id)),)),
    )


def _deputy_row(visit: Visit, officer: Officer, named: Deputy, address: str) -> pages.AwayRow:
    directory = visit.house.directory
    other = directory.post(named.deputy_id)
    notes = [_span_words(visit, officer, named)]
    if other is not None and other.department_id != officer.department_id:
        notes.append(directory.department(other.department_id).say(visit.language))
    if directory.standing.absence(officer.id, visit.at) and directory.standing.deputy(officer.id, visit.at) == named.deputy_id:
        notes.append(visit.say(_("stands in now")))
    elif words := standing.away(visit, named.deputy_id):
        notes.append(words)
    return pages.AwayRow(
        who=visit.say(_("Staff {number}"), number=other.staff_number if other else ""),
        note=" · ".join(notes),
        form=pages.Form(action=f"{address}/revoke", fields=(), button=visit.say(_("Revoke")), hidden=(("deputy", str(named.id)),)),
    )


def _stands_row(visit: Visit, officer: Officer, named: Deputy, *, own: bool) -> pages.AwayRow:
    """For whom an officer may stand in; where they do now, the row leads to those cases."""
    directory = visit.house.directory
    absent = directory.post(named.post_id)
    number = absent.staff_number if absent else ""
    now = named.post_id in directory.standing.stands_for(officer.id, visit.at)
    note = standing.away(visit, named.post_id)
    return pages.AwayRow(
        who=visit.say(_("Staff {number}"), number=number),
        note=" · ".join(w for w in (_span_words(visit, officer, named), note) if w),
        href=f"/desk/for/{quote(number, safe='')}" if now and own else "",
    )


def _rows(visit: Visit, actor: Actor) -> tuple[tuple[pages.AwayRow, ...], bool]:
    """Who is away or will be, the earliest first, of those for whom the reader may enter it."""
    directory = visit.house.directory
    rows = []
    for absence in sorted(directory.standing.all_absences(), key=lambda a: (a.since, a.id)):
        officer = directory.post(absence.post_id)
        if absence.until <= visit.at or officer is None or not deputies.may(directory, actor, officer):
            continue
        now = standing.said(visit, officer, absence) if absence.since <= visit.at else ""
        department = directory.department(officer.department_id).say(visit.language)
        rows.append(
            pages.AwayRow(
                who=visit.say(_("Staff {number}"), number=officer.staff_number),
                note=" · ".join(w for w in (department, _span_words(visit, officer, absence), now) if w),
                href=_of(officer),
            )
        )
    return tuple(rows[:MOST]), len(rows) > MOST
