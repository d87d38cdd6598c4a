"""messages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "kernel_0012"
down_revision = "kernel_0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go one version up."""
    op.add_column("person", sa.Column("email", sa.Text(), server_default="", nullable=False), schema="kernel")
    op.add_column("person", sa.Column("email_index", sa.LargeBinary(), nullable=True), schema="kernel")
    op.add_column("person", sa.Column("email_confirmed", MOMENT, nullable=True), schema="kernel")
    op.create_index(op.f("person_email_index_idx"), "person", ["email_index"], schema="kernel")
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("about", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("leased", MOMENT, nullable=True),
        sa.Column("holder", sa.Text(), server_default="", nullable=False),
        sa.Column("settled", MOMENT, nullable=True),
        sa.CheckConstraint("way in ('mail', 'sms')", name=op.f("message_way_check")),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed', 'suppressed')", name=op.f("message_state_check")),
        sa.ForeignKeyConstraint(["person_id"], ["kernel.person.id"], name=op.f("message_person_id_fkey")),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"], name=op.f("message_case_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("message_pkey")),
        sa.UniqueConstraint("person_id", "way", "occasion", name=op.f("message_person_id_way_occasion_key")),
        schema="kernel",
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("message_due", "message", ["way", "due", "id"], schema="kernel", postgresql_where=waiting)
    op.create_index("message_settled", "message", ["settled"], schema="kernel", postgresql_where=sa.text("settled is not null"))
    op.create_index("message_failed", "message", ["settled"], schema="kernel", postgresql_where=sa.text("state = 'failed'"))
    op.create_index("message_case", "message", ["case_id"], schema="kernel", postgresql_where=sa.text("case_id is not null"))
    op.create_table(
        "message_choice",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["kernel.person.id"], name=op.f("message_choice_person_id_fkey")),
        sa.PrimaryKeyConstraint("person_id", "way", "topic", name=op.f("message_choice_pkey")),
        schema="kernel",
    )
    op.create_table(
        "address_claim",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_index", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("made", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["kernel.person.id"], name=op.f("address_claim_person_id_fkey")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("address_claim_pkey")),
        schema="kernel",
    )
    op.create_table(
        "digest_choice",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("told", MOMENT, nullable=False),
        sa.CheckConstraint("hour between 0 and 23", name=op.f("digest_choice_hour_check")),
        sa.ForeignKeyConstraint(["person_id"], ["kernel.person.id"], name=op.f("digest_choice_person_id_fkey")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("digest_choice_pkey")),
        schema="kernel",
    )
    op.create_table(
        "message_template",
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("short", sa.Text(), nullable=False),
        sa.Column("changed", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["kernel.district.id"], name=op.f("message_template_district_id_fkey")),
        sa.PrimaryKeyConstraint("district_id", "topic", "language", name=op.f("message_template_pkey")),
        schema="kernel",
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("internal", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), server_default="", nullable=False),
        sa.Column("old_until", MOMENT, nullable=True),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rests", MOMENT, nullable=True),
        sa.Column("leased", MOMENT, nullable=True),
        sa.Column("holder", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state in ('active', 'paused', 'disabled', 'removed')", name=op.f("webhook_state_check")),
        sa.ForeignKeyConstraint(["district_id"], ["kernel.district.id"], name=op.f("webhook_district_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_pkey")),
        sa.UniqueConstraint("key", name=op.f("webhook_key_key")),
        schema="kernel",
    )
    op.create_index(op.f("webhook_district_id_idx"), "webhook", ["district_id"], schema="kernel")
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("settled", MOMENT, nullable=True),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed')", name=op.f("webhook_delivery_state_check")),
        sa.ForeignKeyConstraint(["webhook_id"], ["kernel.webhook.id"], name=op.f("webhook_delivery_webhook_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_delivery_pkey")),
        sa.UniqueConstraint("webhook_id", "event", name=op.f("webhook_delivery_webhook_id_event_key")),
        schema="kernel",
    )
    op.create_index("webhook_delivery_due", "webhook_delivery", ["webhook_id", "due", "id"], schema="kernel", postgresql_where=waiting)
    op.create_index("webhook_delivery_log", "webhook_delivery", ["webhook_id", "id"], schema="kernel")
    settled = sa.text("settled is not null")
    op.create_index("webhook_delivery_settled", "webhook_delivery", ["settled"], schema="kernel", postgresql_where=settled)
    op.create_table(
        "webhook_try",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["kernel.webhook_delivery.id"], name=op.f("webhook_try_delivery_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_try_pkey")),
        schema="kernel",
    )
    op.create_index(op.f("webhook_try_delivery_id_idx"), "webhook_try", ["delivery_id"], schema="kernel")
    # What happened before there were messages is told to nobody: both readers begin behind it.
    op.execute(
        """
        insert into kernel.relay_cursor (consumer, xid, case_id, sequence)
        select name, pg_snapshot_xmin(pg_current_snapshot()), 0, 0 from unnest(array['messages', 'webhooks']) as name
        """
    )


def downgrade() -> None:
    """Go one version down."""
    op.execute("delete from kernel.relay_cursor where consumer in ('messages', 'webhooks')")
    for table in (
        "webhook_try",
        "webhook_delivery",
        "webhook",
        "message_template",
        "digest_choice",
        "address_claim",
        "message_choice",
        "message",
    ):
        op.drop_table(table, schema="kernel")
    op.drop_column("person", "email_confirmed", schema="kernel")
    op.drop_column("person", "email_index", schema="kernel")
    op.drop_column("person", "email", schema="kernel")
