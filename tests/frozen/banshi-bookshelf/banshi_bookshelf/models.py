from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

from banshi import case_table, owner_metadata

metadata = owner_metadata("bookshelf")
copy = Table(
    "copy",
    metadata,
    Column("mark", Text, primary_key=True),
    Column("case_id", BigInteger, ForeignKey(case_table.c.id)),
)
