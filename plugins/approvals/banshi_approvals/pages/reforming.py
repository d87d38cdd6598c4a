"""Reforms at the desk: what was delegated, abolished, merged, taken over, and a form for another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post

from banshi import Ask, Invalid, Option, Refused, toolkit, translator
from banshi_approvals.catalogue import keeping, reading, reforms
from banshi_approvals.catalogue.reforms import Reform
from banshi_approvals.pages import desk, guide

_ = translator("banshi_approvals")

KINDS = tuple(Option(name, title) for name, title in reforms.KINDS.items())
OPEN_CASES = tuple(Option(name, title) for name, title in reforms.OPEN_CASES.items())


class ReformForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked about a reform."""

    item: Annotated[str, msgspec.Meta(min_length=1, max_length=60), Ask(label=_("Sub-item (code)"))]
    kind: Annotated[str, Ask(label=_("What happens to it"), options=KINDS)]
    into: Annotated[str, msgspec.Meta(max_length=60), Ask(label=_("Merged into (code)"))] = ""
    district: Annotated[str, msgspec.Meta(max_length=60), Ask(label=_("Only in this district (code)"), hint=_("Empty: everywhere"))] = ""
    department: Annotated[str, Ask(label=_("Department that has it from then on"), picks="department")] = ""
    basis: Annotated[str, msgspec.Meta(min_length=2, max_length=400), Ask(label=_("Rule that it rests on"))]
    day: Annotated[date, Ask(label=_("From which day on"))]
    open_cases: Annotated[str, Ask(label=_("Open cases"), options=OPEN_CASES)]


class Reforming(Controller):
    """For those who keep the catalogue."""

    @get("/desk/catalogue/reforms", opt=desk.EDIT)
    async def reforms(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """What was decided this year and comes next, and a form for another."""
        async with toolkit.visiting(request) as visit:
            return await _reforms(visit)

    @post("/desk/catalogue/reforms", opt=desk.EDIT, status_code=200)
    async def decide(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Write a reform down; the same again changes nothing."""
        raw = await toolkit.read(request)
        async with toolkit.visiting(request) as visit:
            try:
                form = toolkit.decode(ReformForm, toolkit.answers(raw))
                reform = msgspec.convert(msgspec.to_builtins(form), Reform)
                async with visit.db.begin_nested():
                    hand = desk.hand(visit)
                    await reforms.decide(hand.db, hand.vault, hand.city, hand.actor, reform, hand.at)
            except Refused as refused:
                return await _reforms(visit, raw, refused)
            except msgspec.ValidationError:
                wrong = _("Choose what happens to it, and to its open cases.")
                return await _reforms(visit, raw, Invalid(keeping.PROBLEM, {"kind": wrong}))
            return visit.go(desk.at(visit, "reforms"))


async def _reforms(visit: toolkit.Visit, raw: Mapping[str, Any] | None = None, refused: Refused | None = None) -> Response[Any]:
    year = toolkit.today(visit).year
    rows = [r for y in (year + 1, year) for r in await reforms.of_year(visit.db, y)]
    titles = await reading.titles(visit.db, [*(r.item for r in rows), *(r.into for r in rows if r.into)])
    form = toolkit.form(visit, ReformForm, desk.at(visit, "reforms"), visit.say(_("Write it down")), raw=raw, refused=refused)
    page = desk.FormPage(
        back=desk.at(visit, ""),
        title=visit.say(_("Reforms")),
        lead=visit.say(_("Delegated, abolished, merged, taken over: each with its rule, its day, and what becomes of open cases.")),
        form=form,
        rows=tuple(guide.reform_row(visit, r, titles) for r in rows),
    )
    return toolkit.page(visit, "approvals/desk_reforms.html", page, desk=True, status=refused.status if refused else 200)
