"""Years of a city's requests: most of them closed, over districts, departments and months. The same number gives the same cases."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from time import perf_counter

from sqlalchemy import select, text

from banshi import clock
from banshi.cases import acting, opening, reading
from banshi.cases.acting import Act
from banshi.cases.opening import Opening, Past
from banshi.cases.tables import case
from banshi.contracts import Actor
from banshi.search import indexing
from bench.place import Town

BATCH = 500
AT_ONCE = 2
SIGNED = 60
PLAIN = 50
"""One case in so many has words that tell nothing (a mark of punctuation), so that no other is like it."""
OPEN_SHARE = 0.05
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
AREAS = {"east": "elm", "south": "willow", "west": "maple", "north": "pine"}
CATEGORIES = ("street_lighting", "water", "roads", "waste", "noise", "drainage", "parking", "other")
TEXTS = (
    "路灯黑了{n}天了。老人晚上不敢下楼，孩子放学也要家里人到路口接，请尽快派人来修一修。",
    "{n} 号楼停水，问了物业说不知道什么时候来，家里有病人，等着用水。",
    "夜里 {n} 点还在施工，窗户关上也睡不着，已经连着一个星期了。",
    "垃圾堆在路口{n}天没有清走，天热了味道很大，请安排清运，也请以后按时收。",
    "The pavement has sunk at number {n}, and a pram cannot pass. It has been like this since the rain last week.",
)
SILENT = "？"
FINAL = ("settled", "settled", "settled", "explained", "withdrawn")


async def fill(town: Town, start: int, stop: int) -> float:
    """Open cases number ``start`` to ``stop``; return how many a second."""
    source = openings(town, start, stop)
    actor = Actor(capacity="system", credential="import:bench-history")
    began = perf_counter()

    async def take() -> None:
        while batch := list(islice(source, BATCH)):
            async with town.database.transaction() as db:
                await opening.open_many(db, town.house, actor, batch, clock.now())

    await asyncio.gather(*(take() for _ in range(AT_ONCE)))
    return (stop - start) / (perf_counter() - began)


async def answer(town: Town, above: int) -> None:
    """Let history have its answers: a line for each closed case with an id ``above``, outside the chain, which nobody verifies here."""
    async with town.database.transaction() as db:
        await db.execute(_ANSWER, {"above": above, "person": town.clerk.person_id, "post": town.clerk.post_id})


async def index(town: Town, above: int) -> None:
    """Write the words of every case with an id ``above``, as `banshi search rebuild` does."""
    async with town.database.transaction() as db:
        found = iter((await db.execute(select(case.c.id).where(case.c.id > above).order_by(case.c.id))).scalars().all())

    async def take() -> None:
        while batch := list(islice(found, BATCH)):
            async with town.database.transaction() as db:
                await indexing.index(db, town.house, batch)

    await asyncio.gather(*(take() for _ in range(AT_ONCE)))


async def sign_some(town: Town) -> None:
    """Let the clerk sign for what lies longest, so that their own queue is as full as a person's is."""
    for _batch in range(SIGNED // reading.PAGE + 1):
        async with town.database.transaction() as db:
            query = reading.Query(open=True, states=("new",), department_id=town.clerk.department_id)
            found = await reading.listing(db, town.house, town.clerk, query)
            if found.rows:
                await acting.act_many(db, town.house, town.clerk, [Act(number=r.number, action="sign") for r in found.rows], clock.now())


def openings(town: Town, start: int, stop: int) -> Iterator[Opening]:
    """Yield cases ``start`` to ``stop``: three years of history up to yesterday; what is open came in the last two months."""
    declared, tree = town.registry.case_type("tickets.request"), town.house.directory.tree
    districts = {area: tree.serving_of(found.id).id for area in AREAS.values() if (found := tree.find(area))}
    now = clock.now() - timedelta(days=1)
    whole = now - FIRST
    for number in range(start, stop):
        chance = random.Random(number)
        past, received = _past(chance, number, now, whole)
        area = chance.choice(tuple(districts))
        filled = answers(chance, area) | ({} if number % PLAIN else {"text": SILENT})
        form = declared.form(**filled)
        channel = chance.choice(("web", "telephone", "telephone", "window"))
        yield Opening(case_type=declared, district_id=districts[area], form=form, channel=channel, received=received, past=past)


def answers(chance: random.Random, area: str) -> dict[str, str]:
    """Return the filled form of one request."""
    return {
        "kind": chance.choice(("complaint", "help", "consultation", "suggestion")),
        "category": chance.choice(CATEGORIES),
        "text": chance.choice(TEXTS).format(n=chance.randrange(2, 90)),
        "area": area,
        "place": f"解放路 {chance.randrange(1, 900)} 号",
        "contact_name": chance.choice("赵钱孙李周吴郑王") + chance.choice("芳明华兰强秀"),
        "contact_telephone": f"100 {chance.randrange(10**4):04d} {chance.randrange(10**4):04d}",
    }


def _past(chance: random.Random, number: int, now: datetime, whole: timedelta) -> tuple[Past, datetime]:
    reference = f"H{number:09d}"
    if chance.random() < OPEN_SHARE:
        received = now - timedelta(days=60) * chance.random()
        state = chance.choice(("new", "new", "working", "working", "answered"))
        return Past(reference=reference, state=state, changed=received + (now - received) * chance.random()), received
    received = FIRST + (whole - timedelta(days=21)) * chance.random()
    closed = received + timedelta(days=20) * chance.random()
    return Past(reference=reference, state="closed", outcome=chance.choice(FINAL), changed=closed, closed=closed), received


_ANSWER = text("""
with answered as (
    update kernel."case" set sequence = sequence + 1 where id > :above and closed is not null returning id, sequence, closed, department_id
)
insert into kernel.case_event (case_id, sequence, kind, capacity, actor_id, post_id, department_id, at, recorded, audience, state, salt, body,
    content, digest, key_id)
select id, sequence, 'answer', 'staff', :person, :post, department_id, closed, closed, 'applicant', 'answered', '\\x00',
    jsonb_build_object('form', jsonb_build_object('text', '已派人到现场处理完毕，并向报告人说明了经过。如再发生，请随时来电。', 'solved', 'yes')),
    sha256(id::text::bytea), sha256(id::text::bytea), ''
from answered
""")
