# The client: how often it asks the server, and how much it sends.
#
# All its traffic goes through this test, which counts how often the client says
# something after an answer.  NM_FULL=1 does it with 10,000 files, too.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use NeonMigrate;
use NeonMigrateClient;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', conf => "max_locks_per_transaction = 1000\n");
my $listener = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die "no socket: $!";

# Runs a command.  Returns its result, the round trips after the connection, and
# the bytes.
sub counted
{
	my ($project, @arguments) = @_;
	my $client = $project->start([ @arguments, '--json' ], env =>
		  { DATABASE_URL => 'postgresql://postgres@127.0.0.1:' . $listener->sockport . "/$project->{database}?sslmode=disable" });

	IO::Select->new($listener)->can_read($PostgreSQL::Test::Utils::timeout_default) or die 'nobody comes';
	my $connection = $listener->accept;
	my @counts = relay($connection, real_server($connection, $node), $client);
	close $connection;
	$client->finish;
	is($client->{status}, 0, "$project->{database}: @arguments: exit code") or diag($client->{err});
	return (JSON::PP->new->decode($client->{out}), @counts);
}

foreach my $number (100, 1000, $ENV{NM_FULL} ? 10000 : ())
{
	my $width = length $number;
	my $project = project($node, "many$number",
		{ map { sprintf("%0${width}d_m.sql", $_) => migration("CREATE FUNCTION f$_() RETURNS int LANGUAGE sql AS 'SELECT 1'; -- " . 'x' x 900, "DROP FUNCTION f$_();") }
			  (1 .. $number) });
	my $size = 1000 * $number;

	my ($result, $trips, $bytes) = counted($project, 'up');
	is(scalar @{ $result->{migrations} }, $number, "$number pending: all are applied");
	is($result->{round_trips}, 4, "$number pending: round trips, as the client counts");
	cmp_ok($trips, '<=', 6, "$number pending: round trips");
	cmp_ok($trips, '>=', 3, "$number pending: and they are counted");
	cmp_ok($bytes, '>', 0.9 * $size, "$number pending: the contents are sent");
	cmp_ok($bytes, '<', 1.5 * $size, "$number pending: once");

	($result, $trips, $bytes) = counted($project, 'up');
	is_deeply([ $result->{migrations}, $result->{round_trips} ], [ [], 1 ], "$number applied: one round trip, as the client counts");
	cmp_ok($trips, '<=', 3, "$number applied: round trips");
	cmp_ok($bytes, '<', 2000, "$number applied: bytes");

	$project->write('99999_more.sql', migration('SELECT 1; -- ' . 'y' x 5000));
	($result, $trips, $bytes) = counted($project, 'up');
	is($result->{round_trips}, 4, "$number applied and one pending: round trips, as the client counts");
	cmp_ok($trips, '<=', 6, "$number applied and one pending: round trips");
	cmp_ok($bytes, '>', 5000, "$number applied and one pending: its content is sent");
	cmp_ok($bytes, '<', 10000 + 200 * $number, "$number applied and one pending: and no other");
	is($project->sql('SELECT count(*) FROM migrate_file'), $number + 1, "$number applied and one pending: stored");

	# commands that ask and those that go back
	($result, $trips) = counted($project, 'status');
	cmp_ok($trips, '<=', 2, "$number applied: round trips of status");
	is($result->{applied}, $number + 1, "$number applied: status");
	($result, $trips) = counted($project, 'health');
	is($trips, 1, "$number applied: round trips of health");
	$project->write('99998_late.sql', migration('SELECT 1;', 'SELECT 2;'));
	($result, $trips) = counted($project, 'status');
	cmp_ok($trips, '<=', 8, "$number applied and one new: round trips of status");
	($result, $trips) = counted($project, 'stamp', '--all');
	cmp_ok($trips, '<=', 8, "one new: round trips of stamp");
	next if $number > 1000;
	($result, $trips) = counted($project, 'down');
	is($result->{round_trips}, 2, "$number applied: round trips of down, as the client counts");
	cmp_ok($trips, '<=', 3, "$number applied: round trips of down");
}

# a file that did not change in a folder that did is not sent again, whatever its name
{
	my $project = project($node, 'renamed', { '1_a.sql' => migration('SELECT 1; -- ' . 'x' x 100000) });
	my (undef, undef, $bytes) = counted($project, 'up', '--dry-run');
	cmp_ok($bytes, '>', 100000, 'a dry run sends all');
	(undef, undef, $bytes) = counted($project, 'up');
	cmp_ok($bytes, '>', 100000, 'and leaves nothing');
	rename $project->path('1_a.sql'), $project->path('1_b.sql') or die;
	(undef, undef, $bytes) = counted($project, 'up');
	cmp_ok($bytes, '<', 5000, 'a file that was renamed is not sent again');
	verify_is_ok($node, 'renamed', 'verified');
}

$node->stop;
done_testing();
