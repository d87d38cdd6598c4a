"""What happened on one's cases: the newest first, unread marked, page by page, cheap."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from browsing import Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from banshi import notify
from banshi.cases import acting, numbers, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.tables import case, case_event
from banshi.db import Database
from banshi.testing import MOMENT, Clock, Town, statements

MOST = 8


async def act(database: Database, town: Town, number: str, officer: str, action: str, at: Any, **answers: Any) -> None:
    declared = town.house.registry.case_type("tickets.request").action(action)
    async with database.transaction() as db:
        form = decode(declared.form, answers)
        await acting.act_one(db, town.house, town.staff[officer], Act(number=number, action=action, form=form), at)


async def moved(database: Database, town: Town, wanted: Any, clock: Clock, *, news: int = 1, who: str = "resident0") -> str:
    """Open a request and tell its applicant ``news`` things, an hour apart."""
    begun = clock.moment
    async with database.transaction() as db:
        number = (await opening.open_one(db, town.house, town.residents[who], wanted(), clock.moment)).number
    await act(database, town, number, "10001", "sign", clock.forward(hours=1))
    for count in range(1, news):
        await act(database, town, number, "10001", "tell", clock.forward(hours=1), text=f"News {count}.")
    await act(database, town, number, "10001", "note", clock.forward(hours=1), text="Among us only.")
    await deliver(database, begun)
    return number


async def deliver(database: Database, since: datetime = MOMENT) -> None:
    """Write the notices of what happened from a moment on, as the relay does."""
    async with database.transaction() as db:
        events = (await db.execute(select(case_event.c.case_id, case_event.c.sequence).where(case_event.c.at >= since))).all()
        await notify.take(db, events)


async def test_what_happened_stands_newest_first_unread_is_marked_and_each_leads_to_its_case(
    client: AsyncTestClient[Any], database: Database, town: Town, wanted: Any, clock: Clock
) -> None:
    number = await moved(database, town, wanted, clock, news=2)
    await moved(database, town, wanted, clock, who="resident1")
    person = Person(client)
    page = await person.sign_in("resident0", path="/my/inbox")
    assert page.status == 200
    first, second = page.text.index("The department told how it goes"), page.text.index("The department signed for it")
    assert first < second
    assert "Among us" not in page.text
    assert "Note" not in page.text
    assert page.response.text.count("inbox__row--unread") == 2
    assert list(page.links.values()).count(f"/case/{numbers.show(number)}") == 2
    assert 'menu__count">2<' in page.response.text
    await person.get(f"/case/{numbers.show(number)}")
    page = await person.get("/my/inbox")
    assert "inbox__row--unread" not in page.response.text
    assert "The department told how it goes" in page.text, "what was read is still there"
    assert "menu__count" not in page.response.text


async def test_all_is_read_at_once_but_not_what_came_since(
    client: AsyncTestClient[Any], database: Database, town: Town, wanted: Any, clock: Clock
) -> None:
    number = await moved(database, town, wanted, clock, news=3)
    person = Person(client)
    page = await person.sign_in("resident0", path="/my/inbox")
    await act(database, town, number, "10001", "tell", clock.forward(minutes=1), text="Just now.")
    await deliver(database, clock.moment)
    page = await person.send(page, "/my/inbox")
    assert page.response.text.count("inbox__row--unread") == 1
    page = await person.send(page, "/my/inbox", until="nonsense")
    assert "inbox__row--unread" not in page.response.text


async def test_it_goes_on_page_by_page_and_no_line_is_lost_or_twice(database: Database, town: Town, wanted: Any, clock: Clock) -> None:
    for news in (3, 2, 4):
        await moved(database, town, wanted, clock, news=news)
    seen: list[tuple[int, int]] = []
    place = None
    async with database.transaction() as db:
        for _ in range(10):
            rows, place = await notify.inbox(db, town.house, town.residents["resident0"], place, size=4)
            seen += [(r.case_id, r.sequence) for r in rows]
            place = notify.read_place(notify.write_place(place))
            if place is None:
                break
    assert len(seen) == len(set(seen)) == 9


@pytest.mark.parametrize("path", ["/my", "/my/inbox", "/my/mandates", "/d/east", "/track", "/d/east/services/tickets/request"])
async def test_no_page_of_the_portal_needs_more_than_a_few_queries(
    client: AsyncTestClient[Any], database: Database, town: Town, wanted: Any, clock: Clock, path: str
) -> None:
    for _ in range(3):
        await moved(database, town, wanted, clock, news=3)
    person = Person(client)
    await person.sign_in("resident0")
    await person.get(path)
    with statements(client.app.state.site.database) as said:
        page = await person.get(path)
    assert page.status == 200
    assert len(said) <= MOST, said
    assert sum("kernel.notice" in s and "count(" in s for s in said) == 1


async def test_nobody_signed_in_is_asked_to_and_a_forged_place_is_told(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    assert (await person.get("/my/inbox")).status == 401
    await person.sign_in("resident2")
    page = await person.get("/my/inbox")
    assert "Nothing has happened yet" in page.text
    for forged in ("AAAA", "%00", "W10", "WyJ4IiwxLDJd"):
        assert (await person.get(f"/my/inbox?after={forged}")).status == 400


async def test_more_than_the_menu_shows_is_bounded(client: AsyncTestClient[Any], database: Database, town: Town, wanted: Any, clock: Clock) -> None:
    number = await moved(database, town, wanted, clock)
    async with database.transaction() as db:
        rows = [
            {"person_id": town.residents["resident0"].person_id, "capacity": "resident", "case_id": c, "sequence": s, "at": clock.moment}
            for c in [(await db.execute(select(case.c.id).where(case.c.number == number))).scalar_one()]
            for s in range(10, 200)
        ]
        await db.execute(notify.notice.insert(), rows)
    page = await Person(client).sign_in("resident0", path="/my/inbox")
    assert 'menu__count">99+<' in page.response.text
    async with database.transaction() as db:
        await notify.read_all(db, town.residents["resident0"].person_id or 0, clock.moment + timedelta(days=1))
        assert await notify.count_unread(db, town.residents["resident0"].person_id or 0) == 0
