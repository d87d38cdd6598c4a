"""How many cases a question to the index finds: the planner took a thousand for granted, and read every event to join them."""

from __future__ import annotations

from alembic import op

revision = "kernel_0013"
down_revision = "kernel_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.execute("alter function kernel.find_words(text[], text, integer, integer) rows 60")


def downgrade() -> None:
    """Go one version down."""
    op.execute("alter function kernel.find_words(text[], text, integer, integer) rows 1000")
