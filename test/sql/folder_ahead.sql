--
-- A history that is ahead of the files.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/folder/load.sql'
\set ECHO none
\i :load
CREATE FUNCTION test.try_send(allow_ahead boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint text;
BEGIN
    RETURN string_agg(version || ' ' || outcome, ', ') FROM test.send(allow_ahead => allow_ahead);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    detail := replace(detail, '"' || session_user || '"', '"<user>"');
    RETURN concat_ws(E'\n', SQLSTATE || ' ' || SQLERRM, regexp_replace(detail, ' at 2.*, and', ' at <time>, and'), hint);
END
$$;
\set ECHO all

SELECT test.put('1', 'SELECT 1', ''), test.put('2', 'SELECT 2', ''), test.put('3', 'SELECT 3', '');
SELECT test.try_send();
CALL migrate_up();
-- a checkout of last week
DELETE FROM test.file WHERE path ~ '3_';
SELECT test.try_send();
SELECT count(*) FROM migrate_file;
SELECT count(*) FROM migrate_folder;
-- with a file of its own, which is not registered
SELECT test.put('25', 'SELECT 25', '');
SELECT test.try_send();
SELECT version, state FROM migrate_status;
SELECT test.try_send(true);
SELECT version, state FROM migrate_status;
-- never known while it is so
SELECT migrate_folder_known(test.folder()), count(*) FROM migrate_folder;
SELECT migrate_unregister('25');
-- nor after it was known
SELECT test.put('3', 'SELECT 3', '');
SELECT test.try_send();
SELECT migrate_folder_known(test.folder());
SELECT migrate_apply('9', 'SELECT 9', 'SELECT 9');
SELECT test.look();
-- it is who applied it that is told, not who amended it
SET application_name = 'x';
SELECT migrate_stamp('9', NULL, 'SELECT 10');
SELECT test.try_send();
-- rolled back, it is no matter
SELECT migrate_rollback();
SELECT test.try_send();
-- one in the middle that the files have no more is no matter either
SELECT migrate_unregister('25');
DELETE FROM test.file WHERE path ~ '/2';
SELECT test.try_send();
SELECT test.look();

-- nothing applied
:fresh
SELECT test.put('1', 'SELECT 1');
SELECT test.try_send();

-- files that begin after all that is applied: a baseline, or a history cut short
:fresh
INSERT INTO test.file VALUES ('db/structure.sql', E'CREATE TABLE a ();\nINSERT INTO schema_migrations (version) VALUES\n(''20260101000000''),\n(''20260102000000'');\n');
SELECT test.try_send();
CALL migrate_up();
TRUNCATE test.file;
SELECT test.put('20260103000000', 'SELECT 1', ''), test.put('20260104000000', 'SELECT 2', '');
SELECT test.try_send();
SELECT test.look();
CALL migrate_up('20260103000000');
SELECT test.try_send();
CALL migrate_up();
SELECT test.look();
-- and the baseline again now
TRUNCATE test.file;
INSERT INTO test.file VALUES ('db/structure.sql', E'CREATE TABLE a ();\nINSERT INTO schema_migrations (version) VALUES\n(''20260101000000''),\n(''20260102000000'');\n');
SELECT test.try_send();

-- Flyway: another number of a repeatable one, a version that a baseline stands for
:fresh
INSERT INTO test.file VALUES ('V1__a.sql', 'SELECT 1'), ('R__v.sql', 'SELECT 1');
SELECT test.try_send();
CALL migrate_up();
UPDATE test.file SET contents = 'SELECT 2' WHERE path = 'R__v.sql';
SELECT current FROM migrate_health();
SELECT test.try_send();
CALL migrate_up();
UPDATE test.file SET contents = 'SELECT 3' WHERE path = 'R__v.sql';
SELECT current FROM migrate_health();
SELECT test.try_send();
UPDATE test.file SET path = 'R__v#2.sql' WHERE path = 'R__v.sql';
SELECT test.try_send();
SELECT test.try_send(true);
CALL migrate_up();
SELECT current FROM migrate_health();
UPDATE test.file SET path = 'R__v.sql' WHERE path = 'R__v#2.sql';
SELECT test.try_send();
:fresh
INSERT INTO test.file VALUES ('V1__a.sql', 'SELECT 1'), ('V2__a.sql', 'SELECT 1'), ('V3__a.sql', 'SELECT 1');
SELECT test.try_send();
CALL migrate_up('2');
INSERT INTO test.file VALUES ('B3__a.sql', 'SELECT 3');
SELECT test.try_send();
DELETE FROM test.file WHERE path = 'V2__a.sql';
SELECT test.try_send();

-- sqitch: names say nothing of the order, so what is not in the plan is ahead
:fresh
INSERT INTO test.file VALUES ('sqitch.plan', E'%syntax-version=1.0.0\n%project=shop\n\nusers 2026-01-01T00:00:00Z A <a@b.c> # x\n@v1 2026-01-01T00:00:00Z A <a@b.c> # x\n\nusers [users@v1] 2026-01-02T00:00:00Z A <a@b.c> # y\n'),
    ('deploy/users@v1.sql', 'SELECT 1'), ('revert/users@v1.sql', ''), ('deploy/users.sql', 'SELECT 2'), ('revert/users.sql', '');
SELECT test.try_send();
CALL migrate_up();
SELECT test.look();
SELECT current FROM migrate_health();
SELECT migrate_apply('a', 'SELECT 1');
SELECT test.try_send();
SELECT test.try_send(true);
:clean
