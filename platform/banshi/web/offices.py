"""Who does what: the departments of a place with telephone, address, duties and superiors, found by the words of their duties. From memory alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from weakref import WeakKeyDictionary

from banshi import texts, words
from banshi.contracts import Department
from banshi.districts import District
from banshi.errors import NotFound
from banshi.identity.directory import ANY, Directory
from banshi.library import reading
from banshi.library.reading import Wanted
from banshi.web import bookshelf, casepage, pages
from banshi.web.site import Visit

_ = texts.translator("banshi")

LINES: tuple[tuple[Literal["trade", "area"], texts.Text], ...] = (("trade", _("Superior by trade")), ("area", _("Superior by area")))
FITTING = 5
JOINT = " · "
_known: WeakKeyDictionary[Directory, dict[tuple[int, int, bool], tuple[frozenset[str], ...]]] = WeakKeyDictionary()
"""The pieces of each department's name and duties in a place, with and without what it does for staff; as long as the directory stands."""


def every(visit: Visit, place: District, address: str, *, staff: bool = False) -> tuple[pages.DirectoryRow, ...]:
    """Return the departments from the city's down to those of the place's streets."""
    return tuple(_row(visit, d, place, address, staff=staff) for d in _standing(visit, place))


def fitting(visit: Visit, place: District, asked: str, address: str, *, staff: bool = False) -> tuple[pages.DirectoryRow, ...]:
    """Return the departments of which a duty (or the name) stands in what is asked, or that say half of it at the least; the best first."""
    wanted = frozenset(t.pieces[0] for t in words.telling(asked))
    counted = []
    for department in _standing(visit, place):
        phrases = _phrases(visit, department, place, staff=staff)
        whole, shared = sum(p <= wanted for p in phrases), len(wanted & frozenset().union(*phrases))
        if shared and (whole or shared * 2 >= len(wanted)):
            counted.append((whole, shared, department))
    counted.sort(key=lambda c: (-c[0], -c[1]))
    return tuple(_row(visit, d, place, address, staff=staff) for _whole, _shared, d in counted[:FITTING])


async def page(visit: Visit, place: District, code: str, home: str, *, staff: bool = False) -> pages.OfficePage:
    """Return the page of one department; one query, for what it is responsible for in the library. NotFound where it is not of this place."""
    directory, address = visit.house.directory, f"{home}/departments"
    standing = _standing(visit, place)
    found = next((d for d in standing if d.code == code), None)
    if found is None:
        raise NotFound(_("There is no such department."))
    above = []
    for line, label in LINES:
        if superior := directory.superior(found.id, line):
            href = f"{address}/{superior.code}" if superior in standing else ""
            above.append((visit.say(label), casepage.contact(superior, visit.language), href))
    below = [d for d in standing if found.id in {d.superior_by_trade_id, d.superior_by_area_id}]
    wanted = Wanted(district=place, day=bookshelf.today(visit, place), staff=staff, department=found.id)
    rows = await reading.browse(visit.db, wanted)
    return pages.OfficePage(
        row=_row(visit, found, place, address, staff=staff),
        above=tuple(above),
        below=tuple(pages.Link(text=d.say(visit.language), href=f"{address}/{d.code}") for d in below),
        entries=tuple(bookshelf.row(visit, r, home) for r in rows),
        back=address,
    )


def _standing(visit: Visit, place: District) -> list[Department]:
    """The departments that stand in a place, above it or below it, the city's first."""
    tree = visit.house.directory.tree
    inside = _inside(visit, place)
    standing = [d for d in visit.house.directory if not d.dissolved and d.district_id in inside]
    return sorted(standing, key=lambda d: (len(tree[d.district_id].path), tree[d.district_id].path, d.code))


def _row(visit: Visit, department: Department, place: District, address: str, *, staff: bool) -> pages.DirectoryRow:
    duties = _duties(visit, department.id, place, visit.language, staff=staff)
    return pages.DirectoryRow(
        contact=casepage.contact(department, visit.language),
        place=visit.house.directory.tree[department.district_id].say(visit.language),
        duties=tuple(dict.fromkeys(duties)),
        href=f"{address}/{department.code}",
    )


def _duties(visit: Visit, department_id: int, place: District, language: texts.Language, *, staff: bool) -> Sequence[tuple[str, str]]:
    """What a department is there for in a place: in words, and what it rests on; residents read what they can ask for."""
    inside = _inside(visit, place)
    registry = visit.house.registry
    types = {t.key: t for t in registry.case_types}
    asked = {f"{s.owner}.{s.case_type}" for s in registry.services if staff or s.audience == "residents"}
    found = []
    for duty in visit.house.directory.duties_of(department_id):
        if duty.district_id not in inside or (duty.case_type in types and duty.case_type not in asked):
            continue
        declared = types.get(duty.case_type)
        about = casepage.category(declared, _Category(duty.category), language) if declared and duty.category != ANY else ""
        said = JOINT.join(w for w in (texts.pick(duty.text, language), about) if w)
        found.append((said, texts.pick(duty.basis, language)))
    return found


def _phrases(visit: Visit, department: Department, place: District, *, staff: bool) -> tuple[frozenset[str], ...]:
    known, key = _known.setdefault(visit.house.directory, {}), (department.id, place.id, staff)
    if key not in known:
        said = [department.say(n) for n in texts.LANGUAGES]
        said += [w for n in texts.LANGUAGES for text, _basis in _duties(visit, department.id, place, n, staff=staff) for w in text.split(JOINT)]
        phrases = (frozenset(t.pieces[0] for t in words.telling(s)) for s in said)
        known[key] = tuple(dict.fromkeys(p for p in phrases if p))
    return known[key]


def _inside(visit: Visit, place: District) -> set[int]:
    """The districts whose departments and duties are of account in a place: its own, those below and those above."""
    return {d.id for d in visit.house.directory.tree.below(place.id)} | set(place.path)


class _Category:
    def __init__(self, category: str) -> None:
        self.category = category
