"""Escalation over the API: what comes next on a case, doing it by hand, and the closing report of what went wrong."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath, JSONBody

from banshi import texts
from banshi.cases import numbers, reading, timing
from banshi.cases.acting import Acted
from banshi.cases.decoding import decode
from banshi.contracts import HandUp, Notify, Raise, Rung
from banshi.errors import Invalid
from banshi.escalation import by_hand, reports
from banshi.escalation.by_hand import Reason
from banshi.escalation.pending import pending
from banshi.escalation.reports import ClosingReport
from banshi.web.api.common import Key, check_key, check_words, who
from banshi.web.api.structs import Done, Escalating, EscalationList, EscalationOut, Reporting
from banshi.web.casepage import read_number
from banshi.web.failures import FLAT
from banshi.web.site import Site

_ = texts.translator("banshi")


@get("/cases/{number:str}/escalations", summary="What comes next on a case by its rules", operation_id="listEscalations")
async def list_escalations(request: Request[Any, Any, Any], number: FromPath[str]) -> EscalationList:
    """List the next rung of each rule of an open case, and whether the token's post can do it by hand now."""
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        row = await reading.get(db, house, actor, read_number(number))
        found = await timing.of_case(db, house, row)
    coming = pending(house, found) if found is not None else []
    offered = {p.key for p in by_hand.offered(house, actor, found, at)}
    return EscalationList(
        items=[
            EscalationOut(
                rule=p.rule.key,
                title=texts.labels(p.rule.title),
                epoch=p.epoch,
                rung=p.rung,
                at=p.at,
                since=p.since,
                limit=p.limit,
                unit=p.unit,
                by="hand" if p.by_hand else "sweep",
                does=_does(p.step),
                now=p.key in offered,
            )
            for p in coming
        ]
    )


@post("/cases/{number:str}/escalations", status_code=200, summary="Escalate a case by hand", operation_id="escalateCase", opt={FLAT: True})
async def escalate(request: Request[Any, Any, Any], number: FromPath[str], data: JSONBody[Escalating], idempotency_key: Key = "") -> Done:
    """Do the next rung of a rule whose condition holds, as the token's post. Send ``epoch`` and ``rung``, or a key: then it is never done twice."""
    site: Site = request.app.state.site
    at = site.now()
    check_key(idempotency_key)
    check_words(rule=data.rule)
    if (data.epoch is None) != (data.rung is None):
        raise Invalid(_("Send epoch and rung together, or neither."), {"rung": _("Send epoch and rung together, or neither.")})
    rung = (data.epoch, data.rung) if data.epoch is not None and data.rung is not None else None
    reason: Reason = decode(Reason, {"reason": data.reason})
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        plain = read_number(number)
        return _done(await by_hand.escalate(db, house, actor, plain, data.rule, reason.reason, at, rung=rung, key=idempotency_key))


@post(
    "/cases/{number:str}/closing-report", status_code=200, summary="Write the closing report of a case", operation_id="reportOnCase", opt={FLAT: True}
)
async def report(request: Request[Any, Any, Any], number: FromPath[str], data: JSONBody[Reporting], idempotency_key: Key = "") -> Done:
    """Write the report that an escalated or major case owes, or write it anew: the latest counts."""
    site: Site = request.app.state.site
    at = site.now()
    check_key(idempotency_key)
    form: ClosingReport = decode(ClosingReport, msgspec.to_builtins(data) | {"urgency": str(data.urgency)})
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        return _done(await reports.write(db, house, actor, read_number(number), form, at, key=idempotency_key))


def _done(acted: Acted) -> Done:
    return Done(number=numbers.show(acted.number), state=acted.state, revision=acted.revision, fresh=acted.fresh)


def _does(step: Rung) -> list[str]:
    """Return what a rung does, by the names that events use."""
    found = []
    for consequence in step.do:
        match consequence:
            case Raise():
                found.append("raise")
            case HandUp():
                found.append("hand_up")
            case Notify(whom=whom):
                found.append(f"notify_{whom}")
            case _other:
                found.append("own")
    return found
