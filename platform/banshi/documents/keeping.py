"""Contents and documents as rows: put, found, held until they are clean, and swept when nobody refers to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, case, delete, func, literal, literal_column, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from banshi.db import Connection
from banshi.documents.kinds import MAIL
from banshi.documents.receiving import Received
from banshi.documents.scanning import Verdict
from banshi.documents.store import PREVIEW, Store
from banshi.documents.tables import document, document_content
from banshi.errors import Invalid
from banshi.identity.tables import post
from banshi.texts import translator

_ = translator("banshi")

INFECTED = _("The virus scanner found something in this file. It was not kept.")
GRACE = timedelta(hours=2)
"""A content younger than this may belong to an upload that is still on its way."""
BATCH = 500
SWEEPING = 0x646F63
"""First half of the advisory lock of a content, that it is not swept while somebody attaches it; the other half is its digest's first four bytes."""

Transaction = Callable[[], AbstractAsyncContextManager[Connection]]


async def put(db: Connection, store: Store, files: Sequence[tuple[Received, Verdict]], at: datetime) -> None:
    """Make contents known, which lie in the store already; Invalid where one is known for what was found in it, scanner or not.

    From here to the end of the transaction they cannot be swept; one that was in the moment before is put again. They are taken in one
    order, so that two who send the same ones never wait for each other.
    """
    for received, verdict in sorted(files, key=lambda f: f[0].digest):
        await db.execute(select(func.pg_advisory_xact_lock_shared(SWEEPING, _short(received.digest))))
        await store.put(received.digest.hex(), received.path)
        values = {"digest": received.digest, "size": received.size, "media_type": received.kind.media_type, "scan": verdict, "stored": at}
        adding = insert(document_content).values(values)
        now = case((and_(adding.excluded.scan == "clean", document_content.c.scan == "waiting"), "clean"), else_=document_content.c.scan)
        known = adding.on_conflict_do_update(index_elements=["digest"], set_={"stored": at, "scan": now}).returning(document_content.c.scan)
        if (await db.execute(known)).scalar_one() == "infected":
            raise Invalid(INFECTED)


async def of_draft(db: Connection, draft_id: str) -> Sequence[Row[Any]]:
    """Return the documents of a draft, in the order in which they came, each with size, media type and scan."""
    return (await db.execute(_listed().where(document.c.draft_id == draft_id).order_by(document.c.id))).all()


async def of_case(db: Connection, case_id: int, audiences: Sequence[str]) -> Sequence[Row[Any]]:
    """Return the documents of a case that these audiences may see, in the order in which they came.

    ``number`` counts all that ever came to the case, from 1: it stays when one is withdrawn.
    """
    earlier = document.alias("earlier")
    number = select(func.count()).where(earlier.c.case_id == case_id, earlier.c.id <= document.c.id).scalar_subquery()
    where = (document.c.case_id == case_id, document.c.audience.in_(audiences), document.c.withdrawn.is_(None))
    return (await db.execute(_listed().add_columns(number.label("number")).where(*where).order_by(document.c.id))).all()


async def ids_of_case(db: Connection, case_id: int) -> frozenset[int]:
    """Return the ids of all documents of a case that were not withdrawn."""
    where = (document.c.case_id == case_id, document.c.withdrawn.is_(None))
    return frozenset((await db.execute(select(document.c.id).where(*where))).scalars())


async def digest_of(db: Connection, document_id: int) -> bytes | None:
    """Return the digest of a document that was not withdrawn."""
    where = (document.c.id == document_id, document.c.withdrawn.is_(None))
    return (await db.execute(select(document.c.digest).where(*where))).scalar_one_or_none()


async def add_to_draft(db: Connection, draft_id: str, received: Received, at: datetime) -> bool:
    """Add a document to a draft; the same content twice stays one. Return whether it is new."""
    same = (document.c.draft_id == draft_id, document.c.digest == received.digest)
    if (await db.execute(select(document.c.id).where(*same))).first() is not None:
        return False
    values = {"draft_id": draft_id, "digest": received.digest, "name": received.name, "audience": "applicant", "capacity": "resident", "added": at}
    await db.execute(document.insert().values(values))
    return True


async def remove_from_draft(db: Connection, draft_id: str, document_id: int) -> None:
    """Take a document away from a draft."""
    await db.execute(delete(document).where(document.c.id == document_id, document.c.draft_id == draft_id))


async def count(db: Connection, **where: Any) -> int:
    """Return how many documents there are on a case or draft."""
    conditions = [document.c[name] == value for name, value in where.items()]
    statement = select(func.count()).select_from(document).where(*conditions, document.c.withdrawn.is_(None))
    return int((await db.execute(statement)).scalar_one())


class Standing(msgspec.Struct, frozen=True):
    """A document that a line of a story tells of, as it stands now."""

    id: int
    number: int
    name: str
    size: int
    media_type: str
    scan: str
    audience: str
    capacity: str
    withdrawn: bool


TOLD: ColumnElement[Any] = literal_column("""(
    select jsonb_agg(jsonb_build_object(
        'id', d.id, 'name', d.name, 'size', c.size, 'media_type', c.media_type, 'scan', c.scan, 'audience', d.audience,
        'capacity', d.capacity, 'withdrawn', d.withdrawn is not null,
        'number', (select count(*) from kernel.document e where e.case_id = d.case_id and e.id <= d.id)
    ) order by d.id)
    from jsonb_array_elements(case when jsonb_typeof(kernel.case_event.body #> '{told,documents}') = 'array'
        then kernel.case_event.body #> '{told,documents}' end) as told
    join kernel.document d on d.case_id = kernel.case_event.case_id and d.id = (told ->> 'document')::bigint
    join kernel.document_content c on c.digest = d.digest
)""")
"""A column of a query over events: the documents that each tells of, none where it was erased. So a story with files is one query like any other."""


def standing(told: Any) -> list[Standing]:
    """Return what was read in the column `TOLD`."""
    return msgspec.convert(told or [], list[Standing])


async def waiting(transaction: Transaction) -> AsyncIterator[Row[Any]]:
    """Give the contents that are held until somebody says that they are clean, the oldest first, each once.

    A mail is none of them: it is given to nobody, and what it brought is asked about by itself.
    """
    key = tuple_(document_content.c.stored, document_content.c.digest)
    where = (document_content.c.scan == "waiting", document_content.c.media_type != MAIL.media_type)
    held = select(document_content).where(*where).order_by(*key).limit(BATCH)
    statement = held
    while True:
        async with transaction() as db:
            rows = (await db.execute(statement)).all()
        for row in rows:
            yield row
        if len(rows) < BATCH:
            return
        statement = held.where(key > tuple_(literal(rows[-1].stored), literal(rows[-1].digest)))


async def doubted(db: Connection, digest: bytes) -> None:
    """Hold a content that was taken for clean, since the scanner says by now that it is not: the worker asks once more, and tells who has it."""
    where = (document_content.c.digest == digest, document_content.c.scan == "clean")
    await db.execute(update(document_content).where(*where).values(scan="waiting"))


async def withdrawn(db: Connection, case_id: int, document_id: int) -> bool:
    """Return whether a document of a case was withdrawn before."""
    where = (document.c.id == document_id, document.c.case_id == case_id, document.c.withdrawn.is_not(None))
    return (await db.execute(select(document.c.id).where(*where))).first() is not None


async def judged(db: Connection, digest: bytes, verdict: Verdict) -> None:
    """Write what was said of a content."""
    await db.execute(update(document_content).where(document_content.c.digest == digest).values(scan=verdict))


async def sweep(transaction: Transaction, store: Store, drafts: Any, at: datetime) -> int:
    """Forget documents of drafts that are gone, contents that no document names, what lies in the store without a row, and what is infected.

    Return how many contents went. Each goes in a transaction of its own: whatever dies in between, the next sweep goes on.
    """
    async with transaction() as db:
        orphans = document.c.draft_id.is_not(None) & document.c.draft_id.not_in(select(drafts.c.id))
        await db.execute(delete(document).where(orphans, document.c.case_id.is_(None)))
        suspects = set((await db.execute(select(document_content.c.digest).where(*_unused(at)))).scalars())
        infected = (await db.execute(select(document_content.c.digest).where(document_content.c.scan == "infected"))).scalars().all()
    for digest in infected:
        await store.remove(digest.hex())
    lying: set[bytes] = set()
    async for name in store.names(at - GRACE):
        lying.add(bytes.fromhex(name.removesuffix(PREVIEW)))
        if len(lying) == BATCH:
            suspects |= await _unknown(transaction, lying)
            lying.clear()
    suspects |= await _unknown(transaction, lying)
    gone = 0
    for digest in sorted(suspects):
        async with transaction() as db:
            gone += await _forget(db, store, digest, at)
    return gone


async def _forget(db: Connection, store: Store, digest: bytes, at: datetime) -> bool:
    """Take one content away if still nobody names it and nobody is just attaching it; return whether it went."""
    if not (await db.execute(select(func.pg_try_advisory_xact_lock(SWEEPING, _short(digest))))).scalar_one():
        return False
    await db.execute(delete(document_content).where(document_content.c.digest == digest, *_unused(at)))
    if (await db.execute(select(document_content.c.digest).where(document_content.c.digest == digest))).first() is not None:
        return False
    for name in (digest.hex() + PREVIEW, digest.hex()):
        await store.remove(name)
    return True


async def _unknown(transaction: Transaction, digests: set[bytes]) -> set[bytes]:
    async with transaction() as db:
        known = await db.execute(select(document_content.c.digest).where(document_content.c.digest.in_(digests)))
        return digests - set(known.scalars())


def _unused(at: datetime) -> tuple[Any, ...]:
    named = select(document.c.id).where(document.c.digest == document_content.c.digest).exists()
    return ~named, document_content.c.stored < at - GRACE


def _short(digest: bytes) -> int:
    return int.from_bytes(digest[:4], "big", signed=True)


def said_size(size: int) -> str:
    """Return a size as people read it."""
    return f"{max(1, round(size / 1000))} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def facts(row: Any) -> Mapping[str, Any]:
    """Return what the record keeps of a document."""
    return {"document": row.id, "name": row.name, "size": row.size, "type": row.media_type, "digest": row.digest.hex()}


def _listed() -> Any:
    about = (document_content.c.size, document_content.c.media_type, document_content.c.scan, post.c.staff_number, post.c.department_id)
    joined = document.join(document_content, document_content.c.digest == document.c.digest).outerjoin(post, post.c.id == document.c.post_id)
    return select(document, *about).select_from(joined)
