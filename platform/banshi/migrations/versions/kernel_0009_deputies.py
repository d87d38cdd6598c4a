"""deputies"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "kernel_0009"
down_revision = "kernel_0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEYED = sa.text("key <> ''")
OF_ONE_POST = "int8range(post_id, post_id, '[]') with &&, tstzrange(since, until) with &&"
OF_ONE_PAIR = f"int8range(deputy_id, deputy_id, '[]') with &&, {OF_ONE_POST}"


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("post_id", sa.BigInteger(), sa.ForeignKey("kernel.post.id"), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entered", MOMENT, nullable=False),
        sa.Column("entered_by", sa.BigInteger(), sa.ForeignKey("kernel.post.id"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("ended", MOMENT, nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("over", sa.Boolean(), nullable=False, server_default="false"),
        sa.CheckConstraint("since < until", name="span"),
        sa.CheckConstraint("reason in ('leave', 'sick', 'duty', 'training', 'other')", name="reason"),
        schema="kernel",
    )
    op.create_index(op.f("absence_post_id_idx"), "absence", ["post_id"], schema="kernel")
    op.create_index("absence_key", "absence", ["entered_by", "key"], unique=True, schema="kernel", postgresql_where=KEYED)
    op.create_index("absence_now", "absence", ["until"], schema="kernel", postgresql_where=sa.text("not over"))
    op.execute(f"alter table kernel.absence add constraint absence_apart exclude using gist ({OF_ONE_POST}) where (not cancelled)")
    op.create_table(
        "deputy",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("post_id", sa.BigInteger(), sa.ForeignKey("kernel.post.id"), nullable=False),
        sa.Column("deputy_id", sa.BigInteger(), sa.ForeignKey("kernel.post.id"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("named", MOMENT, nullable=False),
        sa.Column("named_by", sa.BigInteger(), sa.ForeignKey("kernel.post.id"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("revoked", MOMENT, nullable=True),
        sa.Column("over", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("watched", sa.Boolean(), nullable=False, server_default="false"),
        sa.CheckConstraint("since < until", name="span"),
        sa.CheckConstraint("post_id <> deputy_id", name="another"),
        schema="kernel",
    )
    op.create_index(op.f("deputy_post_id_idx"), "deputy", ["post_id"], schema="kernel")
    op.create_index(op.f("deputy_deputy_id_idx"), "deputy", ["deputy_id"], schema="kernel")
    op.create_index("deputy_key", "deputy", ["named_by", "key"], unique=True, schema="kernel", postgresql_where=KEYED)
    op.create_index("deputy_now", "deputy", ["until"], schema="kernel", postgresql_where=sa.text("not over"))
    op.execute(f"alter table kernel.deputy add constraint deputy_once exclude using gist ({OF_ONE_PAIR}) where (revoked is null)")
    op.create_table(
        "deputy_limit",
        sa.Column("district_id", sa.BigInteger(), sa.ForeignKey("kernel.district.id"), primary_key=True),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.CheckConstraint("hours between 0 and 1000", name="hours"),
        schema="kernel",
    )
    op.create_table(
        "unanswered",
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("kernel.case.id", ondelete="cascade"), primary_key=True),
        sa.Column("look", MOMENT, nullable=False),
        schema="kernel",
    )
    op.create_index(op.f("unanswered_look_idx"), "unanswered", ["look"], schema="kernel")
    op.add_column("case", sa.Column("deputy_id", sa.BigInteger(), sa.ForeignKey("kernel.post.id"), nullable=True), schema="kernel")
    op.create_index(
        "case_open_by_deputy",
        "case",
        ["deputy_id", "received", "id"],
        schema="kernel",
        postgresql_where=sa.text("closed is null and deputy_id is not null"),
    )
    op.add_column("case_event", sa.Column("for_post_id", sa.BigInteger(), nullable=True), schema="kernel")


def downgrade() -> None:
    """Go one version down."""
    op.drop_column("case_event", "for_post_id", schema="kernel")
    op.drop_index("case_open_by_deputy", table_name="case", schema="kernel")
    op.drop_column("case", "deputy_id", schema="kernel")
    for name in ("unanswered", "deputy_limit", "deputy", "absence"):
        op.drop_table(name, schema="kernel")
