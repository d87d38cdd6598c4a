"""Life in the demo city: now and then somebody files a case, and somebody works one."""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from banshi import clock, plugins
from banshi.cases.book import House, load_house
from banshi.cases.tables import case
from banshi.cli.demo.playing import Cast, actors, play, step
from banshi.db import Connection, Database
from banshi.errors import BanshiError
from banshi.privacy import Keyring
from banshi.settings import Settings

log = logging.getLogger(__name__)
PAUSE = (20.0, 60.0)
TRIES = 8


async def live(settings: Settings) -> None:
    """File or work one case every 20 to 60 seconds until cancelled."""
    database, rng = Database(settings.database_url, pool_size=1), random.Random()  # noqa: S311 -- no secret hangs on it
    keyring, registry = Keyring(settings.keys()), plugins.load()
    try:
        while True:
            await asyncio.sleep(rng.uniform(*PAUSE))
            try:
                async with database.transaction() as db:
                    house = await load_house(db, registry, keyring)
                    cast, declared = await actors(db, house), rng.choice(registry.demo)
                    if rng.random() < 0.4:
                        fresh = msgspec.structs.replace(rng.choice(declared.cases(rng)), days_ago=0.0)
                        await play(db, house, cast, declared.owner, [fresh], clock.now())
                    else:
                        open_cases = select(case).where(case.c.closed.is_(None)).order_by(case.c.changed.desc()).limit(20)
                        row = rng.choice((await db.execute(open_cases)).all())
                        await continue_one(db, house, cast, row, rng, clock.now())
            except (BanshiError, IndexError):
                log.exception("the city paused")
    finally:
        await database.close()


async def continue_one(db: Connection, house: House, cast: Cast, row: Any, rng: random.Random, at: datetime) -> None:
    """Let somebody of the office take the next step on an open case, with the words of a like step of the demo; nobody can, nothing happens."""
    declared = house.declared(row.type_id)
    if declared is None:
        return
    demo = next(d for d in house.registry.demo if d.owner == declared.owner)
    leading = {a.name for a in declared.actions if a.leading and row.state in a.sources and "staff" in a.by}
    said = [
        (action, form, who)
        for one in demo.cases(rng)
        if one.case_type == declared.name and one.data.get("category") == row.category
        for _days, action, form, who in one.steps
        if action in leading
    ]
    for action, form, who in rng.sample(said, min(len(said), TRIES)):
        try:
            await step(db, house, cast, row, action, form, who, at)
        except BanshiError:
            continue
        return
