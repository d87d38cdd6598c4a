"""Writing the catalogue: drafts, publishing, retiring. A published version never changes; each change is in the log (domain 6.2).

Whoever writes holds the lock of the sub-item, so that of two who press at once one wins, and the other is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from banshi import Actor, City, Invalid, NotAllowedNow, NotFound, Said, Vault, toolkit, translator
from banshi_approvals.catalogue import checking
from banshi_approvals.catalogue.checking import Fault, Known
from banshi_approvals.catalogue.content import Item, Matter
from banshi_approvals.models import inspection_form, item_version, matter

_ = translator("banshi_approvals")

PROBLEM = _("Some answers need your attention.")
PAST = _("Choose today or a later day: what was decided under the old version stays as it was.")


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes, when, in which city; ``today`` is the day there."""

    db: Any
    vault: Vault
    city: City
    actor: Actor
    at: datetime
    today: date


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """The version that holds what was written, and whether it is new."""

    version: int
    how: Literal["new", "same"]


async def known(db: Any, city: City, matters: Sequence[Matter] = ()) -> Known:
    """Return what a sub-item may refer to, with matters that come in the same file."""
    codes = set((await db.execute(select(matter.c.code))).scalars()) | {m.code for m in matters}
    forms = (await db.execute(select(inspection_form.c.code).distinct())).scalars()
    return Known(matters=frozenset(codes), forms=frozenset(forms), city=city)


async def put_matters(hand: Hand, matters: Sequence[Matter]) -> int:
    """Write matters, in their order, and return how many are new or changed."""
    before = {r.code: (r.family, r.title) for r in await hand.db.execute(select(matter))}
    last = (await hand.db.execute(select(func.coalesce(func.max(matter.c.position), 0)))).scalar_one()
    changed = [m for m in matters if before.get(m.code) != (m.family, m.title)]
    for position, one in enumerate(changed, last + 1):
        values = {"code": one.code, "family": one.family, "title": one.title, "position": position}
        kept = {"family": one.family, "title": one.title}
        await hand.db.execute(upsert(matter).values(values).on_conflict_do_update(index_elements=["code"], set_=kept))
        await _log(hand, "approvals.matter", f"approvals.matter:{one.code}", kept)
    if changed:
        await toolkit.touch(hand.db)
    return len(changed)


async def draft(hand: Hand, item: Item, *, seen: str | None = None) -> Written:
    """Write a sub-item as a draft; what its newest version says already changes nothing.

    ``seen`` is the mark of the version that whoever edits has seen: where another came meanwhile it is refused.
    """
    await _lock(hand, item.code)
    newest = await _newest(hand.db, item.code)
    content = msgspec.to_builtins(item)
    if seen is not None and seen != mark(newest):
        raise NotAllowedNow(_("Somebody changed this sub-item since you opened it. Your words are kept below: look at theirs, then save again."))
    if newest is not None and newest.state != "retired" and msgspec.convert(newest.content, Item) == item:
        return Written(version=newest.version, how="same")
    kept = {"matter": item.matter, "content": content, "changed": hand.at, "post_id": hand.actor.post_id}
    if newest is not None and newest.state == "draft":
        await hand.db.execute(update(item_version).where(item_version.c.id == newest.id).values(kept))
        number = newest.version
    else:
        number = 1 if newest is None else newest.version + 1
        await hand.db.execute(insert(item_version).values({"item": item.code, "version": number, "state": "draft"} | kept))
    await _log(hand, "approvals.drafted", f"approvals.item:{item.code}", {"version": number})
    return Written(version=number, how="new")


def mark(row: Any) -> str:
    """Return what tells a version from the same one changed."""
    return "" if row is None else f"{row.version}.{row.state}.{int(row.changed.timestamp() * 1_000_000)}"


async def drop(hand: Hand, code: str) -> None:
    """Throw the draft of a sub-item away."""
    await _lock(hand, code)
    newest = await _newest(hand.db, code)
    if newest is None or newest.state != "draft":
        raise NotAllowedNow(_("There is no draft to throw away any more."))
    await hand.db.execute(item_version.delete().where(item_version.c.id == newest.id))
    await _log(hand, "approvals.dropped", f"approvals.item:{code}", {"version": newest.version})


async def publish(hand: Hand, code: str, version: int, day: date) -> None:
    """Publish a draft from a day on: the version that held until then ends the day before.

    Raises ``Invalid`` with every fault, ``NotAllowedNow`` where somebody was quicker.
    """
    await _lock(hand, code)
    row = (await hand.db.execute(select(item_version).where(item_version.c.item == code, item_version.c.version == version))).one_or_none()
    if row is None:
        raise NotFound(_("There is no such version of this sub-item."))
    if row.state != "draft":
        raise NotAllowedNow(_("Version {version} is no draft any more: somebody published it."), version=version)
    problems = {f.field: f.text for f in checking.faults(msgspec.convert(row.content, Item), await known(hand.db, hand.city))}
    if day < hand.today:
        problems["day"] = PAST
    held = (
        await hand.db.execute(
            select(item_version).where(item_version.c.item == code, item_version.c.state == "published", item_version.c.valid_until.is_(None))
        )
    ).one_or_none()
    if held is not None and held.valid_from > day:
        problems["day"] = Said(_("Version {version} is published from {day}: choose that day or a later one."), _dated(held))
    if problems:
        raise Invalid(PROBLEM, problems)
    if held is not None:
        await hand.db.execute(update(item_version).where(item_version.c.id == held.id).values(valid_until=day - timedelta(days=1)))
    values = {"state": "published", "valid_from": day, "valid_until": None, "changed": hand.at, "post_id": hand.actor.post_id}
    await hand.db.execute(update(item_version).where(item_version.c.id == row.id).values(values))
    await _log(hand, "approvals.published", f"approvals.item:{code}", {"version": version, "day": day.isoformat()})
    await toolkit.touch(hand.db)


def _dated(row: Any) -> dict[str, object]:
    return {"version": row.version, "day": row.valid_from.isoformat()}


async def retire(hand: Hand, code: str) -> None:
    """Take a sub-item out of the catalogue from now on; its versions stay readable, its open cases go on with theirs."""
    await _lock(hand, code)
    live = (item_version.c.item == code, item_version.c.state == "published", item_version.c.valid_until.is_(None))
    row = (await hand.db.execute(select(item_version).where(*live))).one_or_none()
    if row is None:
        raise NotAllowedNow(_("This sub-item is not published any more."))
    ended = max(hand.today, row.valid_from)
    await hand.db.execute(update(item_version).where(*live).values(state="retired", valid_until=ended, changed=hand.at))
    await _log(hand, "approvals.retired", f"approvals.item:{code}", {"version": row.version})


async def check(hand: Hand, items: Sequence[Item], matters: Sequence[Matter] = ()) -> list[Fault]:
    """Return every fault of several sub-items."""
    facts = await known(hand.db, hand.city, matters)
    return [fault for item in items for fault in checking.faults(item, facts)]


async def versions(db: Any, code: str) -> Sequence[Any]:
    """Return the versions of a sub-item, the newest first."""
    found: Sequence[Any] = (await db.execute(select(item_version).where(item_version.c.item == code).order_by(item_version.c.version.desc()))).all()
    return found


async def _newest(db: Any, code: str) -> Any:
    found = select(item_version).where(item_version.c.item == code).order_by(item_version.c.version.desc()).limit(1)
    return (await db.execute(found)).one_or_none()


async def _lock(hand: Hand, code: str) -> None:
    await toolkit.lock(hand.db, f"approvals.item:{code}")


async def _log(hand: Hand, kind: str, subject: str, body: dict[str, Any]) -> None:
    await toolkit.audit(hand.db, hand.vault, hand.actor, kind, subject, body, hand.at)
