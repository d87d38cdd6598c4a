"""The reports on what went wrong, and whose clocks are to be counted anew."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, SmallInteger, Table, text

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
