"""public kind"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "kernel_0007"
down_revision = "kernel_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.create_index(
        "case_public_kind",
        "case",
        ["district_id", "category", "received", "id"],
        unique=False,
        schema="kernel",
        postgresql_where=sa.text("common and master_id is null"),
    )


def downgrade() -> None:
    """Go one version down."""
    op.drop_index("case_public_kind", table_name="case", schema="kernel")
