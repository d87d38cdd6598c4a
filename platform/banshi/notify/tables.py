"""The tables of messages and webhooks. An address stands only in `person` (confirmed) and in a claim (until it is), sealed in both."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
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
from sqlalchemy.dialects.postgresql import JSONB

from banshi.db import KERNEL, owner_metadata

metadata = owner_metadata(KERNEL)

message = Table(
    "message",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("person_id", BigInteger, ForeignKey("kernel.person.id"), nullable=False),
    Column("way", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("occasion", Text, nullable=False),
    Column("case_id", BigInteger, ForeignKey("kernel.case.id")),
    Column("sequence", Integer),
    Column("about", JSONB, nullable=False, server_default="{}"),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("why", Text, nullable=False, server_default=""),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Column("leased", DateTime(timezone=True)),
    Column("holder", Text, nullable=False, server_default=""),
    Column("settled", DateTime(timezone=True)),
    UniqueConstraint("person_id", "way", "occasion"),
    CheckConstraint("way in ('mail', 'sms')", name="way"),
    CheckConstraint("state in ('waiting', 'sent', 'failed', 'suppressed')", name="state"),
)
"""``occasion`` is what makes it one: ``case:17:4`` (an event), ``address:…`` (a code), ``digest:2026-11-28`` (a day)."""
Index("message_due", message.c.way, message.c.due, message.c.id, postgresql_where=text("state = 'waiting'"))
Index("message_settled", message.c.settled, postgresql_where=text("settled is not null"))
Index("message_failed", message.c.settled, postgresql_where=text("state = 'failed'"))
Index("message_case", message.c.case_id, postgresql_where=text("case_id is not null"))

message_choice = Table(
    "message_choice",
    metadata,
    Column("person_id", BigInteger, ForeignKey("kernel.person.id"), primary_key=True),
    Column("way", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("wanted", Boolean, nullable=False),
)

address_claim = Table(
    "address_claim",
    metadata,
    Column("person_id", BigInteger, ForeignKey("kernel.person.id"), primary_key=True),
    Column("token", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_index", LargeBinary, nullable=False),
    Column("code", Text, nullable=False),
    Column("made", DateTime(timezone=True), nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False),
)

digest_choice = Table(
    "digest_choice",
    metadata,
    Column("person_id", BigInteger, ForeignKey("kernel.person.id"), primary_key=True),
    Column("hour", SmallInteger, nullable=False),
    Column("day", Date),
    Column("told", DateTime(timezone=True), nullable=False),
    CheckConstraint("hour between 0 and 23", name="hour"),
)

message_template = Table(
    "message_template",
    metadata,
    Column("district_id", BigInteger, ForeignKey("kernel.district.id"), primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("short", Text, nullable=False),
    Column("changed", DateTime(timezone=True), nullable=False),
)

webhook = Table(
    "webhook",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("district_id", BigInteger, ForeignKey("kernel.district.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("topics", ARRAY(Text), nullable=False, server_default="{}"),
    Column("internal", Boolean, nullable=False, server_default="false"),
    Column("secret", Text, nullable=False),
    Column("old_secret", Text, nullable=False, server_default=""),
    Column("old_until", DateTime(timezone=True)),
    Column("state", Text, nullable=False, server_default="active"),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("failing_since", DateTime(timezone=True)),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("rests", DateTime(timezone=True)),
    Column("leased", DateTime(timezone=True)),
    Column("holder", Text, nullable=False, server_default=""),
    CheckConstraint("state in ('active', 'paused', 'disabled', 'removed')", name="state"),
)
"""``rests``: not called before then, after it failed. ``disabled`` is what the platform does after days of failure, ``paused`` what a person does."""

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("webhook_id", BigInteger, ForeignKey("kernel.webhook.id"), nullable=False),
    Column("event", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Column("settled", DateTime(timezone=True)),
    UniqueConstraint("webhook_id", "event"),
    CheckConstraint("state in ('waiting', 'sent', 'failed')", name="state"),
)
Index(
    "webhook_delivery_due", webhook_delivery.c.webhook_id, webhook_delivery.c.due, webhook_delivery.c.id, postgresql_where=text("state = 'waiting'")
)
Index("webhook_delivery_log", webhook_delivery.c.webhook_id, webhook_delivery.c.id)
Index("webhook_delivery_settled", webhook_delivery.c.settled, postgresql_where=text("settled is not null"))

webhook_try = Table(
    "webhook_try",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("delivery_id", BigInteger, ForeignKey("kernel.webhook_delivery.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("status", SmallInteger),
    Column("milliseconds", Integer, nullable=False),
    Column("answer", Text, nullable=False),
)
"""``status`` is that of the answer, none where none came; ``answer`` its first 500 bytes, or what went wrong."""
