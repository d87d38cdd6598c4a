"""clusters"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "kernel_0002"
down_revision = "kernel_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.add_column("case", sa.Column("master_id", sa.BigInteger(), sa.ForeignKey("kernel.case.id"), nullable=True), schema="kernel")
    op.add_column("case", sa.Column("followed", sa.Integer(), server_default="0", nullable=False), schema="kernel")
    op.add_column("case", sa.Column("common", sa.Boolean(), server_default="false", nullable=False), schema="kernel")
    op.create_index("case_member", "case", ["master_id", "id"], unique=False, schema="kernel", postgresql_where=sa.text("master_id is not null"))
    op.create_index(
        "case_open_common",
        "case",
        ["type_id", "category", "area_id", "received", "id"],
        unique=False,
        schema="kernel",
        postgresql_where=sa.text("closed is null and common and master_id is null"),
    )
    op.create_index(
        "case_public",
        "case",
        ["district_id", "received", "id"],
        unique=False,
        schema="kernel",
        postgresql_where=sa.text("common and master_id is null"),
    )
    op.create_table(
        "case_link",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"], name=op.f("case_link_case_id_fkey")),
        sa.ForeignKeyConstraint(["other_id"], ["kernel.case.id"], name=op.f("case_link_other_id_fkey")),
        sa.PrimaryKeyConstraint("case_id", "other_id", "kind", name=op.f("case_link_pkey")),
        schema="kernel",
    )
    op.create_index("case_link_other", "case_link", ["other_id"], unique=False, schema="kernel")


def downgrade() -> None:
    """Go one version down."""
    op.drop_table("case_link", schema="kernel")
    for index in ("case_public", "case_open_common", "case_member"):
        op.drop_index(index, table_name="case", schema="kernel")
    for column in ("common", "followed", "master_id"):
        op.drop_column("case", column, schema="kernel")
