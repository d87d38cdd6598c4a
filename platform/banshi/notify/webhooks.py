"""Webhooks: events to other programs, as CloudEvents. Who is told what, under which secret; what was sent and what came of it.

What is sent holds no personal field and no free text: whoever may know more asks the API with a token of their own.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, case, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from banshi import audit
from banshi.cases.book import House, Houses
from banshi.contracts import Actor
from banshi.db import Connection
from banshi.districts import District
from banshi.errors import Conflict, Invalid, NotFound
from banshi.jobs.relay import Consumer
from banshi.notify.fence import read_url
from banshi.notify.tables import webhook, webhook_delivery, webhook_try
from banshi.notify.topics import HOOKS, INTERNAL, topic_of
from banshi.privacy import Keyring
from banshi.texts import Said, Text, translator

_ = translator("banshi")

CONSUMER = "webhooks"
OLD_SECRET_LASTS = timedelta(hours=24)
KEPT = timedelta(days=30)
LOGGED = 25
LONGEST_TITLE = 100
MOST = 50
"""Webhooks of one district: each costs a row for every event."""


# -- what is sent ------------------------------------------------------------------------------------------------------------


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook says of an event: nothing that names a person, nothing that somebody wrote."""

    number: str
    sequence: int
    case_type: str
    district: str
    kind: str
    state: str
    department: str | None
    at: datetime


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """CloudEvents 1.0 in its structured JSON mode."""

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str | None = None
    time: datetime
    datacontenttype: str = "application/json"
    data: Told | None = None


def consumer(houses: Houses, now: Callable[[], datetime], source: str) -> Consumer:
    """Return the consumer that writes what each webhook is to be told; ``source`` is the platform's own address.

    What was recorded longer ago than the log is kept is told no more: after a restore events may come again.
    """

    async def take(db: Connection, events: Sequence[Row[Any]]) -> None:
        columns = [webhook.c[n] for n in ("id", "district_id", "topics", "internal", "created")]
        hooks = (await db.execute(select(*columns).where(webhook.c.state.in_(("active", "paused"))))).all()
        if not hooks:
            return
        house = await houses(db)
        keys = {"cases": [e.case_id for e in events], "sequences": [e.sequence for e in events], "since": now() - KEPT}
        rows = [d for e in await db.execute(_EVENTS, keys) for d in _deliveries(house, hooks, e, source)]
        if rows:
            await db.execute(insert(webhook_delivery).values(rows).on_conflict_do_nothing(index_elements=["webhook_id", "event"]))

    return Consumer(CONSUMER, take)


def _deliveries(house: House, hooks: Sequence[Any], event: Any, source: str) -> list[dict[str, Any]]:
    type_row = house.book[event.type_id]
    staff = event.audience == "staff"
    topic = INTERNAL if staff else topic_of(house.declared(event.type_id), type_row, event.kind, event.state, event.sequence)
    district = house.directory.tree[event.district_id]
    concerned = [
        h
        for h in hooks
        if h.district_id in district.path and (topic in h.topics or not h.topics) and (h.internal or not staff) and event.recorded >= h.created
    ]
    if not concerned:
        return []
    name = f"evt_{event.number}_{event.sequence}"
    body = CloudEvent(
        id=name,
        source=f"{source}/d/{district.code}",
        type=f"banshi.case.{topic}",
        subject=event.number,
        time=event.at,
        data=Told(
            number=event.number,
            sequence=event.sequence,
            case_type=type_row.key,
            district=district.code,
            kind=event.kind,
            state=event.state,
            department=house.directory.department(event.department_id).code if event.department_id else None,
            at=event.at,
        ),
    )
    said = msgspec.json.encode(body).decode()
    return [{"webhook_id": h.id, "event": name, "body": said, "created": event.recorded, "due": event.recorded} for h in concerned]


_EVENTS = text("""
select e.case_id, e.sequence, e.kind, e.state, e.audience, e.at, e.recorded, c.number, c.type_id, c.district_id, c.department_id
from unnest(cast(:cases as bigint[]), cast(:sequences as integer[])) as k(case_id, sequence)
join kernel.case_event e on e.case_id = k.case_id and e.sequence = k.sequence
join kernel."case" c on c.id = e.case_id
where e.recorded > :since
    and not (e.sequence < 3 and exists (select from kernel.case_event i where i.case_id = e.case_id and i.sequence = 2 and i.kind = 'imported'))
order by e.case_id, e.sequence
""")


# -- what an administrator does -----------------------------------------------------------------------------------------------


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as somebody wants it; ``topics`` none: all that it may know."""

    title: str
    url: str
    topics: tuple[str, ...] = ()
    internal: bool = False


def check(wanted: Wanted, *, private: bool) -> Wanted:
    """Return a webhook as it is kept; Invalid, field by field."""
    problems: dict[str, Text | Said | str] = {}
    title, url = " ".join(wanted.title.split()), ""
    if not title:
        problems["title"] = _("Give it a name, so that colleagues know whose it is.")
    elif len(title) > LONGEST_TITLE:
        problems["title"] = Said(_("This is too long: at most {most} characters."), {"most": LONGEST_TITLE})
    try:
        url = read_url(wanted.url, private=private)
    except Invalid as refused:
        problems |= refused.problems
    if set(wanted.topics) - set(HOOKS):
        problems["topics"] = _("Choose from the list.")
    elif INTERNAL in wanted.topics and not wanted.internal:
        problems["topics"] = _("Only a webhook of the own house may be told what only staff may read: say so below.")
    if problems:
        raise Invalid(_("Some answers need your attention."), problems)
    return msgspec.structs.replace(wanted, title=title, url=url)


def new_secret() -> str:
    """Return a fresh secret, as Standard Webhooks writes one."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


async def add(db: Connection, keyring: Keyring, actor: Actor, district: District, wanted: Wanted, key: str, at: datetime) -> int:
    """Add a webhook for a district and what lies below it; return its id. The same ``key`` again is the same webhook."""
    known = (await db.execute(select(webhook.c.id).where(webhook.c.key == key))).scalar_one_or_none()
    if known is not None:
        return int(known)
    count = select(func.count()).where(webhook.c.district_id == district.id, webhook.c.state != "removed")
    if (await db.execute(count)).scalar_one() >= MOST:
        raise Conflict(_("There are {most} webhooks already: remove one first."), most=MOST)
    values = {
        **msgspec.structs.asdict(wanted),
        "topics": list(wanted.topics),
        "key": key,
        "district_id": district.id,
        "secret": keyring.seal(new_secret(), "webhook.secret"),
        "created": at,
    }
    statement = insert(webhook).values(values).on_conflict_do_update(index_elements=["key"], set_={"key": key})
    made = (await db.execute(statement.returning(webhook.c.id, text("(xmax = 0) as fresh")))).one()
    if made.fresh:
        await audit.record(db, keyring, actor, "webhook.added", f"webhook:{made.id}", _audited(wanted, district), at)
    return int(made.id)


async def change(db: Connection, keyring: Keyring, actor: Actor, hook: Any, district: District, wanted: Wanted, at: datetime) -> None:
    """Change what a webhook is told, and where."""
    values = {**msgspec.structs.asdict(wanted), "topics": list(wanted.topics)}
    await db.execute(update(webhook).where(webhook.c.id == hook.id).values(values))
    await audit.record(db, keyring, actor, "webhook.changed", f"webhook:{hook.id}", _audited(wanted, district), at)


def _audited(wanted: Wanted, district: District) -> dict[str, Any]:
    return {"url": wanted.url, "topics": list(wanted.topics), "internal": wanted.internal, "district": district.code}


async def pause(db: Connection, keyring: Keyring, actor: Actor, hook: Any, at: datetime) -> None:
    """Call it no more until somebody says so; what happens meanwhile is kept for it."""
    if hook.state == "active":
        await db.execute(update(webhook).where(webhook.c.id == hook.id).values(state="paused"))
        await audit.record(db, keyring, actor, "webhook.paused", f"webhook:{hook.id}", {}, at)


async def resume(db: Connection, keyring: Keyring, actor: Actor, hook: Any, at: datetime) -> None:
    """Call it again, at once: after a pause, after it was disabled, or while it rests after failures."""
    await db.execute(update(webhook).where(webhook.c.id == hook.id).values(state="active", failing_since=None, failures=0, rests=None))
    waiting = (webhook_delivery.c.webhook_id == hook.id, webhook_delivery.c.state == "waiting")
    await db.execute(update(webhook_delivery).where(*waiting).values(due=at))
    await audit.record(db, keyring, actor, "webhook.resumed", f"webhook:{hook.id}", {}, at)


async def rotate(db: Connection, keyring: Keyring, actor: Actor, hook: Any, at: datetime) -> None:
    """Give it a new secret; for a day both sign, so that the other side changes over when it suits. Conflict within that day."""
    if hook.old_until is not None and hook.old_until > at:
        raise Conflict(_("It was given a new secret less than a day ago. The one before still signs, too: let the other side change over first."))
    values = {"secret": keyring.seal(new_secret(), "webhook.secret"), "old_secret": hook.secret, "old_until": at + OLD_SECRET_LASTS}
    await db.execute(update(webhook).where(webhook.c.id == hook.id).values(values))
    await audit.record(db, keyring, actor, "webhook.rotated", f"webhook:{hook.id}", {}, at)


async def secret(db: Connection, keyring: Keyring, actor: Actor, hook: Any, at: datetime) -> str:
    """Return the secret in plain, to be given to the other side; the reading is audited."""
    await audit.record(db, keyring, actor, "webhook.secret_read", f"webhook:{hook.id}", {}, at)
    return keyring.unseal(hook.secret, "webhook.secret")


async def remove(db: Connection, keyring: Keyring, actor: Actor, hook: Any, at: datetime) -> None:
    """Let it be called no more for good; its log stays as long as any."""
    await db.execute(update(webhook).where(webhook.c.id == hook.id).values(state="removed", secret="", old_secret=""))
    waiting = (webhook_delivery.c.webhook_id == hook.id, webhook_delivery.c.state == "waiting")
    await db.execute(update(webhook_delivery).where(*waiting).values(state="failed", settled=at))
    await audit.record(db, keyring, actor, "webhook.removed", f"webhook:{hook.id}", {}, at)


async def send_test(db: Connection, keyring: Keyring, actor: Actor, hook: Any, source: str, at: datetime) -> None:
    """Send an event that means nothing, to see whether it arrives."""
    if hook.state != "active":
        raise Conflict(_("This webhook is not called now: let it be called again first."))
    name = "test_" + secrets.token_hex(8)
    body = msgspec.json.encode(CloudEvent(id=name, source=source, type="banshi.test", time=at)).decode()
    await db.execute(insert(webhook_delivery).values(webhook_id=hook.id, event=name, body=body, created=at, due=at))
    await db.execute(update(webhook).where(webhook.c.id == hook.id).values(rests=None))
    await audit.record(db, keyring, actor, "webhook.tested", f"webhook:{hook.id}", {}, at)


async def redeliver(db: Connection, keyring: Keyring, actor: Actor, hook: Any, delivery_id: int, at: datetime) -> None:
    """Send something again, with the same id, by which the other side knows it; NotFound where this webhook never had it."""
    values = {"state": "waiting", "due": at, "tries": 0, "settled": None}
    own = (webhook_delivery.c.id == delivery_id, webhook_delivery.c.webhook_id == hook.id)
    found = (await db.execute(update(webhook_delivery).where(*own).values(values).returning(webhook_delivery.c.event))).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such delivery any more."))
    await db.execute(update(webhook).where(webhook.c.id == hook.id).values(rests=None))
    await audit.record(db, keyring, actor, "webhook.redelivered", f"webhook:{hook.id}", {"event": found}, at)


# -- what they read -----------------------------------------------------------------------------------------------------------


async def listing(db: Connection, district_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Return the webhooks of these districts, those that fail first, with how many deliveries wait (at most 1001); one query."""
    waiting = (
        select(webhook_delivery.c.id)
        .where(webhook_delivery.c.webhook_id == webhook.c.id, webhook_delivery.c.state == "waiting")
        .limit(1001)
        .correlate(webhook)
        .subquery()
    )
    statement = (
        select(webhook, select(func.count()).select_from(waiting).scalar_subquery().label("waiting"))
        .where(webhook.c.district_id.in_(district_ids), webhook.c.state != "removed")
        .order_by(case((webhook.c.state == "disabled", 0), (webhook.c.failing_since.is_not(None), 1), else_=2), webhook.c.title, webhook.c.id)
    )
    return (await db.execute(statement)).all()


async def one(db: Connection, webhook_id: int, district_ids: Collection[int], *, lock: bool = False) -> Row[Any]:
    """Return a webhook of these districts; NotFound where there is none."""
    statement = select(webhook).where(webhook.c.id == webhook_id, webhook.c.district_id.in_(district_ids), webhook.c.state != "removed")
    found = (await db.execute(statement.with_for_update(key_share=True) if lock else statement)).one_or_none()
    if found is None:
        raise NotFound(_("There is no such webhook."))
    return found


async def log(db: Connection, webhook_id: int, before: int | None = None) -> tuple[Sequence[Row[Any]], int | None]:
    """Return deliveries, the newest first, each with its tries, and where the next page begins; one query."""
    t = webhook_try.c
    line = func.jsonb_build_object("at", t.at, "status", t.status, "milliseconds", t.milliseconds, "answer", t.answer)
    tries = select(func.jsonb_agg(aggregate_order_by(line, t.id))).where(t.delivery_id == webhook_delivery.c.id).scalar_subquery()
    statement = select(webhook_delivery, tries.label("log")).where(webhook_delivery.c.webhook_id == webhook_id)
    if before is not None:
        statement = statement.where(webhook_delivery.c.id < before)
    rows = (await db.execute(statement.order_by(webhook_delivery.c.id.desc()).limit(LOGGED + 1))).all()
    return rows[:LOGGED], rows[LOGGED - 1].id if len(rows) > LOGGED else None


async def sweep(db: Connection, at: datetime) -> None:
    """Forget what was settled long ago; give up what waited as long."""
    late = (webhook_delivery.c.state == "waiting", webhook_delivery.c.created <= at - KEPT)
    await db.execute(update(webhook_delivery).where(*late).values(state="failed", settled=at))
    await db.execute(delete(webhook_delivery).where(webhook_delivery.c.settled <= at - KEPT))
