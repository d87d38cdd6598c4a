"""library"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "kernel_0004"
down_revision = "kernel_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        "library_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), sa.ForeignKey("kernel.district.id"), nullable=False),
        sa.Column("department_id", sa.BigInteger(), sa.ForeignKey("kernel.department.id"), nullable=True),
        sa.Column("services", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("latest", sa.Integer(), nullable=False),
        sa.UniqueConstraint("code", name="library_entry_code_key"),
        schema="kernel",
    )
    op.create_index("library_entry_district", "library_entry", ["district_id"], schema="kernel")
    op.create_table(
        "library_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("entry_id", sa.BigInteger(), sa.ForeignKey("kernel.library_entry.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("text", postgresql.JSONB(), nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("written", sa.DateTime(timezone=True), nullable=False),
        sa.Column("post_id", sa.BigInteger(), sa.ForeignKey("kernel.post.id"), nullable=True),
        sa.UniqueConstraint("entry_id", "number", name="library_version_entry_id_number_key"),
        schema="kernel",
    )
    op.create_index("library_version_words", "library_version", ["words"], schema="kernel", postgresql_using="gin")
    op.create_table(
        "library_settled",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("version_id", sa.BigInteger(), sa.ForeignKey("kernel.library_version.id"), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), sa.ForeignKey("kernel.district.id"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        schema="kernel",
    )
    op.create_index("library_settled_version", "library_settled", ["version_id", "day"], schema="kernel")


def downgrade() -> None:
    """Go one version down."""
    for table in ("library_settled", "library_version", "library_entry"):
        op.drop_table(table, schema="kernel")
