--
-- What the tests of migrate_generate() share: one schema is made in g, the way
-- to another one is asked for, and gone there and back.
--
\set QUIET on
SET client_min_messages = warning;
\pset tuples_only on
\pset format unaligned
\pset null NULL
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
-- what it does to tables is not the question here
SET neon_migrate.lint = off;
CREATE SCHEMA test;
CREATE SEQUENCE test.version;
CREATE SCHEMA other;
\set clean 'DROP EXTENSION neon_migrate; DROP SCHEMA migrate, test, g, other CASCADE;'

-- the schema, but for the order of columns
CREATE FUNCTION test.look(OUT kind text, OUT identity text, OUT definition text)
    RETURNS SETOF record LANGUAGE sql AS $$
    SELECT kind, identity, regexp_replace(definition, '^columns [^\n]*\n?', '')
    FROM migrate.migrate_snapshot()
    WHERE identity !~ '^test|^migrate\.' AND identity NOT LIKE '% on migrate.%'
$$;

-- There and back.  Prints what was generated, if it is to be shown, then each
-- thing that is not as it should be: what calling the function has changed, what
-- still differs after the up SQL, what is not as before after the down SQL.
CREATE FUNCTION test.pair(live text, desired text, show boolean DEFAULT true) RETURNS SETOF text
    LANGUAGE plpgsql AS $$
DECLARE
    made record;
    again record;
    line record;
    version text := 'v' || nextval('test.version');
BEGIN
    DROP SCHEMA IF EXISTS g CASCADE;
    CREATE SCHEMA g;
    PERFORM set_config('search_path', 'g, public', true);
    EXECUTE live;
    CREATE TEMP TABLE before ON COMMIT DROP AS SELECT * FROM test.look();
    SELECT * INTO made FROM migrate.migrate_generate(desired);
    IF made.up_sql = '' THEN
        RETURN NEXT 'no difference';
    ELSIF show THEN
        RETURN NEXT rtrim(made.up_sql, E'\n');
        RETURN NEXT '-- down:';
        RETURN NEXT rtrim(made.down_sql, E'\n');
    ELSE
        RETURN NEXT 'differs';
    END IF;
    FOR line IN SELECT unnest(made.warnings) AS w LOOP
        RETURN NEXT '-- warning: ' || line.w;
    END LOOP;
    FOR line IN (TABLE before EXCEPT SELECT * FROM test.look())
        UNION ALL (SELECT * FROM test.look() EXCEPT TABLE before) LOOP
        RETURN NEXT format('CHANGED BY GENERATE: %s %s: %s', line.kind, line.identity, line.definition);
    END LOOP;
    PERFORM migrate.migrate_apply(version, made.up_sql, made.down_sql);
    SELECT * INTO again FROM migrate.migrate_generate(desired);
    IF regexp_replace(again.up_sql, '^-- .* is left as it is: .*$', '', 'ng') ~ '\S' THEN
        RETURN NEXT 'STILL DIFFERENT:' || E'\n' || again.up_sql;
    END IF;
    PERFORM migrate.migrate_rollback();
    FOR line IN (SELECT 'was' AS how, * FROM (TABLE before EXCEPT SELECT * FROM test.look()) AS x)
        UNION ALL (SELECT 'is', * FROM (SELECT * FROM test.look() EXCEPT TABLE before) AS y)
        ORDER BY 1, 2, 3 LOOP
        RETURN NEXT format('NOT BACK: %s %s %s: %s', line.how, line.kind, line.identity, line.definition);
    END LOOP;
    DROP TABLE before;
END
$$;
