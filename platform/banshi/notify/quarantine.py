"""What clerks do with mails that did not join a case by themselves: join them to one, file a case from them, or say why there is nothing to do.

A mail that names a case is there for whoever may see that case; any other for everybody with the permission. Each thing is done once: the mail's row
is locked first, whoever comes second is told what became of it. Nothing is deleted before its time, and only what was dealt with ever is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Select, delete, func, or_, select, update

from banshi import audit
from banshi.cases.book import House
from banshi.cases.numbers import show
from banshi.cases.tables import case
from banshi.cases.visibility import predicate
from banshi.contracts import CONFIDENTIAL, MAIL, Actor
from banshi.db import Connection
from banshi.documents.tables import document, document_content
from banshi.errors import Forbidden, Invalid, NotAllowedNow, NotFound
from banshi.identity.tables import post
from banshi.notify import inbound, joining
from banshi.notify.inbound import Kept
from banshi.notify.judging import REASONS
from banshi.notify.mailroom import Transaction, mail, mail_file
from banshi.settings import Settings
from banshi.texts import translator

_ = translator("banshi")

PAGE = 25
BOUND = 1000
BATCH = 200
LONGEST_WHY = 400
OPEN = ("held", "aside")
ENDED = ("joined", "done", "aside")
How = Literal["joined", "noted", "filed", "nothing", "spam"]
"""What became of a mail: the resident's act · a note among staff · a new case · nothing had to be done · nobody's business."""


def may(actor: Actor) -> None:
    """Refuse who does not work on mail."""
    if not actor.may(MAIL.name):
        raise Forbidden(_("Your post does not carry the right to work on mail."))


async def listing(
    db: Connection, house: House, actor: Actor, states: Sequence[str], reason: str = "", *, after: int | None = None, newest_first: bool = False
) -> tuple[Sequence[Row[Any]], int | None]:
    """Return one page of mails, and where the next begins (None: this was the last). One query."""
    statement = _mails().where(mail.c.state.in_(states), _visible(house, actor))
    if reason:
        statement = statement.where(mail.c.reason == reason)
    if after is not None:
        statement = statement.where(mail.c.id < after if newest_first else mail.c.id > after)
    rows = (await db.execute(statement.order_by(mail.c.id.desc() if newest_first else mail.c.id).limit(PAGE + 1))).all()
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


async def counts(db: Connection, house: House, actor: Actor) -> dict[str, int]:
    """Return how many mails are held for each reason, and set aside for each, at most ``BOUND`` + 1; one query."""
    seen, columns = _visible(house, actor), []
    for reason in REASONS:
        found = select(mail.c.id).where(mail.c.state.in_(OPEN), mail.c.reason == reason, seen).limit(BOUND + 1).subquery()
        columns.append(select(func.count()).select_from(found).scalar_subquery().label(reason))
    return {str(name): int(n) for name, n in (await db.execute(select(*columns))).mappings().one().items()}


async def get(db: Connection, house: House, actor: Actor, mail_id: int) -> Row[Any]:
    """Return a mail, with the number of the case that it names or went to and the staff number of who dealt with it; NotFound where there is none."""
    row: Row[Any] | None = (await db.execute(_mails().where(mail.c.id == mail_id, mail.c.state != "taken", _visible(house, actor)))).one_or_none()
    if row is None:
        raise NotFound(_("There is no such mail, or it is not for your eyes."))
    return row


async def files(db: Connection, mail_id: int) -> Sequence[Row[Any]]:
    """Return what came with a mail, in its order: what is kept as documents are listed, what is not with the ``fault``."""
    joined = mail_file.outerjoin(document, document.c.id == mail_file.c.document_id)
    joined = joined.outerjoin(document_content, document_content.c.digest == document.c.digest)
    kept = (document.c.digest, document.c.case_id, document.c.withdrawn, document_content.c.media_type, document_content.c.scan)
    statement = select(mail_file, *kept).select_from(joined).where(mail_file.c.mail_id == mail_id)
    return (await db.execute(statement.order_by(mail_file.c.position))).all()


async def join(db: Connection, house: House, settings: Settings, actor: Actor, mail_id: int, number: str, at: datetime) -> How:
    """Join a mail to a case: as the resident's act where the sender's address is known to be that person's, else as a note among staff.

    Raises ``NotFound`` for a case that the actor does not see, ``Forbidden`` where they have no part in it, ``NotAllowedNow`` where somebody else
    dealt with the mail first. Sent again by the same officer it is no fault.
    """
    row = await _claim(db, house, actor, mail_id)
    on = (await db.execute(select(case).where(case.c.number == number, predicate(house, actor)).with_for_update())).one_or_none()
    if on is None:
        raise NotFound(_("There is no case {number} that you may see."), number=show(number))
    if _is_mine(row, actor, ("joined", "noted"), on.id):
        return row.how  # type: ignore[no-any-return]
    _refuse_ended(row)
    declared = house.declared(on.type_id)
    if declared is None or not any(actor.may(a.needs) for a in declared.actions if a.needs):
        raise Forbidden(_("Your post does not carry the right to do this."))
    kept = inbound.unseal(house, row)
    resident, waiting, most = joining.spoken_for(actor, number), await joining.waiting_files(db, mail_id), settings.most_files
    theirs = bool(kept.sender) and await joining.is_theirs(db, house, on, on.applicant_id or 0, kept.sender)
    how: How = "joined" if theirs and joining.addition(house, resident, on, at) and (kept.text or waiting) else "noted"
    if how == "joined":
        key = f"mail:{row.fingerprint.hex()}"
        await joining.as_resident(db, house, resident, on, kept.text, waiting, at, key=key, sender=kept.sender, most=most, by=actor)
    else:
        words = kept.text or kept.subject
        await joining.as_note(db, house, actor, on, words, waiting, at, sender=kept.sender, subject=kept.subject, most=most)
    await _end(db, house, actor, mail_id, how, at, case_id=on.id, number=number)
    return how


async def claim_to_file(db: Connection, house: House, actor: Actor, mail_id: int) -> Kept:
    """Lock a mail from which a case is about to be filed, and return what it says; Invalid where somebody dealt with it meanwhile."""
    row = await _claim(db, house, actor, mail_id)
    if row.state not in OPEN:
        raise Invalid(_("Somebody dealt with this mail in the meantime: no case is filed from it again."))
    return inbound.unseal(house, row)


async def filed(db: Connection, house: House, settings: Settings, actor: Actor, mail_id: int, number: str, at: datetime) -> None:
    """Give the case that was filed from a claimed mail its files, and say of the mail what became of it."""
    row = (await db.execute(_locked(mail_id))).one()
    on = (await db.execute(select(case).where(case.c.number == number))).one()
    waiting = await joining.waiting_files(db, mail_id)
    await joining.give(db, house, actor, on, waiting, at, sender=inbound.unseal(house, row).sender, most=settings.most_files)
    await _end(db, house, actor, mail_id, "filed", at, case_id=on.id, number=number)


async def close(db: Connection, house: House, actor: Actor, mail_id: int, how: Literal["nothing", "spam"], why: str, at: datetime) -> None:
    """Say of a mail that nothing has to be done, or that it is nobody's business, and why."""
    row = await _claim(db, house, actor, mail_id)
    if _is_mine(row, actor, (how,), row.case_id):
        return
    _refuse_ended(row)
    await _end(db, house, actor, mail_id, how, at, why=why)


async def again(db: Connection, house: House, actor: Actor, mail_id: int, at: datetime) -> None:
    """Take up a mail again that was closed without a case; one that is open stays so."""
    row = await _claim(db, house, actor, mail_id)
    if row.state in OPEN:
        return
    if row.how not in {"nothing", "spam"}:
        raise NotAllowedNow(_("This mail became part of a case. Go on there."))
    await db.execute(update(mail).where(mail.c.id == mail_id).values(state="held", how="", why="", post_id=None, ended=None))
    await audit.record(db, house.keyring, actor, "mail.again", f"mail:{mail_id}", {}, at)


async def sweep(transaction: Transaction, before: datetime) -> int:
    """Delete mails that were dealt with before a moment, with what they brought as far as it is on no case; return how many."""
    gone = 0
    while True:
        async with transaction() as db:
            old = select(mail.c.id, mail.c.document_id).where(mail.c.ended < before, mail.c.state.in_(ENDED)).order_by(mail.c.id).limit(BATCH)
            rows = (await db.execute(old.with_for_update(skip_locked=True))).all()
            ids = [r.id for r in rows]
            brought = (await db.execute(delete(mail_file).where(mail_file.c.mail_id.in_(ids)).returning(mail_file.c.document_id))).scalars()
            documents = {d for d in (*brought, *(r.document_id for r in rows)) if d is not None}
            await db.execute(delete(mail).where(mail.c.id.in_(ids)))
            await db.execute(delete(document).where(document.c.id.in_(documents), document.c.case_id.is_(None)))
        gone += len(ids)
        if len(ids) < BATCH:
            return gone


# -- ground ------------------------------------------------------------------------------------------------------------------------


def _mails() -> Select[Any]:
    joined = mail.outerjoin(case, case.c.id == mail.c.case_id).outerjoin(post, post.c.id == mail.c.post_id)
    return select(mail, case.c.number, post.c.staff_number).select_from(joined)


def _visible(house: House, actor: Actor) -> ColumnElement[bool]:
    """A mail tells whose it is: one to a hidden person's case is for who may know them."""
    known = () if actor.may(CONFIDENTIAL.name) else (case.c.confidentiality != "hidden",)
    seen = select(case.c.id).where(case.c.id == mail.c.case_id, predicate(house, actor), *known).correlate(mail).exists()
    return or_(mail.c.case_id.is_(None), seen)


def _locked(mail_id: int) -> Select[Any]:
    return select(mail).where(mail.c.id == mail_id, mail.c.state != "taken").with_for_update()


async def _claim(db: Connection, house: House, actor: Actor, mail_id: int) -> Row[Any]:
    """Lock a mail that the actor may see."""
    may(actor)
    row: Row[Any] | None = (await db.execute(_locked(mail_id).where(_visible(house, actor)))).one_or_none()
    if row is None:
        raise NotFound(_("There is no such mail, or it is not for your eyes."))
    return row


def _is_mine(row: Any, actor: Actor, hows: Sequence[str], case_id: int | None) -> bool:
    """Return whether this very thing was done by this very post: it was sent twice."""
    return row.state == "done" and row.post_id == actor.post_id and row.how in hows and row.case_id == case_id


def _refuse_ended(row: Any) -> None:
    if row.state not in OPEN:
        raise NotAllowedNow(_("Somebody dealt with this mail in the meantime."))


async def _end(
    db: Connection, house: House, actor: Actor, mail_id: int, how: How, at: datetime, *, case_id: int | None = None, number: str = "", why: str = ""
) -> None:
    values: dict[str, Any] = {"state": "done", "how": how, "why": why, "post_id": actor.post_id, "ended": at}
    await db.execute(update(mail).where(mail.c.id == mail_id).values(values | ({"case_id": case_id} if case_id else {})))
    told = {k: v for k, v in {"how": how, "case": number, "why": why}.items() if v}
    await audit.record(db, house.keyring, actor, "mail.ended", f"mail:{mail_id}", told, at)
