"""The register as pages, cases and jobs read it: one licence by number or code, those of an institution, those of a district, what is due."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from banshi import City, Vault, case_table
from banshi_approvals.models import licence, licence_event

ENDED = frozenset({"revoked", "cancelled"})
"""A licence in these states is none any more; nothing brings it back but a new application."""
PAGE = 50
renewal = case_table.alias("renewal")


def written(number: str) -> str:
    """Return a number as it is kept, however it was typed: wide letters, blanks, small letters."""
    return "".join(unicodedata.normalize("NFKC", number).split()).upper()


def rows() -> Select[Any]:
    """Return the query for licences: their columns, ``granting`` (the case's number), ``by_promise``, ``renewing``: a renewal is open.

    That one was asked for in time is looked at when it is filed; when it ends, whichever way, it protects no longer, without a write.
    """
    return (
        select(
            licence,
            case_table.c.number.label("granting"),
            case_table.c.facts["by_promise"].as_boolean().label("by_promise"),
            (renewal.c.id.is_not(None) & renewal.c.closed.is_(None)).label("renewing"),
        )
        .join(case_table, case_table.c.id == licence.c.case_id)
        .outerjoin(renewal, renewal.c.id == licence.c.renewing_case_id)
    )


async def read(db: Any, number: str, *, lock: bool = False) -> Mapping[str, Any] | None:
    """Return a licence by its number, None where there is none; locked first for whoever changes it, so that what is read is what holds."""
    if lock:
        await db.execute(select(licence.c.id).where(licence.c.number == written(number)).with_for_update())
    row = (await db.execute(rows().where(licence.c.number == written(number)))).mappings().one_or_none()
    return None if row is None else dict(row)


async def by_code(db: Any, code: str) -> Mapping[str, Any] | None:
    """Return the licence that has this check code."""
    row = (await db.execute(rows().where(licence.c.check_code == code))).mappings().one_or_none()
    return None if row is None else dict(row)


async def of_institution(db: Any, vault: Vault, name: str, districts: Sequence[int]) -> list[Mapping[str, Any]]:
    """Return the licences of the institution of exactly that name. Those of persons are never found by name."""
    found = licence.c.holder_index.in_(vault.indexes("name", name.strip()))
    statement = rows().where(found, licence.c.holder_kind == "institution", licence.c.district_id.in_(districts))
    return [dict(r) for r in (await db.execute(statement.order_by(licence.c.number).limit(PAGE))).mappings()]


async def of_district(db: Any, districts: Sequence[int], after: str = "", item: str = "") -> tuple[list[Mapping[str, Any]], str]:
    """Return a page of the register of institutions, by number, and the number after which the next one goes on (empty: none)."""
    statement = rows().where(licence.c.district_id.in_(districts), licence.c.holder_kind == "institution", licence.c.number > after)
    if item:
        statement = statement.where(licence.c.item == item)
    found: list[Mapping[str, Any]] = [dict(r) for r in (await db.execute(statement.order_by(licence.c.number).limit(PAGE + 1))).mappings()]
    return found[:PAGE], str(found[PAGE - 1]["number"]) if len(found) > PAGE else ""


async def of_person(db: Any, person_id: int) -> list[Mapping[str, Any]]:
    """Return the licences of a person with an account, the newest first."""
    return [dict(r) for r in (await db.execute(rows().where(licence.c.person_id == person_id).order_by(licence.c.id.desc()).limit(PAGE))).mappings()]


async def of_case(db: Any, case_id: int) -> list[Mapping[str, Any]]:
    """Return the licences that a case granted."""
    return [dict(r) for r in (await db.execute(rows().where(licence.c.case_id == case_id).order_by(licence.c.number))).mappings()]


async def story(db: Any, number: str) -> Sequence[Any]:
    """Return what happened to a licence, the oldest first."""
    return list((await db.execute(select(licence_event).where(licence_event.c.licence == number).order_by(licence_event.c.id))).all())


def standing(row: Mapping[str, Any], city: City, at: datetime) -> str:
    """Return how a licence stands at a moment: valid, expired, suspended, revoked, cancelled.

    A renewal that was asked for in time and is not answered keeps it valid beyond its day (domain 7.8).
    """
    if row["state"] != "valid" or row["valid_until"] is None or row["valid_until"] >= city.day(row["district_id"], at) or row["renewing"]:
        return str(row["state"])
    return "expired"


def shown_holder(vault: Vault, row: Mapping[str, Any]) -> str:
    """Return the holder as the public reads it: an institution by its name, a person by the first character of theirs."""
    name = vault.unseal(row["holder"], "holder")
    return name if row["holder_kind"] == "institution" else name[:1] + "*" * max(len(name) - 1, 1)
