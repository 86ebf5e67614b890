# Nobody who can put objects on a migrator's search path runs code through
# neon_migrate with rights that he has not (I5).
#
# Mallory owns a schema that every session searches before pg_catalog.  For
# each function, operator, type and relation of pg_catalog, and each of the
# extension's own, she has put one of the same name and argument types there
# that says as whom it runs.  A superuser and a plain migrator call every
# function of the extension, in every outcome it has; then Mallory herself
# migrates, with more such objects in her temporary schema.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', conf => "max_prepared_transactions = 5\n");
my ($status, $out, $err);

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE mallory LOGIN;
CREATE ROLE moe LOGIN;
CREATE DATABASE shop;
SQL

#
# Where it may be installed
#

$node->safe_psql('shop', <<'SQL');
GRANT CREATE ON DATABASE shop TO mallory;
CREATE ROLE admin SUPERUSER;
CREATE SCHEMA admins AUTHORIZATION admin;
CREATE SCHEMA evil AUTHORIZATION mallory;
CREATE SCHEMA moes AUTHORIZATION moe;
SQL
fails_with(
	$node, 'shop', 'CREATE EXTENSION neon_migrate SCHEMA evil',
	'42501',
	qr/DETAIL:  The schema belongs to "mallory"/,
	'not into a schema of somebody else\'s');
fails_with(
	$node, 'shop', 'CREATE EXTENSION neon_migrate SCHEMA moes',
	'42501',
	qr/DETAIL:  The schema belongs to "moe"/,
	'nor if the installer is no superuser',
	user => 'mallory');
sql_is($node, 'shop', "SELECT count(*) FROM pg_proc WHERE proname LIKE 'migrate\\_%'",
	0, '... and nothing of it stays');
is( $node->safe_psql('shop', "SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'public'"),
	'pg_database_owner',
	'public belongs to pg_database_owner');
foreach my $schema ('public', 'admins')
{
	sql_is($node, 'shop',
		"CREATE EXTENSION neon_migrate SCHEMA $schema; DROP EXTENSION neon_migrate",
		'', "into the schema $schema");
}
sql_is(
	$node, 'shop', "CREATE EXTENSION neon_migrate SCHEMA evil; DROP EXTENSION neon_migrate",
	'',
	'into the installer\'s own schema',
	user => 'mallory');

# what is in the way is not taken for its own
$node->safe_psql('shop', 'GRANT CREATE ON SCHEMA public TO mallory');
foreach my $case (
	[
		'a table', '42P07',
		'CREATE TABLE public.migrate_ledger (seq bigint)',
		'TABLE public.migrate_ledger'
	],
	[
		'a view', '42P07',
		'CREATE VIEW public.migrate_history AS SELECT 1',
		'VIEW public.migrate_history'
	],
	[
		'a function', '42723',
		'CREATE FUNCTION public.migrate_check_schema() RETURNS void LANGUAGE sql AS \'\'',
		'FUNCTION public.migrate_check_schema()'
	],
	[
		'another function',
		'42723',
		'CREATE FUNCTION public.migrate_ledger_guard() RETURNS trigger LANGUAGE plpgsql AS \'BEGIN END\'',
		'FUNCTION public.migrate_ledger_guard()'
	])
{
	my ($what, $state, $create, $object) = @$case;

	run_sql($node, 'shop', $create, user => 'mallory');
	fails_with($node, 'shop', 'CREATE EXTENSION neon_migrate SCHEMA public',
		$state, undef, "$what in the way");
	$node->safe_psql('shop', "DROP $object");
}

#
# What Mallory plants
#

my $plant = <<'SQL';
SET client_min_messages = error;
SET check_function_bodies = off;
SET search_path = pg_catalog;
CREATE FUNCTION evil.note(what text) RETURNS text LANGUAGE plpgsql AS $f$
BEGIN
	RAISE WARNING USING MESSAGE = pg_catalog.concat('EVIL ', what, ' ran as ', current_user);
	RETURN what;
END $f$;
GRANT USAGE ON SCHEMA evil TO PUBLIC;

DO $do$
DECLARE
	r record;
	done int := 0;
BEGIN
	-- functions: those whose arguments can be written down
	FOR r IN
		SELECT p.proname,
			string_agg(format_type(t.oid, NULL), ', ' ORDER BY a.n) AS args,
			format_type(p.prorettype, NULL) AS result
		FROM pg_proc AS p
		LEFT JOIN LATERAL unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, n) ON true
		LEFT JOIN pg_type AS t ON t.oid = a.type
		WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
		AND NOT p.proretset AND p.provariadic = 0
		AND (SELECT typtype <> 'p' FROM pg_type WHERE oid = p.prorettype)
		GROUP BY p.oid
		HAVING bool_and(t.oid IS NULL OR t.typtype <> 'p')
	LOOP
		BEGIN
			EXECUTE format('CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L',
				r.proname, r.args, r.result,
				format('BEGIN PERFORM evil.note(%L); RETURN NULL; END', 'function ' || r.proname));
			done := done + 1;
		EXCEPTION WHEN OTHERS THEN NULL;
		END;
	END LOOP;
	-- what variadic functions of pg_catalog are called with
	FOR r IN SELECT * FROM (VALUES
		('format', 'text, name, text', 'text'), ('format', 'text, text, text', 'text'),
		('concat', 'text, text', 'text'), ('quote_ident', 'name', 'text'),
		('encode', 'bytea, unknown', 'text')) AS v (name, args, result)
	LOOP
		BEGIN
			EXECUTE format('CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L',
				r.name, r.args, r.result,
				format('BEGIN PERFORM evil.note(%L); RETURN NULL; END', 'function ' || r.name));
		EXCEPTION WHEN OTHERS THEN NULL;
		END;
	END LOOP;
	RAISE LOG 'planted functions: %', done;

	-- operators
	done := 0;
	FOR r IN
		SELECT oprname, format_type(nullif(oprleft, 0), NULL) AS l, format_type(oprright, NULL) AS r,
			format_type(oprresult, NULL) AS result, row_number() OVER () AS n
		FROM pg_operator
		WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprright <> 0
		AND NOT EXISTS (SELECT FROM pg_type WHERE oid IN (oprleft, oprright, oprresult) AND typtype = 'p')
	LOOP
		BEGIN
			EXECUTE format('CREATE FUNCTION evil.operator_%s(%s) RETURNS %s LANGUAGE plpgsql AS %L',
				r.n, concat_ws(', ', r.l, r.r), r.result,
				format('BEGIN PERFORM evil.note(%L); RETURN NULL; END', 'operator ' || r.oprname));
			EXECUTE format('CREATE OPERATOR evil.%s (FUNCTION = evil.operator_%s, %s RIGHTARG = %s)',
				r.oprname, r.n, 'LEFTARG = ' || r.l || ', ', r.r);
			done := done + 1;
		EXCEPTION WHEN OTHERS THEN NULL;
		END;
	END LOOP;
	RAISE LOG 'planted operators: %', done;

	-- relations
	done := 0;
	FOR r IN SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')
		UNION VALUES ('migrate_ledger'), ('migrate_status'), ('migrate_history')
	LOOP
		BEGIN
			EXECUTE format($$CREATE VIEW evil.%I AS SELECT evil.note(%L) AS noted, t.* FROM %s.%1$I AS t$$,
				r.relname, 'view ' || r.relname, CASE WHEN r.relname LIKE 'migrate%' THEN 'migrate' ELSE 'pg_catalog' END);
			EXECUTE format('GRANT SELECT ON evil.%I TO PUBLIC', r.relname);
			done := done + 1;
		EXCEPTION WHEN OTHERS THEN NULL;
		END;
	END LOOP;
	RAISE LOG 'planted relations: %', done;

	-- types
	FOR r IN SELECT unnest(ARRAY['text', 'name', 'int8', 'bigint', 'int4', 'oid', 'bool', 'bytea',
		'regclass', 'timestamptz', 'interval', 'pg_lsn', 'char']) AS name
	LOOP
		EXECUTE format($$CREATE DOMAIN evil.%I AS pg_catalog.text CHECK (evil.note(%L) IS NULL)$$,
			r.name, 'type ' || r.name);
	END LOOP;
END $do$;

-- the extension's own
CREATE FUNCTION evil.migrate_version_key(version text) RETURNS bytea LANGUAGE plpgsql AS
	'BEGIN PERFORM evil.note(''migrate_version_key''); RETURN NULL; END';
CREATE FUNCTION evil.migrate_ledger_guard() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN PERFORM evil.note(''migrate_ledger_guard''); RETURN NEW; END';
SQL

install($node, 'shop', 'migrate');
$node->safe_psql('shop', <<'SQL');
GRANT USAGE ON SCHEMA migrate TO moe, mallory;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA migrate TO moe, mallory;
GRANT SELECT ON migrate.migrate_ledger, migrate.migrate_status, migrate.migrate_history TO moe, mallory;
GRANT CREATE, USAGE ON SCHEMA public TO moe;
SQL
($status, $out, $err) = run_sql($node, 'shop', $plant, user => 'mallory');
is("$status|$err", '0|', 'planted');

is( $node->safe_psql('shop', <<'SQL'),
SELECT (SELECT count(*) > 1500 FROM pg_proc WHERE pronamespace = 'evil'::regnamespace),
	(SELECT count(*) > 500 FROM pg_operator WHERE oprnamespace = 'evil'::regnamespace),
	(SELECT count(*) > 80 FROM pg_class WHERE relnamespace = 'evil'::regnamespace AND relkind = 'v'),
	(SELECT count(*) FROM pg_type WHERE typnamespace = 'evil'::regnamespace AND typtype = 'd');
SQL
	't|t|t|13',
	'... in numbers');
$node->safe_psql('shop', 'ALTER DATABASE shop SET search_path = evil, public, migrate, pg_catalog');

# what the plants would see if the extension's statements were written carelessly
foreach my $case (
	[ 'operator =', "SELECT 'a'::pg_catalog.text = 'b'::pg_catalog.text" ],
	[ 'operator ||', "SELECT 'a'::pg_catalog.text || 'b'::pg_catalog.text" ],
	[ 'operator <>', "SELECT 'a'::pg_catalog.\"char\" <> 'b'::pg_catalog.\"char\"" ],
	[ 'operator >', 'SELECT 1::pg_catalog.int8 > 2::pg_catalog.int8' ],
	[ 'function encode', "SELECT encode('a'::pg_catalog.bytea, 'hex'::pg_catalog.text)" ],
	[ 'function format', "SELECT format('%s %s', 'a'::pg_catalog.name, 'b'::pg_catalog.text)" ],
	[ 'function current_database', 'SELECT current_database()' ],
	[ 'function pg_get_userbyid', 'SELECT pg_get_userbyid(10::pg_catalog.oid)' ],
	[ 'view pg_locks', 'SELECT noted FROM pg_locks LIMIT 1' ],
	[ 'view pg_class', 'SELECT noted FROM pg_class LIMIT 1' ],
	[
		'view migrate_ledger',
		'SELECT migrate.migrate_stamp(\'control\'); SELECT noted FROM migrate_ledger LIMIT 1'
	],
	[ 'type text', "SELECT 'a'::text" ],
	[ 'migrate_version_key', "SELECT migrate_version_key('a'::pg_catalog.text)" ])
{
	my ($what, $sql) = @$case;

	(undef, undef, $err) = run_sql($node, 'shop', $sql);
	like($err, qr/EVIL \Q$what\E ran as postgres/, "it would work: $what");
}

#
# Everybody calls everything
#

sub no_evil
{
	my ($messages, $name, $caller) = @_;
	my @ran = $messages =~ /(EVIL [^\n]* ran as \w+)/g;

	@ran = grep { $_ !~ / ran as \Q$caller\E$/ } @ran if defined $caller;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(join('; ', @ran), '', "$name: nothing of Mallory's runs");
	return;
}

my $migrations = <<'SQL';
SELECT migrate.migrate_apply('u1', 'CREATE TABLE public.u1 (id pg_catalog.int4)', 'DROP TABLE public.u1');
SELECT migrate.migrate_apply('u1', 'CREATE TABLE public.u1 (id pg_catalog.int4)');
SELECT migrate.migrate_apply('u1', 'CREATE TABLE public.u1 (id pg_catalog.int4)', 'DROP TABLE public.u1 CASCADE', 'amended');
SELECT migrate.migrate_apply('u2', '', '', '', ARRAY['u1']);
SELECT migrate.migrate_apply('u10', 'CREATE TEMP TABLE gone (); PREPARE p AS SELECT; SET CONSTRAINTS ALL IMMEDIATE', '');
SELECT migrate.migrate_stamp('u3', '', '');
SELECT migrate.migrate_stamp('u3', 'CREATE TABLE x ()', '');
SELECT migrate.migrate_unstamp('u3');
SELECT migrate.migrate_rollback();
SET neon_migrate.out_of_order = 'error';
SELECT migrate.migrate_apply('u9', '', '');
SELECT migrate.migrate_rollback_to('u2');
SELECT migrate.migrate_redo('u2');
SELECT migrate.migrate_require('u2');
SELECT ok, current, applied, gate_holder FROM migrate.migrate_health();
SELECT migrate.migrate_verify();
SELECT migrate.migrate_verify('0000000000000000000000000000000000000000000000000000000000000000');
SELECT migrate.migrate_version_key('u1');
SELECT * FROM migrate.migrate_status;
SELECT * FROM migrate.migrate_history;
SELECT * FROM migrate.migrate_ledger;
SELECT migrate.migrate_rollback_all();
SQL

# one call each that raises
my @failures = (
	[ '42703', "SELECT migrate.migrate_apply('f', 'SELECT no_such_column')" ],
	[ '55000', "SELECT migrate.migrate_apply('f', 'SELECT', NULL, NULL, ARRAY['missing'])" ],
	[ '55000', "SELECT migrate.migrate_require('missing')" ],
	[ '55000', "SELECT migrate.migrate_redo('missing')" ],
	[ '55000', "SELECT migrate.migrate_unstamp('missing')" ],
	[ '55000', "SELECT migrate.migrate_rollback_to('missing')" ],
	[ '0A000', "SELECT migrate.migrate_apply('f', 'COMMIT')" ],
	[ '25001', "SELECT migrate.migrate_apply('f', 'VACUUM')" ],
	[ '42601', "SELECT migrate.migrate_apply('f', 'SELEC')" ],
	[ '22023', "SELECT migrate.migrate_verify('f')" ],
	[
		'55000',
		"SELECT migrate.migrate_apply('d1', '', ''), migrate.migrate_apply('d2', '', '', '', ARRAY['d1']), migrate.migrate_unstamp('d1')"
	],
	[
		'55000',
		"SELECT migrate.migrate_stamp('c', 'SELECT 1'), migrate.migrate_apply('c', 'SELECT 2')"
	]);

foreach my $caller ('postgres', 'moe', 'mallory')
{
	# hers may run as herself
	my $allowed = $caller eq 'mallory' ? 'mallory' : undef;

	$node->safe_psql('shop',
		"SELECT migrate.migrate_unstamp(version) FROM migrate.migrate_status WHERE state OPERATOR(pg_catalog.=) 'applied'"
	);
	($status, $out, $err) = run_sql($node, 'shop', $migrations, user => $caller);
	is($status, 0, "$caller: every function works") or diag($err);
	no_evil($err, "$caller, every function", $allowed);

	foreach my $failure (@failures)
	{
		my ($state, $call) = @$failure;

		(undef, undef, $err) = run_sql($node, 'shop', $call, user => $caller);
		is(sqlstate($err), $state, "$caller: $call") or diag($err);
		no_evil($err, "$caller, $call", $allowed);
	}
}

# The holder of the gate is looked up with the owner's rights.
{
	my $holder = session($node, 'shop');

	$holder->query_safe("BEGIN; SELECT migrate.migrate_apply('holding', '')");
	foreach my $caller ('postgres', 'moe', 'mallory')
	{
		(undef, undef, $err) = run_sql(
			$node, 'shop',
			"SET neon_migrate.wait_timeout = 0; SELECT migrate.migrate_apply('waiting', '')",
			user => $caller);
		is(sqlstate($err), '55P03', "$caller: the gate is held");
		no_evil($err, "$caller, the gate is held", $caller eq 'mallory' ? 'mallory' : undef);
		(undef, $out, $err) = run_sql(
			$node, 'shop',
			'SELECT gate_holder FROM migrate.migrate_health()',
			user => $caller);
		is($out, $holder->pid, "$caller: by whom");
		no_evil($err, "$caller, health", $caller eq 'mallory' ? 'mallory' : undef);
	}
	$holder->query_safe("PREPARE TRANSACTION 'evil'");
	(undef, undef, $err) = run_sql(
		$node, 'shop',
		"SET neon_migrate.wait_timeout = 0; SELECT migrate.migrate_apply('waiting', '')",
		user => 'moe');
	is(sqlstate($err), '55P03', 'the gate is held by a prepared transaction');
	no_evil($err, 'the gate is held by a prepared transaction');
	$holder->query_safe("ROLLBACK PREPARED 'evil'");
	$holder->quit;
}

#
# Mallory migrates
#

# with objects in her temporary schema, which comes before all others
my $temporary = <<'SQL';
SET client_min_messages = warning;
SET search_path = pg_catalog, pg_temp;
CREATE TEMP TABLE migrate_ledger (LIKE migrate.migrate_ledger INCLUDING ALL);
CREATE TEMP VIEW pg_locks AS SELECT evil.note('temp pg_locks') AS noted, l.* FROM pg_catalog.pg_locks AS l;
CREATE TEMP VIEW pg_stat_activity AS SELECT evil.note('temp pg_stat_activity') AS noted, l.* FROM pg_catalog.pg_stat_activity AS l;
CREATE TEMP VIEW pg_class AS SELECT evil.note('temp pg_class') AS noted, l.* FROM pg_catalog.pg_class AS l;
CREATE TEMP VIEW pg_extension AS SELECT evil.note('temp pg_extension') AS noted, l.* FROM pg_catalog.pg_extension AS l;
CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (evil.note('temp text') IS NULL);
CREATE DOMAIN pg_temp.regclass AS pg_catalog.text CHECK (evil.note('temp regclass') IS NULL);
CREATE FUNCTION pg_temp.note() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN PERFORM evil.note(''temp trigger''); RETURN NEW; END';
CREATE TRIGGER note BEFORE INSERT ON pg_temp.migrate_ledger FOR EACH ROW EXECUTE FUNCTION pg_temp.note();
SET search_path = pg_temp, evil, pg_catalog;
SQL
$node->safe_psql('shop',
	"SELECT migrate.migrate_unstamp(version) FROM migrate.migrate_status WHERE state OPERATOR(pg_catalog.=) 'applied'"
);
($status, $out, $err) = run_sql($node, 'shop', $temporary . $migrations, user => 'mallory');
is($status, 0, 'with temporary objects: every function works') or diag($err);
no_evil($err, 'with temporary objects', 'mallory');
(undef, undef, $err) =
  run_sql($node, 'shop', "$temporary SELECT noted FROM pg_locks LIMIT 1", user => 'mallory');
like($err, qr/EVIL temp pg_locks ran as mallory/, 'with temporary objects: it would work');

# she gets no more rights from a migration, or from the functions it calls
foreach my $case (
	[ '42501', 'SET ROLE postgres' ],
	[ '42501', 'SET SESSION AUTHORIZATION postgres' ],
	[ '42501', 'ALTER ROLE mallory SUPERUSER' ],
	[ '42501', 'SET ROLE moe' ],
	[ '42501', 'DELETE FROM migrate.migrate_ledger' ],
	[ '42501', 'INSERT INTO migrate.migrate_ledger SELECT * FROM migrate.migrate_ledger' ],
	[ '42501', "COPY evil.x TO PROGRAM 'true'" ],
	[ '42501', "DO \$\$BEGIN EXECUTE pg_catalog.concat('SET ROLE ', 'postgres'); END\$\$" ])
{
	my ($state, $sql) = @$case;

	fails_with(
		$node,
		'shop',
		'CREATE TABLE IF NOT EXISTS evil.x (); SELECT migrate.migrate_apply(\'m\', '
		  . literal($sql) . ')',
		$state,
		undef,
		"a migration of hers: $sql",
		user => 'mallory');
}

# The other way round: a function with her rights, which a superuser calls
# (or is made to), does not get his.
$node->safe_psql('shop', <<'SQL');
SET search_path = pg_catalog;
SET ROLE mallory;
CREATE FUNCTION evil.definer(sql text) RETURNS text LANGUAGE sql SECURITY DEFINER
	SET search_path = pg_catalog AS $$SELECT migrate.migrate_apply('definer', $1)$$;
CREATE FUNCTION evil.as_trigger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	PERFORM migrate.migrate_apply('trigger', 'RESET ROLE; ALTER ROLE mallory SUPERUSER');
	RETURN NEW;
END $$;
CREATE TABLE evil.bait (id pg_catalog.int4);
CREATE TRIGGER bait BEFORE INSERT ON evil.bait FOR EACH ROW EXECUTE FUNCTION evil.as_trigger();
CREATE FUNCTION evil.in_index(id pg_catalog.int4) RETURNS pg_catalog.int4 LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	PERFORM migrate.migrate_apply('index', 'RESET SESSION AUTHORIZATION; ALTER ROLE mallory SUPERUSER');
	RETURN id;
EXCEPTION WHEN insufficient_privilege THEN
	RETURN id;
END $$;
CREATE TABLE evil.indexed (id pg_catalog.int4);
INSERT INTO evil.indexed VALUES (1);
CREATE INDEX ON evil.indexed (evil.in_index(id));
SQL
foreach my $sql (
	'RESET ROLE',
	'SET ROLE postgres',
	'RESET SESSION AUTHORIZATION',
	'SET SESSION AUTHORIZATION postgres',
	'SET LOCAL ROLE NONE',
	'RESET ALL; SET ROLE NONE',
	"SELECT pg_catalog.set_config('role', 'postgres', false)")
{
	fails_with($node, 'shop',
		'SELECT evil.definer(' . literal("$sql; ALTER ROLE mallory SUPERUSER") . ')',
		'42501', undef, "a function with her rights, called by a superuser: $sql");
}
fails_with($node, 'shop', 'INSERT INTO evil.bait VALUES (1)',
	'42501', undef, 'a trigger with her rights, fired by a superuser');
sql_is($node, 'shop', 'REINDEX TABLE evil.indexed; VACUUM FULL evil.indexed; ANALYZE evil.indexed',
	'', 'an index of hers, rebuilt by a superuser');
is( $node->safe_psql(
		'shop',
		"SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) 'mallory'"),
	'f',
	'she is no superuser');

#
# A schema with an odd name
#

$node->safe_psql('shop',
	'SET search_path = pg_catalog; DROP EXTENSION neon_migrate CASCADE; ALTER DATABASE shop RESET search_path'
);
foreach my $schema ('"Odd %s name %"', '"é; -"', '"migrate"', '"select"')
{
	install($node, 'shop', $schema);
	my $sql = $migrations =~ s/\bmigrate\.migrate/$schema.migrate/gr;

	($status, undef, $err) = run_sql($node, 'shop', $sql);
	is($status, 0, "in schema $schema: every function works") or diag($err);
	$node->safe_psql('shop', "SELECT $schema.migrate_apply('a', '')");
	verify_is_ok($node, 'shop', "in schema $schema: verified", schema => $schema);
	$node->safe_psql('shop', 'DROP EXTENSION neon_migrate');
}

$node->stop;
done_testing();
