"""The report's figures are right whatever happened, in whatever order it was told, and whoever died in between."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text
from test_relay import drain

from banshi import app
from banshi.cases import acting, linking, opening, reading
from banshi.cases.acting import Act
from banshi.cases.book import Houses
from banshi.cases.decoding import decode
from banshi.cases.tables import case, case_event
from banshi.contracts import Actor, Due, Measure
from banshi.db import Connection, Database
from banshi.errors import Forbidden, Invalid, NotFound, Refused
from banshi.jobs import relay
from banshi.reporting import asking, checking, comparing, measuring, rollups
from banshi.reporting.asking import Asked
from banshi.reporting.tables import report_case, report_cell
from banshi.testing import MOMENT, Town

TODAY = MOMENT.date()
EVER = Asked(first=date(2025, 1, 1), last=date(2026, 12, 1))


class City:
    """Cases that are filed and worked on in one open transaction, and the figures of it."""

    def __init__(self, db: Connection, town: Town, wanted: Any) -> None:
        self.db, self.town, self.house, self.wanted, self.at = db, town, town.house, wanted, MOMENT

    async def file(self, who: str = "resident0", *, at: datetime | None = None, **data: Any) -> str:
        self.at = at or self.at
        return (await opening.open_one(self.db, self.house, self.town.residents[who], self.wanted(**data), self.at)).number

    async def act(self, who: str, number: str, action: str, *, later: timedelta = timedelta(hours=1), **data: Any) -> None:
        self.at += later
        actor = self.town.staff.get(who) or self.town.residents[who]
        form = decode(self.house.registry.case_type("tickets.request").action(action).form, data)
        await acting.act_one(self.db, self.house, actor, Act(number=number, action=action, form=form), self.at)

    async def settle(self, *numbers: str) -> None:
        ids = await self.db.execute(select(case.c.id).where(case.c.number.in_(numbers)) if numbers else select(case.c.id))
        await rollups.settle(self.db, self.house, list(ids.scalars()))

    async def report(self, who: str = "", *, today: date = TODAY, **asked: Any) -> asking.Report:
        actor = self.town.staff[who] if who else Actor.SYSTEM
        return await asking.read(self.db, self.house, actor, msgspec.structs.replace(EVER, **asked), today)

    async def figure(self, measure: str, *, today: date = TODAY) -> asking.Figure:
        await self.settle()
        return (await self.report(today=today)).total.figures[measure]


@pytest.fixture
def city(db: Connection, town: Town, wanted: Any) -> City:
    return City(db, town, wanted)


def shown(figure: asking.Figure) -> tuple[int, int, int, int]:
    return figure.hits, figure.of, figure.left_out, figure.pending


# -- what each figure means ------------------------------------------------------------------------------------------------


async def test_signed_for_by_the_end_of_the_next_day_counts_as_a_response(city: City) -> None:
    quick, slow = await city.file(), await city.file()
    await city.act("10001", quick, "sign", later=timedelta(hours=30))
    await city.act("10001", slow, "sign", later=timedelta(hours=30))
    assert shown(await city.figure("tickets.response")) == (1, 2, 0, 0)


async def test_a_case_that_nobody_signs_for_is_missed_when_its_day_is_over_though_nothing_happens(city: City) -> None:
    await city.file()
    assert shown(await city.figure("tickets.response")) == (0, 0, 0, 1)
    assert shown(await city.figure("tickets.response", today=TODAY + timedelta(days=1))) == (0, 0, 0, 1)
    assert shown(await city.figure("tickets.response", today=TODAY + timedelta(days=2))) == (0, 1, 0, 0)


async def test_withdrawn_in_time_is_in_no_denominator_and_withdrawn_unheard_is_missed(city: City) -> None:
    soon, late = await city.file(), await city.file()
    await city.act("resident0", soon, "withdraw")
    await city.act("resident0", late, "withdraw", later=timedelta(days=4))
    assert shown(await city.figure("tickets.response")) == (0, 1, 1, 0)


async def answered(city: City, *, solved: str = "yes", **data: Any) -> str:
    number = await city.file(**data)
    await city.act("10001", number, "sign")
    await city.act("10001", number, "answer", text="Mended.", solved=solved)
    return number


async def test_not_rated_is_never_satisfied(city: City) -> None:
    for words in ("very_satisfied", "fairly_satisfied", ""):
        await city.act("resident0", await answered(city), "confirm", solved="yes", rating=words)
    figure = await city.figure("tickets.satisfaction")
    assert shown(figure) == (2, 2, 1, 0)
    silent = await answered(city)
    await city.act("20001", silent, "call_back", reached="declined")
    assert shown(await city.figure("tickets.satisfaction")) == (2, 2, 2, 0)


async def test_the_first_word_counts_and_what_was_made_good_is_told_apart(city: City) -> None:
    number = await answered(city)
    await city.act("resident0", number, "confirm", solved="no", rating="very_dissatisfied")
    await city.act("10001", number, "answer", text="Now.", solved="yes")
    await city.act("resident0", number, "confirm", solved="yes", rating="very_satisfied")
    assert shown(await city.figure("tickets.satisfaction")) == (0, 1, 0, 0)
    assert shown(await city.figure("tickets.settlement")) == (0, 1, 0, 0)
    assert shown(await city.figure("tickets.made_good")) == (1, 1, 0, 0)


async def test_solved_as_the_department_says_and_as_the_resident_says_are_two_facts(city: City) -> None:
    number = await answered(city, solved="no")
    await city.act("resident0", number, "confirm", solved="yes", rating="satisfied")
    assert shown(await city.figure("tickets.settlement")) == (1, 1, 0, 0)
    assert shown(await city.figure("tickets.settlement_by_department")) == (0, 1, 0, 0)


async def test_days_to_settle_are_calendar_days_of_the_district_and_long_ones_stand_together(city: City) -> None:
    late = datetime(2026, 3, 3, 15, 50, tzinfo=UTC)  # ten minutes to midnight in the city
    for days in (0, 1, 1, 400):
        number = await city.file(at=late)
        await city.act("resident0", number, "withdraw", later=timedelta(days=days, minutes=11))
    figure = await city.figure("kernel.days", today=date(2028, 1, 1))
    assert figure.spread == ((1, 1), (2, 2))
    report = await city.report(today=date(2028, 1, 1), last=date(2028, 1, 1))
    assert report.total.figures["kernel.days"].spread == ((1, 1), (2, 2), (measuring.EXACT + 1, 1))
    assert (report.total.figures["kernel.days"].median, report.total.figures["kernel.days"].p90) == (2, 91)


async def test_an_open_case_grows_older_by_itself(city: City) -> None:
    await city.file()
    assert (await city.figure("kernel.open", today=TODAY + timedelta(days=12))).median == 12


async def test_a_case_that_is_taken_up_again_is_open_and_no_longer_settled(city: City) -> None:
    number = await answered(city)
    await city.act("resident0", number, "confirm", solved="yes")
    assert shown(await city.figure("kernel.settled"))[0] == 1
    await city.act("resident0", number, "reopen", text="Dark again.")
    assert shown(await city.figure("kernel.settled"))[0] == 0
    assert (await city.figure("kernel.open")).of == 1


async def test_who_joins_a_group_is_demand_and_the_group_one_piece_of_work(city: City) -> None:
    master, one, two = [await city.file(who) for who in ("resident0", "resident1", "resident0")]
    await linking.merge(city.db, city.house, city.town.staff["10001"], master, [one, two], city.at)
    assert shown(await city.figure("kernel.received"))[0] == 3
    assert shown(await city.figure("kernel.matters")) == (1, 1, 2, 0)


async def test_a_case_counts_with_the_department_that_has_it(city: City, town: Town) -> None:
    number = await city.file()
    await city.settle()
    await city.act("10001", number, "sign")
    await city.act("10001", number, "pass_on", department="east-works", text="The road is theirs.")
    await city.settle()
    lines = {line.key: line.cases("kernel.received") for line in (await city.report()).lines}
    assert lines == {town.department("east-works"): 1}
    assert (await city.db.execute(select(report_cell).where(report_cell.c.department_id == town.department("lighting")))).all() == []


async def test_imported_history_counts_in_its_own_months(city: City, town: Town) -> None:
    told = {"state": "closed", "outcome": "settled", "closed": datetime(2025, 5, 4, tzinfo=UTC)}
    past = opening.Past(reference="A-1", **told)
    wanted = msgspec.structs.replace(city.wanted(), received=datetime(2025, 3, 30, 17, tzinfo=UTC), past=past, key="A-1")
    await opening.open_one(city.db, city.house, Actor(capacity="system", credential="import:old"), wanted, MOMENT)
    still = msgspec.structs.replace(wanted, past=opening.Past(reference="A-2", state="new"), key="A-2")
    await opening.open_one(city.db, city.house, Actor(capacity="system", credential="import:old"), still, MOMENT)
    await city.settle()
    report = await city.report()
    told_of = [line for line in report.months if any(f.of for f in line.figures.values())]
    months = {line.key: (line.cases("kernel.received"), line.cases("kernel.settled")) for line in told_of}
    assert months == {date(2025, 3, 1): (2, 0), date(2025, 5, 1): (0, 1)}
    assert report.total.figures["kernel.days"].median == 34, "it came in after midnight of the city"
    assert shown(report.total.figures["tickets.response"]) == (0, 0, 2, 0), "another system does not tell when it was signed for"


# -- exactly right, however it came about ------------------------------------------------------------------------------------------


async def history(
    database: Database, town: Town, wanted: Any, seed: int, steps: int, *, days_ago: int = 200, hours: int = 30, without: Collection[str] = ()
) -> None:
    """Let anything happen that the cases allow: hand-overs, returns, re-openings, groups and their members, urgency, withdrawals."""
    rng, at = random.Random(seed), MOMENT - timedelta(days=days_ago)
    answers = {
        "text": "Words.",
        "duty": "Article 3",
        "where": "The court.",
        "outcome": "settled",
        "officer": "10001",
        "urgency": "urgent",
        "relation": "neighbour",
        "course": "A",
        "result": "B",
        "opinion": "C",
        "suggestion": "D",
        "lead": "east-works",
    }
    staff = [town.staff[number] for number in ("10001", "10001", "10003", "10007", "20001", "30001")]
    everybody = [*staff, *(town.residents[f"resident{i}"] for i in range(3))]
    numbers: list[str] = []
    for step in range(steps):
        at += timedelta(hours=rng.random() * hours)
        async with database.transaction() as db:
            if rng.random() < 0.1 or len(numbers) < 6:
                kind = rng.choice(["help", "complaint", "report", "consultation"])
                filed = wanted(kind=kind, text=f"Case {step}.", channel=rng.choice(["web", "telephone"]))
                numbers.append((await opening.open_one(db, town.house, town.residents[f"resident{step % 3}"], filed, at)).number)
                continue
            actor = rng.choice(everybody)
            try:
                if rng.random() < 0.15 and actor.may("kernel.together"):
                    leading, *others = rng.sample(numbers, 3)
                    if rng.random() < 0.7:
                        await linking.merge(db, town.house, actor, leading, others, at)
                    else:
                        await linking.leave(db, town.house, actor, leading, at)
                    continue
                row = await reading.get(db, town.house, actor, rng.choice(numbers))
                if not (possible := acting.allowed(town.house, actor, row, at)):
                    continue
                fitting = [a for a in possible if a.name not in without and (a.name != "withdraw" or rng.random() < 0.2)] or possible
                action = rng.choice([*fitting, *(a for a in fitting if a.leading for _more in range(5))])
                data = answers | {
                    "solved": rng.choice(["yes", "no"]),
                    "rating": rng.choice(["", "satisfied", "dissatisfied"]),
                    "reached": rng.choice(["yes", "yes", "no_answer"]),
                    "department": rng.choice(["lighting", "east-works", "city-works"]),
                    "line": rng.choice(["trade", "area"]),
                }
                fields = {f.name for f in msgspec.structs.fields(action.form)}
                form = decode(action.form, {k: v for k, v in data.items() if k in fields})
                await acting.act_one(db, town.house, actor, Act(number=row.number, action=action.name, form=form), at)
            except Refused:
                pass


async def recount(database: Database, town: Town) -> checking.Checked:
    return await checking.check(database, town.house, batch=7)


@pytest.mark.parametrize("seed", [1, 2, 4, 5])
async def test_after_any_history_a_recount_agrees_though_the_consumer_died_in_between(database: Database, town: Town, wanted: Any, seed: int) -> None:
    figures, clusters = app.figures(Houses(town.house.registry, town.house.keyring)), app.clusters(Houses(town.house.registry, town.house.keyring))
    rng = random.Random(seed)

    async def dying(db: Connection, events: Sequence[Any]) -> None:
        await figures.take(db, events)
        if rng.random() < 0.4:
            raise RuntimeError("died after its work, before its cursor")

    async def feed_some() -> None:
        for _ in range(6):
            try:
                async with database.transaction() as db:
                    await relay.feed(db, relay.Consumer(figures.name, dying), batch=rng.randrange(1, 9))
            except RuntimeError:
                pass
        async with database.transaction() as db:
            await relay.feed(db, clusters)

    for _ in range(4):
        await history(database, town, wanted, rng.randrange(10**6), 120)
        await feed_some()
        assert (await recount(database, town)).right, "also while the relay is behind: what is missing is looked at first"
    await drain(database, clusters)
    await drain(database, figures)
    async with database.transaction() as db:
        kinds = set((await db.execute(select(case_event.c.kind))).scalars())
        cells = dict(Counter({tuple(r[:-1]): r.cases for r in await db.execute(select(report_cell))}))
        assert min(cells.values()) > 0, "an empty cell is taken away"
        received = sum(n for key, n in cells.items() if key[0] == "kernel.received")
        assert received == (await db.execute(text('select count(*) from kernel."case"'))).scalar_one()
    assert {"reopen", linking.JOINED} <= kinds
    assert {"pass_on", "raise_up", "dispatch"} & kinds, "it was handed over"
    checked = await recount(database, town)
    assert (checked.right, checked.cases) == (True, received)


async def test_an_event_that_is_handed_over_twice_changes_nothing(database: Database, town: Town, wanted: Any) -> None:
    await history(database, town, wanted, 9, 40)
    figures = app.figures(Houses(town.house.registry, town.house.keyring))
    await drain(database, figures)

    async def kept() -> list[Any]:
        async with database.transaction() as db:
            return [tuple(r) for r in await db.execute(select(report_cell).order_by(*report_cell.primary_key.columns))]

    once = await kept()
    async with database.transaction() as db:
        await db.execute(text("delete from kernel.relay_cursor"))
    await drain(database, figures)
    assert await kept() == once


async def test_a_recount_finds_what_was_changed_by_hand_and_rebuilding_mends_it(database: Database, town: Town, wanted: Any) -> None:
    await history(database, town, wanted, 4, 40)
    await drain(database, app.figures(Houses(town.house.registry, town.house.keyring)))
    async with database.transaction() as db:
        await db.execute(text("update kernel.report_cell set cases = cases + 5 where measure = 'kernel.received'"))
        await db.execute(text("delete from kernel.report_case where case_id = (select min(case_id) from kernel.report_case)"))
    found = await recount(database, town)
    assert not found.right
    assert found.rows == 1
    assert any(f.startswith("kernel.received") for f in found.faults)
    seen: list[int] = []
    mended = await checking.check(database, town.house, rebuild=True, progress=seen.append, batch=5)
    assert (mended.rows, sum(seen)) == (1, mended.cases)
    assert (await recount(database, town)).right


async def test_while_it_is_recounted_the_relay_waits_and_then_goes_on(database: Database, town: Town, wanted: Any) -> None:
    await history(database, town, wanted, 5, 30)
    assert (await recount(database, town)).right
    async with database.engine.connect() as other:
        free = (await other.execute(text("select pg_try_advisory_lock(:key)"), {"key": rollups.LOCK})).scalar_one()
        assert free, "the lock is given back"
        await other.execute(text("select pg_advisory_unlock(:key)"), {"key": rollups.LOCK})
    await drain(database, app.figures(Houses(town.house.registry, town.house.keyring)))
    assert (await recount(database, town)).right


async def test_a_measure_that_fails_leaves_its_case_out_and_the_others_count(city: City, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_case: Any) -> int:
        raise ZeroDivisionError

    title = measuring.RECEIVED.title
    broke = Measure(owner="tickets", name="broken", title=title, explained=title, left_out=title, kind="rate", take=broken, case_types=("request",))
    odd = msgspec.structs.replace(broke, name="odd", take=lambda _case: 7)
    wrong = msgspec.structs.replace(broke, name="wrong", kind="days", take=lambda _case: Due(TODAY))
    registry = msgspec.structs.replace(city.house.registry, measures=(broke, odd, wrong))
    await city.file()
    ids = list((await city.db.execute(select(case.c.id))).scalars())
    await rollups.settle(city.db, msgspec.structs.replace(city.house, registry=registry), ids)
    tally = (await city.db.execute(select(report_case.c.tally))).scalar_one()
    assert {m: tally[f"tickets.{m}"][0] for m in ("broken", "odd", "wrong")} == {"broken": "left_out", "odd": "left_out", "wrong": "left_out"}
    assert tally["kernel.received"][:2] == ["counted", 1]
    assert sum(r.message == "measure failed" for r in caplog.records) == 3


async def test_a_changed_measure_is_counted_from_the_first_event(town: Town) -> None:
    registry = town.house.registry
    first, *rest = registry.measures
    changed = msgspec.structs.replace(registry, measures=(msgspec.structs.replace(first, version=2), *rest))
    assert checking.consumer_name(changed) != checking.consumer_name(registry)
    assert checking.consumer_name(registry) == checking.consumer_name(registry)


async def test_where_the_figures_of_former_measures_stood_is_forgotten(city: City) -> None:
    own = checking.consumer_name(city.house.registry)
    for name in ("rollups:of another time", own, "notices"):
        await city.db.execute(text("insert into kernel.relay_cursor (consumer, xid, case_id, sequence) values (:name, '1', 0, 0)"), {"name": name})
    await checking.forget_others(city.db, city.house.registry)
    known = set((await city.db.execute(text("select consumer from kernel.relay_cursor"))).scalars())
    assert known >= {own, "notices"}
    assert "rollups:of another time" not in known


# -- who may read what ---------------------------------------------------------------------------------------------------------


async def test_a_head_reads_the_own_department_and_what_lies_below_it(city: City, town: Town) -> None:
    await city.file()
    await city.file(category="greenery")
    await city.file(district="north", area="pine", category="waste")
    await city.settle()
    keys = {line.key for line in (await city.report("10007")).lines}
    assert keys == {town.department(d) for d in ("lighting", "parks", "north-works")}
    assert {line.key for line in (await city.report("10006")).lines} == {town.department("parks")}
    with pytest.raises(NotFound):
        await city.report("10006", department_id=town.department("lighting"))


async def test_a_superiors_line_adds_up_what_lies_below_each_case_once(city: City, town: Town) -> None:
    """The parks lie below the city's works by trade, and below the East's, which lie below the city's too, by area."""
    await city.file()
    await city.file(category="greenery")
    await city.settle()
    report = await city.report("30001")

    def received(line: asking.Line | None) -> int:
        return line.cases("kernel.received") if line else 0

    rolled = {r.department_id: (received(r.own), received(r.below)) for r in report.rolled}
    assert rolled[town.department("city-works")] == (0, 2)
    assert rolled[town.department("east-works")] == (0, 1)
    assert rolled[town.department("parks")] == (1, 0)
    narrowed = await city.report("30001", department_id=town.department("east-works"))
    assert narrowed.total.cases("kernel.received") == 1


async def test_without_the_right_there_is_no_report(city: City) -> None:
    for number in ("10001", "90002"):
        with pytest.raises(Forbidden):
            await city.report(number)


async def test_a_hidden_persons_case_is_counted_like_any_other(city: City) -> None:
    await city.file(kind="report")
    await city.settle()
    assert (await city.report("10007")).total.cases("kernel.received") == 1


async def test_where_a_plugin_is_off_its_cases_are_in_no_report(city: City, town: Town) -> None:
    await city.file()
    await city.settle()
    await city.db.execute(
        text("update kernel.report_cell set district_id = :west where measure = 'kernel.received'"), {"west": town.district("west")}
    )
    assert (await city.report()).total.cases("kernel.received") == 0


async def test_what_is_asked_wrongly_is_told_field_by_field(town: Town) -> None:
    with pytest.raises(Invalid) as refused:
        asking.asked(town.house, TODAY, first="2026-13", last="yesterday", by="luck", case_type="x.y", department="nobody")
    assert set(refused.value.problems) == {"from", "to", "by", "type", "department"}
    for first, last in (("2026-05", "2026-04"), ("2001-01", "2026-01")):
        with pytest.raises(Invalid) as refused:
            asking.asked(town.house, TODAY, first=first, last=last)
        assert set(refused.value.problems) == {"from"}
    usual = asking.asked(town.house, TODAY)
    assert (usual.first, usual.last) == (date(2026, 6, 1), date(2026, 11, 1))


async def test_two_queries_over_cells_and_one_for_what_fails_whatever_is_asked(database: Database, town: Town, wanted: Any) -> None:
    from banshi.testing import statements

    await history(database, town, wanted, 6, 30)
    await recount(database, town)
    for by in asking.BYS:
        async with database.transaction() as db:
            with statements(database) as said:
                await asking.read(db, town.house, Actor.SYSTEM, msgspec.structs.replace(EVER, by=by), TODAY)
        assert len(said) <= 3
        assert not any('kernel."case"' in s or "case_event" in s for s in said)


# -- better or worse -------------------------------------------------------------------------------------------------------------


def rate(hits: int, of: int) -> asking.Figure:
    measure = Measure(owner="x", name="y", title=measuring.DAYS.title, explained=measuring.DAYS.title, kind="rate", take=lambda _c: 1, better="more")
    return asking.Figure(measure=measure, of=of, hits=hits)


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        (rate(95, 100), rate(70, 100), "better"),
        (rate(70, 100), rate(95, 100), "worse"),
        (rate(90, 100), rate(88, 100), "same"),
        (rate(10, 10), rate(0, 10), "few"),
        (rate(100, 100), rate(100, 100), "same"),
    ],
)
def test_a_change_is_told_only_where_chance_does_not_explain_it(now: asking.Figure, before: asking.Figure, verdict: str) -> None:
    assert comparing.compared(now, before) == verdict


def days(*spread: tuple[int, int]) -> asking.Figure:
    return asking.Figure(
        measure=measuring.DAYS, of=sum(n for _d, n in spread), median=asking.rank(spread, 50), p90=asking.rank(spread, 90), spread=spread
    )


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        (days((1, 60), (5, 40)), days((1, 40), (5, 60)), "better"),
        (days((1, 40), (5, 60)), days((1, 60), (5, 40)), "worse"),
        (days((3, 51), (4, 49)), days((3, 49), (4, 51)), "same"),
        (days((3, 9)), days((9, 100)), "few"),
    ],
)
def test_a_median_is_said_to_have_changed_only_where_chance_does_not_explain_it(now: asking.Figure, before: asking.Figure, verdict: str) -> None:
    assert comparing.compared(now, before) == verdict


def test_percentiles_are_the_nearest_rank() -> None:
    assert [asking.rank(((1, 9), (5, 1)), p) for p in (50, 90, 91)] == [1, 1, 5]
    assert asking.rank((), 50) is None
