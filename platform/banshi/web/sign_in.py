"""Signing in and out, and going on where the session ended."""

from __future__ import annotations

import string
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get, post

from banshi import texts
from banshi.errors import NotFound, NotSignedIn, Refused, Throttled
from banshi.identity import access
from banshi.web import failures, forms, pages
from banshi.web.site import SESSION_COOKIE, Site, language_of

_ = texts.translator("banshi")
FOUR = {"resident": _("Resident"), "clerk": _("Clerk"), "administrator": _("Administrator"), "engineer": _("Engineer")}


def demo_logins(site: Site, language: texts.Language) -> tuple[tuple[str, str, str], ...]:
    """Return login, password and whose it is, of the demo city; nothing anywhere else."""
    told = site.settings.data / "demo.json"
    if not site.settings.demo or not told.is_file():
        return ()
    accounts = msgspec.json.decode(told.read_bytes())["sign_ins"]
    return tuple((a["login"], a["password"], texts.say(FOUR.get(who, who), language)) for who, a in accounts.items())


@get("/sign-in")
async def show(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the sign-in form."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        form = failures.sign_in_form(visit.language, next_path=safe_path(request.query_params.get("next", "")))
        return visit.page("sign_in.html", pages.SignInPage(form=form, kept=False, demo=demo_logins(site, visit.language)))


@post("/sign-in")
async def sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """Check login and password; then go where the person wanted, with what they had written."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    login, target = forms.one(raw, "login").strip(), safe_path(forms.one(raw, "next"))
    kept = kept_of(raw)
    problem, status = "", 400
    token = ""
    try:
        if not login or "\x00" in login or len(login) > 200:
            raise Refused(_("The login or the password is not right."))
        address = request.client.host if request.client else ""
        token = await access.sign_in(site.database, login, forms.one(raw, "password"), address, site.now())
    except Refused as refused:
        problem = texts.say(refused.text, language_of(request), **refused.values)
        status = 429 if isinstance(refused, Throttled) else 400
    async with site.visit(request) as visit:
        if problem:
            hidden = tuple((failures.KEPT + n, v) for n, values in kept.items() for v in values)
            form = failures.sign_in_form(
                visit.language,
                next_path=target,
                login=login,
                hidden=hidden,
                problems=(pages.Problem(text=problem, field="login"),),
            )
            return visit.page("sign_in.html", pages.SignInPage(form=form, kept=bool(kept)), status=status)
        visit.cookies.append(visit.cookie(SESSION_COOKIE, token, lasts=int(access.SESSION_LASTS.total_seconds())))
        if kept:
            return visit.page("resume.html", failures.resume_page(request, target, kept))
        if target:
            return visit.go(target)
        visitor = await access.who(visit.db, token, visit.at)
        return visit.go("/desk" if visitor.posts else "/my")


@post("/sign-out")
async def sign_out(request: Request[Any, Any, Any]) -> Response[Any]:
    """End the session."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        await access.sign_out(visit.db, request.cookies.get(SESSION_COOKIE, ""))
        visit.cookies.append(visit.cookie(SESSION_COOKIE, "", lasts=0))
        return visit.go("/")


@get("/desk/post")
async def choose_post(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ask somebody with several posts in which of them they work now."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        if visit.visitor.person_id is None:
            raise NotSignedIn(_("Sign in to go on."))
        target = safe_path(request.query_params.get("next", "")) or "/desk"
        form = failures.post_form(visit.house.directory, visit.visitor, visit.language, next_path=target)
        return visit.page("capacity.html", pages.CapacityPage(form=form), desk=True)


@post("/desk/post")
async def take_post(request: Request[Any, Any, Any]) -> Response[Any]:
    """Remember the post for this session."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        chosen = next((p for p in visit.visitor.posts if str(p.id) == forms.one(raw, "post")), None)
        if chosen is None:
            raise NotFound(_("You do not hold that post."))
        await access.choose_post(visit.db, request.cookies.get(SESSION_COOKIE, ""), chosen.id)
        target = safe_path(forms.one(raw, "next")) or "/desk"
        if kept := kept_of(raw):
            return visit.page("resume.html", failures.resume_page(request, target, kept), desk=True)
        return visit.go(target)


def kept_of(raw: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return what waits in a form to be sent after it."""
    return {name.removeprefix(failures.KEPT): values for name, values in raw.items() if name.startswith(failures.KEPT)}


def safe_path(path: str) -> str:
    """Return ``path`` if it leads within this site, as a header can carry it, else nothing."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and not any(c < " " for c in path)
    return quote(path, safe=string.punctuation) if plain else ""


HANDLERS = [show, sign_in, sign_out, choose_post, take_post]
__all__ = ["HANDLERS", "safe_path"]
