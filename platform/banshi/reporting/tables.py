"""The roll-ups. Without a department, category or channel a case stands under 0 or the empty word, so that a key never holds a null."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from banshi.db import KERNEL, owner_metadata

metadata = owner_metadata(KERNEL)

report_case = Table(
    "report_case",
    metadata,
    Column("case_id", BigInteger, ForeignKey("kernel.case.id"), primary_key=True),
    Column("type", Text, nullable=False),
    Column("district_id", BigInteger, nullable=False),
    Column("department_id", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("received", Date, nullable=False),
    Column("closed", Date),
    Column("tally", JSONB, nullable=False),
)
"""What a case gave when it was last looked at; ``tally`` is measure to [what, value, month] (`measuring.Entry`)."""

report_cell = Table(
    "report_cell",
    metadata,
    Column("measure", Text, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("district_id", BigInteger, primary_key=True),
    Column("department_id", BigInteger, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("category", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("value", Integer, primary_key=True),
    Column("cases", Integer, nullable=False),
)
"""How many cases gave one value to one measure. A histogram of days is such cells, one for each number of days."""

KEY = ("measure", "month", "type", "district_id", "department_id", "channel", "category", "what", "value")
