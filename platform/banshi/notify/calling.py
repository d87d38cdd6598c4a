"""How a webhook is called: signed as Standard Webhooks says, bounded in time and size, no redirect followed, one call at a time for each address.

A hook that hangs holds up nobody else: it has its own task, and rests, longer each time, after it failed. After days of failure it is disabled, and
the administrator's page says so. A worker that dies in the middle leaves a lease that ends; the same event then comes with the same id.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import random
import secrets
import ssl
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpcore
import msgspec
from sqlalchemy import insert, select, text, update

from banshi import audit
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.errors import DatabaseUnavailable
from banshi.notify.fence import Fence
from banshi.notify.tables import webhook, webhook_delivery, webhook_try
from banshi.privacy import Keyring

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds from the look-up of the name to the last byte that is kept of the answer."""
KEPT_OF_ANSWER = 500
IN_TIME = "no answer in time"
AT_ONCE = 8
LEASE = timedelta(minutes=3)
WORKING = timedelta(minutes=1)
BATCH = 50
MOST_TRIES = 15
FIRST, LONGEST, LONGEST_REST = timedelta(seconds=30), timedelta(hours=8), timedelta(hours=1)
DISABLED_AFTER = timedelta(days=5)
PAUSE = 1.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a call; ``status`` None: no answer came, ``said`` tells why."""

    status: int | None
    said: str
    milliseconds: int

    @property
    def taken(self) -> bool:
        """Whether the other side has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def about_the_hook(self) -> bool:
        """Whether the failure is the hook's, so that other events would fail too; a plain 4xx may be about this one event."""
        return not self.taken and (self.status is None or self.status < 400 or self.status >= 500 or self.status in {401, 403, 404, 408, 410, 429})


def sign(secrets_: Sequence[str], name: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of Standard Webhooks: a signature under each secret, the newest first."""
    stamp = str(int(at.timestamp()))
    signed = f"{name}.{stamp}.".encode() + body
    keys = [base64.b64decode(s.removeprefix("whsec_")) for s in secrets_]
    signatures = ["v1," + base64.b64encode(hmac.digest(k, signed, "sha256")).decode() for k in keys]
    return {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": " ".join(signatures)}


class Caller:
    """Calls webhooks, several at once, each by itself."""

    def __init__(
        self, database: Database, keyring: Keyring, now: Callable[[], datetime], *, private: bool, patience: float = PATIENCE, at_once: int = AT_ONCE
    ) -> None:
        self._database, self._keyring, self._now = database, keyring, now
        self._patience, self._at_once = patience, at_once
        self._backend = Fence(private=private, at_once=at_once)
        self._context: ssl.SSLContext | None = None
        self._holder = secrets.token_urlsafe(12)
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Call until cancelled."""
        try:
            while True:
                try:
                    begun = await self.begin()
                except DatabaseUnavailable:
                    log.warning("webhooks wait for the database")
                    begun = 0
                except Exception:
                    log.exception("webhooks failed")
                    begun = 0
                if not begun:
                    await asyncio.sleep(PAUSE)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def begin(self) -> int:
        """Begin with the hooks that have something due and that nobody calls; return how many. Each goes on by itself."""
        room = self._at_once - len(self._running)
        if room <= 0:
            return 0
        at = self._now()
        async with self._database.transaction() as db:
            hooks = (await db.execute(_CLAIM, {"at": at, "until": at + LEASE, "holder": self._holder, "most": room})).all()
        for hook in hooks:
            task = asyncio.create_task(self._call_all(hook, at))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(hooks)

    async def settle(self) -> None:
        """Wait for the calls that are under way."""
        await asyncio.gather(*self._running)

    async def _call_all(self, hook: Any, began: datetime) -> None:
        """Call one hook for what is due, in order, until it fails or its time is over; then let it go."""
        try:
            due = (webhook_delivery.c.webhook_id == hook.id, webhook_delivery.c.state == "waiting", webhook_delivery.c.due <= began)
            order = (webhook_delivery.c.due, webhook_delivery.c.id)
            async with self._database.transaction() as db:
                rows = (await db.execute(select(webhook_delivery).where(*due).order_by(*order).limit(BATCH))).all()
            for row in rows:
                if self._now() - began > WORKING or not await self._call_one(hook, row):
                    break
        except DatabaseUnavailable:
            log.warning("webhooks wait for the database")
        except Exception:
            log.exception("a webhook failed", extra={"webhook": hook.id})
        finally:
            await self._let_go(hook)

    async def _let_go(self, hook: Any) -> None:
        try:
            async with self._database.transaction() as db:
                await db.execute(update(webhook).where(webhook.c.id == hook.id, webhook.c.holder == self._holder).values(leased=None, holder=""))
        except DatabaseUnavailable:
            log.warning("a webhook's lease ends by itself", extra={"webhook": hook.id})

    async def _call_one(self, hook: Any, row: Any) -> bool:
        """Call, and write down what came of it; return whether to go on with this hook."""
        at = self._now()
        known = [hook.secret, *([hook.old_secret] if hook.old_secret and hook.old_until and hook.old_until > at else [])]
        body = row.body.encode()
        headers = sign([self._keyring.unseal(s, "webhook.secret") for s in known], row.event, at, body)
        answer = await self.call(hook.url, headers, body)
        async with self._database.transaction() as db:
            return await self._write_down(db, hook.id, row, answer, at)

    async def call(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Send one request and return what came of it; never raises for what the other side does."""
        began = time.monotonic()
        status, said = None, ""
        try:
            async with asyncio.timeout(self._patience):
                status, said = await self._post(url, headers, body)
        except TimeoutError:
            said = IN_TIME
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, httpcore.UnsupportedProtocol, OSError, ValueError) as error:
            said = str(error) or type(error).__name__
        return Answer(status=status, said=printable(said), milliseconds=int((time.monotonic() - began) * 1000))

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        if self._context is None:
            self._context = ssl.create_default_context()
        sent = {"content-type": "application/cloudevents+json; charset=utf-8", "user-agent": "banshi", "accept": "*/*", **headers}
        async with (
            httpcore.AsyncConnectionPool(ssl_context=self._context, network_backend=self._backend, max_connections=1) as pool,
            pool.stream("POST", url, headers=[(k.encode(), v.encode()) for k, v in sent.items()], content=body) as response,
        ):
            said = b""
            async for part in response.aiter_stream():
                said += part
                if len(said) >= KEPT_OF_ANSWER:
                    break
        return response.status, said[:KEPT_OF_ANSWER].decode("utf8", "replace")

    async def _write_down(self, db: Connection, hook_id: int, row: Any, answer: Answer, at: datetime) -> bool:
        """Record a try, what it means for the delivery, and what for the hook; return whether to go on."""
        hook = (await db.execute(select(webhook).where(webhook.c.id == hook_id).with_for_update(key_share=True))).one()
        if hook.holder != self._holder:  # the lease ended meanwhile; whoever has it now does the rest
            return False
        tried = {"delivery_id": row.id, "at": at, "status": answer.status, "milliseconds": answer.milliseconds, "answer": answer.said}
        await db.execute(insert(webhook_try).values(tried))
        own = (webhook_delivery.c.id == row.id, webhook_delivery.c.state == "waiting")
        if answer.taken:
            await db.execute(update(webhook_delivery).where(*own).values(state="sent", tries=row.tries + 1, settled=at))
            if hook.failures or hook.failing_since is not None:
                await db.execute(update(webhook).where(webhook.c.id == hook_id).values(failures=0, failing_since=None, rests=None))
            return bool(hook.state == "active")
        tries = row.tries + 1
        over = {"state": "failed", "settled": at} if tries >= MOST_TRIES else {"due": at + wait(tries, LONGEST)}
        await db.execute(update(webhook_delivery).where(*own).values(tries=tries, **over))
        if not answer.about_the_hook:
            return bool(hook.state == "active")
        failures, since = hook.failures + 1, hook.failing_since or at
        values: dict[str, Any] = {"failures": failures, "failing_since": since, "rests": at + wait(failures, LONGEST_REST)}
        if hook.state == "active" and (answer.status == 410 or at - since >= DISABLED_AFTER):
            values["state"] = "disabled"
            body = {"since": since.isoformat(), "status": answer.status}
            await audit.record(db, self._keyring, Actor.SYSTEM, "webhook.disabled", f"webhook:{hook_id}", body, at)
            log.error("a webhook is disabled: it failed for too long", extra={"webhook": hook_id})
        await db.execute(update(webhook).where(webhook.c.id == hook_id).values(values))
        return False


def wait(tries: int, longest: timedelta) -> timedelta:
    """Return how long to wait after the nth failure: twice as long each time, up to a bound, and never quite the same."""
    longer: timedelta = min(FIRST * 2 ** min(tries - 1, 20), longest)
    return longer * random.uniform(0.75, 1.25)  # noqa: S311 -- no secret hangs on it


def printable(said: str) -> str:
    """Return what a database and a page can hold of an answer."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in said)[:KEPT_OF_ANSWER]


_CLAIM = text("""
with due as (
    select w.id from kernel.webhook w
    where w.state = 'active' and (w.rests is null or w.rests <= :at) and (w.leased is null or w.leased <= :at)
        and exists (select from kernel.webhook_delivery d where d.webhook_id = w.id and d.state = 'waiting' and d.due <= :at)
    order by w.leased nulls first, random() limit :most for update skip locked
)
update kernel.webhook w set leased = :until, holder = :holder
from due where w.id = due.id
returning w.id, w.url, w.secret, w.old_secret, w.old_until
""")
