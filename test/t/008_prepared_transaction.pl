# A transaction that has migrated and is prepared for a two-phase commit holds
# the gate, with no process to name, even over a crash: whoever comes is told
# its name and what to do, and COMMIT PREPARED or ROLLBACK PREPARED lets go.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', conf => "max_prepared_transactions = 5\n");

install($node, 'postgres');
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE deployer LOGIN;
GRANT CREATE ON SCHEMA public TO deployer;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO deployer;
SELECT migrate_apply('0', 'CREATE TABLE base (id int)', 'DROP TABLE base');
SQL

my $head = ledger_head($node, 'postgres');

sub prepare
{
	my ($gid, $version, $table) = @_;

	sql_is(
		$node,
		'postgres',
		"BEGIN; SELECT migrate_apply('$version', 'CREATE TABLE $table (id int)', 'DROP TABLE $table');"
		  . ' PREPARE TRANSACTION '
		  . literal($gid),
		'applied',
		"$gid: prepared",
		user => 'deployer');
	return;
}

sub gate_is_held
{
	my ($gid, $name, %options) = @_;
	my $quoted = "'" . ($gid =~ s/'/''/gr) . "'";

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	sql_is($node, 'postgres', 'SELECT current, gate_holder FROM migrate_health()',
		'0|-1', "$name: health");
	foreach my $call ("migrate_apply('2', 'CREATE TABLE two (id int)')",
		'migrate_rollback()', "migrate_stamp('2')")
	{
		my (undef, undef, $err) =
		  run_sql($node, 'postgres', "SET neon_migrate.wait_timeout = '50ms'; SELECT $call");

		is(sqlstate($err), '55P03', "$name: $call: SQLSTATE");
		like(
			$err,
			qr/DETAIL:  Prepared transaction "\Q$gid\E" of user "deployer" holds the gate since 20.*HINT:  End it with COMMIT PREPARED or ROLLBACK PREPARED \Q$quoted\E\./s,
			"$name: $call: message");
	}
	verify_is_ok($node, 'postgres', "$name: verified", head => $head);
	return;
}

foreach my $how ('COMMIT', 'ROLLBACK')
{
	my $gid = "it's \"$how\" at 100 %s";
	my $table = lc "by_$how";

	prepare($gid, $how, $table);
	gate_is_held($gid, $how);
	$node->restart;
	gate_is_held($gid, "$how, after a restart", restarted => 1);
	$node->stop('immediate');
	$node->start;
	gate_is_held($gid, "$how, after a crash", restarted => 1);

	# one who is willing to wait gets in when it ends
	my $waiter = session($node, 'postgres');
	$waiter->start("SELECT migrate_apply('after $how', '', '')");
	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_locks WHERE pid = $waiter->{pid} AND locktype = 'advisory' AND NOT granted"
	) or die 'it does not wait';
	sql_is($node, 'postgres', "$how PREPARED " . literal($gid),
		'', "$how: ended", user => 'deployer');
	is($waiter->finish, 'applied', "$how: who waited goes on");
	$waiter->quit;

	sql_is(
		$node,
		'postgres',
		"SELECT count(*), (SELECT count(*) FROM pg_class WHERE relname = '$table') FROM migrate_status WHERE version = '$how'",
		$how eq 'COMMIT' ? '1|1' : '0|0',
		"$how: effects and entry, or neither");
	gate_is_free($node, 'postgres', "$how: the gate is free");
	verify_is_ok($node, 'postgres', "$how: verified");
	sql_is(
		$node, 'postgres',
		"SELECT count(*) FROM migrate_rollback_to('0')",
		$how eq 'COMMIT' ? 2 : 1,
		"$how: rolled back");
	$head = ledger_head($node, 'postgres');
}

# Another database's is none of our business, nor another's that did not migrate.
create_database($node, 'other');
install($node, 'other');
$node->safe_psql('other', "BEGIN; SELECT migrate_apply('1', ''); PREPARE TRANSACTION 'other'");
$node->safe_psql('postgres',
	"BEGIN; SELECT pg_advisory_xact_lock(0, 2); CREATE TABLE x (id int); PREPARE TRANSACTION 'not a migration'"
);
gate_is_free($node, 'postgres', 'others are prepared: the gate is free');
prepare('ours', '3', 'three');
gate_is_held('ours', 'several are prepared');
$node->safe_psql('postgres', "ROLLBACK PREPARED 'not a migration'");
gate_is_held('ours', 'several are prepared, another one ends');
$node->safe_psql('postgres', "COMMIT PREPARED 'ours'");
gate_is_free($node, 'postgres', 'several are prepared, ours ends: the gate is free');
$node->safe_psql('other', "COMMIT PREPARED 'other'");
verify_is_ok($node, 'other', 'another database: verified');

# What would be left behind in a session, and so cannot be prepared, is not
# there to be prepared.
sql_is($node, 'postgres',
	<<'SQL', "applied\n3\n1", 'a migration with SET, PREPARE and a cursor in it');
BEGIN;
SELECT migrate_apply('4', 'SET work_mem = ''1MB''; PREPARE p AS SELECT 1; DECLARE c CURSOR FOR SELECT 1; CREATE TABLE four ()');
PREPARE TRANSACTION 'four';
SELECT current FROM migrate_health();
COMMIT PREPARED 'four';
SELECT count(*) FROM pg_class WHERE relname = 'four';
SQL
verify_is_ok($node, 'postgres', 'verified at the end');

$node->stop;
done_testing();
