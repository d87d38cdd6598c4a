"""Who helps me, whom I help: a helper is named by login until a day, and the mandate ends at any time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from banshi import texts
from banshi.errors import Invalid, NotSignedIn
from banshi.identity import mandates
from banshi.web import forms, pages
from banshi.web.portal import following
from banshi.web.portal.own import zone
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

MINE = "/my/mandates"


@get("/my/mandates")
async def show(request: Request[Any, Any, Any]) -> Response[Any]:
    """Both sides of the reader's mandates, and the form that names a helper."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        return await _page(visit, _signed_in(visit))


@post("/my/mandates")
async def give(request: Request[Any, Any, Any]) -> Response[Any]:
    """Name a helper: the attempt is counted before the login is looked at."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        person_id = _signed_in(visit)
    await following.take(site, f"mandate:{person_id}", mandates.GIVE_BY_PERSON)
    async with site.visit(request) as visit:
        try:
            login, until = forms.one(raw, "login").strip(), _until(visit, forms.one(raw, "until"))
            await mandates.give(visit.db, visit.house.keyring, visit.resident, login, until, visit.at)
        except Invalid as refused:
            return await _page(visit, person_id, raw, forms.problems_of(refused))
        return visit.go(MINE)


@post("/my/mandates/{mandate_id:int}/end")
async def end(request: Request[Any, Any, Any], mandate_id: FromPath[int]) -> Response[Any]:
    """End a mandate that the reader gave, or holds."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        _signed_in(visit)
        await mandates.end(visit.db, visit.house.keyring, visit.resident, mandate_id, visit.at)
        return visit.go(MINE)


def _signed_in(visit: Visit) -> int:
    if visit.visitor.person_id is None:
        raise NotSignedIn(_("Sign in to say who helps you."))
    return visit.visitor.person_id


def _until(visit: Visit, written: str) -> datetime:
    """Return the end of the day that was chosen, in the place's zone."""
    try:
        day = date.fromisoformat(written.strip())
        return datetime.combine(day + timedelta(days=1), time(), zone(visit))
    except (ValueError, OverflowError):
        raise Invalid(_("Some answers need your attention."), {"until": _("Enter a day such as 2027-03-31.")}) from None


async def _page(visit: Visit, person_id: int, raw: Any = None, problems: dict[str, Any] | None = None) -> Response[Any]:
    given = await mandates.given_by(visit.db, person_id, visit.at)
    held = await mandates.held_by(visit.db, visit.house.keyring, person_id, visit.at)
    page = pages.MandatesPage(
        given=tuple(_row(visit, m, m.login) for m in given),
        held=tuple(_row(visit, m, m.name, f"/my/for/{m.id}") for m in held),
        form=_form(visit, raw or {}, problems or {}),
    )
    return visit.page("portal/mandates.html", page, status=400 if problems else 200)


def _row(visit: Visit, mandate: mandates.Mandate, who: str, href: str = "") -> pages.MandateRow:
    last = mandate.until - timedelta(seconds=1)
    return pages.MandateRow(
        who=who,
        since=texts.say_day(mandate.given, zone(visit), visit.language, visit.at),
        until=texts.say_day(last, zone(visit), visit.language, visit.at),
        end=f"{MINE}/{mandate.id}/end",
        href=href,
    )


def _form(visit: Visit, raw: Any, problems: dict[str, Any]) -> pages.Form:
    fields = (
        pages.Field(
            name="login",
            label=visit.say(_("Login of your helper")),
            hint=visit.say(_("The name with which they sign in here. Ask them; nobody can look it up.")),
            kind="text",
            value=forms.one(raw, "login"),
            error=visit.say(problems["login"]) if "login" in problems else "",
            autocomplete="off",
        ),
        pages.Field(
            name="until",
            label=visit.say(_("Until which day?")),
            hint=visit.say(_("At most a year. You can end it earlier at any time.")),
            kind="date",
            value=forms.one(raw, "until"),
            error=visit.say(problems["until"]) if "until" in problems else "",
        ),
    )
    return pages.Form(action=MINE, fields=fields, button=visit.say(_("Give the mandate")), problems=forms.problem_list(problems, visit.language))
