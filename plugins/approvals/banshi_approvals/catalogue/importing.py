"""Bringing a file into the catalogue: all of it or nothing, and the same file again changes nothing."""

from __future__ import annotations

from datetime import date

import msgspec

from banshi import Invalid
from banshi_approvals.catalogue import keeping, reforms
from banshi_approvals.catalogue.checking import Fault
from banshi_approvals.catalogue.files import Book
from banshi_approvals.catalogue.keeping import Hand


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a file: how many matters and reforms are new or changed, which sub-items were written, which say the same, what is wrong."""

    matters: int = 0
    written: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    reforms: int = 0
    faults: tuple[Fault, ...] = ()


async def run(hand: Hand, book: Book, *, publish: date | None = None) -> Imported:
    """Write what a file says, as drafts, or published from a day on; where anything is wrong nothing is written."""
    faults = [*book.faults, *await keeping.check(hand, book.items, book.matters)]
    if publish is not None and publish < hand.today:
        faults.append(Fault("", "publish", keeping.PAST))
    if faults:
        return Imported(faults=tuple(faults))
    async with hand.db.begin_nested() as savepoint:
        done = await _write(hand, book, publish)
        if done.faults:
            await savepoint.rollback()
            return Imported(faults=done.faults)
    return done


async def _write(hand: Hand, book: Book, publish: date | None) -> Imported:
    faults: list[Fault] = []
    matters = await keeping.put_matters(hand, book.matters)
    written: list[str] = []
    same: list[str] = []
    published: list[str] = []
    for item in sorted(book.items, key=lambda i: i.code):  # in one order, so that two imports never wait for each other in a ring
        done = await keeping.draft(hand, item)
        (written if done.how == "new" else same).append(item.code)
        if publish is not None and (await keeping.versions(hand.db, item.code))[0].state == "draft":
            try:
                await keeping.publish(hand, item.code, done.version, publish)
            except Invalid as refused:
                faults += [Fault(item.code, field, text) for field, text in refused.problems.items()]
            else:
                published.append(item.code)
    decided = 0
    for number, reform in enumerate(book.reforms, 1):
        try:
            decided += await reforms.decide(hand.db, hand.vault, hand.city, hand.actor, reform, hand.at)
        except Invalid as refused:
            faults += [Fault(reform.item or f"reform {number}", field, text) for field, text in refused.problems.items()]
    return Imported(matters=matters, written=tuple(written), same=tuple(same), published=tuple(published), reforms=decided, faults=tuple(faults))
