"""Who sees what: the list's union and the report's predicate are one thing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from banshi.cases import acting, opening, reading
from banshi.cases.acting import Act
from banshi.cases.reading import Query
from banshi.cases.tables import case
from banshi.cases.visibility import predicate
from banshi.contracts import Actor
from banshi.db import Connection
from banshi.errors import Invalid
from banshi.testing import MOMENT, Town

ACTORS = ("10001", "10002", "10003", "10004", "20001", "30001", "90001", "resident0", "resident1")


def actor_of(town: Town, name: str) -> Actor:
    return town.staff.get(name) or town.residents[name]


async def many(db: Connection, town: Town, wanted: Any) -> None:
    """Thirty cases in three places and of two residents, some in hand, some closed."""
    places = [("east", "persimmon", "street_lighting"), ("east", "elm", "noise"), ("north", "pine", "noise")]
    case_type = town.house.registry.case_type("tickets.request")
    for i in range(30):
        district, area, category = places[i % 3]
        moment = MOMENT + timedelta(minutes=i)
        asked = wanted(district=district, area=area, category=category, text=f"Case {i}.")
        number = (await opening.open_one(db, town.house, town.residents[f"resident{i % 2}"], asked, moment)).number
        clerk = town.staff[("10001", "10003", "10004")[i % 3]]
        if i % 4:
            await acting.act_one(db, town.house, clerk, Act(number=number, action="sign"), moment)
        if i % 4 > 2:
            await acting.act_one(db, town.house, clerk, Act(number=number, action="answer", form=case_type.action("answer").form(text="x")), moment)
            close = Act(number=number, action="close", form=case_type.action("close").form(outcome="settled"))
            await acting.act_one(db, town.house, clerk, close, moment)


@pytest.mark.parametrize("name", ACTORS)
async def test_a_list_read_to_its_end_is_what_the_predicate_counts(db: Connection, town: Town, wanted: Any, name: str) -> None:
    await many(db, town, wanted)
    actor = actor_of(town, name)
    for query in (Query(size=7), Query(size=7, open=True), Query(size=4, newest_first=True), Query(size=7, open=False)):
        seen: list[int] = []
        after = None
        while True:
            page = await reading.listing(db, town.house, actor, Query(**{**_as_dict(query), "after": after}))
            seen += [r.id for r in page.rows]
            if page.next is None:
                break
            after = reading.read_cursor(reading.write_cursor(page.next))
        condition = [predicate(town.house, actor)]
        if query.open is not None:
            condition.append(case.c.closed.is_(None) if query.open else case.c.closed.is_not(None))
        expected = (await db.execute(select(case.c.id).where(*condition).order_by(case.c.received, case.c.id))).scalars().all()
        assert sorted(seen) == sorted(expected)
        assert seen == (expected[::-1] if query.newest_first else list(expected))
        assert await reading.count_bounded(db, town.house, actor, [query]) == [len(expected)]


def _as_dict(query: Query) -> dict[str, Any]:
    return {f: getattr(query, f) for f in query.__struct_fields__}


async def test_each_sees_what_is_theirs(db: Connection, town: Town, wanted: Any) -> None:
    await many(db, town, wanted)
    counts = {n: (await reading.count_bounded(db, town.house, actor_of(town, n), [Query()]))[0] for n in ACTORS}
    assert counts == {
        "10001": 10, "10002": 10, "10003": 10, "10004": 10, "20001": 30, "30001": 30, "90001": 0, "resident0": 15, "resident1": 15,
    }  # fmt: skip


async def test_a_query_narrows_what_is_visible_and_never_widens_it(db: Connection, town: Town, wanted: Any) -> None:
    await many(db, town, wanted)
    clerk = town.staff["10001"]
    for query in (
        Query(department_id=town.department("north-works")),
        Query(assignee_id=town.staff["10004"].post_id),
        Query(district_id=town.district("north")),
    ):
        assert (await reading.listing(db, town.house, clerk, query)).rows == []
        assert await reading.count_bounded(db, town.house, clerk, [query]) == [0]


async def test_counts_are_bounded_on_pages_and_exact_in_reports(db: Connection, town: Town, wanted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await many(db, town, wanted)
    monkeypatch.setattr(reading, "BOUND", 5)
    assert await reading.count_bounded(db, town.house, town.staff["20001"], [Query(), Query(department_id=town.department("lighting"))]) == [6, 6]
    exact = await reading.count_exact(db, town.house, Actor.SYSTEM, ["department", "state"], Query())
    total = (await db.execute(select(func.count()).select_from(case))).scalar_one()
    assert sum(n for _, n in exact) == total == 30
    assert dict(exact)[town.department("lighting"), "closed"] == 3


@pytest.mark.parametrize("written", ["nonsense", "e30", "W10", "\x00", "WyJ4IiwgMV0"])
def test_a_cursor_that_somebody_changed_is_refused(written: str) -> None:
    with pytest.raises(Invalid):
        reading.read_cursor(written)
