"""Which items are failed how often: the rule that many fail is not understood, or not explained (domain 6.3)."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from sqlalchemy import case, func, select

from banshi_approvals.catalogue.content import Said
from banshi_approvals.inspections import forms
from banshi_approvals.models import inspection_finding

MOST = 200


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """An item over all inspections in which it applied. Counted across the versions of its form; its words are the newest ones."""

    form: str
    title: Said
    item: str
    text: Said
    rule: Said
    key: bool
    applicable: int
    met: int

    @property
    def share(self) -> float:
        """The share of the inspections in which it was met, in percent."""
        return 100 * self.met / self.applicable


async def by_item(db: Any, district_ids: list[int], since: date, until: date) -> list[Counted]:
    """Return the items that were looked at in these districts and days, the ones that were met least first.

    Each inspection of the whole form counts once: a re-inspection, which looks only at what failed, would count the same fault again.
    """
    found = inspection_finding
    met = func.sum(case((found.c.finding == "met", 1), else_=0))
    statement = (
        select(found.c.form, found.c.item, func.max(found.c.version).label("version"), func.count().label("applicable"), met.label("met"))
        .where(found.c.district_id.in_(district_ids), found.c.day.between(since, until), ~found.c.again, found.c.finding != "na")
        .group_by(found.c.form, found.c.item)
        .order_by((met * 1.0 / func.count()), func.count().desc(), found.c.form, found.c.item)
        .limit(MOST)
    )
    known: dict[tuple[str, int], forms.Version | None] = {}
    counted = []
    for row in (await db.execute(statement)).all():
        if (row.form, row.version) not in known:
            known[row.form, row.version] = await forms.version(db, row.form, row.version)
        form = known[row.form, row.version]
        item = form.form.item(row.item) if form is not None else None
        if form is None or item is None:
            continue
        counted.append(
            Counted(
                form=row.form,
                title=form.form.title,
                item=row.item,
                text=item.text,
                rule=item.rule,
                key=item.key,
                applicable=row.applicable,
                met=int(row.met),
            )
        )
    return counted
