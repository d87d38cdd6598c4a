"""Acting as a deputy (B role, domain 6.5): in whose place somebody acts, what they may not approve, and what is offered when nobody answers.

An absent officer's cases stay with them in the record; the deputy sees them, and acts from the officer's seat with the officer's rights. The
event says for whom. Nothing is written when an absence begins or ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from banshi.cases.book import House
from banshi.cases.tables import case, case_event
from banshi.contracts import Actor
from banshi.plugins import Registry


def officer(actor: Actor, row: Any) -> Actor | None:
    """Return the officer in charge of a case where ``actor`` stands in for them: they are away, or the case was offered. None: it is not so."""
    if actor.capacity != "staff" or row.assignee_id is None or not (actor.stands_for or actor.backs):
        return None
    for absent in actor.stands_for:
        if absent.post_id == row.assignee_id:
            return absent if _free(absent, row) else None
        if _offered(absent, row):
            return _silent(actor, row)
    return _silent(actor, row) if _offered(actor, row) else None


def places(actor: Actor, row: Any) -> list[Actor]:
    """Return in whose place ``actor`` may act on a case, first the one that counts: the officer in charge, oneself, others who are away."""
    first = officer(actor, row)
    if first is None and not actor.stands_for:
        return [actor]
    rest = [a for a in (actor, *actor.stands_for) if a is not first and (a is actor or _free(a, row))]
    return [*([first] if first else []), *rest]


def _offered(actor: Actor, row: Any) -> bool:
    """Return whether a case was offered to a post since its officer recorded nothing; a deputy who was revoked has it no more."""
    return row.deputy_id is not None and row.deputy_id == actor.post_id and row.assignee_id in actor.backs


def _silent(actor: Actor, row: Any) -> Actor:
    """Return the officer who recorded nothing, as the one for whom a deputy acts: in the same seat, with the deputy's own rights."""
    return Actor(
        capacity="staff",
        post_id=row.assignee_id,
        department_id=row.department_id,
        district_id=actor.district_id,
        permissions=actor.permissions,
    )


def _free(absent: Actor, row: Any) -> bool:
    """Return whether a case may be worked on in somebody's place: not their own, nor one from which they are kept."""
    return row.applicant_id != absent.person_id and absent.person_id not in row.recused


# -- what one list is made of ------------------------------------------------------------------------------------------------------


def offered(actor: Actor) -> list[ColumnElement[bool]]:
    """Return the index ranges of the cases that were offered to a post, and to those for whom it stands in."""
    found = ((a.post_id, a.backs) for a in (actor, *actor.stands_for) if a.backs)
    return [and_(case.c.deputy_id == post_id, case.c.closed.is_(None), case.c.assignee_id.in_(backs)) for post_id, backs in found]


def in_hand(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Return the ranges of what an officer has in hand: their own cases, those of the absent, what was offered. Empty: only their own."""
    if not actor.stands_for and not actor.backs:
        return ()
    held = [case.c.assignee_id == a.post_id for a in (actor, *actor.stands_for)]
    return (*held, *(and_(r, case.c.assignee_id.is_distinct_from(actor.post_id)) for r in offered(actor)))


# -- who prepared may not approve --------------------------------------------------------------------------------------------------


def preparing(registry: Registry, actions: Sequence[str]) -> list[str]:
    """Return the actions that prepare any of these: who took them last is asked for with the case."""
    return sorted({a.another for t in registry.case_types for a in t.actions if a.another and a.name in actions})


def prepared_by(kinds: Sequence[str]) -> Any:
    """Return the column that says of each of these actions who took it last on a case, as a scalar subquery."""
    told = func.jsonb_build_object("person", case_event.c.actor_id, "post", case_event.c.post_id, "for", case_event.c.for_post_id)
    last = func.jsonb_object_agg(case_event.c.kind, aggregate_order_by(told, case_event.c.sequence))  # of two with one key jsonb keeps the last
    return select(last).where(case_event.c.case_id == case.c.id, case_event.c.kind.in_(kinds)).correlate(case).scalar_subquery()


def is_theirs(house: House, actor: Actor, place: Actor, made: Mapping[str, Any]) -> bool:
    """Return whether what was ``made`` is the work of whoever acts now, or of the one in whose place they act, in either direction.

    The people (by person, whatever the post) who stood behind the one act and those behind the other may have nobody in common.
    """
    behind = {("post", made["post"]), ("post", made["for"]), ("person", made["person"])}
    if (stood_in := house.directory.post(made["for"])) is not None:
        behind.add(("person", stood_in.person_id))
    now = {("post", actor.post_id), ("post", place.post_id), ("person", actor.person_id), ("person", place.person_id)}
    if (absent := house.directory.post(place.post_id)) is not None:
        now.add(("person", absent.person_id))
    return any(one in now for one in behind if one[1] is not None)
