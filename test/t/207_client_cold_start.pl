# The client: a server that is not there yet, or that is just waking up.
#
# What may pass is tried again, for a time that is bounded, and what will not
# pass is not.  A server that misbehaves is played by this test, which in the
# end hands over to the real one.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use IO::Select;
use IO::Socket::INET;
use NeonMigrate;
use NeonMigrateClient;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;
use Time::HiRes qw(time);

my $node = new_node('main');
my $patience = $PostgreSQL::Test::Utils::timeout_default;
my $project = project($node, 'shop', { '01_a.sql' => migration('CREATE TABLE a (id int);', 'DROP TABLE a;') });
my $listener = IO::Socket::INET->new(Listen => 20, LocalAddr => '127.0.0.1') or die "no socket: $!";
my $fake = 'postgresql://postgres:' . marker() . '@127.0.0.1:' . $listener->sockport . '/shop?sslmode=disable';

$SIG{PIPE} = 'IGNORE';

#
# The misbehaving server
#

sub fatal
{
	my ($sqlstate, $message) = @_;
	my $fields = "SFATAL\0VFATAL\0C$sqlstate\0M$message\0\0";

	return 'E' . pack('N', 4 + length $fields) . $fields;
}

# What it does with a connection; each returns what it sends last.
my %behaviour = (
	closes => sub { return '' },
	'closes after the startup' => sub { receive($_[0]); return '' },
	resets => sub { setsockopt $_[0], SOL_SOCKET, SO_LINGER, pack('ii', 1, 0); return '' },
	'is starting' => sub { receive($_[0]); return fatal('57P03', 'the database system is starting up') },
	'is in recovery' => sub { receive($_[0]); return fatal('57P03', 'the database system is not yet accepting connections') },
	'is a proxy whose endpoint starts' => sub { receive($_[0]); return fatal('XX000', "Couldn't connect to compute node") },
	'is a proxy without an answer' => sub { receive($_[0]); return fatal('08006', 'Control plane request failed') },
	'has too many connections' => sub { receive($_[0]); return fatal('53300', 'sorry, too many clients already') },
	'shuts down at the first query' => sub {
		my $server = real_server($_[0], $node);
		receive($_[0]);
		return fatal('57P01', 'terminating connection due to administrator command');
	},
	'vanishes at the first query' => sub { my $server = real_server($_[0], $node); receive($_[0]); return '' },
	'knows no such user' => sub { receive($_[0]); return fatal('28000', 'role "x" does not exist') },
	'knows no such database' => sub { receive($_[0]); return fatal('3D000', 'database "shop" does not exist') },
	'speaks another language' => sub { receive($_[0]); return "HTTP/1.1 400 Bad Request\r\n\r\n" });

# Serves so many connections, while the client is there.  Returns their number.
sub serve
{
	my ($client, $what, $most) = @_;
	my $select = IO::Select->new($listener);
	my $served = 0;

	while ($served < $most && $client->{run}->pumpable)
	{
		$client->{run}->pump_nb;
		next unless $select->can_read(0.01);
		my $connection = $listener->accept;
		syswrite $connection, $behaviour{$what}->($connection);
		close $connection;
		$served++;
	}
	return $served;
}

# Lets the real server have the next connection.
sub hand_over
{
	IO::Select->new($listener)->can_read($patience) or die 'nobody comes';
	my $connection = $listener->accept;
	relay($connection, real_server($connection, $node), $_[0]);
	close $connection;
	return;
}

#
# A server that starts late
#

foreach my $mode ('fast', 'immediate')
{
	$node->stop($mode);
	my $late = $project->start([ 'up', '--verbose', '--connect-timeout', $patience ]);
	$late->wait_for('err', qr/note: .*; trying again for up to $patience s/);
	$node->start;
	$late->finish;
	is($late->{status}, 0, "a server that starts late, after a stop that was $mode") or diag($late->{err});
	like($late->{err}, qr/connected to "shop" on "[^"]*" in \d+ ms, at attempt \d+/, '... which is told');
	$project->gives(['down'], 0, undef, 'down');
}
$node->stop;
my $waiting = $project->start([ 'wait', '--timeout', $patience ]);
$waiting->wait_for('err', qr/trying again/);
$node->start;
$waiting->wait_for('err', qr/waiting: 1 pending/);
$project->gives(['up'], 0, undef, 'up');
is($waiting->finish->{status}, 0, 'wait waits for the server and then for the migrations');

$node->stop;
my $begin = time;
$project->gives([ 'wait', '--timeout', '0.5' ], 3, qr/cannot connect/, 'wait for a server that never comes');
cmp_ok(time - $begin, '<', 15, '... is bounded');
$node->start;

#
# A server that misbehaves, first a few times and then for ever
#

my %passes = (
	closes => qr/the server closed the connection/,
	'closes after the startup' => qr/the server closed the connection/,
	resets => qr/the connection was reset|the server closed the connection/,
	'is starting' => qr/the server is starting up or shutting down/,
	'is in recovery' => qr/the server is starting up or shutting down/,
	'is a proxy whose endpoint starts' => qr/the endpoint is starting/,
	'is a proxy without an answer' => qr/the endpoint is not available/,
	'has too many connections' => qr/the server has too many connections/,
	'shuts down at the first query' => qr/the server ended the connection/,
	'vanishes at the first query' => qr/the server closed the connection/);

foreach my $what (sort keys %passes)
{
	my $client = $project->start([ 'redo', '--json', '--verbose', '--connect-timeout', $patience ], env => { DATABASE_URL => $fake });

	is(serve($client, $what, 2), 2, "a server that $what: two attempts");
	hand_over($client);
	$client->finish;
	is($client->{status}, 0, "a server that $what: it goes on") or diag($client->{err});
	like($client->{err}, qr/note: $passes{$what}; trying again.*at attempt 3/s, "a server that $what: it is told");
	unlike($client->{err}, qr/note:.*note:/s, "a server that $what: once");
	like($client->{out}, qr/"ok": true/, "a server that $what: nothing of it in the result");

	$begin = time;
	$client = $project->start([ 'up', '--json', '--connect-timeout', '0.4' ], env => { DATABASE_URL => $fake });
	my $attempts = serve($client, $what, 1000);
	$client->finish;
	is($client->{status}, 3, "a server that always $what: exit code");
	cmp_ok($attempts, '>', 1, "a server that always $what: several attempts");
	cmp_ok($attempts, '<', 20, "a server that always $what: not too many");
	cmp_ok(time - $begin, '<', 15, "a server that always $what: is given up");
	like($client->{out}, qr/"ok": false, .*"message": "cannot connect: $passes{$what}.*"hint"/, "a server that always $what: why");
	unlike($client->{out} . $client->{err}, qr/@{[ marker() ]}/, "a server that always $what: no password");
}

# what does not pass is tried once
foreach my $what ('knows no such user', 'knows no such database', 'speaks another language')
{
	my $client = $project->start([ 'up', '--connect-timeout', $patience ], env => { DATABASE_URL => $fake });

	is(serve($client, $what, 1000), 1, "a server that $what: one attempt");
	is($client->finish->{status}, 3, "a server that $what: exit code");
}

# but "wait" waits, where it makes sense
{
	my $client = $project->start([ 'wait', '--timeout', $patience ], env => { DATABASE_URL => $fake });

	is(serve($client, 'knows no such database', 3), 3, 'wait: for the database, too');
	hand_over($client);
	is($client->finish->{status}, 0, 'wait: until it is there');
	$client = $project->start([ 'wait', '--timeout', $patience ], env => { DATABASE_URL => $fake });
	is(serve($client, 'knows no such user', 1000), 1, 'wait: not for a user');
	is($client->finish->{status}, 3, 'wait: not for a user: exit code');
}

# one that accepts, and says nothing
{
	my @arguments = ([ 'up', '--connect-timeout', '0.2' ], [ 'wait', '--timeout', '0.2' ]);

	foreach my $arguments (@arguments)
	{
		$begin = time;
		$project->gives($arguments, 3, qr/the server does not answer.*hint: .*firewall/s, "a server that says nothing: $arguments->[0]", env => { DATABASE_URL => $fake });
		cmp_ok(time - $begin, '<', 8, "a server that says nothing: $arguments->[0] gives up");
	}
}

$node->stop;
done_testing();
