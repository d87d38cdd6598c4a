"""time: calendars, adjusted limits, what is due next, closing reports"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

revision = "kernel_0008"
down_revision = "kernel_0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go one version up."""
    op.add_column("case", sa.Column("owes", sa.Boolean(), server_default="false", nullable=False), schema="kernel")
    op.create_index("case_owes", "case", ["department_id", "received", "id"], schema="kernel", postgresql_where=sa.text("owes"))
    op.create_index("case_owes_district", "case", ["district_id", "received", "id"], schema="kernel", postgresql_where=sa.text("owes"))
    op.create_table(
        "calendar_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("district_id", sa.BigInteger()),
        sa.Column("days", JSONB(), nullable=False),
        sa.Column("published", ARRAY(sa.Integer()), nullable=False),
        sa.Column("week", JSONB()),
        sa.Column("after_hours", sa.Boolean()),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("post_id", sa.BigInteger()),
        sa.Column("made", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["kernel.district.id"]),
        sa.ForeignKeyConstraint(["post_id"], ["kernel.post.id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="kernel",
    )
    op.create_index("calendar_version_district", "calendar_version", ["district_id", "id"], schema="kernel")
    op.create_table(
        "adjustment",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("post_id", sa.BigInteger()),
        sa.Column("made", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["kernel.district.id"]),
        sa.ForeignKeyConstraint(["post_id"], ["kernel.post.id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="kernel",
    )
    op.create_index("adjustment_key", "adjustment", ["district_id", "key", "id"], schema="kernel")
    op.create_table(
        "deadline",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("next", MOMENT),
        sa.Column("promised", MOMENT),
        sa.Column("statutory", MOMENT),
        sa.Column("stands", sa.Text(), server_default="", nullable=False),
        sa.Column("provisional", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"]),
        sa.PrimaryKeyConstraint("case_id"),
        schema="kernel",
    )
    op.create_index("deadline_next", "deadline", ["next", "case_id"], schema="kernel", postgresql_where=sa.text("next is not null"))
    op.create_index("deadline_promised", "deadline", ["promised", "case_id"], schema="kernel", postgresql_where=sa.text("promised is not null"))
    op.create_table(
        "closing_report",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("written", MOMENT, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("category", sa.Text()),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger()),
        sa.Column("words", TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"]),
        sa.PrimaryKeyConstraint("case_id"),
        schema="kernel",
    )
    op.create_index(
        "closing_report_urgency",
        "closing_report",
        [sa.literal_column("urgency DESC"), sa.literal_column("written DESC"), "case_id"],
        schema="kernel",
    )
    op.create_index("closing_report_words", "closing_report", ["words"], schema="kernel", postgresql_using="gin")

    # Answered cases have another mark: the relay gives the index every event again, beside its work.
    op.execute("delete from kernel.relay_cursor where consumer = 'search'")


def downgrade() -> None:
    """Go one version down."""
    for table in ("closing_report", "deadline", "adjustment", "calendar_version"):
        op.drop_table(table, schema="kernel")
    op.drop_index("case_owes_district", table_name="case", schema="kernel")
    op.drop_index("case_owes", table_name="case", schema="kernel")
    op.drop_column("case", "owes", schema="kernel")
