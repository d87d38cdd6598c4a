"""What a decided appeal changes on the application that it was about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import select

from banshi import Action, Changes, Context, Put, Snapshot, translator
from banshi_approvals.application import forms, ways
from banshi_approvals.licences import granting, register, writing
from banshi_approvals.models import paper

_ = translator("banshi_approvals")
replace = msgspec.structs.replace


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The licence of the application, and its papers that the appeal was against."""

    licence: Mapping[str, Any] | None
    papers: tuple[Mapping[str, Any], ...]


async def read(db: Any, case: Snapshot, form: forms.AppealHeard, context: Context) -> Found:
    """Read and lock what may change."""
    number = case.facts.licence or case.facts.renews
    rows = select(paper).where(paper.c.case_id == case.id, paper.c.kind == form.about, paper.c.revoked.is_(None)).with_for_update()
    return Found(
        licence=await register.read(db, number, lock=True) if number else None,
        papers=tuple(dict(r) for r in (await db.execute(rows)).mappings()),
    )


def heard(case: Snapshot, form: forms.AppealHeard, context: Context) -> Changes:
    """Let the decision stand, change it, or have the application decided again; what no longer holds says so when it is checked."""
    found: Found = context.found
    if form.result == "upheld":
        return Changes()
    rows = tuple(_void(p, form, context) for p in found.papers)
    if form.about == "revocation":
        if found.licence is None or found.licence["state"] == "valid":
            return Changes(rows=rows)
        key = f"appeal:{form.number}"
        given = writing.event(found.licence["number"], "resumed", key, context, appeal=form.number)
        return Changes(rows=(*rows, writing.changed(found.licence, context, state="valid"), given))
    if form.result == "sent_back":
        facts = replace(case.facts, proposal=None, done=())
        return Changes(facts=facts, rows=rows, state="examining" if case.facts.accepted else "filed", outcome=None)
    return _changed(case, form, context, rows)


def _changed(case: Snapshot, form: forms.AppealHeard, context: Context, void: tuple[Put, ...]) -> Changes:
    """Put another decision in the place of the old one."""
    said = {"outcome": form.decision, "reasons": form.reasons, "conditions": form.conditions, "renews": case.facts.renews, "appeal": form.number}
    facts, rows = case.facts, list(void)
    if form.decision != "refused":
        granted = granting.granted(case, replace(context, found=context.found.licence), ways.holder(case, context), form.conditions)
        rows += granted.rows
        facts = replace(facts, licence=granted.number)
        said["licence"] = granted.number
    rows.append(ways.paper(case, context, "decision", **said))
    return Changes(facts=facts, outcome=form.decision, rows=tuple(rows))


def _void(row: Mapping[str, Any], form: forms.AppealHeard, context: Context) -> Put:
    """Return a paper that holds no more."""
    kept = {c.name: row[c.name] for c in paper.c if c.name != "id"}
    return Put(table=paper, values=kept | {"revoked": context.at, "why": form.number}, on=("check_code",))


ACTION = Action(
    name="hear_appeal",
    title=_("An appeal was decided"),
    told=_("An appeal was decided"),
    answers=True,
    sources=("closed",),
    also_to=("filed", "examining"),
    by=("system",),
    form=forms.AppealHeard,
    reads=read,
    effect=heard,
)
