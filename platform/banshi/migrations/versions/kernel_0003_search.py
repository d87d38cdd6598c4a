"""search"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "kernel_0003"
down_revision = "kernel_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        "case_words",
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("kernel.case.id"), autoincrement=False, nullable=False),
        sa.Column("words", TSVECTOR(), nullable=False),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("case_id"),
        schema="kernel",
    )
    op.create_index(
        "case_words_words", "case_words", ["words"], schema="kernel", postgresql_using="gin", postgresql_with={"gin_pending_list_limit": 1024}
    )
    op.add_column("person", sa.Column("name_index", sa.LargeBinary(), nullable=True), schema="kernel")
    op.create_index(op.f("person_name_index_idx"), "person", ["name_index"], unique=False, schema="kernel")
    op.execute("""
create function kernel.find_words(asked text[], ranked text, enough integer, most integer)
returns table (case_id bigint, rank real, answer integer)
language plpgsql stable
set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off
as $$
declare
    band text;
    counted integer;
    found_all integer := 0;
begin
    foreach band in array asked loop
        return query
            select w.case_id, ts_rank(w.words, ranked::tsquery), w.answer from kernel.case_words w where w.words @@ band::tsquery limit most;
        get diagnostics counted = row_count;
        found_all := found_all + counted;
        exit when found_all >= enough;
    end loop;
end
$$
""")


def downgrade() -> None:
    """Go one version down."""
    op.execute("drop function kernel.find_words(text[], text, integer, integer)")
    op.drop_index(op.f("person_name_index_idx"), table_name="person", schema="kernel")
    op.drop_column("person", "name_index", schema="kernel")
    op.drop_table("case_words", schema="kernel")
