"""documents"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "kernel_0006"
down_revision = "kernel_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        "document_content",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("scan", sa.Text(), nullable=False),
        sa.Column("stored", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        schema="kernel",
    )
    op.create_index("document_content_waiting", "document_content", ["stored"], schema="kernel", postgresql_where=sa.text("scan = 'waiting'"))
    op.create_table(
        "document",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), sa.ForeignKey("kernel.document_content.digest"), nullable=False),
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("kernel.case.id"), nullable=True),
        sa.Column("draft_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("withdrawn", sa.DateTime(timezone=True), nullable=True),
        schema="kernel",
    )
    op.create_index(op.f("document_digest_idx"), "document", ["digest"], schema="kernel")
    op.create_index("document_case", "document", ["case_id", "id"], schema="kernel", postgresql_where=sa.text("case_id is not null"))
    op.create_index("document_draft", "document", ["draft_id"], schema="kernel", postgresql_where=sa.text("draft_id is not null"))


def downgrade() -> None:
    """Go one version down."""
    op.drop_table("document", schema="kernel")
    op.drop_table("document_content", schema="kernel")
