# Migrations run through PgBouncer in transaction mode (I2, I3).
#
# Several clients share two server connections, so whatever a migration left
# in its session would reach somebody else.  After migrations that succeed,
# fail and wait, with everything in them that touches a session, both server
# connections are the same two as before and as they were before.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($pgbouncer) = grep { -x $_ } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin',
  '/usr/local/sbin';

plan skip_all => 'PgBouncer is not installed (Debian package pgbouncer)' unless $pgbouncer;

my $node = new_node('main', conf => "neon_migrate.out_of_order = allow\n");
my $dir = PostgreSQL::Test::Utils::tempdir_short;
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $log = "$PostgreSQL::Test::Utils::log_path/pgbouncer.log";
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
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO deployer;
CREATE TABLE contended (id int);
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE contended OWNER TO deployer;
GRANT ALL ON parent, child TO deployer;
SQL

append_to_file("$dir/users.txt", qq{"deployer" ""\n"app" ""\n});
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

my $dsn = "host=$dir port=$port dbname=shop user=deployer";

# Runs SQL through the pooler, in a psql that goes on after errors.
sub pooled
{
	my ($sql, %options) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run([ 'psql', '-XAtqd', $options{dsn} // $dsn, '-v', 'VERBOSITY=verbose', '-f', '-' ],
		'<', \$sql, '>', \$out, '2>', \$err,
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	chomp $out;
	return ($out, $err);
}

sub pooled_is
{
	my ($sql, $expected, $name, %options) = @_;
	my ($out, $err) = pooled($sql, %options);

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

# A client that stays, as NeonMigrate's sessions do but through the pooler.
sub pooled_session
{
	my $self = { in => '', out => '', err => '' };

	$self->{run} = IPC::Run::start(
		[ 'psql', '-XAtqd', $dsn, '-v', 'VERBOSITY=verbose', '-f', '-' ],
		'<',
		\$self->{in},
		'>',
		\$self->{out},
		'2>',
		\$self->{err},
		my $timer = IPC::Run::timer($PostgreSQL::Test::Utils::timeout_default));
	$self->{timer} = $timer;
	return $self;
}

sub send_to
{
	my ($self, $sql) = @_;

	$self->{out} = '';
	$self->{in} .= "$sql;\n\\echo end of answer\n";
	return;
}

sub answer_of
{
	my ($self) = @_;

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
		'standard_conforming_strings', 'client_min_messages', 'session_replication_role', 'row_security',
		'default_transaction_read_only', 'DateStyle', 'TimeZone')) ORDER BY name;
SELECT format('custom %s', current_setting('my.custom', true));
SELECT 'lock ' || l::text FROM pg_locks AS l WHERE pid = pg_backend_pid() AND locktype = 'advisory';
SELECT 'temporary ' || relname FROM pg_class WHERE relnamespace = pg_my_temp_schema();
SELECT 'temporary type ' || typname FROM pg_type WHERE typnamespace = pg_my_temp_schema();
SELECT 'temporary function ' || proname FROM pg_proc WHERE pronamespace = pg_my_temp_schema();
SELECT 'prepared ' || name FROM pg_prepared_statements;
SELECT 'cursor ' || name FROM pg_cursors WHERE name <> '' AND is_holdable;
SELECT 'listen ' || pg_listening_channels()
SQL

# Looks at both server connections: two transactions at once need both.
sub state_of_both
{
	my @client = map { pooled_session() } 1 .. 2;

	send_to($_, 'BEGIN; SELECT current FROM migrate_health()') foreach (@client);
	answer_of($_) foreach (@client);
	send_to($_, $state) foreach (@client);
	my @answer = map { answer_of($_) } @client;
	send_to($_, 'ROLLBACK') foreach (@client);
	answer_of($_) foreach (@client);
	foreach my $client (@client)
	{
		$client->{in} .= "\\q\n";
		$client->{run}->finish;
	}
	return sort @answer;
}

for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
{
	last if -S "$dir/.s.PGSQL.$port";
	$bouncer->pump_nb;
	die "PgBouncer did not start: $bouncer_out" unless $bouncer->pumpable;
	select undef, undef, undef, 0.1;
}

#
# Before
#

pooled_is("SELECT migrate_apply('0', '')", 'applied', 'a first migration');
my @before = state_of_both();
my @pids = map { /^pid (\d+)/ } @before;

is(scalar(@pids), 2, 'there are two server connections');
isnt($pids[0], $pids[1], '... two different ones');

#
# Migrations that touch the session
#

my @touching = (
	'SET search_path = nowhere; SET work_mem = \'77kB\'; SET statement_timeout = 12345; SET lock_timeout = 54321',
	'SET LOCAL search_path = nowhere; SET SESSION work_mem = \'77kB\'',
	'SET standard_conforming_strings = off; SET client_min_messages = error; SET DateStyle = German; SET TIME ZONE \'Asia/Tokyo\'',
	'SELECT set_config(\'search_path\', \'\', false), set_config(\'my.custom\', \'left behind\', false)',
	'DO $$BEGIN PERFORM set_config(\'work_mem\', \'88kB\', false); EXECUTE \'SET search_path = nowhere\'; END$$',
	'SET ROLE app',
	'SET ROLE app; CREATE TABLE of_app_%s (id int)',
	'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
	'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE',
	'CREATE TEMP TABLE scratch (id serial PRIMARY KEY, t text); INSERT INTO scratch (t) VALUES (1); CREATE TEMP VIEW v AS SELECT * FROM scratch; CREATE TEMP SEQUENCE s; CREATE TYPE pg_temp.ty AS (a int); CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS \'SELECT 1\'',
	'CREATE TEMP TABLE scratch ON COMMIT DELETE ROWS AS SELECT 1; SELECT * INTO TEMP scratch2 FROM scratch',
	'DO $$BEGIN CREATE TEMP TABLE scratch (id int) ON COMMIT DROP; END$$',
	'PREPARE p AS SELECT 1; EXECUTE p',
	'DO $$BEGIN EXECUTE \'PREPARE q AS SELECT 1\'; END$$',
	'DECLARE c CURSOR FOR SELECT 1; DECLARE h CURSOR WITH HOLD FOR SELECT generate_series(1, 10); FETCH h',
	'SELECT pg_advisory_xact_lock(1), pg_advisory_xact_lock_shared(2)',
	'SET CONSTRAINTS ALL IMMEDIATE; INSERT INTO parent VALUES (1) ON CONFLICT DO NOTHING; INSERT INTO child VALUES (1)',
	'NOTIFY channel, \'payload\'',
	'ALTER TABLE contended ADD COLUMN IF NOT EXISTS c%s int',
	'RESET ALL; RESET search_path');

foreach my $i (0 .. $#touching)
{
	my $up = $touching[$i] =~ s/%s/$i/r;
	my $down = $up =~ /(of_app_\d+)/ ? "SET ROLE app; DROP TABLE $1" : $up;

	pooled_is("SELECT migrate_apply('touch $i', " . literal($up) . ', ' . literal($down) . ')',
		'applied', "apply: $up");

	# the same, and then an error, so that the way out is another one
	my $fails = $touching[$i] =~ s/%s/${i}_fails/r;
	pooled_fails("SELECT migrate_apply('touch $i fails', " . literal("$fails; SELECT 1 / 0") . ')',
		'22012', "fails: $fails");
}
pooled_is("SELECT count(*) FROM migrate_rollback_to('0')", scalar(@touching), 'rolls all back');

# what a migration may not do to a session, because it could not be undone
foreach my $case (
	[ 'LISTEN channel', '0A000' ],
	[ 'UNLISTEN *', '0A000' ],
	[ 'DISCARD ALL', '0A000' ],
	[ 'DISCARD TEMP', '0A000' ],
	[ 'DEALLOCATE ALL', '0A000' ],
	[ 'CLOSE ALL', '0A000' ],
	[ 'DO $$BEGIN EXECUTE \'LISTEN channel\'; END$$', '0A000' ],
	[ 'SELECT pg_advisory_lock(1)', '0A000' ],
	[ 'SELECT pg_try_advisory_lock(1, 2)', '0A000' ],
	[ 'SELECT pg_advisory_unlock_all()', '0A000' ],
	[ 'DO $$BEGIN PERFORM pg_advisory_lock_shared(1); END$$', '0A000' ],
	[ 'BEGIN; SELECT 1; ROLLBACK', '0A000' ])
{
	my ($sql, $refusal) = @$case;

	pooled_fails(
		"SELECT migrate_apply('refused', "
		  . literal("CREATE TEMP TABLE scratch (id int); PREPARE p AS SELECT 1; $sql") . ')',
		$refusal,
		"refused: $sql");
}

# in a transaction of the caller's, which commits, rolls back or fails
pooled_is(<<'SQL', "applied\napplied\n2\n1", 'in a transaction');
BEGIN;
SELECT migrate_apply('block 1', 'SET search_path = nowhere; CREATE TEMP TABLE scratch (id int)', '');
SELECT migrate_apply('block 2', 'SET ROLE app; PREPARE p AS SELECT 1', '');
SELECT count(*) FROM migrate_rollback(2);
COMMIT;
SELECT count(*) FROM migrate_stamp('block 3', '', '');
SQL
pooled_is(<<'SQL', "applied", 'in a transaction that is rolled back');
BEGIN;
SELECT migrate_apply('block 4', 'SET ROLE app; CREATE TEMP TABLE scratch (id int); PREPARE p AS SELECT 1; DECLARE h CURSOR WITH HOLD FOR SELECT 1', '');
ROLLBACK;
SQL
pooled_fails(<<'SQL', '42P01', 'in a transaction that fails');
BEGIN;
SELECT migrate_apply('block 5', 'SET ROLE app; CREATE TEMP TABLE scratch (id int); PREPARE p AS SELECT 1', '');
SELECT * FROM no_such_table;
COMMIT;
SQL
pooled_is(<<'SQL', "t\napplied", 'with a savepoint');
BEGIN;
SAVEPOINT s;
SELECT migrate_apply('block 6', 'SET search_path = x; CREATE TEMP TABLE scratch (id int); PREPARE p AS SELECT 1', '') = 'applied';
ROLLBACK TO s;
SELECT migrate_apply('block 7', 'SET search_path = x; CREATE TEMP TABLE scratch (id int); PREPARE p AS SELECT 1', '');
COMMIT;
SQL

# what a migration opens is closed when it ends, not when its transaction does
pooled_is(<<'SQL', "applied\n0", 'cursors');
BEGIN;
SELECT migrate_apply('block 8', 'DECLARE c CURSOR FOR SELECT 1; DECLARE h CURSOR WITH HOLD FOR SELECT 1', '');
SELECT count(*) FROM pg_cursors WHERE name IN ('c', 'h');
ROLLBACK;
SQL
{
	pooled_is(<<'SQL', "applied\n0", 'cursors of PL/pgSQL');
BEGIN;
SELECT migrate_apply('block 9', 'DO $$DECLARE c refcursor := ''left_open''; BEGIN OPEN c FOR SELECT 1; END$$', '');
SELECT count(*) FROM pg_cursors WHERE name = 'left_open';
ROLLBACK;
SQL
}

# a lock timeout, with its retries
{
	my $locker = session($node, 'postgres');

	$locker->query_safe('BEGIN; LOCK TABLE contended');
	pooled_fails(<<'SQL', '55P03', 'lock timeout');
BEGIN;
SET LOCAL neon_migrate.lock_timeout = '10ms';
SET LOCAL neon_migrate.lock_retries = 2;
SELECT migrate_apply('timeout', 'SET search_path = public; CREATE TEMP TABLE scratch (id int); PREPARE p AS SELECT 1; ALTER TABLE contended ADD COLUMN x int');
COMMIT;
SQL
	$locker->query_safe('COMMIT');
	$locker->quit;
}

#
# Several clients at once
#

# one version, many clients
{
	my @client = map { pooled_session() } 1 .. 10;

	send_to($_,
		"SELECT migrate_apply('same', 'CREATE TABLE same (id int); CREATE TEMP TABLE scratch (id int)', 'DROP TABLE same')"
	) foreach (@client);
	my %count;
	$count{ answer_of($_) }++ foreach (@client);
	is_deeply(\%count, { applied => 1, unchanged => 9 }, 'ten clients, one version');
	foreach my $client (@client)
	{
		$client->{in} .= "\\q\n";
		$client->{run}->finish;
	}
}

# a client that stops in a transaction keeps one server connection; the
# others wait for the gate in the other one, and are told
{
	my $idle = pooled_session();

	send_to($idle, "BEGIN; SELECT migrate_apply('idle', 'CREATE TEMP TABLE scratch (id int)', '')");
	is(answer_of($idle), 'applied', 'a client in a transaction');
	pooled_fails(
		"BEGIN; SET LOCAL neon_migrate.wait_timeout = '50ms'; SELECT migrate_apply('other', ''); ROLLBACK",
		'55P03',
		'... another is told that the gate is held');
	send_to($idle, 'ROLLBACK');
	answer_of($idle);
	$idle->{in} .= "\\q\n";
	$idle->{run}->finish;
}

# many clients, many versions, both protocols that PgBouncer 1.18 can do here
{
	my $script = "$dir/medley.sql";

	append_to_file($script, <<'SQL');
\set v random(1, 6)
\set what random(1, 4)
\if :what <= 2
SELECT migrate_apply('p' || :v, 'SET search_path = nowhere; CREATE TEMP TABLE scratch (id int); PREPARE p AS SELECT 1', 'SET ROLE app');
\elif :what = 3
BEGIN;
SELECT migrate_apply('q' || :v, 'SET search_path = nowhere; CREATE TEMP TABLE scratch (id int)', 'SET ROLE app');
END;
\else
SELECT migrate_rollback();
\endif
SQL
	foreach my $protocol ('simple', 'extended')
	{
		command_checks_all(
			[ 'pgbench', '-n', '-M', $protocol, '-c', 8, '-j', 2, '-t', 25, '-f', $script, $dsn ],
			0,
			[qr{processed: 200/200}],
			[qr/\A((?!ERROR|failed|aborted).)*\z/s],
			"many clients, $protocol protocol");
	}
}

#
# After
#

my @after = state_of_both();
is_deeply([ map { /^pid (\d+)/ } @after ], \@pids, 'the same two server connections');
is($after[$_], $before[$_], "server connection $_ is as before") foreach (0, 1);
verify_is_ok($node, 'postgres', 'verified');
gate_is_free($node, 'postgres', 'the gate is free');
is( $node->safe_psql(
		'postgres', "SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relkind <> 't'"),
	0,
	'no temporary relation of anybody is left');

# If something were left behind, would it be seen?
pooled(
	"SET work_mem = '77kB'; PREPARE left_behind AS SELECT 1; SELECT pg_advisory_lock(1); CREATE TEMP TABLE scratch ()"
);
like(
	join("\n", state_of_both()),
	qr/(?=.*setting work_mem=77)(?=.*lock \()(?=.*temporary scratch)(?=.*prepared left_behind)/s,
	'something left behind would be seen');

$bouncer->signal('INT');
$bouncer->finish;
undef $bouncer;
$node->stop;
done_testing();
