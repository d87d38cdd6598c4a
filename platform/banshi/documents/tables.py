"""The tables of documents. A content is stored once, however often it is attached."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, Integer, LargeBinary, Table, Text, text

from banshi.db import KERNEL, owner_metadata

metadata = owner_metadata(KERNEL)

document_content = Table(
    "document_content",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("scan", Text, nullable=False),
    Column("stored", DateTime(timezone=True), nullable=False),
)
Index("document_content_waiting", document_content.c.stored, postgresql_where=text("scan = 'waiting'"))

document = Table(
    "document",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("digest", LargeBinary, ForeignKey("kernel.document_content.digest"), nullable=False, index=True),
    Column("case_id", BigInteger, ForeignKey("kernel.case.id")),
    Column("draft_id", Text),
    Column("name", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("capacity", Text, nullable=False),
    Column("post_id", BigInteger),
    Column("added", DateTime(timezone=True), nullable=False),
    Column("sequence", Integer),
    Column("withdrawn", DateTime(timezone=True)),
)
Index("document_case", document.c.case_id, document.c.id, postgresql_where=text("case_id is not null"))
Index("document_draft", document.c.draft_id, postgresql_where=text("draft_id is not null"))
