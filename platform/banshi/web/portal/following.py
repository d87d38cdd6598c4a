"""Following a case by its number: the stage for everybody, the case for whoever has its code."""

from __future__ import annotations

import hmac
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery
from sqlalchemy import select

from banshi import texts
from banshi.cases import numbers
from banshi.cases.tables import case
from banshi.contracts import Actor
from banshi.errors import Invalid, Refused
from banshi.identity import throttle
from banshi.web import casepage, forms, pages
from banshi.web.casepage import CaseView
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")


FOLLOW_LASTS = 2 * 3600


@get("/track")
async def track(request: Request[Any, Any, Any], number: FromQuery[str] = "") -> Response[Any]:
    """Ask for number and code; a number alone shows stage and department, no text and no name."""
    site: Site = request.app.state.site
    if not number.strip():
        async with site.visit(request) as visit:
            return visit.page("portal/track.html", pages.TrackPage(form=_track_form(visit)))
    return await _stage(request, number, "")


@post("/track")
async def follow(request: Request[Any, Any, Any]) -> Response[Any]:
    """Check number and code, and open the case to this browser for two hours."""
    raw = await forms.read(request)
    number, code = forms.one(raw, "number"), forms.one(raw, "code")
    if not code.strip():
        return await _stage(request, number, code)
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        problems: dict[str, Any] = {}
        try:
            plain = numbers.read(number)
        except Invalid as refused:
            return visit.page("portal/track.html", pages.TrackPage(form=_track_form(visit, number, code, forms.problems_of(refused))), status=400)
    await take(site, f"code:{plain}", throttle.CODE_BY_NUMBER)
    async with site.visit(request) as visit:
        row = (await visit.db.execute(select(case.c.number, case.c.key_id, case.c.district_id).where(case.c.number == plain))).one_or_none()
        row = row if row is not None and visit.house.directory.tree.covers(row.district_id) else None
        if row is not None and numbers.code_fits(visit.house.keyring, plain, row.key_id, code):
            await throttle.forgive(visit.db, f"code:{plain}")
            remember(visit, plain)
            return visit.go(f"/case/{numbers.show(plain)}")
    await _miss(request, site)
    async with site.visit(request) as visit:
        problems["code"] = _("Number and code do not belong together. Both stand on your receipt.")
        return visit.page("portal/track.html", pages.TrackPage(form=_track_form(visit, number, code, problems)), status=404)


async def _stage(request: Request[Any, Any, Any], number: str, code: str) -> Response[Any]:
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        await throttle.check(visit.db, _network_key(request), throttle.MISSES_BY_NETWORK, visit.at)
        try:
            plain = numbers.read(number)
        except Invalid as refused:
            form = _track_form(visit, number, code, forms.problems_of(refused))
            return visit.page("portal/track.html", pages.TrackPage(form=form), status=400)
        row = (await visit.db.execute(select(case).where(case.c.number == plain))).one_or_none()
        if row is not None and visit.house.directory.tree.covers(row.district_id):
            view = CaseView(visit, visit.resident, row, ())
            holder = view.holder()
            stage = pages.StagePart(
                number=numbers.show(plain),
                state=view.type_row.say_state(row.state, visit.language),
                tone=view.tone(),
                department=holder.title if holder else "",
                telephone=holder.telephone if holder else "",
            )
            return visit.page("portal/track.html", pages.TrackPage(form=_track_form(visit, numbers.show(plain)), stage=stage))
    await _miss(request, site)
    async with site.visit(request) as visit:
        problems = {"number": _("We have no case with this number. Compare it with your receipt, or call the hot line.")}
        return visit.page("portal/track.html", pages.TrackPage(form=_track_form(visit, number, code, problems)), status=404)


def _network_key(request: Request[Any, Any, Any]) -> str:
    return "track:" + throttle.network(request.client.host if request.client else "")


async def _miss(request: Request[Any, Any, Any], site: Site) -> None:
    """Count a number that was not there, per network and over the whole site, in a transaction of its own."""
    await take(site, _network_key(request), throttle.MISSES_BY_NETWORK)
    await take(site, "track:site", throttle.MISSES_BY_SITE)


async def take(site: Site, key: str, limit: throttle.Limit) -> None:
    """Count an attempt in a transaction of its own, so that a refusal does not forget it; raise Throttled where there were too many."""
    too_many: Refused | None = None
    async with site.database.transaction() as db:
        try:
            await throttle.take(db, key, limit, site.now())
        except Refused as refused:
            too_many = refused
    if too_many is not None:
        raise too_many


def _track_form(visit: Visit, number: str = "", code: str = "", problems: dict[str, Any] | None = None) -> pages.Form:
    problems = problems or {}

    def said(name: str) -> str:
        return visit.say(problems[name]) if name in problems else ""

    return pages.Form(
        action="/track",
        fields=(
            pages.Field(
                name="number",
                label=visit.say(_("Case number")),
                hint=visit.say(_("Twelve digits, like 4071-8826-3915")),
                kind="text",
                value=number,
                error=said("number"),
                autocomplete="off",
            ),
            pages.Field(
                name="code",
                label=visit.say(_("Code")),
                hint=visit.say(_("Six digits. Without it you see the stage only.")),
                kind="text",
                value=code,
                error=said("code"),
                optional=True,
                autocomplete="off",
            ),
        ),
        button=visit.say(_("Show the case")),
        problems=forms.problem_list(problems, visit.language),
    )


def holder_of(visit: Visit, number: str) -> Actor:
    """Return the resident, or whoever showed the code of this number in the last two hours."""
    if _remembered(visit, number):
        return Actor(capacity="resident", person_id=visit.visitor.person_id, holds=number)
    return visit.resident


def remember(visit: Visit, number: str) -> None:
    """Open the case to this browser for two hours: a cookie that only comes back to the case's own address."""
    until = int(visit.at.timestamp()) + FOLLOW_LASTS
    grant = f"{until}.{_grant(visit, number, until)}"
    visit.cookies.append(visit.cookie("follow", grant, lasts=FOLLOW_LASTS, path=casepage.address_of(number)))


def _remembered(visit: Visit, number: str) -> bool:
    until, _dot, mac = visit.request.cookies.get("follow", "").partition(".")
    if not (until.isascii() and until.isdigit() and len(until) < 12) or int(until) < visit.at.timestamp():
        return False
    return hmac.compare_digest(mac.encode("utf8", "replace"), _grant(visit, number, int(until)).encode())


def _grant(visit: Visit, number: str, until: int) -> str:
    return visit.house.keyring.mac("follow", f"{number}.{until}".encode()).hex()
