"""What the parts of an application must know of the whole: who is kept from it, and for whom it is.

A part has no applicant of its own, and must not be worked on by the one of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from banshi import Snapshot, Vault, case_table

SEALED = "\x1a"


def of(case: Snapshot) -> tuple[int, ...]:
    """Return the people (ids) who are kept from an application: its applicant, and who declared a tie."""
    return _kept(case)


async def whole(db: Any, number: str) -> Any:
    """Return the row of the application of that number (data, facts, applicant, who is kept from it), None where there is none."""
    columns = [case_table.c[n] for n in ("id", "number", "applicant_id", "recused", "data", "facts")]
    return (await db.execute(select(*columns).where(case_table.c.number == number))).one_or_none()


async def kept(db: Any, number: str) -> tuple[int, ...]:
    """Return the people who are kept from the application of that number."""
    row = await whole(db, number)
    return () if row is None else _kept(row)


def holder(data: Mapping[str, Any], vault: Vault) -> str:
    """Return the name of whoever the licence is for."""
    said = str(data.get("holder") or "")
    return vault.unseal(said, "holder") if said.startswith(SEALED) else said


def _kept(row: Any) -> tuple[int, ...]:
    return tuple(sorted({*row.recused, *([row.applicant_id] if row.applicant_id is not None else [])}))
