"""Every failure becomes an answer: problem+json (RFC 9457) for the API, a designed page otherwise; never a stack trace.

A form that came without a valid token or session is given back with its input.
"""

from __future__ import annotations

import logging
import re
import traceback
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException, PermissionDeniedException
from litestar.middleware.csrf import generate_csrf_token
from sqlalchemy.exc import StatementError

from banshi import texts
from banshi.db import is_gone
from banshi.errors import (
    Conflict,
    DatabaseUnavailable,
    FilesUnavailable,
    Forbidden,
    Invalid,
    NotFound,
    NotSignedIn,
    Refused,
    Throttled,
)
from banshi.identity.access import Visitor
from banshi.identity.directory import Directory
from banshi.plugins import Registry
from banshi.web import forms, pages, templating
from banshi.web.security import OWNER, csrf, route_name
from banshi.web.site import DISTRICT_COOKIE, ChoosePost, Site, chrome, csrf_token, html_response, is_off, language_of, make_cookie

_ = texts.translator("banshi")
log = logging.getLogger("banshi.failure")

Hidden = tuple[tuple[str, str], ...]

KEPT = "kept."
"""Before the name of a field that waits, unsent, behind a sign-in or a choice of post."""
RETRY_AFTER = 5
FLAT = "flat"
"""Handler option of routes of the API whose fields stand in the body itself, not in its ``data``."""
_NAMED = re.compile(r"(?:unknown|required) field `([^`]+)`")
ENVELOPE = frozenset({"type", "district"})
"""Fields of a request to the API that stand beside ``data``."""

TITLES: dict[int, texts.Text] = {
    400: _("Something in the request is not right"),
    401: _("Sign in to go on"),
    403: _("You may not do this"),
    404: _("There is nothing here"),
    405: _("This address does not take that"),
    409: _("This does not fit what is there now"),
    410: _("This is no longer here"),
    412: _("Somebody was faster"),
    413: _("That is too much at once"),
    429: _("Too many attempts"),
    500: _("Something went wrong on our side"),
    503: _("We cannot answer at this moment"),
}
LEADS: dict[int, texts.Text] = {
    400: _("Go back, look at what you entered, and send it again."),
    404: _("The address may be mistyped, or the page was moved. A case number can be looked up by itself."),
    405: _("Go back and use the buttons of the page."),
    413: _("Shorten what you wrote, and send it again."),
    500: _("Nothing was changed. The fault is recorded; if you tell us the number below, we find it at once."),
    503: _("The page comes back by itself in a few seconds. Nothing that you sent before is lost."),
}


OUT_OF_ORDER = _(
    "The service “{service}” is out of order on this page; everything else works. The fault is recorded. The hot line takes what you have to say."
)


def refused(request: Request[Any, Any, Any], error: Refused) -> Response[Any]:
    """Answer a refusal of the domain."""
    said = texts.say(error.text, language_of(request), **error.values)
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, Throttled) else {}
    if wants_json(request):
        handler = request.scope.get("route_handler")
        inside = "" if handler is not None and FLAT in handler.opt else "data/"
        problems = {f"{inside}{_token(n)}" if n not in ENVELOPE else n: t for n, t in error.problems.items()} if isinstance(error, Invalid) else {}
        if isinstance(error, NotSignedIn):
            headers["WWW-Authenticate"] = "Bearer"  # RFC 9110, 15.5.2: a 401 says how to come in
        return problem(request, error.status, said, problems=problems, headers=headers)
    if isinstance(error, NotSignedIn):
        return sign_in_again(request, said)
    if isinstance(error, ChoosePost):
        return choose_post(request)
    return page(request, error.status, said, headers)


def csrf_failed(request: Request[Any, Any, Any], error: PermissionDeniedException) -> Response[Any]:
    """Answer a form without a valid token with the form itself: what was written, to be sent once more."""
    if wants_json(request) or request.method != "POST":
        return page(request, 403, error.detail)
    site: Site = request.app.state.site
    token = generate_csrf_token(secret=csrf(site.settings).secret)
    return _again(request, token, status=403)


def sign_in_again(request: Request[Any, Any, Any], said: str) -> Response[Any]:
    """Answer somebody whose session is over: the sign-in form, carrying what they wrote."""
    site: Site = request.app.state.site
    language = language_of(request)
    target, kept = _asked_for(request)
    shown = pages.SignInPage(
        form=sign_in_form(language, next_path=target, hidden=kept, problems=(pages.Problem(text=said),) if kept else ()),
        kept=bool(kept),
    )
    return _render(site, request, "sign_in.html", shown, 401)


def choose_post(request: Request[Any, Any, Any]) -> Response[Any]:
    """Answer somebody with several posts who has not said in which they work: the question, carrying what they wrote."""
    site: Site = request.app.state.site
    target, kept = _asked_for(request)
    if not kept or site.seen is None:
        return Response("", status_code=303, headers={"Location": "/desk/post?" + urlencode({"next": target})})
    form = post_form(site.seen, request.state["visitor"], language_of(request), next_path=target, hidden=kept)
    return _render(site, request, "capacity.html", pages.CapacityPage(form=form), 403)


def _asked_for(request: Request[Any, Any, Any]) -> tuple[str, Hidden]:
    """Return where the request was going, and all that its form said (key and revision too: a late form must show as late)."""
    path = request.url.path
    if request.method != "POST":
        return path + (f"?{request.url.query}" if request.url.query else ""), ()
    raw = forms.already_read(request)
    kept = tuple((KEPT + name, value) for name, values in raw.items() if name != forms.CSRF_FIELD for value in values)
    return (path, kept) if kept else (path.rpartition("/")[0] or "/", ())  # nothing to send again: the page that the button stood on


def post_form(directory: Directory, visitor: Visitor, language: texts.Language, *, next_path: str, hidden: Hidden = ()) -> pages.Form:
    """Return the question in which of their posts somebody works now; what is in ``hidden`` is there again afterwards."""
    choices = tuple(
        pages.Choice(
            value=str(p.id),
            label=directory.department(p.department_id).say(language) + " · " + p.staff_number,
            chosen=p == visitor.post,
        )
        for p in visitor.posts
    )
    field = pages.Field(name="post", label=texts.say(_("In which post do you work now?"), language), kind="radios", choices=choices)
    return pages.Form(action="/desk/post", fields=(field,), button=texts.say(_("Go on"), language), hidden=(("next", next_path), *hidden))


def sign_in_form(
    language: texts.Language,
    *,
    next_path: str = "",
    login: str = "",
    hidden: Hidden = (),
    problems: tuple[pages.Problem, ...] = (),
) -> pages.Form:
    """Return the sign-in form; what is in ``hidden`` is there again afterwards."""
    return pages.Form(
        action="/sign-in",
        fields=(
            pages.Field(name="login", label=texts.say(_("Login"), language), kind="text", value=login, autocomplete="username"),
            pages.Field(name="password", label=texts.say(_("Password"), language), kind="password", autocomplete="current-password"),
        ),
        button=texts.say(_("Sign in"), language),
        problems=problems,
        hidden=(("next", next_path), *hidden) if next_path else hidden,
    )


def http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what the framework refuses: unknown address, wrong method, a body that cannot be read."""
    if isinstance(error, PermissionDeniedException) and "CSRF" in str(error.detail):
        return csrf_failed(request, error)
    if error.status_code >= 500:
        return unexpected(request, error)
    seen = request.app.state.site.seen
    if error.status_code == 405 and seen is not None and is_off(seen.tree, request.url.path):
        error = NotFoundException()  # what is off is not there, by whatever method it is asked for
    language = language_of(request)
    lead = LEADS.get(error.status_code, LEADS[400])
    if wants_json(request):
        said = str(error.detail) if error.status_code in {400, 415} else texts.say(lead, language)
        return problem(request, error.status_code, said, problems=_of_framework(error), headers=dict(error.headers or {}))
    return page(request, error.status_code, texts.say(lead, language), dict(error.headers or {}))


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer everything else: 503 when the database is away, else 500 with the number under which it is logged."""
    if isinstance(error, (DatabaseUnavailable, FilesUnavailable)) or is_gone(error):
        said = {"request_id": request.state.get("request_id")}
        if isinstance(error, FilesUnavailable):
            log.error("files away", extra=said | {"reason": str(error)})
        else:
            log.warning("database away", extra=said)
        lead = texts.say(LEADS[503], language_of(request))
        headers = {"Retry-After": str(RETRY_AFTER)}
        return problem(request, 503, lead, headers=headers) if wants_json(request) else page(request, 503, lead, headers)
    site: Site = request.app.state.site
    handler = request.scope.get("route_handler")
    mounted = str(handler.opt.get(OWNER, "")) if handler is not None else ""
    fault = site.fences.blame(error, mounted, "route", route_name(handler) if mounted else "")
    log.error("unexpected", extra={"request_id": request.state.get("request_id"), "path": request.url.path, "trace": trace(error)})
    lead = texts.say(LEADS[500], language_of(request))
    if fault is not None:
        lead = texts.say(OUT_OF_ORDER, language_of(request), service=title_of(site.registry, fault.owner, language_of(request)))
    return problem(request, 500, lead) if wants_json(request) else page(request, 500, lead)


def title_of(registry: Registry, owner: str, language: texts.Language) -> str:
    """Return what readers call a plugin: its first service, else its name."""
    return next((texts.say(s.title, language) for s in registry.services if s.owner == owner and s.audience == "residents"), owner)


def trace(error: BaseException) -> str:
    """Return where an error comes from; of a database's error only its kind, for its words repeat the row that was being written."""
    parts: list[str] = []
    told: BaseException | None = error
    while told is not None:
        parts.append("".join(traceback.format_tb(told.__traceback__)) + _named(told))
        told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)
    return "\n".join(reversed(parts))


def _named(error: BaseException) -> str:
    if isinstance(error, StatementError) or "asyncpg" in type(error).__module__:
        facts = (getattr(error, name, None) for name in ("sqlstate", "schema_name", "table_name", "constraint_name"))
        return " ".join([type(error).__qualname__, *(str(f) for f in facts if f)])
    return "".join(traceback.format_exception_only(error)).rstrip()


def _of_framework(error: HTTPException) -> dict[str, str]:
    """Return what the framework found wrong, by field; of a field that is unknown or missing it names only the whole."""
    found = {str(e.get("key", "")): str(e.get("message", "")) for e in (error.extra or ()) if isinstance(e, dict)}
    return {_token(named[1]) if (named := _NAMED.search(said)) else key: said for key, said in found.items()}


def _token(name: str) -> str:
    """Return a name as it stands in a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """Return whether the answer goes to a program."""
    return request.url.path.startswith(("/api/", "/schema")) or request.url.path == "/health"


def problem(
    request: Request[Any, Any, Any],
    status: int,
    detail: str,
    *,
    problems: Any = None,
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    """Return problem+json: title by status, the specific words in ``detail``, one entry in ``errors`` for each wrong field."""
    language = language_of(request)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": texts.say(TITLES.get(status, TITLES[400]), language),
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "request_id": request.state.get("request_id", ""),
    }
    if problems:
        body["errors"] = [{"pointer": f"/{name}", "detail": texts.say(text, language)} for name, text in problems.items()]
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/problem+json", headers=headers or {})


def page(request: Request[Any, Any, Any], status: int, lead: str, headers: dict[str, str] | None = None) -> Response[str]:
    """Return a designed page for a failure, with ways on; needs no database."""
    site: Site = request.app.state.site
    language = language_of(request)
    ways = [pages.Link(text=texts.say(_("To the first page"), language), href="/")]
    if request.url.path.startswith("/desk"):
        ways.insert(0, pages.Link(text=texts.say(_("To your work"), language), href="/desk"))
    else:
        ways.append(pages.Link(text=texts.say(_("Follow a case by its number"), language), href="/track"))
    if status == 404 and site.settings.district:
        ways.insert(0, pages.Link(text=texts.say(_("Look on the pages of the whole city"), language), href=site.settings.address + request.url.path))
    if status == 503:
        ways.insert(0, pages.Link(text=texts.say(_("Try again"), language), href=request.url.path if request.method == "GET" else "/"))
    shown = pages.ErrorPage(status=status, title=texts.say(TITLES.get(status, TITLES[400]), language), lead=lead, ways=tuple(ways))
    response = _render(site, request, "error.html", shown, status)
    response.headers.update(headers or {})
    return response


def _again(request: Request[Any, Any, Any], token: str, *, status: int) -> Response[str]:
    """Return the page that shows what was written and sends it again under a fresh token."""
    site: Site = request.app.state.site
    raw = forms.already_read(request)
    shown = resume_page(request, request.url.path, raw)
    response = _render(site, request, "resume.html", shown, status, token=token)
    response.set_cookie(make_cookie(site.settings, "csrf", token))
    return response


def resume_page(request: Request[Any, Any, Any], path: str, raw: dict[str, list[str]]) -> pages.ResumePage:
    """Return the page that shows what was written before, and sends it to ``path``."""
    secret = {"password"}
    hidden = tuple((n, v) for n, values in raw.items() if n != forms.CSRF_FIELD for v in values)
    labels = forms.labels(request.app.state.site.registry, language_of(request))
    shown = tuple((labels.get(n, n), v) for n, v in hidden if n not in forms.OWN and n not in secret and v)
    button = texts.say(_("Send it now"), language_of(request))
    return pages.ResumePage(answers=shown, form=pages.Form(action=path, fields=(), button=button, hidden=hidden, cancel="/"))


def _render(site: Site, request: Request[Any, Any, Any], template: str, shown: msgspec.Struct, status: int, *, token: str = "") -> Response[str]:
    directory = site.seen
    visitor = request.state.get("visitor")
    remembered = directory.tree.find(request.cookies.get(DISTRICT_COOKIE, "")) if directory else None
    frame = chrome(site, request, directory=directory, visitor=visitor, district=remembered, desk=request.url.path.startswith("/desk"))
    frame = msgspec.structs.replace(frame, csrf=token or csrf_token(request) or request.cookies.get("csrf", ""))
    env = templating.environment(site.registry.packages, "kernel", language_of(request))
    return html_response(env.get_template(template).render(chrome=frame, page=shown), status=status)


HANDLERS: dict[Any, Any] = {
    Refused: refused,
    HTTPException: http,
    DatabaseUnavailable: unexpected,
    FilesUnavailable: unexpected,
    Exception: unexpected,
}
__all__ = ["HANDLERS", "KEPT", "Conflict", "Forbidden", "NotFound", "page", "post_form", "problem", "refused", "resume_page", "sign_in_form"]
