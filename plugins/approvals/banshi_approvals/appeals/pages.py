"""The applicant's appeal, from the page of their case."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from banshi import Invalid, NotAllowedNow, Refused, say_date, toolkit, translator
from banshi_approvals.appeals import cases, remedies
from banshi_approvals.catalogue import content

_ = translator("banshi_approvals")


class AppealPage(msgspec.Struct, frozen=True, kw_only=True):
    """The form, who will review it, and until when it can be filed."""

    form: Any
    back: str
    matter: str
    reviewer: str
    until: str


class Appeals(Controller):
    """An appeal against what was decided."""

    path = "/appeal"

    @get("/", opt={"permission": "applicant"})
    async def ask(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """The form, as long as an appeal is possible."""
        async with toolkit.visiting(request) as visit:
            return await _page(visit, number, {})

    @post("/", opt={"permission": "applicant"})
    async def file(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """File the appeal; the same form sent twice is one appeal."""
        raw = await toolkit.read(request)
        async with toolkit.visiting(request) as visit:
            actor, row = await toolkit.own_case(visit, number)
            try:
                asked = toolkit.decode(cases.Asked, toolkit.answers(raw))
                form = cases.Appeal(whole=row.number, reasons=asked.reasons, wish=asked.wish)
                declared = visit.house.registry.case_type("approvals.appeal")
                wanted = toolkit.Opening(case_type=declared, district_id=row.district_id, form=form, channel="web", key=toolkit.key_of(raw))
                opened = await toolkit.open_case(visit, actor, wanted)
            except Invalid as refused:
                if "whole" in refused.problems:
                    raise NotAllowedNow(refused.problems["whole"]) from None  # type: ignore[arg-type]
                return await _page(visit, number, raw, refused)
            return visit.go(f"/case/{opened.number}")


async def _page(visit: toolkit.Visit, number: str, raw: Any, refused: Refused | None = None) -> Response[Any]:
    actor, row = await toolkit.own_case(visit, number)
    found = await cases.subject(visit.db, row.number, visit.at)
    if found.why is not None:
        raise NotAllowedNow(found.why)
    if actor.person_id is None:
        raise NotAllowedNow(_("Sign in with the account under which you applied, or let a window file the appeal for you."))
    above = remedies.reviewer(visit.house.directory, found.decided_by, row.district_id)
    address = f"/case/{row.number}"
    form = toolkit.form(
        visit,
        cases.Asked,
        f"{address}/approvals/appeal",
        visit.say(_("File the appeal")),
        raw=raw,
        refused=refused,
        hidden=(("key", toolkit.key_of(raw) or secrets.token_urlsafe(16)),),
        cancel=address,
    )
    page = AppealPage(
        form=form,
        back=address,
        matter=content.say(row.facts["title"], visit.language),
        reviewer=above.say(visit.language) if above else "",
        until=say_date(found.until.date(), visit.language),
    )
    return toolkit.page(visit, "approvals/appeal.html", page, status=refused.status if refused else 200)
