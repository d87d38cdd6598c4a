"""A helper with a mandate acts, both names on record; when it ended, they act no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select, text

from banshi import audit
from banshi.cases import acting, numbers, opening, reading
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.tables import case, case_event, case_party
from banshi.contracts import Actor
from banshi.db import Database
from banshi.errors import Forbidden, Invalid, NotFound
from banshi.identity import mandates
from banshi.privacy import Keyring
from banshi.testing import MOMENT, Clock, Town, statements

START = "/d/east/services/tickets/request"
WEEK = timedelta(days=7)
PRINCIPAL, HELPER = "resident0", "resident3"  # 张小芳, 王淑兰


@pytest.fixture(autouse=True)
async def swept(database: Database) -> AsyncIterator[None]:
    """No mandate outlives its test."""
    yield
    async with database.transaction() as db:
        await db.execute(text("delete from kernel.mandate"))


async def give(database: Database, keyring: Keyring, town: Town, *, to: str = HELPER, lasts: timedelta = WEEK) -> int:
    async with database.transaction() as db:
        return await mandates.give(db, keyring, town.residents[PRINCIPAL], to, MOMENT + lasts, MOMENT)


def helper_of(town: Town) -> Actor:
    principal, helper = town.residents[PRINCIPAL].person_id, town.residents[HELPER].person_id
    return Actor(capacity="resident", person_id=helper, acting_for_id=principal)


async def filed(person: Person, for_whom: str) -> Page:
    """File for somebody, page by page, and return the confirmation."""
    page = await person.send(await person.get(START), START, **{"for": for_whom})
    for answers in (
        {"kind": "complaint", "category": "street_lighting"},
        {"urgency": "normal"},
        {"text": "The lamp is dark."},
        {"area": "persimmon"},
        {"contact_name": "张小芳"},
        {},
    ):
        page = await person.send(page, START, **answers)
    return page


async def test_a_helper_files_and_both_stand_on_record(client: AsyncTestClient[Any], database: Database, keyring: Keyring, town: Town) -> None:
    mandate_id = await give(database, keyring, town)
    person = Person(client)
    await person.sign_in(HELPER)
    start = await person.get(START)
    assert "For whom do you file?" in start.text
    assert "张*芳" in start.text
    assert "张小芳" not in start.text
    assert (await person.send(start, START)).status == 400, "it is asked first"
    done = await filed(person, str(mandate_id))
    assert "Filed for 张*芳" in done.text
    expected = helper_of(town)
    async with database.transaction() as db:
        row = (await db.execute(select(case))).one()
        assert row.applicant_id == expected.acting_for_id
        event = (await db.execute(select(case_event.c.actor_id, case_event.c.acting_for_id))).one()
        assert tuple(event) == (expected.person_id, expected.acting_for_id)
        parties = {(p.role, p.person_id) for p in await db.execute(select(case_party))}
        assert parties == {("applicant", expected.acting_for_id), ("helper", expected.person_id)}
    path = f"/case/{numbers.show(row.number)}"
    assert "You, for 张*芳" in (await person.get(path)).text
    await person.sign_in(PRINCIPAL)
    page = await person.get(path)
    assert "You, through 王*兰" in page.text
    assert "王淑兰" not in page.text
    await person.sign_in("chen")
    page = await person.get(f"/desk{path}")
    assert "Applicant, through a helper with a mandate" in page.text
    assert "Helper with a mandate 王*兰" in page.text
    assert "王淑兰" not in page.text


async def test_a_helper_sees_the_cases_they_act_for_marked_and_acts_on_them(
    client: AsyncTestClient[Any], database: Database, keyring: Keyring, town: Town, wanted: Any
) -> None:
    mandate_id = await give(database, keyring, town)
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, town.residents[PRINCIPAL], wanted(), MOMENT)
        await opening.open_one(db, town.house, town.residents["resident1"], wanted(text="Not theirs."), MOMENT)
    person = Person(client)
    mine = await person.sign_in(HELPER, path="/my")
    assert mine.links["Cases of 张*芳"] == f"/my/for/{mandate_id}"
    assert "路灯黑了三天了" not in mine.text, "not mixed with one's own"
    with statements(client.app.state.site.database) as said:
        theirs = await person.get(f"/my/for/{mandate_id}")
    assert len(said) <= 8
    assert "You act for them with a mandate" in theirs.text
    assert "路灯黑了三天了" in theirs.text
    assert "Not theirs." not in theirs.text
    path = f"/case/{numbers.show(opened.number)}"
    with statements(client.app.state.site.database) as said:
        page = await person.get(f"{path}?do=add")
    assert len(said) <= 8, said
    assert "You act for 张*芳" in page.text
    page = await person.send(page, f"{path}/add", text="It is worse now.")
    assert "It is worse now." in page.text


async def test_a_mandate_that_ended_opens_nothing_and_says_so(
    client: AsyncTestClient[Any], database: Database, keyring: Keyring, town: Town, wanted: Any
) -> None:
    mandate_id = await give(database, keyring, town)
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, town.residents[PRINCIPAL], wanted(), MOMENT)
    path = f"/case/{numbers.show(opened.number)}"
    person = Person(client)
    await person.sign_in(HELPER)
    writing = await person.get(f"{path}?do=add")
    page = await person.send(await person.get(START), START, **{"for": str(mandate_id)})
    async with database.transaction() as db:
        await mandates.end(db, keyring, town.residents[PRINCIPAL], mandate_id, MOMENT)
    late = await person.send(writing, f"{path}/add", text="Too late.")
    assert (late.status, "Your mandate has ended" in late.text) == (403, True)
    assert (await person.send(page, START, kind="praise", category="other")).status == 403
    for again in (path, f"/my/for/{mandate_id}", f"{path}/print"):
        answer = await person.get(again)
        assert (answer.status, "路灯" in answer.text) == (403, False)
    assert "For whom do you file?" not in (await person.get(START)).text
    async with database.transaction() as db:
        assert len((await db.execute(select(case_event))).all()) == 1


async def test_it_ends_by_itself_on_its_day(database: Database, keyring: Keyring, town: Town, clock: Clock) -> None:
    await give(database, keyring, town)
    expected = helper_of(town)
    assert expected.person_id
    assert expected.acting_for_id
    async with database.transaction() as db:
        found = await mandates.held(db, keyring, expected.person_id, expected.acting_for_id, MOMENT + WEEK - timedelta(seconds=1))
        assert mandates.acting(found) == expected
        with pytest.raises(Forbidden, match="has ended"):
            await mandates.held(db, keyring, expected.person_id, expected.acting_for_id, MOMENT + WEEK)
        with pytest.raises(NotFound):
            await mandates.held(db, keyring, expected.acting_for_id, expected.person_id, MOMENT)


async def test_giving_and_ending_are_audited_and_the_log_holds(database: Database, keyring: Keyring, town: Town) -> None:
    mandate_id = await give(database, keyring, town)
    newer = await give(database, keyring, town)
    async with database.transaction() as db:
        assert len(await mandates.given_by(db, town.residents[PRINCIPAL].person_id or 0, MOMENT)) == 1, "the newer one took the older one's place"
        with pytest.raises(NotFound):
            await mandates.end(db, keyring, town.residents["resident1"], newer, MOMENT)
        await mandates.end(db, keyring, town.residents[HELPER], newer, MOMENT)
    async with database.transaction() as db:
        said = (await db.execute(select(audit.audit_entry.c.kind, audit.audit_entry.c.subject).order_by(audit.audit_entry.c.sequence))).all()
        assert [tuple(s) for s in said] == [
            ("mandate.given", f"mandate:{mandate_id}"),
            ("mandate.given", f"mandate:{newer}"),
            ("mandate.ended", f"mandate:{newer}"),
        ]
        assert await audit.verify(db, keyring) == []


@pytest.mark.parametrize(
    ("login", "lasts", "field"),
    [
        ("nobody-here", WEEK, "login"),
        ("", WEEK, "login"),
        ("a\x00b", WEEK, "login"),
        (PRINCIPAL, WEEK, "login"),
        (HELPER, timedelta(0), "until"),
        (HELPER, timedelta(days=367), "until"),
    ],
)
async def test_what_is_no_mandate_is_refused_beside_its_field(
    database: Database, keyring: Keyring, town: Town, login: str, lasts: timedelta, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await give(database, keyring, town, to=login, lasts=lasts)
    assert set(refused.value.problems) == {field}


async def test_a_resident_names_a_helper_on_the_page_and_ends_it(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    page = await person.sign_in(PRINCIPAL, path="/my/mandates")
    page = await person.send(page, "/my/mandates", login=" Resident3 ", until="2026-13-40")
    assert (page.status, page.form("/my/mandates")["fields"]["login"]) == (400, [" Resident3 "])
    page = await person.send(page, "/my/mandates", until="2027-03-31")
    assert page.status == 200
    assert "resident3" in page.text
    assert "Until 31 Mar 2027" in page.text
    assert "王" not in page.text, "a login does not tell a name"
    page = await person.send(page, "/my/mandates/")
    assert "resident3" not in page.text


async def test_logins_cannot_be_tried_out(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    page = await person.sign_in(PRINCIPAL, path="/my/mandates")
    for guess in range(mandates.GIVE_BY_PERSON.most):
        page = await person.send(page, "/my/mandates", login=f"somebody{guess}", until="2027-03-31")
        assert page.status == 400
        assert "Ask your helper how exactly" in page.text
    assert (await person.send(page, "/my/mandates", login=HELPER, until="2027-03-31")).status == 429


async def test_whose_report_is_hidden_is_named_to_nobody(database: Database, keyring: Keyring, town: Town, client: AsyncTestClient[Any]) -> None:
    await give(database, keyring, town)
    form = {"kind": "report", "category": "street_lighting", "text": "Bribes.", "contact_name": "张小芳"}
    case_type = town.house.registry.case_type("tickets.request")
    wanted = opening.Opening(case_type=case_type, district_id=town.district("east"), form=decode(case_type.form, form), channel="web")
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, helper_of(town), wanted, MOMENT)
    path = f"/case/{numbers.show(opened.number)}"
    person = Person(client)
    await person.sign_in(PRINCIPAL)
    page = await person.get(path)
    assert "You, through a helper with a mandate" in page.text
    assert "王*兰" not in page.text
    await person.sign_in("chen")
    page = await person.get(f"/desk{path}")
    for name in ("王*兰", "王淑兰", "张*芳", "张小芳"):
        assert name not in page.text


async def test_a_helper_sees_only_what_is_theirs_to_see(database: Database, keyring: Keyring, town: Town, wanted: Any) -> None:
    await give(database, keyring, town)
    async with database.transaction() as db:
        theirs = await opening.open_one(db, town.house, town.residents[PRINCIPAL], wanted(), MOMENT)
        own = await opening.open_one(db, town.house, town.residents[HELPER], wanted(), MOMENT)
        assert (await reading.get(db, town.house, helper_of(town), theirs.number)).number == theirs.number
        with pytest.raises(NotFound):
            await reading.get(db, town.house, helper_of(town), own.number)
        with pytest.raises(NotFound):
            await acting.act_one(db, town.house, helper_of(town), Act(number=own.number, action="withdraw"), MOMENT)
