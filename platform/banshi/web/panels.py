"""Plugins' parts of the kernel's own pages: each read in a savepoint and drawn by itself, so that one that breaks costs its own place only."""

from __future__ import annotations

from typing import Any

import msgspec
from markupsafe import Markup

from banshi import texts
from banshi.cases import acting
from banshi.contracts import Panel, PanelContext, Place
from banshi.web import pages, templating
from banshi.web.site import Visit, csrf_token

_ = texts.translator("banshi")

OUT_OF_ORDER = _("This part is out of order just now. The rest of the page is not affected.")


async def of_case(visit: Visit, place: Place, actor: Any, row: Any) -> tuple[pages.PanelPart, ...]:
    """Return the panels that stand on a case's page, for who reads it; none costs nothing."""
    declared = visit.house.declared(row.type_id)
    if declared is None or not visit.house.directory.tree.has_on(row.district_id, declared.owner):
        return ()
    wanted = [p for p in visit.house.registry.panels if p.place == place and p.owner == declared.owner and declared.name in p.case_types]
    if not wanted:
        return ()
    district = visit.house.directory.tree[row.district_id]
    context = _context(visit, actor, district=district.code, zone=district.timezone, case=acting.snapshot(declared, row))
    return await _drawn(visit, wanted, context)


async def of_home(visit: Visit, place: Place, actor: Any) -> tuple[pages.PanelPart, ...]:
    """Return the panels below the desk's queue, or on the home page of a district."""
    district, tree = visit.district, visit.house.directory.tree
    if place == "desk.home":
        district = tree[actor.district_id] if actor.district_id is not None else None
    if district is None:
        return ()
    wanted = [p for p in visit.house.registry.panels if p.place == place and tree.has_on(district.id, p.owner)]
    return await _drawn(visit, wanted, _context(visit, actor, district=district.code, zone=district.timezone)) if wanted else ()


def _context(visit: Visit, actor: Any, **more: Any) -> PanelContext:
    return PanelContext(
        db=visit.db,
        actor=actor,
        at=visit.at,
        language=visit.language,
        city=visit.house.directory,
        vault=visit.house.keyring,
        csrf=csrf_token(visit.request),
        **more,
    )


async def _drawn(visit: Visit, wanted: list[Panel], context: PanelContext) -> tuple[pages.PanelPart, ...]:
    held = [p for p in wanted if not p.needs or (context.actor.capacity == "staff" and context.actor.may(p.needs))]
    found = []
    for panel in sorted(held, key=lambda p: (p.order, p.owner, p.name)):
        if (part := await _part(visit, panel, context)) is not None:
            found.append(part)
    return tuple(found)


async def _part(visit: Visit, panel: Panel, context: PanelContext) -> pages.PanelPart | None:
    """Read and draw one panel behind the fence: in a savepoint, cut off at its limit, set aside where it fails again and again."""
    part = pages.PanelPart(name=f"panel-{panel.owner}-{panel.name}", title=visit.say(panel.title))
    said, html = None, ""
    fence = visit.site.fences.guard(panel.owner, "panel", panel.name, limit=panel.limit, db=visit.db)
    async with fence as there:
        if there:
            said = await panel.read(context)
            if said is not None:
                env = templating.environment(visit.site.registry.packages, panel.owner, visit.language)
                html = env.get_template(panel.template).render(panel=said, csrf=context.csrf)
    if not fence:
        return msgspec.structs.replace(part, broken=visit.say(OUT_OF_ORDER))
    return None if said is None else msgspec.structs.replace(part, html=Markup(html))  # noqa: S704 -- drawn by an environment that escapes
