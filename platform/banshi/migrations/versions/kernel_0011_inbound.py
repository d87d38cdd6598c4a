"""inbound mail"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "kernel_0011"
down_revision = "kernel_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        "mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), sa.ForeignKey("kernel.document.id"), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("attempts", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("tried", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=False, server_default=""),
        sa.Column("sender_index", sa.LargeBinary(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("kernel.case.id"), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("how", sa.Text(), nullable=False, server_default=""),
        sa.Column("why", sa.Text(), nullable=False, server_default=""),
        sa.Column("post_id", sa.BigInteger(), sa.ForeignKey("kernel.post.id"), nullable=True),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("fingerprint", name=op.f("mail_fingerprint_key")),
        schema="kernel",
    )
    op.create_index("mail_taken", "mail", ["id"], schema="kernel", postgresql_where=sa.text("state = 'taken'"))
    op.create_index("mail_state", "mail", ["state", "reason", "id"], schema="kernel")
    op.create_index("mail_sender", "mail", ["sender_index", "taken"], schema="kernel", postgresql_where=sa.text("sender_index is not null"))
    op.create_index("mail_case", "mail", ["case_id", "taken"], schema="kernel", postgresql_where=sa.text("case_id is not null"))
    op.create_index("mail_ended", "mail", ["ended"], schema="kernel", postgresql_where=sa.text("ended is not null"))
    op.create_table(
        "mail_file",
        sa.Column("mail_id", sa.BigInteger(), sa.ForeignKey("kernel.mail.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), sa.ForeignKey("kernel.document.id"), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("mail_id", "position"),
        schema="kernel",
    )
    op.create_index("mail_file_document", "mail_file", ["document_id"], schema="kernel", postgresql_where=sa.text("document_id is not null"))
    op.create_table(
        "mail_place",
        sa.Column("inbox", sa.Text(), primary_key=True),
        sa.Column("validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        schema="kernel",
    )


def downgrade() -> None:
    """Go one version down."""
    op.drop_table("mail_place", schema="kernel")
    op.drop_table("mail_file", schema="kernel")
    op.drop_table("mail", schema="kernel")
