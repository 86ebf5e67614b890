--
-- migrate_lint(): the text: positions, comments, errors.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/lint/load.sql'
\set ECHO none
\i :load
\set ECHO all

\set lines 'SELECT rule, statement, line, col FROM migrate_lint('
-- columns count characters
:lines E'/* \u00fc\u00fc */ DROP TABLE small; -- \u20ac\nSELECT ''\u20ac'', 1;\r\n');
:lines E'SELECT 1;\n\n  SELECT ''\u00e4\u00f6'';  DROP TABLE\n small');
:lines E'\ufeffDROP TABLE small');
:lines 'BEGIN; DROP TABLE small; COMMIT');
:lines '');
:lines '-- nothing');
:lines ';;');
SELECT migrate_lint(NULL);
SELECT migrate_lint('SELEC 1');
SELECT migrate_lint('SELECT 1; DROP TABLE small small');
SELECT migrate_lint('SELECT 1; COPY small FROM STDIN');
SELECT migrate_lint('ROLLBACK');
-- comments
:lines E'-- neon_migrate: ignore drop-table\nDROP TABLE small; DROP TABLE large');
:lines E'DROP TABLE small; -- neon_migrate: ignore drop-table\nDROP TABLE large');
:lines E'DROP TABLE small -- neon_migrate: ignore drop-table\n;DROP TABLE large');
:lines E'DROP TABLE /* neon_migrate: ignore drop-table because it is unused */ small; DROP TABLE large');
:lines E'-- neon_migrate: ignore-file drop-table, many-locks\nDROP TABLE small; DROP TABLE large');
:lines E'DROP TABLE small; DROP TABLE large;\n-- neon_migrate: ignore-file drop-table,many-locks');
:lines E'-- neon_migrate: ignore drop-column, drop-table: nobody reads it\n\n-- more\nDROP TABLE small');
:lines E'/* outer /* inner */ neon_migrate: ignore drop-table */ DROP TABLE small');
:lines E'/* neon_migrate: ignore drop-table */ DROP TABLE small');
:lines E'SELECT ''-- neon_migrate: ignore-file drop-table''; DROP TABLE small');
:lines E'SELECT $x$\n-- neon_migrate: ignore-file drop-table\n$x$; DROP TABLE small');
:lines E'-- neon_migrate ignore drop-table\n-- neon_migrate: ignored drop-table\n-- neon_migrate: ignore\nDROP TABLE small');
:lint E'-- neon_migrate: ignore drop-tabel, drop-table\nDROP TABLE small');
:lines E'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; /* neon_migrate: ignore drop-table */ SELECT 2; END; DROP TABLE small');
:lines E'-- neon_migrate: ignore unknown-rule\n-- neon_migrate: ignore nonsense\nDROP TABLE small');
-- the setting
SET neon_migrate.lint_ignore = 'drop-table, foreign-key-index';
:lines 'DROP TABLE small; TRUNCATE large');
SET neon_migrate.lint_ignore = 'drop-tabel';
:lint 'DROP TABLE small');
SELECT migrate_apply('0', 'SELECT 1');
SET neon_migrate.lint_ignore = 'a b';
RESET neon_migrate.lint_ignore;
-- rights: whoever may call it needs none on the tables
CREATE ROLE regress_nm_reader;
GRANT USAGE ON SCHEMA migrate TO regress_nm_reader;
SET ROLE regress_nm_reader;
:lines 'DROP TABLE app.small; SELECT 1::app.nothing; ALTER TABLE app.small ADD x app.nothing');
SELECT count(*) > 70 FROM migrate_lint_rules();
SELECT * FROM migrate_lint_files('{}', '{}');
RESET ROLE;
GRANT USAGE ON SCHEMA app TO regress_nm_reader;
SET ROLE regress_nm_reader;
:lines 'DROP TABLE app.small; CREATE INDEX ON app.large (a)');
RESET ROLE;
REVOKE USAGE ON SCHEMA app, migrate FROM regress_nm_reader;
DROP ROLE regress_nm_reader;
BEGIN READ ONLY;
:lines 'DROP TABLE small; TRUNCATE large');
COMMIT;
SELECT rule FROM migrate_lint_rules() ORDER BY rule COLLATE "C";
-- files, as if applied one after the other
\set files 'SELECT version, path, rule, statement, line, col FROM migrate_lint_files('
:files ARRAY['1_a.sql', '2_b.sql', '3_c.sql'], ARRAY[E'\n-- migrate:up\nCREATE TABLE new (id bigint PRIMARY KEY, l bigint REFERENCES large);\n-- migrate:down\nDROP TABLE small;', E'-- migrate:up\nALTER TABLE large ADD CONSTRAINT there CHECK (a IS NOT NULL) NOT VALID;\n-- migrate:down\n', E'-- migrate:up\nALTER TABLE large VALIDATE CONSTRAINT there;\nALTER TABLE large ALTER a SET NOT NULL;\nCREATE INDEX ON new (l);\nDROP TABLE small;\n-- migrate:down\n']);
SELECT migrate_apply('1', 'SELECT 1');
:files ARRAY['1_a.sql', '2_b.sql'], ARRAY[E'-- migrate:up\nDROP TABLE small;\n-- migrate:down\n', E'-- migrate:up\nDROP TABLE small;\n-- migrate:down\n'], 'dbmate', true);
:files ARRAY['1_a.sql'], ARRAY[E'-- migrate:up\nSELEC 1;\n-- migrate:down\n']);
:files '{}', '{}', NULL, NULL);
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate, app CASCADE;
