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

throttle = Table(
    "throttle",
    metadata,
    Column("key", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
)
