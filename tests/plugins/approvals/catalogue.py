"""A small catalogue: what the tests apply for."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from banshi.cases.tables import case
from banshi.documents.tables import document, document_content
from banshi.testing import MOMENT
from banshi_approvals.catalogue.content import Asked, Choice, Experts, Grants, Item, Material, Question
from banshi_approvals.models import item_version, matter

FILED = {"holder_kind": "institution", "holder": "云上旅馆", "contact_telephone": "100 0000 0001", "situation": ["rented:no"]}
SWEEP = "inspection_finding panel_seat paper paper_counter licence_event licence item_reform item_version matter inspection_form expert"


def said(words: str) -> dict[str, str]:
    return {"zh": words, "en": words}


def item(code: str, **changes: Any) -> Item:
    kept: dict[str, Any] = {
        "code": code,
        "matter": "hygiene",
        "title": said(f"许可 {code}"),
        "summary": said("…"),
        "basis": (said("《示例办法》第一条"),),
        "questions": (
            Question(
                name="rented", label=said("房屋是租的吗？"), choices=(Choice(value="yes", label=said("是")), Choice(value="no", label=said("否")))
            ),
        ),
        "materials": (
            Material(code="form", title=said("申请表")),
            Material(code="lease", title=said("租赁合同"), when={"rented": ("yes",)}),
            Material(code="plan", title=said("平面图"), core=False),
        ),
        "grants": Grants(kind="hygiene", title=said("卫生许可证"), months=48, prefix="YW"),
        "steps": ("formal",),
    }
    return Item(**kept | changes)


SIMPLE = item("simple", decides="window", at_once=True)
OFFICE = item("office", steps=("formal", "substantive"), statutory=20, promised=7, reply=5)
JOINT = item(
    "joint",
    steps=("formal", "joint"),
    joint=(
        Asked(duty="health", question=said("卫生条件"), workdays=3, unanswered="agree"),
        Asked(duty="fire", question=said("消防条件"), workdays=3, unanswered="escalate"),
    ),
)
WHOLE = item(
    "whole",
    decides="leader",
    steps=("formal", "inspection", "experts", "joint"),
    joint=(Asked(duty="health", workdays=3, unanswered="agree"),),
    inspection="place",
    experts=Experts(field="water", number=3),
    promise=True,
)
TRUSTING = item(
    "trusting", decides="window", at_once=True, promise=True, grants=Grants(kind="hygiene", title=said("卫生许可证"), months=12, yearly_check=True)
)
REUSING = item("reusing", materials=(Material(code="old", title=said("卫生许可证"), licence="hygiene"), Material(code="form", title=said("申请表"))))
ITEMS = (SIMPLE, OFFICE, JOINT, WHOLE, TRUSTING, REUSING)


async def fill(db: Any, *items: Item) -> None:
    """Publish the catalogue."""
    await db.execute(insert(matter).values(code="hygiene", family="places", title=said("公共场所卫生"), position=1))
    for one in items or ITEMS:
        values = {"item": one.code, "matter": one.matter, "version": 1, "state": "published", "content": msgspec.to_builtins(one)}
        await db.execute(insert(item_version).values(values | {"valid_from": date(2026, 1, 1), "changed": MOMENT}))


async def find(db: Any, number: str) -> Any:
    """Return the row of a case."""
    return (await db.execute(select(case).where(case.c.number == number))).one()


async def attached(db: Any, number: str, answers: dict[str, Any]) -> dict[str, Any]:
    """Return answers whose ``papers`` (``code:1``) name documents that lie on the case."""
    if "papers" not in answers:
        return answers
    row, papers = await find(db, number), []
    for one in answers["papers"]:
        code, _colon, name = one.partition(":")
        digest = hashlib.sha256(one.encode()).digest()
        content = {"digest": digest, "size": 9, "media_type": "application/pdf", "scan": "clean", "stored": MOMENT}
        await db.execute(upsert(document_content).values(content).on_conflict_do_nothing())
        kept = {"digest": digest, "case_id": row.id, "name": f"{name}.pdf", "audience": "applicant", "capacity": "resident", "added": MOMENT}
        papers.append(f"{code}:{(await db.execute(insert(document).values(kept).returning(document.c.id))).scalar_one()}")
    return answers | {"papers": papers}


async def sweep(db: Any) -> None:
    """Empty the plugin's tables after a test that commits."""
    for name in SWEEP.split():
        await db.execute(text(f"delete from approvals.{name}"))
