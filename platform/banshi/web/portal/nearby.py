"""Already reported nearby: what others filed of the same kind at the same place, to be joined instead of filed again."""

from __future__ import annotations

from typing import Any

from litestar import Response

from banshi import texts
from banshi.cases import linking, numbers
from banshi.cases.decoding import decode, shapes
from banshi.cases.opening import Master
from banshi.contracts import Page as Group
from banshi.errors import Invalid, NotFound
from banshi.web import casepage, forms, pages
from banshi.web.portal.questions import Filing
from banshi.web.site import Visit

_ = texts.translator("banshi")

SEEN = "=near"
"""Under this name a draft keeps for which kind and place its person saw what others reported."""
JOINS = "=joins"
"""Under this name a draft keeps the number of the case that is joined."""


async def fresh(visit: Visit, filing: Filing, group: Group) -> bool:
    """Return whether something is reported nearby that is still to be shown after this page."""
    if not _asks_where(filing, group) or _key(filing) == filing.answers.get(SEEN):
        return False
    return bool(await _found(visit, filing))


async def show(visit: Visit, filing: Filing, group: Group) -> Response[Any]:
    """Show what is reported nearby: kind, place, day, state and how many; never a word of what others wrote."""
    page = pages.NearbyPage(
        service=visit.say(filing.service.title),
        rows=tuple(_row(visit, r) for r in await _found(visit, filing)),
        action=filing.address(group.name) + "?near",
        back=filing.address(group.name),
    )
    return visit.page("portal/nearby.html", page)


async def choose(visit: Visit, filing: Filing, group: Group, raw: dict[str, list[str]]) -> Response[Any]:
    """Keep what was chosen, to join or to file one's own, and go on."""
    number, kept = forms.one(raw, "join"), {k: v for k, v in filing.answers.items() if k != JOINS}
    if number:
        try:
            await master(visit, filing, number)
            kept[JOINS] = number
        except NotFound:
            pass  # settled since: what is left is to file one's own
    await filing.save(kept | {SEEN: _key(filing)})
    return visit.go(filing.after(group))


async def master(visit: Visit, filing: Filing, number: str) -> Master:
    """Return the case to be joined; NotFound where it is settled meanwhile, or what was answered since does not fit it."""
    found = await linking.joinable(visit.db, visit.house, filing.case_type, visit.district.id if visit.district else 0, number)
    if number not in {r.number for r in await _found(visit, filing)}:
        raise NotFound(linking.NOT_THERE)
    return found


def joined(filing: Filing) -> pages.Joined | None:
    """Return what the check page says of the case that is joined."""
    number = filing.answers.get(JOINS)
    place = next((g for g in filing.asked if _asks_where(filing, g)), None)
    if not number or place is None:
        return None
    return pages.Joined(number=numbers.show(number), change=filing.address(place.name) + "?near")


async def _found(visit: Visit, filing: Filing) -> list[Any]:
    """The cases nearby; none where what is filed here is nobody else's matter."""
    try:
        form = decode(filing.form, filing.live)
    except Invalid:
        return []
    marks = filing.case_type.marks(form) if filing.case_type.marks else None
    if marks is None or not marks.common or marks.confidentiality:
        return []
    area = visit.house.directory.tree.find(_answer(filing, "area"))
    if area is None and any(s.ask.role == "area" for s in shapes(filing.form)):
        return []
    category = _answer(filing, "category") or None
    return list(await linking.alike(visit.db, visit.house, filing.case_type, category, area.id if area else None))


def _asks_where(filing: Filing, group: Group) -> bool:
    """Return whether with this page both kind and place are known: it is the last of those that ask for them."""
    names = {s.name for s in shapes(filing.form) if s.ask.role in {"area", "category"}}
    asking = [g for g in filing.asked if names & set(g.fields)]
    return bool(asking) and asking[-1].name == group.name


def _key(filing: Filing) -> str:
    return f"{_answer(filing, 'category')}/{_answer(filing, 'area')}"


def _answer(filing: Filing, role: str) -> str:
    return next((forms.one(filing.live, s.name) for s in shapes(filing.form) if s.ask.role == role), "")


def _row(visit: Visit, row: Any) -> pages.NearbyRow:
    type_row, zone = visit.house.book[row.type_id], visit.house.directory.tree[row.district_id].timezone
    declared = visit.house.declared(row.type_id)
    return pages.NearbyRow(
        number=row.number,
        what=casepage.category(declared, row, visit.language) or type_row.title.get(visit.language, ""),
        where=casepage.area(visit, row),
        when=texts.say_day(row.received, zone, visit.language, visit.at),
        state=type_row.say_state(row.state, visit.language),
        tone=casepage.tone(declared, row),
        people=visit.say(_("{count} people reported it"), count=row.people) if row.people > 1 else visit.say(_("One person reported it")),
    )
