"""Mounting a plugin's own pages at ``/d/<district>/<plugin>/``: the kernel guards, the author cannot forget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import HttpMethod, Router, route
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from banshi.contracts import Routes
from banshi.errors import Forbidden, NotFound, NotSignedIn, PluginError, Refused
from banshi.identity import access
from banshi.plugins import Registry
from banshi.texts import translator
from banshi.web.site import SESSION_COOKIE, Site

_ = translator("banshi")

PUBLIC = "public"
OPTION = "permission"


def routers(registry: Registry) -> list[Router]:
    """Return one router a plugin with routes, each behind the district's switch and its handlers' permissions."""
    known = {p.name for role in registry.roles for p in role.permissions} | {PUBLIC}
    mounted: list[Router] = []
    for routes in registry.routes:
        check(routes, known)
        mounted.append(
            Router(
                path=f"/d/{{district:str}}/{routes.owner}",
                route_handlers=list(routes.controllers),
                guards=[_guard(routes.owner)],
            )
        )
    return [*mounted, *(_fenced(name) for name in registry.failed)]


def _fenced(owner: str) -> Router:
    """Return a router that answers for a broken plugin: 503 where a district has it on, 404 elsewhere."""

    async def out_of_order() -> None:
        raise OutOfOrder(_("This service is out of order. The hot line takes what you have to say."))

    handler = route(["/", "/{rest:path}"], http_method=[HttpMethod.GET, HttpMethod.POST], opt={OPTION: PUBLIC}, include_in_schema=False)
    return Router(path=f"/d/{{district:str}}/{owner}", route_handlers=[handler(out_of_order)], guards=[_guard(owner)])


def check(routes: Routes, known: set[str]) -> None:
    """Raise PluginError for a handler that names no permission, or one that no role holds."""
    for controller in routes.controllers:
        for handler in _handlers(controller):
            asked = handler.opt.get(OPTION)
            where = f"{routes.owner}: {controller.__name__}.{handler.fn.__name__}"
            if asked is None:
                msg = f'{where} names no permission: write opt={{"permission": "{routes.owner}.…"}}, or "public"'
                raise PluginError(msg)
            if asked not in known:
                msg = f"{where} asks for {asked!r}, which no role holds"
                raise PluginError(msg)


def _handlers(controller: type) -> Sequence[HTTPRouteHandler]:
    return [h for h in vars(controller).values() if isinstance(h, HTTPRouteHandler)]


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
