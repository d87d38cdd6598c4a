"""The tables of the library. A version is only ever added, and only its last day is ever set: what was cited stays as it was read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, DateTime, ForeignKey, Identity, Index, Integer, LargeBinary, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from banshi.db import KERNEL, owner_metadata

metadata = owner_metadata(KERNEL)

library_entry = Table(
    "library_entry",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("district_id", BigInteger, ForeignKey("kernel.district.id"), nullable=False),
    Column("department_id", BigInteger, ForeignKey("kernel.department.id")),
    Column("services", ARRAY(Text), nullable=False, server_default="{}"),
    Column("latest", Integer, nullable=False),
)
Index("library_entry_district", library_entry.c.district_id)

library_version = Table(
    "library_version",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("entry_id", BigInteger, ForeignKey("kernel.library_entry.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("title", JSONB, nullable=False),
    Column("text", JSONB, nullable=False),
    Column("source", Text, nullable=False, server_default=""),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("review_by", Date),
    Column("words", TSVECTOR, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("written", DateTime(timezone=True), nullable=False),
    Column("post_id", BigInteger, ForeignKey("kernel.post.id")),
    UniqueConstraint("entry_id", "number"),
)
Index("library_version_words", library_version.c.words, postgresql_using="gin")

library_settled = Table(
    "library_settled",
    metadata,
    Column("key", Text, primary_key=True),
    Column("version_id", BigInteger, ForeignKey("kernel.library_version.id"), nullable=False),
    Column("service", Text, nullable=False),
    Column("district_id", BigInteger, ForeignKey("kernel.district.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("channel", Text, nullable=False),
)
Index("library_settled_version", library_settled.c.version_id, library_settled.c.day)
