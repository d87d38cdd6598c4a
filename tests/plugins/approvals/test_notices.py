"""Papers are made once, whole or not at all; whoever holds one can check it."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from catalogue import FILED, fill, find
from sqlalchemy import select

from banshi import toolkit
from banshi.cases import acting, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.opening import Opening
from banshi.cases.tables import case_event
from banshi.db import Connection, Database
from banshi.documents.store import store
from banshi.errors import Refused
from banshi.settings import Settings
from banshi.testing import MOMENT, Town
from banshi_approvals.models import paper, paper_counter
from banshi_approvals.notices import making, reading

WINDOW = "50001"


@pytest.fixture
def work(db: Connection, town: Town, tmp_path: Path) -> toolkit.Work:
    """What a job works with, in an installation without keys."""
    settings = Settings(data=tmp_path, public_url="https://city.example")
    return toolkit.Work(db=db, house=town.house, at=MOMENT, settings=settings, store=store("", tmp_path))


async def papers(db: Connection, number: str) -> list[Any]:
    return list((await db.execute(select(paper).where(paper.c.case_id == (await find(db, number)).id).order_by(paper.c.id))).all())


async def test_without_a_key_a_paper_waits_and_its_number_is_not_lost(apply: Any, work: toolkit.Work, db: Connection) -> None:
    (receipt,) = await papers(db, await apply("simple"))
    with pytest.raises(Refused, match="BANSHI_APPROVALS_SEAL_ACCEPTANCE"):
        async with db.begin_nested():
            await making.make(work, receipt.id)
    (same,) = (await db.execute(select(paper))).all()
    assert (same.state, same.number, same.document_id) == ("waiting", None, None)
    assert not (await db.execute(select(paper_counter))).all()
    assert (await reading.backlog(db))[0] == 1


async def test_a_paper_without_a_seal_is_made_once_with_the_next_number_of_the_year(apply: Any, act: Any, work: toolkit.Work, db: Connection) -> None:
    number = await apply("office")
    await act(number, "resident0", "hand_in", papers=["form:1"])
    await act(number, WINDOW, "accept_gap", until=(MOMENT + timedelta(days=10)).date().isoformat(), promised=True)
    promise = next(p for p in await papers(db, number) if p.kind == "promise")
    document = await making.make(work, promise.id)
    assert await making.make(work, promise.id) == document
    made = next(p for p in await papers(db, number) if p.kind == "promise")
    assert (made.state, made.number) == ("made", "审诺〔2026〕1号")
    pdf = b"".join([piece async for piece in work.store.read(made.digest.hex())])
    assert (pdf[:5], hashlib.sha256(pdf).digest() == made.digest) == (b"%PDF-", True)
    assert (await reading.by_digest(db, made.digest)).id == promise.id


async def test_a_job_that_began_before_makes_no_paper_older_than_what_it_says(apply: Any, act: Any, work: toolkit.Work, db: Connection) -> None:
    number = await apply("office")
    await act(number, "resident0", "hand_in", papers=["form:1"])
    await act(number, WINDOW, "accept_gap", until=(MOMENT + timedelta(days=10)).date().isoformat(), promised=True)
    promise = next(p for p in await papers(db, number) if p.kind == "promise")
    await making.make(msgspec.structs.replace(work, at=MOMENT - timedelta(minutes=9)), promise.id)
    assert next(p for p in await papers(db, number) if p.kind == "promise").made == MOMENT
    story = await db.execute(select(case_event.c.kind, case_event.c.at).where(case_event.c.case_id == (await find(db, number)).id))
    assert {e.at for e in story if e.kind == "attached"} == {MOMENT}


@pytest.mark.parametrize(("typed", "read"), [(" abcd efgh-jklm npqr ", "ABCDEFGHJKLMNPQR"), ("ABCDEFGH1KLMNPQR", ""), ("ABC", ""), ("x" * 50, "")])
def test_a_code_is_read_however_it_is_typed(typed: str, read: str) -> None:
    assert reading.read_code(typed) == read


async def test_every_kind_of_paper_has_words(apply: Any, act: Any, work: toolkit.Work, db: Connection) -> None:
    from banshi_approvals import papers as drawn
    from banshi_approvals.application import sheets
    from banshi_approvals.notices import telling

    number = await apply("office", situation=["rented:yes"])
    await act(number, WINDOW, "ask", faults=["form:", "lease:"])
    await act(number, "resident0", "hand_in", papers=["form:1", "lease:2"])
    await act(number, WINDOW, "accept_gap", until=(MOMENT + timedelta(days=10)).date().isoformat(), promised=True)
    await act(number, "50002", "begin_special", why="inspection", days=10)
    spot = await apply("simple")
    await act(spot, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await act(spot, WINDOW, "decide_now", outcome="granted_in_part", conditions="仅限一层营业")
    no = await apply("office")
    await act(no, WINDOW, "not_accept", reasons="不属于本机关职权范围", ways="向住建部门申请")
    kinds = set()
    for row in (await db.execute(reading.rows().order_by(paper.c.id))).all():
        said = sheets.read(work.house.keyring, row)
        known = await making._known(work, work.settings_of("approvals"), row, f"号{row.id}", MOMENT)
        struct = telling.paper(row.kind, said, known)
        kinds.add(row.kind)
        assert drawn.draw(struct, "zh").startswith(b"%PDF"), row.kind
        assert msgspec.to_builtins(struct)["head"]["address"].endswith(row.check_code)
    assert kinds == {"receipt", "correction", "acceptance", "promise", "special", "decision", "licence", "not_accepted"}


__all__ = ["FILED", "Act", "Database", "Opening", "acting", "asyncio", "decode", "fill", "opening", "pytest_asyncio"]
