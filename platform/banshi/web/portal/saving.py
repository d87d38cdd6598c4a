"""Save and finish later: in the account, or by a link and a six-digit code that are large enough to photograph."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from banshi import texts
from banshi.errors import NotFound, NotSignedIn
from banshi.identity import throttle
from banshi.identity.throttle import Limit
from banshi.web import drafts, failures, forms, pages
from banshi.web.drafts import SENT
from banshi.web.portal import following, questions
from banshi.web.portal.questions import Filing
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

CODE_BY_DRAFT = Limit(5, timedelta(hours=1))
MINE = "/my#drafts"
NEXT = "next"


async def leave(visit: Visit, filing: Filing) -> Response[Any]:
    """Leave a form for later: into the account of whoever is signed in, else to the page with link and code."""
    if visit.visitor.person_id is not None:
        await drafts.claim(visit.db, filing.draft.id, visit.visitor.person_id)
        return visit.go(MINE)
    return visit.go(filing.address("saved"))


@get("/d/{district:str}/services/{plugin:str}/{service:str}/{draft_id:str}/saved")
async def saved(
    request: Request[Any, Any, Any], district: FromPath[str], plugin: FromPath[str], service: FromPath[str], draft_id: FromPath[str]
) -> Response[Any]:
    """Show link and code of a form that waits; offer whoever signed in meanwhile to keep it in their account."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        filing = await questions.find(visit, district, plugin, service, draft_id)
        if not filing.opens():
            return visit.go(filing.address("resume"))
        if filing.draft.person_id is not None or SENT in filing.answers:
            return visit.go(MINE if SENT not in filing.answers else filing.address("done"))
        known = visit.visitor.person_id is not None
        zone = visit.house.directory.tree[visit.district.id].timezone if visit.district else None
        here = filing.address("saved")
        page = pages.SavedPage(
            service=visit.say(filing.service.title),
            link=str(request.base_url).rstrip("/") + filing.address("resume"),
            code=filing.draft.code,
            until=texts.say_moment(filing.draft.expires, zone, visit.language, visit.at) if zone else "",
            go_on=filing.unfinished(),
            keep=pages.Form(action=here, fields=(), button=visit.say(_("Keep it in my account"))) if known else None,
            sign_in_href="" if known else f"/sign-in?next={here}",
        )
        return visit.page("portal/saved.html", page)


@post("/d/{district:str}/services/{plugin:str}/{service:str}/{draft_id:str}/saved")
async def keep(
    request: Request[Any, Any, Any], district: FromPath[str], plugin: FromPath[str], service: FromPath[str], draft_id: FromPath[str]
) -> Response[Any]:
    """Put a form that this browser began into the account of whoever is signed in."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        if visit.visitor.person_id is None:
            raise NotSignedIn(_("Sign in to go on."))
        filing = await questions.find(visit, district, plugin, service, draft_id, lock=True)
        if not filing.opens():
            return visit.go(filing.address("resume"))
        return await leave(visit, filing)


@get("/d/{district:str}/services/{plugin:str}/{service:str}/{draft_id:str}/resume")
async def resume(
    request: Request[Any, Any, Any], district: FromPath[str], plugin: FromPath[str], service: FromPath[str], draft_id: FromPath[str]
) -> Response[Any]:
    """Go on with a form where it was left; whoever opens its link elsewhere is asked for its code."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        filing = await questions.find(visit, district, plugin, service, draft_id)
        if filing.opens():
            return visit.go(filing.address("done") if SENT in filing.answers else filing.unfinished())
        if SENT in filing.answers:
            return visit.go("/track")
        return ask_code(visit, filing)


@post("/d/{district:str}/services/{plugin:str}/{service:str}/{draft_id:str}/resume")
async def show_code(
    request: Request[Any, Any, Any], district: FromPath[str], plugin: FromPath[str], service: FromPath[str], draft_id: FromPath[str]
) -> Response[Any]:
    """Check the code of a form, counted before it is looked at, and open the form to this browser."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    kept = {n.removeprefix(failures.KEPT): v for n, v in raw.items() if n.startswith(failures.KEPT)}
    async with site.visit(request) as visit:
        filing = await questions.find(visit, district, plugin, service, draft_id)
        if filing.opens():
            return visit.go(filing.unfinished())
        if SENT in filing.answers:
            return visit.go("/track")
    await following.take(site, _attempts(draft_id), CODE_BY_DRAFT)
    async with site.visit(request) as visit:
        filing = await questions.find(visit, district, plugin, service, draft_id)
        if not drafts.code_fits(filing.draft, forms.one(raw, "code")):
            problems = {"code": _("This is not the code of this form. It stands below the link.")}
            return ask_code(visit, filing, step=forms.one(raw, NEXT), kept=kept, problems=problems, status=403)
        await throttle.forgive(visit.db, _attempts(draft_id))
        filing.remember()
        if kept:
            step = forms.one(raw, NEXT)
            target = filing.address(filing.group(step).name if step != "check" else step)
            return visit.page("resume.html", failures.resume_page(request, target, kept))
        return visit.go(filing.unfinished())


def ask_code(
    visit: Visit, filing: Filing, *, step: str = "", kept: Any = None, problems: dict[str, Any] | None = None, status: int = 200
) -> Response[Any]:
    """Ask for the code of a form, and carry what was just written in it: no answer is shown before."""
    waiting = tuple((failures.KEPT + name, value) for name, values in (kept or {}).items() for value in values)
    field = pages.Field(
        name="code",
        label=visit.say(_("Code")),
        hint=visit.say(_("Six digits. They stand below the link.")),
        kind="text",
        error=visit.say(problems["code"]) if problems else "",
        autocomplete="off",
    )
    form = pages.Form(
        action=filing.address("resume"),
        fields=(field,),
        button=visit.say(_("Go on with the form")),
        hidden=((NEXT, step), *waiting) if waiting else (),
        problems=forms.problem_list(problems or {}, visit.language),
    )
    page = pages.ResumePart(service=visit.say(filing.service.title), form=form, kept=bool(waiting))
    return visit.page("portal/resume.html", page, status=status)


@post("/my/drafts/{draft_id:str}/delete")
async def delete(request: Request[Any, Any, Any], draft_id: FromPath[str]) -> Response[Any]:
    """Delete a half-filled form of one's own."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        if visit.visitor.person_id is None:
            raise NotSignedIn(_("Sign in to go on."))
        if not await drafts.forget(visit.db, draft_id, visit.visitor.person_id):
            raise NotFound(_("This form is no longer kept."))
        return visit.go(MINE)


def _attempts(draft_id: str) -> str:
    return f"resume:{draft_id}"[:200]
