"""The tables of the case record. Events are only ever added; a case is only changed by the two verbs."""

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
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from banshi.db import KERNEL, Xid8, owner_metadata

metadata = owner_metadata(KERNEL)


case_type = Table(
    "case_type",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("title", JSONB, nullable=False),
    Column("states", JSONB, nullable=False),
    Column("outcomes", JSONB, nullable=False),
    Column("schema", JSONB, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    UniqueConstraint("owner", "name", "version"),
)

case = Table(
    "case",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("district_id", BigInteger, ForeignKey("kernel.district.id"), nullable=False),
    Column("area_id", BigInteger, ForeignKey("kernel.district.id")),
    Column("type_id", Integer, ForeignKey("kernel.case_type.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("category", Text),
    Column("state", Text, nullable=False),
    Column("outcome", Text),
    Column("applicant_id", BigInteger, ForeignKey("kernel.person.id")),
    Column("department_id", BigInteger, ForeignKey("kernel.department.id")),
    Column("assignee_id", BigInteger, ForeignKey("kernel.post.id")),
    Column("priority", SmallInteger, nullable=False, server_default="0"),
    Column("confidentiality", Text, nullable=False, server_default=""),
    Column("channel", Text, nullable=False),
    Column("received", DateTime(timezone=True), nullable=False),
    Column("closed", DateTime(timezone=True)),
    Column("changed", DateTime(timezone=True), nullable=False),
    Column("master_id", BigInteger, ForeignKey("kernel.case.id")),
    Column("followed", Integer, nullable=False, server_default="0"),
    Column("common", Boolean, nullable=False, server_default="false"),
    Column("data", JSONB, nullable=False),
    Column("facts", JSONB, nullable=False, server_default="{}"),
    Column("helpers", ARRAY(BigInteger), nullable=False, server_default="{}"),
    Column("recused", ARRAY(BigInteger), nullable=False, server_default="{}"),
    Column("owes", Boolean, nullable=False, server_default="false"),
    Column("revision", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
)
OPEN = text("closed is null")
# A list of work is an index range that ends in its sort key; what is closed costs it nothing.
Index("case_open_by_department", case.c.department_id, case.c.received, case.c.id, postgresql_where=OPEN)
Index("case_open_by_assignee", case.c.assignee_id, case.c.received, case.c.id, postgresql_where=OPEN)
Index("case_open_by_district", case.c.district_id, case.c.received, case.c.id, postgresql_where=OPEN)
Index("case_by_department", case.c.department_id, case.c.received, case.c.id)
Index("case_by_district", case.c.district_id, case.c.received, case.c.id)
Index("case_by_assignee", case.c.assignee_id, case.c.received, case.c.id, postgresql_where=text("assignee_id is not null"))
Index("case_by_applicant", case.c.applicant_id, case.c.received, case.c.id, postgresql_where=text("applicant_id is not null"))

Index("case_owes", case.c.department_id, case.c.id, postgresql_where=text("owes"))

# A cluster: its members by their master; and what others may have reported already, by kind and place.
Index("case_member", case.c.master_id, case.c.id, postgresql_where=text("master_id is not null"))
Index(
    "case_open_common",
    case.c.type_id,
    case.c.category,
    case.c.area_id,
    case.c.received,
    case.c.id,
    postgresql_where=text("closed is null and common and master_id is null"),
)
COMMON = text("common and master_id is null")
Index("case_public", case.c.district_id, case.c.received, case.c.id, postgresql_where=COMMON)
Index("case_public_kind", case.c.district_id, case.c.category, case.c.received, case.c.id, postgresql_where=COMMON)
Index("case_by_helper", case.c.helpers, postgresql_using="gin", postgresql_where=text("helpers <> '{}'"))

case_event = Table(
    "case_event",
    metadata,
    Column("case_id", BigInteger, ForeignKey("kernel.case.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("capacity", Text, nullable=False),
    Column("actor_id", BigInteger),
    Column("post_id", BigInteger),
    Column("acting_for_id", BigInteger),
    Column("department_id", BigInteger),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("recorded", DateTime(timezone=True), nullable=False),
    Column("audience", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("salt", LargeBinary),
    Column("body", JSONB),
    Column("content", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
)
Index("case_event_xid", case_event.c.xid, case_event.c.case_id, case_event.c.sequence)
Index("case_event_recorded", case_event.c.recorded, postgresql_using="brin")

case_party = Table(
    "case_party",
    metadata,
    Column("case_id", BigInteger, ForeignKey("kernel.case.id"), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("person_id", BigInteger, ForeignKey("kernel.person.id"), primary_key=True),
    Column("confidential", Boolean, nullable=False, server_default="false"),
)
Index("case_party_person", case_party.c.person_id)

case_link = Table(
    "case_link",
    metadata,
    Column("case_id", BigInteger, ForeignKey("kernel.case.id"), primary_key=True),
    Column("other_id", BigInteger, ForeignKey("kernel.case.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("case_link_other", case_link.c.other_id)

personal_index = Table(
    "personal_index",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("case_id", BigInteger, ForeignKey("kernel.case.id"), primary_key=True),
)

Index("personal_index_case", personal_index.c.case_id)

idempotency = Table(
    "idempotency",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("number", Text, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("lasting", Boolean, nullable=False, server_default="false"),
)
Index("idempotency_created", idempotency.c.created, postgresql_using="brin")

day_head = Table(
    "day_head",
    metadata,
    Column("day", Date, primary_key=True),
    Column("cases", Integer, nullable=False),
    Column("events", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("audit_sequence", BigInteger, nullable=False),
)

# When the next thing is due on an open case: an index over its events, made anew from them at will.
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
