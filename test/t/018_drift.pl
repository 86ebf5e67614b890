# migrate_drift() finds nothing where nothing was changed.
#
# A schema with something of every kind is made by a migration.  Then the same
# schema must be found, and the same fingerprint: again and again, under any
# settings and by any user, after maintenance, after a restart, in a copy of the
# database, and after a dump and restore, also a second one, and into a database
# of another encoding.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', conf => "wal_level = logical\nmax_replication_slots = 4\n");
my $dumps = PostgreSQL::Test::Utils::tempdir;

create_database($node, 'shop');
install($node, 'shop', 'migrate');
$node->safe_psql('shop', 'CREATE ROLE joe LOGIN; CREATE ROLE ann; CREATE ROLE bob; GRANT joe TO ann');
$node->safe_psql('shop',
		q{CALL migrate.migrate_run('1', }
	  . literal(slurp_file("$FindBin::RealBin/018_drift.sql")) . ')');

my $fingerprint = fingerprint('shop');

sub fingerprint
{
	my ($database, $settings) = @_;

	my $out = $node->safe_psql($database,
		($settings // '') . "\nSELECT 'fingerprint ' || migrate.migrate_fingerprint()");
	return $out =~ /fingerprint (\w+)/ ? $1 : $out;
}

sub is_unchanged
{
	my ($database, $when, $settings) = @_;

	is( $node->safe_psql($database,
			($settings // '')
			  . "\nSELECT kind, identity, change, expected, actual FROM migrate.migrate_drift()"),
		'',
		"no drift $when");
	is(fingerprint($database, $settings), $fingerprint, "same fingerprint $when");
	return;
}

isnt($node->safe_psql('shop', 'SELECT count(*) FROM migrate.migrate_snapshot()'), '0', 'there is a schema');
is( $node->safe_psql('shop', <<'SQL'), '', 'kinds and identities are unique');
SELECT kind, identity FROM migrate.migrate_snapshot() GROUP BY 1, 2 HAVING count(*) > 1
SQL
is_unchanged('shop', 'at first');
is_unchanged('shop', 'a second time');
is_unchanged('shop', 'a third time');

# Settings
is_unchanged('shop', 'under other settings', <<'SQL');
SET search_path = app, public; SET DateStyle = 'German, DMY'; SET IntervalStyle = sql_standard;
SET TimeZone = 'Asia/Kathmandu'; SET extra_float_digits = -3; SET quote_all_identifiers = on;
SET bytea_output = escape; SET standard_conforming_strings = off; SET client_encoding = LATIN1;
SET escape_string_warning = off; SET xmlbinary = hex; SET lc_monetary = 'C'; SET lc_numeric = 'C';
SET lc_messages = 'C'; SET lc_time = 'C'; SET array_nulls = off; SET transform_null_equals = on;
SET row_security = on; SET enable_indexscan = off; SET enable_seqscan = off; SET jit = on;
SET jit_above_cost = 0; SET default_transaction_isolation = serializable; SET work_mem = '64kB';
SET default_toast_compression = pglz; SET default_tablespace = '';
SQL
is_unchanged('shop', 'in a transaction of one snapshot', 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;');
is_unchanged('shop', 'where temporary objects hide others', <<'SQL');
CREATE TEMP TABLE customers (x int); CREATE TEMP VIEW integer AS SELECT 1;
CREATE TYPE pg_temp.text AS ENUM ('x'); SET search_path = pg_temp, app, pg_catalog;
SQL

# Users
$node->safe_psql('shop', <<'SQL');
GRANT USAGE ON SCHEMA migrate TO joe;
GRANT EXECUTE ON FUNCTION migrate.migrate_drift(), migrate.migrate_fingerprint() TO joe;
SQL
is_unchanged('shop', 'for a user with no rights on the schema', 'SET SESSION AUTHORIZATION joe;');
like((run_sql($node, 'shop', 'SET ROLE bob; SELECT migrate.migrate_fingerprint()'))[2],
	qr/42501/, 'a role with no right to is refused');

# Maintenance
for my $command ('VACUUM FULL', 'VACUUM ANALYZE', 'REINDEX DATABASE shop', 'CLUSTER', 'CHECKPOINT',
	'REINDEX TABLE CONCURRENTLY app.customers', 'CLUSTER app.customers USING customers_pkey; ALTER TABLE app.customers SET WITHOUT CLUSTER',
	'REFRESH MATERIALIZED VIEW app.totals', q{SELECT setval('app.numbers', 500)},
	'TRUNCATE app.customers CASCADE', 'ANALYZE')
{
	my @commands = split /; /, $command;
	$node->safe_psql('shop', $_) for @commands;
	is_unchanged('shop', "after $command");
}
$node->restart;
is_unchanged('shop', 'after a restart');

# Attribute numbers and OIDs leave no trace
$node->safe_psql('shop', <<'SQL');
ALTER TABLE app.customers ADD gone int;
ALTER TABLE app.customers DROP gone;
DROP INDEX app.customers_pattern;
CREATE INDEX customers_pattern ON app.customers USING btree (name text_pattern_ops, city COLLATE "POSIX") INCLUDE (born) WITH (fillfactor = 60);
SQL
is_unchanged('shop', 'after a column has come and gone, and an index was made again');

# Copies
create_database($node, 'copied', 'TEMPLATE shop');
is( $node->safe_psql('copied', 'SELECT kind, identity, change FROM migrate.migrate_drift()'),
	'subscription|elsewhere|missing', 'a copy of the database has no subscription, as it should');
$node->safe_psql('copied', "SELECT migrate.migrate_accept_drift('copied')");
$node->safe_psql('shop', 'DROP SUBSCRIPTION elsewhere');
is(fingerprint('copied'), fingerprint('shop'), 'same fingerprint in a copy of the database');
$fingerprint = fingerprint('shop');
$node->safe_psql('shop', "SELECT migrate.migrate_accept_drift('no subscription')");

sub restore
{
	my ($from, $to, @options) = @_;

	$node->command_ok([ 'pg_dump', '-f', "$dumps/$to.sql", $node->connstr($from) ], "dump of $from");
	create_database($node, $to, @options);
	$node->command_ok(
		[ 'psql', '-X', '-q', '-o', "$dumps/$to.out", '-v', 'ON_ERROR_STOP=1', '-f', "$dumps/$to.sql", $node->connstr($to) ],
		"restore to $to");
	return;
}

restore('shop', 'restored');
is_unchanged('restored', 'after a dump and restore');
restore('restored', 'restored_again');
is_unchanged('restored_again', 'after a second dump and restore');
restore('shop', 'latin', q{TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'});
is_unchanged('latin', 'in another encoding');

$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dumps/custom", $node->connstr('shop') ], 'custom dump');
create_database($node, 'custom');
$node->command_ok([ 'pg_restore', '-d', $node->connstr('custom'), "$dumps/custom" ], 'pg_restore');
is_unchanged('custom', 'after pg_restore');

# And what is changed there is found there
is( $node->safe_psql('restored', <<'SQL'),
ALTER TABLE app."order" ALTER "select" TYPE varchar(60);
SELECT kind, identity, change, expected, actual FROM migrate.migrate_drift();
SQL
	'column|app."order"."select"|changed|type text|type character varying(60)',
	'a change is found in the restored database');
is( $node->safe_psql('restored', <<'SQL'),
SELECT migrate.migrate_accept_drift('wider');
SELECT count(*) FROM migrate.migrate_drift();
SELECT migrate.migrate_apply('2', 'ALTER TABLE app."order" ALTER "select" TYPE varchar(70)');
SELECT count(*) FROM migrate.migrate_drift();
SELECT version, action, description FROM migrate.migrate_history WHERE direction IS NULL AND version IS DISTINCT FROM '1' ORDER BY seq;
SELECT count(*) FROM migrate.migrate_verify() WHERE NOT ok;
SQL
	"accepted\n0\napplied\n0\n|accept_drift|no subscription\n|accept_drift|wider\n2|apply|\n0",
	'drift is accepted, and tracked on');

$node->stop;
done_testing();
