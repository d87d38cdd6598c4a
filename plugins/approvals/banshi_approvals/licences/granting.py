"""What a decision writes into the register of licences: a new one, or the old one renewed. Read before, written with the decision."""

from __future__ import annotations

import calendar
import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from banshi import Context, Put, Snapshot
from banshi_approvals.application.sheets import check_code, sheet
from banshi_approvals.licences import register, writing
from banshi_approvals.models import licence, licence_event

DIGITS = 8


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """The number of a licence, and the rows that make it so."""

    number: str
    rows: list[Put]


async def read(db: Any, case: Snapshot, form: Any, context: Context) -> Mapping[str, Any] | None:
    """Read and lock the licence that is renewed, None where a new one is applied for."""
    number = case.facts.licence or case.facts.renews
    return await register.read(db, number, lock=True) if number else None


def granted(case: Snapshot, context: Context, holder: str, conditions: str) -> Granted:
    """Return what a grant writes. A renewal keeps the number and goes on where the old time ends; asked in time, it never lapsed between."""
    known = case.facts.licence or case.facts.renews
    old: Mapping[str, Any] | None = writing.alive(context.found, known) if known else None
    today = context.city.day(case.district_id, context.at)
    facts = case.facts
    number = old["number"] if old else f"{facts.prefix or 'BS'}{today.year}{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    begins = max(old["valid_until"], today) if old and old["valid_until"] else today
    until = months_later(begins, facts.months) if facts.months else None
    if old and facts.licence:  # decided again after an appeal: the time is the same
        until = old["valid_until"]
    values = {
        "number": number,
        "item": facts.item,
        "kind": facts.kind,
        "title": facts.licence_title,
        "holder_kind": str(case.data.get("holder_kind") or "person"),
        "holder": context.vault.seal(holder, "holder"),
        "holder_index": context.vault.index("name", holder),
        "place": str(case.data.get("place") or ""),
        "district_id": case.district_id,
        "department_id": case.department_id,
        "person_id": case.applicant_id,
        "valid_from": old["valid_from"] if old else today,
        "valid_until": until,
        "state": old["state"] if old else "valid",
        "conditions": [conditions] if conditions else [],
        "check_code": old["check_code"] if old else check_code(),
        "renewing_case_id": None,
        "version": old["version"] + 1 if old else 1,
        "changed": context.at,
    }
    kind = "renewed" if facts.renews else "changed" if old else "granted"
    told = {"until": until.isoformat() if until else None, "case": case.number}
    event = {"licence": number, "key": f"{number}:{case.number}:{case.revision}", "kind": kind, "at": context.at, "told": told}
    shown = {"number": number, "title": facts.licence_title, "item": facts.title, "holder": holder, "place": values["place"], "at": context.at}
    shown |= {"case": case.number, "valid_from": values["valid_from"], "valid_until": until, "conditions": values["conditions"]}
    paper = sheet(context.vault, "licence", f"licence:{case.revision}", shown, context.at, licence=number)
    return Granted(
        number=number,
        rows=[
            Put(table=licence, values=values, on=("number",), case="case_id"),
            Put(table=licence_event, values=event, case="case_id"),
            paper,
        ],
    )


def taken(case: Snapshot, context: Context) -> list[Put]:
    """Return what takes away the licence that a case granted, where it is decided again and refused."""
    row = context.found
    if row is None or row["state"] in register.ENDED:
        return []
    event = writing.event(row["number"], "revoked", f"revoked:{case.number}:{case.revision}", context, how="decided_again")
    return [writing.changed(row, context, state="revoked"), event]


def months_later(day: date, months: int) -> date:
    """Return the day so many months on, the last of its month where that has no such day."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
