# The client: interrupted by a signal, or by a server that dies.
#
# The server is told to cancel; the ledger says what was done, and the next up
# goes on from there.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use NeonMigrateClient;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', conf => <<'CONF');
restart_after_crash = on
neon_migrate.lock_timeout = 0
CONF

my $clients = "FROM pg_stat_activity WHERE application_name = 'neon_migrate' AND backend_type = 'client backend'";
my $number = 0;

# A project in whose second migration the client will be, or in "hold" instead.
sub sleeper
{
	my ($hold, $down) = @_;
	my $project = project($node, 'shop' . ++$number, {
		'01_a.sql' => migration('CREATE TABLE a (id int);', 'DROP TABLE a;'),
		'02_b.sql' => migration("CREATE TABLE b (id int);\n" . ($hold // 'SELECT pg_sleep(3600);'), $down // 'DROP TABLE b;'),
	});

	return $project;
}

# Starts a command and waits until it is in the middle.
sub in_the_middle
{
	my ($project, @arguments) = @_;
	my $client = $project->start([@arguments]);

	$project->wait_until("count(*) = 1 $clients AND wait_event = 'PgSleep'");
	return $client;
}

# Kills the server process of the client, and waits until the server, which then
# starts all others anew, is back.
sub kill_server_process
{
	my ($project) = @_;
	my $before = -s $node->logfile;

	kill 'KILL', $project->sql("SELECT pid $clients") or die;
	$node->wait_for_log(qr/database system is ready to accept connections/, $before);
	return;
}

# Is nothing of the second migration there, and can it go on?
sub goes_on
{
	my ($project, $name, %options) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$project->wait_until("count(*) = 0 $clients");
	is($project->versions('applied') // '', $options{applied} // '01', "$name: what was done before stays");
	is($project->sql("SELECT to_regclass('b') IS NULL"), 't', "$name: nothing of the other");
	verify_is_ok($node, $project->{database}, "$name: verified");
	gate_is_free($node, $project->{database}, "$name: the gate is free");
	$project->write('02_b.sql', migration('CREATE TABLE b (id int);', 'DROP TABLE b;'));
	$project->gives(['up'], 0, qr/applied 02  02_b\.sql/, "$name: up goes on");
	return;
}

#
# Signals
#

foreach my $case (
	[ 'INT', ['up'] ], [ 'TERM', ['up'] ], [ 'HUP', ['up'] ],
	[ 'INT', [ 'up', '--atomic' ], '' ],
	[ 'TERM', [ 'up', '--dry-run' ], '' ])
{
	my ($signal, $arguments, $applied) = @$case;
	my $name = "SIG$signal in @$arguments";
	my $project = sleeper();
	my $client = in_the_middle($project, @$arguments);

	$client->signal($signal);
	$client->finish;
	is($client->{status}, 1, "$name: exit code");
	like($client->{err}, qr/error: migrations\/02_b\.sql:3:1: canceling statement due to user request\n +3 \| SELECT pg_sleep\(3600\);\n.*hint: What was not committed has been undone/s, "$name: message");
	goes_on($project, $name, applied => $applied);
}
{
	my $project = sleeper();
	my $client = in_the_middle($project, 'up', '--json');

	$client->signal('INT');
	$client->finish;
	like($client->{out}, qr/\A\{"ok": false, "command": "up", "error": .*"sqlstate": "57014".*\}\n\z/, 'cancelled, in JSON');
	goes_on($project, 'cancelled, in JSON');
}
{
	my $project = sleeper('SELECT 1;', "SELECT pg_sleep(3600);\nDROP TABLE b;");
	$project->gives(['up'], 0, undef, 'up');
	foreach my $arguments ([ 'down', '2' ], ['redo'], [ 'down', '--all', '--atomic' ])
	{
		my $state = $project->state;
		my $client = in_the_middle($project, @$arguments);

		$client->signal('INT');
		is($client->finish->{status}, 1, "cancelled: @$arguments");
		like($client->{err}, qr/canceling statement due to user request.*down SQL of migration "02", statement 1/s, "cancelled: @$arguments: message");
		is($project->versions('applied'), '01 02', "cancelled: @$arguments: nothing is done");
	}
}

# one in vain, since the server process does not react; the third one ends it
{
	my $project = sleeper();
	my $client = in_the_middle($project, 'up');
	my $pid = $project->sql("SELECT pid $clients");

	kill 'STOP', $pid or die;
	while ($client->{run}->pumpable)
	{
		$client->signal('INT');
		$client->{run}->pump_nb;
		select undef, undef, undef, 0.01;
	}
	is($client->finish->{status}, 1, 'a server that does not react: Ctrl-C more than once ends the client');
	kill 'CONT', $pid or die;
	goes_on($project, 'a server that does not react');
}

# while it waits for somebody else who migrates, and for a lock
{
	my $project = sleeper('ALTER TABLE held ADD COLUMN x int;');
	my $other = session($node, $project->{database});

	$other->query_safe("BEGIN; SELECT migrate_apply('zero', '')");
	my $client = $project->start(['up']);
	$project->wait_until("count(*) = 1 $clients AND wait_event_type = 'Lock'");
	$client->signal('INT');
	is($client->finish->{status}, 1, 'cancelled at the gate');
	$other->query_safe('ROLLBACK; CREATE TABLE held ()');
	$other->query_safe('BEGIN; LOCK TABLE held');
	$client = $project->start(['up']);
	$project->wait_until("count(*) = 1 $clients AND wait_event_type = 'Lock'");
	$client->signal('INT');
	is($client->finish->{status}, 1, 'cancelled at a lock');
	like($client->{err}, qr/02_b\.sql:3:/, 'cancelled at a lock: where');
	$other->quit;
	goes_on($project, 'cancelled at a lock');
}

#
# The server dies
#

foreach my $case (
	[ 'its process is terminated', sub { $_[0]->sql("SELECT pg_terminate_backend(pid) $clients") }, qr/terminating connection due to administrator command/ ],
	[ 'its process is killed', \&kill_server_process, qr/the connection to the server was lost: .*neon_migrate up goes on/s ],
	[ 'the server is shut down', sub { $node->stop('fast'); $node->start }, qr/terminating connection due to administrator command/ ],
	[ 'the server is stopped at once', sub { $node->stop('immediate'); $node->start }, qr/the connection to the server was lost|terminating connection because of unexpected|terminating connection due to immediate shutdown/ ])
{
	my ($name, $end, $pattern) = @$case;
	my $project = sleeper();
	my $client = in_the_middle($project, 'up');

	$end->($project);
	$client->finish;
	is($client->{status}, 1, "$name: exit code");
	like($client->{err}, qr/error: (?:migrations\/02_b\.sql:3:\d+: )?$pattern/, "$name: message");
	like($client->{err}, qr/hint: .*neon_migrate (?:status|up)/s, "$name: what to do");
	goes_on($project, $name);
}

# in the middle of steps: the next one is where it goes on
foreach my $signal ('INT', 'KILL')
{
	my $project = project($node, "steps$signal", {
		'01_a.sql' => migration('CREATE TABLE a (id int);'),
		'02_i.sql' => "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON a (id);\nSELECT pg_sleep(case when pg_catalog.current_setting('my.hold', true) = 'on' then 3600 else 0 end);\nCREATE INDEX CONCURRENTLY j ON a (id);\n",
	});
	my $client = $project->start(['up'], env => { PGOPTIONS => '-cmy.hold=on' });

	$project->wait_until("count(*) = 1 $clients AND wait_event = 'PgSleep'");
	if ($signal eq 'KILL')
	{
		kill_server_process($project);
	}
	else
	{
		$client->signal($signal);
	}
	is($client->finish->{status}, 1, "in steps, $signal: exit code");
	$project->gives([ 'status', '--exit-code' ], 2, qr/^ 02 +\| (?:interrupted|failed) .*1 unfinished/ms, "in steps, $signal: status");
	$project->gives(['health'], 2, qr/1 interrupted/, "in steps, $signal: health");
	my $object = $project->json(['up'], 0, "in steps, $signal: up goes on");
	is($object->{interrupted}, 0, "in steps, $signal: nothing is interrupted");
	is($project->sql("SELECT count(*) FROM pg_index WHERE indrelid = 'a'::regclass AND indisvalid"), 2, "in steps, $signal: both indexes");
	verify_is_ok($node, $project->{database}, "in steps, $signal: verified");
}

# the client is killed: the server goes on, and everybody sees that
{
	my $project = sleeper();
	my $client = in_the_middle($project, 'up');

	$client->signal('KILL');
	$client->finish;
	$project->gives(['health'], 2, qr/./, 'a client that was killed: health tells of the server that goes on');
	my $pid = $project->json(['health'], 2, 'in JSON')->{gate_holder};
	is($pid, $project->sql("SELECT pid $clients AND wait_event = 'PgSleep'"), 'a client that was killed: who migrates');
	$project->sql("SELECT pg_cancel_backend($pid)");
	goes_on($project, 'a client that was killed');
}

$node->stop;
done_testing();
