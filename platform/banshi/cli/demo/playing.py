"""Lets cases of the demo happen: who acts at which moment, a step of every case at once.

Cases go wave by wave, the first step of each, then the second. A wave is read in one statement and written in one, whoever acts and whenever:
five thousand steps one by one would take a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ARRAY, Text, any_, bindparam, select

from banshi.cases import acting, standing_in
from banshi.cases.acting import Act, Acted, Prepared
from banshi.cases.book import House
from banshi.cases.decoding import decode
from banshi.cases.numbers import show
from banshi.cases.opening import Opening, open_many
from banshi.cases.tables import case
from banshi.contracts import Action, Actor, CaseType, DemoCase
from banshi.db import Connection
from banshi.errors import BanshiError, Refused
from banshi.identity.directory import Post
from banshi.identity.tables import person, post
from banshi.plugins import Registry
from banshi.web.desk.proof import spoken_for

AWAKE = (7, 23)
OFFICE_HOURS = (8, 18)
OF_STAFF = frozenset({"telephone", "clerk", "head", "helper", "intake"})
NIGHT = timedelta(hours=9)  # so long before any hour of the night, people are awake
SOON = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NUMBERS = select(case).where(case.c.number == any_(bindparam("numbers", type_=ARRAY(Text)))).order_by(case.c.id).with_for_update()


class Cast(msgspec.Struct, frozen=True):
    """Who plays: residents by index, and staff by department."""

    residents: tuple[Actor, ...]
    staff: Mapping[int, tuple[Actor, ...]]

    def of(self, house: House, part: str, district_id: int) -> list[Actor]:
        """Return the staff of every intake desk or oversight body that serves a district."""
        path = house.directory.tree[district_id].path
        found = [d for d in house.directory if d.part == part and d.district_id in path]
        return [a for d in found for a in self.staff.get(d.id, ())]


class Story(msgspec.Struct, frozen=True):
    """A case that goes on: the steps that are left, each with its moment."""

    number: str
    declared: CaseType
    resident: Actor | None
    steps: tuple[tuple[datetime, str, Mapping[str, Any], str], ...]


async def before_cases(db: Connection, registry: Registry, at: datetime) -> None:
    """Let the plugins put into their tables what must be there before their cases."""
    for one in registry.demo:
        if one.before is not None:
            await one.before(db, at)


async def actors(db: Connection, house: House) -> Cast:
    """Return everybody who can act in the demo."""
    posts = (await db.execute(select(post).where(post.c.ended.is_(None)).order_by(post.c.id))).all()
    staff: dict[int, list[Actor]] = {}
    for row in posts:
        held = Post(id=row.id, department_id=row.department_id, staff_number=row.staff_number, roles=tuple(row.roles))
        staff.setdefault(row.department_id, []).append(house.directory.staff(row.person_id, held))
    employed = {row.person_id for row in posts}
    ids = (await db.execute(select(person.c.id).order_by(person.c.id))).scalars()
    return Cast(tuple(Actor(capacity="resident", person_id=i) for i in ids if i not in employed), {k: tuple(v) for k, v in staff.items()})


async def play(
    db: Connection, house: House, cast: Cast, owner: str, cases: Sequence[DemoCase], at: datetime, *, draw: Callable[[], str] | None = None
) -> list[str]:
    """Let cases happen, as far as they go by ``at``; return their numbers. BanshiError where the city has nobody for a step."""
    stories = [await _open(db, house, cast, owner, one, at, draw) for one in cases]
    going = [s for s in stories if s.steps]
    while going:
        await _wave(db, house, cast, going)
        going = [msgspec.structs.replace(s, steps=s.steps[1:]) for s in going if s.steps[1:]]
    return [s.number for s in stories]


async def step(db: Connection, house: House, cast: Cast, row: Any, action: str, form: Mapping[str, Any], who: str, at: datetime) -> None:
    """Let one thing happen to a case as it stands; Refused or BanshiError where it cannot."""
    declared = house.declared(row.type_id)
    if declared is not None:
        await _wave(db, house, cast, [Story(row.number, declared, None, ((at, action, form, who),))])


async def _open(db: Connection, house: House, cast: Cast, owner: str, one: DemoCase, at: datetime, draw: Callable[[], str] | None) -> Story:
    declared = house.registry.case_type(f"{owner}.{one.case_type}")
    place = house.directory.tree.find(one.district)
    if place is None:
        msg = f"The demo of {owner} names the district {one.district!r}, which the city does not have"
        raise BanshiError(msg)
    resident = cast.residents[one.resident % len(cast.residents)] if one.resident is not None else None
    filed = at - timedelta(days=one.days_ago)
    if _decent(filed, AWAKE, place.timezone, at) != filed:
        filed -= NIGHT
    desk = [a for a in cast.of(house, "intake", place.id) if a.may(f"{owner}.register")]
    teller = resident or (desk[int(filed.timestamp()) % len(desk)] if desk else Actor.SYSTEM)
    wanted = Opening(case_type=declared, district_id=place.id, form=decode(declared.form, one.data), channel=one.channel)
    opened = (await open_many(db, house, teller, [wanted], filed, **({"draw": draw} if draw else {})))[0]
    return Story(opened.number, declared, resident, tuple(_moments(one, filed, at, place.timezone)))


def _moments(one: DemoCase, filed: datetime, at: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, str, Mapping[str, Any], str]]:
    """Yield the steps up to ``at`` with their moments: in order, and nobody at the office acts at night."""
    before, days_before = filed, 0.0
    for days, action, form, who in one.steps:
        planned = filed + timedelta(days=days)
        if planned > at:
            return
        earliest = before + max(MINUTE, min(SOON, timedelta(days=days - days_before)))
        moment = _decent(max(planned, earliest), OFFICE_HOURS if who in OF_STAFF else AWAKE, zone, at)
        before, days_before = moment if before < moment <= at else before + (at - before) / 2, days
        yield before, action, form, who


def _decent(moment: datetime, hours: tuple[int, int], zone: ZoneInfo, at: datetime) -> datetime:
    """Return the moment, or the next morning where it lies in the night; never after ``at``."""
    local = moment.astimezone(zone)
    if hours[0] <= local.hour < hours[1]:
        return moment
    morning = local.replace(hour=hours[0]) + timedelta(days=1 if local.hour >= hours[1] else 0)
    return morning.astimezone(moment.tzinfo) if morning <= at else moment


async def _wave(db: Connection, house: House, cast: Cast, going: Sequence[Story]) -> None:
    """Take the next step of each case."""
    kinds = standing_in.preparing(house.registry, [s.steps[0][1] for s in going])
    statement = NUMBERS.add_columns(standing_in.prepared_by(kinds).label("prepared"))
    rows = {r.number: r for r in await db.execute(statement, {"numbers": [s.number for s in going]})}
    coming, events, done = [], [], []
    for story in going:
        moment = story.steps[0][0]
        actor, prepared = await _prepared(db, house, cast, story, rows[story.number])
        coming.append(prepared.row | {"actor": actor.key, "at": moment})
        events.append(prepared.event)
        done.append((moment, prepared))
    said = {"cases": coming, "events": events}
    await db.execute(acting.ACT, {"said": msgspec.json.encode(said).decode()})
    for moment, prepared in done:
        row = prepared.row
        acted = Acted(number=row["number"], state=row["state"], revision=row["revision"], sequence=row["sequence"])
        await acting.settle(db, house, {acted.number: prepared}, {acted.number: acted}, moment)


async def _prepared(db: Connection, house: House, cast: Cast, story: Story, row: Any) -> tuple[Actor, Prepared]:
    """Return the first who may take the step, with what it changes."""
    moment, name, form, who = story.steps[0]
    action = story.declared.action(name)
    act, refused = Act(number=row.number, action=name, form=decode(action.form, form)), None
    for actor in _able(house, cast, story, row, action, who):
        try:
            return actor, await acting.ready(db, house, actor, act, row, moment)
        except Refused as one:
            refused = one
    msg = f"The demo city has nobody ({who}) for “{name}” on case {show(row.number)}, state {row.state}: {refused or 'no such post'}"
    raise BanshiError(msg) from refused


def _able(house: House, cast: Cast, story: Story, row: Any, action: Action, who: str) -> list[Actor]:
    """Return those whose part the step is, the likeliest first."""
    if who == "resident":
        return [story.resident or Actor(capacity="resident", holds=row.number)]
    if who == "telephone":
        desk = [a for a in cast.of(house, "intake", row.district_id) if a.may(f"{story.declared.owner}.register")]
        return [spoken_for(a, row.number) for a in _turned(desk, row.id)]
    return [a for a in _posts(house, cast, row, who) if a.may(action.needs) and a.person_id not in row.recused]


def _posts(house: House, cast: Cast, row: Any, who: str) -> list[Actor]:
    if who == "helper":
        return [a for d in _turned(row.helpers, row.sequence) for a in _turned(cast.staff.get(d, ()), row.id)]
    if who in {"intake", "oversight"}:
        found = _turned(cast.of(house, who, row.district_id), row.id)
        return sorted(found, key=lambda a: a.department_id != row.department_id)
    colleagues = _turned(cast.staff.get(row.department_id, ()), row.id)
    if who == "head":
        return sorted(colleagues, key=lambda a: (a.post_id == row.assignee_id, -len(a.permissions)))
    return sorted(colleagues, key=lambda a: (a.post_id != row.assignee_id, len(a.permissions)))


def _turned(some: Sequence[Any], by: int) -> list[Any]:
    """Return the list begun elsewhere, so that everybody has something to do."""
    start = by % len(some) if some else 0
    return [*some[start:], *some[:start]]
