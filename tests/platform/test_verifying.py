"""The chain finds a changed, removed or reordered line, a cut tail and a missing case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from banshi import audit
from banshi.cases import acting, numbers, opening, verifying
from banshi.cases.acting import Act
from banshi.db import Connection
from banshi.privacy import Keyring
from banshi.testing import MOMENT, Town


async def story(db: Connection, town: Town, wanted: Any) -> str:
    number = (await opening.open_one(db, town.house, town.residents["resident0"], wanted(), MOMENT)).number
    case_type = town.house.registry.case_type("tickets.request")
    for action, data in (("sign", {}), ("note", {"text": "Called them."}), ("answer", {"text": "Mended."})):
        act = Act(number=number, action=action, form=case_type.action(action).form(**data))
        await acting.act_one(db, town.house, town.staff["10001"], act, MOMENT)
    return number


async def test_a_record_that_nobody_touched_is_whole(db: Connection, town: Town, wanted: Any, keyring: Keyring) -> None:
    await story(db, town, wanted)
    assert await verifying.verify(db, keyring) == []


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("""update kernel.case_event set body = '{"form": {"text": "Never happened."}}' where sequence = 3""", "content was changed"),
        ("update kernel.case_event set at = at - interval '1 day' where sequence = 2", "does not fit"),
        ("update kernel.case_event set actor_id = actor_id + 1 where sequence = 2", "does not fit"),
        ("update kernel.case_event set audience = 'public' where sequence = 3", "does not fit"),
        ("delete from kernel.case_event where sequence = 2", "events 2 to 2 are missing"),
        ("delete from kernel.case_event where sequence = 4", "ends at event 3"),
        (
            "update kernel.case_event set sequence = 9 where sequence = 2; update kernel.case_event set sequence = 2 where sequence = 3; "
            "update kernel.case_event set sequence = 3 where sequence = 9",
            "does not fit",
        ),
        ("delete from kernel.case_event", "its whole story is missing"),
    ],
)
async def test_what_somebody_did_in_the_database_shows(db: Connection, town: Town, wanted: Any, keyring: Keyring, harm: str, said: str) -> None:
    number = await story(db, town, wanted)
    for statement in harm.split(";"):
        await db.execute(text(statement))
    faults = await verifying.verify(db, keyring)
    assert any(said in f and numbers.show(number) in f for f in faults), faults


async def test_what_was_erased_still_verifies(db: Connection, town: Town, wanted: Any, keyring: Keyring) -> None:
    await story(db, town, wanted)
    await db.execute(text("update kernel.case_event set salt = null, body = null where sequence = 3"))
    assert await verifying.verify(db, keyring) == []


async def test_a_case_that_is_gone_is_missed_by_its_days_head(db: Connection, town: Town, wanted: Any, keyring: Keyring) -> None:
    number = await story(db, town, wanted)
    await story(db, town, wanted)
    assert await verifying.seal_days(db, keyring, MOMENT + timedelta(minutes=5)) == []
    assert await verifying.seal_days(db, keyring, MOMENT + timedelta(days=2)) == [MOMENT.date(), MOMENT.date() + timedelta(days=1)]
    assert await verifying.verify(db, keyring) == []
    for table in ("notice", "personal_index", "case_party", "case_event"):
        await db.execute(text(f'delete from kernel.{table} where case_id = (select id from kernel."case" where number = :n)'), {"n": number})
    await db.execute(text('delete from kernel."case" where number = :n'), {"n": number})
    faults = await verifying.verify(db, keyring)
    assert any(f.startswith(f"day {MOMENT.date()}: 2 cases with 8 events were sealed, 1 with 4") for f in faults), faults


async def test_the_log_of_readings_is_chained_too(db: Connection, town: Town, keyring: Keyring) -> None:
    for subject in ("case:1", "case:2", "case:3"):
        await audit.record(db, keyring, town.staff["10001"], "personal.read", subject, {}, MOMENT)
    assert await audit.verify(db, keyring) == []
    await db.execute(text("update kernel.audit_entry set subject = 'case:9' where sequence = 2"))
    assert any("entry 2 " in f for f in await audit.verify(db, keyring))
    await db.execute(text("delete from kernel.audit_entry where sequence = 3"))
    assert any("ends at entry 2, its head says 3" in f for f in await audit.verify(db, keyring))


async def test_keys_rotate_and_what_was_written_before_still_verifies(db: Connection, town: Town, wanted: Any) -> None:
    await story(db, town, wanted)
    old = town.house.keyring
    rotated = Keyring((("new", b"a newer key, also thirty-two characters"), *old._keys.items()))
    assert await verifying.verify(db, rotated) == []
    alone = Keyring((("new", b"a newer key, also thirty-two characters"),))
    assert any("is not listed" in f for f in await verifying.verify(db, alone))
