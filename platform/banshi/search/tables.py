"""The table that is searched, through the function ``kernel.find_words`` (`finding` says why).

It can be thrown away and made anew from the record: `banshi search rebuild`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table
from sqlalchemy.dialects.postgresql import TSVECTOR

from banshi.db import KERNEL, owner_metadata

case_words = Table(
    "case_words",
    owner_metadata(KERNEL),
    Column("case_id", BigInteger, ForeignKey("kernel.case.id"), primary_key=True, autoincrement=False),
    Column("words", TSVECTOR, nullable=False),
    Column("answer", Integer),
)
Index("case_words_words", case_words.c.words, postgresql_using="gin", postgresql_with={"gin_pending_list_limit": 1024})
