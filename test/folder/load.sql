--
-- What the tests of the folder protocol share: a folder of files in a table,
-- and what a client does with it.
--
\set QUIET on
SET client_min_messages = warning;
\set fresh 'DROP EXTENSION IF EXISTS neon_migrate; DROP SCHEMA IF EXISTS migrate, app CASCADE; CREATE SCHEMA migrate; CREATE EXTENSION neon_migrate SCHEMA migrate; CREATE SCHEMA app; TRUNCATE test.file;'
\set clean 'DROP EXTENSION neon_migrate; DROP SCHEMA migrate, app, test CASCADE;'
CREATE SCHEMA test;
CREATE TABLE test.file (path text COLLATE "C" PRIMARY KEY, contents text NOT NULL);
:fresh
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned
\pset null NULL

-- a file of the default format
CREATE FUNCTION test.put(version text, up text, down text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO test.file
    VALUES ('m/' || version || '_x.sql',
            E'-- migrate:up\n' || up || coalesce(E'\n-- migrate:down\n' || down, ''))
    ON CONFLICT (path) DO UPDATE SET contents = EXCLUDED.contents
$$;

CREATE FUNCTION test.paths() RETURNS text[] LANGUAGE sql AS
    $$ SELECT coalesce(array_agg(path ORDER BY path), '{}') FROM test.file $$;
CREATE FUNCTION test.contents() RETURNS text[] LANGUAGE sql AS
    $$ SELECT coalesce(array_agg(contents ORDER BY path), '{}') FROM test.file $$;
CREATE FUNCTION test.checksums() RETURNS bytea[] LANGUAGE sql AS
    $$ SELECT coalesce(array_agg(sha256(convert_to(contents, 'UTF8')) ORDER BY path), '{}') FROM test.file $$;

-- the checksum of the folder, as a client computes it
CREATE FUNCTION test.folder(format text DEFAULT NULL) RETURNS bytea LANGUAGE sql AS $$
    SELECT sha256(convert_to(coalesce(format, ''), 'UTF8') || '\x00'
                  || string_agg(convert_to(path, 'UTF8') || '\x00'
                                || int8send(octet_length(convert_to(contents, 'UTF8')))
                                || convert_to(contents, 'UTF8'), '' ORDER BY path))
    FROM test.file
$$;

-- what a client does
CREATE FUNCTION test.send(format text DEFAULT NULL, allow_ahead boolean DEFAULT false)
    RETURNS TABLE (version text, outcome text, up_path text, down_path text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM migrate.migrate_store_files(array_agg((test.contents())[n]))
    FROM migrate.migrate_files_missing(test.checksums()) AS n
    HAVING count(*) > 0;
    RETURN QUERY SELECT * FROM migrate.migrate_register_folder(test.paths(), test.checksums(), format, allow_ahead);
END
$$;

-- whether it is known, and what registering it would do, which is not done
CREATE FUNCTION test.look() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    known boolean := migrate.migrate_folder_known(test.folder());
    before text;
    after text;
    outcomes text;
BEGIN
    BEGIN
        SELECT md5(string_agg(d::text, ',' ORDER BY d.version)) || (SELECT count(*) FROM migrate.migrate_ledger)
        INTO before FROM migrate.migrate_definition AS d;
        SELECT string_agg(version || ' ' || outcome, ', ') INTO outcomes
        FROM test.send() WHERE outcome IN ('changed', 'registered');
        SELECT md5(string_agg(d::text, ',' ORDER BY d.version)) || (SELECT count(*) FROM migrate.migrate_ledger)
        INTO after FROM migrate.migrate_definition AS d;
        IF before IS DISTINCT FROM after THEN
            outcomes := concat_ws(', ', outcomes, 'changes');
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = coalesce(outcomes, 'nothing to do');
    EXCEPTION WHEN OTHERS THEN
        outcomes := SQLERRM;
    END;
    RETURN CASE WHEN known AND outcomes <> 'nothing to do' THEN 'WRONG: ' ELSE '' END
        || CASE WHEN known THEN 'known' ELSE 'not known' END || '; ' || outcomes;
END
$$;
