# A CALL is interrupted at every step of a migration, in every way (I1, I3, I6,
# I7): the next CALL finishes it.
#
# One migration has a step of each kind, up and down.  It is stopped
#
#	before N		when step N is to begin: by a lock on the step's table
#	writer N		in the middle of step N, where it waits for a transaction
#	reader N		that has written or read the table,
#	snapshot N		or that has an old snapshot
#	unnoted N		when step N is finished and the ledger does not know yet:
#					by a lock on the ledger
#
# and there terminated, killed (with crash recovery), cancelled, timed out, left
# by its client, or taken down with the server.  Then another session says CALL
# again.  What there is then has to be what plain psql makes of the same SQL;
# no index is INVALID, each step is done once, the ledger is whole, and nobody
# holds the gate.
#
# NM_FULL=1 runs every combination; without, one or two of each sort.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use NeonMigrateCall;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', conf => <<'CONF');
restart_after_crash = on
autovacuum = off
max_connections = 40
neon_migrate.lock_timeout = 0
CONF

# Step N works on table sN, so that each can be stopped by itself.
my $fixture = <<'SQL';
CREATE SCHEMA other;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE s1 (a int);
CREATE TABLE s2 (a int);
CREATE TABLE s3 (a int);
CREATE TABLE s4 (a int);
CREATE INDEX s4_a ON s4 (a);
CREATE TABLE s5 (a int PRIMARY KEY, b text);
CREATE INDEX ON s5 (b);
CREATE TABLE s6 (a int);
CREATE TABLE s7 (m mood DEFAULT 'sad');
CREATE TABLE s8 (a int) PARTITION BY LIST (a);
CREATE TABLE s8_1 PARTITION OF s8 FOR VALUES IN (1);
CREATE TABLE s8_2 PARTITION OF s8 FOR VALUES IN (2);
CREATE TABLE s9 (a int);
CREATE TABLE s10 (a int);
INSERT INTO s2 SELECT generate_series(1, 100);
INSERT INTO s3 SELECT generate_series(1, 100);
INSERT INTO s4 SELECT generate_series(1, 100);
INSERT INTO s5 SELECT i, repeat('x', 3000) FROM generate_series(1, 20) AS i;
SQL
my $up = <<'SQL';
SET search_path = other, public; SET work_mem = '1MB';
INSERT INTO s1 VALUES (1);                              -- 1
ALTER TABLE s1 ADD COLUMN c int DEFAULT 1;
CREATE TABLE made_1 (a int);
CREATE INDEX CONCURRENTLY s2_named ON s2 (a);           -- 2
CREATE INDEX CONCURRENTLY ON s3 (a);                    -- 3
DROP INDEX CONCURRENTLY public.s4_a;                    -- 4
REINDEX TABLE CONCURRENTLY s5;                          -- 5
INSERT INTO s6 VALUES (6);                              -- 6
ALTER TYPE mood ADD VALUE 'new' BEFORE 'happy';
INSERT INTO s7 VALUES ('new');                          -- 7
ALTER TABLE s7 ALTER COLUMN m SET DEFAULT 'new';
ALTER TABLE s8 DETACH PARTITION s8_1 CONCURRENTLY;      -- 8
VACUUM s9;                                              -- 9
INSERT INTO s10 SELECT length(current_setting('work_mem')) FROM made_1 RIGHT JOIN (SELECT) AS one ON true;  -- 10
CREATE TABLE made_10 (a int);
SQL
my $down = <<'SQL';
SET search_path = public, other;
DELETE FROM s10;                                        -- 1
DROP TABLE made_10;
VACUUM s9;                                              -- 2
ALTER TABLE s8 ATTACH PARTITION s8_1 FOR VALUES IN (1); -- 3
DELETE FROM s7; ALTER TABLE s7 ALTER COLUMN m SET DEFAULT 'sad';
CREATE INDEX CONCURRENTLY s4_a ON s4 (a);               -- 4
REINDEX (CONCURRENTLY) INDEX s5_pkey;                   -- 5
DROP INDEX CONCURRENTLY s3_a_idx;                       -- 6
DROP INDEX CONCURRENTLY s2_named;                       -- 7
ALTER TABLE s1 DROP COLUMN c;                           -- 8
DROP TABLE made_1;
SQL

# By direction: tables of the steps, and where a step can be stopped in its middle.
my %steps = (
	up => [qw(s1 s2 s3 s4 s5 s6 s7 s8 s9 s10)],
	down => [qw(s10 s9 s8 s4 s5 s3 s2 s1)]);
my %middles = (
	up => [
		'writer 2', 'snapshot 2', 'writer 3', 'snapshot 3', 'reader 4',
		'writer 5', 'snapshot 5', 'reader 5', 'reader 8',
		'unnoted 2', 'unnoted 3', 'unnoted 4', 'unnoted 5', 'unnoted 8'
	],
	down => [
		'writer 4', 'snapshot 4', 'writer 5', 'snapshot 5', 'reader 5',
		'reader 6', 'reader 7', 'unnoted 4', 'unnoted 6'
	]);
# What holds an unnoted step before it is let finish
my %unnoted_by = (up => { 2 => 'writer', 3 => 'writer', 4 => 'reader', 5 => 'reader', 8 => 'reader' },
	down => { 4 => 'writer', 6 => 'reader' });
my @ways = ('terminate', 'kill', 'stop', 'cancel', 'timeout', 'client gone');

my @short = (
	'up, before 1, terminate', 'up, before 4, kill',
	'up, before 7, stop', 'up, before 10, client gone',
	'up, snapshot 2, kill', 'up, writer 3, terminate',
	'up, snapshot 5, cancel', 'up, reader 5, stop',
	'up, reader 8, timeout', 'up, unnoted 3, kill',
	'down, before 8, cancel', 'down, snapshot 4, terminate',
	'down, reader 6, kill');

#
# What is expected
#

create_database($node, 'template_up');
install($node, 'template_up');
$node->safe_psql('template_up', $fixture);
$node->safe_psql('template_up',
	"SELECT migrate_register('m', " . literal($up) . ', ' . literal($down) . ')');
copy_of($node, 'template_up', 'reference_up');
plain_psql($node, 'reference_up', $up);
copy_of($node, 'template_up', 'template_down');
is($node->safe_psql('template_down', 'CALL migrate_up()'), '1', 'uninterrupted: up');
copy_of($node, 'template_down', 'undone');
is($node->safe_psql('undone', 'CALL migrate_down()'), '1', 'uninterrupted: down');
copy_of($node, 'reference_up', 'reference_down');
plain_psql($node, 'reference_down', $down);

my %reference = (up => contents($node, 'reference_up'), down => contents($node, 'reference_down'));
is(contents($node, 'template_down'), $reference{up}, 'uninterrupted: up makes what psql makes');
is(contents($node, 'undone'), $reference{down}, 'uninterrupted: so does down');
isnt($reference{down}, $reference{up}, '... which is not the same');
foreach my $direction ('up', 'down')
{
	is(
		history_since($node, 'undone', 'm', $direction),
		join(' ', 1 .. @{ $steps{$direction} }),
		"uninterrupted: the steps of $direction are as they are meant to be")
	  if $direction eq 'down';
}
is(history_since($node, 'template_down', 'm', 'up'), join(' ', 1 .. @{ $steps{up} }),
	'uninterrupted: and those of up');

#
# One case
#

my $count = 0;
my $control;	# a session that looks and interrupts

sub control
{
	$control //= session($node, 'postgres');
	return $control;
}

# Waits until the CALL stands still at a step, in a wait for a lock of a kind.
sub wait_for_step
{
	my ($migrator, $direction, $step, $event) = @_;
	my $total = @{ $steps{$direction} };

	wait_until(
		control(), <<"SQL", "it gets to step $step, $event");
SELECT state = 'active' AND wait_event_type = 'Lock' AND wait_event = '$event'
	AND query LIKE 'migration "m" $direction (1 of 1), step $step of $total: %'
FROM pg_stat_activity WHERE pid = $migrator->{pid}
SQL
	return;
}

# Makes the CALL stop at a place; returns the sessions that hold it there.
sub hold
{
	my ($migrator, $database, $direction, $where, $step) = @_;
	my $table = $steps{$direction}->[ $step - 1 ];
	my $holder = session($node, $database);
	my $call = "CALL migrate_$direction()";
	my $by = $where eq 'unnoted' ? $unnoted_by{$direction}->{$step} : $where;

	if ($by eq 'writer')
	{
		$holder->query_safe("BEGIN; DELETE FROM $table WHERE false; LOCK TABLE $table IN ROW EXCLUSIVE MODE");
	}
	elsif ($by eq 'reader')
	{
		$holder->query_safe("BEGIN; SELECT count(*) FROM $table");
	}
	else
	{
		$holder->query_safe("BEGIN; LOCK TABLE $table IN ACCESS EXCLUSIVE MODE");
	}
	$migrator->start($call);
	wait_for_step($migrator, $direction, $step,
		$by eq 'writer' || $by eq 'reader' ? 'virtualxid' : 'relation');
	return ($holder) if $where eq 'before' || $where eq $by && $where ne 'snapshot';

	my $second = session($node, $database);
	if ($where eq 'snapshot')
	{
		$second->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class');
		$holder->query_safe('COMMIT');
		wait_for_step($migrator, $direction, $step, 'virtualxid');
	}
	else
	{
		$second->query_safe('BEGIN; LOCK TABLE migrate_ledger IN SHARE MODE');
		$holder->query_safe('COMMIT');
		wait_for_step($migrator, $direction, $step, 'relation');
	}
	$holder->quit;
	return ($second);
}

# Lets go of what hold() holds.
sub let_go
{
	my (@holders) = @_;

	foreach my $holder (@holders)
	{
		$holder->query_safe('COMMIT');
		$holder->quit;
	}
	return;
}

sub backend_is_gone
{
	my ($migrator) = @_;

	wait_until(control(), "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $migrator->{pid}",
		'its backend is gone');
	return;
}

# Interrupts the CALL, and lets go of what held it.
sub interrupt
{
	my ($migrator, $way, $where, $name, @holders) = @_;
	my $transaction = "SELECT min(virtualtransaction) FROM pg_locks WHERE pid = $migrator->{pid} AND locktype = 'relation'";

	if ($way eq 'terminate')
	{
		control()->query_safe("SELECT pg_terminate_backend($migrator->{pid})");
		like($migrator->died, qr/57P01/, "$name: the client is told");
	}
	elsif ($way eq 'client gone')
	{
		$migrator->kill_client;
		backend_is_gone($migrator);
	}
	elsif ($way eq 'kill')
	{
		control();
		kill_backend($node, $migrator->pid);
		$_->died foreach ($migrator, @holders, $control);
		undef $control;
		server_is_back($node);
		return;
	}
	elsif ($way eq 'stop')
	{
		$node->stop('immediate');
		$_->died foreach ($migrator, @holders, control());
		undef $control;
		$node->start;
		return;
	}
	else
	{
		my $message = $way eq 'cancel' ? qr/57014.*user request/ : qr/57014.*statement timeout/;
		my $before = control()->query_safe($transaction);

		control()->query_safe("SELECT pg_cancel_backend($migrator->{pid})") if $way eq 'cancel';
		if ($where eq 'unnoted')
		{
			# then it goes to wait again, to note the failure
			wait_until(control(), "($transaction AND NOT granted) <> '$before'", 'it is in its next transaction');
			let_go(@holders);
			@holders = ();
		}
		$migrator->finish;
		like($migrator->messages, $message, "$name: the client is told");
		is(
			$migrator->query('RESET statement_timeout; RESET client_connection_check_interval;'
				. " SELECT string_agg(name || '=' || setting, ' ') FROM pg_settings WHERE source = 'session'"),
			'', "$name: its session is as before");
		$migrator->quit;
	}
	let_go(@holders);
	return;
}

# Is what is there, after the interruption, known to everybody?
sub is_known
{
	my ($database, $direction, $way, $where, $step, $name) = @_;
	my $failed = $way eq 'cancel' || $way eq 'timeout';
	my $begun = $step > 1 || $where ne 'before';
	# (one that has undone nothing yet is as applied as ever)
	my $state =
		!$begun && $direction eq 'down' ? 'applied'
	  : $failed ? 'failed'
	  : $begun ? 'interrupted'
	  : 'pending';

	sql_is(
		$node, $database, <<'SQL', "$state|" . ($begun ? 1 : 0) . '|', "$name: $state");
SELECT state, interrupted, gate_holder FROM migrate_status, migrate_health() WHERE version = 'm'
SQL
	fails_with($node, $database,
		$direction eq 'up' ? 'SELECT migrate_apply_pending()' : 'SELECT migrate_rollback()',
		$begun ? '55000' : '25001', undef, "$name: not for functions");
	return;
}

sub run_case
{
	my ($name) = @_;
	my ($direction, $where, $step, $way) = $name =~ /^(\w+), (\w+) (\d+), ([\w ]+)$/ or die $name;
	my $database = copy_of($node, "template_$direction", 'case_' . ++$count);
	my $migrator = session($node, $database);

	$migrator->query_safe("SET statement_timeout = '3s'") if $way eq 'timeout';
	$migrator->query_safe("SET client_connection_check_interval = '100ms'") if $way eq 'client gone';
	my @holders = hold($migrator, $database, $direction, $where, $step);
	is(
		control()->query_safe("SELECT count(*) FROM pg_locks WHERE pid = $migrator->{pid} AND locktype = 'advisory'"),
		1, "$name: it holds the gate");
	interrupt($migrator, $way, $where, $name, @holders);
	is_known($database, $direction, $way, $where, $step, $name);

	sql_is($node, $database, "CALL migrate_$direction()", '1', "$name: the next CALL finishes it");
	is(contents($node, $database), $reference{$direction}, "$name: it is what psql makes");
	sql_is($node, $database, 'SELECT * FROM migrate_drift()', '', "$name: there is no drift");
	is(history_since($node, $database, 'm', $direction),
		join(' ', 1 .. @{ $steps{$direction} }),
		"$name: each step is done once");
	is($node->safe_psql($database, "SELECT state FROM migrate_status WHERE version = 'm'"),
		$direction eq 'up' ? 'applied' : 'pending',
		"$name: settled");
	nothing_open($node, $database, $name);
	$node->safe_psql('postgres', "DROP DATABASE $database WITH (FORCE)");
	return;
}

my @cases = @short;
if ($ENV{NM_FULL})
{
	@cases = ();
	foreach my $direction ('up', 'down')
	{
		my @places = ((map { "before $_" } 1 .. @{ $steps{$direction} }), @{ $middles{$direction} });

		foreach my $place (@places)
		{
			push @cases, map { "$direction, $place, $_" } @ways;
		}
	}
}
note scalar(@cases) . ' cases';
foreach my $name (@cases)
{
	subtest $name => sub { run_case($name) };
}

#
# Interrupted more than once
#

# in the middle of a build, again in clearing away what it left, and again in
# the next build
subtest 'while it clears away what is left' => sub {
	my $database = copy_of($node, 'template_up', 'again_1');
	my $writer = session($node, $database);

	$writer->query_safe('BEGIN; LOCK TABLE s2 IN ROW EXCLUSIVE MODE');
	foreach my $round (1 .. 3)
	{
		my $migrator = session($node, $database);

		$migrator->start('CALL migrate_up()');
		wait_for_step($migrator, 'up', 2, 'virtualxid');
		is(
			$node->safe_psql($database,
				"SELECT count(*) FROM pg_index WHERE indrelid = 's2'::regclass AND NOT indisvalid"),
			1, "round $round: there is one INVALID index");
		control()->query_safe("SELECT pg_terminate_backend($migrator->{pid})");
		$migrator->died;
	}
	let_go($writer);
	sql_is($node, $database, 'CALL migrate_up()', '1', 'the next CALL finishes it');
	is(contents($node, $database), $reference{up}, 'it is what psql makes');
	is(history_since($node, $database, 'm', 'up'), join(' ', 1 .. 10), 'each step is done once');
	nothing_open($node, $database, 'in the end');
};

# the end of a backend that waits for a lock is the moment for whatever looks
# at it from a timer
subtest 'many times in a wait' => sub {
	my $database = copy_of($node, 'template_up', 'again_0');
	my $holder = session($node, $database);

	$holder->query_safe('BEGIN; LOCK TABLE s1, s2, s9');
	foreach my $round (1 .. 80)
	{
		my $migrator = session($node, $database);

		$migrator->start(
			(
				'CALL migrate_up()', "SELECT migrate_apply('x', 'ALTER TABLE s9 ADD COLUMN b int')",
				"CALL migrate_run('y', 'VACUUM s9')"
			)[ $round % 3 ]);
		wait_until(control(), "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $migrator->{pid}", 'it waits');
		control()->query_safe("SELECT pg_terminate_backend($migrator->{pid})");
		$migrator->died;
	}
	# all of these are there still: the server has not gone down
	let_go($holder);
	control()->query_safe('SELECT 1');
	sql_is($node, $database, "SELECT migrate_unstamp('y'); CALL migrate_up()", "unstamped\n1", 'the next CALL finishes it');
	is(contents($node, $database), $reference{up}, 'it is what psql makes');
	nothing_open($node, $database, 'in the end');
};

# killed at each of its steps in turn
subtest 'at one step after the other' => sub {
	foreach my $direction ('up', 'down')
	{
		my $database = $direction eq 'up' ? copy_of($node, 'template_up', 'again_2') : 'again_2';

		foreach my $step (1 .. @{ $steps{$direction} })
		{
			my $migrator = session($node, $database);
			my @holders = hold($migrator, $database, $direction, 'before', $step);

			control()->query_safe("SELECT pg_terminate_backend($migrator->{pid})");
			$migrator->died;
			let_go(@holders);
		}
		sql_is($node, $database, "CALL migrate_$direction()", '1', "$direction: the next CALL finishes it");
		is(contents($node, $database), $reference{$direction}, "$direction: it is what psql makes");
		is(history_since($node, $database, 'm', $direction), join(' ', 1 .. @{ $steps{$direction} }),
			"$direction: each step is done once");
		nothing_open($node, $database, $direction);
	}
};

# the server is stopped, and comes back elsewhere: all that is needed is in the
# tables
subtest 'on another server' => sub {
	my $database = copy_of($node, 'template_up', 'moved');
	my $migrator = session($node, $database);

	hold($migrator, $database, 'up', 'snapshot', 5);
	$node->stop('immediate');
	$migrator->died;
	$control->died;
	undef $control;

	my $other = PostgreSQL::Test::Cluster->new('other');
	PostgreSQL::Test::RecursiveCopy::copypath($node->data_dir, $other->data_dir,
		filterfn => sub { $_[0] !~ m{^(log/.*|postmaster\.pid|postmaster\.opts)$} });
	$other->append_conf('postgresql.conf', 'port = ' . $other->port . "\nunix_socket_directories = '" . $other->host . "'\n");
	chmod 0700, $other->data_dir;
	$other->start;
	sql_is($other, 'moved', 'CALL migrate_up()', '1', 'the next CALL finishes it there');
	is(contents($other, 'moved'), $reference{up}, 'it is what psql makes');
	is(history_since($other, 'moved', 'm', 'up'), join(' ', 1 .. 10), 'each step is done once');
	nothing_open($other, 'moved', 'there');
	no_assertion_failed($other);
	$other->stop;
	$node->start;
};

no_assertion_failed($node);
$control->quit if $control;
$node->stop;
done_testing();
