# A step that creates or drops a database is interrupted (I1, I6, I7): before it,
# or when it is finished and the ledger does not know yet.  The next CALL finds
# out which, up and down.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use NeonMigrateCall;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', conf => "autovacuum = off\nneon_migrate.lock_timeout = 0\nrestart_after_crash = on\n");
my $control;

install($node, 'postgres');
create_database($node, 'pattern');
$node->safe_psql('postgres', <<'SQL');
SELECT migrate_register('m', 'CREATE TABLE one (); CREATE DATABASE made TEMPLATE pattern; CREATE TABLE two ()',
	'DROP TABLE two; DROP DATABASE made; DROP TABLE one');
SQL

foreach my $way ('terminate', 'kill', 'stop')
{
	foreach my $where ('begun', 'unnoted')
	{
		foreach my $direction ('up', 'down')
		{
			my $name = "$direction, $where, $way";
			my $locked = $direction eq 'up' ? 'pattern' : 'made';
			my $migrator = session($node, 'postgres');
			my @holders = (session($node, 'postgres'));

			$control = session($node, 'postgres');
			# CREATE DATABASE wants its template, DROP DATABASE the database
			$holders[0]->query_safe("BEGIN; COMMENT ON DATABASE $locked IS 'held'");
			$migrator->start("CALL migrate_$direction()");
			wait_until($control, "SELECT wait_event = 'object' FROM pg_stat_activity WHERE pid = $migrator->{pid}", 'it waits');
			if ($where eq 'unnoted')
			{
				push @holders, session($node, 'postgres');
				$holders[1]->query_safe('BEGIN; LOCK TABLE migrate_ledger IN SHARE MODE');
				$holders[0]->query_safe('ROLLBACK');
				wait_until($control, "SELECT wait_event = 'relation' FROM pg_stat_activity WHERE pid = $migrator->{pid}", 'it waits again');
			}
			my $there = ($direction eq 'up') == ($where eq 'unnoted') ? 1 : 0;
			is($control->query_safe("SELECT count(*) FROM pg_database WHERE datname = 'made'"), $there, "$name: as it is meant to be");

			if ($way eq 'terminate')
			{
				$control->query_safe("SELECT pg_terminate_backend($migrator->{pid})");
				$migrator->died;
				$_->query_safe('ROLLBACK') foreach (@holders);
				$_->quit foreach (@holders, $control);
			}
			elsif ($way eq 'kill')
			{
				kill_backend($node, $migrator->pid);
				$_->died foreach ($migrator, @holders, $control);
				server_is_back($node);
			}
			else
			{
				$node->stop('immediate');
				$_->died foreach ($migrator, @holders, $control);
				$node->start;
			}
			is($node->safe_psql('postgres', 'SELECT state, interrupted FROM migrate_status, migrate_health()'),
				'interrupted|1', "$name: interrupted");
			my (undef, $out, $err) = run_sql($node, 'postgres', "CALL migrate_$direction()");
			is($out, 1, "$name: the next CALL finishes it") or diag($err);
			my $finished = qr/step 2 of 3: \w+ DATABASE was finished before/;
			$where eq 'unnoted' ? like($err, $finished, "$name: and knows that it was done") : unlike($err, $finished, "$name: and knows that it was not done");
			is(
				$node->safe_psql('postgres', "SELECT (SELECT count(*) FROM pg_database WHERE datname = 'made'), to_regclass('one') IS NOT NULL, to_regclass('two') IS NOT NULL"),
				$direction eq 'up' ? '1|t|t' : '0|f|f', "$name: all of it");
			is(history_since($node, 'postgres', 'm', $direction), '1 2 3', "$name: each step is done once");
			nothing_open($node, 'postgres', $name);
		}
	}
}

no_assertion_failed($node);
$node->stop;
done_testing();
