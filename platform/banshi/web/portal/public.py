"""The public list: what is reported in a district, by kind and place, and how it goes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from banshi import texts
from banshi.cases import public, reading
from banshi.cases.decoding import shapes
from banshi.cases.public import PublicQuery
from banshi.districts import District
from banshi.web import casepage, forms, pages
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

OPEN = {"yes": True, "no": False}


@get("/d/{district:str}/public")
async def show(
    request: Request[Any, Any, Any],
    district: FromPath[str],
    category: FromQuery[str] = "",
    area: FromQuery[str] = "",
    open: FromQuery[str] = "",  # noqa: A002 -- the parameter's public name
    after: FromQuery[str] = "",
) -> Response[Any]:
    """What everybody may know of a district's cases, the newest first; a filter that is not known is left out and told."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        place = visit.enter(district)
        tree = visit.house.directory.tree
        kinds, areas = _kinds(visit, place), {v: label for v, label, _hint in forms.area_options(tree, place, visit.language)}
        node = tree.find(area) if area in areas else None
        left_out = [
            visit.say(_("“{filter}” has no “{value}” here: it was left out."), filter=title, value=value[:40])
            for title, value, known in (
                (_("Category"), category, category in kinds),
                (_("Place"), area, node is not None),
                (_("Open or closed"), open, open in OPEN),
            )
            if value and not known
        ]
        query = PublicQuery(
            districts=tuple(d.id for d in tree.below(place.id) if d.level in {"city", "district"}),
            category=category if category in kinds else None,
            areas=tuple(d.id for d in tree.below(node.id)) if node else None,
            open=OPEN.get(open),
            after=reading.read_cursor(after),
        )
        found = await public.listing(visit.db, visit.house, query)
        address = f"/d/{place.code}/public"
        kept = {k: v for k, v in (("category", query.category or ""), ("area", area if node else ""), ("open", open if open in OPEN else "")) if v}
        page = pages.PublicPage(
            title=visit.say(_("What is reported in {place}"), place=place.say(visit.language)),
            form=_form(visit, address, kinds, areas, kept),
            rows=tuple(_row(visit, r) for r in found.rows),
            next=address + "?" + urlencode(kept | {"after": reading.write_cursor(found.next)}) if found.next else "",
            first=address + ("?" + urlencode(kept) if kept else "") if after else "",
            left_out=tuple(left_out),
        )
        return visit.page("portal/public.html", page)


def _kinds(visit: Visit, place: District) -> dict[str, str]:
    """The categories of the services that the district has on, with their words."""
    tree, found = visit.house.directory.tree, dict[str, str]()
    for declared in visit.house.registry.case_types:
        if tree.has_on(place.id, declared.owner):
            found |= {o.value: visit.say(o.label) for s in shapes(declared.form) if s.ask.role == "category" for o in s.ask.options}
    return found


def _form(visit: Visit, address: str, kinds: dict[str, str], areas: dict[str, str], kept: dict[str, str]) -> pages.Form:
    said = {"yes": visit.say(_("Open")), "no": visit.say(_("Closed"))}
    fields = tuple(
        pages.Field(
            name=name,
            label=visit.say(label),
            kind="select",
            value=kept.get(name, ""),
            choices=(
                pages.Choice(value="", label=visit.say(_("Any"))),
                *(pages.Choice(value=v, label=text, chosen=kept.get(name) == v) for v, text in offers.items()),
            ),
        )
        for name, label, offers in (("category", _("Category"), kinds), ("area", _("Place"), areas), ("open", _("Open or closed"), said))
        if len(offers) > 1
    )
    return pages.Form(action=address, fields=fields, button=visit.say(_("Narrow the list")), cancel=address)


def _row(visit: Visit, row: Any) -> pages.PublicRow:
    type_row, declared = visit.house.book[row.type_id], visit.house.declared(row.type_id)
    zone = visit.house.directory.tree[row.district_id].timezone
    department = visit.house.directory.department(row.department_id) if row.department_id else None
    outcome = type_row.say_outcome(row.outcome, visit.language)

    def day(at: Any) -> str:
        return texts.say_day(at, zone, visit.language, visit.at)

    return pages.PublicRow(
        what=casepage.category(declared, row, visit.language) or type_row.title.get(visit.language, ""),
        where=casepage.area(visit, row),
        state=outcome or type_row.say_state(row.state, visit.language),
        tone=casepage.tone(declared, row),
        department=department.say(visit.language) if department else "",
        received=day(row.received),
        last=day(row.changed),
        people=str(row.people),
    )
