"""A committed city for tests of pages and of what happens at once: licences granted, residents signed in."""

from __future__ import annotations

from typing import Any

from catalogue import FILED, attached
from sqlalchemy import select

from banshi.cases import acting, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.opening import Opening
from banshi.db import Database
from banshi.testing import MOMENT, Town
from banshi_approvals.models import licence

WINDOW = "50001"


class City:
    """Files and acts, each in a transaction of its own."""

    def __init__(self, database: Database, town: Town) -> None:
        self.database, self.town = database, town

    async def file(self, item: str = "simple", *, who: str = "resident0", name: str = "application", district: str = "north", **answers: Any) -> str:
        """File a case and return its number."""
        declared = self.town.house.registry.case_type(f"approvals.{name}")
        said = FILED | {"item": item} | answers if name == "application" else answers
        actor = self.town.residents.get(who) or self.town.staff[who]
        wanted = Opening(case_type=declared, district_id=self.town.district(district), form=decode(declared.form, said), channel="web")
        async with self.database.transaction() as db:
            return (await opening.open_one(db, self.town.house, actor, wanted, MOMENT)).number

    async def act(self, number: str, who: str, action: str, *, key: str = "", **answers: Any) -> Any:
        """Act on a case."""
        actor = self.town.residents.get(who) or self.town.staff[who]
        async with self.database.transaction() as db:
            row = (await db.execute(select(acting.case.c.type_id).where(acting.case.c.number == number))).one()
            declared = self.town.house.declared(row.type_id)
            assert declared is not None
            given = await attached(db, number, answers)
            wanted = Act(number=number, action=action, form=decode(declared.action(action).form, given), key=key)
            return await acting.act_one(db, self.town.house, actor, wanted, MOMENT)

    async def grant(self, item: str = "simple", *, window: str = WINDOW, **answers: Any) -> tuple[str, str]:
        """Have a licence granted on the spot; return the numbers of its case and its own."""
        number = await self.file(item, **answers)
        await self.act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
        await self.act(number, window, "decide_now", outcome="granted")
        async with self.database.transaction() as db:
            return number, (await db.execute(select(licence.c.number).order_by(licence.c.id.desc()).limit(1))).scalar_one()
