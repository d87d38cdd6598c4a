"""Whoever was drawn and has an account is told so by the ways they chose: once, and with the page where their sheet is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from inspecting import do
from receiving import Mailbox, mailbox, words
from sqlalchemy import delete, select
from test_expert_pages import panel

from banshi import toolkit
from banshi.cases.book import Houses
from banshi.cases.numbers import show
from banshi.db import Database
from banshi.documents.store import store
from banshi.notify import outgoing, preferences
from banshi.notify.tables import address_claim, message
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, Clock, Town
from banshi_approvals.experts import calling

EXPERT = "expert@example.org"


@pytest.fixture
def post_office() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


@pytest.fixture
def settings(post_office: Mailbox) -> Settings:
    more = {"mailbox": "reply@city.example", "public_url": "https://city.example"}
    return Settings(secret_key=(SECRET,), mail=post_office.address, mail_from="City <noreply@city.example>", **more)


async def reachable(database: Database, town: Town, person_id: int, address: str = EXPERT) -> None:
    """Give somebody an address, by the way that everybody goes."""
    keyring = town.house.keyring
    actor = next(a for a in town.residents.values() if a.person_id == person_id)
    async with database.transaction() as db:
        await preferences.claim(db, keyring, person_id, address, MOMENT)
        code = (await db.execute(select(address_claim.c.code).where(address_claim.c.person_id == person_id))).scalar_one()
        await preferences.confirm(db, keyring, actor, keyring.unseal(code, "address.code"), MOMENT)
        await db.execute(delete(message))


async def call(database: Database, town: Town, settings: Settings, tmp_path: Path) -> int:
    async with database.transaction() as db:
        return await calling.call(toolkit.Work(db=db, house=town.house, at=MOMENT, settings=settings, store=store("", tmp_path)))


async def sent(database: Database, town: Town, settings: Settings, clock: Clock) -> None:
    registry, keyring = town.house.registry, town.house.keyring
    worker = outgoing.Worker(database, Houses(registry, keyring), outgoing.post_of(settings, registry), clock)
    while await worker.send("mail"):
        pass


async def states(database: Database) -> list[tuple[str, str, str]]:
    async with database.transaction() as db:
        return [tuple(r) for r in await db.execute(select(message.c.topic, message.c.state, message.c.why).order_by(message.c.id))]


async def test_an_expert_is_called_once_to_the_page_where_their_sheet_is(
    settled: Database, town: Town, settings: Settings, clock: Clock, post_office: Mailbox, tmp_path: Path
) -> None:
    expert = town.residents["resident1"].person_id or 0
    await reachable(settled, town, expert)
    whole, number = await panel(settled, town, expert)
    for _time in range(2):
        assert await call(settled, town, settings, tmp_path) == 1  # the two others have no account: their secretary tells them
        await sent(settled, town, settings, clock)
    (letter,) = post_office.to(EXPERT)
    text = words(letter)
    assert f"https://city.example/d/north/approvals/my-panels/{show(number)}" in text
    assert show(number) in str(letter["Subject"])
    assert "云上旅馆" not in text, "who applies stands on the page, for those who signed in"
    assert letter["Reply-To"] is None, "what an expert writes does not join the case"
    assert show(whole) not in text


async def test_who_does_not_want_to_be_called_by_mail_is_not(
    settled: Database, town: Town, settings: Settings, clock: Clock, post_office: Mailbox, tmp_path: Path
) -> None:
    expert = town.residents["resident1"].person_id or 0
    await reachable(settled, town, expert)
    async with settled.transaction() as db:
        await preferences.choose(db, expert, {"mail": {"opened", "asked"}}, "en")
    await panel(settled, town, expert)
    await call(settled, town, settings, tmp_path)
    await sent(settled, town, settings, clock)
    assert post_office.letters == []
    assert await states(settled) == [("called", "suppressed", "choice")]


async def test_nobody_is_called_to_a_panel_that_ended_or_from_which_they_stepped_back(
    settled: Database, town: Town, settings: Settings, tmp_path: Path
) -> None:
    expert = town.residents["resident1"].person_id or 0
    await reachable(settled, town, expert)
    _whole, number = await panel(settled, town, expert)
    await do(settled, town, number, "50002", "conflict", expert="Ewater1", tie="relative")
    assert await call(settled, town, settings, tmp_path) == 0
    assert await states(settled) == []


async def test_an_address_that_comes_later_is_told_then_and_an_account_without_one_is_no_error(
    settled: Database, town: Town, settings: Settings, tmp_path: Path
) -> None:
    expert = town.residents["resident1"].person_id or 0
    await panel(settled, town, expert)
    await call(settled, town, settings, tmp_path)
    assert await states(settled) == []
    await reachable(settled, town, expert)
    await call(settled, town, settings, tmp_path)
    assert await states(settled) == [("called", "waiting", "")]
