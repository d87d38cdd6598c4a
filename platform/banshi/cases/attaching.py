"""Documents on a case: attached and withdrawn as lines of its story, so that they are in the chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from banshi.cases import acting, standing_in
from banshi.cases.book import House
from banshi.cases.linking import prepared
from banshi.cases.numbers import show
from banshi.cases.tables import case
from banshi.cases.visibility import predicate
from banshi.contracts import Actor, Audience
from banshi.db import Connection
from banshi.documents import keeping
from banshi.documents.receiving import Received
from banshi.documents.scanning import Verdict
from banshi.documents.store import Store
from banshi.documents.tables import document
from banshi.errors import Forbidden, Invalid, NotAllowedNow, NotFound
from banshi.texts import translator

_ = translator("banshi")

ATTACHED, DETACHED, INFECTED = "attached", "detached", "infected"
NO_LIMIT = 1_000_000
"""Papers that the office makes are not counted against what a case may take."""


async def lock(db: Connection, house: House, actor: Actor, number: str) -> Row[Any]:
    """Lock the case to which something is attached; NotFound, NotAllowedNow where it is closed or off, Forbidden where it is not the actor's part."""
    row = (await db.execute(select(case).where(case.c.number == number, predicate(house, actor)).with_for_update())).one_or_none()
    if row is None:
        raise NotFound(_("There is no case {number} that you may see."), number=show(number))
    may(house, actor, row)
    return row


async def locked(db: Connection, number: str) -> Row[Any]:
    """Lock a case to which the office itself adds a paper, whatever its state."""
    return (await db.execute(select(case).where(case.c.number == number).with_for_update())).one()


def may(house: House, actor: Actor, row: Any) -> None:
    """Refuse who may not attach something to a case as it stands; of staff, who may do nothing else on it either."""
    if row.closed is not None:
        raise NotAllowedNow(_("Case {number} is closed: nothing is added to it any more."), number=show(row.number))
    declared = house.declared(row.type_id)
    if declared is None or not house.directory.tree.has_on(row.district_id, declared.owner):
        raise NotAllowedNow(_("Case {number} can be read but not worked on: its service is switched off here."), number=show(row.number))
    places = standing_in.places(actor, row)
    if actor.capacity == "staff" and not any(p.may(a.needs) for a in declared.actions if a.needs for p in places):
        raise Forbidden(_("Your post does not carry the right to do this."))


async def attach(
    db: Connection,
    house: House,
    actor: Actor,
    row: Any,
    files: Sequence[tuple[Received, Verdict]],
    at: datetime,
    *,
    store: Store,
    audience: Audience = "applicant",
    most: int,
) -> list[int]:
    """Attach files, which lie in the store already, to a locked case, with one event for all of them; return the new ids.

    What is there already stays one.
    """
    known = await keeping.of_case(db, row.id, ("public", "applicant", "staff"))
    there = {k.digest for k in known if k.audience == audience}
    coming = {received.digest: (received, verdict) for received, verdict in files if received.digest not in there}
    if coming and len(known) + len(coming) > most:
        raise Invalid(_("A case takes at most {most} files."), most=most)
    await keeping.put(db, store, list(coming.values()), at)
    new = []
    for received, _verdict in coming.values():
        values = {"case_id": row.id, "digest": received.digest, "name": received.name, "audience": audience}
        values |= {"capacity": actor.capacity, "post_id": actor.post_id, "added": at, "sequence": row.sequence + 1}
        document_id = (await db.execute(document.insert().values(values).returning(document.c.id))).scalar_one()
        new.append(
            {
                "document": document_id,
                "name": received.name,
                "size": received.size,
                "type": received.kind.media_type,
                "digest": received.digest.hex(),
            }
        )
    if new:
        await _tell(db, house, actor, row, ATTACHED, new, audience, at)
    return [int(n["document"]) for n in new]


async def adopt(db: Connection, house: House, actor: Actor, number: str, draft_id: str, at: datetime) -> int:
    """Give a case the files of the draft that it was filed from, in the transaction that opened it; return how many. Again, it finds none left."""
    waiting = [w for w in await keeping.of_draft(db, draft_id) if w.scan != "infected"]
    return await take_over(db, house, actor, number, waiting, at)


async def take_over(
    db: Connection, house: House, actor: Actor, number: str, documents: Sequence[Any], at: datetime, *, audience: Audience = "applicant"
) -> int:
    """Give a case documents that are no case's yet, with one event for all of them; return how many. ``documents`` are rows of `keeping`."""
    if not documents:
        return 0
    row = (await db.execute(select(case).where(case.c.number == number).with_for_update())).one()
    values = {"case_id": row.id, "draft_id": None, "sequence": row.sequence + 1, "audience": audience, "capacity": actor.capacity}
    await db.execute(update(document).where(document.c.id.in_([d.id for d in documents])).values(values | {"post_id": actor.post_id}))
    await _tell(db, house, actor, row, ATTACHED, [keeping.facts(d) for d in documents], audience, at)
    return len(documents)


async def detach(db: Connection, house: House, actor: Actor, row: Any, document_id: int, at: datetime) -> None:
    """Withdraw a file from a locked case: it is served to nobody any more, the line that it was there stays. Again, it is no fault."""
    if await keeping.withdrawn(db, row.id, document_id):
        return
    known = next((k for k in await keeping.of_case(db, row.id, ("public", "applicant", "staff")) if k.id == document_id), None)
    if known is None:
        raise NotFound(_("There is no such file on this case, or it was withdrawn."))
    if known.capacity != actor.capacity:
        raise Forbidden(_("Only who added a file withdraws it: what a resident said is answered, never taken away."))
    await db.execute(update(document).where(document.c.id == document_id).values(withdrawn=at))
    await _tell(db, house, actor, row, DETACHED, [keeping.facts(known)], known.audience, at)


async def infected(db: Connection, house: House, digest: bytes, at: datetime) -> None:
    """Say of a content that something was found in it, and tell it on every case that has it, to whoever could see the file.

    The cases are locked first, as by who attaches: in the other order two would wait for each other.
    """
    on = select(document.c.case_id).where(document.c.digest == digest, document.c.withdrawn.is_(None))
    await db.execute(select(case.c.id).where(case.c.id.in_(on)).order_by(case.c.id).with_for_update())
    await keeping.judged(db, digest, "infected")
    listed = select(document).where(document.c.digest == digest, document.c.case_id.is_not(None), document.c.withdrawn.is_(None))
    by_case: dict[tuple[int, Audience], list[Mapping[str, Any]]] = {}
    for found in await db.execute(listed.order_by(document.c.case_id, document.c.id)):
        by_case.setdefault((found.case_id, found.audience), []).append({"document": found.id, "digest": digest.hex()})
    for (case_id, audience), documents in by_case.items():
        row = (await db.execute(select(case).where(case.c.id == case_id).with_for_update())).one()
        await _tell(db, house, Actor.SYSTEM, row, INFECTED, documents, audience, at)


async def _tell(db: Connection, house: House, actor: Actor, row: Any, kind: str, documents: Sequence[Any], audience: Audience, at: datetime) -> None:
    step = prepared(house, actor, row, kind, {"documents": [dict(d) for d in documents]}, at, audience=audience)
    await acting.write(db, actor, {row.number: step}, at)
