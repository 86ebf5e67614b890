# A migration is cancelled, terminated or times out, or its client vanishes
# (I1, I3, I6).
#
# What is interrupted leaves nothing behind, in the database or in the
# session, and lets go of the gate.  A client's death does not interrupt its
# call: that commits, and the client's next try says so.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main');
my $version = $node->pg_version;

install($node, 'postgres');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE contended (id int);
SELECT migrate_apply('0', 'CREATE TABLE base (id int)', 'SELECT pg_advisory_xact_lock(1); DROP TABLE base');
SQL
my $head = ledger_head($node, 'postgres');

# Holds what the migrations below wait for: an advisory lock, or the table.
my $holder = session($node, 'postgres');
my $apply = <<'SQL' =~ s/\n$//r;
SELECT migrate_apply('1', 'SET search_path = pg_catalog; SET work_mem = ''123kB'';
CREATE TABLE public.half (id int); CREATE TEMP TABLE half_temp (id int); PREPARE half AS SELECT 1;
INSERT INTO public.half SELECT generate_series(1, 1000);
SELECT pg_advisory_xact_lock(1);
CREATE INDEX ON public.half (id)', 'DROP TABLE public.half')
SQL
my $state_of_session = <<'SQL';
SELECT current_setting('search_path'), current_setting('work_mem'), current_setting('lock_timeout'),
	(SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors WHERE name <> ''),
	(SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relnamespace = pg_my_temp_schema()),
	(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())
SQL

sub wait_until_it_waits
{
	my ($session, $type) = @_;

	$type //= 'Lock';
	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $session->{pid} AND state = 'active' AND wait_event_type = '$type'"
	) or die 'it does not wait';
	return;
}

sub nothing_left
{
	my ($name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	gate_is_free($node, 'postgres', "$name: the gate is free");
	sql_is($node, 'postgres', <<'SQL', "t|0\n0", "$name: nothing of it is left");
SELECT to_regclass('half') IS NULL, (SELECT count(*) FROM pg_class WHERE relname LIKE 'half%');
SELECT current FROM migrate_health();
SQL
	verify_is_ok($node, 'postgres', "$name: verified", head => $head);
	return;
}

# Interrupts a migration that waits, in each way that leaves the session be.
foreach my $case (
	[ 'cancelled', '', '57014', qr/canceling statement due to user request/ ],
	[ 'statement_timeout', "SET statement_timeout = '1s'", '57014', qr/statement timeout/ ],
	[
		'lock_timeout',
		"SET neon_migrate.lock_timeout = '50ms'; SET neon_migrate.lock_retries = 2",
		'55P03',
		qr/trying again \(2 of 2\).*canceling statement due to lock timeout.*tried 3 times/s
	],
	[
		'lock_timeout, no retries',
		"SET neon_migrate.lock_timeout = '50ms'; SET neon_migrate.lock_retries = 0",
		'55P03', qr/tried once/
	])
{
	my ($name, $set, $state, $message) = @$case;
	my $migrator = session($node, 'postgres');
	my $before = $migrator->query_safe($state_of_session);

	$holder->query_safe('SELECT pg_advisory_lock(1)');
	$migrator->query_safe($set) if $set;
	$migrator->start($apply);
	if (!$set)
	{
		wait_until_it_waits($migrator);
		is($node->safe_psql('postgres', 'SELECT gate_holder FROM migrate_health()'),
			$migrator->pid, "$name: meanwhile it holds the gate");
		is($node->safe_psql('postgres', "SELECT pg_cancel_backend($migrator->{pid})"),
			't', "$name: cancel");
	}
	$migrator->finish;
	is(sqlstate($migrator->messages), $state, "$name: SQLSTATE");
	like($migrator->messages, $message, "$name: message");
	like(
		$migrator->messages,
		qr/CONTEXT:.*migration "1", statement 7, line 4, column 1/s,
		"$name: the place");
	nothing_left($name);

	$migrator->query_safe('RESET statement_timeout');
	is($migrator->query_safe($state_of_session), $before, "$name: the session is as before");
	$holder->query_safe('SELECT pg_advisory_unlock(1)');
	is($migrator->query($apply), 'applied', "$name: the same session tries again");
	is($migrator->query_safe($state_of_session), $before, "$name: and is still as before");
	is($migrator->query('SELECT migrate_rollback()'), '1', "$name: and rolls back");
	is($migrator->query("SELECT state FROM migrate_status WHERE version = '1'"),
		'rolled_back', "$name: which is in the ledger");
	$head = ledger_head($node, 'postgres');
	$migrator->quit;
}

# while it pauses before its next try
{
	my $migrator = session($node, 'postgres');

	$holder->query_safe('SELECT pg_advisory_lock(1)');
	$migrator->query_safe(
		"SET neon_migrate.lock_timeout = '10ms'; SET neon_migrate.lock_retries = 100");
	$migrator->start($apply);
	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $migrator->{pid} AND wait_event_type = 'Extension'"
	) or die 'it does not pause';
	$node->safe_psql('postgres', "SELECT pg_cancel_backend($migrator->{pid})");
	$migrator->finish;
	is(sqlstate($migrator->messages), '57014', 'between two tries: cancelled');
	nothing_left('between two tries');
	$holder->query_safe('SELECT pg_advisory_unlock(1)');

	# locks of the last try are gone while it pauses: nobody waits for them
	$holder->query_safe('BEGIN; LOCK TABLE contended');
	$migrator->query_safe('SET neon_migrate.lock_timeout = 10');
	$migrator->start(
		"SELECT migrate_apply('pause', 'ALTER TABLE base ADD COLUMN x int; ALTER TABLE contended ADD COLUMN x int')"
	);
	$node->poll_query_until(
		'postgres',
		"SELECT wait_event_type = 'Extension' AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'relation'
			AND pid = $migrator->{pid} AND relation = 'base'::regclass)
		FROM pg_stat_activity WHERE pid = $migrator->{pid}") or die 'it keeps its locks';
	$holder->query_safe('COMMIT');
	is($migrator->finish, 'applied', 'between two tries: goes on when the lock is free');
	like($migrator->messages, qr/NOTICE:.*trying again \(1 of 100\)/, 'between two tries: says so');
	is($migrator->query("SELECT migrate_unstamp('pause')"), 'unstamped');
	$node->safe_psql('postgres',
		'ALTER TABLE base DROP COLUMN x; ALTER TABLE contended DROP COLUMN x');
	$head = ledger_head($node, 'postgres');
	$migrator->quit;
}

# The session is ended, too.
my @endings = (
	[ 'terminated', '', "SELECT pg_terminate_backend(%d)", qr/57P01/ ],
	[
		'idle in transaction', "SET idle_in_transaction_session_timeout = '200ms'", undef,
		qr/25P03/
	]);
push @endings, [ 'transaction_timeout', "SET transaction_timeout = '1s'", undef, qr/25P04/ ]
  if $version >= 17;
foreach my $case (@endings)
{
	my ($name, $set, $end, $message) = @$case;
	my $migrator = session($node, 'postgres');

	$migrator->query_safe($set) if $set;
	if ($name eq 'idle in transaction')
	{
		$migrator->query_safe("BEGIN; $apply");
		$node->poll_query_until('postgres',
			"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $migrator->{pid}")
		  or die 'it is not ended';
		$migrator->{psql}->{stdin} .= "SELECT 1;\n";
	}
	else
	{
		$holder->query_safe('SELECT pg_advisory_lock(1)');
		$migrator->start($apply);
		wait_until_it_waits($migrator) if $end;
		$node->safe_psql('postgres', sprintf($end, $migrator->pid)) if $end;
	}
	like($migrator->died, $message, "$name: SQLSTATE");
	$node->poll_query_until('postgres',
		"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $migrator->{pid}")
	  or die 'it is still there';
	nothing_left($name);
	$holder->query_safe('SELECT pg_advisory_unlock_all()');
}

# a rollback is interrupted
{
	my $migrator = session($node, 'postgres');

	$holder->query_safe('SELECT pg_advisory_lock(1)');
	$migrator->start('SELECT migrate_rollback_all()');
	wait_until_it_waits($migrator);
	$node->safe_psql('postgres', "SELECT pg_cancel_backend($migrator->{pid})");
	$migrator->finish;
	is(sqlstate($migrator->messages), '57014', 'rollback: cancelled');
	like($migrator->messages, qr/down SQL of migration "0", statement 1/, 'rollback: the place');
	nothing_left('rollback');
	is($node->safe_psql('postgres', "SELECT to_regclass('base') IS NOT NULL"),
		't', 'rollback: it did nothing');
	$holder->query_safe('SELECT pg_advisory_unlock(1)');
	$migrator->quit;
}

# waiting for the gate ends by each of these, too
{
	my $migrator = session($node, 'postgres');
	my $waiter = session($node, 'postgres');
	my $two = "SELECT migrate_apply('2', 'CREATE TABLE two (id int)', 'DROP TABLE two')";

	$migrator->query_safe(
		"SET application_name = 'the first'; BEGIN; SELECT migrate_apply('first', '', '')");
	foreach my $case (
		[ 'cancelled', '', '57014' ],
		[ 'statement_timeout', "SET statement_timeout = '100ms'", '57014' ],
		[ 'wait_timeout', "SET neon_migrate.wait_timeout = '100ms'", '55P03' ],
		[ 'no wait_timeout', 'SET neon_migrate.wait_timeout = 0', '55P03' ],
		[
			'the caller\'s lock_timeout',
			"SET lock_timeout = '1ms'; SET neon_migrate.wait_timeout = '200ms'", '55P03'
		])
	{
		my ($name, $set, $state) = @$case;

		$waiter->query_safe($set) if $set;
		$waiter->start($two);
		if (!$set)
		{
			wait_until_it_waits($waiter);
			$node->safe_psql('postgres', "SELECT pg_cancel_backend($waiter->{pid})");
		}
		$waiter->finish;
		is(sqlstate($waiter->messages), $state, "at the gate, $name: SQLSTATE");
		like(
			$waiter->messages,
			qr/DETAIL:  Process $migrator->{pid}, user "postgres", application "the first", holds the gate since 20/,
			"at the gate, $name: by whom it is held") if $state eq '55P03';
		$waiter->query_safe('RESET ALL');
		is( $node->safe_psql(
				'postgres',
				"SELECT count(*) FROM pg_locks WHERE pid = $waiter->{pid} AND locktype = 'advisory'"
			),
			0,
			"at the gate, $name: no lock is left");
	}

	# inside a block of the caller's, which goes on
	$waiter->query_safe(
		"SET neon_migrate.wait_timeout = 0; BEGIN; CREATE TABLE of_caller (id int); SAVEPOINT s");
	$waiter->query($two);
	is(sqlstate($waiter->messages), '55P03', 'at the gate, in a block: refused');
	$waiter->query_safe('ROLLBACK TO s');
	$migrator->query_safe('ROLLBACK');
	is($waiter->query($two), 'applied', 'at the gate, in a block: the next try');
	$waiter->query_safe('COMMIT');
	is( $node->safe_psql(
			'postgres',
			"SELECT to_regclass('of_caller') IS NOT NULL, to_regclass('two') IS NOT NULL"),
		't|t',
		'at the gate, in a block: all is there');
	$node->safe_psql('postgres', 'SELECT migrate_rollback()');
	$head = ledger_head($node, 'postgres');
	$_->quit foreach ($migrator, $waiter);
}

# The caller's own rollback lets go of the gate, and so does its exception block.
{
	my $migrator = session($node, 'postgres');

	$migrator->query_safe(
		"BEGIN; SAVEPOINT s; SELECT migrate_apply('s', 'CREATE TABLE half (id int)')");
	isnt($node->safe_psql('postgres', 'SELECT gate_holder FROM migrate_health()'),
		'', 'savepoint: the gate is held');
	$migrator->query_safe('ROLLBACK TO s');
	nothing_left('savepoint');
	$migrator->query_safe('COMMIT');

	is($migrator->query(<<'SQL'), 't|t', 'exception block: same user and settings');
BEGIN;
DO $$
BEGIN
	PERFORM migrate_apply('e', 'CREATE TABLE half (id int); SET ROLE pg_monitor; SET search_path = x; SELECT 1 / 0');
EXCEPTION WHEN division_by_zero THEN
	NULL;
END $$;
SELECT current_user = session_user, current_setting('search_path') = '"$user", public';
SQL
	nothing_left('exception block');
	$migrator->query_safe('COMMIT');
	$migrator->quit;
}

# A client vanishes in the middle of its call.
{
	my $migrator = session($node, 'postgres');

	$holder->query_safe('SELECT pg_advisory_lock(1)');
	$migrator->start($apply);
	wait_until_it_waits($migrator);
	$migrator->kill_client;
	is( $node->safe_psql(
			'postgres', "SELECT count(*) FROM pg_stat_activity WHERE pid = $migrator->{pid}"),
		1,
		'client killed: the backend goes on');
	fails_with(
		$node, 'postgres', "SET neon_migrate.wait_timeout = '100ms'; $apply",
		'55P03',
		qr/Process $migrator->{pid}/,
		'client killed: its next try while the backend goes on');
	$holder->query_safe('SELECT pg_advisory_unlock(1)');
	$node->poll_query_until('postgres',
		"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $migrator->{pid}")
	  or die 'it is still there';
	sql_is($node, 'postgres', "SELECT count(*) FROM half; SELECT current FROM migrate_health()",
		"1000\n1", 'client killed: it has committed');
	sql_is($node, 'postgres', $apply, 'unchanged', 'client killed: its next try says so');
	verify_is_ok($node, 'postgres', 'client killed: verified');
	gate_is_free($node, 'postgres', 'client killed: the gate is free');
	$node->safe_psql('postgres', 'SELECT migrate_rollback()');
	$head = ledger_head($node, 'postgres');
}

# A server that looks after its clients cancels instead.
{
	my $migrator = session($node, 'postgres');

	$migrator->query_safe("SET client_connection_check_interval = '100ms'");
	$holder->query_safe('SELECT pg_advisory_lock(1)');
	$migrator->start($apply);
	wait_until_it_waits($migrator);
	$migrator->kill_client;
	$node->poll_query_until('postgres',
		"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $migrator->{pid}")
	  or die 'it is still there';
	nothing_left('client killed and noticed');
	$holder->query_safe('SELECT pg_advisory_unlock(1)');
}

# A client that vanishes between its call and its COMMIT takes all along.
{
	my $migrator = session($node, 'postgres');

	$migrator->query_safe("BEGIN; $apply");
	$migrator->kill_client;
	$node->poll_query_until('postgres',
		"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $migrator->{pid}")
	  or die 'it is still there';
	nothing_left('client killed before its commit');
}

$holder->quit;
$node->stop;
done_testing();
