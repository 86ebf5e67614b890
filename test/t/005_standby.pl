# On a hot standby everything that only looks works and nothing else does;
# after its promotion migrations go on where the primary left off (I7).

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = new_node('primary', init => { allows_streaming => 1 });

install($primary, 'postgres');
$primary->safe_psql('postgres', <<'SQL');
CREATE ROLE app LOGIN;
SELECT migrate_apply('1', 'CREATE TABLE a (id int)', 'DROP TABLE a');
SELECT migrate_apply('2', 'CREATE TABLE b (id int)', 'DROP TABLE b');
SQL

$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;

# what happens on the primary from now on comes over the stream
$primary->safe_psql('postgres', <<'SQL');
SELECT migrate_apply('10', 'CREATE TABLE c (id int); INSERT INTO c VALUES (1)', 'DROP TABLE c', 'ten', ARRAY['2']);
SELECT migrate_apply('11', 'CREATE TABLE d (id int)', 'DROP TABLE d');
SELECT migrate_rollback();
SQL
$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'it is a standby');

my $head = ledger_head($primary, 'postgres');

#
# Looking
#

foreach my $user ('postgres', 'app')
{
	sql_is(
		$standby, 'postgres', "SELECT migrate_require('10'); SELECT migrate_require()",
		"\n",
		"$user: require",
		user => $user);
	fails_with(
		$standby,
		'postgres',
		"SELECT migrate_require('11')",
		'55000',
		qr/migration "11" is required but not applied.*applied last is "10"/s,
		"$user: require what is rolled back",
		user => $user);
	sql_is(
		$standby, 'postgres',
		'SELECT ok, current, applied, pending, interrupted, gate_holder FROM migrate_health()',
		't|10|3|0|0|',
		"$user: health",
		user => $user);
	verify_is_ok($standby, 'postgres', "$user: verify", head => $head, user => $user);
}
sql_is(
	$standby, 'postgres',
	'SELECT version, state, description, depends_on FROM migrate_status',
	"1|applied||{}\n2|applied||{}\n10|applied|ten|{2}\n11|rolled_back||{}", 'status');
is(history_text($standby, 'postgres'), history_text($primary, 'postgres'), 'history');
my $fingerprint = $primary->safe_psql('postgres', 'SELECT migrate_fingerprint()');
sql_is(
	$standby, 'postgres',
	'SELECT count(*) FROM migrate_drift(); SELECT migrate_fingerprint()',
	"0\n$fingerprint", 'drift and fingerprint');
sql_is(
	$standby, 'postgres',
	"SELECT rule, severity FROM migrate_lint('TRUNCATE migrate_ledger')"
	  . " UNION ALL SELECT rule, severity FROM migrate_lint_files('{99_x.sql}', '{-- migrate:up\nTRUNCATE migrate_ledger}', 'dbmate', true)",
	"truncate|error\ntruncate|error", 'lint');
is(ledger_text($standby, 'postgres'), ledger_text($primary, 'postgres'), 'ledger');
foreach my $level ('READ COMMITTED', 'REPEATABLE READ')
{
	sql_is($standby, 'postgres', <<"SQL", "\n10\n4\n5\n0", "all of them in one $level transaction");
BEGIN ISOLATION LEVEL $level READ ONLY;
SELECT migrate_require('2');
SELECT current FROM migrate_health();
SELECT count(*) FROM migrate_status;
SELECT count(*) FROM migrate_history;
SELECT count(*) FROM migrate_verify('$head') WHERE NOT ok;
COMMIT;
SQL
}

#
# Changing
#

foreach my $call (
	"migrate_apply('12', 'SELECT 1')", "migrate_apply('10', 'SELECT 1')",
	"migrate_apply('12', 'CREATE TABLE x (id int)')", 'migrate_rollback()',
	"migrate_rollback_to('1')", 'migrate_rollback_all()',
	"migrate_redo('10')", "migrate_stamp('12')",
	"migrate_unstamp('10')", "migrate_dry_run('SELECT 1')",
	'migrate_dry_run_pending()')
{
	my ($function) = $call =~ /^(\w+)/;

	fails_with(
		$standby, 'postgres', "SELECT $call", '25006',
		qr/cannot execute $function\(\) on a standby.*HINT:  Connect to the primary/s,
		"refused: $call");
}
fails_with(
	$primary, 'postgres', "BEGIN READ ONLY; SELECT migrate_apply('12', 'SELECT 1')",
	'25006',
	qr/read-only transaction/,
	'refused in a read-only transaction of the primary');
sql_is($primary, 'postgres', <<"SQL", "\n10\n0", 'looking is not');
BEGIN READ ONLY;
SELECT migrate_require('10');
SELECT current FROM migrate_health();
SELECT count(*) FROM migrate_verify('$head') WHERE NOT ok;
COMMIT;
SQL

#
# A migration in progress is not seen before its commit, and sessions that
# have looked before see it then.
#

{
	my $migrator = session($primary, 'postgres');
	my $reader = session($standby, 'postgres');

	$migrator->query_safe(
		"BEGIN; SELECT migrate_apply('12', 'CREATE TABLE e (id int)', 'DROP TABLE e')");
	$primary->safe_psql('postgres', 'CREATE TABLE marker ()');
	$primary->wait_for_catchup($standby);
	is($reader->query("SELECT current, to_regclass('marker') IS NOT NULL FROM migrate_health()"),
		'10|t', 'a migration in progress is not seen');
	is($reader->query('SELECT gate_holder IS NULL FROM migrate_health()'),
		't', 'nor is the gate of the primary');
	$migrator->query_safe('COMMIT');
	$primary->wait_for_catchup($standby);
	is($reader->query('SELECT current FROM migrate_health()'), '12', 'a committed one is seen');
	is($reader->query("SELECT migrate_require('12')"), '', 'and satisfies');
	$migrator->quit;
	$reader->quit;
}

#
# Promotion
#

$head = ledger_head($primary, 'postgres');
$primary->safe_psql('postgres', 'CREATE TABLE last_words ()');
$primary->wait_for_catchup($standby);

# a session that was there before the promotion and one that comes after it
my $old_session = session($standby, 'postgres');
$old_session->query("SELECT migrate_apply('13', 'CREATE TABLE f (id int)', 'DROP TABLE f')");
is(sqlstate($old_session->messages), '25006', 'before the promotion');
fails_with($standby, 'postgres', "SELECT migrate_accept_drift('x')", '25006', qr/standby/, 'accepting drift');

$primary->stop('immediate');
$standby->promote;
$standby->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()')
  or die 'the standby was not promoted';

verify_is_ok($standby, 'postgres', 'promoted: verified', head => $head);
is($old_session->query("SELECT migrate_apply('13', 'CREATE TABLE f (id int)', 'DROP TABLE f')"),
	'applied', 'promoted: an old session goes on');
$old_session->quit;
sql_is(
	$standby, 'postgres',
	<<'SQL', "unchanged\napplied\n14\nredone", 'promoted: a new session goes on');
SELECT migrate_apply('10', 'CREATE TABLE c (id int); INSERT INTO c VALUES (1)');
SELECT migrate_apply('14', 'CREATE TABLE g (id int)', 'DROP TABLE g');
SELECT migrate_rollback();
SELECT migrate_redo('10');
SQL
sql_is(
	$standby,
	'postgres',
	"SELECT version, state FROM migrate_status; SELECT to_regclass('f') IS NOT NULL, to_regclass('g') IS NULL",
	"1|applied\n2|applied\n10|applied\n11|rolled_back\n12|applied\n13|applied\n14|rolled_back\nt|t",
	'promoted: status');
verify_is_ok($standby, 'postgres', 'promoted: verified at the end');

$standby->stop;
done_testing();
