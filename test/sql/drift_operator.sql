--
-- Operators are linked to each other, and unlinked, by what is done to one.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned
\set drift 'SELECT kind, identity, change, expected, actual FROM migrate_drift();'
SELECT migrate_apply('1', 'CREATE OPERATOR ### (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl, COMMUTATOR = OPERATOR(app.###))', 'DROP OPERATOR ### (int, int)');
:drift
-- one that comes to be as a shell
SELECT migrate_apply('2', 'CREATE OPERATOR #-# (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl, COMMUTATOR = #~#)');
SELECT migrate_apply('3', 'CREATE OPERATOR #~# (LEFTARG = int, RIGHTARG = int, FUNCTION = int4mi, COMMUTATOR = #-#)', 'DROP OPERATOR #~# (int, int)');
:drift
-- those that were there
SELECT migrate_apply('4', 'CREATE OPERATOR #<# (LEFTARG = int, RIGHTARG = bigint, FUNCTION = int48lt)');
SELECT migrate_apply('5', 'CREATE OPERATOR #># (LEFTARG = bigint, RIGHTARG = int, FUNCTION = int84gt, COMMUTATOR = #<#)', 'DROP OPERATOR #># (bigint, int)');
SELECT migrate_apply('6', 'CREATE OPERATOR #>=# (LEFTARG = int, RIGHTARG = bigint, FUNCTION = int48ge, NEGATOR = #<#)', 'DROP OPERATOR #>=# (int, bigint)');
:drift
SELECT identity, definition FROM migrate_snapshot() WHERE identity LIKE 'app.#<#%';
SELECT migrate_rollback(2);
:drift
-- by hand
CREATE OPERATOR #># (LEFTARG = bigint, RIGHTARG = int, FUNCTION = int84gt, COMMUTATOR = #<#);
:drift
DROP OPERATOR #># (bigint, int);
:drift
SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
