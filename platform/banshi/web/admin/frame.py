"""What the pages of the administration share: who may read and who may change, the districts, the tabs, what presses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from banshi import texts
from banshi.cases import numbers, reading
from banshi.contracts import ADMINISTER, OPERATE, Actor, Unit
from banshi.districts import District
from banshi.errors import Forbidden, NotFound
from banshi.web import clocks, pages
from banshi.web.site import Visit

_ = texts.translator("banshi")

TABS: tuple[tuple[str, str, texts.Text], ...] = (
    ("plugins", "/admin", _("Plugins")),
    ("calendar", "/admin/calendar", _("Calendar")),
    ("rules", "/admin/rules", _("Limits and rules")),
    ("escalations", "/admin/escalations", _("Tomorrow's escalations")),
    ("deputies", "/admin/deputies", _("Deputies")),
    ("messages", "/admin/messages", _("Messages")),
    ("webhooks", "/admin/webhooks", _("Webhooks")),
)


FOR_ALL = {"plugins", "deputies", "messages", "webhooks"}
"""Tabs without an address for each district."""


def reader(visit: Visit) -> Actor:
    """Return who reads these pages: an administrator or an engineer."""
    actor = visit.staff()
    if not (actor.may(OPERATE.name) or actor.may(ADMINISTER.name)):
        raise Forbidden(_("Administration is for administrators and engineers."))
    return actor


def administrator(visit: Visit) -> Actor:
    """Return who changes something there."""
    actor = reader(visit)
    if not actor.may(ADMINISTER.name):
        raise Forbidden(_("Your post does not carry the right to do this."))
    return actor


def places(visit: Visit, actor: Actor) -> list[District]:
    """Return the districts that an officer administers: their own and those below it that serve residents."""
    return [d for d in visit.house.directory.tree.serving if actor.district_id is not None and actor.district_id in d.path]


def place(visit: Visit, actor: Actor, code: str = "") -> District:
    """Return the district of an address, the officer's own where it names none."""
    found = next((d for d in places(visit, actor) if d.code == code or not code), None)
    if found is None:
        raise NotFound(_("There is no such district."))
    return found


def head(visit: Visit, actor: Actor, tab: str, district: District | None = None) -> pages.AdminHead:
    """Return what stands above each page: the tabs, the same page of other districts, and what presses."""
    where = f"/{district.code}" if district else ""
    tabs = tuple(
        pages.Link(text=visit.say(text), href=href + (where if name not in FOR_ALL else ""), current=name == tab) for name, href, text in TABS
    )
    home = next(href for name, href, _text in TABS if name == tab)
    others = tuple(pages.Link(text=d.say(visit.language), href=f"{home}/{d.code}", current=d == district) for d in places(visit, actor))
    return pages.AdminHead(tabs=tabs, districts=others if district and len(others) > 1 else (), notices=_notices(visit, actor))


def _notices(visit: Visit, actor: Actor) -> tuple[pages.Link, ...]:
    lacking: dict[int, list[District]] = {}
    for district, year in visit.site.unanswered([actor]):
        lacking.setdefault(year, []).append(district)
    join = "、" if visit.language == "zh" else ", "
    text = _("Nobody has published the days off of {year}: {districts}. Until then only weekends count as off, and what is due then is provisional.")
    return tuple(
        pages.Link(
            text=visit.say(text, year=year, districts=join.join(d.say(visit.language) for d in found)),
            href=f"/admin/calendar/{found[0].code}?year={year}",
        )
        for year, found in lacking.items()
    )


def moment(visit: Visit, at: Any, district: District) -> str:
    """Return a moment in words, with its year, as it is in a district; a dash for none."""
    return texts.say_moment(at, district.timezone, visit.language) if at is not None else "–"


def who(visit: Visit, post_id: int | None) -> str:
    """Return an officer in words."""
    if post_id is None:
        return "banshi"
    found = visit.house.directory.post(post_id)
    return visit.say(_("Staff {number}"), number=found.staff_number) if found else visit.say(_("A post that is over"))


async def case_links(visit: Visit, actor: Actor, plain: Sequence[str]) -> dict[str, pages.Link]:
    """Return case numbers as they are shown, each leading to its page where the officer may see the case; one query."""
    seen = {r.number for r in await reading.several(visit.db, visit.house, actor, plain)} if plain else set()
    return {n: pages.Link(text=numbers.show(n), href=f"/desk/case/{numbers.show(n)}" if n in seen else "") for n in plain}


def amount(visit: Visit, count: float, unit: str) -> str:
    """Return so many days, hours or cases in words."""
    if unit == "cases":
        return visit.say(_("1 open case")) if count == 1 else visit.say(_("{count} open cases"), count=f"{count:g}")
    return clocks.say_amount(cast("Unit", unit), count, visit.language)
