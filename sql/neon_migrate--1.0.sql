/* sql/neon_migrate--1.0.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION neon_migrate" to load this file. \quit

--
-- Where it is being installed
--
-- Whoever owns the schema could later put better-matching functions beside
-- ours, which a superuser's call would then run.
--

CREATE FUNCTION @extschema@.migrate_check_schema() RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C;

SELECT @extschema@.migrate_check_schema();

DROP FUNCTION @extschema@.migrate_check_schema();

--
-- The ledger
--

CREATE TABLE @extschema@.migrate_ledger (
    seq             bigint PRIMARY KEY CHECK (seq OPERATOR(pg_catalog.>) 0),
    version         text COLLATE "C" NOT NULL,
    action          text NOT NULL,
    description     text,
    up_sql          text,
    down_sql        text,
    depends_on      text[] COLLATE "C" NOT NULL,
    transactional   boolean NOT NULL,
    checksum        bytea,
    started_at      timestamptz NOT NULL,
    duration        interval,
    applied_by      text NOT NULL,
    role            text NOT NULL,
    client          text,
    application     text,
    statements      integer,
    rows            bigint,
    wal_bytes       bigint,
    lsn             pg_lsn,
    error           text,
    direction       text,
    step            integer,
    steps           integer,
    cut             text,
    detail          text,
    applied_seq     bigint,
    below_seq       bigint,
    head_seq        bigint,
    applied_total   bigint NOT NULL,
    unfinished_total bigint NOT NULL,
    dependent_total bigint NOT NULL,
    newest_version  text COLLATE "C",
    previous_hash   bytea,
    entry_hash      bytea NOT NULL,
    CHECK (up_sql IS NULL OR checksum IS NOT NULL)
);

CREATE INDEX migrate_ledger_version ON @extschema@.migrate_ledger (version, seq);

COMMENT ON TABLE @extschema@.migrate_ledger IS
    'what was done to the schema, one row per event; append-only, written by the functions of neon_migrate only';
COMMENT ON COLUMN @extschema@.migrate_ledger.seq IS 'number of the event, from 1, without a gap';
COMMENT ON COLUMN @extschema@.migrate_ledger.version IS 'the migration; empty for accept_drift, which is about none';
COMMENT ON COLUMN @extschema@.migrate_ledger.action IS 'apply, amend, rollback, stamp, unstamp or accept_drift; of a step, started, done or failed';
COMMENT ON COLUMN @extschema@.migrate_ledger.description IS 'what the migration is for; why the drift was accepted';
COMMENT ON COLUMN @extschema@.migrate_ledger.up_sql IS 'SQL that applies the migration; NULL if not known';
COMMENT ON COLUMN @extschema@.migrate_ledger.down_sql IS 'SQL that undoes the migration; NULL if there is none';
COMMENT ON COLUMN @extschema@.migrate_ledger.depends_on IS 'versions that must be applied for this one';
COMMENT ON COLUMN @extschema@.migrate_ledger.transactional IS 'whether the up SQL can run in a transaction';
COMMENT ON COLUMN @extschema@.migrate_ledger.checksum IS 'SHA-256 over the tokens of the up SQL';
COMMENT ON COLUMN @extschema@.migrate_ledger.started_at IS 'when the event began, by the server''s clock';
COMMENT ON COLUMN @extschema@.migrate_ledger.duration IS 'how long the SQL ran; NULL if none was run';
COMMENT ON COLUMN @extschema@.migrate_ledger.applied_by IS 'user who was logged in';
COMMENT ON COLUMN @extschema@.migrate_ledger.role IS 'role whose rights the SQL ran with';
COMMENT ON COLUMN @extschema@.migrate_ledger.client IS 'network address of the client, or local';
COMMENT ON COLUMN @extschema@.migrate_ledger.application IS 'application_name of the session';
COMMENT ON COLUMN @extschema@.migrate_ledger.statements IS 'number of statements run';
COMMENT ON COLUMN @extschema@.migrate_ledger.rows IS 'number of rows that they processed';
COMMENT ON COLUMN @extschema@.migrate_ledger.wal_bytes IS 'WAL written by them, in bytes';
COMMENT ON COLUMN @extschema@.migrate_ledger.lsn IS 'position in the WAL before the first of them';
COMMENT ON COLUMN @extschema@.migrate_ledger.error IS 'why it failed, if it did';
COMMENT ON COLUMN @extschema@.migrate_ledger.direction IS 'of a step: up or down; NULL for an event that settles the state of its version';
COMMENT ON COLUMN @extschema@.migrate_ledger.step IS 'number of the step, from 1';
COMMENT ON COLUMN @extschema@.migrate_ledger.steps IS 'number of steps of the migration';
COMMENT ON COLUMN @extschema@.migrate_ledger.cut IS 'last statement of each step; with * if it must be alone';
COMMENT ON COLUMN @extschema@.migrate_ledger.detail IS 'what was there before the step, to resume it by';
COMMENT ON COLUMN @extschema@.migrate_ledger.applied_seq IS 'event by which the version is applied after this one; NULL if it is not applied';
COMMENT ON COLUMN @extschema@.migrate_ledger.below_seq IS 'event that had applied the latest version before this one was applied';
COMMENT ON COLUMN @extschema@.migrate_ledger.head_seq IS 'event that applied the latest version that is still applied after this event';
COMMENT ON COLUMN @extschema@.migrate_ledger.applied_total IS 'number of applied versions after this event';
COMMENT ON COLUMN @extschema@.migrate_ledger.unfinished_total IS 'number of versions after this event with steps begun and not settled';
COMMENT ON COLUMN @extschema@.migrate_ledger.dependent_total IS 'number of events up to this one with dependencies';
COMMENT ON COLUMN @extschema@.migrate_ledger.newest_version IS 'applied version that is last in natural order after this event; NULL if there is none or it has not been looked up';
COMMENT ON COLUMN @extschema@.migrate_ledger.previous_hash IS 'entry_hash of the event before this one';
COMMENT ON COLUMN @extschema@.migrate_ledger.entry_hash IS 'SHA-256 over all other columns';

CREATE FUNCTION @extschema@.migrate_ledger_guard() RETURNS trigger
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_ledger_guard() IS
    'trigger that keeps the ledger append-only';

CREATE TRIGGER migrate_ledger_guard_row BEFORE INSERT ON @extschema@.migrate_ledger
    FOR EACH ROW EXECUTE FUNCTION @extschema@.migrate_ledger_guard();
CREATE TRIGGER migrate_ledger_guard_statement BEFORE UPDATE OR DELETE OR TRUNCATE
    ON @extschema@.migrate_ledger
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.migrate_ledger_guard();
CREATE TRIGGER migrate_ledger_guard_loaded AFTER INSERT ON @extschema@.migrate_ledger
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.migrate_ledger_guard();
COMMENT ON TRIGGER migrate_ledger_guard_loaded ON @extschema@.migrate_ledger IS
    'what was restored into the empty ledger is a whole chain';
COMMENT ON TRIGGER migrate_ledger_guard_row ON @extschema@.migrate_ledger IS
    'only neon_migrate inserts, and whoever restores a dump into the empty ledger';
COMMENT ON TRIGGER migrate_ledger_guard_statement ON @extschema@.migrate_ledger IS
    'nobody updates, deletes or truncates';

SELECT pg_catalog.pg_extension_config_dump('@extschema@.migrate_ledger', '');

--
-- The list of registered migrations
--

CREATE TABLE @extschema@.migrate_definition (
    version         text COLLATE "C" PRIMARY KEY,
    description     text,
    up_sql          text NOT NULL,
    down_sql        text,
    depends_on      text[] COLLATE "C" NOT NULL,
    checksum        bytea NOT NULL,
    pending         boolean NOT NULL,
    by_run          boolean NOT NULL,
    from_folder     boolean NOT NULL,
    registered_at   timestamptz NOT NULL,
    registered_by   text NOT NULL
);

CREATE INDEX migrate_definition_pending ON @extschema@.migrate_definition (pending, version);

COMMENT ON TABLE @extschema@.migrate_definition IS
    'registered migrations; those that are pending are applied by migrate_up()';
COMMENT ON COLUMN @extschema@.migrate_definition.version IS 'the migration';
COMMENT ON COLUMN @extschema@.migrate_definition.description IS 'what the migration is for';
COMMENT ON COLUMN @extschema@.migrate_definition.up_sql IS 'SQL that applies the migration';
COMMENT ON COLUMN @extschema@.migrate_definition.down_sql IS 'SQL that undoes the migration; NULL if there is none';
COMMENT ON COLUMN @extschema@.migrate_definition.depends_on IS 'versions that must be applied before this one';
COMMENT ON COLUMN @extschema@.migrate_definition.checksum IS 'SHA-256 over the tokens of the up SQL';
COMMENT ON COLUMN @extschema@.migrate_definition.pending IS 'whether it is not applied';
COMMENT ON COLUMN @extschema@.migrate_definition.by_run IS 'whether it is here only until migrate_run() has applied it';
COMMENT ON COLUMN @extschema@.migrate_definition.from_folder IS 'whether migrate_register_folder() put it here, and takes it away again while it is pending and its file is gone';
COMMENT ON COLUMN @extschema@.migrate_definition.registered_at IS 'when it was registered last';
COMMENT ON COLUMN @extschema@.migrate_definition.registered_by IS 'user who registered it last';

SELECT pg_catalog.pg_extension_config_dump('@extschema@.migrate_definition', '');

--
-- The folder of files registered last
--
-- A cache: to lose it costs only that the client sends all files again.  So a
-- dump does not have it.
--

CREATE TABLE @extschema@.migrate_file (
    checksum        bytea PRIMARY KEY,
    contents        text NOT NULL
);

COMMENT ON TABLE @extschema@.migrate_file IS
    'contents of the migration files registered last; a cache, to lose it costs only that they are sent again';
COMMENT ON COLUMN @extschema@.migrate_file.checksum IS 'SHA-256 of the contents in UTF-8';
COMMENT ON COLUMN @extschema@.migrate_file.contents IS 'what is in the file';

CREATE TABLE @extschema@.migrate_folder (
    checksum        bytea PRIMARY KEY,
    format          text,
    versions        text[] COLLATE "C" NOT NULL,
    seq             bigint NOT NULL,
    registered_at   timestamptz NOT NULL,
    registered_by   text NOT NULL
);

COMMENT ON TABLE @extschema@.migrate_folder IS
    'the folder registered last, as long as registering it again would change nothing; a cache, to lose it costs only that it is looked at again';
COMMENT ON COLUMN @extschema@.migrate_folder.checksum IS 'SHA-256 over the format named and the paths and contents of the files';
COMMENT ON COLUMN @extschema@.migrate_folder.format IS 'format that was named; NULL if it was to be recognised';
COMMENT ON COLUMN @extschema@.migrate_folder.versions IS 'migrations in the files';
COMMENT ON COLUMN @extschema@.migrate_folder.seq IS 'last event of the ledger that is known to leave the folder as it is';
COMMENT ON COLUMN @extschema@.migrate_folder.registered_at IS 'when it was registered';
COMMENT ON COLUMN @extschema@.migrate_folder.registered_by IS 'user who registered it';

--
-- What is recorded of DDL outside of migrations
--

CREATE FUNCTION @extschema@.migrate_append_only() RETURNS trigger
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_append_only() IS
    'trigger that keeps the records of the guard append-only';

CREATE TABLE @extschema@.migrate_guard_mode (
    id              bigint PRIMARY KEY,
    mode            text NOT NULL,
    set_at          timestamptz NOT NULL,
    set_by          text NOT NULL,
    role            text NOT NULL,
    client          text,
    application     text
);
COMMENT ON TABLE @extschema@.migrate_guard_mode IS
    'each change of the mode of migrate_guard(); append-only';
COMMENT ON COLUMN @extschema@.migrate_guard_mode.id IS 'number of the change, from 1';
COMMENT ON COLUMN @extschema@.migrate_guard_mode.mode IS 'off, record or refuse';
COMMENT ON COLUMN @extschema@.migrate_guard_mode.set_at IS 'when it was set';
COMMENT ON COLUMN @extschema@.migrate_guard_mode.set_by IS 'user who was logged in';
COMMENT ON COLUMN @extschema@.migrate_guard_mode.role IS 'role whose rights were in force';
COMMENT ON COLUMN @extschema@.migrate_guard_mode.client IS 'network address of the client, or local';
COMMENT ON COLUMN @extschema@.migrate_guard_mode.application IS 'application_name of the session';

CREATE SEQUENCE @extschema@.migrate_guard_number;
COMMENT ON SEQUENCE @extschema@.migrate_guard_number IS
    'numbers the statements in migrate_guard_statement';

CREATE TABLE @extschema@.migrate_guard_statement (
    id              bigint PRIMARY KEY,
    ran_at          timestamptz NOT NULL,
    run_by          text NOT NULL,
    role            text NOT NULL,
    client          text,
    application     text,
    pid             integer NOT NULL,
    command         text NOT NULL,
    statement       text,
    inner_statement text,
    bypassed        boolean NOT NULL
);
COMMENT ON TABLE @extschema@.migrate_guard_statement IS
    'DDL that was run outside of migrations, one row per statement; append-only';
COMMENT ON COLUMN @extschema@.migrate_guard_statement.id IS 'number of the statement';
COMMENT ON COLUMN @extschema@.migrate_guard_statement.ran_at IS 'when it was run, by the server''s clock';
COMMENT ON COLUMN @extschema@.migrate_guard_statement.run_by IS 'user who was logged in';
COMMENT ON COLUMN @extschema@.migrate_guard_statement.role IS 'role whose rights it ran with';
COMMENT ON COLUMN @extschema@.migrate_guard_statement.client IS 'network address of the client, or local';
COMMENT ON COLUMN @extschema@.migrate_guard_statement.application IS 'application_name of the session';
COMMENT ON COLUMN @extschema@.migrate_guard_statement.pid IS 'process that ran it';
COMMENT ON COLUMN @extschema@.migrate_guard_statement.command IS 'kind of statement, such as ALTER TABLE';
COMMENT ON COLUMN @extschema@.migrate_guard_statement.statement IS 'what the client sent, without secrets, cut off at 64 kB';
COMMENT ON COLUMN @extschema@.migrate_guard_statement.inner_statement IS 'the statement itself if a function or DO block that the client called ran it';
COMMENT ON COLUMN @extschema@.migrate_guard_statement.bypassed IS 'whether it was run with neon_migrate.guard_bypass while DDL was refused';

CREATE TABLE @extschema@.migrate_guard_object (
    statement_id    bigint NOT NULL,
    type            text NOT NULL,
    identity        text COLLATE "C" NOT NULL,
    key             text COLLATE "C" NOT NULL,
    command         text NOT NULL,
    dropped         boolean NOT NULL
);
CREATE INDEX migrate_guard_object_statement ON @extschema@.migrate_guard_object (statement_id);
-- a name with its arguments can be longer than a btree takes
CREATE INDEX migrate_guard_object_key ON @extschema@.migrate_guard_object USING hash (key);
COMMENT ON TABLE @extschema@.migrate_guard_object IS
    'objects that were changed outside of migrations, one row per statement and object; append-only';
COMMENT ON COLUMN @extschema@.migrate_guard_object.statement_id IS 'statement in migrate_guard_statement';
COMMENT ON COLUMN @extschema@.migrate_guard_object.type IS 'type of the object, as pg_identify_object() says it';
COMMENT ON COLUMN @extschema@.migrate_guard_object.identity IS 'the object, as pg_identify_object() says it';
COMMENT ON COLUMN @extschema@.migrate_guard_object.key IS 'the identity to look it up by: outside of double quotes without pg_catalog, blanks and case';
COMMENT ON COLUMN @extschema@.migrate_guard_object.command IS 'what was done to it, such as CREATE INDEX in an ALTER TABLE';
COMMENT ON COLUMN @extschema@.migrate_guard_object.dropped IS 'whether it was dropped, or had this name until it was renamed';

CREATE TRIGGER migrate_append_only_row BEFORE INSERT ON @extschema@.migrate_guard_mode
    FOR EACH ROW EXECUTE FUNCTION @extschema@.migrate_append_only();
CREATE TRIGGER migrate_append_only_statement BEFORE UPDATE OR DELETE OR TRUNCATE
    ON @extschema@.migrate_guard_mode
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.migrate_append_only();
COMMENT ON TRIGGER migrate_append_only_row ON @extschema@.migrate_guard_mode IS
    'only neon_migrate inserts, and whoever restores a dump into the empty table';
COMMENT ON TRIGGER migrate_append_only_statement ON @extschema@.migrate_guard_mode IS
    'nobody updates, deletes or truncates';
CREATE TRIGGER migrate_append_only_row BEFORE INSERT ON @extschema@.migrate_guard_statement
    FOR EACH ROW EXECUTE FUNCTION @extschema@.migrate_append_only();
CREATE TRIGGER migrate_append_only_statement BEFORE UPDATE OR DELETE OR TRUNCATE
    ON @extschema@.migrate_guard_statement
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.migrate_append_only();
COMMENT ON TRIGGER migrate_append_only_row ON @extschema@.migrate_guard_statement IS
    'only neon_migrate inserts, and whoever restores a dump into the empty table';
COMMENT ON TRIGGER migrate_append_only_statement ON @extschema@.migrate_guard_statement IS
    'nobody updates, deletes or truncates';
CREATE TRIGGER migrate_append_only_row BEFORE INSERT ON @extschema@.migrate_guard_object
    FOR EACH ROW EXECUTE FUNCTION @extschema@.migrate_append_only();
CREATE TRIGGER migrate_append_only_statement BEFORE UPDATE OR DELETE OR TRUNCATE
    ON @extschema@.migrate_guard_object
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.migrate_append_only();
COMMENT ON TRIGGER migrate_append_only_row ON @extschema@.migrate_guard_object IS
    'only neon_migrate inserts, and whoever restores a dump into the empty table';
COMMENT ON TRIGGER migrate_append_only_statement ON @extschema@.migrate_guard_object IS
    'nobody updates, deletes or truncates';

-- not the sequence: whoever finds it behind moves it on
SELECT pg_catalog.pg_extension_config_dump('@extschema@.migrate_guard_mode', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.migrate_guard_statement', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.migrate_guard_object', '');

-- Disabled: with the guard off they do not exist for DDL.  migrate_guard()
-- enables them, which is how the mode is stored.
CREATE FUNCTION @extschema@.migrate_guard_event() RETURNS event_trigger
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_guard_event() IS
    'event trigger that records or refuses DDL outside of migrations';

CREATE EVENT TRIGGER neon_migrate_guard_start ON ddl_command_start
    EXECUTE FUNCTION @extschema@.migrate_guard_event();
CREATE EVENT TRIGGER neon_migrate_guard_drop ON sql_drop
    EXECUTE FUNCTION @extschema@.migrate_guard_event();
CREATE EVENT TRIGGER neon_migrate_guard_end ON ddl_command_end
    EXECUTE FUNCTION @extschema@.migrate_guard_event();
ALTER EVENT TRIGGER neon_migrate_guard_start DISABLE;
ALTER EVENT TRIGGER neon_migrate_guard_drop DISABLE;
ALTER EVENT TRIGGER neon_migrate_guard_end DISABLE;
COMMENT ON EVENT TRIGGER neon_migrate_guard_start IS
    'refuses DDL outside of migrations before it runs; enabled by migrate_guard(''refuse'')';
COMMENT ON EVENT TRIGGER neon_migrate_guard_drop IS
    'records or refuses what is dropped outside of migrations; enabled by migrate_guard()';
COMMENT ON EVENT TRIGGER neon_migrate_guard_end IS
    'records or refuses what is changed outside of migrations; enabled by migrate_guard()';

--
-- The schema as migrations left it
--

CREATE TABLE @extschema@.migrate_expected (
    kind            text COLLATE "C" NOT NULL,
    identity        text COLLATE "C" NOT NULL,
    contents        text[] NOT NULL,
    PRIMARY KEY (identity, kind)
);

COMMENT ON TABLE @extschema@.migrate_expected IS
    'the schema as migrations left it, one row per object; migrate_drift() compares with it';
COMMENT ON COLUMN @extschema@.migrate_expected.kind IS
    'what the object is, such as table; empty in the row that says how the others came about';
COMMENT ON COLUMN @extschema@.migrate_expected.identity IS 'its name, with its schema';
COMMENT ON COLUMN @extschema@.migrate_expected.contents IS
    'kind, name and definition of the object and of each of its parts; or format, major version of the server, and what ran untracked';

SELECT pg_catalog.pg_extension_config_dump('@extschema@.migrate_expected', '');

--
-- Functions that change something
--

CREATE FUNCTION @extschema@.migrate_apply(
    version text, up_sql text, down_sql text DEFAULT NULL,
    description text DEFAULT NULL, depends_on text[] DEFAULT '{}')
    RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_apply(text, text, text, text, text[]) IS
    'applies a migration and records it: applied, unchanged or amended';

CREATE FUNCTION @extschema@.migrate_rollback(steps integer DEFAULT 1)
    RETURNS SETOF text
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_rollback(integer) IS
    'undoes the migrations applied last, by their down SQL in the ledger; returns them';

CREATE FUNCTION @extschema@.migrate_rollback_to(version text)
    RETURNS SETOF text
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_rollback_to(text) IS
    'undoes the migrations applied after this one; returns them';

CREATE FUNCTION @extschema@.migrate_rollback_all()
    RETURNS SETOF text
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_rollback_all() IS
    'undoes all migrations; returns them';

CREATE FUNCTION @extschema@.migrate_redo(version text)
    RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_redo(text) IS
    'undoes a migration and applies it again, by its SQL in the ledger: redone';

CREATE FUNCTION @extschema@.migrate_stamp(
    version text, up_sql text DEFAULT NULL, down_sql text DEFAULT NULL,
    description text DEFAULT NULL)
    RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_stamp(text, text, text, text) IS
    'records a migration as applied without running it: stamped, unchanged or amended';

CREATE FUNCTION @extschema@.migrate_unstamp(version text)
    RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_unstamp(text) IS
    'records a migration as not applied without running anything: unstamped';

CREATE FUNCTION @extschema@.migrate_register(
    version text, up_sql text, down_sql text DEFAULT NULL,
    description text DEFAULT NULL, depends_on text[] DEFAULT '{}')
    RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_register(text, text, text, text, text[]) IS
    'puts a migration on the pending list: registered, changed, unchanged or applied';

CREATE FUNCTION @extschema@.migrate_register_files(
    paths text[], contents text[], format text DEFAULT NULL)
    RETURNS TABLE (version text, outcome text)
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_register_files(text[], text[], text) IS
    'puts the migrations in files, as this or another tool has them, on the pending list; returns them in order';

CREATE FUNCTION @extschema@.migrate_folder_known(folder bytea)
    RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_folder_known(bytea) IS
    'whether registering the folder of files with this checksum would change nothing';

CREATE FUNCTION @extschema@.migrate_files_missing(checksums bytea[])
    RETURNS SETOF integer
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_files_missing(bytea[]) IS
    'positions of the checksums of files whose contents are not stored';

CREATE FUNCTION @extschema@.migrate_store_files(contents text[])
    RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_store_files(text[]) IS
    'stores the contents of files for migrate_register_folder()';

CREATE FUNCTION @extschema@.migrate_register_folder(
    paths text[], checksums bytea[], format text DEFAULT NULL,
    allow_ahead boolean DEFAULT false)
    RETURNS TABLE (version text, outcome text, up_path text, down_path text)
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_register_folder(text[], bytea[], text, boolean) IS
    'puts the migrations in a folder of files, whose contents are stored, on the pending list; returns them in order, with their files';

CREATE FUNCTION @extschema@.migrate_unregister(version text)
    RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_unregister(text) IS
    'takes a migration off the list of registered ones; returns whether it was on it';

CREATE FUNCTION @extschema@.migrate_apply_pending(target text DEFAULT NULL)
    RETURNS SETOF text
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_apply_pending(text) IS
    'applies all pending migrations, or those up to the target, in this transaction; returns them';

CREATE FUNCTION @extschema@.migrate_guard(mode text)
    RETURNS text
    AS 'MODULE_PATHNAME', 'migrate_guard_set' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_guard(text) IS
    'sets what happens to DDL outside of migrations: off, record or refuse; returns changed or unchanged';

CREATE FUNCTION @extschema@.migrate_accept_drift(reason text)
    RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_accept_drift(text) IS
    'takes the schema as it is for the expected one, and records why: accepted';

--
-- Procedures: to be called as statements of their own
--

CREATE PROCEDURE @extschema@.migrate_run(
    version text, up_sql text, down_sql text DEFAULT NULL,
    description text DEFAULT NULL, depends_on text[] DEFAULT '{}',
    INOUT done integer DEFAULT NULL)
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON PROCEDURE @extschema@.migrate_run(text, text, text, text, text[], integer) IS
    'applies a migration, which may contain statements that refuse a transaction block';

CREATE PROCEDURE @extschema@.migrate_up(target text DEFAULT NULL, INOUT done integer DEFAULT NULL)
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON PROCEDURE @extschema@.migrate_up(text, integer) IS
    'applies all pending migrations, or those up to the target, each in its own transaction or step by step';

CREATE PROCEDURE @extschema@.migrate_down(steps integer DEFAULT 1, INOUT done integer DEFAULT NULL)
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON PROCEDURE @extschema@.migrate_down(integer, integer) IS
    'undoes the migrations applied last, each in its own transaction or step by step';

CREATE PROCEDURE @extschema@.migrate_down_to(version text, INOUT done integer DEFAULT NULL)
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON PROCEDURE @extschema@.migrate_down_to(text, integer) IS
    'undoes the migrations applied after this one, each in its own transaction or step by step';

--
-- Functions that look
--

CREATE FUNCTION @extschema@.migrate_require(version text DEFAULT NULL)
    RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE;
COMMENT ON FUNCTION @extschema@.migrate_require(text) IS
    'raises an error unless the migration is applied';

CREATE FUNCTION @extschema@.migrate_health(
    OUT ok boolean, OUT current text, OUT applied bigint, OUT pending bigint,
    OUT interrupted bigint, OUT gate_holder integer, OUT detail text)
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE;
COMMENT ON FUNCTION @extschema@.migrate_health() IS
    'how things stand, in one row, at constant cost';

CREATE FUNCTION @extschema@.migrate_verify(expected_head text DEFAULT NULL)
    RETURNS TABLE (subject text, ok boolean, detail text)
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE;
COMMENT ON FUNCTION @extschema@.migrate_verify(text) IS
    'whether the ledger is as it was written, and its table as it was made';

CREATE FUNCTION @extschema@.migrate_guard()
    RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE;
COMMENT ON FUNCTION @extschema@.migrate_guard() IS
    'what happens to DDL outside of migrations: off, record or refuse';

CREATE FUNCTION @extschema@.migrate_dry_run(up_sql text, down_sql text DEFAULT NULL)
    RETURNS TABLE (direction text, statement integer, line integer, command text,
        duration interval, rows bigint, wal_bytes bigint, locks jsonb, rewritten text[],
        restored boolean, detail text)
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_dry_run(text, text) IS
    'runs a migration and rolls it back: the locks and rewrites of each statement, and whether down restores the schema';

CREATE FUNCTION @extschema@.migrate_dry_run_pending(target text DEFAULT NULL)
    RETURNS TABLE (version text, direction text, statement integer, line integer, command text,
        duration interval, rows bigint, wal_bytes bigint, locks jsonb, rewritten text[],
        restored boolean, detail text)
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_dry_run_pending(text) IS
    'runs the pending migrations, up to a target, and rolls them back, as migrate_dry_run does';

CREATE FUNCTION @extschema@.migrate_snapshot()
    RETURNS TABLE (kind text, identity text, definition text)
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE;
COMMENT ON FUNCTION @extschema@.migrate_snapshot() IS
    'the schema as rows, the same for the same schema';

CREATE FUNCTION @extschema@.migrate_fingerprint()
    RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE;
COMMENT ON FUNCTION @extschema@.migrate_fingerprint() IS
    'SHA-256 over the schema, the same for the same schema';

CREATE FUNCTION @extschema@.migrate_drift()
    RETURNS TABLE (kind text, identity text, change text, expected text, actual text,
        run_by text, ran_at timestamptz, client text, statement text, of_whole boolean)
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE;
COMMENT ON FUNCTION @extschema@.migrate_drift() IS
    'how the schema differs from what the migrations left: missing, unexpected or changed';

CREATE FUNCTION @extschema@.migrate_lint(sql text)
    RETURNS TABLE (rule text, severity text, statement integer, line integer, col integer,
        message text, hint text)
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE;
COMMENT ON FUNCTION @extschema@.migrate_lint(text) IS
    'what is wrong or dangerous in the SQL of a migration, for the tables as they are; runs none of it';

CREATE FUNCTION @extschema@.migrate_lint_files(
    paths text[], contents text[], format text DEFAULT NULL, pending_only boolean DEFAULT false)
    RETURNS TABLE (version text, path text, rule text, severity text, statement integer, line integer,
        col integer, message text, hint text)
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE;
COMMENT ON FUNCTION @extschema@.migrate_lint_files(text[], text[], text, boolean) IS
    'migrate_lint() for the migrations in files, as if they were applied one after the other';

CREATE FUNCTION @extschema@.migrate_lint_rules()
    RETURNS TABLE (rule text, summary text)
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE;
COMMENT ON FUNCTION @extschema@.migrate_lint_rules() IS
    'the rules of migrate_lint()';

CREATE FUNCTION @extschema@.migrate_generate(desired_sql text,
        OUT up_sql text, OUT down_sql text, OUT warnings text[])
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION @extschema@.migrate_generate(text) IS
    'the difference between the schema and the one that the SQL makes, as up and down SQL';

CREATE FUNCTION @extschema@.migrate_version_key(version text)
    RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.migrate_version_key(text) IS
    'key by which versions sort in natural order';

CREATE FUNCTION @extschema@.migrate_call_started_at()
    RETURNS timestamptz
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE;
COMMENT ON FUNCTION @extschema@.migrate_call_started_at() IS
    'when the CALL began that runs migrations now; NULL if there is none';

--
-- Views
--

CREATE VIEW @extschema@.migrate_status AS
    WITH settled AS (
        SELECT DISTINCT ON (e.version) e.*
        FROM @extschema@.migrate_ledger AS e
        WHERE e.direction IS NULL AND e.version OPERATOR(pg_catalog.<>) ''
        ORDER BY e.version, e.seq DESC
    ), step AS (
        -- the last one, and the last one that began or was done
        SELECT e.version,
               pg_catalog.max(e.seq) AS seq,
               pg_catalog.max(e.seq) FILTER (WHERE e.action OPERATOR(pg_catalog.<>) 'failed') AS begun_seq,
               pg_catalog.max(e.started_at) AS started_at
        FROM @extschema@.migrate_ledger AS e
        WHERE e.direction IS NOT NULL
        GROUP BY e.version
    )
    SELECT version,
           CASE WHEN d.pending THEN d.description ELSE l.description END AS description,
           CASE
               -- a failed attempt that began nothing leaves an applied one applied
               WHEN step.seq OPERATOR(pg_catalog.>) COALESCE(l.seq, 0)
                    AND (l.applied_seq IS NULL
                         OR step.begun_seq OPERATOR(pg_catalog.>) l.seq) THEN
                   CASE
                       WHEN step.started_at OPERATOR(pg_catalog.>=) @extschema@.migrate_call_started_at()
                           THEN 'running'
                       WHEN step.seq OPERATOR(pg_catalog.=) step.begun_seq THEN 'interrupted'
                       ELSE 'failed'
                   END
               WHEN l.applied_seq IS NOT NULL THEN 'applied'
               WHEN d.pending THEN 'pending'
               ELSE 'rolled_back'
           END AS state,
           a.started_at AS applied_at,
           a.applied_by,
           a.duration,
           CASE WHEN d.pending THEN d.down_sql ELSE l.down_sql END IS NOT NULL AS has_down,
           l.transactional,
           CASE WHEN d.pending THEN d.depends_on ELSE l.depends_on END AS depends_on,
           pg_catalog.encode(CASE WHEN d.pending THEN d.checksum ELSE l.checksum END, 'hex') AS checksum
    FROM settled AS l
    FULL JOIN @extschema@.migrate_definition AS d USING (version)
    FULL JOIN step USING (version)
    LEFT JOIN (SELECT e.seq, e.started_at, e.applied_by, e.duration
               FROM @extschema@.migrate_ledger AS e) AS a
        ON a.seq OPERATOR(pg_catalog.=) l.applied_seq
    ORDER BY @extschema@.migrate_version_key(version);
COMMENT ON VIEW @extschema@.migrate_status IS
    'every known version and its state, in natural order';
COMMENT ON COLUMN @extschema@.migrate_status.version IS 'the migration';
COMMENT ON COLUMN @extschema@.migrate_status.description IS 'what it is for';
COMMENT ON COLUMN @extschema@.migrate_status.state IS 'applied, pending, rolled_back, running, failed or interrupted';
COMMENT ON COLUMN @extschema@.migrate_status.applied_at IS 'when it was applied; NULL if it is not';
COMMENT ON COLUMN @extschema@.migrate_status.applied_by IS 'user who applied it; NULL if it is not applied';
COMMENT ON COLUMN @extschema@.migrate_status.duration IS 'how long its SQL ran';
COMMENT ON COLUMN @extschema@.migrate_status.has_down IS 'whether it can be rolled back';
COMMENT ON COLUMN @extschema@.migrate_status.transactional IS 'whether its up SQL can run in a transaction; NULL if it has not run';
COMMENT ON COLUMN @extschema@.migrate_status.depends_on IS 'versions that must be applied for this one';
COMMENT ON COLUMN @extschema@.migrate_status.checksum IS 'SHA-256 over the tokens of its up SQL, in hex';

CREATE VIEW @extschema@.migrate_history AS
    SELECT l.seq,
           NULLIF(l.version, '') AS version,
           l.action,
           l.description,
           l.started_at,
           l.duration,
           l.applied_by,
           l.role,
           l.client,
           l.application,
           l.statements,
           l.rows,
           l.wal_bytes,
           l.lsn,
           l.error,
           l.direction,
           l.step,
           l.steps,
           pg_catalog.encode(l.checksum, 'hex') AS checksum,
           pg_catalog.encode(l.entry_hash, 'hex') AS entry_hash,
           pg_catalog.encode(l.previous_hash, 'hex') AS previous_hash
    FROM @extschema@.migrate_ledger AS l
    ORDER BY l.seq;
COMMENT ON VIEW @extschema@.migrate_history IS
    'the events of the ledger, oldest first, without their SQL';
COMMENT ON COLUMN @extschema@.migrate_history.seq IS 'number of the event, from 1';
COMMENT ON COLUMN @extschema@.migrate_history.version IS 'the migration; NULL for accept_drift';
COMMENT ON COLUMN @extschema@.migrate_history.action IS 'apply, amend, rollback, stamp, unstamp or accept_drift; of a step, started, done or failed';
COMMENT ON COLUMN @extschema@.migrate_history.description IS 'what the migration is for; why the drift was accepted';
COMMENT ON COLUMN @extschema@.migrate_history.started_at IS 'when the event began, by the server''s clock';
COMMENT ON COLUMN @extschema@.migrate_history.duration IS 'how long the SQL ran; NULL if none was run';
COMMENT ON COLUMN @extschema@.migrate_history.applied_by IS 'user who was logged in';
COMMENT ON COLUMN @extschema@.migrate_history.role IS 'role whose rights the SQL ran with';
COMMENT ON COLUMN @extschema@.migrate_history.client IS 'network address of the client, or local';
COMMENT ON COLUMN @extschema@.migrate_history.application IS 'application_name of the session';
COMMENT ON COLUMN @extschema@.migrate_history.statements IS 'number of statements run';
COMMENT ON COLUMN @extschema@.migrate_history.rows IS 'number of rows that they processed';
COMMENT ON COLUMN @extschema@.migrate_history.wal_bytes IS 'WAL written by them, in bytes';
COMMENT ON COLUMN @extschema@.migrate_history.lsn IS 'position in the WAL before the first of them';
COMMENT ON COLUMN @extschema@.migrate_history.error IS 'why it failed, if it did';
COMMENT ON COLUMN @extschema@.migrate_history.direction IS 'of a step: up or down';
COMMENT ON COLUMN @extschema@.migrate_history.step IS 'number of the step, from 1';
COMMENT ON COLUMN @extschema@.migrate_history.steps IS 'number of steps of the migration';
COMMENT ON COLUMN @extschema@.migrate_history.checksum IS 'SHA-256 over the tokens of the up SQL, in hex';
COMMENT ON COLUMN @extschema@.migrate_history.entry_hash IS 'hash of this event, in hex; pass the last one to migrate_verify() later';
COMMENT ON COLUMN @extschema@.migrate_history.previous_hash IS 'hash of the event before it, in hex';

CREATE VIEW @extschema@.migrate_progress AS
    SELECT e.version,
           e.direction,
           e.step,
           e.steps,
           e.started_at,
           l.pid,
           p.command,
           p.relid::pg_catalog.regclass AS relation,
           p.phase,
           p.done,
           p.total
    FROM (SELECT t.* FROM @extschema@.migrate_ledger AS t ORDER BY t.seq DESC LIMIT 1) AS e
    JOIN pg_catalog.pg_locks AS l
        ON l.locktype OPERATOR(pg_catalog.=) 'advisory'
        AND l.database OPERATOR(pg_catalog.=)
            (SELECT b.oid FROM pg_catalog.pg_database AS b
             WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
        AND l.objid OPERATOR(pg_catalog.=) 1
        AND l.objsubid OPERATOR(pg_catalog.=) 20045
        AND l.mode OPERATOR(pg_catalog.=) 'ExclusiveLock'
        AND l.granted
        AND e.started_at OPERATOR(pg_catalog.>=) @extschema@.migrate_call_started_at()
    LEFT JOIN (
        SELECT i.pid, i.command, i.relid, i.phase,
               GREATEST(i.blocks_done, i.tuples_done) AS done,
               GREATEST(i.blocks_total, i.tuples_total) AS total
        FROM pg_catalog.pg_stat_progress_create_index AS i
        UNION ALL
        SELECT c.pid, c.command, c.relid, c.phase, c.heap_blks_scanned, c.heap_blks_total
        FROM pg_catalog.pg_stat_progress_cluster AS c
        UNION ALL
        SELECT v.pid, 'VACUUM', v.relid, v.phase, v.heap_blks_scanned, v.heap_blks_total
        FROM pg_catalog.pg_stat_progress_vacuum AS v
        UNION ALL
        SELECT y.pid, y.command, y.relid, NULL, y.bytes_processed, NULLIF(y.bytes_total, 0)
        FROM pg_catalog.pg_stat_progress_copy AS y
    ) AS p ON p.pid OPERATOR(pg_catalog.=) l.pid
    WHERE e.direction IS NOT NULL;
COMMENT ON VIEW @extschema@.migrate_progress IS
    'the step that is running now, with PostgreSQL''s own progress report of it; empty if none is';
COMMENT ON COLUMN @extschema@.migrate_progress.version IS 'the migration';
COMMENT ON COLUMN @extschema@.migrate_progress.direction IS 'up or down';
COMMENT ON COLUMN @extschema@.migrate_progress.step IS 'number of the step begun or done last';
COMMENT ON COLUMN @extschema@.migrate_progress.steps IS 'number of steps of the migration';
COMMENT ON COLUMN @extschema@.migrate_progress.started_at IS 'when the step began';
COMMENT ON COLUMN @extschema@.migrate_progress.pid IS 'process that runs it';
COMMENT ON COLUMN @extschema@.migrate_progress.command IS 'command that reports progress; NULL if none does';
COMMENT ON COLUMN @extschema@.migrate_progress.relation IS 'table that it works on';
COMMENT ON COLUMN @extschema@.migrate_progress.phase IS 'what it is doing';
COMMENT ON COLUMN @extschema@.migrate_progress.done IS 'blocks, tuples or bytes done in this phase';
COMMENT ON COLUMN @extschema@.migrate_progress.total IS 'blocks, tuples or bytes in all in this phase';

CREATE VIEW @extschema@.migrate_ddl AS
    SELECT s.id,
           s.ran_at,
           s.run_by,
           s.role,
           s.client,
           s.application,
           s.command,
           ARRAY(SELECT CASE WHEN o.dropped THEN pg_catalog.concat(o.type, ' ', o.identity, ' (dropped)')
                             ELSE pg_catalog.concat(o.type, ' ', o.identity) END
                 FROM @extschema@.migrate_guard_object AS o
                 WHERE o.statement_id OPERATOR(pg_catalog.=) s.id
                 GROUP BY o.type, o.identity, o.dropped
                 ORDER BY o.identity, o.type, o.dropped) AS objects,
           s.statement,
           s.inner_statement,
           s.bypassed
    FROM @extschema@.migrate_guard_statement AS s
    ORDER BY s.id;
COMMENT ON VIEW @extschema@.migrate_ddl IS
    'DDL that was run outside of migrations while migrate_guard() was on, oldest first';
COMMENT ON COLUMN @extschema@.migrate_ddl.id IS 'number of the statement';
COMMENT ON COLUMN @extschema@.migrate_ddl.ran_at IS 'when it was run, by the server''s clock';
COMMENT ON COLUMN @extschema@.migrate_ddl.run_by IS 'user who was logged in';
COMMENT ON COLUMN @extschema@.migrate_ddl.role IS 'role whose rights it ran with';
COMMENT ON COLUMN @extschema@.migrate_ddl.client IS 'network address of the client, or local';
COMMENT ON COLUMN @extschema@.migrate_ddl.application IS 'application_name of the session';
COMMENT ON COLUMN @extschema@.migrate_ddl.command IS 'kind of statement, such as ALTER TABLE';
COMMENT ON COLUMN @extschema@.migrate_ddl.objects IS 'objects that it created, changed or dropped';
COMMENT ON COLUMN @extschema@.migrate_ddl.statement IS 'what the client sent, without secrets, cut off at 64 kB';
COMMENT ON COLUMN @extschema@.migrate_ddl.inner_statement IS 'the statement itself if a function or DO block that the client called ran it';
COMMENT ON COLUMN @extschema@.migrate_ddl.bypassed IS 'whether it was run with neon_migrate.guard_bypass while DDL was refused';

--
-- Rights
--
-- Applications may ask how things stand.  Everything else is for whoever
-- created the extension, who can pass it on.  He may read the SQL in the
-- ledger, and insert, which the guard lets him do only to restore a dump.
--

REVOKE ALL ON FUNCTION
    @extschema@.migrate_apply(text, text, text, text, text[]),
    @extschema@.migrate_rollback(integer),
    @extschema@.migrate_rollback_to(text),
    @extschema@.migrate_rollback_all(),
    @extschema@.migrate_redo(text),
    @extschema@.migrate_stamp(text, text, text, text),
    @extschema@.migrate_unstamp(text),
    @extschema@.migrate_register(text, text, text, text, text[]),
    @extschema@.migrate_register_files(text[], text[], text),
    @extschema@.migrate_files_missing(bytea[]),
    @extschema@.migrate_store_files(text[]),
    @extschema@.migrate_register_folder(text[], bytea[], text, boolean),
    @extschema@.migrate_unregister(text),
    @extschema@.migrate_apply_pending(text),
    @extschema@.migrate_guard(text),
    @extschema@.migrate_guard_event(),
    @extschema@.migrate_append_only(),
    @extschema@.migrate_accept_drift(text),
    @extschema@.migrate_dry_run(text, text),
    @extschema@.migrate_dry_run_pending(text),
    @extschema@.migrate_snapshot(),
    @extschema@.migrate_fingerprint(),
    @extschema@.migrate_drift(),
    @extschema@.migrate_lint_files(text[], text[], text, boolean),
    @extschema@.migrate_generate(text),
    @extschema@.migrate_ledger_guard()
    FROM PUBLIC;

REVOKE ALL ON PROCEDURE
    @extschema@.migrate_run(text, text, text, text, text[], integer),
    @extschema@.migrate_up(text, integer),
    @extschema@.migrate_down(integer, integer),
    @extschema@.migrate_down_to(text, integer)
    FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
    @extschema@.migrate_apply(text, text, text, text, text[]),
    @extschema@.migrate_rollback(integer),
    @extschema@.migrate_rollback_to(text),
    @extschema@.migrate_rollback_all(),
    @extschema@.migrate_redo(text),
    @extschema@.migrate_stamp(text, text, text, text),
    @extschema@.migrate_unstamp(text),
    @extschema@.migrate_register(text, text, text, text, text[]),
    @extschema@.migrate_register_files(text[], text[], text),
    @extschema@.migrate_files_missing(bytea[]),
    @extschema@.migrate_store_files(text[]),
    @extschema@.migrate_register_folder(text[], bytea[], text, boolean),
    @extschema@.migrate_unregister(text),
    @extschema@.migrate_apply_pending(text),
    @extschema@.migrate_guard(text),
    @extschema@.migrate_accept_drift(text),
    @extschema@.migrate_dry_run(text, text),
    @extschema@.migrate_dry_run_pending(text),
    @extschema@.migrate_snapshot(),
    @extschema@.migrate_fingerprint(),
    @extschema@.migrate_drift(),
    @extschema@.migrate_lint_files(text[], text[], text, boolean),
    @extschema@.migrate_generate(text)
    TO @extowner@ WITH GRANT OPTION;

GRANT EXECUTE ON PROCEDURE
    @extschema@.migrate_run(text, text, text, text, text[], integer),
    @extschema@.migrate_up(text, integer),
    @extschema@.migrate_down(integer, integer),
    @extschema@.migrate_down_to(text, integer)
    TO @extowner@ WITH GRANT OPTION;

GRANT EXECUTE ON FUNCTION
    @extschema@.migrate_require(text),
    @extschema@.migrate_health(),
    @extschema@.migrate_folder_known(bytea),
    @extschema@.migrate_verify(text),
    @extschema@.migrate_lint(text),
    @extschema@.migrate_lint_rules(),
    @extschema@.migrate_version_key(text),
    @extschema@.migrate_guard(),
    @extschema@.migrate_call_started_at()
    TO PUBLIC;

GRANT SELECT ON @extschema@.migrate_ledger, @extschema@.migrate_definition,
    @extschema@.migrate_file, @extschema@.migrate_folder, @extschema@.migrate_expected,
    @extschema@.migrate_status, @extschema@.migrate_history, @extschema@.migrate_progress,
    @extschema@.migrate_guard_mode, @extschema@.migrate_guard_statement,
    @extschema@.migrate_guard_object, @extschema@.migrate_ddl
    TO @extowner@ WITH GRANT OPTION;
GRANT INSERT ON @extschema@.migrate_ledger, @extschema@.migrate_definition,
    @extschema@.migrate_expected, @extschema@.migrate_guard_mode,
    @extschema@.migrate_guard_statement, @extschema@.migrate_guard_object TO @extowner@;
