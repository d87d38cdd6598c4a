"""The outbox. A row for each recipient, way and occasion is written with the event it tells of; a worker claims it, sends it, and says so.

Written in the relay's transaction and unique, so an event that is fed twice is told once. Claimed for a time, so any number of workers may
send: one that dies between sending and saying so leaves a lease that ends, and the message goes out once more with the same Message-ID, by which
a mail program knows the copy. What a server does not take now is tried again, ever later; while it is away, no message loses a try.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Row, delete, text, update
from sqlalchemy.dialects.postgresql import insert

from banshi.cases.book import House, Houses
from banshi.contracts import SmsProvider
from banshi.db import Connection, Database
from banshi.errors import DatabaseUnavailable, Refused, SettingsError
from banshi.jobs.relay import Consumer
from banshi.notify import mail, replying, sms
from banshi.notify.composing import CHOICE, Broken, Text, compose
from banshi.notify.mail import Letter
from banshi.notify.preferences import wanted_of
from banshi.notify.tables import address_claim, message
from banshi.notify.topics import CALLED, WAYS, Way, topic_of
from banshi.notify.ways import Away, Later, Never
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.settings import Settings

log = logging.getLogger(__name__)

CONSUMER = "messages"
LEASE = timedelta(minutes=5)
WORKING = timedelta(minutes=2)
"""A batch that takes longer gives the rest back: no message is sent under a lease that may end meanwhile."""
BATCH = 20
MOST_TRIES = 10
FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=6)
REST = timedelta(minutes=1)
OLDEST = timedelta(days=7)
"""Nobody needs to be told after that: they have read it on the page, or called."""
KEPT = timedelta(days=90)
PAUSE = 1.0
SMS_PATIENCE = 20.0


class Post(msgspec.Struct, frozen=True):
    """The ways out that the settings name."""

    settings: Settings
    letters: mail.Server | Path | None = None
    sender: mail.Sender | None = None
    texts: tuple[SmsProvider, str] | None = None

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways that are there."""
        return tuple(way for way in WAYS if (self.letters if way == "mail" else self.texts) is not None)


def post_of(settings: Settings, registry: Registry) -> Post:
    """Return the ways out; SettingsError where a setting names none that there is."""
    if settings.mailbox:
        try:
            replying.address(Keyring(settings.keys()), "0" * 12, 0, settings.mailbox)
        except ValueError as error:
            raise SettingsError(f"BANSHI_MAILBOX: {error}") from None
    return Post(
        settings,
        mail.server(settings.mail) if settings.mail else None,
        mail.sender(settings.mail_from) if settings.mail else None,
        sms.provider(settings.sms, registry.sms_providers) if settings.sms else None,
    )


# -- what is to be told ------------------------------------------------------------------------------------------------------


def consumer(houses: Houses, now: Callable[[], datetime], ways: Sequence[Way] = WAYS) -> Consumer:
    """Return the consumer that writes what is to be told, by the ways that are there.

    What was recorded before ``OLDEST`` is told no more: after a restore events may come again whose rows were swept long ago.
    """

    async def take(db: Connection, events: Sequence[Row[Any]]) -> None:
        keys = {"cases": [e.case_id for e in events], "sequences": [e.sequence for e in events], "since": now() - OLDEST}
        rows = (await db.execute(_CONCERNED, keys)).all() if ways else ()
        if rows:
            house = await houses(db)
            await put(db, [m for r in rows for m in _messages(house, r, ways)])

    return Consumer(CONSUMER, take)


async def put(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of the outbox; one that is there stays as it is."""
    if rows:
        await db.execute(insert(message).values(list(rows)).on_conflict_do_nothing(index_elements=["person_id", "way", "occasion"]))


async def call(db: Connection, case_id: int, person_ids: Collection[int], page: str, at: datetime, ways: Sequence[Way] = WAYS) -> None:
    """Write messages to people who are needed on a case that is not theirs: once each for a case, however often they are called to it.

    ``page`` is where they see what they are asked for, a path of this site.
    """
    rows = (await db.execute(_CALLED, {"people": list(person_ids), "case": case_id, "at": at})).all()
    await put(db, [m | {"about": {"page": page}, "occasion": f"called:{case_id}"} for r in rows for m in _by_ways(r, CALLED, ways)])


def _messages(house: House, row: Any, ways: Sequence[Way]) -> list[dict[str, Any]]:
    topic = topic_of(house.declared(row.type_id), house.book[row.type_id], row.kind, row.state, row.sequence)
    return _by_ways(row, topic, ways)


def _by_ways(row: Any, topic: str, ways: Sequence[Way]) -> list[dict[str, Any]]:
    wanted, found = wanted_of(row.chosen), []
    for way in ways:
        if not (row.has_mail if way == "mail" else row.has_telephone and topic in wanted[way]):
            continue
        want = topic in wanted[way]
        found.append(
            {
                "person_id": row.person_id,
                "way": way,
                "topic": topic,
                "occasion": f"case:{row.case_id}:{row.sequence}",
                "about": {},
                "case_id": row.case_id,
                "sequence": row.sequence,
                "state": "waiting" if want else "suppressed",
                "why": "" if want else CHOICE,
                "created": row.recorded,
                "due": row.recorded,
                "settled": None if want else row.recorded,
            }
        )
    return found


_CONCERNED = text("""
select e.case_id, e.sequence, e.kind, e.state, e.recorded, c.type_id, p.id as person_id,
    p.email <> '' and p.email_confirmed <= e.recorded as has_mail, p.telephone <> '' as has_telephone,
    (select jsonb_agg(jsonb_build_array(o.way, o.topic, o.wanted)) from kernel.message_choice o where o.person_id = p.id) as chosen
from unnest(cast(:cases as bigint[]), cast(:sequences as integer[])) as k(case_id, sequence)
join kernel.case_event e on e.case_id = k.case_id and e.sequence = k.sequence
join kernel."case" c on c.id = e.case_id
join kernel.person p on p.id = c.applicant_id
where e.audience <> 'staff' and e.recorded > :since
    and not (e.sequence < 3 and exists (select from kernel.case_event i where i.case_id = e.case_id and i.sequence = 2 and i.kind = 'imported'))
    and (e.sequence = 1 or e.capacity <> 'resident' or (e.acting_for_id = p.id and e.actor_id <> p.id))
    and (p.email <> '' or exists (select from kernel.message_choice o where o.person_id = p.id and o.way = 'sms' and o.wanted))
""")

_CALLED = text("""
select e.case_id, e.sequence, cast(:at as timestamptz) as recorded, p.id as person_id,
    p.email <> '' and p.email_confirmed is not null as has_mail, p.telephone <> '' as has_telephone,
    (select jsonb_agg(jsonb_build_array(o.way, o.topic, o.wanted)) from kernel.message_choice o where o.person_id = p.id) as chosen
from kernel.person p
join kernel."case" c on c.id = :case
join kernel.case_event e on e.case_id = c.id and e.sequence = 1
where p.id = any(cast(:people as bigint[])) and p.id is distinct from c.applicant_id
""")


# -- the worker ----------------------------------------------------------------------------------------------------------------


class Worker:
    """Sends what waits, batch by batch."""

    def __init__(self, database: Database, houses: Houses, post: Post, now: Callable[[], datetime]) -> None:
        self._database, self._houses, self._post, self._now = database, houses, post, now
        self._holder = secrets.token_urlsafe(12)

    async def run(self) -> None:
        """Send until cancelled; a way that is closed does not hold up the other."""
        rests: dict[Way, datetime] = {}
        while True:
            sent = 0
            for way in self._post.ways:
                if rests.get(way, self._now()) > self._now():
                    continue
                try:
                    sent += await self.send(way)
                except Away as error:
                    log.warning("messages wait: the way is closed", extra={"way": way, "why": str(error)})
                    rests[way] = self._now() + REST
                except DatabaseUnavailable:
                    log.warning("the outbox waits for the database")
                except Exception:
                    log.exception("the outbox failed", extra={"way": way})
                    rests[way] = self._now() + REST
            if not sent:
                await asyncio.sleep(PAUSE)

    async def send(self, way: Way) -> int:
        """Send a batch; return how many rows were settled or put off. Raise Away where the way is closed: they are given back untouched."""
        began = self._now()
        async with self._database.transaction() as db:
            lease = {"way": way, "at": began, "until": began + LEASE, "holder": self._holder, "most": BATCH}
            claimed = {r.id: r for r in await db.execute(_CLAIM, lease)}
            if not claimed:
                return 0
            parcels = await compose(db, await self._houses(db), self._post.settings, sorted(claimed), began)
            for one, parcel in list(parcels.items()):
                if claimed[one].tries > MOST_TRIES or claimed[one].created < began - OLDEST:
                    await self._settle(db, one, "failed", "tries" if claimed[one].tries > MOST_TRIES else "late")
                elif isinstance(parcel, Broken):
                    await self._settle(db, one, "failed", parcel.why)
                elif isinstance(parcel, str):
                    await self._settle(db, one, "suppressed", parcel)
                else:
                    continue
                del parcels[one]
        left = dict(parcels)
        try:
            if way == "mail":
                await self._mail(claimed, left, began)
            else:
                await self._text(claimed, left, began)
        except Away as error:
            await self._give_back(left, REST, str(error))
            raise
        if left:
            await self._give_back(left, timedelta(), "")
        return len(claimed)

    async def _mail(self, claimed: Mapping[int, Any], left: dict[int, Any], began: datetime) -> None:
        if not left or self._post.sender is None or self._post.letters is None:
            return
        async with mail.carrier(self._post.letters) as carrier:
            for one, letter in list(left.items()):
                if self._now() - began > WORKING:
                    return
                assert isinstance(letter, Letter)
                try:
                    await carrier.send(self._written(letter, self._post.sender))
                except (Later, Never) as error:
                    await self._not_taken(one, claimed[one].tries, error)
                else:
                    await self._sent(one)
                del left[one]

    @staticmethod
    def _written(letter: Letter, sender: mail.Sender) -> EmailMessage:
        try:
            return mail.write(letter, sender)
        except ValueError as error:  # an address that no header takes
            raise Never(type(error).__name__) from None

    async def _text(self, claimed: Mapping[int, Any], left: dict[int, Any], began: datetime) -> None:
        assert self._post.texts is not None
        provider, where = self._post.texts
        for one, parcel in list(left.items()):
            if self._now() - began > WORKING:
                return
            assert isinstance(parcel, Text)
            try:
                async with asyncio.timeout(SMS_PATIENCE):
                    await provider.send(parcel.to, parcel.text, parcel.key, where)
            except Refused:
                await self._not_taken(one, claimed[one].tries, Never("refused"))
            except Exception as error:
                # Its words may hold the number: only the kind of error is kept.
                await self._not_taken(one, claimed[one].tries, Later(type(error).__name__))
            else:
                await self._sent(one)
            del left[one]

    async def _sent(self, one: int) -> None:
        async with self._database.transaction() as db:
            await self._settle(db, one, "sent", "")

    async def _not_taken(self, one: int, tries: int, error: Later | Never) -> None:
        async with self._database.transaction() as db:
            if isinstance(error, Never) or tries >= MOST_TRIES:
                await self._settle(db, one, "failed", str(error))
                return
            values = {"due": self._now() + wait(tries), "leased": None, "holder": "", "why": str(error)}
            await db.execute(update(message).where(*self._held(one)).values(values))

    async def _give_back(self, left: Mapping[int, Any], pause: timedelta, why: str) -> None:
        async with self._database.transaction() as db:
            values = {"due": self._now() + pause, "leased": None, "holder": "", "tries": message.c.tries - 1, "why": why}
            await db.execute(update(message).where(message.c.id.in_(left), message.c.holder == self._holder).values(values))

    async def _settle(self, db: Connection, one: int, state: str, why: str) -> None:
        values = {"state": state, "why": why, "settled": self._now(), "leased": None, "holder": ""}
        await db.execute(update(message).where(*self._held(one)).values(values))

    def _held(self, one: int) -> tuple[Any, ...]:
        return message.c.id == one, message.c.holder == self._holder, message.c.state == "waiting"


def wait(tries: int) -> timedelta:
    """Return how long to wait after the nth try: twice as long each time, up to a bound, and never quite the same."""
    longer: timedelta = min(FIRST * 2 ** min(tries - 1, 20), LONGEST)
    return longer * random.uniform(0.8, 1.2)  # noqa: S311 -- no secret hangs on it


async def sweep(db: Connection, at: datetime) -> None:
    """Forget what was settled long ago, and addresses that nobody confirmed in time."""
    await db.execute(delete(address_claim).where(address_claim.c.expires <= at))
    await db.execute(delete(message).where(message.c.settled <= at - KEPT))


_CLAIM = text("""
with due as (
    select id from kernel.message
    where way = :way and state = 'waiting' and due <= :at and (leased is null or leased <= :at)
    order by due, id limit :most for update skip locked
)
update kernel.message m set leased = :until, holder = :holder, tries = m.tries + 1
from due where m.id = due.id
returning m.id, m.tries, m.created
""")
