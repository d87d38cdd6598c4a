"""The tables of identity. Names and telephones are sealed; passwords and tokens are only kept as digests."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from banshi.db import KERNEL, owner_metadata

metadata = owner_metadata(KERNEL)

person = Table(
    "person",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_index", LargeBinary, index=True),
    Column("telephone", Text, nullable=False, server_default=""),
    Column("telephone_index", LargeBinary, index=True),
    Column("email", Text, nullable=False, server_default=""),
    Column("email_index", LargeBinary, index=True),
    Column("email_confirmed", DateTime(timezone=True)),
    Column("language", Text),
    Column("created", DateTime(timezone=True), nullable=False),
)
"""``email`` is sealed, and only there once its owner has confirmed it."""

account = Table(
    "account",
    metadata,
    Column("person_id", BigInteger, ForeignKey("kernel.person.id"), primary_key=True),
    Column("login", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("disabled", Boolean, nullable=False, server_default="false"),
)
Index("account_login_key", func.lower(account.c.login), unique=True)

department = Table(
    "department",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("district_id", BigInteger, ForeignKey("kernel.district.id"), nullable=False),
    Column("title", JSONB, nullable=False),
    Column("part", Text, nullable=False, server_default=""),
    Column("superior_by_trade_id", BigInteger, ForeignKey("kernel.department.id")),
    Column("superior_by_area_id", BigInteger, ForeignKey("kernel.department.id")),
    Column("telephone", Text, nullable=False, server_default=""),
    Column("address", JSONB, nullable=False, server_default="{}"),
    Column("reviews", Boolean, nullable=False, server_default="false"),
    Column("dissolved", Boolean, nullable=False, server_default="false"),
    CheckConstraint("part in ('', 'intake', 'oversight')", name="part"),
)

duty = Table(
    "duty",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("department_id", BigInteger, ForeignKey("kernel.department.id"), nullable=False, index=True),
    Column("case_type", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("district_id", BigInteger, ForeignKey("kernel.district.id"), nullable=False),
    Column("text", JSONB, nullable=False),
    Column("basis", JSONB, nullable=False, server_default="{}"),
)
Index("duty_case_type_category_district_id_key", duty.c.case_type, duty.c.category, duty.c.district_id, unique=True)

role = Table(
    "role",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("title", JSONB, nullable=False),
    Column("reach", Text, nullable=False),
    Column("permissions", JSONB, nullable=False),
)

post = Table(
    "post",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("person_id", BigInteger, ForeignKey("kernel.person.id"), nullable=False, index=True),
    Column("department_id", BigInteger, ForeignKey("kernel.department.id"), nullable=False, index=True),
    Column("staff_number", Text, nullable=False, unique=True),
    Column("roles", ARRAY(Text), nullable=False),
    Column("ended", DateTime(timezone=True)),
)

session = Table(
    "session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("person_id", BigInteger, ForeignKey("kernel.person.id"), nullable=False, index=True),
    Column("post_id", BigInteger, ForeignKey("kernel.post.id")),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False, index=True),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("post_id", BigInteger, ForeignKey("kernel.post.id"), nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("expires", DateTime(timezone=True)),
    Column("revoked", DateTime(timezone=True)),
)

mandate = Table(
    "mandate",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("person_id", BigInteger, ForeignKey("kernel.person.id"), nullable=False, index=True),
    Column("helper_id", BigInteger, ForeignKey("kernel.person.id"), nullable=False, index=True),
    Column("given", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("ended", DateTime(timezone=True)),
)

absence = Table(
    "absence",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("post_id", BigInteger, ForeignKey("kernel.post.id"), nullable=False, index=True),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False),
    Column("entered", DateTime(timezone=True), nullable=False),
    Column("entered_by", BigInteger, ForeignKey("kernel.post.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("ended", DateTime(timezone=True)),
    Column("cancelled", Boolean, nullable=False, server_default="false"),
    Column("over", Boolean, nullable=False, server_default="false"),
    CheckConstraint("since < until", name="span"),
    CheckConstraint("reason in ('leave', 'sick', 'duty', 'training', 'other')", name="reason"),
)
"""When the holder of a post is away. No two of one post overlap: the migration has the exclusion, on ranges (btree_gist is not everywhere).

``ended`` is when it was revoked: cancelled before it began, or cut short. ``over`` marks what lies so far back that no process keeps it in mind.
"""
Index("absence_key", absence.c.entered_by, absence.c.key, unique=True, postgresql_where=text("key <> ''"))
Index("absence_now", absence.c.until, postgresql_where=text("not over"))

deputy = Table(
    "deputy",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("post_id", BigInteger, ForeignKey("kernel.post.id"), nullable=False, index=True),
    Column("deputy_id", BigInteger, ForeignKey("kernel.post.id"), nullable=False, index=True),
    Column("rank", Integer, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("named", DateTime(timezone=True), nullable=False),
    Column("named_by", BigInteger, ForeignKey("kernel.post.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("revoked", DateTime(timezone=True)),
    Column("over", Boolean, nullable=False, server_default="false"),
    Column("watched", Boolean, nullable=False, server_default="false"),
    CheckConstraint("since < until", name="span"),
    CheckConstraint("post_id <> deputy_id", name="another"),
)
"""Who may stand in for whom (B role), in the order of ``rank``; ``watched``: the open cases of the post are looked after for being unanswered."""
Index("deputy_key", deputy.c.named_by, deputy.c.key, unique=True, postgresql_where=text("key <> ''"))
Index("deputy_now", deputy.c.until, postgresql_where=text("not over"))

deputy_limit = Table(
    "deputy_limit",
    metadata,
    Column("district_id", BigInteger, ForeignKey("kernel.district.id"), primary_key=True),
    Column("hours", Integer, nullable=False),
    CheckConstraint("hours between 0 and 1000", name="hours"),
)
"""After how many working hours without a word of the officer in charge a district's cases are offered to the deputy; 0: never."""

throttle = Table(
    "throttle",
    metadata,
    Column("key", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
)
