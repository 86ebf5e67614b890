# What a CALL tells: its NOTICEs, its errors, what pg_stat_activity,
# migrate_progress, migrate_status and migrate_health show of it meanwhile.

use strict;
use warnings FATAL => 'all';
use utf8;

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use NeonMigrateCall;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = new_node('main', conf => <<'CONF');
autovacuum = off
max_prepared_transactions = 2
neon_migrate.out_of_order = allow
CONF

install($node, 'postgres');
$node->safe_psql('postgres', 'CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, \'x\'), (1, \'y\')');
my $control = session($node, 'postgres');
my $session = session($node, 'postgres');
my $seconds = qr/\d+\.\d{3} s/;

# Runs SQL in the session; returns its messages without SQLSTATEs and places.
sub messages_of
{
	my ($sql) = @_;

	$session->query($sql);
	return lines($session->messages);
}

sub lines
{
	my ($messages) = @_;

	$messages =~ s/^LOCATION: .*\n?//mg;
	$messages =~ s/^psql:<stdin>:\d+: //mg;
	$messages =~ s/^(NOTICE|WARNING|ERROR):  [0-9A-Z]{5}: /$1:  /mg;
	return $messages;
}

#
# NOTICEs
#

like(messages_of("CALL migrate_run('1', 'CREATE TABLE one ()', 'DROP TABLE one')"),
	qr/\ANOTICE:  applied migration "1" \(1 of 1\) in $seconds\Z/, 'one transaction');
like(messages_of("CALL migrate_run('1', 'CREATE TABLE one ()', 'DROP TABLE one')"),
	qr/\ANOTICE:  migration "1" is already applied: unchanged\Z/, 'again');
like(messages_of("CALL migrate_run('1', 'CREATE TABLE one ()', 'DROP TABLE IF EXISTS one')"),
	qr/\ANOTICE:  migration "1" is already applied: amended\Z/, 'amended');
like(messages_of('CALL migrate_up()'), qr/\ANOTICE:  there is no migration to apply\Z/, 'nothing to apply');
like(messages_of('CALL migrate_down()'),
	qr/\ANOTICE:  rolled back migration "1" \(1 of 1\) in $seconds\Z/, 'down');
like(messages_of('CALL migrate_down()'), qr/\ANOTICE:  there is no migration to roll back\Z/, 'nothing to undo');

$session->query_safe(<<'SQL');
SELECT migrate_register('2', 'VACUUM t; CREATE TABLE two (); CREATE INDEX CONCURRENTLY ON t (b)', 'DROP TABLE two; DROP INDEX CONCURRENTLY t_b_idx');
SELECT migrate_register('3', 'CREATE TABLE three ()', 'DROP TABLE three');
SELECT migrate_register('4', '', '');
SQL
like(
	messages_of('CALL migrate_up()'), qr/\A
NOTICE:\ \ migration\ "2",\ step\ 1\ of\ 3:\ VACUUM\n
NOTICE:\ \ migration\ "2",\ step\ 3\ of\ 3:\ CREATE\ INDEX\ CONCURRENTLY\n
NOTICE:\ \ applied\ migration\ "2"\ \(1\ of\ 3\)\ in\ $seconds\n
NOTICE:\ \ applied\ migration\ "3"\ \(2\ of\ 3\)\ in\ $seconds\n
NOTICE:\ \ applied\ migration\ "4"\ \(3\ of\ 3\)\ in\ $seconds\Z/x, 'a list');
like(
	messages_of('CALL migrate_down(10)'), qr/\A
NOTICE:\ \ rolled\ back\ migration\ "4"\ \(1\ of\ 3\)\ in\ $seconds\n
NOTICE:\ \ rolled\ back\ migration\ "3"\ \(2\ of\ 3\)\ in\ $seconds\n
NOTICE:\ \ migration\ "2",\ step\ 2\ of\ 2:\ DROP\ INDEX\ CONCURRENTLY\n
NOTICE:\ \ rolled\ back\ migration\ "2"\ \(3\ of\ 3\)\ in\ $seconds\Z/x, 'a list, down');
$session->query_safe('SELECT count(migrate_unregister(version)) FROM migrate_status');

# the envelope is told of once
like(
	messages_of("CALL migrate_run('5', 'BEGIN; VACUUM t; COMMIT', '')"), qr/\A
NOTICE:\ \ BEGIN\ and\ COMMIT\ around\ a\ migration\ are\ redundant\ and\ were\ ignored\n
DETAIL:\ \ .*\n
NOTICE:\ \ migration\ "5",\ step\ 1\ of\ 1:\ VACUUM\n
NOTICE:\ \ applied\ migration\ "5"\ \(1\ of\ 1\)\ in\ $seconds\Z/x, 'BEGIN and COMMIT');
# those of the statements themselves come through, in their place
like(
	messages_of("CALL migrate_run('6', \$\$DROP TABLE IF EXISTS nowhere; VACUUM t; DO 'BEGIN RAISE NOTICE ''mine''; END'\$\$, '')"), qr/\A
NOTICE:\ \ table\ "nowhere"\ does\ not\ exist,\ skipping\n
NOTICE:\ \ migration\ "6",\ step\ 2\ of\ 3:\ VACUUM\n
NOTICE:\ \ mine\n
(CONTEXT:\ \ .*\n)?
.*NOTICE:\ \ applied\ migration\ "6"/xs, 'of the statements');
# how long it took
my $begin = time;
my ($told) = messages_of("CALL migrate_run('7', 'SELECT pg_sleep(0.3); VACUUM t; SELECT pg_sleep(0.4)', '')") =~ /in (\d+\.\d+) s/;
my $took = time - $begin;
cmp_ok($told, '>=', 0.7, 'the time is that of all steps');
cmp_ok($told, '<=', $took, '... and not more than there was');
is(
	$control->query_safe("SELECT extract(epoch FROM duration)::numeric(10, 3) FROM migrate_status WHERE version = '7'"),
	$told, '... as in the ledger');

# resuming
$session->query("CALL migrate_run('10', 'VACUUM t; CREATE UNIQUE INDEX CONCURRENTLY ten ON t (a); VACUUM t', 'DROP INDEX ten')");
like(
	lines($session->messages), qr/\A
NOTICE:\ \ migration\ "10",\ step\ 1\ of\ 3:\ VACUUM\n
NOTICE:\ \ migration\ "10",\ step\ 2\ of\ 3:\ CREATE\ INDEX\ CONCURRENTLY\n
ERROR:\ \ could\ not\ create\ unique\ index\ "ten"\n
DETAIL:\ \ Key\ \(a\)=\(1\)\ is\ duplicated.\n
CONTEXT:\ \ migration\ "10",\ statement\ 2,\ line\ 1,\ column\ 11/x, 'interrupted');
$session->query_safe("DELETE FROM t WHERE b = 'y'");
like(
	messages_of('CALL migrate_up()'), qr/\A
NOTICE:\ \ migration\ "10"\ goes\ on\ at\ step\ 2\ of\ 3\n
NOTICE:\ \ dropping\ invalid\ index\ "ten",\ left\ by\ an\ earlier\ attempt\n
NOTICE:\ \ migration\ "10",\ step\ 2\ of\ 3:\ CREATE\ INDEX\ CONCURRENTLY\n
NOTICE:\ \ migration\ "10",\ step\ 3\ of\ 3:\ VACUUM\n
NOTICE:\ \ applied\ migration\ "10"\ \(1\ of\ 1\)\ in\ $seconds\Z/x, 'resumed');

# an error keeps all its fields
$session->query(
	"CALL migrate_run('11', \$\$VACUUM t; DO 'BEGIN COMMIT; RAISE EXCEPTION USING message = ''all of it'', detail = ''the detail'', hint = ''the hint'', errcode = ''XY123'', column = ''c'', constraint = ''n'', datatype = ''d'', table = ''t'', schema = ''s''; END'\$\$)"
);
like(
	$session->messages, qr/
ERROR:\ \ XY123:\ all\ of\ it\n
DETAIL:\ \ the\ detail\n
HINT:\ \ the\ hint\n
CONTEXT:\ \ PL\/pgSQL\ function\ inline_code_block\ line\ 1\ at\ RAISE\n
migration\ "11",\ statement\ 2,\ line\ 1,\ column\ 11\n
SCHEMA\ NAME:\ \ s\n
TABLE\ NAME:\ \ t\n
COLUMN\ NAME:\ \ c\n
DATATYPE\ NAME:\ \ d\n
CONSTRAINT\ NAME:\ \ n\n/x, 'an error has all its fields');
$session->query_safe("SELECT migrate_unstamp('11'), migrate_unregister('11')");

#
# Who is in the way
#

# at the gate
{
	my $holder = session($node, 'postgres');

	$holder->query_safe("SET application_name = 'the holder'; BEGIN; SELECT migrate_apply('20', '', '')");
	$session->query_safe("SET neon_migrate.wait_timeout = '50ms'");
	$session->query('CALL migrate_up()');
	like(
		lines($session->messages), qr/\A
ERROR:\ \ another\ migration\ is\ in\ progress,\ waited\ 50\ ms\ for\ it\n
DETAIL:\ \ Process\ $holder->{pid},\ user\ "[^"]+",\ application\ "the\ holder",\ holds\ the\ gate\ since\ 20[-0-9:. ]+\+?\w*\.\n
HINT:\ \ Wait\ for\ it,\ raise\ neon_migrate.wait_timeout,\ or\ end\ it\ with\ SELECT\ pg_terminate_backend\($holder->{pid}\)\.\Z/x,
		'a transaction holds the gate');
	$holder->query_safe("PREPARE TRANSACTION 'it''s mine'");
	$holder->quit;
	$session->query('CALL migrate_down()');
	like(
		lines($session->messages), qr/\A
ERROR:\ \ another\ migration\ is\ in\ progress,\ waited\ 50\ ms\ for\ it\n
DETAIL:\ \ Prepared\ transaction\ "it's\ mine"\ of\ user\ "[^"]+"\ holds\ the\ gate\ since\ 20[-0-9:. ]+\+?\w*\.\n
HINT:\ \ End\ it\ with\ COMMIT\ PREPARED\ or\ ROLLBACK\ PREPARED\ 'it''s\ mine'\.\Z/x,
		'a prepared transaction holds the gate');
	is($control->query_safe('SELECT gate_holder FROM migrate_health()'), '-1', '... which has no process');
	$session->query_safe("ROLLBACK PREPARED 'it''s mine'; RESET neon_migrate.wait_timeout");
}

# at a table
{
	my $holder = session($node, 'postgres');

	$holder->query_safe("SET application_name = 'the reader'; BEGIN; SELECT count(*) FROM t");
	$session->query_safe("SET neon_migrate.lock_timeout = '60ms'; SET neon_migrate.lock_retries = 1");
	# (otherwise psql keeps to itself where a NOTICE comes from)
	$session->query_safe('\set SHOW_CONTEXT always');
	$session->query("CALL migrate_run('21', 'VACUUM t; SELECT 1; ALTER TABLE t ADD c int')");
	my $blocker = qr/It waited for AccessExclusiveLock on "t"; AccessShareLock is held by process $holder->{pid}, user "[^"]+", application "the reader", in its transaction for \d+\.\d s: SELECT count\(\*\) FROM t\./;
	like(
		lines($session->messages), qr/\A
NOTICE:\ \ migration\ "21",\ step\ 1\ of\ 2:\ VACUUM\n
(CONTEXT:\ \ migration\ "21",\ statement\ 1,\ line\ 1,\ column\ 1\n)?
NOTICE:\ \ migration\ "21"\ ran\ into\ its\ lock\ timeout,\ trying\ again\ \(1\ of\ 1\)\n
DETAIL:\ \ $blocker\n
CONTEXT:\ \ migration\ "21",\ statement\ 3,\ line\ 1,\ column\ 21\n
ERROR:\ \ canceling\ statement\ due\ to\ lock\ timeout\n
DETAIL:\ \ The\ migration\ was\ tried\ 2\ times\.\ $blocker\n
HINT:\ \ Raise\ neon_migrate.lock_timeout\ or\ neon_migrate.lock_retries,\ or\ end\ the\ sessions\ that\ hold\ the\ lock\.\n
CONTEXT:\ \ migration\ "21",\ statement\ 3,\ line\ 1,\ column\ 21/x, 'a reader is in the way of a step');
	# of a step that is alone, before it has begun
	$holder->query_safe("COMMIT; BEGIN; LOCK TABLE t");
	$session->query_safe("SELECT migrate_unstamp('21'), migrate_unregister('21')");
	$session->query("CALL migrate_run('22', 'SELECT 1; CREATE INDEX CONCURRENTLY ON t (a, b)')");
	like(
		lines($session->messages), qr/
NOTICE:\ \ migration\ "22"\ ran\ into\ its\ lock\ timeout,\ trying\ again\ \(1\ of\ 1\)\n
DETAIL:\ \ It\ waited\ for\ \w+\ on\ "t";\ AccessExclusiveLock\ is\ held\ by\ process\ $holder->{pid},.*\n
CONTEXT:\ \ migration\ "22",\ statement\ 2,\ line\ 1,\ column\ 11\n
.*
ERROR:\ \ canceling\ statement\ due\ to\ lock\ timeout\n
DETAIL:\ \ The\ migration\ was\ tried\ 2\ times\.\ It\ waited\ for.*\n
HINT:\ \ .*\n
CONTEXT:\ \ migration\ "22",\ statement\ 2,\ line\ 1,\ column\ 11/xs, 'somebody is in the way of a build');
	$holder->query_safe('COMMIT');
	$holder->quit;
	$session->query_safe('\set SHOW_CONTEXT errors');
	$session->query_safe("SELECT migrate_unstamp('22'), migrate_unregister('22')");
	$session->query_safe('RESET neon_migrate.lock_timeout; RESET neon_migrate.lock_retries');
}

#
# Meanwhile, for others
#

# Starts SQL in the session and waits until it waits for a lock.
sub start_and_wait
{
	my ($sql, $event) = @_;

	$session->start($sql);
	wait_until($control, "SELECT wait_event = '$event' FROM pg_stat_activity WHERE pid = $session->{pid}", "it waits: $sql");
	return;
}

my $activity = "SELECT query FROM pg_stat_activity WHERE pid = $session->{pid}";
my $progress = 'SELECT version, direction, step, steps, pid, command, relation, phase, started_at <= clock_timestamp() FROM migrate_progress';
my $looks = <<'SQL' =~ s/;\n$//r;
SELECT ok, current, pending, interrupted, gate_holder, detail, (SELECT string_agg(version || ' ' || state, ', ') FROM migrate_status WHERE version LIKE '3_') FROM migrate_health();
SQL
my $holder = session($node, 'postgres');
$session->query_safe('SET neon_migrate.lock_timeout = 0');
my $old = session($node, 'postgres');

# an index is being built
$old->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class');
start_and_wait("CALL migrate_run('30', 'SELECT 1;\n  CREATE INDEX CONCURRENTLY thirty\nON t (a); SELECT 2', 'DROP INDEX CONCURRENTLY thirty')", 'virtualxid');
is($control->query_safe($activity), qq{migration "30" up (1 of 1), step 2 of 3: CREATE INDEX CONCURRENTLY thirty\nON t (a)},
	'a build: pg_stat_activity');
is($control->query_safe($progress), "30|up|2|3|$session->{pid}|CREATE INDEX CONCURRENTLY|t|waiting for old snapshots|t",
	'a build: migrate_progress');
is($control->query_safe('SELECT done, total FROM migrate_progress') =~ /^\d+\|\d+$/, 1, '... in numbers');
is($control->query_safe($looks), "f|10|1|0|$session->{pid}|a migration is running|30 running", 'a build: health and status');
is($control->query("SELECT migrate_require('30')"), '', 'a build: not there yet');
is(sqlstate($control->messages), '55000', '... not there yet');
$old->query_safe('COMMIT');
is($session->finish, 1, 'a build: done');
is($control->query_safe('SELECT count(*) FROM migrate_progress'), 0, 'a build: nothing is in progress any more');
like($control->query_safe($activity), qr/^CALL migrate_run|^;|^\\echo/, 'a build: the activity is the client\'s again');
is($control->query_safe($looks), "t|30|0|0||up to date at \"30\"|30 applied", 'a build: health and status after it');

# its index is being dropped
$old->query_safe('BEGIN; SELECT count(*) FROM t');
start_and_wait('CALL migrate_down()', 'virtualxid');
is($control->query_safe($activity), 'migration "30" down (1 of 1), step 1 of 1: DROP INDEX CONCURRENTLY thirty', 'down: pg_stat_activity');
is($control->query_safe($progress), "30|down|1|1|$session->{pid}||||t", 'down: migrate_progress');
$old->query_safe('COMMIT');
is($session->finish, 1, 'down: done');

# a transaction in a list
$session->query_safe(<<'SQL');
SELECT migrate_register('31', 'SELECT 1', ''), migrate_register('32', 'ALTER TABLE t ADD COLUMN c int; SELECT 1', 'ALTER TABLE t DROP COLUMN c'), migrate_register('33', 'SELECT 1', '')
SQL
$holder->query_safe('BEGIN; SELECT count(*) FROM t');
start_and_wait('CALL migrate_up()', 'relation');
is($control->query_safe($activity), 'migration "32" up (2 of 3), step 1 of 1: ALTER TABLE t ADD COLUMN c int', 'a list: pg_stat_activity');
is($control->query_safe($looks), "f|31|2|0|$session->{pid}|a migration is running|30 rolled_back, 31 applied, 32 pending, 33 pending",
	'a list: health and status');
is($control->query_safe($progress), '', 'a list: an ordinary transaction has no progress');
$holder->query_safe('COMMIT');
is($session->finish, 3, 'a list: done');

# one that was interrupted is not taken for the one that is running
$session->query("CALL migrate_run('40', 'VACUUM t; SELECT * FROM missing', '')");
is(sqlstate($session->messages), '42P01', 'interrupted: by an error');
my $killed = session($node, 'postgres');
$holder->query_safe('BEGIN; LOCK TABLE t');
$killed->query_safe('SET neon_migrate.lock_timeout = 0');
$killed->start("CALL migrate_run('41', 'SELECT 1; CREATE INDEX CONCURRENTLY fortyone ON t (a); SELECT 1; VACUUM t', '')");
wait_until($control, "SELECT wait_event = 'relation' FROM pg_stat_activity WHERE pid = $killed->{pid}", 'it waits');
$control->query_safe("SELECT pg_terminate_backend($killed->{pid})");
$killed->died;
wait_until($control, "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $killed->{pid}", 'it is gone');
my $of_forties = "SELECT string_agg(version || ' ' || state, ', ') FROM migrate_status WHERE version LIKE '4_'";
is($control->query_safe($of_forties), '40 failed, 41 interrupted', 'interrupted: two');
is($control->query_safe('SELECT ok, interrupted FROM migrate_health()'), 'f|2', 'interrupted: two, says health');
start_and_wait("CALL migrate_run('42', 'ALTER TABLE t ADD COLUMN d int', 'ALTER TABLE t DROP COLUMN d')", 'relation');
is($control->query_safe('SELECT ok, interrupted, gate_holder FROM migrate_health()'), "f|2|$session->{pid}",
	'another is running: still two are interrupted');
is($control->query_safe($of_forties), '40 failed, 41 interrupted', '... says the status');
is($control->query_safe($progress), '', '... and neither is in progress');
$holder->query_safe('COMMIT');
is($session->finish, 1, 'another is running: done');
# while one of the two goes on, the other is still interrupted
$session->query_safe("SELECT migrate_unstamp('40'), migrate_unregister('40')");
$old->query_safe('BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE');
start_and_wait("CALL migrate_up()", 'virtualxid');
is($control->query_safe($of_forties), '40 rolled_back, 41 running, 42 applied', 'it goes on: status');
is($control->query_safe('SELECT interrupted FROM migrate_health()'), 0, 'it goes on: health');
is($control->query_safe($progress), "41|up|2|4|$session->{pid}|CREATE INDEX CONCURRENTLY|t|waiting for writers before build|t", 'it goes on: progress');
$old->query_safe('COMMIT');
is($session->finish, 1, 'it goes on: done');

# VACUUM and CLUSTER have their own report
$node->safe_psql('postgres', 'CREATE TABLE big (a int PRIMARY KEY, b text); INSERT INTO big SELECT i, repeat(md5(i::text), 20) FROM generate_series(1, 20000) AS i');
$node->safe_psql('postgres', 'DELETE FROM big WHERE a % 2 = 0');
$session->start("CALL migrate_run('50', 'SET vacuum_cost_delay = 20; SET vacuum_cost_limit = 10; VACUUM big', '')");
wait_until($control, 'SELECT count(*) = 1 FROM migrate_progress WHERE command = \'VACUUM\'', 'VACUUM reports its progress');
like($control->query_safe($progress), qr/^50\|up\|2\|2\|$session->{pid}\|VACUUM\|big\|[a-z ]+\|t$/, 'VACUUM: progress');
$control->query_safe("SELECT pg_cancel_backend($session->{pid})");
$session->finish;
is(sqlstate($session->messages), '57014', 'VACUUM: cancelled');
$control->query_safe("SELECT migrate_unstamp('50'), migrate_unregister('50')");

# The statement in pg_stat_activity is cut between characters, wherever that is.
foreach my $pad (0 .. 4)
{
	my $sql = 'CREATE INDEX CONCURRENTLY ON t (a) WHERE b <> ' . "''" . ('x' x $pad) . ('aé€𝄞' x 60) . "''";

	$holder->query_safe('BEGIN; LOCK TABLE t');
	start_and_wait("CALL migrate_run('é $pad', '" . (my $bytes = $sql) . "', '')", 'relation');
	my ($control_out, $messages) = ($control->query($activity), $control->messages);
	is($messages, '', "cut with $pad bytes more: no complaint");
	like($control_out, qr/^migration "/, "... and text");
	is($control->query("SELECT octet_length(query) BETWEEN 150 AND 300, query = convert_from(convert_to(query, 'UTF8'), 'UTF8') FROM pg_stat_activity WHERE pid = $session->{pid}"),
		't|t', '... that is well-formed');
	$holder->query_safe('COMMIT');
	is($session->finish, 1, '... done');
}

nothing_open($node, 'postgres', 'in the end');
$_->quit foreach ($control, $session, $holder, $old);
no_assertion_failed($node);
$node->stop;
done_testing();
