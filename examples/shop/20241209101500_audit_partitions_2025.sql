-- migrate:up
-- Next year's quarters. Rows may already lie in the default partition (a test
-- system with a fast clock, or this version applied late), and then they would
-- stand in the way: build each partition beside the table, move its rows over,
-- and attach it last.
CREATE TABLE audit.row_change_2025q1
    (LIKE audit.row_change INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
CREATE TABLE audit.row_change_2025q2
    (LIKE audit.row_change INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
CREATE TABLE audit.row_change_2025q3
    (LIKE audit.row_change INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
CREATE TABLE audit.row_change_2025q4
    (LIKE audit.row_change INCLUDING DEFAULTS INCLUDING CONSTRAINTS);

DO $move$
DECLARE
    q record;
BEGIN
    FOR q IN
        SELECT format('row_change_2025q%s', n) AS partition,
               (timestamp '2025-01-01' + (n - 1) * interval '3 months')
                   AT TIME ZONE 'UTC' AS from_time,
               (timestamp '2025-01-01' + n * interval '3 months')
                   AT TIME ZONE 'UTC' AS to_time
        FROM generate_series(1, 4) AS n
    LOOP
        EXECUTE format(
            'WITH moved AS (
                 DELETE FROM audit.row_change_default
                 WHERE changed_at >= $1 AND changed_at < $2
                 RETURNING *
             )
             INSERT INTO audit.%I SELECT * FROM moved', q.partition)
            USING q.from_time, q.to_time;
        EXECUTE format(
            'ALTER TABLE audit.row_change ATTACH PARTITION audit.%I
             FOR VALUES FROM (%L) TO (%L)', q.partition, q.from_time, q.to_time);
    END LOOP;
END
$move$;

-- migrate:down
-- The rows are an audit log, so they move back and are not dropped.
ALTER TABLE audit.row_change DETACH PARTITION audit.row_change_2025q1;
ALTER TABLE audit.row_change DETACH PARTITION audit.row_change_2025q2;
ALTER TABLE audit.row_change DETACH PARTITION audit.row_change_2025q3;
ALTER TABLE audit.row_change DETACH PARTITION audit.row_change_2025q4;

INSERT INTO audit.row_change SELECT * FROM audit.row_change_2025q1;
INSERT INTO audit.row_change SELECT * FROM audit.row_change_2025q2;
INSERT INTO audit.row_change SELECT * FROM audit.row_change_2025q3;
INSERT INTO audit.row_change SELECT * FROM audit.row_change_2025q4;

DROP TABLE audit.row_change_2025q1;
DROP TABLE audit.row_change_2025q2;
DROP TABLE audit.row_change_2025q3;
DROP TABLE audit.row_change_2025q4;
