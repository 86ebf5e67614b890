# The client through PgBouncer in transaction mode.
#
# There is one server connection, so whatever the client left in it would reach
# somebody else.  It is the same after all commands, and as it was.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use NeonMigrateClient;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($pgbouncer) = grep { -x $_ } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin', '/usr/local/sbin';

plan skip_all => 'PgBouncer is not installed (Debian package pgbouncer)' unless $pgbouncer;

my $node = new_node('main');
my $dir = PostgreSQL::Test::Utils::tempdir_short;
my $port = PostgreSQL::Test::Cluster::get_free_port();
my ($bouncer, $bouncer_out);

# the pooler ends with the test, however that ends
END
{
	my $status = $?;

	$bouncer->kill_kill if $bouncer;
	$? = $status;
}

my $shop = project($node, 'shop', {
	'01_a.sql' => migration("SET search_path = pg_catalog; SET work_mem = '77kB'; CREATE TABLE public.a (id int);", 'DROP TABLE public.a;'),
	'02_b.sql' => migration('SET ROLE app; CREATE TEMP TABLE scratch (id int); SELECT 1;', 'SELECT 2;'),
	'03_c.sql' => "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON a (id);\nCREATE INDEX CONCURRENTLY j ON a (id);\n-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY j;\nDROP INDEX CONCURRENTLY i;\n",
}, schema => 'migrate');
$node->safe_psql('shop', <<'SQL');
CREATE ROLE app LOGIN;
CREATE ROLE deployer LOGIN IN ROLE app;
GRANT CREATE ON SCHEMA public TO deployer;
GRANT USAGE ON SCHEMA migrate TO deployer;
GRANT SELECT ON ALL TABLES IN SCHEMA migrate TO deployer;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA migrate TO deployer;
SQL
append_to_file("$dir/users.txt", qq{"deployer" ""\n});
append_to_file("$dir/pgbouncer.ini", <<"INI");
[databases]
shop = host=${\$node->host} port=${\$node->port} dbname=shop
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir = $dir
auth_type = trust
auth_file = $dir/users.txt
pool_mode = transaction
default_pool_size = 1
reserve_pool_size = 0
server_lifetime = 86400
server_idle_timeout = 86400
query_wait_timeout = 1
server_login_retry = 1
stats_users = deployer
logfile = $PostgreSQL::Test::Utils::log_path/client_pgbouncer.log
pidfile = $dir/pgbouncer.pid
INI
my $pooled = "postgresql://deployer\@ep-a-pooler.example.test:$port/shop?hostaddr=127.0.0.1&sslmode=disable";
$shop->{environment}{DATABASE_URL} = $pooled;

# What the server connection looks like, to somebody else.
sub server_state
{
	my ($out, $err) = ('', '');
	my $sql = <<'SQL';
SELECT format('pid %s user %s role %s path %s', pg_backend_pid(), current_user, current_setting('role'), current_setting('search_path'));
SELECT format('setting %s=%s', name, setting) FROM pg_settings WHERE source = 'session' AND name <> 'application_name' ORDER BY 1;
SELECT 'lock ' || l::text FROM pg_locks AS l WHERE pid = pg_backend_pid() AND locktype = 'advisory';
SELECT 'temporary ' || relname FROM pg_class WHERE relnamespace = pg_my_temp_schema();
SELECT 'prepared ' || name FROM pg_prepared_statements;
SQL

	IPC::Run::run([ 'psql', '-XAtqd', "host=$dir port=$port dbname=shop user=deployer", '-f', '-' ], '<', \$sql, '>', \$out, '2>', \$err);
	is($err, '', 'no messages from the pooler');
	return $out;
}

$shop->gives([ 'up', '--connect-timeout', '0.2' ], 3, qr/the server refuses connections/, 'a pooler that is not there');
my $late = $shop->start([ 'status', '--connect-timeout', $PostgreSQL::Test::Utils::timeout_default ]);
$late->wait_for('err', qr/trying again/);
$bouncer = IPC::Run::start([ $pgbouncer, "$dir/pgbouncer.ini" ], '<', \undef, '>&', \$bouncer_out);
is($late->finish->{status}, 0, 'a pooler that starts late');
like($late->{err}, qr/note: "ep-a-pooler\.example\.test" is a pooled host\.  It works, but the direct one is better for migrations: "ep-a\.example\.test"\./,
	'advice about the host');

my $before = server_state();
like($before, qr/\Apid \d+ user deployer role none path "\$user", public\n/, 'before');

#
# All commands
#

$shop->gives(['init'], 0, qr/there is extension neon_migrate, in schema migrate/, 'init');
$shop->gives([ 'up', '--dry-run', '--to', '02' ], 0, qr/2 migrations would be applied/, 'up --dry-run');
$shop->gives(['up'], 0, qr/applied 01 .*applied 02 .*applied 03 .*applied 3 migrations/s, 'up with CONCURRENTLY');
is($shop->json(['up'], 0, 'up again')->{round_trips}, 1, 'up again: one round trip');
$shop->gives([ 'status', '--exit-code' ], 0, qr/3 applied, 0 pending/, 'status');
$shop->gives(['down'], 0, qr/rolled back 03/, 'down with CONCURRENTLY');
$shop->gives([ 'down', '--to', '01', '--atomic' ], 0, qr/rolled back 02/, 'down --atomic');
$shop->gives([ 'up', '--to', '02', '--atomic' ], 0, qr/applied 02/, 'up --atomic');
$shop->gives(['redo'], 0, qr/applied 02/, 'redo');
$shop->gives([ 'status', '--exit-code' ], 2, qr/1 pending/, 'status --exit-code');
$shop->gives(['history'], 0, qr/deployer/, 'history');
$shop->gives(['current'], 0, qr/\A02\n\z/, 'current');
$shop->gives([ 'stamp', '03' ], 0, qr/stamped 03/, 'stamp');
$shop->gives([ 'stamp', '--undo', '03' ], 0, qr/03/, 'stamp --undo');
$shop->gives(['verify'], 0, qr/\| t +\|/, 'verify');
$shop->gives(['sql'], 0, qr/^CALL migrate\.migrate_run\(\n    '03'/m, 'sql');
$shop->gives(['health'], 2, qr/pending/, 'health');
$shop->gives([ 'wait', '02' ], 0, qr/ready/, 'wait');
is(server_state(), $before, 'the server connection is the same, and as before');

#
# Errors
#

$shop->write('04_d.sql', migration("SET work_mem = '78kB'; CREATE TEMP TABLE scratch (id int);\nSELECT 1/0;"));
$shop->gives(['up'], 1, qr/04_d\.sql:3:\d+: division by zero/, 'an error in a migration');
is($shop->versions('applied'), '01 02 03', 'an error in a migration: what came before stays');
$shop->gives([ 'up', '--dry-run' ], 1, qr/04_d\.sql:3:\d+: division by zero/, 'an error in a dry run');
$shop->gives([ 'up', '--to', 'zz' ], 1, qr/zz/, 'an error of the command');
# the pooler gives a connection up when a client leaves in a transaction
is(server_state() =~ s/\Apid \d+//r, $before =~ s/\Apid \d+//r, 'errors: the server connection is as before');

foreach my $arguments (['up'], [ 'up', '--dry-run' ])
{
	$shop->write('04_d.sql', migration('CREATE TABLE d (id int); SELECT pg_sleep(3600);'));
	my $client = $shop->start($arguments);
	$shop->wait_until("count(*) = 1 FROM pg_stat_activity WHERE datname = 'shop' AND wait_event = 'PgSleep'");

	# others wait for the connection no longer than the pooler lets them
	$shop->gives(['health', '--connect-timeout', '0'], 3, qr/the pooler has no connection to the server to give/, "@$arguments: another client while it runs");
	$client->signal('INT');
	is($client->finish->{status}, 1, "@$arguments: Ctrl-C");
	like($client->{err}, qr/04_d\.sql:2:\d+: canceling statement due to user request/, "@$arguments: Ctrl-C: message");
	$shop->wait_until("count(*) = 0 FROM pg_stat_activity WHERE datname = 'shop' AND wait_event = 'PgSleep'");
	is($shop->sql("SELECT to_regclass('d') IS NULL"), 't', "@$arguments: Ctrl-C: nothing is left");
	is(server_state() =~ s/\Apid \d+//r, $before =~ s/\Apid \d+//r, "@$arguments: Ctrl-C: the server connection is as before");
}

#
# What the pooler refuses
#

$shop->gives(['up'], 3, qr/the pooler does not accept a parameter of the connection.*hint: .*PGOPTIONS/s, 'PGOPTIONS',
	env => { PGOPTIONS => '-c work_mem=1MB' });
$shop->gives(['up'], 3, qr/the pooler does not know the database|the database does not exist/, 'another database',
	env => { DATABASE_URL => $pooled =~ s{/shop}{/shopp}r });
$shop->gives(['up'], 3, qr/user or password is wrong|no such user/, 'another user', env => { DATABASE_URL => $pooled =~ s{deployer}{nobody}r });
$node->stop;
$shop->gives([ 'up', '--connect-timeout', '0.5' ], 3, qr/the pooler (?:cannot connect to the server|has no connection)/, 'no server behind it');
$shop->write('04_d.sql', migration('CREATE TABLE d (id int);'));
$late = $shop->start([ 'up', '--connect-timeout', $PostgreSQL::Test::Utils::timeout_default ]);
$late->wait_for('err', qr/trying again/);
$node->start;
is($late->finish->{status}, 0, 'a server behind it that starts late') or diag($late->{err});
verify_is_ok($node, 'shop', 'verified', schema => 'migrate');

$bouncer->signal('INT');
$bouncer->finish;
undef $bouncer;
$node->stop;
done_testing();
