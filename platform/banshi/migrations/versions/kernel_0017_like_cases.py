"""How like cases are found: the newest of a kind are looked at one by one before the index is asked for words that stand everywhere."""

from __future__ import annotations

from alembic import op

revision = "kernel_0017"
down_revision = "kernel_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.execute("""
create function kernel.find_like(marks text[], ranked text, enough integer, most integer, tried integer)
returns table (case_id bigint, rank real, answer integer)
language plpgsql stable rows 60
set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off
as $$
declare
    band text;
    looked integer := 0;
    counted integer;
    seen bigint[] := '{}';
begin
    foreach band in array marks loop
        for find_like.case_id, find_like.rank, find_like.answer in
            select w.case_id, ts_rank(w.words, ranked::tsquery), w.answer from kernel.case_words w where w.words @@ band::tsquery limit tried - looked
        loop
            looked := looked + 1;
            if find_like.rank > 0 then
                seen := seen || find_like.case_id;
                return next;
            end if;
            exit when cardinality(seen) >= most;
        end loop;
        exit when looked >= tried or cardinality(seen) >= most;
    end loop;
    counted := cardinality(seen);
    if counted < enough then
        foreach band in array marks loop
            for find_like.case_id, find_like.rank, find_like.answer in
                select w.case_id, ts_rank(w.words, ranked::tsquery), w.answer from kernel.case_words w
                where w.words @@ format('(%s) & (%s)', band, ranked)::tsquery and w.case_id <> all (seen) limit most
            loop
                counted := counted + 1;
                return next;
            end loop;
            exit when counted >= enough;
        end loop;
    end if;
end
$$
""")


def downgrade() -> None:
    """Go one version down."""
    op.execute("drop function kernel.find_like(text[], text, integer, integer, integer)")
