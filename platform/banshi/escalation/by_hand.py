"""Escalating by hand: any clerk of a case may do a rung once its rule's condition holds, and it is recorded as theirs (domain 2.6).

What a rule does by itself and what a clerk does is the same rung: whoever comes second finds it done.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated, Any

import msgspec
from sqlalchemy import select

from banshi.audit import canonical
from banshi.cases import timing
from banshi.cases.acting import Acted
from banshi.cases.book import House
from banshi.cases.numbers import show
from banshi.cases.tables import case
from banshi.cases.timing import ESCALATED, Timed, rules_of
from banshi.cases.visibility import predicate
from banshi.contracts import Actor, Ask, Rule
from banshi.db import Connection
from banshi.errors import Forbidden, NotAllowedNow, NotFound
from banshi.escalation import reports, sweeping
from banshi.escalation.firing import fire
from banshi.escalation.pending import Pending, pending
from banshi.texts import translator

_ = translator("banshi")


class Reason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a clerk does not wait."""

    reason: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=1000),
        Ask(label=_("Why do you escalate it?"), hint=_("Colleagues read it, residents do not."), rows=4),
    ]


def holds(one: Pending, at: datetime) -> bool:
    """Return whether a rung can be done by hand: its time has come, or its rule has begun to act and this is the next step."""
    return one.at <= at or one.rung > 0


def offered(house: House, actor: Actor, found: Timed | None, at: datetime) -> list[Pending]:
    """Return what the actor may escalate by hand on a case that they see: one rung a rule at most. No query."""
    if found is None or not _may(house, actor, found.row):
        return []
    return [p for p in pending(house, found) if holds(p, at)]


async def escalate(
    db: Connection,
    house: House,
    actor: Actor,
    number: str,
    rule_key: str,
    reason: str,
    at: datetime,
    *,
    rung: tuple[int, int] | None = None,
    key: str = "",
) -> Acted:
    """Do the next rung of a rule, as the actor's; the case is locked meanwhile, so that no sweep and no colleague does it too.

    ``rung`` is (epoch, rung) of what was read: where another comes next by now, it was done meanwhile. Refusals: ``NotFound`` (the case, or the
    rule), ``Forbidden`` (no right, own case), ``NotAllowedNow`` (closed, led by another, off here, its condition does not hold, done meanwhile),
    ``KeyReused``. Sent again with the same ``key``, nothing is written.
    """
    fingerprint = hashlib.sha256(canonical([number, ESCALATED, rule_key, reason]))
    row = await _locked(db, house, actor, number)
    if await reports.sent_before(db, actor, key, fingerprint.digest()):
        return Acted(number=number, state=row.state, revision=row.revision, sequence=row.sequence, fresh=False)
    if not _may(house, actor, row):
        raise Forbidden(_("Your post does not carry the right to do this."))
    found = await timing.of_case(db, house, row)
    if found is None or not house.directory.tree.has_on(row.district_id, found.declared.owner):
        raise NotAllowedNow(_("Case {number} can be read but not worked on: its service is switched off here."), number=show(number))
    rule = next((r for r in rules_of(house.registry, found.declared) if r.key == rule_key), None)
    if rule is None:
        raise NotFound(_("There is no rule “{rule}” for this case."), rule=rule_key)
    one = _next(house, found, rule, rung, at)
    fired = fire(house, found, one, actor, at, reason=reason)
    if key:
        known = fired.prepared.row | {"key": key, "fingerprint": fingerprint.hexdigest()}
        fired = msgspec.structs.replace(fired, prepared=msgspec.structs.replace(fired.prepared, row=known))
    await sweeping.put(db, house, [fired], at, actor)
    now = fired.prepared.row
    return Acted(number=number, state=now["state"], revision=now["revision"], sequence=now["sequence"])


def _next(house: House, found: Timed, rule: Rule, rung: tuple[int, int] | None, at: datetime) -> Pending:
    """Return the rung that is done; NotAllowedNow says why there is none."""
    row, values = found.row, {"rule": rule.title, "number": show(found.row.number)}
    if row.closed is not None:
        raise NotAllowedNow(_("Case {number} is closed: there is nothing to escalate."), **values)
    if row.master_id is not None:
        raise NotAllowedNow(_("Case {number} is worked on together with others, by the case that leads them. Act there."), **values)
    if (house.times.value(row.district_id, rule.key) or {}).get("on") is False:
        raise NotAllowedNow(_("“{rule}” is switched off in this district."), **values)
    one = next((p for p in pending(house, found) if p.rule.key == rule.key), None)
    if rung is not None and (one is None or (one.epoch, one.rung) != rung):
        raise NotAllowedNow(_("It was escalated meanwhile, or something moved: “{rule}” is not done twice. See what happened so far."), **values)
    if one is None or not holds(one, at):
        raise NotAllowedNow(_("“{rule}” does not hold for case {number} now."), **values)
    return one


def _may(house: House, actor: Actor, row: Any) -> bool:
    own = actor.person_id is not None and row.applicant_id == actor.person_id
    return not own and reports.works_on(house, actor, row)


async def _locked(db: Connection, house: House, actor: Actor, number: str) -> Any:
    row = (await db.execute(select(case).where(case.c.number == number, predicate(house, actor)).with_for_update())).one_or_none()
    if row is None:
        raise NotFound(_("There is no case {number} that you may see."), number=show(number))
    return row
