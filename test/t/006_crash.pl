# The server goes down in the middle of a migration, or right after one (I1,
# I6, I7).
#
# After recovery a migration that was not committed has left neither effects
# nor an entry in the ledger; one that was has left both.  The gate is free
# and the chain whole, and migrations go on.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', conf => <<'CONF');
restart_after_crash = on
synchronous_commit = on
neon_migrate.lock_timeout = 0
CONF

install($node, 'postgres');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE victim (id int PRIMARY KEY, t text);
INSERT INTO victim SELECT i, 'before' FROM generate_series(1, 1000) AS i;
SELECT migrate_apply('0', 'CREATE TABLE base (id int)', 'DROP TABLE base');
SQL

# Statements of every sort, with whatever is to hold them in the middle
sub migration
{
	my ($version, $hold) = @_;

	return "SELECT migrate_apply('$version', "
	  . literal(
		<<"SQL") . ", 'DROP TABLE half_done; ALTER TABLE victim DROP COLUMN half; DROP TYPE half_type')";
CREATE TABLE half_done (id int PRIMARY KEY);
INSERT INTO half_done SELECT generate_series(1, 5000);
CREATE TYPE half_type AS ENUM ('a', 'b');
ALTER TABLE victim ADD COLUMN half half_type DEFAULT 'a';
UPDATE victim SET t = 'after';
$hold;
CREATE INDEX half_index ON half_done (id);
SQL
}

# What the database looks like when nothing of it is there
sub nothing_left
{
	my ($name, $head) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	sql_is($node, 'postgres', <<'SQL', "t|t|0|1000\n0", "$name: nothing of it is left");
SELECT to_regclass('half_done') IS NULL, to_regtype('half_type') IS NULL,
	(SELECT count(*) FROM pg_attribute WHERE attrelid = 'victim'::regclass AND attname = 'half'),
	(SELECT count(*) FROM victim WHERE t = 'before');
SELECT current FROM migrate_health();
SQL
	verify_is_ok($node, 'postgres', "$name: verified", head => $head);
	gate_is_free($node, 'postgres', "$name: the gate is free");
	return;
}

my $head = ledger_head($node, 'postgres');

# the backend is killed while it sleeps
{
	my $migrator = session($node, 'postgres');

	$migrator->start(migration('1', 'SELECT pg_sleep(3600)'));
	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $migrator->{pid} AND wait_event = 'PgSleep'"
	) or die 'it did not get to its sleep';
	is($node->safe_psql('postgres', 'SELECT gate_holder FROM migrate_health()'),
		$migrator->pid, 'killed in a sleep: it holds the gate');
	kill_backend($node, $migrator->pid);
	like(
		$migrator->died,
		qr/server closed the connection|connection to server was lost/,
		'killed in a sleep: the client hears of it');
	server_is_back($node);
	nothing_left('killed in a sleep', $head);
}

# the backend is killed while it waits for a table
{
	my $locker = session($node, 'postgres');
	my $migrator = session($node, 'postgres');

	$node->safe_psql('postgres', 'CREATE TABLE IF NOT EXISTS contended (id int)');
	$locker->query_safe('BEGIN; LOCK TABLE contended');
	$migrator->start(migration('1', 'ALTER TABLE contended ADD COLUMN x int'));
	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $migrator->{pid} AND wait_event_type = 'Lock'"
	) or die 'it did not get to its lock';
	kill_backend($node, $migrator->pid);
	$migrator->died;
	$locker->died;
	server_is_back($node);
	nothing_left('killed at a lock', $head);
}

# the server is stopped while a migration waits, and another one for that
{
	my $locker = session($node, 'postgres');
	my $migrator = session($node, 'postgres');
	my $waiter = session($node, 'postgres');

	$locker->query_safe('BEGIN; LOCK TABLE contended');
	$migrator->start(migration('1', 'ALTER TABLE contended ADD COLUMN x int'));
	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $migrator->{pid} AND wait_event_type = 'Lock'"
	) or die 'it did not get to its lock';
	$waiter->start("SELECT migrate_apply('2', 'CREATE TABLE two (id int)')");
	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_locks WHERE pid = $waiter->{pid} AND locktype = 'advisory' AND NOT granted"
	) or die 'it did not get to the gate';
	$node->stop('immediate');
	$_->died foreach ($locker, $migrator, $waiter);
	$node->start;
	nothing_left('stopped', $head);
	is($node->safe_psql('postgres', "SELECT to_regclass('two') IS NULL"),
		't', 'stopped: nor of the one that waited');
}

# the server is stopped in a transaction that has migrated, but not committed
{
	my $migrator = session($node, 'postgres');

	$migrator->query_safe('BEGIN; ' . migration('1', 'SELECT 1'));
	$node->safe_psql('postgres', 'CHECKPOINT');
	$node->stop('immediate');
	$migrator->died;
	$node->start;
	nothing_left('stopped before the commit', $head);
}

# the server is stopped right after the commit
foreach my $round (1 .. 3)
{
	my $migrator = session($node, 'postgres');

	is($migrator->query(migration("1-$round", 'SELECT 1')), 'applied', "round $round: applied");
	$node->stop('immediate');
	$migrator->died;
	$node->start;
	sql_is($node, 'postgres', <<'SQL', "5000|1000\n1-$round", "round $round: it is there");
SELECT (SELECT count(*) FROM half_done), (SELECT count(*) FROM victim WHERE t = 'after' AND half = 'a');
SELECT current FROM migrate_health();
SQL
	sql_is($node, 'postgres', migration("1-$round", 'SELECT 1'),
		'unchanged', "round $round: and is not applied twice");

	$migrator = session($node, 'postgres');
	is($migrator->query('SELECT migrate_rollback()'), "1-$round", "round $round: rolled back");
	$node->stop('immediate');
	$migrator->died;
	$node->start;
	sql_is($node, 'postgres',
		"SELECT to_regclass('half_done') IS NULL; SELECT current FROM migrate_health()",
		"t\n0", "round $round: that stays, too");
	$node->safe_psql('postgres', "UPDATE victim SET t = 'before'");
	verify_is_ok($node, 'postgres', "round $round: verified");
}

# The server is stopped at any time while a client applies one migration after
# another: what is in the ledger and what is in the schema is the same, and
# everything that the client was told of is in both.
foreach my $round (1 .. 3)
{
	my $client = session($node, 'postgres');
	my $file = PostgreSQL::Test::Utils::tempdir . '/storm.sql';

	foreach my $n (map { sprintf '%04d', $_ } 1 .. 5000)
	{
		append_to_file($file,
			"SELECT 'done ' || migrate_apply('r$round-$n', 'CREATE TABLE r${round}_$n (id int)', 'DROP TABLE r${round}_$n') || ' $n';\n"
		);
	}
	$client->start("\\i $file");
	pump_until(
		$client->{psql}->{run},
		$client->{psql}->{timeout},
		\$client->{psql}->{stdout},
		qr/^done applied 00@{[ 10 + 20 * $round ]}$/m);
	$node->stop('immediate');
	$client->died;
	my @told = $client->{psql}->{stdout} =~ /^done applied (\d+)\n/mg;

	$node->start;
	my $ledger = $node->safe_psql('postgres',
		"SELECT substr(version, 4) FROM migrate_status WHERE version LIKE 'r$round-%' AND state = 'applied'"
	);
	my $tables = $node->safe_psql('postgres',
		"SELECT substr(relname, 4) FROM pg_class WHERE relname LIKE 'r$round\\_%' ORDER BY 1");
	my @ledger = split /\n/, $ledger;

	is($ledger, $tables, "any time, round $round: ledger and schema agree");
	cmp_ok(scalar @ledger, '<', 5000, "any time, round $round: it was in the middle");
	cmp_ok(scalar @ledger,
		'>=', scalar @told, "any time, round $round: all that the client was told of is there");
	is("@ledger[0 .. $#told]", "@told", "any time, round $round: ... and the first ones");
	verify_is_ok($node, 'postgres', "any time, round $round: verified");
	gate_is_free($node, 'postgres', "any time, round $round: the gate is free");
}

$node->stop;
done_testing();
