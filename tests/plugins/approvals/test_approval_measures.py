"""What the report says of applications: on the spot, early, on time, asked once; by the names of sub-items."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from catalogue import find
from sqlalchemy import text

from banshi import Due
from banshi.cases.book import load_house
from banshi.db import Connection
from banshi.reporting import measuring, rollups
from banshi.testing import MOMENT, Town
from banshi.web import figures

WINDOW, REVIEWER, CHIEF = "50001", "50002", "50003"


@pytest.fixture
def tally(db: Connection, town: Town) -> Any:
    """A function that gives what a case gives to the plugin's measures, by name."""

    async def of(number: str) -> dict[str, Any]:
        row = await find(db, number)
        (found,) = (await db.execute(text(rollups._CASE + " where c.id = :id"), {"id": row.id})).all()
        entries = measuring.tally(town.house, measuring.record(town.house, found))
        return {k.removeprefix("approvals."): (e.what, e.value) for k, e in entries.items() if k.startswith("approvals.")}

    return of


@pytest.fixture
def decided(apply: Any, act: Any) -> Any:
    """A function that has an application asked ``asked`` times, accepted, and decided after so many days."""

    async def make(*, asked: int = 0, days: float = 1.0, decide: bool = True) -> str:
        number = await apply("office", situation=["rented:yes"])
        for turn in range(asked):
            again = {"why": "换了一版"} if turn else {}
            await act(number, WINDOW, "ask", faults=["form:有误" if turn else "form:", "lease:有误" if turn else "lease:"], **again)
            await act(number, "resident0", "hand_in", papers=[f"form:{turn + 10}", f"lease:{turn + 20}"])
        await act(number, "resident0", "hand_in", papers=["form:1", "lease:2", "plan:3"])
        await act(number, WINDOW, "accept")
        for step in ("formal", "substantive"):
            await act(number, REVIEWER, "check", step=step, found="没有问题")
        if decide:
            later = MOMENT + timedelta(days=days)
            await act(number, REVIEWER, "propose", at=later, outcome="granted", reasons="符合规定的条件")
            await act(number, CHIEF, "decide", at=later, outcome="granted")
        return number

    return make


async def test_what_is_decided_early_says_how_many_workdays_were_left(decided: Any, tally: Any) -> None:
    found = await tally(await decided(days=1))
    assert [found[k] for k in ("on_the_spot", "early", "days_early", "promised", "statutory", "refused", "by_law")] == [
        ("counted", 0),
        ("counted", 1),
        ("counted", 7),
        ("counted", 1),
        ("counted", 1),
        ("counted", 0),
        ("counted", 0),
    ]


async def test_what_is_decided_after_the_promised_limit_is_late_but_within_the_law(decided: Any, tally: Any) -> None:
    found = await tally(await decided(days=14))
    assert [found[k] for k in ("early", "days_early", "promised", "statutory")] == [("counted", 0), ("left_out", 0), ("counted", 0), ("counted", 1)]


async def test_what_is_not_decided_yet_is_due(decided: Any, tally: Any) -> None:
    found = await tally(await decided(decide=False))
    assert (found["promised"][0], found["statutory"][0], found["early"][0]) == ("due", "due", "left_out") if "early" in found else True
    assert Due


@pytest.mark.parametrize(("asked", "once"), [(0, ("left_out", 0)), (1, ("counted", 1)), (2, ("counted", 0))])
async def test_asked_once_counts_those_that_were_asked_at_all(decided: Any, tally: Any, asked: int, once: Any) -> None:
    found = await tally(await decided(asked=asked))
    assert (found["asked_once"], found["returned"]) == (once, ("counted", int(asked > 0)))


async def test_on_the_spot_is_on_the_spot(apply: Any, act: Any, tally: Any) -> None:
    number = await apply("simple", ground="over_65")
    await act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await act(number, WINDOW, "decide_now", outcome="granted")
    found = await tally(number)
    assert (found["on_the_spot"], found["served_first"], found["days_early"]) == (("counted", 1), ("counted", 1), ("left_out", 0))


async def test_the_report_calls_sub_items_by_their_titles(catalogue: None, db: Connection, town: Town) -> None:
    house = await load_house(db, town.house.registry, town.house.keyring)
    assert figures.categories(house, "zh")["simple"] == "许可 simple"
