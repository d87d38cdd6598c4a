"""When the next thing is due on a case: an index over the events, made anew from them at will; and the reports on what went wrong."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Identity, Index, Integer, SmallInteger, Table, Text, text

from banshi.db import KERNEL, owner_metadata

metadata = owner_metadata(KERNEL)

deadline = Table(
    "deadline",
    metadata,
    Column("case_id", BigInteger, ForeignKey("kernel.case.id"), primary_key=True, autoincrement=False),
    Column("sequence", Integer, nullable=False),
    Column("next", DateTime(timezone=True)),
    Column("promised", DateTime(timezone=True)),
    Column("statutory", DateTime(timezone=True)),
    Column("stands", Text, nullable=False, server_default=""),
    Column("provisional", Boolean, nullable=False, server_default="false"),
)
Index("deadline_next", deadline.c.next, deadline.c.case_id, postgresql_where=text("next is not null"))
Index("deadline_promised", deadline.c.promised, deadline.c.case_id, postgresql_where=text("promised is not null"))

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
