"""What makes work at the desk lighter, beside the record: what an officer has seen, saved views, templates for answers, hand-over notes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from banshi.db import KERNEL, owner_metadata

metadata = owner_metadata(KERNEL)

seen = Table(
    "seen",
    metadata,
    Column("post_id", BigInteger, ForeignKey("kernel.post.id"), primary_key=True),
    Column("case_id", BigInteger, ForeignKey("kernel.case.id"), primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("seen_case", seen.c.case_id, seen.c.at)

saved_view = Table(
    "saved_view",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("post_id", BigInteger, ForeignKey("kernel.post.id"), nullable=False, index=True),
    Column("department_id", BigInteger, ForeignKey("kernel.department.id"), index=True),
    Column("title", Text, nullable=False),
    Column("query", JSONB, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
)

answer_template = Table(
    "answer_template",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("department_id", BigInteger, ForeignKey("kernel.department.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("changed", DateTime(timezone=True), nullable=False),
)

handover = Table(
    "handover",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("department_id", BigInteger, ForeignKey("kernel.department.id"), nullable=False),
    Column("post_id", BigInteger, ForeignKey("kernel.post.id"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("text", Text, nullable=False),
)
Index("handover_department", handover.c.department_id, handover.c.at)
