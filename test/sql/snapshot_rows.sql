--
-- The rows of a snapshot, and its fingerprint.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = app, migrate;
\pset format unaligned
CREATE SCHEMA app;
CREATE TYPE app."Odd Name" AS ENUM ('b', 'a''b');
CREATE TABLE app.users (
    id bigint GENERATED ALWAYS AS IDENTITY,
    gone int,
    email varchar(80) NOT NULL DEFAULT 'x@y',
    kind app."Odd Name",
    CONSTRAINT users_key PRIMARY KEY (id),
    CONSTRAINT "email is one" CHECK (email IN ('a@b', 'c@d')));
ALTER TABLE app.users DROP gone;
CREATE INDEX users_email ON app.users (lower(email) DESC, kind) WHERE id > 5;
CREATE FUNCTION app.touch(VARIADIC ids bigint[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	RETURN;	-- a tab
END $$;
COMMENT ON TABLE app.users IS 'two
lines';
GRANT SELECT ON app.users TO PUBLIC;
SELECT kind, identity, replace(definition, current_user, 'me') AS definition
    FROM migrate_snapshot() WHERE identity ~ 'app' AND kind <> 'settings';

-- in any order, sorted by bytes
SELECT array_agg(format('%s/%s', kind, identity)) = array_agg(format('%s/%s', kind, identity) ORDER BY kind COLLATE "C") AS sorted
    FROM migrate_snapshot() WHERE kind IN ('schema', 'table', 'type', 'function');
-- neither this extension nor what belongs to another is in it
SELECT count(*) FROM migrate_snapshot() WHERE identity ~ 'migrate|plpgsql_call';

-- the fingerprint
SELECT migrate_fingerprint() ~ '^[0-9a-f]{64}$' AS is_hash, migrate_fingerprint() AS before \gset
ALTER TABLE users ADD extra int;
SELECT migrate_fingerprint() = :'before' AS same;
ALTER TABLE users DROP extra;
SELECT migrate_fingerprint() = :'before' AS same;
-- the order of columns is a part of it
ALTER TABLE users ADD a int, ADD b int;
SELECT migrate_fingerprint() AS ab \gset
ALTER TABLE users DROP a, ADD a int;
SELECT migrate_fingerprint() = :'ab' AS same;
-- the same objects made in another order
ALTER TABLE users DROP a, DROP b;
DROP INDEX users_email;
ALTER TABLE users DROP CONSTRAINT users_key, DROP CONSTRAINT "email is one";
DROP FUNCTION touch;
SELECT migrate_fingerprint() = :'before' AS same;
CREATE FUNCTION app.touch(VARIADIC ids bigint[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	RETURN;	-- a tab
END $$;
ALTER TABLE app.users ADD CONSTRAINT "email is one" CHECK (email IN ('a@b', 'c@d')), ADD CONSTRAINT users_key PRIMARY KEY (id);
CREATE INDEX users_email ON app.users (lower(email) DESC, kind) WHERE id > 5;
SELECT migrate_fingerprint() = :'before' AS same;

-- in the extension's schema, what is not its own counts
CREATE TABLE migrate.mine (a int);
SELECT kind, identity FROM migrate_snapshot() WHERE identity ~ 'mine';

DROP SCHEMA app CASCADE;
DROP TABLE migrate.mine;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
