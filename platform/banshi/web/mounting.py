"""Mounting a plugin's own pages at ``/d/<district>/<plugin>/``: the kernel guards, the author cannot forget."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from litestar import HttpMethod, Request, Router, route
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp, Message, Receive, ReceiveMessage, Scope, Send

from banshi.contracts import Routes
from banshi.db import statement_limit
from banshi.errors import Forbidden, NotFound, NotSignedIn, OutOfOrder, PluginError
from banshi.identity import access
from banshi.plugins import RESERVED, Registry
from banshi.texts import translator
from banshi.web import casepage, files
from banshi.web.portal import own
from banshi.web.security import OWNER, TOKEN_ROUTE, route_name
from banshi.web.site import SESSION_COOKIE, Site

_ = translator("banshi")

PUBLIC = "public"
APPLICANT = "applicant"
OPTION = "permission"
UPLOAD = "upload"
SLOW_ROUTE = 20.0
"""Seconds that a plugin's page may take until its answer begins; what waits for the reader's own line does not count."""


def routers(registry: Registry) -> list[Router]:
    """Return one router a plugin with routes, each behind the district's switch and its handlers' permissions.

    A broken plugin's answers for it, unless its very name is what is wrong: then it has no address, and takes none of the kernel's.
    """
    known = {p.name for role in registry.roles for p in role.permissions} | {PUBLIC}
    mounted: list[Router] = []
    for routes in registry.routes:
        check(routes, known)
        if routes.on_case:
            mounted.append(
                Router(
                    path=f"/case/{{number:str}}/{routes.owner}",
                    route_handlers=list(routes.on_case),
                    guards=[_case_guard(routes.owner)],
                    middleware=[DefineMiddleware(Fence, owner=routes.owner)],
                    opt={OWNER: routes.owner},
                    include_in_schema=False,
                )
            )
        mounted.append(
            Router(
                path=f"/d/{{district:str}}/{routes.owner}",
                route_handlers=list(routes.controllers),
                guards=[_guard(routes.owner)],
                middleware=[DefineMiddleware(Fence, owner=routes.owner)],
                opt={OWNER: routes.owner},
                include_in_schema=False,
            )
        )
    return [*mounted, *(_fenced(name) for name in registry.failed if name.isidentifier() and name not in RESERVED)]


def _fenced(owner: str) -> Router:
    """Return a router that answers for a broken plugin: 503 where a district has it on, 404 elsewhere."""

    async def out_of_order() -> None:
        raise OutOfOrder(_("This service is out of order. The hot line takes what you have to say."))

    handler = route(["/", "/{rest:path}"], http_method=[HttpMethod.GET, HttpMethod.POST], opt={OPTION: PUBLIC}, include_in_schema=False)
    return Router(path=f"/d/{{district:str}}/{owner}", route_handlers=[handler(out_of_order)], guards=[_guard(owner)])


def check(routes: Routes, known: set[str]) -> None:
    """Raise PluginError for the first thing that is wrong with a plugin's pages; let the guard look at the token of forms with files."""
    for _where, what in faults(routes, known):
        raise PluginError(what)
    for controller in (*routes.controllers, *routes.on_case):
        for handler in _handlers(controller):
            if handler.opt.get(UPLOAD):
                handler.opt[TOKEN_ROUTE] = True  # it stands in the address, and is looked at before a byte of the body is read


def faults(routes: Routes, known: set[str]) -> Iterator[tuple[Any, str]]:
    """Yield (function, what is wrong): handlers that name no permission, or one that no role holds, or that ask for what is the kernel's."""
    for controller, allowed in (*((c, known) for c in routes.controllers), *((c, {APPLICANT}) for c in routes.on_case)):
        if any({TOKEN_ROUTE, OWNER} & set(opt) for above in controller.__mro__ if isinstance(opt := vars(above).get("opt"), Mapping)):
            yield next((h.fn for h in _handlers(controller)), None), _taken(f"{routes.owner}: {controller.__name__}")
        for handler in _handlers(controller):
            asked = handler.opt.get(OPTION)
            where = f"{routes.owner}: {controller.__name__}.{handler.fn.__name__}"
            own_options = {OWNER} if handler.opt.get(UPLOAD) else {TOKEN_ROUTE, OWNER}
            if own_options & set(handler.opt):
                yield handler.fn, _taken(where)
            if asked is None:
                yield handler.fn, f'{where} names no permission: write opt={{"permission": "{routes.owner}.…"}}, or "public"'
            elif asked not in allowed:
                on_case = f'{where} is on a case: its permission is "{APPLICANT}"'
                yield handler.fn, f"{where} asks for {asked!r}, which no role holds" if allowed is known else on_case


def _handlers(controller: type) -> Sequence[HTTPRouteHandler]:
    """Return the handlers of a controller, those of the classes above it too."""
    named = {name: thing for above in reversed(controller.__mro__) for name, thing in vars(above).items()}
    return [h for h in named.values() if isinstance(h, HTTPRouteHandler)]


def _taken(where: str) -> str:
    return f"{where} asks to be let off the form's token, or for another owner: the option {TOKEN_ROUTE!r} or {OWNER!r} is the kernel's"


def _case_guard(owner: str) -> Any:
    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        site: Site = connection.app.state.site
        if site.fences.is_out(owner, "route", route_name(handler)):
            raise OutOfOrder(_("This page is out of order for some minutes. The hot line takes what you have to say."))
        request: Request[Any, Any, Any] = Request(connection.scope)
        if handler.opt.get(UPLOAD):
            files.check_token(request)
        async with site.visit(request) as visit:
            row = (await own.view_of(visit, casepage.read_number(str(connection.path_params.get("number", ""))))).row
            tree, declared = visit.house.directory.tree, visit.house.declared(row.type_id)
            if declared is None or declared.owner != owner or not tree.has_on(row.district_id, owner):
                raise NotFound(_("This district does not offer the service."))

    return guard


def _guard(owner: str) -> Any:
    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        site: Site = connection.app.state.site
        if site.fences.is_out(owner, "route", route_name(handler)):
            raise OutOfOrder(_("This page is out of order for some minutes. The hot line takes what you have to say."))
        async with site.database.transaction() as db:
            visitor = await access.who(db, connection.cookies.get(SESSION_COOKIE, ""), site.now())
            house = await site.house(db, visitor.revision)
        tree = house.directory.tree
        district = tree.find(str(connection.path_params.get("district", "")))
        if district is None or not tree.has_on(district.id, owner):
            raise NotFound(_("This district does not offer the service."))
        asked = handler.opt.get(OPTION)
        if handler.opt.get(UPLOAD):
            files.check_token(Request(connection.scope))
        if asked == PUBLIC:
            return
        if visitor.person_id is None:
            raise NotSignedIn(_("Sign in to go on."))
        post = visitor.post
        actor = house.directory.staff(visitor.person_id, post) if post else None
        within = actor is not None and actor.district_id is not None and actor.district_id in district.path
        if actor is None or not within or not actor.may(str(asked)):
            raise Forbidden(_("Your post does not carry the right to do this."))

    return guard


class Fence:
    """Around a plugin's pages: bounds their statements, cuts off what takes too long, and has what blocked the event loop counted as the page's."""

    def __init__(self, app: ASGIApp, owner: str) -> None:
        self.app, self.owner = app, owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        site: Site = scope["litestar_app"].state.site
        loop, fences = asyncio.get_running_loop(), site.fences
        name = route_name(scope["route_handler"])
        began = False

        async def waiting() -> ReceiveMessage:
            waits, until = loop.time(), limit.when()
            limit.reschedule(None)
            message = await receive()
            if not began and until is not None:
                limit.reschedule(until + loop.time() - waits)
            return message

        async def begun(message: Message) -> None:
            nonlocal began
            began = True
            limit.reschedule(None)  # a long file over a thin line is no fault
            await send(message)

        blocked = fences.blocked(self.owner)
        try:
            with statement_limit(fences.statement_limit):
                async with asyncio.timeout(SLOW_ROUTE) as limit:
                    await self.app(scope, waiting, begun)
        except TimeoutError as late:
            if not limit.expired():
                raise
            fences.report(self.owner, "route", name, f"longer than {SLOW_ROUTE:g} s")
            raise OutOfOrder(_("This page took too long and was given up. The hot line takes what you have to say.")) from late
        if fences.blocked(self.owner) > blocked:
            fences.report(self.owner, "route", name, "blocked the event loop")
