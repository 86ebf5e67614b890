# The client: several at once, as when many containers start with "up".
#
# Each migration is applied once, by one of them; the others wait for it, and
# find nothing to do.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use JSON::PP;
use NeonMigrate;
use NeonMigrateClient;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main');
my %files = map { sprintf('%03d_m.sql', $_) => migration("CREATE TABLE t$_ (id int); SELECT pg_sleep(0.01);", "DROP TABLE t$_;") } (1 .. 30);

# Runs the commands at the same time.  Returns their results.
sub at_once
{
	my ($project, $name, @commands) = @_;
	my @clients = map { $project->start([ @$_, '--json' ]) } @commands;

	$_->finish foreach (@clients);
	is(join(' ', map { $_->{status} } @clients), join(' ', map { 0 } @clients), "$name: exit codes")
	  or diag(map { $_->{err} } @clients);
	return map { JSON::PP->new->decode($_->{out}) } @clients;
}

foreach my $arguments ([], ['--atomic'])
{
	my $name = join ' ', 'up', @$arguments;
	my $project = project($node, @$arguments ? "whole" : "each", \%files);
	my @results = at_once($project, $name, map { [ 'up', @$arguments ] } 1 .. 6);
	my @applied = map { map { $_->{version} } @{ $_->{migrations} } } @results;

	is(join(' ', sort @applied), join(' ', map { sprintf '%03d', $_ } 1 .. 30), "$name: each is applied once");
	is(scalar(grep { $_->{current} eq '030' } @results), 6, "$name: all see the end");
	is($project->sql('SELECT count(*) FROM migrate_ledger'), 30, "$name: once in the ledger, too");
	is($project->json(['up'], 0, "$name: again")->{round_trips}, 1, "$name: again: the folder is known");
	verify_is_ok($node, $project->{database}, "$name: verified");
}

# those that look do not wait, and those that wait see the end
{
	my $project = project($node, 'look', \%files);
	my @results = at_once($project, 'up, wait and those that look', [ 'wait', '--timeout', 60 ], ['up'], map { [$_] } qw(status history current verify));

	is(scalar @{ $results[1]{migrations} }, 30, 'one applies all');
	is($project->json(['status'], 0, 'at the end')->{applied}, 30, 'at the end: all is applied');
}

# there and back at once: whatever comes first, every table is there as the ledger says
{
	my $project = project($node, 'back', \%files);

	$project->gives([ 'up', '--to', '015' ], 0, undef, 'half of it');
	at_once($project, 'up and down', ['up'], [ 'down', '5' ], ['up'], [ 'down', '3' ]);
	is($project->sql(
			"SELECT string_agg(ltrim(version, '0'), ' ' ORDER BY version) FROM migrate_status WHERE state = 'applied'"),
		$project->sql("SELECT string_agg(substr(relname, 2), ' ' ORDER BY substr(relname, 2)::int) FROM pg_class WHERE relname ~ '^t[0-9]+\$'"),
		'up and down: ledger and schema agree');
	verify_is_ok($node, 'back', 'up and down: verified');
}

# the wait is bounded, told of, and can be cancelled
{
	my $project = project($node, 'bounded', { '01_a.sql' => migration('SELECT pg_sleep(3600);') });
	my $first = $project->start(['up']);

	$project->wait_until("count(*) = 1 FROM pg_stat_activity WHERE datname = 'bounded' AND wait_event = 'PgSleep'");
	foreach my $arguments (['up'], [ 'up', '--atomic' ], [ 'up', '--dry-run' ], ['sql'], [ 'stamp', '--all' ])
	{
		$project->gives($arguments, 1, qr/error: a CALL that runs migrations is in progress\ndetail: Process \d+, .*hint: Wait for it/s,
			"bounded: @$arguments", env => { PGOPTIONS => '-cneon_migrate.wait_timeout=100ms' });
	}
	my $second = $project->start(['up']);
	$second->wait_for('err', qr/note: a CALL that runs migrations is in progress, waiting for it for up to 60 s/);
	$second->signal('INT');
	is($second->finish->{status}, 1, 'bounded: Ctrl-C while it waits');
	like($second->{err}, qr/error: cancelled/, 'bounded: Ctrl-C while it waits: message');
	$project->write('01_a.sql', migration('SELECT 1;'));
	my $third = $project->start(['up']);
	$third->wait_for('err', qr/waiting for it/);
	$first->signal('INT');
	is($first->finish->{status}, 1, 'bounded: the one that it waits for is cancelled');
	is($third->finish->{status}, 0, 'bounded: then it is its turn');
	verify_is_ok($node, 'bounded', 'bounded: verified');
}

$node->stop;
done_testing();
