"""The demo city: whole, believable, the same every time, and nothing in it that could be real."""

from __future__ import annotations

import asyncio
import os
import re
import tomllib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import select, text

import banshi_tickets
from banshi import DemoCase
from banshi.cases import verifying
from banshi.cases.book import House, load_book
from banshi.cases.decoding import decode
from banshi.cases.tables import case, case_event
from banshi.cli.demo import people, playing, seeding, simulator
from banshi.cli.running import bring_up
from banshi.db import Connection, Database
from banshi.db.queue import libpq_url
from banshi.errors import BanshiError
from banshi.identity import organisation
from banshi.identity.directory import load_directory
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, clone
from banshi_tickets import cases, demo, forms
from banshi_tickets.demo import paths, town, voices, words

PACKAGE = Path(banshi_tickets.__file__).parent
CITY = organisation.read(seeding.CITY)
WORK = frozenset({"tickets", "kernel"})
OURS = [d for d in CITY.department if any(s.department == d.code and not r.startswith("approvals.") for s in CITY.staff for r in s.roles)]
"""The departments that work on requests; other plugins bring departments of their own."""
REAL_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
REAL_IDENTITY = re.compile(r"(?<!\d)[1-8]\d{5}(19|20)\d{2}(0\d|1[0-2])\d{5}[\dXx](?!\d)")
REAL_LINE = re.compile(r"(?<!\d)0[1-9]\d{1,2}-\d{7,8}(?!\d)")
NEVER = ("案件", "立案", "失独", "超生", "计生户")
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def filed() -> list[DemoCase]:
    return list(demo.cases(Random(seeding.SEED)))


@pytest.fixture(scope="module")
def city_url(server_url: str, worker_id: str) -> Iterator[str]:
    """A database with tables and declarations, and nobody in it."""
    with clone(server_url, "template0", f"banshi_demo_{worker_id}_{os.getpid()}") as url:
        bring_up(Settings(secret_key=(SECRET,)), url)
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def city(city_url: str) -> AsyncIterator[Database]:
    database = Database(city_url, pool_size=2)
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lived(city: Database, registry: Registry, keyring: Keyring) -> House:
    """The house of the demo city, after its year."""
    async with city.transaction() as db:
        await seeding._city(db, keyring, MOMENT)
        house = await housed(db, registry.only(["tickets"]), keyring)
        await seeding._cases(db, house, MOMENT)
        return house


async def housed(db: Connection, registry: Registry, keyring: Keyring) -> House:
    return House(registry=registry, directory=await load_directory(db, 0), book=await load_book(db), keyring=keyring)


async def counted(db: Connection, query: str) -> Counter[str]:
    return Counter({str(k): n for k, n in (await db.execute(text(query))).all()})


# -- what is told -----------------------------------------------------------------------------------------------------------


def test_the_voices_are_many_and_cover_every_category_and_kind() -> None:
    spoken = Counter(v.language for v in voices.VOICES)
    assert spoken["zh"] >= 100
    assert spoken["en"] >= 12
    assert {v.category for v in voices.VOICES} == {o.value for o in forms.CATEGORIES}
    assert {v.kind for v in voices.VOICES} == {o.value for o in forms.KINDS}


def test_the_demo_is_the_same_every_time(filed: list[DemoCase]) -> None:
    assert list(demo.cases(Random(seeding.SEED))) == filed
    assert len(filed) == demo.COUNT == 800
    assert people.residents(Random(1), 300) == people.residents(Random(1), 300)


def test_hardly_anybody_says_the_same_twice(filed: list[DemoCase]) -> None:
    told = Counter(one.data["text"] for one in filed)
    assert len(told) >= 700
    assert max(told.values()) <= 4


def test_everything_that_is_filed_fits_the_form_and_has_no_gap(filed: list[DemoCase]) -> None:
    for one in filed:
        decode(forms.Request, one.data)
        for said in (one.data, *(form for _d, _a, form, _w in one.steps)):
            assert "{" not in "".join(str(v) for v in said.values()), one
        days = [s[0] for s in one.steps]
        assert days == sorted(days)
        assert all(0 < d <= one.days_ago for d in days)


def test_the_year_is_full_and_what_is_open_is_recent(filed: list[DemoCase]) -> None:
    ages = [one.days_ago for one in filed]
    assert max(ages) < 365
    assert all(sum(1 for a in ages if month * 30 <= a < (month + 1) * 30) >= 20 for month in range(12))


def test_nothing_in_the_demo_could_be_a_real_number(filed: list[DemoCase]) -> None:
    said = "".join(p.read_text(encoding="utf8") for p in (*PACKAGE.rglob("*.py"), *seeding.CITY.parent.iterdir()) if p.is_file())
    said += str(filed) + str(people.residents(Random(seeding.SEED), seeding.RESIDENTS))
    for real in (REAL_MOBILE, REAL_IDENTITY, REAL_LINE):
        assert not real.search(said)
    assert all(d.telephone.startswith("0000-") for d in CITY.department)


def test_every_rule_that_is_cited_says_that_it_is_an_example(filed: list[DemoCase]) -> None:
    said = str(filed) + seeding.CITY.read_text(encoding="utf8")
    assert all(rule.startswith("云澜市") and rule.endswith("（示例）") for rule in re.findall("《(.*?)》", said))


def test_nobody_in_the_demo_is_labelled(filed: list[DemoCase]) -> None:
    said = str(filed) + seeding.CITY.read_text(encoding="utf8")
    assert not [word for word in NEVER if word in said]


# -- the city ---------------------------------------------------------------------------------------------------------------


def test_two_districts_with_different_plugins_on() -> None:
    on = {d.code: d.plugins for d in CITY.district}
    assert on["yunlan"]["tickets"]
    assert (on["nanpu"]["logistics"], on["qishan"]["logistics"]) == (False, True)
    assert (on["nanpu"]["family_planning"], on["qishan"]["family_planning"]) == (True, False)
    assert {d.code for d in CITY.district if d.level == "street"} == {"huaiyinli", "qinghe"}
    assert len([d for d in CITY.district if d.level == "community"]) == 6


def test_departments_have_both_superiors_and_say_what_they_are_there_for() -> None:
    assert len(OURS) == 14
    parts = {d.code: d.part for d in CITY.department}
    for department in CITY.department:
        assert department.address["zh"]
        assert department.address["en"]
        assert department.superior_by_area or parts[department.code] == "oversight", department.code
        assert all(duty.basis for duty in department.duties), department.code
    assert {d.code for d in OURS if not d.superior_by_trade and d.part != "oversight"} == town.ATOP
    assert {d.code for d in CITY.department if d.reviews} == town.REVIEWS
    assert {d.code for d in CITY.department if d.part == "intake"} == town.DESKS


def test_forty_staff_hold_every_role(registry: Registry) -> None:
    assert len(CITY.staff) == len({s.number for s in CITY.staff}) == len({s.login for s in CITY.staff})
    ours = [s for s in CITY.staff if WORK.intersection(r.partition(".")[0] for r in s.roles)]
    assert len(ours) == 40
    held = {role for s in ours for role in s.roles}
    assert held == {f"tickets.{r.name}" for r in registry.only(["tickets"]).roles} | {"kernel.administrator", "kernel.engineer"}
    clerks = {d.code: {s.number for s in CITY.staff if s.department == d.code and "tickets.clerk" in s.roles} for d in CITY.department}
    assert all(set(numbers) <= clerks[code] for code, numbers in town.STAFF.items())


def test_what_the_requests_know_of_the_city_is_what_its_file_says() -> None:
    titles = {d.code: d.title["zh"] for d in CITY.department}
    assert all(titles[code].startswith(title) for code, title in town.TITLES.items())
    duties = {(t.category, t.area or d.district): d.code for d in CITY.department for t in d.duties if t.case_type == "tickets.request"}
    for category, known in town.IN_CHARGE.items():
        for district, code in known.items():
            above = [(c, place) for place in (district, "yunlan") for c in (category, "*")]
            assert next(duties[d] for d in above if d in duties) == code, (category, district)
    parents = {d.code: d.parent for d in CITY.district}
    for area, district, _name, _place in town.PLACES:
        assert not area or district in {parents[area], parents[parents[area] or ""]}


def test_every_category_is_somebodys_duty_in_both_districts_of_the_demo_city() -> None:
    written = tomllib.loads(seeding.CITY.read_text(encoding="utf8"))
    parents = {d["code"]: d.get("parent") for d in written["district"]}
    duties = {(t["category"], t.get("area", d["district"])) for d in written["department"] for t in d.get("duties", ())}
    for district in ("nanpu", "qishan"):
        for option in forms.CATEGORIES:
            node, found = district, False
            while node and not found:
                found = (option.value, node) in duties
                node = parents[node]  # type: ignore[assignment]
            assert found, (option.value, district)


def test_every_path_has_somebody_to_go_it() -> None:
    for path in (*paths.CLOSED, *paths.OPEN, *paths.REVIEWED):
        assert any(path.fits(v) for v in voices.VOICES), path.name


def test_every_word_on_the_way_is_there_in_both_languages() -> None:
    assert {name for name in words.IN["zh"] if not name.endswith("_simply")} == set(words.IN["en"])
    assert {name.removesuffix("_simply") for name in words.IN["zh"]} == set(words.IN["en"])
    assert all(pool for pools in words.IN.values() for pool in pools.values())


def test_who_speaks_english_in_the_demo_has_an_account_that_reads_it(filed: list[DemoCase]) -> None:
    accounts = people.residents(Random(seeding.SEED), seeding.RESIDENTS)
    english = [accounts[one.resident].language for one in filed if one.resident is not None and one.data["text"].isascii()]
    assert len(english) >= 20
    assert set(english) == {"en"}
    answered = [str(v) for one in filed if one.data["text"].isascii() for _d, _a, form, _w in one.steps for v in form.values()]
    assert not re.search("[，。？！：；]", "".join(answered))  # names of places stay as they are


# -- its year ---------------------------------------------------------------------------------------------------------------


async def test_the_year_happened_in_every_state_of_every_kind_on_every_way(city: Database, lived: House) -> None:
    async with city.transaction() as db:
        states = await counted(db, 'select state, count(*) from kernel."case" group by 1')
        done = await counted(db, "select kind, count(*) from kernel.case_event group by 1")
        outcomes = await counted(db, 'select outcome, count(*) from kernel."case" where outcome is not null group by 1')
        kinds = await counted(db, "select data ->> 'kind', count(*) from kernel.\"case\" group by 1")
        ratings = await counted(db, "select facts ->> 'rating', count(*) from kernel.\"case\" where facts ? 'rating' group by 1")
    assert states.total() == 800
    assert set(states) == {s.name for s in cases.REQUEST.states}
    assert 0.65 <= states["closed"] / 800 <= 0.75
    assert set(done) == {a.name for a in cases.REQUEST.actions} | {"opened"}
    assert min(done.values()) >= 3
    assert set(outcomes) == {o.name for o in forms.OUTCOMES}
    assert set(kinds) == {o.value for o in forms.KINDS}
    assert set(ratings) - {""} == {o.value for o in forms.RATINGS}


async def test_each_step_that_is_told_was_taken_in_order_and_by_office_hours(city: Database, lived: House, filed: list[DemoCase]) -> None:
    async with city.transaction() as db:
        events = (await db.execute(select(case_event).order_by(case_event.c.case_id, case_event.c.sequence))).all()
    assert len(events) == len(filed) + sum(len(one.steps) for one in filed)
    night = 0
    for before, event in pairwise(events):
        assert event.at <= MOMENT
        if event.case_id == before.case_id:
            assert before.at < event.at
            night += event.capacity == "staff" and not 8 <= event.at.astimezone(ZONE).hour < 18
    assert night < len(events) / 50


async def test_the_record_of_the_demo_is_whole(city: Database, lived: House, keyring: Keyring) -> None:
    async with city.transaction() as db:
        assert await verifying.verify(db, keyring) == []


async def test_what_is_there_on_purpose_is_found(city: Database, lived: House) -> None:
    async with city.transaction() as db:
        rows = (await db.execute(select(case))).all()
        told: dict[int, list[str]] = {}
        for event in await db.execute(select(case_event).order_by(case_event.c.case_id, case_event.c.sequence)):
            told.setdefault(event.case_id, []).append(event.kind)
    arbitrated = [r for r in rows if r.facts.get("arbitrated") and r.state == "closed"]
    assert any(told[r.id].count("return") == 2 and "contribute" in told[r.id] and len(r.helpers) == 1 for r in arbitrated)
    assert any(r.confidentiality == "hidden" and r.applicant_id is not None for r in rows)
    assert any(r.confidentiality == "discreet" for r in rows)
    assert any(r.facts.get("calls") == 3 and r.state == "closed" and not r.facts.get("rating") for r in rows), "unrated"
    assert any(told[r.id].count("call_back") == 2 and r.facts.get("corrections") and r.state == "closed" for r in rows), "done again"
    assert any(r.outcome == "not_taken" for r in rows)
    assert any(r.priority == 2 for r in rows)
    lift = [r for r in rows if r.data.get("place") == "云璟小区 7 栋" and r.category == "lifts"]
    assert (len(lift), len({r.data["text"] for r in lift})) == (31, 31)
    assert all(r.received > MOMENT - timedelta(days=3) for r in lift)


async def test_praise_reaches_the_officer(city: Database, lived: House) -> None:
    async with city.transaction() as db:
        praised = (
            await db.execute(text("""select assignee_id, data ->> 'officer' as number from kernel."case" where data ->> 'officer' <> ''"""))
        ).all()
    assert len(praised) >= 10
    assert all(lived.directory.post(r.assignee_id).staff_number == r.number for r in praised)  # type: ignore[union-attr]


async def test_the_resident_whom_the_demo_names_has_something_to_look_at(city: Database, lived: House) -> None:
    async with city.transaction() as db:
        query = """select count(*) filter (where closed is null) as open, count(*) as all_ from kernel."case" c
            join kernel.account a on a.person_id = c.applicant_id where a.login = 'resident1'"""
        found = (await db.execute(text(query))).one()
    assert found.open >= 1
    assert found.all_ >= 8


async def test_a_fresh_case_waits_and_somebody_of_the_office_goes_on(
    db: Connection, registry: Registry, keyring: Keyring, filed: list[DemoCase]
) -> None:
    await seeding._city(db, keyring, MOMENT)
    house = await housed(db, registry, keyring)
    cast = await playing.actors(db, house)
    sample = next(one for one in filed if one.data["category"] == "noise" and one.data["kind"] == "complaint")
    [number] = await playing.play(db, house, cast, "tickets", [msgspec.structs.replace(sample, days_ago=0.0)], MOMENT)
    states, rng = [], Random(7)
    for hour in range(1, 25):
        row = (await db.execute(select(case).where(case.c.number == number))).one()
        states.append(row.state)
        if row.closed is not None:
            break
        await simulator.continue_one(db, house, cast, row, rng, MOMENT + timedelta(hours=hour))
    assert states[0] == "new"
    assert {"working", "answered"} <= set(states)


async def test_a_step_for_which_the_city_has_nobody_is_told(db: Connection, registry: Registry, keyring: Keyring) -> None:
    await seeding._city(db, keyring, MOMENT)
    house = await housed(db, registry, keyring)
    data = {"kind": "help", "category": "noise", "text": "吵。", "area": "shizixiang"}
    wrong: tuple[Any, ...] = ((0.1, "sign", {}, "helper"),)
    with pytest.raises(BanshiError, match=r"nobody \(helper\) for “sign”"):
        await playing.play(
            db, house, await playing.actors(db, house), "tickets", [DemoCase(case_type="request", district="nanpu", data=data, steps=wrong)], MOMENT
        )


@pytest.mark.parametrize(
    ("planned", "at", "hours"),
    [("03:10", "23:59", "08:10"), ("10:20", "23:59", "10:20"), ("03:10", "04:00", "03:10")],
)
def test_nobody_at_the_office_acts_at_night_unless_it_is_night_now(planned: str, at: str, hours: str) -> None:
    def moment(clock: str) -> datetime:
        return datetime.fromisoformat(f"2026-11-20T{clock}:00+08:00").astimezone(UTC)

    assert playing._decent(moment(planned), playing.OFFICE_HOURS, ZONE, moment(at)) == moment(hours)


def test_a_demo_that_is_started_again_is_the_same_city(empty_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=empty_url, secret_key=(SECRET,), data=tmp_path)
    bring_up(settings, empty_url)
    facts = asyncio.run(seeding.seed(settings))
    assert facts == asyncio.run(seeding.seed(settings))
    assert set(facts["sign_ins"]) == {"resident", "clerk", "administrator", "engineer"}
    assert facts["districts"] == ["yunlan", "nanpu", "qishan"]
    with psycopg.connect(libpq_url(empty_url)) as connection:
        ours = "select count(*) from kernel.\"case\" c join kernel.case_type t on t.id = c.type_id where t.owner = 'tickets'"
        assert connection.execute(ours).fetchone() == (800,)
