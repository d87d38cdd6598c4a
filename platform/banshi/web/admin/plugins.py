"""The plugins with their health, and which district has which on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from sqlalchemy import func, select

from banshi import audit, texts
from banshi.cases.tables import case
from banshi.contracts import ADMINISTER, Actor
from banshi.districts import District, switch_plugin
from banshi.errors import Conflict, Forbidden, Invalid, NotFound
from banshi.fences import Fault, Kind, faults
from banshi.web import casepage, forms, pages
from banshi.web.admin.frame import head, moment, reader
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")


SHOWN = timedelta(days=7)
KINDS: dict[Kind, texts.Text] = {
    "route": _("Page"),
    "panel": _("Panel"),
    "template": _("Template"),
    "measure": _("Measure"),
    "rule": _("Escalation rule"),
    "job": _("Job"),
    "code": _("Program"),
    "loop": _("Blocks the server:"),
}


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin's switch in a district: what it says, what follows from it, the form that changes it, and one that leaves it to the district above."""

    district: str
    code: str
    on: bool
    inherited: bool
    form: pages.Form
    inherit: pages.Form | None = None


class FaultPart(msgspec.Struct, frozen=True, kw_only=True):
    """Something of a plugin that failed: what it is, how often, when and how the last time; ``aside``: until when it is set aside, in words."""

    title: str
    told: str
    what: str
    aside: str = ""


class PluginPart(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin with its health and its switches."""

    name: str
    version: str
    fault: str
    declares: str
    switches: tuple[Switch, ...]
    faults: tuple[FaultPart, ...] = ()


class AdminPage(msgspec.Struct, frozen=True, kw_only=True):
    """admin/plugins.html."""

    head: pages.AdminHead
    plugins: tuple[PluginPart, ...]
    may_switch: bool
    problem: str = ""


@get("/admin")
async def show(request: Request[Any, Any, Any]) -> Response[Any]:
    """Every plugin, and where it is on."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = reader(visit)
        return visit.page("admin/plugins.html", await _page(visit, actor), desk=True)


@post("/admin/switch")
async def switch(request: Request[Any, Any, Any]) -> Response[Any]:
    """Turn a plugin on or off in a district, or let it inherit; audited."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = reader(visit)
        if not actor.may(ADMINISTER.name):
            raise Forbidden(_("Your post does not carry the right to do this."))
        tree = visit.house.directory.tree
        district, plugin = tree.find(forms.one(raw, "district")), forms.one(raw, "plugin")
        if district is None or plugin not in visit.house.registry.names or actor.district_id not in district.path:
            raise NotFound(_("There is no such district."))
        wanted = {"on": True, "off": False, "inherit": None}
        said = forms.one(raw, "to")
        if said not in wanted:
            raise Invalid(_("Some answers need your attention."))
        try:
            await set_switch(visit, actor, district, plugin, wanted[said])
        except Conflict as refused:
            page = msgspec.structs.replace(await _page(visit, actor), problem=visit.say(refused.text, **refused.values))
            return visit.page("admin/plugins.html", page, desk=True, status=409)
        return visit.go("/admin")


async def set_switch(visit: Visit, actor: Actor, district: District, plugin: str, enabled: bool | None) -> None:
    """Write the switch; Conflict where it would leave open cases that nobody could work on."""
    tree = visit.house.directory.tree
    above = district.parent_id is not None and tree.has_on(district.parent_id, plugin)
    will_be = above if enabled is None else enabled
    if tree.has_on(district.id, plugin) and not will_be:
        inheriting = [d.id for d in tree.below(district.id) if d.id == district.id or _inherits(visit, d, district, plugin)]
        types = visit.house.book.ids(frozenset({plugin}))
        found = select(case.c.id).where(case.c.closed.is_(None), case.c.district_id.in_(inheriting), case.c.type_id.in_(types)).limit(1001)
        count = (await visit.db.execute(select(func.count()).select_from(found.subquery()))).scalar_one()
        if count:
            raise Conflict(
                _("“{plugin}” has {count} open cases in {district}: close them or hand them over first."),
                plugin=plugin,
                count=casepage.bounded(count),
                district=district.say(visit.language),
            )
    await switch_plugin(visit.db, district.id, plugin, enabled, visit.at)
    body = {"plugin": plugin, "to": {True: "on", False: "off", None: "inherit"}[enabled]}
    await audit.record(visit.db, visit.house.keyring, actor, "plugin.switched", f"district:{district.code}", body, visit.at)


def _inherits(visit: Visit, lower: District, upper: District, plugin: str) -> bool:
    """Return whether no switch stands between a district and the one above it."""
    tree = visit.house.directory.tree
    return all(tree.switch(node.id, plugin) is None for node in tree.above(lower.id) if upper.id in node.path and node.id != upper.id)


async def _page(visit: Visit, actor: Actor) -> AdminPage:
    told = await faults.read(visit.db, since=visit.at - SHOWN)
    told += [f for f in await faults.read(visit.db, aside_at=visit.at) if f not in told]
    registry, tree = visit.house.registry, visit.house.directory.tree
    loaded = {p.name: p for p in registry.plugins}
    parts = []
    for name in registry.names:
        only = registry.only([name])
        declares = visit.say(
            _("{types} case types, {services} services, {roles} roles"),
            types=len(only.case_types),
            services=len(only.services),
            roles=len(only.roles),
        )
        switches = tuple(_switch(visit, d, name) for d in tree.serving if actor.district_id is not None and actor.district_id in d.path)
        parts.append(
            PluginPart(
                name=name,
                version=loaded[name].version if name in loaded else "",
                fault=registry.failed.get(name, ""),
                declares=declares,
                switches=switches,
                faults=tuple(_fault(visit, actor, f) for f in told if f.owner == name),
            )
        )
    return AdminPage(head=head(visit, actor, "plugins"), plugins=tuple(parts), may_switch=actor.may(ADMINISTER.name))


def _fault(visit: Visit, actor: Actor, fault: Fault) -> FaultPart:
    here = visit.house.directory.tree[actor.district_id] if actor.district_id is not None else next(iter(visit.house.directory.tree))
    aside = ""
    if fault.until is not None and fault.until > visit.at:
        lasting = fault.kind == "measure"
        aside = visit.say(_("Left out of the report until it was counted anew")) if lasting else ""
        aside = aside or visit.say(_("Set aside until {moment}"), moment=moment(visit, fault.until, here))
    return FaultPart(
        title=f"{visit.say(KINDS[fault.kind])} {fault.name}",
        told=visit.say(_("{count} ×, last {moment}"), count=fault.count, moment=moment(visit, fault.last, here)),
        what=fault.what,
        aside=aside,
    )


def _switch(visit: Visit, district: District, plugin: str) -> Switch:
    tree = visit.house.directory.tree
    on, own = tree.has_on(district.id, plugin), tree.switch(district.id, plugin)

    def form(to: str, button: texts.Text) -> pages.Form:
        hidden = (("district", district.code), ("plugin", plugin), ("to", to))
        return pages.Form(action="/admin/switch", fields=(), button=visit.say(button), hidden=hidden)

    below = district.parent_id is not None
    return Switch(
        district=district.say(visit.language),
        code=district.code,
        on=on,
        inherited=own is None and below,
        form=form("off", _("Turn off")) if on else form("on", _("Turn on")),
        inherit=form("inherit", _("As the district above")) if below and own is not None else None,
    )


HANDLERS = [show, switch]
