"""What every request has: the site (one a process) and the visit (one a request, one transaction, one moment)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.utils.scope.state import ScopeState

from banshi import notify, texts
from banshi.cases.book import House, load_house
from banshi.clock import keeping
from banshi.contracts import MAIL, REPORT, Actor
from banshi.db import Connection, Database
from banshi.districts import District, Tree
from banshi.documents.store import store
from banshi.errors import Forbidden, NotFound, NotSignedIn
from banshi.fences import Fences
from banshi.identity import access
from banshi.identity.access import Visitor
from banshi.identity.directory import Directory
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.settings import Settings
from banshi.web import pages, templating
from banshi.web.rates import Rates

_ = texts.translator("banshi")

SESSION_COOKIE = "session"
LANGUAGE_COOKIE = "language"
LARGE_COOKIE = "large"
DISTRICT_COOKIE = "district"
NO_INBOX = ("/desk", "/admin", "/api", "/schema")
"""Where nobody is a resident: these pages do not ask for the unread notices."""
YEAR = 365 * 24 * 3600


class Site:
    """One process's platform: settings, declarations, database, keys, and the directory as it last saw it."""

    def __init__(self, settings: Settings, registry: Registry, database: Database, now: Callable[[], datetime]) -> None:
        self.settings = settings
        self.registry = registry
        self.database = database
        self.keyring = Keyring(settings.keys())
        self.now = now
        self.fences = Fences(now, registry.packages, statement_limit=settings.plugin_statement_timeout)
        self.rates = Rates(settings.api_rate)
        self.store = store(settings.files, settings.data)
        self.drawing = asyncio.Semaphore(2)
        """How many previews are drawn at once: each may take the memory of a large picture."""
        self._house: House | None = None

    def settings_of(self, owner: str) -> Any:
        """Return what the installation tells a plugin, as its struct; KeyError for one that declares no settings."""
        for declared in self.registry.settings:
            if declared.owner == owner:
                return self.settings.of(declared)
        raise KeyError(owner)

    @property
    def seen(self) -> Directory | None:
        """The directory as this process last saw it: good enough for the frame of an error page."""
        return self._house.directory if self._house else None

    def unanswered(self, actors: Sequence[Actor]) -> list[tuple[District, int]]:
        """Return the districts that these officers administer and whose calendar lacks a year that somebody should have published by now."""
        if self._house is None:
            return []
        tree, times, at = self._house.directory.tree, self._house.times, self.now()
        places = [d for d in tree.serving if any(a.district_id in d.path for a in actors)]
        return [(d, year) for d in places if (year := keeping.unanswered(times.calendar(d.id), at)) is not None]

    async def house(self, db: Connection, revision: int) -> House:
        """Return the house at ``revision``; reads directory and types again only when it has moved."""
        if self._house is None or self._house.directory.revision != revision:
            found = await load_house(db, self.registry, self.keyring, revision, self.fences)
            if self.settings.district:
                found.directory.tree = found.directory.tree.only(self.settings.district)
            self._house = found
        return self._house

    @asynccontextmanager
    async def visit(self, request: Request[Any, Any, Any]) -> AsyncIterator[Visit]:
        """Give the visit of a request: one transaction, committed at the end of the block."""
        at = self.now()
        async with self.database.transaction() as db:
            visitor = await access.who(db, request.cookies.get(SESSION_COOKIE, ""), at)
            house = await self.house(db, visitor.revision)
            visit = Visit(site=self, request=request, db=db, at=at, visitor=visitor, house=house)
            request.state["visitor"] = visitor
            if visitor.person_id is not None and request.method == "GET" and not request.url.path.startswith(NO_INBOX):
                visit.unread = await notify.count_unread(db, visitor.person_id)
            yield visit


class Visit:
    """One request as the views see it."""

    def __init__(self, *, site: Site, request: Request[Any, Any, Any], db: Connection, at: datetime, visitor: Visitor, house: House) -> None:
        self.site, self.request, self.db, self.at, self.visitor, self.house = site, request, db, at, visitor, house
        self.language = language_of(request)
        self.district: District | None = None
        self.cookies: list[Cookie] = []
        self.unread = 0

    # -- who is asking -----------------------------------------------------------------------------------------------

    @property
    def resident(self) -> Actor:
        """The person as a resident; nobody in particular where nobody is signed in."""
        return Actor(capacity="resident", person_id=self.visitor.person_id)

    def staff(self) -> Actor:
        """Return the person in their post; NotSignedIn where nobody is signed in, Forbidden without a post."""
        if self.visitor.person_id is None:
            raise NotSignedIn(_("Sign in to go on."))
        post = self.visitor.post
        if post is None:
            if self.visitor.posts:
                raise ChoosePost(_("Choose the post in which you work."))
            raise Forbidden(_("The desk is for staff. Your own cases are in the portal."))
        return self.house.directory.staff(self.visitor.person_id, post, at=self.at)

    # -- where --------------------------------------------------------------------------------------------------------

    def enter(self, code: str) -> District:
        """Return the district of an address and remember it; NotFound where there is none."""
        found = self.house.directory.tree.find(code)
        if found is None or found.level not in {"city", "district"}:
            raise NotFound(_("There is no such district."))
        self.district = found
        if self.request.cookies.get(DISTRICT_COOKIE) != code:
            self.cookies.append(self.cookie(DISTRICT_COOKIE, code))
        return found

    def here(self) -> District | None:
        """Return the district of a short address: by host, then by memory, then the only one there is."""
        tree = self.house.directory.tree
        host = (self.request.headers.get("host") or "").rpartition(":")[0] or self.request.headers.get("host") or ""
        remembered = tree.find(self.request.cookies.get(DISTRICT_COOKIE, ""))
        serving = tree.offered
        found = tree.at_host(host) or (remembered if remembered in serving else None) or (serving[0] if len(serving) == 1 else None)
        if found is None and self.site.settings.district:
            found = tree.find(self.site.settings.district)
        self.district = found
        return found

    # -- answers ------------------------------------------------------------------------------------------------------

    def say(self, text: Any, /, **values: object) -> str:
        """Return a text in the reader's language."""
        return texts.say(text, self.language, **values)

    def cookie(self, name: str, value: str, *, lasts: int = YEAR, path: str = "/") -> Cookie:
        """Return a cookie that scripts cannot read."""
        return make_cookie(self.site.settings, name, value, lasts=lasts, path=path)

    def page(self, template: str, page: msgspec.Struct, *, status: int = 200, desk: bool = False) -> Response[str]:
        """Return a page of the kernel, or of the plugin whose template (``<plugin>/<file>.html``) it is."""
        return html_response(self.draw(template, page, desk=desk), status=status, cookies=self.cookies)

    def draw(self, template: str, page: msgspec.Struct, *, desk: bool = False) -> str:
        """Return a template, drawn."""
        frame = chrome(
            self.site,
            self.request,
            directory=self.house.directory,
            visitor=self.visitor,
            district=self.district or self.here(),
            desk=desk,
            unread=self.unread,
        )
        packages, (owner, _slash, _file) = self.site.registry.packages, template.partition("/")
        env = templating.environment(packages, owner if owner in packages else "kernel", self.language)
        return env.get_template(template).render(chrome=frame, page=page)

    def go(self, path: str) -> Response[str]:
        """Return a redirect after a form (303: read the next page)."""
        return Response("", status_code=303, headers={"Location": path}, cookies=self.cookies)


class ChoosePost(Forbidden):
    """The person has several posts and has not said in which they work."""


def make_cookie(settings: Settings, name: str, value: str, *, lasts: int = YEAR, path: str = "/") -> Cookie:
    """Return a cookie that scripts cannot read and other sites do not send."""
    return Cookie(key=name, value=value, path=path, max_age=lasts, secure=settings.secure_cookies, httponly=True, samesite="lax")


def html_response(html: str, *, status: int = 200, cookies: list[Cookie] | None = None) -> Response[str]:
    """Return a page; pages are never kept by anyone on the way."""
    headers = {"Cache-Control": "no-store"}
    return Response(html, status_code=status, media_type="text/html", headers=headers, cookies=cookies or [])


def is_off(tree: Tree, path: str) -> bool:
    """Return whether an address lies in a district that is not there, or in a plugin that it has off."""
    parts = path.split("/")
    if len(parts) < 4 or parts[1] != "d":
        return False
    district, plugin = tree.find(parts[2]), parts[4] if parts[3] == "services" and len(parts) > 4 else parts[3]
    return district is None or not tree.has_on(district.id, plugin)


def language_of(request: Request[Any, Any, Any]) -> texts.Language:
    """Return the language of an answer: asked for now, remembered, or the browser's."""
    for said in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        for language in texts.LANGUAGES:
            if said == language:
                return language
    return texts.negotiate(request.headers.get("accept-language"))


def csrf_token(request: Request[Any, Any, Any]) -> str:
    """Return the token that a form of this answer carries."""
    token = ScopeState.from_scope(request.scope).csrf_token
    return token if isinstance(token, str) else ""


def with_query(request: Request[Any, Any, Any], **changes: str) -> str:
    """Return the address of this page with its query changed."""
    kept = [(k, v) for k, v in request.query_params.multi_items() if k not in changes]
    return request.url.path + "?" + urlencode([*kept, *changes.items()])


def chrome(
    site: Site,
    request: Request[Any, Any, Any],
    *,
    directory: Directory | None,
    visitor: Visitor | None,
    district: District | None,
    desk: bool = False,
    unread: int = 0,
) -> pages.Chrome:
    """Return what surrounds a page; works without a database."""
    language = language_of(request)
    tree = directory.tree if directory else None
    root = tree.roots[0] if tree and tree.roots else None
    place = district or root
    path = request.url.path

    def said(text: texts.Text, **values: object) -> str:
        return texts.say(text, language, **values)

    get = request.method == "GET"
    names: dict[texts.Language, str] = {"zh": "中文", "en": "English"}
    other = tuple(
        pages.Link(text=names[name], href=with_query(request, lang=name) if get else f"/?lang={name}", current=name == language)
        for name in texts.LANGUAGES
    )
    large = large_type(request)
    home = f"/d/{district.code}" if district else "/"
    signed_in = ""
    if visitor and visitor.person_id is not None:
        post = visitor.post if desk else None
        signed_in = said(_("Staff {number}"), number=post.staff_number) if post else visitor.login
        if post and directory:
            signed_in += " · " + directory.department(post.department_id).say(language)
    menu = [
        pages.Link(text=said(_("Services")), href=home, current=path in {"/", home}),
        pages.Link(text=said(_("Follow a case")), href="/track", current=path == "/track"),
        pages.Link(text=said(_("My cases")), href="/my", current=path == "/my"),
    ]
    if visitor and visitor.person_id is not None:
        count = f"{notify.BOUND}+" if unread > notify.BOUND else str(unread or "")
        menu.append(pages.Link(text=said(_("Inbox")), href="/my/inbox", current=path == "/my/inbox", count=count))
    if desk:
        own = ("/desk/register", "/desk/answers", "/desk/library", "/desk/report", "/desk/mail")
        menu = [pages.Link(text=said(_("Cases")), href="/desk", current=path.startswith("/desk") and not path.startswith(own))]
        held = directory.staff(0, visitor.post).permissions if directory and visitor and visitor.post else frozenset()
        if any(p.endswith(".answer") for p in held):
            menu.append(pages.Link(text=said(_("Templates")), href="/desk/answers", current=path.startswith("/desk/answers")))
        menu.append(pages.Link(text=said(_("Rules and guides")), href="/desk/library", current=path.startswith("/desk/library")))
        if any(p.endswith(".register") for p in held):
            menu.insert(0, pages.Link(text=said(_("Register for a resident")), href="/desk/register", current=path.startswith("/desk/register")))
        if MAIL.name in held:
            menu.append(pages.Link(text=said(_("Mail")), href="/desk/mail", current=path.startswith("/desk/mail")))
        if REPORT.name in held:
            menu.append(pages.Link(text=said(_("Report")), href="/desk/report", current=path.startswith("/desk/report")))
    if visitor and visitor.posts:
        menu.append(pages.Link(text=said(_("Portal")), href="/") if desk else pages.Link(text=said(_("Desk")), href="/desk"))
        if directory and (administers := may_administer(directory, visitor)):
            count = str(len(site.unanswered(administers)) or "")
            menu.append(pages.Link(text=said(_("Administration")), href="/admin", current=path.startswith("/admin"), count=count))
    return pages.Chrome(
        language=language,
        tag=texts.TAGS[language],
        site=(place.say(language) if place else "banshi") + " · " + said(_("Public services")),
        home=home,
        hotline=said(_("24-hour hot line {number}"), number=site.settings.hotline),
        hotline_number=site.settings.hotline,
        menu=tuple(menu),
        languages=other,
        large=large,
        large_href=with_query(request, large="0" if large else "1") if get else "/",
        signed_in=signed_in,
        sign_in_href="/sign-in",
        csrf=csrf_token(request),
        desk=desk,
        district=district.say(language) if district else "",
        districts=tuple(
            pages.Link(text=d.say(language), href=("" if tree.covers(d.id) else site.settings.address) + f"/d/{d.code}", current=d == district)
            for d in tree.serving
        )
        if tree
        else (),
        request_id=str(request.state.get("request_id", "")),
    )


def may_administer(directory: Directory, visitor: Visitor) -> list[Actor]:
    """Return the visitor's posts that may read the administration."""
    actors = [directory.staff(visitor.person_id or 0, post) for post in visitor.posts]
    return [a for a in actors if a.may("kernel.administer") or a.may("kernel.operate")]


def large_type(request: Request[Any, Any, Any]) -> bool:
    """Return whether the page is drawn in large type: asked for now, or remembered."""
    return (request.query_params.get("large") or request.cookies.get(LARGE_COOKIE)) == "1"
