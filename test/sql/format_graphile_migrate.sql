--
-- graphile-migrate: committed migrations in a chain of hashes.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

SELECT * FROM test.register('graphile-migrate');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT * FROM test.register('graphile-migrate');
SELECT r.* FROM (SELECT array_agg(path) AS p, array_agg(replace(content, E'\n', E'\r\n')) AS c
    FROM test.files('graphile-migrate')) AS a, migrate_register_files(p, c) AS r;
-- a part of the chain
SELECT r.* FROM (SELECT array_agg(path) AS p, array_agg(content) AS c
    FROM test.files('graphile-migrate') WHERE path ~ '000003') AS a, migrate_register_files(p, c) AS r;

-- errors
\set SHOW_CONTEXT never
CREATE FUNCTION test.change(this text, that text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT r.version FROM (SELECT array_agg(path) AS p, array_agg(regexp_replace(content, this, that)) AS c
        FROM test.files('graphile-migrate')) AS a, migrate.migrate_register_files(p, c) AS r $$;
SELECT test.change('name text', 'name varchar');
SELECT test.change('Hash: ', E'AllowInvalidHash\n--! Hash: x');
SELECT test.change('Previous: sha1:....', 'Previous: sha1:0000');
SELECT test.change('Previous: -', 'Previous: sha1:0000');
SELECT test.change('Message:', 'Massage:');
\set SHOW_CONTEXT errors
SELECT * FROM migrate_register_files(ARRAY['000001.sql'], ARRAY[E'--! Previous: -\n\nSELECT 1']);
SELECT * FROM migrate_register_files(ARRAY['000001.sql'], ARRAY['SELECT 1'], 'graphile-migrate');
SELECT * FROM migrate_register_files(ARRAY['000001.sql'],
    ARRAY[E'--! Previous: -\n--! Hash: x\n--! AllowInvalidHash\n\nSELECT 1;\n--!include x.sql']);
SELECT * FROM migrate_register_files(ARRAY['000001.sql'],
    ARRAY[E'--! Previous: -\n--! Hash: x\n--! AllowInvalidHash\n\nSELECT 1;\n--! no-transaction']);
SELECT * FROM migrate_register_files(ARRAY['000004.sql'],
    ARRAY[E'--! Previous: x\n--! Hash: x\n--! AllowInvalidHash\n\nALTER TABLE users\n OWNER TO :DATABASE_OWNER']);

:clean
