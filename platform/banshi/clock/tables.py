"""Calendars and adjusted limits: rows that are only ever added, so that what held at any moment can be counted again."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, ForeignKey, Identity, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from banshi.db import KERNEL, owner_metadata

metadata = owner_metadata(KERNEL)

calendar_version = Table(
    "calendar_version",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("district_id", BigInteger, ForeignKey("kernel.district.id")),
    Column("days", JSONB, nullable=False),
    Column("published", ARRAY(Integer), nullable=False),
    Column("week", JSONB),
    Column("after_hours", Boolean),
    Column("reason", Text, nullable=False, server_default=""),
    Column("post_id", BigInteger, ForeignKey("kernel.post.id")),
    Column("made", DateTime(timezone=True), nullable=False),
)
Index("calendar_version_district", calendar_version.c.district_id, calendar_version.c.id)

adjustment = Table(
    "adjustment",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("district_id", BigInteger, ForeignKey("kernel.district.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("value", JSONB, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("post_id", BigInteger, ForeignKey("kernel.post.id")),
    Column("made", DateTime(timezone=True), nullable=False),
)
Index("adjustment_key", adjustment.c.district_id, adjustment.c.key, adjustment.c.id)
