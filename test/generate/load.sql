-- Makes one schema in g, asks for the way to another one, and goes there and
-- back.
--
-- generate_pair(live, desired) returns the up SQL, the down SQL, the warnings,
-- and then what is not as it should be: a line for each difference that is left.

CREATE SCHEMA check_generate;
CREATE SEQUENCE check_generate.version;

-- the schema in g, without what the way there and back does not keep
CREATE FUNCTION check_generate.look(OUT kind text, OUT identity text, OUT definition text)
    RETURNS SETOF record LANGUAGE sql AS $$
    SELECT kind, identity,
        regexp_replace(definition, '^columns [^\n]*\n?', '')
    FROM migrate_snapshot()
    WHERE identity ~ '(^|\mon )g(\.|$)' OR identity ~ '^of .* in schema g ' OR kind = 'extension'
$$;

CREATE FUNCTION check_generate.generate_pair(live text, desired text) RETURNS SETOF text
    LANGUAGE plpgsql AS $$
DECLARE
    made record;
    again record;
    line record;
    version text := 'v' || nextval('check_generate.version');
BEGIN
    SET LOCAL client_min_messages = warning;
    DROP SCHEMA IF EXISTS g CASCADE;
    CREATE SCHEMA g;
    SET LOCAL search_path = g, public;
    EXECUTE live;
    CREATE TEMP TABLE before ON COMMIT DROP AS SELECT * FROM check_generate.look();
    SELECT * INTO made FROM migrate_generate(desired);
    IF made.up_sql = '' THEN
        RETURN NEXT 'no difference';
    ELSE
        RETURN NEXT '-- up' || E'\n' || made.up_sql || '-- down' || E'\n' || made.down_sql;
    END IF;
    FOR line IN SELECT unnest(made.warnings) AS w LOOP
        RETURN NEXT '-- warning: ' || line.w;
    END LOOP;
    FOR line IN (TABLE before EXCEPT SELECT * FROM check_generate.look())
        UNION ALL (SELECT * FROM check_generate.look() EXCEPT TABLE before) LOOP
        RETURN NEXT format('CHANGED BY GENERATE: %s %s: %s', line.kind, line.identity, line.definition);
    END LOOP;
    PERFORM migrate_apply(version, made.up_sql, made.down_sql);
    SELECT * INTO again FROM migrate_generate(desired);
    IF again.up_sql <> '' THEN
        RETURN NEXT 'STILL DIFFERENT:' || E'\n' || again.up_sql;
    END IF;
    PERFORM migrate_rollback();
    FOR line IN (SELECT 'was ' AS how, * FROM (TABLE before EXCEPT SELECT * FROM check_generate.look()) AS x)
        UNION ALL (SELECT 'is ', * FROM (SELECT * FROM check_generate.look() EXCEPT TABLE before) AS y) LOOP
        RETURN NEXT format('NOT BACK: %s %s %s: %s', line.how, line.kind, line.identity, line.definition);
    END LOOP;
    DROP TABLE before;
END
$$;
