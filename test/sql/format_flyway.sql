--
-- Flyway: versions, undo, repeatable and baseline migrations.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

SELECT * FROM test.register('flyway');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT * FROM test.register('flyway');

-- repeatable: again when the SQL changes, and only then
CREATE FUNCTION test.views(sql text) RETURNS TABLE (version text, outcome text) LANGUAGE sql AS
    $$ SELECT * FROM migrate.migrate_register_files(ARRAY['R__active_users.sql'], ARRAY[sql]) $$;
SELECT * FROM test.views('CREATE OR REPLACE VIEW active_users AS  SELECT id, name FROM users -- the same');
SELECT * FROM test.views('CREATE OR REPLACE VIEW active_users AS SELECT id, name, 2 AS two FROM users');
SELECT * FROM test.views('CREATE OR REPLACE VIEW active_users AS SELECT id, name, 3 AS three FROM users');
SELECT version, state, has_down, depends_on FROM migrate_status WHERE version ~ '^R';
CALL migrate_up();
SELECT test.columns('active_users'::regclass);
-- back to what it was: the file as it was before, which is a change again
SELECT * FROM test.views('CREATE OR REPLACE VIEW active_users AS SELECT id, name, 3 AS three FROM users');
SELECT * FROM test.views('DROP VIEW active_users; CREATE VIEW active_users AS SELECT id, name FROM users');
CALL migrate_up();
SELECT test.columns('active_users'::regclass);
-- changed and changed back before it was run: nothing is left to do
SELECT * FROM test.views('SELECT 4');
SELECT * FROM test.views('DROP VIEW active_users; CREATE VIEW active_users AS SELECT id, name FROM users');
SELECT version, state FROM migrate_status WHERE version ~ '^R__act';
-- rolled back: what was there before it
CALL migrate_down(1);
SELECT test.columns('active_users'::regclass);
SELECT * FROM test.views('CREATE OR REPLACE VIEW active_users AS SELECT id, name, 3 AS three FROM users');
SELECT version, state FROM migrate_status WHERE version ~ '^R__act';
-- a new version is not late because repeatable ones are applied; one that is, is
SELECT r.* FROM (SELECT array_agg(path) AS p, array_agg(content) AS c FROM test.files('flyway') WHERE path !~ 'active') AS a,
    migrate_register_files(p || ARRAY['flyway/V4__new.sql', 'flyway/V2.5__late.sql'],
                           c || ARRAY['CREATE TABLE new (a int)', 'CREATE TABLE late (a int)']) AS r WHERE outcome <> 'applied';
SELECT version, depends_on FROM migrate_status WHERE state = 'pending';
CALL migrate_up();
SELECT * FROM migrate_verify() WHERE NOT ok;

-- baseline: in a database that has none of the versions
:fresh
SELECT r.* FROM (SELECT array_agg(path) AS p, array_agg(content) AS c FROM test.files('flyway-baseline') WHERE path !~ 'B2') AS a,
    migrate_register_files(p, c) AS r;
SELECT * FROM test.register('flyway-baseline');
SELECT version, description, state FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.register('flyway-baseline');
SELECT * FROM test.objects;
-- and in one that has
:fresh
SELECT * FROM migrate_register_files(ARRAY['V1__create_users.sql'], ARRAY['CREATE TABLE users (id bigint PRIMARY KEY)']);
CALL migrate_up();
SELECT * FROM test.register('flyway-baseline');
CALL migrate_up();
SELECT * FROM test.register('flyway-baseline');

-- errors
SELECT * FROM migrate_register_files(ARRAY['V1__a.sql', 'V1.0__b.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['V1__a.sql', 'V01__b.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['V1__a.sql', 'U2__b.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['V1__a.sql', 'U1__b.sql', 'U1__c.sql'], ARRAY['', '', '']);
SELECT * FROM migrate_register_files(ARRAY['V1__a.sql', 'afterMigrate.sql'], ARRAY['', '']);
\echo :SQLSTATE
SELECT * FROM migrate_register_files(ARRAY['V1__a.sql'], ARRAY[E'-- ${x}\nSELECT\n  \'${schema}\'']);
SELECT * FROM migrate_register_files(ARRAY['V1__a.sql', 'V1__a.sql.conf'], ARRAY['', E'\nexecuteInTransaction=perhaps']);
SELECT * FROM migrate_register_files(ARRAY['V1_a.sql'], ARRAY['']);
SELECT * FROM migrate_register_files(ARRAY['V__a.sql'], ARRAY['']);
SELECT * FROM migrate_register_files(ARRAY['R__a.sql', 'db/R__a.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['R__a.sql'], ARRAY[E'SELECT 1;\n  SELEC 2']);
SELECT * FROM migrate_register_files(ARRAY['V9__a.sql', 'V9__a.sql.conf'], ARRAY['SELECT 1', 'shouldExecute=false']);

:clean
