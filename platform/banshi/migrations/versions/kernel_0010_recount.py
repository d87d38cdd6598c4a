"""recount: whose clocks are to be counted anew, and how far that is

After a change of a calendar or a rule the worker counts the open cases of a district anew, in batches; it may die at any line.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "kernel_0010"
down_revision = "kernel_0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        "recount",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("asked", MOMENT, nullable=False),
        sa.Column("reached", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("counted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("done", MOMENT),
        sa.ForeignKeyConstraint(["district_id"], ["kernel.district.id"]),
        sa.PrimaryKeyConstraint("id"),
        schema="kernel",
    )
    op.create_index("recount_open", "recount", ["id"], schema="kernel", postgresql_where=sa.text("done is null"))


def downgrade() -> None:
    """Go one version down."""
    op.drop_table("recount", schema="kernel")
