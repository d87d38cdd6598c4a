"""What a restore has to mend: transaction ids of another cluster mean nothing in this one."""

# The relay reads events with xid < pg_snapshot_xmin(). A new cluster counts from the beginning, so the ids of a dump lie
# in its future and would not be read for months. Events that every consumer has had become the oldest of all (1); the
# others get the id of the restoring transaction, as if they had just happened. A consumer that was ahead of the slowest
# is given some events again, which it must bear; none is skipped. Without any cursor nothing was delivered yet.
AFTER_DATA = """
DO $$
BEGIN
    IF to_regclass('kernel.case_event') IS NULL OR to_regclass('kernel.relay_cursor') IS NULL THEN
        RETURN;
    END IF;
    UPDATE kernel.case_event e
    SET xid = CASE WHEN (e.xid, e.case_id, e.sequence) <= (slowest.xid, slowest.case_id, slowest.sequence)
                   THEN '1'::xid8 ELSE pg_current_xact_id() END
    FROM (SELECT) AS always
    LEFT JOIN (SELECT xid, case_id, sequence FROM kernel.relay_cursor ORDER BY xid, case_id, sequence LIMIT 1) AS slowest ON true;

    UPDATE kernel.relay_cursor
    SET xid = coalesce(last.xid, '0'), case_id = coalesce(last.case_id, 0), sequence = coalesce(last.sequence, 0)
    FROM (SELECT) AS always
    LEFT JOIN (SELECT xid, case_id, sequence FROM kernel.case_event WHERE xid = '1'
               ORDER BY case_id DESC, sequence DESC LIMIT 1) AS last ON true;
END $$;
"""
