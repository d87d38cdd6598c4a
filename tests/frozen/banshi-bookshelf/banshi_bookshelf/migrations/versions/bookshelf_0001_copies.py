"""Copies."""

import sqlalchemy as sa
from alembic import op

revision = "bookshelf_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "copy",
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"], name="copy_case_id_fkey"),
        sa.PrimaryKeyConstraint("mark", name="copy_pkey"),
        schema="bookshelf",
    )


def downgrade():
    op.drop_table("copy", schema="bookshelf")
