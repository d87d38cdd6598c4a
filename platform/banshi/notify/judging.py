"""Whether a mail joins its case by itself. It does where a token that we signed names the case, and nothing speaks against it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import func, select

from banshi.cases.book import House
from banshi.cases.tables import case
from banshi.cases.visibility import predicate
from banshi.contracts import Actor
from banshi.db import Connection
from banshi.errors import Forbidden, NotFound, Refused
from banshi.identity import mandates
from banshi.notify import joining, replying
from banshi.notify.heads import Head
from banshi.notify.mailroom import mail
from banshi.notify.parsing import Mail
from banshi.notify.replying import Reply
from banshi.settings import Settings
from banshi.texts import Text, translator

_ = translator("banshi")

HOUR = timedelta(hours=1)
_OURS = re.compile(r"<(\d{1,19})\.([0-9a-f]{24})@")
"""How a letter of ours is called: the number of its message, and a mark under our key. One that comes back is known by it."""

HELD: Mapping[str, Text] = {
    "other_sender": _("An answer from another address"),
    "no_token": _("Not an answer to one of our messages"),
    "bad_token": _("Its reply address was changed or forged"),
    "several": _("An answer to several cases at once"),
    "not_theirs": _("Whoever answers has no part in the case any more"),
    "state": _("The case takes nothing from its applicant now"),
    "empty": _("Nothing is written in it"),
    "many": _("Too many mails in an hour"),
    "virus": _("A virus was found in it"),
    "large": _("Too large to be read"),
    "broken": _("It is damaged, or not what it says"),
    "failed": _("It could not be read"),
}
"""Why a mail waits for a clerk, the likeliest to be a resident's first."""
ASIDE: Mapping[str, Text] = {
    "automatic": _("An automatic answer, a list or a report of delivery"),
    "own": _("One of our own messages that came back"),
}
REASONS: Mapping[str, Text] = {**HELD, **ASIDE}


class Named(msgspec.Struct, frozen=True):
    """What the addresses of a mail name: whose replies they are, the one there is with its locked case, and whether any claims to be ours."""

    replies: frozenset[Reply]
    reply: Reply | None
    case: Any
    claimed: bool


async def named(db: Connection, settings: Settings, house: House, head: Head) -> Named:
    """Return what a mail's addresses name. Its case is locked from here on, before any content is: so do all who attach something."""
    replies = frozenset(r for a in head.recipients if (r := replying.read(house.keyring, a, settings.mailbox)))
    claimed = any(replying.token_of(a, settings.mailbox) for a in head.recipients)
    reply = next(iter(replies)) if len(replies) == 1 else None
    return Named(replies, reply, await _row(db, house, reply) if reply else None, claimed)


async def judge(
    db: Connection,
    settings: Settings,
    house: House,
    row: Any,
    said: Mail,
    to: Named,
    at: datetime,
    *,
    sender_index: bytes | None,
    large: bool,
    virus: bool,
) -> dict[str, Any]:
    """Return what is written of a locked mail: its state, the reason where it is not joined, the case and person that its token names.

    Where it joins, that has happened: in this transaction, under a key made of the mail itself.
    """
    head, reply, on = said.head, to.reply, to.case
    values: dict[str, Any] = {"case_id": on.id if on else None, "person_id": reply.person_id if reply else None}

    def rests(reason: str) -> dict[str, Any]:
        ended = {"state": "aside", "ended": at} if reason in ASIDE else {"state": "held"}
        return values | ended | {"reason": reason}

    if is_own(house, head, settings.mailbox):
        return rests("own")
    if head.automatic:
        return rests("automatic")
    if await _too_many(db, settings, row, sender_index, on, at):
        return rests("many")
    for reason, so in (("large", large), ("virus", virus), ("broken", bool(said.faults))):
        if so:
            return rests(reason)
    if len(to.replies) > 1:
        return rests("several")
    if reply is None:
        return rests("bad_token" if to.claimed else "no_token")
    if on is None:
        return rests("not_theirs")
    actor = await _actor(db, house, reply, on, at)
    if actor is None:
        return rests("not_theirs")
    if await joining.is_theirs(db, house, on, reply.person_id, head.sender) is False or not head.sender:
        return rests("other_sender")
    files = await joining.waiting_files(db, row.id)
    if not said.text and not files:
        return rests("empty")
    try:
        key, by = f"mail:{row.fingerprint.hex()}", Actor.SYSTEM
        await joining.as_resident(db, house, actor, on, said.text, files, at, key=key, sender=head.sender, most=settings.most_files, by=by)
    except Refused:
        return rests("state")
    return values | {"state": "joined", "ended": at}


def is_own(house: House, head: Head, mailbox: str) -> bool:
    """Return whether a mail is one of ours: by the mark in its Message-ID, or from the mailbox to which people answer."""
    called, own = _OURS.match(head.message_id), mailbox.casefold()
    if called and any(hmac.compare_digest(mac[:12].hex(), called[2]) for mac in house.keyring.macs("message", called[1].encode())):
        return True
    return bool(own and (head.sender == own or replying.token_of(head.sender, own)))


async def _row(db: Connection, house: House, reply: Reply) -> Any:
    """Return the locked case that a token names, None where it is not there any more."""
    statement = select(case).where(case.c.number == reply.number, predicate(house, Actor.SYSTEM)).with_for_update()
    return (await db.execute(statement)).one_or_none()


async def _actor(db: Connection, house: House, reply: Reply, on: Any, at: datetime) -> Actor | None:
    """Return as whom a reply acts: the case's person, their helper while the mandate lives, or the holder of its code; None where none of these."""
    if not reply.person_id:
        return Actor(capacity="resident", holds=reply.number) if on.applicant_id is None else None
    actor = Actor(capacity="resident", person_id=reply.person_id)
    seen = select(case.c.id).where(case.c.id == on.id, predicate(house, actor))
    if (await db.execute(seen)).one_or_none() is not None:
        return actor
    try:
        return mandates.acting(await mandates.held(db, house.keyring, reply.person_id, on.applicant_id or 0, at))
    except (Forbidden, NotFound):
        return None


async def _too_many(db: Connection, settings: Settings, row: Any, sender_index: bytes | None, on: Any, at: datetime) -> bool:
    """Return whether one sender, or all to one case, wrote more in an hour than people do: then two machines answer each other."""
    alike = [c for c in (mail.c.sender_index == sender_index if sender_index else None, mail.c.case_id == on.id if on else None) if c is not None]
    for one in alike:
        earlier = select(mail.c.id).where(one, mail.c.taken > at - HOUR, mail.c.id != row.id).limit(settings.most_mails).subquery()
        if (await db.execute(select(func.count()).select_from(earlier))).scalar_one() >= settings.most_mails:
            return True
    return False
