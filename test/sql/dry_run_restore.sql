-- migrate_dry_run(): does the down SQL restore the schema?
CREATE EXTENSION neon_migrate;
CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL, born date DEFAULT now(), CHECK (id > 0));
CREATE INDEX person_name ON person (name);
CREATE VIEW names AS SELECT name FROM person;
CREATE ROLE regress_dry_a;
GRANT SELECT ON person TO regress_dry_a;

CREATE FUNCTION check_down(up text, down text) RETURNS TABLE (restored boolean, detail text)
    LANGUAGE sql AS $$ SELECT restored, detail FROM migrate_dry_run(up, down) WHERE direction = 'check' $$;

SELECT * FROM check_down('ALTER TABLE person ADD COLUMN age int', 'ALTER TABLE person DROP COLUMN age');
SELECT * FROM check_down('CREATE TABLE a (id serial PRIMARY KEY); CREATE TYPE b AS ENUM (''x'')', 'DROP TYPE b; DROP TABLE a');
SELECT * FROM check_down('', '');
SELECT * FROM check_down('INSERT INTO person VALUES (1, ''x'')', '');
-- what is left over
SELECT * FROM check_down('CREATE TABLE a (id serial PRIMARY KEY); CREATE TYPE b AS ENUM (''x'')', 'DROP TABLE a');
SELECT * FROM check_down('CREATE TABLE a (id serial PRIMARY KEY)', '');
-- what is missing, or other than it was
SELECT * FROM check_down('DROP INDEX person_name', '');
SELECT * FROM check_down('DROP VIEW names', 'CREATE VIEW names AS SELECT name FROM person WHERE true');
SELECT * FROM check_down('ALTER TABLE person ALTER COLUMN born DROP DEFAULT', 'ALTER TABLE person ALTER COLUMN born SET DEFAULT current_date');
SELECT * FROM check_down('REVOKE SELECT ON person FROM regress_dry_a; COMMENT ON TABLE person IS ''x''', '');
-- a column that is made again comes last
SELECT * FROM check_down('ALTER TABLE person DROP COLUMN name CASCADE',
    'ALTER TABLE person ADD COLUMN name text NOT NULL; CREATE INDEX person_name ON person (name); CREATE VIEW names AS SELECT name FROM person');
-- settings that ignore drift do not count here
SET neon_migrate.drift_ignore_grants = on;
SELECT * FROM check_down('REVOKE SELECT ON person FROM regress_dry_a', '');
RESET neon_migrate.drift_ignore_grants;
-- the rows of the down SQL
SELECT direction, statement, line, command, rows, locks, rewritten, restored
    FROM migrate_dry_run(E'\nALTER TABLE person ADD COLUMN age int', E'UPDATE person SET id = id;\n\nALTER TABLE person DROP COLUMN age');

DROP EXTENSION neon_migrate CASCADE;
DROP TABLE person CASCADE;
DROP ROLE regress_dry_a;
