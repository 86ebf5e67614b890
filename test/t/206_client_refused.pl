# The client: connections that are refused, and how it says so.
#
# Each reason has a message of its own, with what to do, and exit code 3.  No
# password is printed in any of them, nor to be seen in the list of processes.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use IO::Socket::INET;
use NeonMigrate;
use NeonMigrateClient;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $secret = marker();
my ($address) = grep { /^\d+\.\d+\.\d+\.\d+$/ } split ' ', `hostname -I`;
my $node = new_node('main', start => 0, conf => "max_connections = 8\nsuperuser_reserved_connections = 1\n"
	  . "max_wal_senders = 0\nlisten_addresses = '" . join(',', '127.0.0.1', grep { defined } $address) . "'\n");
my $port = $node->port;

unlink $node->data_dir . '/pg_hba.conf' or die;
$node->append_conf('pg_hba.conf', <<'HBA');
local    all  all        trust
host     all  forbidden  all  reject
hostssl  all  tlsonly    all  scram-sha-256
host     all  tlsonly    all  reject
host     all  all        all  scram-sha-256
HBA
$node->start;
my $project = project($node, 'shop', { '01_a.sql' => migration('CREATE TABLE a (id int);', 'DROP TABLE a;') });
$node->safe_psql('shop', <<"SQL");
CREATE ROLE app LOGIN PASSWORD '$secret';
CREATE ROLE odd LOGIN PASSWORD '$secret\@:/?#%';
CREATE ROLE group_role PASSWORD '$secret';
CREATE ROLE forbidden LOGIN PASSWORD '$secret';
CREATE ROLE tlsonly LOGIN PASSWORD '$secret';
ALTER DATABASE shop OWNER TO app;
GRANT ALL ON ALL ROUTINES IN SCHEMA public TO app;
GRANT ALL ON SCHEMA public TO app;
SQL
delete $project->{environment}{DATABASE_URL};

# Is it refused with these words, whatever the command, and in JSON, too?
sub refused
{
	my ($url, $pattern, $name, %options) = @_;
	my $status = $options{status} // 3;
	my @more = @{ $options{arguments} // [ '--connect-timeout', '0.3' ] };
	my %env = (DATABASE_URL => $url, %{ $options{env} // {} });

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$project->gives([ 'status', '--verbose', @more ], $status, $pattern, $name, env => \%env);
	my $object = $project->json([ 'up', @more ], $status, "$name: in JSON", env => \%env);
	ok(!$object->{ok} && $object->{error}{message}, "$name: in JSON: message");
	is($object->{error}{sqlstate}, $options{sqlstate}, "$name: in JSON: SQLSTATE") if $options{sqlstate};
	return;
}

#
# What works
#

$project->gives(['up'], 0, qr/applied 1 migration/, 'a password in the URL', env => { DATABASE_URL => "postgres://app:$secret\@127.0.0.1:$port/shop" });
$project->gives(['current'], 0, qr/\A01\n/, 'one with all characters, encoded',
	env => { DATABASE_URL => "postgres://odd:" . encoded("$secret\@:/?#%") . "\@localhost:$port/shop?hostaddr=127.0.0.1" });
$project->gives(['current'], 0, qr/\A01\n/, 'PGPASSWORD', env => { DATABASE_URL => "postgres://app\@127.0.0.1:$port/shop", PGPASSWORD => $secret });
$project->write_beside('.pgpass', "127.0.0.1:$port:shop:app:$secret\n");
chmod 0600, "$project->{root}/.pgpass" or die;
$project->gives(['current'], 0, qr/\A01\n/, '~/.pgpass', env => { DATABASE_URL => "postgres://app\@127.0.0.1:$port/shop" });
unlink "$project->{root}/.pgpass" or die;

#
# What does not
#

my $at = "127.0.0.1:$port";
refused("postgres://app:x$secret\@$at/shop", qr/error: cannot connect: user or password is wrong\n.*hint: .*%XX/s, 'wrong password', sqlstate => '28P01');
refused("postgres://nobody:$secret\@$at/shop", qr/user or password is wrong/, 'no such user', sqlstate => '28P01');
refused(url($node, 'shop', 'nobody'), qr/the user does not exist or may not log in/, 'no such user, without password', sqlstate => '28000');
refused(url($node, 'shop', 'group_role'), qr/the user does not exist or may not log in/, 'a user that may not log in', sqlstate => '28000');
refused("postgres://app\@$at/shop", qr/the server wants a password\n.*hint: .*PGPASSWORD/s, 'no password');
refused("postgres://forbidden:$secret\@$at/shop", qr/the server does not accept/, 'rejected by pg_hba.conf', sqlstate => '28000');
refused("postgres://tlsonly:$secret\@$at/shop", qr/the server does not accept|no TLS/, 'only with TLS');
refused("postgres://app:$secret\@$at/shopp", qr/the database does not exist.*database "shopp".*CREATE DATABASE/s, 'no such database', sqlstate => '3D000');
refused("postgres://app:$secret\@no-such-host.invalid/shop", qr/cannot connect: the host (?:was not found|cannot be looked up)/, 'no such host');
refused("postgres://app:$secret\@127.0.0.1:1/shop", qr/the server refuses connections.*\(tried \d+ times in .* s\).*hint: Is it running/s, 'no such port');
refused("postgres:///shop?host=/nowhere&password=$secret", qr/no server listens on that socket.*hint: .*DATABASE_URL/s, 'no such socket');
refused("postgres://app:$secret\@127.0.0.1:99999/shop", qr/invalid port number/, 'a port that cannot be');
refused("postgres://app:$secret\@$at/shop?sslmode=perhaps", qr/invalid sslmode value: "perhaps"/, 'a mode that cannot be');
refused("postgres://app:$secret\@$at/shop?sslmode=require", qr/the server has no TLS.*hint: .*sslmode=disable/s, 'a server without TLS');
refused("postgres://app:$secret\@$at/shop?sslmode=verify-full&sslrootcert=/nowhere", qr/cannot connect/, 'a certificate that is not there');
refused("postgres://app:$secret\@$at/shop?options=-cnonsense%3D1", qr/unrecognized configuration parameter "nonsense"/, 'a setting that is not there');

# a password in an error of the migration itself
$project->write('02_b.sql', migration("CREATE ROLE \"$secret\" PASSWORD '$secret' NONSENSE;"));
my $client = $project->gives(['up'], 1, qr/02_b\.sql:2:54: .*nonsense.*\n +2 \| CREATE ROLE "\*+" PASSWORD '\*+' NONSENSE;\n +\| +\^\n/s,
	'in the SQL that fails', env => { DATABASE_URL => "postgres://app:$secret\@$at/shop" });
$project->remove('02_b.sql');

#
# Too many connections
#

{
	my @sessions = map { session($node, 'postgres', user => 'postgres') } 1 .. 7;
	my $before = time;

	refused("postgres://app:$secret\@$at/shop", qr/the server has too many connections.*tried \d+ times.*pooled host/s, 'too many connections', sqlstate => '53300');
	my $waiting = $project->start(['current'], env => { DATABASE_URL => "postgres://app:$secret\@$at/shop" });
	$waiting->wait_for('err', qr/note: the server has too many connections; trying again for up to 2 s/);
	$_->quit foreach (@sessions);
	is($waiting->finish->{status}, 0, 'too many connections: it waits until some are closed');
}

#
# The time is bounded
#

foreach my $case ([ [], 2, 20 ], [ [ '--connect-timeout', '0' ], 0, 10 ], [ [ '--connect-timeout', '0.5' ], 0.5, 10 ])
{
	my ($arguments, $least, $most) = @$case;
	my $begin = time;

	$project->gives([ 'up', @$arguments ], 3, qr/the server refuses connections/, "refused: @$arguments",
		env => { DATABASE_URL => "postgres://app:$secret\@127.0.0.1:1/shop" });
	my $elapsed = time - $begin;
	cmp_ok($elapsed, '>=', $least, "tried for so long: @$arguments");
	cmp_ok($elapsed, '<', $most, "and no longer: @$arguments");
}

# a password that is wrong stays wrong
{
	my $before = -s $node->logfile;

	$project->gives(['up'], 3, undef, 'wrong password', env => { DATABASE_URL => "postgres://app:wrong\@$at/shop" });
	my @attempts = slurp_file($node->logfile, $before) =~ /password authentication failed/g;
	is(scalar @attempts, 1, 'a wrong password is tried once');
}

#
# The list of processes
#

{
	my $silent = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die;
	my $waiting = $project->start([ 'up', '--database-url', "postgres://app:$secret\@127.0.0.1:" . $silent->sockport . '/shop', '--connect-timeout', '60' ]);

	my $connection = $silent->accept;
	my $title = slurp_file("/proc/$waiting->{pid}/cmdline");
	unlike($title, qr/$secret/, 'not in the list of processes');
	like($title, qr/neon_migrate\0up\0--database-url\0\*+\0/, '... where the rest is');
	$waiting->signal('INT');
	$waiting->finish;
	is($waiting->{status}, 1, 'Ctrl-C while it connects');
	like($waiting->{err}, qr/error: cancelled/, '... says so');
}

#
# TLS
#

SKIP:
{
	skip 'this machine has no address but its own', 1 unless $address;

	my $remote = "postgres://app:$secret\@$address:$port/shop";
	refused($remote, qr/the server has no TLS.*hint: .*sslmode=disable/s, 'another machine without TLS');
	refused("postgres:///shop?hostaddr=$address&port=$port&user=app&password=$secret", qr/the server has no TLS/, 'another machine by hostaddr');
	refused('', qr/the server has no TLS/, 'another machine by PGHOST',
		env => { PGHOST => $address, PGPORT => $port, PGUSER => 'app', PGPASSWORD => $secret, PGDATABASE => 'shop' });
	$project->gives(['current'], 0, qr/\A01\n/, 'another machine, TLS not wanted', env => { DATABASE_URL => "$remote?sslmode=disable" });
	$project->gives(['current'], 0, qr/\A01\n/, 'the same in other words', env => { DATABASE_URL => "$remote?ssl=false" });
	$project->gives(['current'], 0, qr/\A01\n/, 'the same by PGSSLMODE', env => { DATABASE_URL => $remote, PGSSLMODE => 'prefer' });

	my $data = $node->data_dir;
	my @openssl = (qw(openssl req -new -x509 -days 9 -nodes -subj /CN=wrong.example -newkey rsa:2048), '-keyout', "$data/server.key", '-out', "$data/server.crt");
	skip 'openssl is not there', 1 unless IPC::Run::run([ 'sh', '-c', 'command -v openssl' ], '>', \my $out);
	run_log(\@openssl) or die;
	$node->append_conf('postgresql.conf', 'ssl = on');
	$node->reload;
	$node->poll_query_until('shop', "SELECT current_setting('ssl')::bool") or die;
	$project->gives(['current'], 0, qr/\A01\n/, 'another machine with TLS', env => { DATABASE_URL => $remote });
	is($node->safe_psql('shop', "SELECT 1"), 1, 'the server is there');
	$project->gives(['current'], 0, qr/\A01\n/, 'a user that needs it', env => { DATABASE_URL => "postgres://tlsonly:$secret\@$address:$port/shop" });
	$project->gives(['current'], 0, qr/\A01\n/, 'ssl=true of others', env => { DATABASE_URL => "postgres://tlsonly:$secret\@$at/shop?ssl=true" });
	refused("$remote?sslmode=verify-full&sslrootcert=$data/server.crt", qr/the server's TLS certificate was not accepted.*wrong\.example/s, 'a certificate of another host');
	refused("$remote?sslmode=verify-full", qr/the server's TLS certificate was not accepted.*sslrootcert/s, 'a certificate that nothing vouches for');
	refused("$remote?sslaccept=strict", qr/the server's TLS certificate was not accepted/, 'the same in other words');
	$project->gives(['current'], 0, qr/\A01\n/, 'a certificate that is known', env => { DATABASE_URL => "$remote?sslmode=verify-ca&sslrootcert=$data/server.crt" });
}

is($project->versions('applied'), '01', 'nothing has changed');
$node->stop;
done_testing();
