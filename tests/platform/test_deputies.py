"""A and B roles: who is away, who stands in, what they may do for whom, and what happens where nobody does (domain 6.5)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from banshi import audit
from banshi.app import consumers
from banshi.cases import acting, attaching, linking, opening, reading, standing_in, unanswered, verifying
from banshi.cases.acting import Act, Acted
from banshi.cases.decoding import decode
from banshi.cases.reading import Query
from banshi.cases.tables import case, case_event
from banshi.cases.tables import unanswered as waiting
from banshi.cases.visibility import predicate
from banshi.cli.demo import seeding
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.errors import Conflict, Forbidden, Invalid, KeyReused, NotAllowedNow, NotFound
from banshi.identity import deputies
from banshi.identity.deputies import Away, Naming
from banshi.identity.directory import Post, load_directory
from banshi.identity.standing import Absence, Deputy, Standing
from banshi.identity.tables import absence, deputy, post
from banshi.jobs import relay
from banshi.jobs.relay import settled
from banshi.search import finding, indexing
from banshi.testing import MOMENT, Town

A, B, CITY, EAST, NORTH, PARKS, HEAD, INTAKE, ADMIN = "10001", "10002", "10007", "10003", "10004", "10005", "10006", "20001", "90001"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Office:
    """The town with its deputies: everything is read anew after each change, as a process does."""

    def __init__(self, db: Connection, town: Town) -> None:
        self.db, self.town, self.at = db, town, MOMENT
        self.house = town.house

    async def read(self) -> None:
        self.house = msgspec.structs.replace(self.town.house, directory=await load_directory(self.db, 0))

    def post(self, number: str) -> int:
        found = self.town.house.directory.officer(number)
        assert found is not None
        return found.id

    def actor(self, number: str, at: datetime | None = None) -> Actor:
        if number in self.town.residents:
            return self.town.residents[number]
        found = self.house.directory.officer(number)
        assert found is not None
        held = Post(id=found.id, department_id=found.department_id, staff_number=number, roles=found.roles)
        return self.house.directory.staff(found.person_id, held, at=at or self.at)

    async def away(
        self, number: str, since: timedelta = timedelta(), until: timedelta = DAY, *, by: str = "", key: str = "", reason: Any = "leave"
    ) -> int:
        away = Away(post_id=self.post(number), since=self.at + since, until=self.at + until, reason=reason)
        house = self.house
        done = await deputies.enter(self.db, house.directory, house.keyring, self.actor(by or number), away, self.at, key=key)
        await self.read()
        return done

    async def back(self, absence_id: int, *, by: str) -> bool:
        done = await deputies.take_back(self.db, self.house.directory, self.house.keyring, self.actor(by), absence_id, self.at)
        await self.read()
        return done

    async def name(
        self,
        number: str,
        other: str,
        since: timedelta = timedelta(),
        until: timedelta = 30 * DAY,
        *,
        by: str = "",
        key: str = "",
        before: bool = False,
    ) -> int:
        naming = Naming(post_id=self.post(number), staff_number=other, since=self.at + since, until=self.at + until, before=before)
        house = self.house
        done = await deputies.name(self.db, house.directory, house.keyring, self.actor(by or number), naming, self.at, key=key)
        await self.read()
        return done

    async def revoke(self, naming_id: int, *, by: str) -> bool:
        done = await deputies.revoke(self.db, self.house.directory, self.house.keyring, self.actor(by), naming_id, self.at)
        await self.read()
        return done

    def holder(self, number: str, at: datetime | None = None) -> str | None:
        found = self.house.directory.post(self.house.directory.standing.holder(self.post(number), at or self.at))
        return found.staff_number if found else None

    async def file(self, wanted: Any, **data: Any) -> str:
        return (await opening.open_one(self.db, self.house, self.town.residents["resident0"], wanted(**data), self.at)).number

    async def do(self, who: str | Actor, number: str, action: str, **data: Any) -> Acted:
        actor = who if isinstance(who, Actor) else self.actor(who)
        form = decode(self.house.registry.case_type("tickets.request").action(action).form, data)
        return await acting.act_one(self.db, self.house, actor, Act(number=number, action=action, form=form), self.at)

    async def row(self, number: str) -> Any:
        return (await self.db.execute(select(case).where(case.c.number == number))).one()

    async def last(self, number: str) -> Any:
        return (await reading.story(self.db, (await self.row(number)).id, reading.FOR_STAFF))[-1]

    async def in_hand(self, number: str) -> set[str]:
        actor = self.actor(number)
        query = Query(open=True, members=False, ranges=standing_in.in_hand(actor), assignee_id=None if standing_in.in_hand(actor) else actor.post_id)
        return {r.number for r in (await reading.listing(self.db, self.house, actor, query)).rows}


@pytest.fixture
async def office(db: Connection, town: Town) -> Office:
    found = Office(db, town)
    await found.read()
    return found


# -- who stands in: a pure function --------------------------------------------------------------------------------------------------


def _moment(hour: int) -> datetime:
    return MOMENT + timedelta(hours=hour)


SPANS = st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda s: (_moment(s[0]), _moment(s[0] + s[1])))
POSTS = st.integers(1, 6)


@st.composite
def standings(draw: Any) -> Standing:
    absences = [Absence(id=i, post_id=draw(POSTS), since=s, until=u) for i, (s, u) in enumerate(draw(st.lists(SPANS, max_size=8)))]
    named = []
    for i, (since, until) in enumerate(draw(st.lists(SPANS, max_size=12))):
        one, other = draw(POSTS), draw(POSTS)
        if one != other:
            named.append(Deputy(id=i, post_id=one, deputy_id=other, rank=draw(st.integers(0, 3)), since=since, until=until))
    return Standing(absences, named)


def reachable(standing: Standing, start: int, at: datetime) -> set[int]:
    """Every deputy to whom a way leads over deputies who are away, told by brute force."""
    found: set[int] = set()
    while True:
        via = {start} | {p for p in found if standing.absence(p, at)}
        more = {d.deputy_id for p in via for d in standing.all_deputies() if d.post_id == p and d.since <= at < d.until} - {start}
        if more <= found:
            return found
        found |= more


@given(standings(), POSTS, st.integers(-1, 20))
def test_whoever_stands_in_is_there_and_only_where_nobody_is_there_does_nobody(standing: Standing, one: int, hour: int) -> None:
    at = _moment(hour)
    there = {p for p in reachable(standing, one, at) if not standing.absence(p, at)}
    holder = standing.holder(one, at)
    if not standing.absence(one, at):
        assert holder == one
        return
    assert (holder in there) if there else holder is None
    own = [d.deputy_id for d in standing.deputies(one, at) if d.deputy_id in there]
    if own:
        assert holder == own[0]
    if standing.ring(one, at):
        assert holder is None


@given(standings(), POSTS, st.lists(st.integers(-1, 20), min_size=1, max_size=5))
def test_for_whom_somebody_stands_in_is_the_same_question_turned_round(standing: Standing, one: int, hours: list[int]) -> None:
    for hour in hours:  # in any order: what was kept of another moment must not answer for this one
        at = _moment(hour)
        assert standing.stands_for(one, at) == tuple(p for p in range(1, 7) if standing.absence(p, at) and standing.holder(p, at) == one)
        assert standing.uncovered(at) == tuple(p for p in range(1, 7) if standing.holder(p, at) is None)
        named = {d.post_id for d in standing.all_deputies() if d.deputy_id == one and d.since <= at < d.until}
        assert standing.backs(one, at) == tuple(sorted(named))


def test_a_ring_ends_with_nobody_and_is_told_from_a_way_that_just_ends() -> None:
    span = {"since": _moment(0), "until": _moment(5)}
    away = [Absence(id=p, post_id=p, **span) for p in (1, 2, 3)]
    ring = Standing(away, [Deputy(id=1, post_id=1, deputy_id=2, rank=0, **span), Deputy(id=2, post_id=2, deputy_id=1, rank=0, **span)])
    assert (ring.holder(1, _moment(1)), ring.ring(1, _moment(1)), ring.ring(1, _moment(6))) == (None, True, False)
    end = Standing(away, [Deputy(id=1, post_id=1, deputy_id=2, rank=0, **span)])
    assert (end.holder(1, _moment(1)), end.ring(1, _moment(1)), end.uncovered(_moment(1))) == (None, False, (1, 2, 3))


# -- entering: what is taken and what is not ---------------------------------------------------------------------------------------------


async def test_an_absence_holds_from_its_beginning_until_its_end_and_the_deputy_stands_in(office: Office) -> None:
    await office.name(A, B)
    await office.away(A, HOUR, 3 * HOUR)
    assert [office.holder(A, office.at + h * HOUR) for h in (0, 1, 2, 3)] == [A, B, B, A]


async def test_coming_back_early_ends_it_at_once_and_a_second_time_changes_nothing(office: Office) -> None:
    await office.name(A, B)
    absent = await office.away(A)
    assert office.holder(A) == B
    office.at += HOUR
    assert await office.back(absent, by=A)
    assert office.holder(A) == A
    assert not await office.back(absent, by=A)
    said = (await office.db.execute(select(audit.audit_entry.c.kind).order_by(audit.audit_entry.c.sequence))).scalars().all()
    assert said.count("absence.taken_back") == 1
    await office.away(A)  # and another may be entered for the rest of the day
    assert office.holder(A) == B


async def test_one_that_is_still_to_come_is_cancelled_and_leaves_its_days_free(office: Office) -> None:
    absent = await office.away(A, DAY, 3 * DAY)
    assert await office.back(absent, by=A)
    await office.away(A, 2 * DAY, 4 * DAY)
    assert office.house.directory.standing.absence(office.post(A), office.at + DAY) is None


async def test_two_absences_of_one_post_never_overlap(office: Office) -> None:
    await office.away(A, DAY, 3 * DAY)
    with pytest.raises(Conflict, match="overlaps an absence"):
        await office.away(A, 2 * DAY, 5 * DAY)
    await office.away(A, 3 * DAY, 5 * DAY)  # the next may begin where the last ends
    await office.away(B, 2 * DAY, 5 * DAY)  # and a colleague's is their own
    values = {"post_id": office.post(A), "since": office.at + 2 * DAY, "until": office.at + 4 * DAY, "reason": "leave"}
    values |= {"entered": office.at, "entered_by": office.post(A), "key": ""}
    with pytest.raises(IntegrityError, match="absence_apart"):
        await office.db.execute(insert(absence).values(values))


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        (timedelta(), -HOUR, "until"),
        (5 * HOUR, 2 * HOUR, "until"),
        (HOUR, HOUR, "until"),
        (-2 * DAY, DAY, "since"),
        (timedelta(), 400 * DAY, "until"),
        (800 * DAY, 801 * DAY, "until"),
    ],
)
async def test_a_span_that_is_over_turned_round_or_too_long_is_refused(office: Office, since: timedelta, until: timedelta, field: str) -> None:
    for attempt in (office.away(A, since, until), office.name(A, B, since, until)):
        with pytest.raises(Invalid) as refused:
            await attempt
        assert field in refused.value.problems


async def test_what_began_earlier_today_begins_now(office: Office) -> None:
    office.at += 3 * HOUR
    absent = await office.away(A, -2 * HOUR, DAY)
    row = (await office.db.execute(select(absence).where(absence.c.id == absent))).one()
    assert row.since == office.at


async def test_the_same_form_twice_is_one_and_with_other_words_it_is_told(office: Office) -> None:
    one = await office.away(A, HOUR, DAY, key="k1")
    assert await office.away(A, 2 * HOUR, DAY, key="k1") == one  # the page was sent again a little later
    with pytest.raises(KeyReused):
        await office.away(A, HOUR, 2 * DAY, key="k1")
    two = await office.name(A, B, key="k2")
    assert await office.name(A, B, key="k2") == two
    with pytest.raises(KeyReused):
        await office.name(A, CITY, key="k2")


async def test_who_cannot_be_a_deputy(office: Office) -> None:
    for number, words in (
        (A, "themselves"),
        ("99999", "Nobody has"),
        (EAST, "another district"),
        (NORTH, "another district"),
        ("\u0000x", "Nobody has"),
    ):
        with pytest.raises(Invalid, match="attention") as refused:
            await office.name(A, number)
        assert words in str(refused.value.problems["staff_number"])
    await office.db.execute(update(post).where(post.c.staff_number == B).values(ended=office.at))
    await office.read()
    with pytest.raises(Invalid) as refused:
        await office.name(A, B)
    assert "Nobody has" in str(refused.value.problems["staff_number"])
    await office.name(EAST, INTAKE)  # of the city, and with reach over the district


async def test_a_post_that_ended_has_no_deputies_and_stands_in_for_nobody(office: Office) -> None:
    await office.name(A, B)
    await office.away(A)
    await office.db.execute(update(post).where(post.c.staff_number == B).values(ended=office.at))
    await office.read()
    assert office.holder(A) is None


async def test_the_same_deputy_is_named_once_for_a_time(office: Office) -> None:
    named = await office.name(A, B, DAY, 3 * DAY)
    with pytest.raises(Conflict, match="already"):
        await office.name(A, B, 2 * DAY, 5 * DAY)
    assert await office.revoke(named, by=A)
    assert not await office.revoke(named, by=A)
    await office.name(A, B, 2 * DAY, 5 * DAY)


async def test_nobody_is_named_for_more_than_twenty_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deputies, "MOST", 1)
    await office.name(A, INTAKE)
    with pytest.raises(Conflict, match="1 officers"):
        await office.name(B, INTAKE)


async def test_a_ring_is_refused_when_it_is_written_if_all_of_it_are_away_at_once(office: Office) -> None:
    await office.name(A, B)
    await office.name(B, A)  # as long as one of them is there, each may stand in for the other
    await office.away(A, DAY, 3 * DAY)
    with pytest.raises(Conflict, match="stand in for each other") as refused:
        await office.away(B, 2 * DAY, 5 * DAY)
    assert refused.value.values["when"] == "2026-11-25 09:30"
    await office.away(B, 3 * DAY, 5 * DAY)
    await office.name(B, INTAKE)  # with one more who is there, it is no ring
    await office.name(A, INTAKE)
    await office.away(A, 3 * DAY, 5 * DAY)
    assert (office.holder(A, office.at + 4 * DAY), office.holder(B, office.at + 4 * DAY)) == (INTAKE, INTAKE)


async def test_a_ring_that_a_new_deputy_would_close_is_refused_too(office: Office) -> None:
    await office.away(A, DAY, 3 * DAY)
    await office.away(B, DAY, 3 * DAY)
    await office.name(A, B)
    with pytest.raises(Conflict, match="stand in for each other"):
        await office.name(B, A)
    await office.name(B, A, 5 * DAY, 9 * DAY)


async def test_two_who_write_at_once_make_no_ring_and_no_overlap(database: Database, town: Town) -> None:
    async with database.transaction() as db:
        office = Office(db, town)
        await office.name(A, B)
        await office.name(B, A)

    async def leave(number: str) -> bool:
        try:
            async with database.transaction() as db:
                await Office(db, town).away(number)
        except Conflict:
            return False
        return True

    assert sorted(await asyncio.gather(leave(A), leave(B), leave(A), leave(B))) == [False, False, False, True]


async def test_who_may_enter_for_whom(office: Office) -> None:
    with pytest.raises(Forbidden):
        await office.away(A, by=B)  # a colleague
    with pytest.raises(Forbidden):
        await office.name(A, B, by=HEAD)  # the head of another department
    with pytest.raises(Forbidden):
        await office.away(A, by=INTAKE)  # reach alone is no right
    absent = await office.away(PARKS, by=HEAD)
    with pytest.raises(Forbidden):
        await office.back(absent, by=A)
    assert await office.back(absent, by=PARKS)
    await office.away(NORTH, by=ADMIN)
    with pytest.raises(NotFound):
        await office.back(10**15, by=ADMIN)
    said = (await office.db.execute(select(audit.audit_entry.c.kind, audit.audit_entry.c.body).order_by(audit.audit_entry.c.sequence))).all()
    assert [s.kind for s in said][-3:] == ["absence.entered", "absence.taken_back", "absence.entered"]
    assert said[-1].body["post"] == NORTH


# -- what the deputy sees and does -------------------------------------------------------------------------------------------------------


async def test_a_case_stays_its_officers_and_is_in_the_deputys_hand_while_they_are_away(office: Office, wanted: Any) -> None:
    before, later, other = [await office.file(wanted, text=f"Lamp {i}.") for i in range(3)]
    await office.do(A, before, "sign")
    await office.do(B, other, "sign")
    await office.name(A, B)
    assert await office.in_hand(B) == {other}
    await office.away(A, HOUR, DAY)
    office.at += 2 * HOUR
    assert await office.in_hand(B) == {other, before}
    await office.do(B, later, "assign", officer=A)  # what is given to who is away goes the same way
    assert await office.in_hand(B) == {other, before, later}
    done = await office.do(B, before, "answer", text="Mended.")
    assert done.state == "answered"
    row, told = await office.row(before), await office.last(before)
    assert row.assignee_id == office.post(A)
    assert (told.staff_number, told.for_number, told.for_post_id) == (B, A, office.post(A))
    assert (await office.last(other)).for_post_id is None
    office.at += DAY
    assert (await office.in_hand(B), await office.in_hand(A)) == ({other}, {before, later})


async def test_who_signs_for_the_absent_does_not_take_the_case_from_them(office: Office, wanted: Any) -> None:
    number = await office.file(wanted, kind="praise", officer=A)
    await office.name(A, B)
    await office.away(A)
    await office.do(B, number, "sign")
    assert (await office.row(number)).assignee_id == office.post(A)


async def test_a_chain_is_followed_and_the_event_says_whose_case_it_was(office: Office, wanted: Any) -> None:
    number = await office.file(wanted)
    await office.do(A, number, "sign")
    await office.name(A, B)
    await office.name(B, INTAKE)
    await office.away(A)
    await office.away(B)
    assert number in await office.in_hand(INTAKE)
    await office.do(INTAKE, number, "tell", text="The mast is ordered.")
    told = await office.last(number)
    assert (told.staff_number, told.for_number, told.department_id) == (INTAKE, A, office.actor(A).department_id)


async def test_a_deputy_of_another_department_acts_from_the_absent_officers_seat_with_their_rights_and_only_then(office: Office, wanted: Any) -> None:
    number = await office.file(wanted, category="greenery")
    await office.do(PARKS, number, "sign")
    await office.do(PARKS, number, "draft", text="The tree is cut back.")
    await office.name(HEAD, EAST)  # a clerk of the same district stands in for the head of the parks
    with pytest.raises(NotFound):
        await office.do(EAST, number, "approve")
    absent = await office.away(HEAD)
    actor = office.actor(EAST)
    assert "approve" in {a.name for a in acting.allowed(office.house, actor, await office.row(number), office.at)}
    await office.do(EAST, number, "approve")  # the deputy has full power, so that the limit holds
    told = await office.last(number)
    assert (told.staff_number, told.for_number, told.department_id) == (EAST, HEAD, office.actor(HEAD).department_id)
    await office.back(absent, by=HEAD)
    with pytest.raises(NotFound):
        await office.do(EAST, number, "tell", text="x")


async def test_revoked_at_once_is_revoked_at_once(office: Office, wanted: Any) -> None:
    number = await office.file(wanted)
    await office.do(A, number, "sign")
    named = await office.name(A, INTAKE)
    await office.name(A, B)
    await office.away(A)
    assert number in await office.in_hand(INTAKE)
    await office.revoke(named, by=A)
    assert number not in await office.in_hand(INTAKE)
    assert number in await office.in_hand(B)


async def test_nobody_works_on_their_own_case_as_a_deputy_nor_on_one_they_are_kept_from(office: Office, wanted: Any) -> None:
    b = office.actor(B)
    own = Actor(capacity="resident", person_id=b.person_id)
    number = (await opening.open_one(office.db, office.house, own, wanted(), office.at)).number
    other = await office.file(wanted)
    for one in (number, other):
        await office.do(A, one, "sign")
    await office.name(A, B)
    await office.away(A)
    assert await office.in_hand(B) == {other}
    await office.do(B, other, "recuse", relation="neighbour")
    told = await office.last(other)
    assert told.for_post_id is None  # a connection is one's own
    assert (await office.row(other)).assignee_id == office.post(A)
    assert await office.in_hand(B) == set()
    with pytest.raises(NotFound):
        await office.do(B, other, "tell", text="x")


async def test_lists_and_reports_of_a_deputy_are_one_thing(office: Office, wanted: Any) -> None:
    for i in range(6):
        number = await office.file(wanted, category="greenery" if i % 2 else "street_lighting", text=f"Case {i}.")
        await office.do(PARKS if i % 2 else A, number, "sign")
    await office.name(HEAD, EAST)
    await office.name(PARKS, EAST)
    for number in (HEAD, PARKS):
        await office.away(number)
    actor = office.actor(EAST)
    assert len(actor.stands_for) == 2
    rows = (await reading.listing(office.db, office.house, actor, Query())).rows
    counted = (await office.db.execute(select(case.c.id).where(predicate(office.house, actor)))).scalars().all()
    assert sorted(r.id for r in rows) == sorted(counted)
    assert len(rows) == 3
    mine = Query(open=True, ranges=standing_in.in_hand(actor))
    assert await reading.count_bounded(office.db, office.house, actor, [mine]) == [3]
    assert sum(n for _by, n in await reading.count_exact(office.db, office.house, actor, ["state"], mine)) == 3


async def test_a_deputy_of_another_department_finds_the_case_by_its_words_and_may_add_a_file(office: Office, wanted: Any) -> None:
    number = await office.file(wanted, category="greenery", text="The tulip tree hangs over the road.")
    await office.do(PARKS, number, "sign")
    row = await office.row(number)
    await indexing.index(office.db, office.house, [row.id])
    await office.name(PARKS, EAST)
    for away in (False, True):
        if away:
            await office.away(PARKS)
        found = await finding.find(office.db, office.house, office.actor(EAST), "tulip", office.at)
        assert [r.number for r in found.rows] == ([number] if away else [])
    attaching.may(office.house, office.actor(EAST), row)


async def test_a_program_acts_with_what_its_token_carries_in_anybodys_place(office: Office, wanted: Any) -> None:
    number = await office.file(wanted)
    await office.do(A, number, "sign")
    await office.name(A, B)
    await office.away(A)
    found = office.house.directory.officer(B)
    assert found is not None
    held = Post(id=found.id, department_id=found.department_id, staff_number=B, roles=found.roles)
    token = office.house.directory.staff(found.person_id, held, scopes=["tickets.read", "tickets.note"], credential="token:1", at=office.at)
    with pytest.raises(Forbidden):
        await office.do(token, number, "answer", text="x")
    await office.do(token, number, "note", text="x")
    assert (await office.last(number)).for_number == A


async def test_a_deputys_list_is_made_of_index_ranges(office: Office, wanted: Any) -> None:
    await office.name(A, B)
    await office.name(HEAD, INTAKE)
    await office.away(A)
    await office.away(HEAD)
    await office.db.execute(text("set local enable_seqscan = off"))
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    for number, ranges in ((B, 3), (INTAKE, 3)):
        actor = office.actor(number)
        parts = standing_in.in_hand(actor)
        assert len(parts) == ranges
        event.listen(office.db.sync_connection, "before_cursor_execute", note)
        await reading.listing(office.db, office.house, actor, Query(open=True, members=False, ranges=parts))
        event.remove(office.db.sync_connection, "before_cursor_execute", note)
        statement, parameters = asked[-1]
        plan = "\n".join(r[0] for r in await office.db.exec_driver_sql(f"explain {statement}", parameters))
        assert plan.count("using case_open_by_assignee") == ranges - 1, plan
        assert "using case_open_by_deputy" in plan, plan
        assert "Seq Scan" not in plan, plan
        lines = plan.splitlines()
        for above, line in pairwise(lines):
            assert "using case_open_by" not in line or "Limit" in above, plan  # each range comes in the order of the list: nothing is sorted below


# -- the chain of events --------------------------------------------------------------------------------------------------------------------


async def test_who_acted_for_whom_is_in_the_chain(office: Office, wanted: Any) -> None:
    number = await office.file(wanted)
    await office.do(A, number, "sign")
    await office.name(A, B)
    await office.away(A)
    await office.do(B, number, "tell", text="The mast is ordered.")
    assert await verifying.verify(office.db, office.house.keyring) == []
    told = await office.last(number)
    for forged in (None, office.post(INTAKE)):
        await office.db.execute(
            update(case_event).where(case_event.c.case_id == told.case_id, case_event.c.sequence == told.sequence).values(for_post_id=forged)
        )
        assert any("does not fit the line before it" in f for f in await verifying.verify(office.db, office.house.keyring))
    await office.db.execute(
        update(case_event).where(case_event.c.case_id == told.case_id, case_event.c.sequence == told.sequence).values(for_post_id=told.for_post_id)
    )
    await office.db.execute(
        update(case_event).where(case_event.c.case_id == told.case_id, case_event.c.sequence == 1).values(for_post_id=office.post(A))
    )
    assert any("event 1" in f for f in await verifying.verify(office.db, office.house.keyring))


async def test_a_link_made_for_the_absent_says_so_too(office: Office, wanted: Any) -> None:
    one, two = await office.file(wanted), await office.file(wanted, text="Another lamp.")
    await office.do(A, one, "sign")
    await office.name(A, B)
    await office.away(A)
    await linking.link(office.db, office.house, office.actor(B), one, two, "related", office.at)
    assert ((await office.last(one)).for_number, (await office.last(two)).for_number) == (A, None)


# -- unanswered for N working hours ------------------------------------------------------------------------------------------------------------


class Nine:
    """A calendar of the tests: from nine to five, in Shanghai, every day."""

    def working(self, start: datetime, stop: datetime) -> timedelta:
        minutes = int((stop - start) / timedelta(minutes=1))
        return timedelta(minutes=sum(1 <= (start + timedelta(minutes=m)).hour < 9 for m in range(minutes)))


async def looked(office: Office) -> int:
    await unanswered.begin(office.db, office.at)
    seen = 0
    while found := await unanswered.offer(office.db, office.house, lambda _district: Nine(), office.at):
        seen += found
    return seen


async def heard(office: Office, *numbers: str) -> None:
    rows = [await office.row(n) for n in numbers]
    await unanswered.watch(office.db, [type("Event", (), {"case_id": r.id}) for r in rows])  # type: ignore[misc]


async def limited(office: Office, hours: int) -> None:
    directory, keyring = office.house.directory, office.house.keyring
    await deputies.set_limit(office.db, directory, keyring, office.actor(ADMIN), "east", hours, office.at)


async def test_a_case_on_which_its_officer_records_nothing_is_offered_after_so_many_working_hours(office: Office, wanted: Any) -> None:
    await limited(office, 4)
    await office.name(A, INTAKE)
    number = await office.file(wanted)
    await office.do(A, number, "sign")  # at 9.30 in the morning
    await heard(office, number)
    office.at += 2 * HOUR
    await office.do(B, number, "note", text="They called again.")  # a colleague's note is no answer
    await office.do("resident0", number, "add", text="Still dark.")
    office.at += 2 * HOUR - timedelta(minutes=1)
    assert await looked(office) == 1
    assert number not in await office.in_hand(INTAKE)
    assert await looked(office) == 0  # not before its time comes
    office.at += timedelta(minutes=1)
    assert await looked(office) == 1
    assert number in await office.in_hand(INTAKE)
    row, told = await office.row(number), await office.last(number)
    assert (row.assignee_id, row.deputy_id, told.kind, told.audience) == (office.post(A), office.post(INTAKE), "offered", "staff")
    await office.do(INTAKE, number, "tell", text="We looked at it.")
    assert ((await office.last(number)).for_number, (await office.row(number)).deputy_id) == (A, office.post(INTAKE))
    assert await looked(office) == 0  # offered once
    await office.do(A, number, "answer", text="Mended.")  # until the officer speaks
    assert (await office.row(number)).deputy_id is None
    assert number not in await office.in_hand(INTAKE)
    assert await verifying.verify(office.db, office.house.keyring) == []


async def test_nights_do_not_count(office: Office, wanted: Any) -> None:
    await limited(office, 8)
    await office.name(A, B)
    number = await office.file(wanted)
    await office.do(A, number, "sign")
    await heard(office, number)
    for hours in range(1, 25):
        office.at = MOMENT + hours * HOUR
        await looked(office)
        assert ((await office.row(number)).deputy_id is not None) == (hours >= 24), hours  # 7.5 hours today, 0.5 tomorrow
    looks = (await office.db.execute(select(waiting.c.look))).scalars().all()
    assert looks == []


async def test_what_waits_for_the_resident_is_not_unanswered_and_counts_anew_once_they_replied(office: Office, wanted: Any) -> None:
    await limited(office, 2)
    await office.name(A, B)
    number = await office.file(wanted)
    await office.do(A, number, "sign")
    await office.do(A, number, "ask", text="Which lamp?")
    await heard(office, number)
    office.at += 3 * HOUR
    await looked(office)
    assert (await office.row(number)).deputy_id is None
    await office.do("resident0", number, "reply", text="The second one.")
    await heard(office, number)
    office.at += HOUR
    await looked(office)
    assert (await office.row(number)).deputy_id is None
    office.at += HOUR
    await looked(office)
    assert (await office.row(number)).deputy_id == office.post(B)


async def test_off_without_a_limit_and_begun_for_what_is_open_when_it_is_set_or_a_deputy_named(office: Office, wanted: Any) -> None:
    number = await office.file(wanted)
    await office.do(A, number, "sign")
    await office.name(A, B)
    await heard(office, number)
    office.at += 5 * HOUR
    assert await looked(office) == 0
    await limited(office, 4)
    assert await looked(office) == 1
    assert (await office.row(number)).deputy_id == office.post(B)
    other = await office.file(wanted, category="greenery")
    await office.do(PARKS, other, "sign")
    office.at += DAY
    assert await looked(office) == 0
    await office.name(PARKS, HEAD)
    assert await looked(office) == 1
    assert (await office.row(other)).deputy_id == office.post(HEAD)


async def test_while_the_officer_is_away_nothing_is_offered_and_their_hours_begin_when_they_are_back(office: Office, wanted: Any) -> None:
    await limited(office, 2)
    await office.name(A, B)
    number = await office.file(wanted)
    await office.do(A, number, "sign")
    await heard(office, number)
    await office.away(A, timedelta(minutes=1), 3 * HOUR)
    for hours, offered in ((2, False), (4, False), (5, True)):
        office.at = MOMENT + hours * HOUR
        await looked(office)
        assert ((await office.row(number)).deputy_id is not None) is offered, hours


async def test_a_deputy_who_is_revoked_has_what_was_offered_no_more(office: Office, wanted: Any) -> None:
    await limited(office, 1)
    named = await office.name(A, INTAKE)
    number = await office.file(wanted)
    await office.do(A, number, "sign")
    office.at += 2 * HOUR
    await looked(office)
    assert number in await office.in_hand(INTAKE)
    await office.revoke(named, by=A)
    assert number not in await office.in_hand(INTAKE)


async def test_what_is_offered_to_a_deputy_who_is_away_reaches_theirs(office: Office, wanted: Any) -> None:
    await limited(office, 1)
    await office.name(A, B)
    await office.name(B, INTAKE)
    number = await office.file(wanted)
    await office.do(A, number, "sign")
    await office.away(B)
    office.at += 2 * HOUR
    await looked(office)
    assert (await office.row(number)).deputy_id == office.post(B)
    assert number in await office.in_hand(INTAKE)
    await office.do(INTAKE, number, "tell", text="We look at it.")
    assert (await office.last(number)).for_number == A  # whose case it is


async def test_a_limit_is_an_administrators_and_bounded(office: Office) -> None:
    for who, code, hours, error in (
        (A, "east", 4, Forbidden),
        (ADMIN, "nowhere", 4, NotFound),
        (ADMIN, "east", -1, Invalid),
        (ADMIN, "east", 5000, Invalid),
    ):
        with pytest.raises(error):
            await deputies.set_limit(office.db, office.house.directory, office.house.keyring, office.actor(who), code, hours, office.at)
    await limited(office, 4)
    await limited(office, 4)
    said = (await office.db.execute(select(audit.audit_entry.c.kind))).scalars().all()
    assert said.count("deputy.limit") == 1


async def test_two_workers_offer_once(database: Database, town: Town, wanted: Any) -> None:
    async with database.transaction() as db:
        office = Office(db, town)
        await office.read()
        await limited(office, 1)
        await office.name(A, B)
        numbers = [await office.file(wanted, text=f"Lamp {i}.") for i in range(6)]
        for number in numbers:
            await office.do(A, number, "sign")
        house = office.house
    later = MOMENT + 3 * HOUR

    async def work() -> int:
        async with database.transaction() as db:
            await unanswered.begin(db, later)
        async with database.transaction() as db:
            found = await unanswered.offer(db, house, lambda _district: Nine(), later)
            await asyncio.sleep(0.05)
            return found

    assert sum(await asyncio.gather(*(work() for _ in range(4)))) == 6
    async with database.transaction() as db:
        kinds = (await db.execute(select(case_event.c.kind))).scalars().all()
        assert kinds.count("offered") == 6
        assert await verifying.verify(db, house.keyring) == []


async def test_the_relay_looks_after_new_cases(database: Database, town: Town, wanted: Any) -> None:
    async with database.transaction() as db:
        office = Office(db, town)
        await office.read()
        await limited(office, 4)
        await office.name(A, B)
        await unanswered.begin(db, MOMENT)
        number = await office.file(wanted)
        await office.do(A, number, "sign")
        await office.file(wanted)  # nobody's yet
    consumer = next(c for c in consumers(town.house.registry, town.house.keyring) if c.name == "unanswered")
    assert await settled(database)
    async with database.transaction() as db:
        while await relay.feed(db, consumer):
            pass
        looks = (await db.execute(select(case.c.number, waiting.c.look).join(case, case.c.id == waiting.c.case_id))).all()
    assert [(r.number, r.look) for r in looks] == [(number, MOMENT + 4 * HOUR)]


# -- who prepared it may not approve it ---------------------------------------------------------------------------------------------------------


async def drafted(office: Office, wanted: Any, by: str) -> str:
    number = await office.file(wanted, category="greenery")
    await office.do(PARKS, number, "sign")
    await office.do(by, number, "draft", text="The tree is cut back.")
    return number


async def refused(office: Office, number: str, by: str) -> None:
    with pytest.raises(NotAllowedNow, match="for somebody else"):
        await office.do(by, number, "approve")


async def test_who_prepared_it_as_a_deputy_may_not_approve_it_for_the_absent_head(office: Office, wanted: Any) -> None:
    await office.name(HEAD, PARKS)
    number = await drafted(office, wanted, PARKS)
    await office.away(HEAD)
    await refused(office, number, PARKS)


async def test_who_stands_in_for_whoever_prepared_it_may_not_approve_it_for_them(office: Office, wanted: Any) -> None:
    await office.db.execute(update(post).where(post.c.staff_number == EAST).values(roles=["tickets.head"]))
    await office.name(PARKS, EAST)
    number = await drafted(office, wanted, PARKS)
    await office.away(PARKS)
    await refused(office, number, EAST)


async def test_whoever_it_was_prepared_for_may_not_approve_it(office: Office, wanted: Any) -> None:
    number = await office.file(wanted, category="greenery")
    await office.do(HEAD, number, "sign")
    await office.name(HEAD, PARKS)
    absent = await office.away(HEAD)
    await office.do(PARKS, number, "draft", text="The tree is cut back.")
    assert (await office.last(number)).for_number == HEAD
    office.at += HOUR
    await office.back(absent, by=HEAD)
    await refused(office, number, HEAD)


async def test_two_deputies_of_one_officer_are_one_officer(office: Office, wanted: Any) -> None:
    number = await office.file(wanted, category="greenery")
    await office.do(HEAD, number, "sign")
    first = await office.name(HEAD, PARKS)
    await office.name(HEAD, EAST)
    await office.away(HEAD)
    await office.do(PARKS, number, "draft", text="The tree is cut back.")
    await office.revoke(first, by=HEAD)
    await refused(office, number, EAST)


async def test_somebody_else_may_and_it_is_the_last_draft_that_counts(office: Office, wanted: Any) -> None:
    number = await office.file(wanted, category="greenery")
    await office.do(HEAD, number, "sign")
    await office.do(HEAD, number, "draft", text="x")
    await refused(office, number, HEAD)
    await office.do(HEAD, number, "send_back", text="Say when.")
    await office.do(PARKS, number, "draft", text="On Monday.")
    await office.do(HEAD, number, "approve")
    assert (await office.row(number)).state == "answered"


async def test_a_second_post_of_the_same_person_is_the_same_person(office: Office, wanted: Any) -> None:
    number = await drafted(office, wanted, PARKS)
    person = office.actor(PARKS).person_id
    await office.db.execute(update(post).where(post.c.staff_number == HEAD).values(person_id=person))
    await office.read()
    await refused(office, number, HEAD)


def test_an_action_for_another_than_who_took_one_that_is_not_there_is_told_at_start(town: Town) -> None:
    from banshi.errors import PluginError
    from banshi.plugins import check_lifecycle

    request = town.house.registry.case_type("tickets.request")
    broken = tuple(msgspec.structs.replace(a, another="nothing") if a.name == "approve" else a for a in request.actions)
    with pytest.raises(PluginError, match="'nothing'"):
        check_lifecycle(msgspec.structs.replace(request, actions=broken))


# -- forgetting ---------------------------------------------------------------------------------------------------------------------------------


async def test_what_is_long_over_is_kept_in_the_table_and_no_longer_in_mind(office: Office) -> None:
    await office.away(A)
    await office.name(A, B, until=2 * DAY)
    await deputies.forget(office.db, office.at + 20 * DAY)
    await office.read()
    assert office.house.directory.standing.all_absences()
    await deputies.forget(office.db, office.at + 40 * DAY)
    await office.read()
    standing = office.house.directory.standing
    assert (standing.all_absences(), standing.all_deputies()) == ([], [])
    assert len((await office.db.execute(select(deputy))).all()) == 1


async def test_in_the_demo_city_colleagues_stand_in_for_each_other_and_one_is_away(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeding, "CLERK", "chen")
    await seeding._deputies(office.db, office.house, office.at)
    await office.read()
    assert (office.holder(A), office.holder(B), office.holder(PARKS)) == (A, A, PARKS)
    assert office.house.directory.standing.uncovered(office.at) == ()
