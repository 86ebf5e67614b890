# The session is put back (I3), even if that is interrupted, too.
#
# After a migration in steps its temporary objects are dropped.  That can have
# to wait, if something permanent depends on one of them; then it is timed out or
# cancelled like anything else.  Settings, role and prepared statements are put
# back all the same.  Then a storm of cancels, which hit anything anywhere.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use NeonMigrateCall;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', conf => "autovacuum = off\nneon_migrate.out_of_order = allow\n");

install($node, 'postgres');
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE helper;
CREATE TABLE t (a int);
CREATE TABLE depends (a int);
CREATE TABLE log (a int);
SQL

my $control = session($node, 'postgres');
my $state = <<'SQL';
SELECT string_agg(item, E'\n' ORDER BY item COLLATE "C") FROM (
	SELECT format('%s=%s', name, setting) AS item FROM pg_settings WHERE source = 'session'
		AND name NOT IN ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable')
	UNION ALL SELECT 'search_path ' || current_setting('search_path')
	UNION ALL SELECT 'user ' || current_user || ' ' || session_user || ' ' || current_setting('role')
	UNION ALL SELECT 'custom ' || coalesce(nullif(current_setting('my.custom', true), ''), 'none')
	UNION ALL SELECT 'prepared ' || name FROM pg_prepared_statements
	UNION ALL SELECT 'lock ' || locktype FROM pg_locks WHERE pid = pg_backend_pid() AND locktype NOT IN ('relation', 'virtualxid')
	UNION ALL SELECT 'cursor ' || name FROM pg_cursors WHERE is_holdable
	UNION ALL SELECT 'listening ' || pg_listening_channels()) AS s
SQL
my $set = 'SET work_mem = \'77kB\'; SET search_path = nowhere, public; SET my.custom = \'left\'; PREPARE p AS SELECT 1;';
my $temporary = 'CREATE TYPE pg_temp.ty AS (a int); ALTER TABLE depends ADD COLUMN c pg_temp.ty;';

foreach my $case (
	[ 'succeeds, then waits', '', '' ],
	[ 'succeeds, then cancelled', '', 'cancel' ],
	[ 'fails, then waits', 'SELECT 1 / 0;', '' ],
	[ 'fails, then cancelled', 'SELECT 1 / 0;', 'cancel' ])
{
	my ($name, $fails, $cancel) = @$case;
	my $session = session($node, 'postgres');
	my $stop = session($node, 'postgres');
	my $reader = session($node, 'postgres');

	# (a setting is one of its own only once the library is loaded)
	$session->query_safe("SELECT migrate_require(); SET neon_migrate.lock_timeout = '100ms'; SET neon_migrate.lock_retries = 0");
	my $before = $session->query_safe($state);

	# it is stopped near its end, until there is a reader in the way of what follows
	$stop->query_safe('BEGIN; LOCK TABLE log');
	$session->start("CALL migrate_run('$name', "
		  . literal("$set $temporary VACUUM t; SET lock_timeout = 0; SELECT count(*) FROM log; SET lock_timeout = '1s'; VACUUM t; SET ROLE helper; $fails") . ')');
	wait_until($control, "SELECT wait_event = 'relation' FROM pg_stat_activity WHERE pid = $session->{pid}", 'it waits');
	$reader->query_safe('BEGIN; LOCK TABLE depends IN ACCESS SHARE MODE');
	$stop->query_safe('COMMIT');
	wait_until($control, "SELECT count(*) = 1 FROM pg_locks WHERE pid = $session->{pid} AND relation = 'depends'::regclass AND NOT granted", 'it waits again');
	if ($cancel)
	{
		$control->query_safe("SELECT pg_cancel_backend($session->{pid})");
	}
	else
	{
		$reader->query_safe('COMMIT');
	}
	$session->finish;
	is(sqlstate($session->messages), $fails ? '22012' : '', "$name: the outcome is that of the migration");
	if ($cancel)
	{
		like($session->messages, qr/WARNING: .*could not restore the session after migration "$name"\n.*HINT:  Close this connection/s,
			"$name: there is a warning");
		$reader->query_safe('COMMIT');
	}
	else
	{
		unlike($session->messages, qr/WARNING/, "$name: there is no warning");
		is(
			$control->query_safe('SELECT count(*) FROM pg_type WHERE typname = \'ty\''),
			0, "$name: the temporary type is gone");
	}
	is($session->query($state), $before, "$name: settings, role and the rest are as before");
	$_->quit foreach ($session, $stop, $reader);
	wait_until($control, 'SELECT count(*) = 0 FROM pg_type WHERE typname = \'ty\'', 'the session is gone');
	$control->query_safe("SELECT migrate_unstamp('$name')");
	$control->query_safe("SELECT migrate_unregister('$name')");
	is($control->query_safe("SELECT count(*) FROM pg_attribute WHERE attrelid = 'depends'::regclass AND attname = 'c'"),
		0, "$name: and with the type what depends on it");
}

#
# A storm of cancels
#

my $up = "$set CREATE TABLE storm (a int); CREATE INDEX CONCURRENTLY storm_a ON storm (a); SET ROLE helper; RESET ROLE; "
  . 'INSERT INTO storm VALUES (1); CREATE INDEX CONCURRENTLY ON storm (a); VACUUM storm; CREATE TABLE storm_too (); REINDEX TABLE CONCURRENTLY storm; INSERT INTO storm VALUES (2)';
my $down = "$set DROP INDEX CONCURRENTLY storm_a; DROP TABLE storm_too; VACUUM storm; DROP INDEX CONCURRENTLY storm_a_idx; DROP TABLE storm";

# (a prepared statement would end the first resumption; it is not about that)
s/ PREPARE p AS SELECT 1;// foreach ($up, $down);
my $rounds = 150;
my $victim = session($node, 'postgres');
my $storm = session($node, 'postgres');
my $before = $victim->query_safe($state);
my %count;

$victim->query_safe("SELECT migrate_register('storm', " . literal($up) . ', ' . literal($down) . ')');
srand(20045);
foreach my $round (1 .. $rounds)
{
	my $applied = $control->query_safe("SELECT state FROM migrate_status WHERE version = 'storm'");
	my $going_down = $control->query_safe("SELECT coalesce((SELECT direction = 'down' FROM migrate_history WHERE version = 'storm' ORDER BY seq DESC LIMIT 1), false)");
	my $call = $applied eq 'applied' || $going_down eq 't' ? 'CALL migrate_down()' : 'CALL migrate_up()';
	my $wait = rand(0.015);
	my $pause = rand(0.002);

	# two or three cancels, some of which find nothing to cancel any more
	$storm->start("SELECT pg_sleep($wait); SELECT pg_cancel_backend($victim->{pid}); SELECT pg_sleep($pause);"
		  . " SELECT pg_cancel_backend($victim->{pid}); SELECT pg_sleep($pause); SELECT pg_cancel_backend($victim->{pid})");
	$victim->query($call);
	my $outcome = sqlstate($victim->messages) || 'done';
	my $messages = $victim->messages;
	$storm->finish;
	$count{$outcome}++;

	my $after = '';
	for (1 .. 10)
	{
		$after = $victim->query($state);
		last if sqlstate($victim->messages) eq '';
	}
	if ($after ne $before || $outcome !~ /^(done|57014)$/)
	{
		is($after, $before, "storm, round $round, $call: the session is as before");
		fail("storm, round $round, $call: $outcome, $messages");
		last;
	}
}
note join(', ', map { "$_: $count{$_}" } sort keys %count);
is($count{done} + $count{57014}, $rounds, 'storm: each CALL ended well or cancelled, and left the session as it was');
cmp_ok($count{57014}, '>', 10, 'storm: many were hit');
cmp_ok($count{done}, '>', 0, 'storm: some were not');

# then it is calm, and what is left to do is done
if ($control->query_safe("SELECT count(*) FROM migrate_history AS h WHERE version = 'storm' AND direction = 'down' AND seq > (SELECT max(seq) FROM migrate_history WHERE version = 'storm' AND direction IS NULL)") > 0)
{
	$victim->query_safe("SET client_min_messages = warning; CALL migrate_down(); RESET client_min_messages");
}
$victim->query_safe("SET client_min_messages = warning");
$victim->query_safe('CALL migrate_up()');
$victim->query_safe('RESET client_min_messages');
is($control->query_safe("SELECT state FROM migrate_status WHERE version = 'storm'"), 'applied', 'storm: in the end it is applied');
is($control->query_safe('SELECT string_agg(a::text, \' \' ORDER BY a) FROM storm'), '1 2', 'storm: each row is there once');
is(
	$control->query_safe("SELECT string_agg(indexrelid::regclass::text, ' ' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = 'storm'::regclass AND indisvalid"),
	'storm_a storm_a_idx', 'storm: each index is there once');
nothing_open($node, 'postgres', 'storm');

$_->quit foreach ($control, $victim, $storm);
no_assertion_failed($node);
$node->stop;
done_testing();
