# NeonMigrateCall.pm: what the TAP tests of the procedures share, beside
# NeonMigrate.pm: how to hold a CALL at a chosen place, and how to compare what
# it has made with what plain psql makes.

package NeonMigrateCall;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use IPC::Run;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep time);

our @EXPORT = qw(
  wait_until copy_of plain_psql contents history_since nothing_open no_assertion_failed
);

# Waits until a query's result is true.  poll_query_until() runs a psql every
# 100 ms; this asks one session, so it sees what is short, too.
sub wait_until
{
	my ($session, $query, $what) = @_;
	my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;

	while (time < $deadline)
	{
		return if $session->query_safe("SELECT coalesce(($query), false)") eq 't';
		usleep(10_000);
	}
	die "waited in vain until $what: $query; "
	  . $session->query_safe("SELECT string_agg(format('%s %s %s %s %s', pid, state, wait_event_type, wait_event, query), E'\\n') FROM pg_stat_activity");
}

# A new database as a copy of another.
sub copy_of
{
	my ($node, $template, $name) = @_;

	$node->safe_psql('postgres', qq{CREATE DATABASE "$name" TEMPLATE "$template"});
	return $name;
}

# Runs a script as psql does a file: each statement on its own.
sub plain_psql
{
	my ($node, $database, $script) = @_;

	$node->safe_psql($database, $script);
	return;
}

# The schema, and all rows but those of the ledger, as pg_dump writes them.
sub contents
{
	my ($node, $database) = @_;
	my ($out, $err);

	IPC::Run::run(
		[
			'pg_dump', '--inserts', '--no-sync', '--exclude-table-data=*.migrate_*',
			'-d', $node->connstr($database)
		],
		'>', \$out, '2>', \$err)
	  or die "pg_dump failed: $err";
	# newer releases have a random word in it
	$out =~ s/^\\(un)?restrict .*\n//mg;
	return $out;
}

# The numbers of the steps that are done, in a direction, since the event that
# settled "version" before the last.
sub history_since
{
	my ($node, $database, $version, $direction) = @_;

	return $node->safe_psql($database, <<"SQL");
SELECT string_agg(h.step::text, ' ' ORDER BY h.seq) FROM migrate_history AS h
WHERE h.version = '$version' AND h.action = 'done' AND h.direction = '$direction'
AND h.seq > coalesce((SELECT seq FROM migrate_history WHERE version = '$version'
	AND direction IS NULL ORDER BY seq DESC OFFSET 1 LIMIT 1), 0)
SQL
}

# Is nothing left half-done, held or unsettled, and the ledger whole?
sub nothing_open
{
	my ($node, $database, $name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(
		$node->safe_psql($database, <<'SQL'), '', "$name: nothing is left open");
SELECT 'INVALID index ' || indexrelid::regclass FROM pg_index WHERE NOT indisvalid
UNION ALL SELECT 'pending detach of ' || inhrelid::regclass FROM pg_inherits WHERE inhdetachpending
UNION ALL SELECT format('lock of %s: %s', pid, mode) FROM pg_locks WHERE locktype = 'advisory'
UNION ALL SELECT format('%s is %s', version, state) FROM migrate_status WHERE state NOT IN ('applied', 'pending', 'rolled_back')
UNION ALL SELECT format('%s interrupted, gate held by %s', interrupted, gate_holder) FROM migrate_health()
	WHERE interrupted <> 0 OR gate_holder IS NOT NULL
UNION ALL SELECT 'progress of ' || version FROM migrate_progress
UNION ALL SELECT format('%s: %s', subject, detail) FROM migrate_verify() WHERE ok IS NOT TRUE AND subject <> 'schema'
SQL
	return;
}

# Has the server's log nothing of failed assertions and the like?
sub no_assertion_failed
{
	my ($node) = @_;
	my $log = slurp_file($node->logfile);
	my ($found) = $log =~ /^(.*(?:TRAP: |detected write past|PANIC: |XX000).*)$/m;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($found, undef, 'no assertion failed and nothing was overwritten');
	return;
}

1;
