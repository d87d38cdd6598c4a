"""Asking once for everything that is missing or wrong, each with its reason (domain 6.2)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from banshi import Refused, toolkit, translator
from banshi_approvals.application import forms
from banshi_approvals.catalogue import content
from banshi_approvals.pages import materials
from banshi_approvals.pages.materials import Seen

_ = translator("banshi_approvals")


class AskRow(msgspec.Struct, frozen=True, kw_only=True):
    """A material that can be asked for, with what was said of it."""

    code: str
    title: str
    state: str
    tone: str
    core: bool
    asked: int
    chosen: bool
    reason: str
    basis: str


class AskPage(msgspec.Struct, frozen=True, kw_only=True):
    """Asking once for everything that is missing or wrong."""

    back: str
    number: str
    title: str
    rows: tuple[AskRow, ...]
    days: int
    form: toolkit.Form


class Asking(Controller):
    """For the office."""

    @get("/desk/{number:str}/ask", opt=materials.DESK)
    async def ask(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Offer every material to be named, what is missing ticked already."""
        async with toolkit.visiting(request) as visit:
            seen = await materials.at_desk(visit, number)
            ticked = [m.code for m in seen.facts.materials if m.state in {"missing", "faulty"}]
            return _asking(visit, seen, {"fault": ticked, "key": [secrets.token_urlsafe(18)]})

    @post("/desk/{number:str}/ask", opt=materials.DESK, status_code=200)
    async def send_ask(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Ask once for everything that was ticked, each with its reason."""
        raw = await toolkit.read(request)
        async with toolkit.visiting(request) as visit:
            seen = await materials.at_desk(visit, number)
            said = {code: toolkit.one(raw, f"reason.{code}").strip() for code in raw.get("fault", [])}
            answers = {"faults": [f"{code}:{reason}" for code, reason in said.items()], "why": toolkit.one(raw, "why")}
            try:
                async with visit.db.begin_nested():
                    form = toolkit.decode(forms.Faults, answers)
                    wanted = toolkit.Act(number=seen.row.number, action="ask", form=form, key=toolkit.key_of(raw))
                    await toolkit.act(visit, seen.actor, wanted)
            except Refused as refused:
                if refused.status not in {400, 409}:
                    raise
                return _asking(visit, seen, raw, refused)
            return visit.go(seen.address)


def _asking(visit: toolkit.Visit, seen: Seen, raw: Mapping[str, list[str]], refused: Refused | None = None) -> Response[Any]:
    facts, said = seen.facts, visit.language
    rows = tuple(
        AskRow(
            code=m.code,
            title=content.say(m.title, said),
            state=visit.say(materials.STATES[m.state]),
            tone=materials.TONES[m.state],
            core=m.core,
            asked=m.asked,
            chosen=m.code in raw.get("fault", []),
            reason=toolkit.one(raw, f"reason.{m.code}") or m.reason,
            basis=content.say(m.basis, said),
        )
        for m in facts.materials
    )
    form = toolkit.form(
        visit,
        forms.Faults,
        f"{materials.below(visit, seen)}/ask",
        visit.say(_("Ask for everything that is missing")),
        raw=raw,
        refused=refused,
        hidden=[("key", toolkit.key_of(dict(raw)))],
        only=["why"],
        cancel=seen.address,
    )
    page = AskPage(
        back=seen.address,
        number=toolkit.show_number(seen.row.number),
        title=content.say(facts.title, said),
        rows=rows,
        days=facts.reply,
        form=form,
    )
    return toolkit.page(visit, "approvals/ask.html", page, desk=True, status=refused.status if refused else 200)
