"""What a rung does to a case: its new row, the event that tells of it, and who is told. It writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from banshi.cases.acting import Act, Prepared, prepare, snapshot
from banshi.cases.book import House
from banshi.cases.timing import ESCALATED, Timed
from banshi.contracts import Action, Actor, Changes, Context, Department, HandUp, Notify, Own, Raise, Rule, Whom
from banshi.escalation.pending import Pending
from banshi.texts import translator

_ = translator("banshi")
ABOVE = {"superior", "oversight"}
"""Who is above: a case that went to them, or that they were told of, owes its closing report."""
ESCALATING = _("Escalate")


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """A rung made ready: what is written, and the departments and officers (post ids) who are told."""

    pending: Pending
    prepared: Prepared
    departments: tuple[int, ...]
    posts: tuple[int, ...]


def fire(house: House, found: Timed, one: Pending, actor: Actor, at: datetime, *, reason: str = "") -> Fired:
    """Return what a rung does to a locked case. ``actor`` is the system, or the clerk who does it by hand and says for what ``reason``."""
    row, rule = found.row, one.rule
    state: str | None = None
    changes = Changes()
    told: dict[str, Any] = {"rule": rule.key, "rung": one.rung, "epoch": one.epoch, "due": one.at.isoformat(), "since": one.since.isoformat()}
    told |= {"limit": one.limit, "unit": one.unit, "does": []} | ({"by_hand": True, "reason": reason} if actor.capacity == "staff" else {})
    departments: list[int] = []
    posts: list[int] = []
    helpers: list[int] = list(row.helpers)
    for consequence in one.step.do:
        match consequence:
            case Raise(priority=priority):
                if row.priority < priority:
                    changes = msgspec.structs.replace(changes, priority=priority)
                    told["was"] = row.priority
                told["does"].append("raise")
            case HandUp(state=wanted):
                above = superior(house, rule, row)
                if above is None:
                    told["does"].append("top")
                    continue
                state = wanted
                changes = msgspec.structs.replace(changes, department_id=above.id, assignee_id=None)
                departments.append(above.id)
                if row.department_id is not None:
                    helpers.append(row.department_id)
                    departments.append(row.department_id)
                if row.assignee_id is not None:
                    posts.append(row.assignee_id)
                told["does"].append("hand_up")
            case Notify(whom=whom):
                seen = _told(house, rule, row, whom)
                departments += seen
                if whom == "officer" and row.assignee_id is not None:
                    posts.append(row.assignee_id)
                if whom in ABOVE:
                    helpers += seen
                told["does"].append(f"notify_{whom}")
            case Own(effect=effect):
                changes = effect(snapshot(found.declared, row), None, Context(actor=actor, at=at, city=house.directory, vault=house.keyring))
                told["does"].append("own")
    in_charge = row.department_id if changes.department_id is msgspec.UNSET else changes.department_id
    helpers = [d for d in dict.fromkeys(helpers) if d != in_charge]
    more = dict(changes.told) if changes.told is not msgspec.UNSET else {}
    told["to"] = [house.directory.department(d).code for d in dict.fromkeys(departments)]
    raised = any(isinstance(c, HandUp) or (isinstance(c, Notify) and c.whom in ABOVE) for c in one.step.do)
    changes = msgspec.structs.replace(changes, helpers=tuple(helpers), told=more | told, owes=True if raised else changes.owes)
    action = Action(
        name=ESCALATED,
        title=ESCALATING,
        told=rule.told,
        sources=(row.state,),
        to=state,
        audience=rule.audience,
        also_to=tuple(s for c in one.step.do if isinstance(c, Own) for s in c.also_to),
    )
    act = Act(number=row.number, action=ESCALATED, key=f"{ESCALATED}:{rule.key}:{one.epoch}:{one.rung}:{row.number}")
    prepared = prepare(house, actor, act, action, found.declared, row, action.form(), changes, at)
    prepared = msgspec.structs.replace(prepared, row=prepared.row | {"at": at})
    return Fired(pending=one, prepared=prepared, departments=tuple(dict.fromkeys(departments)), posts=tuple(dict.fromkeys(posts)))


def superior(house: House, rule: Rule, row: Any) -> Department | None:
    """Return who is above the department in charge, up the rule's line; at its top the oversight body, and None above that."""
    directory, seen = house.directory, {row.department_id}
    if row.department_id is not None:
        above = directory.superior(row.department_id, rule.line)
        while above is not None and (above.dissolved or above.id in seen):
            if above.id in seen:
                above = None
                break
            seen.add(above.id)
            above = directory.superior(above.id, rule.line)
        if above is not None:
            return above
    top = directory.part("oversight", row.area_id or row.district_id)
    return top if top is not None and top.id != row.department_id and not top.dissolved else None


def _told(house: House, rule: Rule, row: Any, whom: Whom) -> Sequence[int]:
    if whom == "department":
        return [row.department_id] if row.department_id is not None else []
    if whom == "superior":
        above = superior(house, rule, row)
        return [above.id] if above else []
    if whom == "oversight":
        top = house.directory.part("oversight", row.area_id or row.district_id)
        return [top.id] if top else []
    return []
