"""Contents and documents as rows: put, found, held until they are clean, and swept when nobody refers to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from banshi.db import Connection
from banshi.documents.receiving import Received
from banshi.documents.scanning import Verdict
from banshi.documents.store import Store
from banshi.documents.tables import document, document_content

PREVIEW = ".preview"
GRACE = timedelta(hours=2)
"""A content younger than this may belong to an upload that is still on its way."""


async def put(db: Connection, received: Received, verdict: Verdict, at: datetime) -> None:
    """Make a content known that lies in the store already; one that is known stays as it is."""
    values = {"digest": received.digest, "size": received.size, "media_type": received.kind.media_type, "scan": verdict, "stored": at}
    await db.execute(insert(document_content).values(values).on_conflict_do_update(index_elements=["digest"], set_={"stored": at}))


async def of_draft(db: Connection, draft_id: str) -> Sequence[Row[Any]]:
    """Return the documents of a draft, in the order in which they came, each with size, media type and scan."""
    return (await db.execute(_listed().where(document.c.draft_id == draft_id).order_by(document.c.id))).all()


async def of_case(db: Connection, case_id: int, audiences: Sequence[str]) -> Sequence[Row[Any]]:
    """Return the documents of a case that these audiences may see, in the order in which they came."""
    where = (document.c.case_id == case_id, document.c.audience.in_(audiences), document.c.withdrawn.is_(None))
    return (await db.execute(_listed().where(*where).order_by(document.c.id))).all()


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


async def waiting(db: Connection, most: int = 50) -> Sequence[Row[Any]]:
    """Return contents that are held until somebody says that they are clean, the oldest first."""
    statement = select(document_content).where(document_content.c.scan == "waiting").order_by(document_content.c.stored).limit(most)
    return (await db.execute(statement)).all()


async def judged(db: Connection, digest: bytes, verdict: Verdict) -> None:
    """Write what was said of a content."""
    await db.execute(update(document_content).where(document_content.c.digest == digest).values(scan=verdict))


async def sweep(db: Connection, store: Store, drafts: Any, at: datetime) -> int:
    """Forget documents of drafts that are gone, contents that no document names, and what lies in the store without a row; return how many."""
    orphans = document.c.draft_id.is_not(None) & document.c.draft_id.not_in(select(drafts.c.id))
    await db.execute(delete(document).where(orphans, document.c.case_id.is_(None)))
    named = select(document.c.digest).where(document.c.digest == document_content.c.digest).exists()
    gone = delete(document_content).where(~named, document_content.c.stored < at - GRACE).returning(document_content.c.digest)
    removed = [r.digest.hex() for r in await db.execute(gone)]
    lying = [name async for name in store.names(at - GRACE)]
    digests = {name.removesuffix(PREVIEW) for name in lying}
    known: set[str] = set()
    wanted = [bytes.fromhex(d) for d in digests if _is_hex(d)]
    for start in range(0, len(wanted), 1000):
        part = wanted[start : start + 1000]
        known |= {r.digest.hex() for r in await db.execute(select(document_content.c.digest).where(document_content.c.digest.in_(part)))}
    lost = [name for name in lying if name.removesuffix(PREVIEW) not in known]
    for name in dict.fromkeys([*lost, *removed, *(r + PREVIEW for r in removed)]):
        await store.remove(name)
    return len(set(lost) | set(removed))


def said_size(size: int) -> str:
    """Return a size as people read it."""
    return f"{max(1, round(size / 1000))} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def facts(row: Any) -> Mapping[str, Any]:
    """Return what the record keeps of a document."""
    return {"document": row.id, "name": row.name, "size": row.size, "type": row.media_type, "digest": row.digest.hex()}


def _listed() -> Any:
    return select(document, document_content.c.size, document_content.c.media_type, document_content.c.scan).join(
        document_content, document_content.c.digest == document.c.digest
    )


def _is_hex(said: str) -> bool:
    return len(said) == 64 and all(c in "0123456789abcdef" for c in said)
