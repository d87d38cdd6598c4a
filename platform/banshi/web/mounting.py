"""Mounting a plugin's own pages at ``/d/<district>/<plugin>/``: the kernel guards, the author cannot forget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import HttpMethod, Request, Router, route
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from banshi.contracts import Routes
from banshi.errors import Forbidden, NotFound, NotSignedIn, PluginError, Refused
from banshi.identity import access
from banshi.plugins import RESERVED, Registry
from banshi.texts import translator
from banshi.web import casepage, files
from banshi.web.portal import own
from banshi.web.security import TOKEN_ROUTE
from banshi.web.site import SESSION_COOKIE, Site

_ = translator("banshi")

PUBLIC = "public"
APPLICANT = "applicant"
OPTION = "permission"
UPLOAD = "upload"


def routers(registry: Registry) -> list[Router]:
    """Return one router a plugin with routes, each behind the district's switch and its handlers' permissions.

    A broken plugin's answers for it, unless its very name is what is wrong: then it has no address, and takes none of the kernel's.
    """
    known = {p.name for role in registry.roles for p in role.permissions} | {PUBLIC}
    mounted: list[Router] = []
    for routes in registry.routes:
        check(routes, known)
        if routes.on_case:
            own = Router(path=f"/case/{{number:str}}/{routes.owner}", route_handlers=list(routes.on_case), guards=[_case_guard(routes.owner)])
            mounted.append(own)
        mounted.append(
            Router(
                path=f"/d/{{district:str}}/{routes.owner}",
                route_handlers=list(routes.controllers),
                guards=[_guard(routes.owner)],
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
    """Raise PluginError for a handler that names no permission, or one that no role holds, or that asks for what is the kernel's."""
    for controller, allowed in (*((c, known) for c in routes.controllers), *((c, {APPLICANT}) for c in routes.on_case)):
        if any(TOKEN_ROUTE in opt for above in controller.__mro__ if isinstance(opt := vars(above).get("opt"), Mapping)):
            raise PluginError(_taken(f"{routes.owner}: {controller.__name__}"))
        for handler in _handlers(controller):
            asked = handler.opt.get(OPTION)
            where = f"{routes.owner}: {controller.__name__}.{handler.fn.__name__}"
            if TOKEN_ROUTE in handler.opt and not handler.opt.get(UPLOAD):
                raise PluginError(_taken(where))
            if asked is None:
                msg = f'{where} names no permission: write opt={{"permission": "{routes.owner}.…"}}, or "public"'
                raise PluginError(msg)
            if asked not in allowed:
                msg = (
                    f"{where} asks for {asked!r}, which no role holds" if allowed is known else f'{where} is on a case: its permission is "applicant"'
                )
                raise PluginError(msg)
            if handler.opt.get(UPLOAD):
                handler.opt[TOKEN_ROUTE] = True  # the guard looks at the token in the address, before a byte of the body is read


def _handlers(controller: type) -> Sequence[HTTPRouteHandler]:
    """Return the handlers of a controller, those of the classes above it too."""
    named = {name: thing for above in reversed(controller.__mro__) for name, thing in vars(above).items()}
    return [h for h in named.values() if isinstance(h, HTTPRouteHandler)]


def _taken(where: str) -> str:
    return f"{where} asks to be let off the form's token: the option {TOKEN_ROUTE!r} is the kernel's"


def _case_guard(owner: str) -> Any:
    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        site: Site = connection.app.state.site
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


class OutOfOrder(Refused):
    """The plugin behind an address is broken and fenced; the rest of the platform serves."""

    status = 503
