# CALLs through PgBouncer in transaction mode (I2, I3).
#
# Two server connections are shared by all clients, so whatever a CALL left in
# its session would reach somebody else: after each CALL both are looked at.
# Then CALLs wait for each other, fail, are cancelled, lose their client, and are
# finished by another client on another server connection.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use NeonMigrateCall;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($pgbouncer) = grep { -x $_ } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin', '/usr/local/sbin';

plan skip_all => 'PgBouncer is not installed (Debian package pgbouncer)' unless $pgbouncer;

my $node = new_node('main', conf => <<'CONF');
autovacuum = off
neon_migrate.out_of_order = allow
CONF
my $dir = PostgreSQL::Test::Utils::tempdir_short;
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $log = "$PostgreSQL::Test::Utils::log_path/call_pgbouncer.log";
my ($bouncer, $bouncer_out);

# the pooler ends with the test, however that ends
END
{
	my $status = $?;

	$bouncer->kill_kill if $bouncer;
	$? = $status;
}

install($node, 'postgres');
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE app LOGIN;
CREATE ROLE deployer LOGIN;
GRANT app TO deployer;
GRANT CREATE ON SCHEMA public TO deployer, app;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA public TO deployer;
CREATE TABLE t (id int, a int);
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE t OWNER TO deployer;
GRANT ALL ON parent, child TO deployer;
SQL
my $control = session($node, 'postgres');

append_to_file("$dir/users.txt", qq{"deployer" ""\n});
append_to_file("$dir/pgbouncer.ini", <<"INI");
[databases]
shop = host=${\$node->host} port=${\$node->port} dbname=postgres
[pgbouncer]
listen_addr =
listen_port = $port
unix_socket_dir = $dir
auth_type = trust
auth_file = $dir/users.txt
pool_mode = transaction
default_pool_size = 2
min_pool_size = 2
reserve_pool_size = 0
max_client_conn = 100
server_lifetime = 86400
server_idle_timeout = 86400
ignore_startup_parameters = extra_float_digits
stats_users = deployer
logfile = $log
pidfile = $dir/pgbouncer.pid
INI
$bouncer = IPC::Run::start([ $pgbouncer, "$dir/pgbouncer.ini" ], '<', \undef, '>&', \$bouncer_out);
for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
{
	last if -S "$dir/.s.PGSQL.$port";
	$bouncer->pump_nb;
	die "PgBouncer did not start: $bouncer_out" unless $bouncer->pumpable;
	select undef, undef, undef, 0.1;
}

my $dsn = "host=$dir port=$port dbname=shop user=deployer";

# Runs SQL through the pooler, in a psql that goes on after errors.
sub pooled
{
	my ($sql) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run(
		[ 'psql', '-XAtqd', $dsn, '-v', 'VERBOSITY=verbose', '-f', '-' ],
		'<', \$sql, '>', \$out, '2>', \$err,
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	chomp $out;
	return ($out, $err);
}

sub pooled_is
{
	my ($sql, $expected, $name) = @_;
	my ($out, $err) = pooled($sql);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($out, $expected, $name) or diag("messages: $err");
	return;
}

sub pooled_fails
{
	my ($sql, $state, $name) = @_;
	my (undef, $err) = pooled($sql);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(sqlstate($err), $state, $name) or diag("messages: $err");
	return;
}

# A client that runs one statement, through the pooler.
sub start_pooled
{
	my ($sql) = @_;
	my $client = { out => '', err => '' };

	$client->{run} = IPC::Run::start(
		[ 'psql', '-XAtqd', $dsn, '-v', 'VERBOSITY=verbose', '-c', $sql ],
		'<', \undef, '>', \$client->{out}, '2>', \$client->{err},
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	return $client;
}

sub finish_pooled
{
	my ($client) = @_;

	$client->{run}->finish;
	chomp $client->{out};
	return $client->{out};
}

# A client that stays, to keep a server connection for a while.
sub staying_client
{
	my $self = { in => '', out => '', err => '' };

	$self->{timer} = IPC::Run::timer($PostgreSQL::Test::Utils::timeout_default);
	$self->{run} = IPC::Run::start(
		[ 'psql', '-XAtqd', $dsn, '-v', 'VERBOSITY=verbose', '-f', '-' ],
		'<', \$self->{in}, '>', \$self->{out}, '2>', \$self->{err}, $self->{timer});
	return $self;
}

sub ask
{
	my ($self, $sql) = @_;

	$self->{out} = '';
	$self->{in} .= "$sql;\n\\echo end of answer\n";
	pump_until($self->{run}, $self->{timer}, \$self->{out}, qr/end of answer\n/)
	  or die "no answer: $self->{err}";
	my ($answer) = $self->{out} =~ /\A(.*?)\n?end of answer\n/s;
	return $answer;
}

# What a server connection looks like.  Its own locks are those of this query.
my $state = <<'SQL';
SELECT format('pid %s user %s session %s role %s', pg_backend_pid(), current_user, session_user, current_setting('role'));
SELECT format('setting %s=%s', name, setting) FROM pg_settings
	WHERE name NOT IN ('application_name', 'transaction_isolation', 'transaction_read_only', 'transaction_deferrable')
	AND (source = 'session' OR name IN ('search_path', 'role', 'work_mem', 'statement_timeout', 'lock_timeout',
		'standard_conforming_strings', 'client_min_messages', 'row_security', 'default_transaction_read_only',
		'default_transaction_isolation', 'DateStyle', 'TimeZone')) ORDER BY name;
SELECT format('custom %s', nullif(current_setting('my.custom', true), ''));
SELECT 'lock ' || l::text FROM pg_locks AS l WHERE pid = pg_backend_pid() AND locktype NOT IN ('relation', 'virtualxid');
SELECT 'temporary ' || relname FROM pg_class WHERE relnamespace = pg_my_temp_schema();
SELECT 'temporary type ' || typname FROM pg_type WHERE typnamespace = pg_my_temp_schema();
SELECT 'temporary function ' || proname FROM pg_proc WHERE pronamespace = pg_my_temp_schema();
SELECT 'prepared ' || name FROM pg_prepared_statements;
SELECT 'cursor ' || name FROM pg_cursors WHERE name <> '' AND is_holdable;
SELECT 'listen ' || pg_listening_channels()
SQL
my @looker = map { staying_client() } 1 .. 2;

# Looks at both server connections: two transactions at once need both.
sub state_of_both
{
	ask($_, 'BEGIN; SELECT current FROM migrate_health()') foreach (@looker);
	my @answer = map { ask($_, $state) } @looker;
	ask($_, 'COMMIT') foreach (@looker);
	return sort @answer;
}

#
# Before
#

pooled_is("CALL migrate_run('0', '', '')", 1, 'a first migration');
my @before = state_of_both();
my @pids = map { /^pid (\d+)/ } @before;
isnt($pids[0], $pids[1], 'there are two server connections');

sub as_before
{
	my ($name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply([ state_of_both() ], \@before, "$name: both server connections are as before");
	return;
}

#
# CALLs that touch the session
#

my @touching = (
	'SET search_path = nowhere; SET work_mem = \'77kB\'; SET statement_timeout = 12345; SET lock_timeout = 54321',
	'SET standard_conforming_strings = off; SET client_min_messages = error; SET DateStyle = German; SET TIME ZONE \'Asia/Tokyo\'',
	'SELECT set_config(\'search_path\', \'\', false); SELECT set_config(\'my.custom\', \'left behind\', false)',
	'DO $$BEGIN PERFORM set_config(\'work_mem\', \'88kB\', false); EXECUTE \'SET search_path = nowhere\'; END$$',
	'DO $$BEGIN SET work_mem = \'88kB\'; COMMIT; SET my.custom = \'left behind\'; COMMIT; END$$',
	'SET ROLE app', 'SET ROLE app; RESET ROLE; SET SESSION ROLE app',
	'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE',
	'CREATE TEMP TABLE scratch (id serial PRIMARY KEY, t text); INSERT INTO scratch (t) VALUES (1); CREATE TEMP VIEW v AS SELECT * FROM scratch; CREATE TYPE pg_temp.ty AS (a int); CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS \'SELECT 1\'',
	'PREPARE p AS SELECT 1; EXECUTE p', 'DO $$BEGIN EXECUTE \'PREPARE q AS SELECT 1\'; COMMIT; END$$',
	'DECLARE h CURSOR WITH HOLD FOR SELECT generate_series(1, 10); FETCH h',
	'SELECT pg_advisory_xact_lock(1)',
	'SET CONSTRAINTS ALL IMMEDIATE; INSERT INTO parent VALUES (1) ON CONFLICT DO NOTHING; INSERT INTO child VALUES (1)',
	'NOTIFY channel, \'payload\'', 'RESET ALL; RESET search_path');

# what makes it run in steps
my %steps = (
	'whole' => '',
	'steps' => 'CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON public.t (a); ');

foreach my $i (0 .. $#touching)
{
	foreach my $kind (sort keys %steps)
	{
		# the CREATE INDEX would be refused under another role
		my $more = $touching[$i] =~ /ROLE app/ && $steps{$kind} ? 'DO $$BEGIN COMMIT; END$$; ' : $steps{$kind};
		my $sql = "$touching[$i]; ${more}SELECT 1";

		pooled_is("CALL migrate_run('$kind $i', " . literal($sql) . ', ' . literal($sql) . ')', 1, "$kind: $touching[$i]");
		pooled_is('CALL migrate_down()', 1, "$kind, down: $touching[$i]");
		as_before("$kind: $touching[$i]");
		pooled_fails("CALL migrate_run('$kind $i fails', " . literal("$sql; SELECT 1 / 0") . ')', '22012', "$kind, fails: $touching[$i]");
		as_before("$kind, fails: $touching[$i]");
		$control->query_safe("SELECT migrate_unstamp('$kind $i fails'), migrate_unregister('$kind $i fails')");
	}
}
foreach my $sql ('LISTEN channel', 'DISCARD ALL', 'DEALLOCATE ALL', 'DO $$BEGIN COMMIT; EXECUTE \'LISTEN channel\'; END$$',
	'SELECT pg_advisory_lock(1)', 'DO $$BEGIN COMMIT; PERFORM pg_advisory_lock_shared(1); END$$')
{
	pooled_fails("CALL migrate_run('refused', " . literal("VACUUM public.t; $sql") . ')', '0A000', "refused: $sql");
	$control->query("SELECT migrate_unstamp('refused'), migrate_unregister('refused')");
}
as_before('refused');
pooled_fails("BEGIN; CALL migrate_up(); ROLLBACK", '25001', 'in a block of the client');
as_before('in a block');

#
# Several clients
#

# one builds, others wait without a snapshot; one connection stays for them all
{
	my $old = session($node, 'postgres');

	$old->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t');
	my $builder = start_pooled("CALL migrate_run('build', 'CREATE INDEX CONCURRENTLY built ON t (id)', 'DROP INDEX CONCURRENTLY built')");
	wait_until($control, "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'migration \"build\" up%' AND wait_event = 'virtualxid'", 'it builds');
	pooled_fails("SELECT migrate_apply('other', '')", '55P03', 'meanwhile a function fails at once');
	my $waiter = start_pooled("CALL migrate_run('waits', 'VACUUM t', '')");
	wait_until($control, "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory' AND backend_xmin IS NULL", 'another waits at the gate');
	$old->query_safe('COMMIT');
	is(finish_pooled($builder), 1, 'a build ends with an old snapshot');
	is(finish_pooled($waiter), 1, 'and the next one has its turn');
	as_before('a build and a waiter');
	pooled_is('CALL migrate_down(2)', 2, '... and down');
	as_before('down');
	$old->quit;
}

# a lock timeout, before a step and in one, and then the lock is there
{
	my $locker = session($node, 'postgres');
	my $sql = 'SET lock_timeout = 30; SET work_mem = \'77kB\'; SET my.custom = \'left behind\'; VACUUM parent; ALTER TABLE t ADD COLUMN x int; VACUUM t';

	$locker->query_safe('BEGIN; LOCK TABLE t');
	pooled_fails("CALL migrate_run('timeout', " . literal($sql) . ')', '55P03', 'lock timeout');
	as_before('lock timeout');
	pooled_fails('CALL migrate_up()', '55P03', 'lock timeout, again');
	as_before('lock timeout, again');
	$locker->query_safe('COMMIT');
	$locker->quit;
	pooled_is('CALL migrate_up()', 1, 'with the lock, the next CALL gets through');
	as_before('lock timeout, resumed');
}

# cancelled in the middle by its client, finished by the next
{
	my $locker = session($node, 'postgres');

	$locker->query_safe('BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE');
	my $client = start_pooled("CALL migrate_run('cancelled', 'SET work_mem = ''77kB''; CREATE TEMP TABLE scratch (); CREATE TABLE cancelled (); CREATE INDEX CONCURRENTLY cancelled_a ON t (a)', '')");
	my $builds = "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'migration \"cancelled\" up%' AND wait_event = 'virtualxid'";
	wait_until($control, $builds, 'it builds');
	# as Ctrl-C does: through the pooler
	$client->{run}->signal('INT');
	finish_pooled($client);
	is(sqlstate($client->{err}), '57014', 'cancelled by its client');
	as_before('cancelled');
	$locker->query_safe('COMMIT');
	pooled_fails('CALL migrate_up()', '55000', 'with its temporary table gone it cannot go on');
	as_before('cancelled, not resumed');
	$control->query_safe("SELECT migrate_unstamp('cancelled'), migrate_unregister('cancelled'); DROP TABLE cancelled; DROP INDEX cancelled_a");

	$locker->query_safe('BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE');
	my $sql = 'SET work_mem = \'77kB\'; CREATE TABLE cancelled (); CREATE INDEX CONCURRENTLY cancelled_a ON t (a)';
	$client = start_pooled("CALL migrate_run('cancelled', " . literal($sql) . ", '')");
	wait_until($control, $builds, 'it builds');
	$client->{run}->signal('INT');
	finish_pooled($client);
	is(sqlstate($client->{err}), '57014', 'cancelled by its client again');
	$locker->query_safe('COMMIT');
	pooled_is('CALL migrate_up()', 1, '... and finished by the next');
	as_before('cancelled, resumed');
	$locker->quit;
}

# a client that vanishes: PgBouncer drops its server connection, and what that
# ran goes on, for the server does not look
{
	my $old = session($node, 'postgres');

	$old->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t');
	my $client = start_pooled("CALL migrate_run('gone', 'CREATE INDEX CONCURRENTLY gone ON t (a); CREATE TABLE gone_too ()', '')");
	wait_until($control, "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'migration \"gone\" up%' AND wait_event = 'virtualxid'", 'it builds');
	$client->{run}->signal('KILL');
	eval { $client->{run}->finish };
	$old->query_safe('COMMIT');
	$old->quit;
	wait_until($control, "SELECT state = 'applied' FROM migrate_status WHERE version = 'gone'", 'it is applied');
	pooled_is("CALL migrate_run('gone', 'CREATE INDEX CONCURRENTLY gone ON t (a); CREATE TABLE gone_too ()')", 0, 'client gone: its next try is told that it is there');
	# that connection is another one now
	@before = state_of_both();
	is(scalar(grep { !/^(temporary|prepared|custom \S|lock |listen|cursor)/m } @before), 2, 'client gone: the new server connection is clean');
	is(join(',', map { /^setting work_mem=(\S+)/m } @before), '4096,4096', 'client gone: ... also its settings');
}

# many clients, one list
{
	$control->query_safe("SELECT count(migrate_register('many ' || i, 'SET work_mem = ''77kB''; CREATE TABLE many_' || i || ' (); DO \$\$BEGIN COMMIT; END\$\$; CREATE TEMP TABLE scratch ()', 'DROP TABLE many_' || i)) FROM generate_series(1, 5) AS i");
	my @client = map { start_pooled('CALL migrate_up()') } 1 .. 10;
	my $sum = 0;

	$sum += finish_pooled($_) foreach (@client);
	is($sum, 5, 'ten clients, one list: each is applied once') or diag(map { $_->{err} } @client);
	as_before('ten clients');
}

# the extended protocol, too, of which a CALL is a statement like others
{
	my $script = "$dir/calls.sql";

	append_to_file($script, <<'SQL');
\set v random(1, 4)
\set what random(1, 3)
\if :what = 1
CALL migrate_run('p' || :v, 'SET search_path = nowhere; CREATE TEMP TABLE scratch (id int); PREPARE p AS SELECT 1; DO $$BEGIN COMMIT; END$$', 'SET ROLE app');
\elif :what = 2
CALL migrate_run('q' || :v, 'SET search_path = nowhere; CREATE TEMP TABLE scratch (id int)', 'SET ROLE app; DO $$BEGIN COMMIT; END$$');
\else
CALL migrate_down_to('gone');
\endif
SQL
	foreach my $protocol ('simple', 'extended')
	{
		command_checks_all(
			[ 'pgbench', '-n', '-M', $protocol, '-c', 6, '-j', 2, '-t', 20, '-f', $script, $dsn ],
			0,
			[qr{processed: 120/120}],
			[qr/\A((?!ERROR|failed|aborted).)*\z/s],
			"many clients, $protocol protocol");
		as_before("many clients, $protocol protocol");
	}
}

#
# After
#

nothing_open($node, 'postgres', 'in the end');
is(
	$node->safe_psql('postgres',
		"SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relkind <> 't'"),
	0,
	'no temporary relation of anybody is left');

# If something were left behind, would it be seen?
pooled("SET work_mem = '77kB'; SET my.custom = 'x'; PREPARE left_behind AS SELECT 1; SELECT pg_advisory_lock(1); CREATE TEMP TABLE scratch ()");
like(
	join("\n", state_of_both()),
	qr/(?=.*setting work_mem=77)(?=.*custom x)(?=.*lock \()(?=.*temporary scratch)(?=.*prepared left_behind)/s,
	'something left behind would be seen');

foreach my $client (@looker)
{
	$client->{in} .= "\\q\n";
	$client->{run}->finish;
}
$bouncer->signal('INT');
$bouncer->finish;
undef $bouncer;
$control->quit;
no_assertion_failed($node);
$node->stop;
done_testing();
