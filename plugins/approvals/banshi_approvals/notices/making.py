"""Making papers: each in one transaction that draws its number, draws and seals it, keeps the file, and says so in its row. Never half-made.

Whoever dies in between leaves a paper that waits. Two who make the same paper at once make it once: its row is locked. A number is taken in the
same transaction, so that none is missing from the year's row.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from banshi import JobContext, Refused, toolkit, translator
from banshi_approvals.application import sheets
from banshi_approvals.catalogue import content
from banshi_approvals.catalogue import reading as catalogue
from banshi_approvals.models import paper, paper_counter
from banshi_approvals.notices import reading, seals, telling
from banshi_approvals.papers import kinds
from banshi_approvals.settings import Settings

_ = translator("banshi_approvals")
log = logging.getLogger("banshi.approvals.papers")

NUMBERED = {
    "receipt": "审收",
    "correction": "审补",
    "acceptance": "审受",
    "not_accepted": "审不受",
    "special": "审特",
    "decision": "审决",
    "revocation": "审销",
    "promise": "审诺",
}
"""The word before the year in a paper's number; a licence's document bears the licence's number."""
BATCH = 200


class Waits(Refused):
    """A paper could not be made yet; it is made by itself as soon as it can be."""

    status = 503


async def make(work: toolkit.Work, paper_id: int) -> int | None:
    """Make a paper that waits and return its document's id; that of a paper that is made already. None where there is no such paper.

    Raises what keeps it from being made (``Refused``: a key, a font); nothing is written then.
    """
    locked = (await work.db.execute(select(paper.c.id).where(paper.c.id == paper_id).with_for_update())).one_or_none()
    if locked is None:
        return None
    row = (await work.db.execute(reading.rows().where(paper.c.id == paper_id))).one()
    if row.state != "waiting":
        return int(row.document_id)
    said = sheets.read(work.house.keyring, row)
    at = datetime.fromisoformat(str(said["at"]))
    made = max(at, work.at)  # a job may have begun before what it papers was done
    settings = await asyncio.to_thread(seals.settled, work, made)
    zone = work.house.directory.tree[row.district_id].timezone
    number = said["number"] if row.kind == "licence" else await _number(work, row.kind, at.astimezone(zone).year)
    struct = telling.paper(row.kind, said, await _known(work, settings, row, number, at))
    pdf = await asyncio.to_thread(_sealed, settings, struct, made)
    name = f"{number}.pdf".replace("/", "-")
    document_id = await toolkit.keep_paper(work.db, work.house, work.store, work.settings.data, row.case_number, name, pdf, made)
    values = {"state": "made", "document_id": document_id, "digest": hashlib.sha256(pdf).digest(), "made": made, "why": ""}
    values |= {"number": None if row.kind == "licence" else number}
    await work.db.execute(update(paper).where(paper.c.id == paper_id).values(values))
    return document_id


async def for_reader(visit: toolkit.Visit, row: Any) -> bytes:
    """Return the file of a paper, made now where it waits. Waits, in words for its reader, where it cannot be made."""
    if row.state == "waiting":
        work = toolkit.work_of(visit)
        try:
            async with visit.db.begin_nested():
                document_id = await make(work, row.id)
        except Refused as refused:
            log.warning("paper waits", extra={"paper": row.id, "why": str(refused)})
            raise Waits(_("This paper waits for its seal. What it says holds all the same; it can be read here as soon as it is sealed.")) from None
    else:
        document_id = row.document_id
    return await toolkit.paper(visit, int(document_id or 0))


async def whatever_waits(job: JobContext) -> None:
    """Make all papers that wait, each in a transaction of its own; what keeps one from being made is kept with it."""
    after, made, kept = 0, 0, ""
    while True:
        async with job.transaction() as db:
            ids = await reading.waiting(db, after, BATCH)
        for paper_id in ids:
            try:
                async with toolkit.working(job) as work:
                    await make(work, paper_id)
                made += 1
            except Refused as refused:
                kept = str(refused)
                async with job.transaction() as db:
                    await db.execute(update(paper).where(paper.c.id == paper_id, paper.c.state == "waiting").values(why=kept))
        if not ids:
            break
        after = ids[-1]
    if kept:
        async with job.transaction() as db:
            count, _oldest, _why = await reading.backlog(db)
            await toolkit.fault(db, "approvals", "papers", f"{count} papers wait to be made: {kept}", job.moment)
    if made or kept:
        log.log(logging.WARNING if kept else logging.INFO, "papers made", extra={"made": made, "why": kept})


async def _number(work: toolkit.Work, kind: str, year: int) -> str:
    """Draw the next number of a kind in a year; given back when the paper is not made."""
    statement = insert(paper_counter).values(name=kind, year=year, value=1)
    counted = statement.on_conflict_do_update(index_elements=["name", "year"], set_={"value": paper_counter.c.value + 1})
    value = (await work.db.execute(counted.returning(paper_counter.c.value))).scalar_one()
    return f"{NUMBERED[kind]}〔{year}〕{value}号"


async def _known(work: toolkit.Work, settings: Settings, row: Any, number: str, at: datetime) -> telling.Known:
    """Return what a paper is told beside what was written down."""
    house = work.house
    district = house.directory.tree[row.district_id]
    department = house.directory.department(row.department_id) if row.department_id else None
    item = await catalogue.version(work.db, str(row.facts.get("item") or ""), int(row.facts.get("version") or 0))
    organ = settings.organ or (department.say(telling.LANGUAGE) if department else district.say(telling.LANGUAGE))
    address = f"{work.settings.address}/d/{district.code}/approvals/check/{row.check_code}"
    head = kinds.Head(
        organ=organ, number=number, case=row.case_number, day=at.astimezone(district.timezone).date(), address=address, code=row.check_code
    )
    return telling.Known(
        head=head,
        zone=district.timezone,
        later=lambda since, days: toolkit.workdays_later(house, row.district_id, since, days),
        basis=tuple(content.say(b, telling.LANGUAGE) for b in item.basis) if item else (),
        city=house.directory,
        department_id=row.department_id,
        district_id=row.district_id,
        limits=(item.statutory, item.promised) if item else (20, 10),
    )


def _sealed(settings: Settings, struct: kinds.AnyPaper, at: datetime) -> bytes:
    """Return a paper drawn, and sealed where its kind bears a seal. Takes a while: called in a thread."""
    from banshi_approvals import papers

    signer = seals.signer(settings, struct.seal) if struct.seal is not None else None
    pdf: bytes = papers.draw(struct, telling.LANGUAGE, fonts_in=settings.fonts or None)
    return pdf if signer is None or struct.seal is None else papers.seal(pdf, struct.seal, signer, at, organ=struct.head.organ)
