"""Papers on a case's pages, the check page, and what happens when two do the same at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from browsing import Person
from citywide import WINDOW, City
from litestar.testing import AsyncTestClient
from sqlalchemy import func, select

from banshi.db import Database
from banshi.errors import Refused
from banshi.fences import faults
from banshi.jobs.periodic import Context
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, Town
from banshi_approvals.models import licence, paper
from banshi_approvals.notices import making

Client = AsyncTestClient[Any]
CHECK = "/d/north/approvals/check"


async def code(database: Database, kind: str) -> str:
    async with database.transaction() as db:
        return str((await db.execute(select(paper.c.check_code).where(paper.c.kind == kind).order_by(paper.c.id.desc()).limit(1))).scalar_one())


async def test_the_square_on_a_paper_leads_to_what_is_to_be_said_of_it(city: City, client: Client, database: Database) -> None:
    _case, number = await city.grant(holder_kind="person", holder="张小芳")
    plain = await code(database, "licence")
    page = await Person(client).get(f"{CHECK}?code={plain[:4].lower()} {plain[4:8]}-{plain[8:]}")
    assert (page.status, "Genuine, and it holds" in page.text, number in page.text) == (200, True, True)
    assert ("张**" in page.text, "张小芳" in page.text) == (True, False)
    for wrong, status in (("AAAABBBBCCCCDDDD", 404), ("zz", 400)):
        assert (await Person(client).get(f"{CHECK}?code={wrong}")).status == status


async def test_a_licence_that_was_revoked_says_so_when_it_is_checked(city: City, client: Client, database: Database) -> None:
    _case, number = await city.grant()
    plain = await code(database, "licence")
    finding = await city.file(name="finding", who="50005", licence=number, found="无证人员上岗")
    await city.act(finding, "50005", "propose", measure="revoke", reasons="《示例办法》第九条")
    await city.act(finding, "50003", "decide", agreed="yes")
    page = await Person(client).get(f"{CHECK}/{plain}")
    assert "it holds no more" in page.text
    assert "Revoked" in (await Person(client).get(f"/d/north/approvals/licences/{number}")).text


async def test_a_file_that_we_never_gave_is_told(city: City, client: Client) -> None:
    page = await Person(client).get(CHECK)
    action = next(f["action"] for f in page.forms if "token=" in f["action"])
    foreign = await client.post(action, files={"files": ("licence.pdf", b"%PDF-1.7\n%%EOF\n", "application/pdf")}, headers={"accept-language": "en"})
    assert (foreign.status_code, "None of our files" in foreign.text) == (200, True)
    nothing = await client.post(action, files={"files": ("", b"", "application/pdf")}, headers={"accept-language": "en"})
    text = await client.post(action, files={"files": ("a.txt", b"words", "text/plain")}, headers={"accept-language": "en"})
    assert (nothing.status_code, text.status_code) == (400, 400)


async def test_a_paper_without_its_seal_says_that_it_waits_and_whose_it_is_stays_secret(
    city: City, as_resident: Any, at_desk: Any, database: Database
) -> None:
    number, _licence = await city.grant()
    mine = await as_resident("resident0")
    page = await mine.get(f"/case/{number}")
    links = [href for href in page.links.values() if f"/case/{number}/approvals/papers/" in href]
    assert ("Papers" in page.text, "Being made" in page.text, len(links) > 0) == (True, True, True)
    waits = await mine.get(links[0])
    assert (waits.status, "waits for its seal" in waits.text) == (503, True)
    assert (await (await as_resident("resident1")).get(links[0])).status == 404
    officer = await at_desk("50003")
    on_desk = await officer.get(f"/desk/case/{number}")
    assert any(f"/approvals/desk/{number}/papers/" in href for href in on_desk.links.values())


async def test_a_paper_without_a_seal_is_read_at_once_and_checked_as_a_file(city: City, as_resident: Any, database: Database) -> None:
    number = await city.file("office")
    await city.act(number, "resident0", "hand_in", papers=["form:1"])
    await city.act(number, WINDOW, "accept_gap", until=(MOMENT + timedelta(days=10)).date().isoformat(), promised=True)
    async with database.transaction() as db:
        promise = (await db.execute(select(paper.c.id).where(paper.c.kind == "promise"))).scalar_one()
    mine = await as_resident("resident0")
    given = await mine.client.get(f"/case/{number}/approvals/papers/{promise}")
    assert (given.status_code, given.headers["content-type"], given.content[:5]) == (200, "application/pdf", b"%PDF-")
    action = next(f["action"] for f in (await mine.get(CHECK)).forms if "token=" in f["action"])
    known = await mine.client.post(action, files={"files": ("p.pdf", given.content, "application/pdf")}, headers={"accept-language": "en"})
    assert "Genuine, and it holds" in known.text
    altered = given.content.replace(b"%%EOF", b"%%EOF\n% x")
    told = await mine.client.post(action, files={"files": ("p.pdf", altered, "application/pdf")}, headers={"accept-language": "en"})
    assert "None of our files" in told.text


async def test_two_decisions_at_once_are_one_decision_and_one_licence(city: City, database: Database) -> None:
    number = await city.file("simple")
    await city.act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
    done = await asyncio.gather(
        *(city.act(number, WINDOW, "decide_now", outcome=outcome, reasons="符合规定的条件") for outcome in ("granted", "refused", "granted")),
        return_exceptions=True,
    )
    assert sum(isinstance(d, Refused) for d in done) == 2
    async with database.transaction() as db:
        decisions = (await db.execute(select(func.count()).select_from(paper).where(paper.c.kind == "decision"))).scalar_one()
        licences = (await db.execute(select(func.count()).select_from(licence))).scalar_one()
    assert (decisions, licences <= 1) == (1, True)


async def test_two_renewals_at_once_are_one(city: City, database: Database) -> None:
    _case, number = await city.grant("trusting", situation=["rented:no"])
    both = await asyncio.gather(*(city.file("trusting", renews=number) for _time in range(2)), return_exceptions=True)
    assert sum(isinstance(b, Refused) for b in both) == 1


@pytest.mark.parametrize("path", ["check", "check/AAAABBBBCCCCDDDD"])
async def test_where_approvals_are_off_nothing_is_checked(city: City, client: Client, path: str) -> None:
    assert (await client.get(f"/d/east/approvals/{path}")).status_code == 404


async def test_an_appeal_is_filed_from_the_page_of_the_case(city: City, as_resident: Any) -> None:
    number = await city.file("simple")
    await city.act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await city.act(number, WINDOW, "decide_now", outcome="refused", reasons="疏散通道宽度不足")
    mine = await as_resident("resident0")
    page = await mine.get(f"/case/{number}")
    assert ("If you do not agree" in page.text, "until 22 Jan 2027" in page.text) == (True, True)
    form = await mine.get(page.links["File an appeal"])
    short = await mine.send(form, f"/case/{number}/approvals/appeal", reasons="不服", wish="重新审查")
    assert (short.status, "不服" in str(short.forms)) == (400, True)
    filed = await mine.send(form, f"/case/{number}/approvals/appeal", reasons="复查记录表明疏散通道的宽度已经符合规定", wish="重新审查")
    assert (filed.status, "The appeal was received" in filed.text) == (200, True)
    again = await mine.get(f"/case/{number}/approvals/appeal")
    assert (again.status, "being decided already" in again.text) == (409, True)


async def test_the_list_of_a_situation_can_be_taken_along(city: City, client: Client) -> None:
    rented = await client.get("/d/north/approvals/item/simple/list.pdf?s=rented:yes")
    own = await client.get("/d/north/approvals/item/simple/list.pdf?s=rented:no&s=nonsense")
    assert (rented.status_code, rented.content[:5], len(rented.content) > len(own.content)) == (200, b"%PDF-", True)
    assert (await client.get("/d/north/approvals/item/nothing/list.pdf")).status_code == 404


async def test_the_job_says_what_waits_and_health_and_the_doctor_see_it(
    city: City, client: Client, database: Database, town: Town, tmp_path: Path
) -> None:
    await city.file("simple")
    settings = Settings(data=tmp_path, secret_key=(SECRET,))
    await making.whatever_waits(Context(database, MOMENT, settings, town.house.registry))
    health = (await client.get("/health")).json()
    assert (health["status"], "papers" in str(health)) == ("degraded", True)
    async with database.transaction() as db:
        told = [f.what for f in await faults.read(db, aside_at=MOMENT)]
        await faults.forget(db, kind="job")
    assert "BANSHI_APPROVALS_SEAL_ACCEPTANCE" in told[0]
