"""The reports on what went wrong."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, SmallInteger, Table

from banshi.db import KERNEL, owner_metadata

metadata = owner_metadata(KERNEL)

closing_report = Table(
    "closing_report",
    metadata,
    Column("case_id", BigInteger, ForeignKey("kernel.case.id"), primary_key=True, autoincrement=False),
    Column("urgency", SmallInteger, nullable=False),
    Column("written", DateTime(timezone=True), nullable=False),
)
Index("closing_report_urgency", closing_report.c.urgency.desc(), closing_report.c.written.desc(), closing_report.c.case_id)
