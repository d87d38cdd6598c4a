"""faults of plugins, as all processes tell of them, and which workers are there"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "kernel_0016"
down_revision = "kernel_0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        "fault",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first", MOMENT, nullable=False),
        sa.Column("last", MOMENT, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("until", MOMENT),
        sa.PrimaryKeyConstraint("owner", "kind", "name"),
        schema="kernel",
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("started", MOMENT, nullable=False),
        sa.Column("seen", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="kernel",
    )


def downgrade() -> None:
    """Go one version down."""
    op.drop_table("worker", schema="kernel")
    op.drop_table("fault", schema="kernel")
