"""The reports on what went wrong, and whose clocks are to be counted anew."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, Integer, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from banshi.db import KERNEL, owner_metadata

metadata = owner_metadata(KERNEL)

closing_report = Table(
    "closing_report",
    metadata,
    Column("case_id", BigInteger, ForeignKey("kernel.case.id"), primary_key=True, autoincrement=False),
    Column("sequence", Integer, nullable=False),
    Column("urgency", SmallInteger, nullable=False),
    Column("written", DateTime(timezone=True), nullable=False),
    Column("type", Text, nullable=False),
    Column("category", Text),
    Column("district_id", BigInteger, nullable=False),
    Column("department_id", BigInteger),
    Column("words", TSVECTOR, nullable=False),
)
Index("closing_report_urgency", closing_report.c.urgency.desc(), closing_report.c.written.desc(), closing_report.c.case_id)
Index("closing_report_words", closing_report.c.words, postgresql_using="gin")

recount = Table(
    "recount",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("district_id", BigInteger, ForeignKey("kernel.district.id"), nullable=False),
    Column("asked", DateTime(timezone=True), nullable=False),
    Column("reached", BigInteger, nullable=False, server_default="0"),
    Column("counted", BigInteger, nullable=False, server_default="0"),
    Column("done", DateTime(timezone=True)),
)
Index("recount_open", recount.c.id, postgresql_where=text("done is null"))
