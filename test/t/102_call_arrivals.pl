# While a CALL builds an index concurrently, many others arrive (I2, I6).
#
# The build waits for an old snapshot.  Functions fail at once, CALLs wait, each
# within its bound, and none of them has a snapshot that the build would have to
# wait for: as soon as the old snapshot is gone, everything goes on.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use NeonMigrateCall;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $functions = 20;
my $patient = 5;
my $impatient = 5;
my $node = new_node('main', conf => <<'CONF');
max_connections = 100
autovacuum = off
deadlock_timeout = 100ms
log_lock_waits = off
CONF

install($node, 'postgres');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE t (id int PRIMARY KEY, a int);
INSERT INTO t SELECT i, i FROM generate_series(1, 1000) AS i;
SELECT migrate_register('1', 'CREATE INDEX CONCURRENTLY t_a ON t (a); CREATE TABLE after_build ()', 'DROP TABLE after_build; DROP INDEX CONCURRENTLY t_a');
SQL

my $control = session($node, 'postgres');

# Starts a psql of its own that runs some statements.
sub arrive
{
	my ($name, @sql) = @_;
	my $client = { out => '', err => '', name => $name };

	$client->{run} = IPC::Run::start(
		[
			'psql', '-XAtqd', $node->connstr('postgres') . " application_name='$name'",
			'-v', 'VERBOSITY=verbose', map { ('-c', $_) } @sql
		],
		'<', \undef, '>', \$client->{out}, '2>', \$client->{err},
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	$client->{begin} = time;
	return $client;
}

sub depart
{
	my ($client) = @_;

	$client->{run}->finish;
	chomp $client->{out};
	$client->{took} = time - $client->{begin};
	return;
}

foreach my $direction ('up', 'down')
{
	my $old = session($node, 'postgres');
	my $builder = session($node, 'postgres');
	# a build waits for it; a DROP INDEX CONCURRENTLY for its lock
	$old->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t');
	$builder->query_safe("SET application_name = 'builder'");
	$builder->start("CALL migrate_$direction()");
	wait_until($control,
		"SELECT wait_event = 'virtualxid' FROM pg_stat_activity WHERE pid = $builder->{pid}", 'the build waits');

	my @functions = map {
		my $sql = (
			"SELECT migrate_apply('other $_', 'CREATE TABLE other_$_ ()')",
			"SELECT migrate_apply_pending()",
			'SELECT migrate_rollback()',
			"SELECT migrate_register('other $_', '')")[ $_ % 4 ];
		arrive("function $_", "SET neon_migrate.wait_timeout = '10min'", $sql)
	} 1 .. $functions;
	my @impatient =
	  map { arrive("impatient $_", "SET neon_migrate.wait_timeout = '500ms'", "CALL migrate_$direction()") } 1 .. $impatient;
	my @patient = map { arrive("patient $_", "CALL migrate_$direction()") } 1 .. $patient;
	my $runs = arrive('run', "CALL migrate_run('2', 'VACUUM t', '')");

	depart($_) foreach (@functions);
	is(scalar(grep { sqlstate($_->{err}) eq '55P03' } @functions),
		$functions, "$direction: every function fails with 55P03");
	is(
		scalar(
			grep { $_->{err} =~ /DETAIL:  Process $builder->{pid}, user "[^"]+", application "builder", holds the gate since 20/ } @functions),
		$functions,
		"$direction: ... and says by whom the gate is held");
	depart($_) foreach (@impatient);
	is(scalar(grep { sqlstate($_->{err}) eq '55P03' } @impatient),
		$impatient, "$direction: every CALL with a short wait_timeout fails with 55P03");
	is(scalar(grep { $_->{took} < 0.5 } @impatient), 0, "$direction: ... not before that is over");

	# all that while nothing has moved, and nobody has made it worse
	is(
		$control->query_safe("SELECT wait_event FROM pg_stat_activity WHERE pid = $builder->{pid}"),
		'virtualxid', "$direction: the build still waits for the old snapshot");
	wait_until($control,
		"SELECT count(*) = $patient + 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND wait_event_type = 'Lock'",
		'the CALLs wait at the gate');
	is(
		$control->query_safe(
			"SELECT count(*) FROM pg_stat_activity WHERE (application_name LIKE 'patient%' OR application_name = 'run') AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)"
		),
		0, "$direction: whoever waits has no snapshot and no transaction id");
	is(
		$control->query_safe("SELECT pg_blocking_pids($builder->{pid}) = ARRAY[$old->{pid}]"),
		't', "$direction: nobody but the old snapshot is in the way of the build");

	my $begin = time;
	$old->query_safe('COMMIT');
	is($builder->finish, '1', "$direction: with the snapshot gone, the build ends");
	depart($_) foreach (@patient, $runs);
	# (on the way down, one of them finds the version that the other CALL has applied)
	foreach my $client (@patient)
	{
		like($client->{out}, $direction eq 'up' ? qr/^0$/ : qr/^[01]$/,
			"$direction: $client->{name} has a result")
		  or diag($client->{err});
	}
	is($runs->{out}, 1, "$direction: so has the CALL that had something to run") or diag($runs->{err});
	cmp_ok(time - $begin, '<', $PostgreSQL::Test::Utils::timeout_default / 2, "$direction: all in good time");
	$_->quit foreach ($old, $builder);
	nothing_open($node, 'postgres', $direction);
	is(
		$node->safe_psql('postgres', "SELECT count(*) FROM pg_class WHERE relname = 't_a'"),
		$direction eq 'up' ? 1 : 0,
		"$direction: the index is there, or not");
	is($node->safe_psql('postgres', "SELECT count(*) FROM pg_class WHERE relname LIKE 'other%'"),
		0, "$direction: what was refused has done nothing");
	# for the way down: 1 is on top again
	$node->safe_psql('postgres', 'CALL migrate_down(1)') if $direction eq 'up';
}

# No deadlock was found by the server, in either direction
my $log = slurp_file($node->logfile);
unlike($log, qr/deadlock detected/, 'there was no deadlock');

# A crowd with no build in its way: each version is applied once.
{
	$node->safe_psql('postgres', <<'SQL');
SELECT count(migrate_register('crowd ' || i, 'CREATE TABLE crowd_' || i || ' (); VACUUM t', '')) FROM generate_series(1, 5) AS i
SQL
	my $before = $node->safe_psql('postgres', 'SELECT max(seq) FROM migrate_history');
	my @calls = map { arrive("call $_", 'CALL migrate_up()') } 1 .. 15;
	my @applies = map { arrive("apply $_", "SELECT migrate_apply('late', 'CREATE TABLE late ()', 'DROP TABLE late')") } 1 .. 15;
	my ($done, $applied) = (0, 0);

	foreach my $client (@calls)
	{
		depart($client);
		like($client->{out}, qr/^[0-9]$/, "crowd: $client->{name} has a result") or diag($client->{err});
		$done += $client->{out};
	}
	foreach my $client (@applies)
	{
		depart($client);
		like(sqlstate($client->{err}) . $client->{out}, qr/^(applied|unchanged|55P03)$/,
			"crowd: $client->{name} has a result, or has to come back");
		$applied++ if $client->{out} eq 'applied';
	}
	is(
		$node->safe_psql('postgres', <<"SQL"), "$done|$applied|0", 'crowd: as many were applied as were told so');
SELECT count(*) FILTER (WHERE version <> 'late'), count(*) FILTER (WHERE version = 'late'),
	count(*) - count(DISTINCT version)
FROM migrate_history WHERE action = 'apply' AND seq > $before
SQL
	is(
		$node->safe_psql('postgres', "SELECT count(*) FROM migrate_status WHERE version LIKE 'crowd%' AND state = 'applied'"),
		5, 'crowd: the whole list');
	nothing_open($node, 'postgres', 'crowd');
}

$control->quit;
no_assertion_failed($node);
$node->stop;
done_testing();
