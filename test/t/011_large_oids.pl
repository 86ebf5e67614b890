# OIDs are unsigned and go past 2^31, and then around.
#
# The cluster's next OID is set close to the end, so that the extension and
# what it migrates get OIDs that are negative as signed integers, and then
# ones from the start again.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', start => 0);

command_ok([ 'pg_resetwal', '-o', '4294960000', '-D', $node->data_dir ], 'the next OID is set');
$node->start;

my $large = '2147483648::oid';

create_database($node, 'shop');
$node->safe_psql('shop', 'CREATE ROLE joe LOGIN; ALTER DATABASE shop OWNER TO joe');
sql_is($node, 'shop', 'CREATE EXTENSION neon_migrate', '', 'installs', user => 'joe');
sql_is($node, 'shop',
	<<"SQL", 't|t|t|t|t', 'database, role, schema, extension, ledger and functions have large OIDs');
SELECT (SELECT oid > $large FROM pg_database WHERE datname = 'shop'),
	(SELECT oid > $large FROM pg_roles WHERE rolname = 'joe'),
	(SELECT oid > $large FROM pg_extension WHERE extname = 'neon_migrate'),
	(SELECT oid > $large FROM pg_class WHERE relname = 'migrate_ledger'),
	(SELECT bool_and(oid > $large) FROM pg_proc WHERE proname LIKE 'migrate\\_%');
SQL

my $everything = <<'SQL';
SELECT migrate_apply('%s 1', 'CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id int REFERENCES a DEFERRABLE)', 'DROP TABLE b, a');
SELECT migrate_apply('%s 2', 'CREATE TEMP TABLE t (id int); CREATE TYPE e AS ENUM (''x'', ''y''); SET ROLE NONE; SET CONSTRAINTS ALL IMMEDIATE', 'DROP TYPE e');
SELECT migrate_apply('%s 2', 'CREATE TEMP TABLE t (id int); CREATE TYPE e AS ENUM (''x'', ''y''); SET ROLE NONE; SET CONSTRAINTS ALL IMMEDIATE', 'DROP TYPE IF EXISTS e');
SELECT migrate_redo('%s 2');
SELECT migrate_stamp('%s 3', '', '');
SELECT migrate_rollback();
SELECT count(*) FROM migrate_rollback_to('%s 1');
SELECT migrate_require('%s 1');
SELECT migrate_apply('%s 4', 'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NEW; END''; CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f(); INSERT INTO a DEFAULT VALUES', 'DROP FUNCTION f CASCADE', NULL, ARRAY['%s 1']);
SELECT count(*) FROM migrate_rollback_all();
SQL
my $results = "applied\napplied\namended\nredone\nstamped\n%s 3\n1\n\napplied\n2";

sql_is(
	$node, 'shop',
	$everything =~ s/%s/large/gr,
	$results =~ s/%s/large/r,
	'everything works with large OIDs',
	user => 'joe');
verify_is_ok($node, 'shop', 'verified', user => 'joe');

# two migrators of a database with a large OID
{
	my $first = session($node, 'shop', user => 'joe');

	$first->query_safe("BEGIN; SELECT migrate_apply('held', '', '')");
	sql_is($node, 'shop', "SELECT gate_holder = $first->{pid} FROM migrate_health()",
		't', 'the holder of the gate is found');
	fails_with(
		$node, 'shop', "SET neon_migrate.wait_timeout = 0; SELECT migrate_apply('other', '')",
		'55P03',
		qr/Process $first->{pid}, user "joe"/,
		'the gate is held',
		user => 'joe');
	$first->query_safe('COMMIT');
	$first->quit;
}

# what is left up to the end, and around
sql_is($node, 'shop', <<'SQL', 'applied', 'a migration goes over the end', user => 'joe');
SELECT migrate_apply('over', (SELECT string_agg(format('CREATE TABLE over_%s (id int, t text);', i), '' ORDER BY i)
	FROM generate_series(1, 2000) AS i), 'DROP TABLE over_1');
SQL
sql_is($node, 'shop', <<"SQL", '2000|t|t', '... which it did');
SELECT count(*), bool_or(oid > $large), bool_or(oid < 1000000)
FROM pg_class WHERE relname LIKE 'over\\_%' AND relkind = 'r';
SQL
sql_is(
	$node, 'shop',
	$everything =~ s/%s/small/gr,
	($results =~ s/%s/small/r) =~ s/2\z//r . '4',
	'everything works after that',
	user => 'joe');
verify_is_ok($node, 'shop', 'verified at the end', user => 'joe');

$node->stop;
done_testing();
