"""The demo's catalogue, published before its first case; called again it changes nothing."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from banshi import department_table, district_table
from banshi_approvals.catalogue import files
from banshi_approvals.catalogue.files import Book
from banshi_approvals.experts import pool
from banshi_approvals.inspections import forms as inspection_forms
from banshi_approvals.models import item_reform, item_version, matter

REFORMS = (
    {"item": "hairdresser", "kind": "delegated", "department": "nanpu-approvals", "days": 120, "open_cases": "move", "rule": "七"},
    {"item": "hairdresser", "kind": "delegated", "department": "qishan-approvals", "days": 120, "open_cases": "move", "rule": "七"},
    {"item": "food-helper-health", "kind": "merged", "into": "worker-health", "days": 250, "open_cases": "finish", "rule": "九"},
    {"item": "clinic-plan", "kind": "taken_over", "department": "city-approvals", "days": 300, "open_cases": "finish", "rule": "十"},
)
"""What changed over the year, by days after the catalogue began."""


@cache
def book() -> Book:
    """Return the demo's catalogue as its file says it."""
    return files.read((resources.files(__package__) / "catalogue.toml").read_bytes())


@cache
def forms() -> list[dict[str, Any]]:
    """Return the demo's inspection forms as their file says them."""
    return list(tomllib.loads((resources.files(__package__) / "inspection_forms.toml").read_text(encoding="utf8"))["inspection_form"])


async def fill(db: Any, at: datetime) -> None:
    """Put matters, sub-items, inspection forms, experts and reforms into the tables."""
    day = at.date()
    for position, one in enumerate(book().matters, 1):
        values = {"code": one.code, "family": one.family, "title": one.title, "position": position}
        await db.execute(insert(matter).values(values).on_conflict_do_nothing())
    await inspection_forms.demo(db, day, at)
    await pool.demo(db, day, at)
    for item in book().items:
        values = {"item": item.code, "matter": item.matter, "version": 1, "state": "published", "content": msgspec.to_builtins(item)}
        await db.execute(insert(item_version).values(values | {"valid_from": day, "changed": at}).on_conflict_do_nothing())
    if (await db.execute(select(func.count()).select_from(item_reform))).scalar_one() == 0:
        await _reform(db, at)


async def _reform(db: Any, at: datetime) -> None:
    departments = {r.code: r for r in await db.execute(select(department_table.c.code, department_table.c.id, department_table.c.district_id))}
    cities = set((await db.execute(select(district_table.c.id).where(district_table.c.parent_id.is_(None)))).scalars())
    for one in REFORMS:
        has_it = departments.get(str(one.get("department", "")))
        if one.get("department") and has_it is None:
            continue  # another city, with offices of its own
        values = {
            "item": one["item"],
            "kind": one["kind"],
            "into": one.get("into"),
            "district_id": has_it.district_id if has_it and has_it.district_id not in cities else None,
            "department_id": has_it.id if has_it else None,
            "basis": f"《云澜市行政审批服务办法（示例）》第{one['rule']}条",
            "day": at.date() + timedelta(days=int(str(one["days"]))),
            "open_cases": one["open_cases"],
            "at": at,
        }
        await db.execute(insert(item_reform).values(values))
