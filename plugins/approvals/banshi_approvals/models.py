"""The plugin's tables: the catalogue, its papers, the register of licences, and the expert pool. What happens in a case stands in the case."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from banshi import case_table, department_table, district_table, owner_metadata, person_table

metadata = owner_metadata("approvals")
MOMENT = DateTime(timezone=True)

# -- the catalogue (domain 6.1, 6.2) -----------------------------------------------------------------------------------

matter = Table(
    "matter",
    metadata,
    Column("code", Text, primary_key=True),
    Column("family", Text, nullable=False),
    Column("title", JSONB, nullable=False),
    Column("position", Integer, nullable=False),
)

item_version = Table(
    "item_version",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("item", Text, nullable=False),
    Column("matter", Text, ForeignKey(matter.c.code), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("changed", MOMENT, nullable=False),
    Column("post_id", BigInteger),
    UniqueConstraint("item", "version"),
)
"""``state``: draft, published, retired. A published version never changes; one of an item is without an end, and those before it end before it."""
Index("item_version_draft", item_version.c.item, unique=True, postgresql_where=text("state = 'draft'"))
Index("item_version_published", item_version.c.item, unique=True, postgresql_where=text("state = 'published' and valid_until is null"))

item_reform = Table(
    "item_reform",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("item", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("into", Text),
    Column("district_id", BigInteger, ForeignKey(district_table.c.id)),
    Column("department_id", BigInteger, ForeignKey(department_table.c.id)),
    Column("basis", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("open_cases", Text, nullable=False),
    Column("done", Boolean, nullable=False, server_default=text("false")),
    Column("at", MOMENT, nullable=False),
    Column("post_id", BigInteger),
)
"""``kind``: delegated, abolished, merged, taken_over. ``open_cases``: finish (where they are), move (to who has it now), close (with reasons)."""
Index("item_reform_item", item_reform.c.item, item_reform.c.day)

inspection_form = Table(
    "inspection_form",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("code", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("changed", MOMENT, nullable=False),
    UniqueConstraint("code", "version"),
)

inspection_finding = Table(
    "inspection_finding",
    metadata,
    Column("case_id", BigInteger, ForeignKey(case_table.c.id), primary_key=True),
    Column("item", Text, primary_key=True),
    Column("district_id", BigInteger, ForeignKey(district_table.c.id), nullable=False),
    Column("form", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("finding", Text, nullable=False),
    Column("again", Boolean, nullable=False),
    Column("day", Date, nullable=False),
)
"""What was found on each item of an inspection that is done (met, not, na): which rule is not understood. ``again``: it had failed before."""
Index("inspection_finding_form", inspection_finding.c.form, inspection_finding.c.day)

# -- papers ------------------------------------------------------------------------------------------------------------

paper = Table(
    "paper",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("case_id", BigInteger, ForeignKey(case_table.c.id), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("check_code", Text, nullable=False, unique=True),
    Column("licence", Text, index=True),
    Column("number", Text, unique=True),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("document_id", BigInteger),
    Column("digest", LargeBinary, index=True),
    Column("written", MOMENT, nullable=False),
    Column("made", MOMENT),
    Column("revoked", MOMENT),
    Column("why", Text, nullable=False, server_default=""),
    UniqueConstraint("case_id", "key"),
)
"""A notice that was given: ``content`` is sealed; ``state`` is waiting or made, ``revoked`` is when it ceased to hold. The number is drawn when the
paper is made. ``licence`` is the number of the licence whose document it is, or that it takes away.
"""
Index("paper_waiting", paper.c.id, postgresql_where=text("state = 'waiting'"))

paper_counter = Table(
    "paper_counter",
    metadata,
    Column("name", Text, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("value", Integer, nullable=False),
)

# -- licences ------------------------------------------------------------------------------------------------------------

licence = Table(
    "licence",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("item", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", JSONB, nullable=False),
    Column("holder_kind", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("holder_index", LargeBinary, nullable=False, index=True),
    Column("place", Text, nullable=False, server_default=""),
    Column("district_id", BigInteger, ForeignKey(district_table.c.id), nullable=False),
    Column("department_id", BigInteger, ForeignKey(department_table.c.id)),
    Column("case_id", BigInteger, ForeignKey(case_table.c.id), nullable=False),
    Column("person_id", BigInteger, ForeignKey(person_table.c.id)),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("state", Text, nullable=False),
    Column("conditions", JSONB, nullable=False, server_default=text("'[]'")),
    Column("check_code", Text, nullable=False, unique=True),
    Column("renewing_case_id", BigInteger, ForeignKey(case_table.c.id)),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("changed", MOMENT, nullable=False),
)
"""``state``: valid, suspended, revoked, cancelled. Whether it has expired is asked of its days. ``holder`` is sealed."""
Index("licence_district", licence.c.district_id, licence.c.number)
Index("licence_ends", licence.c.valid_until, postgresql_where=text("state = 'valid'"))

licence_event = Table(
    "licence_event",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("licence", Text, ForeignKey(licence.c.number), nullable=False, index=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("case_id", BigInteger, ForeignKey(case_table.c.id)),
    Column("told", JSONB, nullable=False, server_default=text("'{}'")),
)
"""Append-only: granted, renewed, changed, suspended, resumed, revoked, cancelled, checked, found, reminded."""

# -- the expert pool ------------------------------------------------------------------------------------------------------

expert = Table(
    "expert",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("fields", ARRAY(Text), nullable=False),
    Column("employer", Text, nullable=False, server_default=""),
    Column("post", Text, nullable=False, server_default=""),
    Column("person_id", BigInteger, ForeignKey(person_table.c.id)),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("changed", MOMENT, nullable=False),
)
"""``name`` is public: the register of experts is. ``employer`` is one standing conflict: nobody judges what their own house applies for."""
Index("expert_fields", expert.c.fields, postgresql_using="gin")

panel_seat = Table(
    "panel_seat",
    metadata,
    Column("case_id", BigInteger, ForeignKey(case_table.c.id), primary_key=True),
    Column("expert", Text, ForeignKey(expert.c.code), primary_key=True),
    Column("state", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
)
"""Who sits on which panel: an index of the panels' facts, by which experts find theirs. ``state``: seated, conflict, scored, closed."""
Index("panel_seat_expert", panel_seat.c.expert, postgresql_where=text("state = 'seated'"))
