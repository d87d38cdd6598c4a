"""A small inspection form and a small pool: what the tests inspect and draw from."""

from __future__ import annotations

from datetime import date
from typing import Any

from catalogue import said

from banshi.testing import MOMENT
from banshi_approvals.experts import pool
from banshi_approvals.inspections import forms
from banshi_approvals.inspections.content import InspectionForm, Item, Section

DAY = date(2026, 1, 1)


def form(*, key: int = 1, general: int = 3, code: str = "place", text: str = "看一看") -> InspectionForm:
    items = [Item(code=f"K{n}", text=said(text), rule=said(f"《示例规范》第 {n} 条"), key=True) for n in range(1, key + 1)]
    items += [Item(code=f"G{n}", text=said(text), rule=said(f"《示例规范》第 {n + 10} 条")) for n in range(1, general + 1)]
    return InspectionForm(code=code, title=said("场所"), sections=(Section(title=said("全部"), items=tuple(items)),))


async def publish(db: Any, wanted: InspectionForm | None = None) -> int:
    return await forms.put(db, wanted or form(), DAY, MOMENT)


async def experts(db: Any, *names: str, field: str = "water", employer: str = "示例大学", **more: Any) -> list[str]:
    """Put experts into the pool and return their codes."""
    codes = [f"E{field}{n}" for n, _name in enumerate(names, 1)]
    for code, name in zip(codes, names, strict=True):
        await pool.put(db, pool.Expert(code=code, name=name, fields=(field,), employer=employer, since=DAY, **more), MOMENT)
    return codes
