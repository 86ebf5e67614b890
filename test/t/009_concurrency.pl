# Many sessions migrate at once (I1, I2).
#
# Every version is applied once, whoever is first; all others are told that
# it is there, or that somebody is at it.  No error is a raw one of the
# server's: no duplicate key, no deadlock, no internal error.
#
# NM_ROUNDS sets how many rounds of two sessions there are.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $rounds = $ENV{NM_ROUNDS} || 30;
my $node = new_node('main', conf => "max_connections = 100\nneon_migrate.out_of_order = allow\n");
my $start_line = session($node, 'postgres');

install($node, 'postgres');

# Runs each SQL in a psql of its own, all let go at the same moment.  Returns
# the outputs and messages.
sub all_at_once
{
	my ($count, $sql_of) = @_;
	my @clients;

	$start_line->query_safe('SELECT pg_advisory_lock(20045)');
	foreach my $i (1 .. $count)
	{
		my $client = { in => '', out => '', err => '' };

		$client->{in} = <<"SQL" . $sql_of->($i) . ";\n";
SELECT pg_advisory_lock_shared(20045), pg_advisory_unlock_shared(20045) \\g /dev/null
SQL
		$client->{run} = IPC::Run::start(
			[ 'psql', '-XAtqd', $node->connstr('postgres'), '-v', 'VERBOSITY=verbose', '-f', '-' ],
			'<',
			\$client->{in},
			'>',
			\$client->{out},
			'2>',
			\$client->{err},
			IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
		push @clients, $client;
	}
	$_->{run}->pump_nb foreach (@clients);
	$node->poll_query_until('postgres',
		"SELECT count(*) = $count FROM pg_locks WHERE locktype = 'advisory' AND objid = 20045 AND NOT granted"
	) or die 'not all are at the start';
	$start_line->query_safe('SELECT pg_advisory_unlock(20045)');
	$_->{run}->finish foreach (@clients);
	return @clients;
}

# How many outputs or SQLSTATEs of each kind are there?
sub count_outcomes
{
	my %count;

	foreach my $client (@_)
	{
		my $state = sqlstate($client->{err});

		chomp(my $out = $client->{out});
		$count{ $state ne '' ? $state : $out }++;
	}
	return join ', ', map { "$count{$_} $_" } sort keys %count;
}

my $create = "'CREATE TABLE %s (id int PRIMARY KEY); INSERT INTO %s VALUES (1)', 'DROP TABLE %s'";

#
# Fifty sessions
#

{
	my $apply = sprintf "SELECT migrate_apply('one', $create)", ('one') x 3;
	my @clients = all_at_once(50, sub { $apply });

	is(count_outcomes(@clients), '1 applied, 49 unchanged', '50 sessions, one version');
	sql_is(
		$node,
		'postgres',
		'SELECT count(*) FROM migrate_history; SELECT count(*) FROM one; SELECT applied FROM migrate_health()',
		"1\n1\n1",
		'50 sessions, one version: once');
}

{
	my $apply =
	  "SET neon_migrate.wait_timeout = 0; SELECT migrate_apply('two', 'CREATE TABLE two (id int)', 'DROP TABLE two')";
	my $outcomes = count_outcomes(all_at_once(50, sub { $apply }));

	like(
		$outcomes,
		qr/^(\d+ 55P03, )?1 applied(, \d+ unchanged)?$/,
		'50 sessions that do not wait: one gets in, the others are told why not');
	sql_is($node, 'postgres', "SELECT count(*) FROM migrate_history WHERE version = 'two'",
		1, '50 sessions that do not wait: once');
}

{
	my @clients =
	  all_at_once(50, sub { sprintf "SELECT migrate_apply('v$_[0]', $create)", ("v$_[0]") x 3 });

	is(count_outcomes(@clients), '50 applied', '50 sessions, each with a version of its own');
	sql_is($node, 'postgres', <<'SQL', "52|52|52\n50", '... all are there');
SELECT count(*), max(seq), (SELECT applied FROM migrate_health()) FROM migrate_history;
SELECT count(*) FROM pg_class WHERE relname ~ '^v\d+$';
SQL
	verify_is_ok($node, 'postgres', '... verified');
}

{
	my $outcomes = count_outcomes(all_at_once(50, sub { 'SELECT migrate_rollback()' }));
	my $left = $node->safe_psql('postgres',
		'SELECT version FROM migrate_status WHERE state = \'applied\' ORDER BY version');

	is($left, "one\ntwo", '50 sessions, each with a rollback of one');
	my @outcomes = split /, /, $outcomes;
	is(scalar(grep { /^1 v\d+$/ } @outcomes), 50, '... each of another version');
	verify_is_ok($node, 'postgres', '... verified');
}

{
	my $outcomes = count_outcomes(
		all_at_once(
			50,
			sub {
				$_[0] % 2
				  ? 'SELECT count(*) FROM migrate_rollback_all()'
				  : "SELECT migrate_redo('one')";
			}));

	like($outcomes, qr/\b1 2\b/,
		'50 sessions, with a rollback of all or a redo: one rolls back both');
	unlike($outcomes, qr/23505|40P01|XX000|42P0/, '... no raw error');
	sql_is($node, 'postgres', 'SELECT applied FROM migrate_health()', 0, '... nothing is left');
	verify_is_ok($node, 'postgres', '... verified');
}

#
# Rounds of two
#

{
	my @pair = map { session($node, 'postgres') } 1 .. 2;
	my %seen;
	my $bad = '';

	foreach my $round (1 .. $rounds)
	{
		# of four sorts: the same version; two versions; apply and rollback;
		# in a block of the caller's, one of which ends in a ROLLBACK
		my $sort = $round % 4;
		my $apply = sprintf "SELECT migrate_apply('r$round', $create)", ("r$round") x 3;
		my $other = sprintf "SELECT migrate_apply('o$round', $create)", ("o$round") x 3;
		my @sql =
			$sort == 0 ? ($apply, $apply)
		  : $sort == 1 ? ($apply, $other)
		  : $sort == 2 ? ($apply, 'SELECT migrate_rollback()')
		  : ("BEGIN; $apply; ROLLBACK", "BEGIN; $apply; COMMIT");

		$start_line->query_safe('SELECT pg_advisory_lock(20045)');
		foreach my $i (0, 1)
		{
			$pair[$i]->start(
				"SELECT pg_advisory_lock_shared(20045), pg_advisory_unlock_shared(20045) \\g /dev/null\n$sql[$i]"
			);
		}
		$node->poll_query_until('postgres',
			"SELECT count(*) = 2 FROM pg_locks WHERE locktype = 'advisory' AND objid = 20045 AND NOT granted"
		) or die 'not both are at the start';
		$start_line->query_safe('SELECT pg_advisory_unlock(20045)');

		my @outcome;
		foreach my $session (@pair)
		{
			my $out = $session->finish;
			my $state = sqlstate($session->messages);

			push @outcome, $state ne '' ? $state : $out =~ s/\s+/ /gr;
		}
		$seen{$sort}{"@outcome"}++;

		my $good =
			$sort == 0 ? [ 'applied unchanged', 'unchanged applied' ]
		  : $sort == 1 ? ['applied applied']
		  : $sort == 2 ? undef
		  : [ 'applied applied', 'unchanged applied' ];
		$bad .= "round $round: @outcome\n"
		  if $good ? !grep { $_ eq "@outcome" } @$good : "@outcome" !~ /^applied [or]?\d*$/;
		if ($sort == 3 || $sort == 0)
		{
			my $count = $node->safe_psql('postgres',
				"SELECT count(*), (SELECT count(*) FROM pg_class WHERE relname = 'r$round') FROM migrate_history WHERE version = 'r$round'"
			);

			$bad .= "round $round: there are $count\n" if $count ne '1|1';
		}
	}
	note explain \%seen;
	is($bad, '', "$rounds rounds of two: each ends as it should");
	verify_is_ok($node, 'postgres', "$rounds rounds of two: verified");
	gate_is_free($node, 'postgres', "$rounds rounds of two: the gate is free");
	$_->quit foreach (@pair);
}

#
# A medley: pgbench with every function, over both simple and extended protocol
#

{
	my $script = PostgreSQL::Test::Utils::tempdir . '/medley.sql';

	$node->safe_psql('postgres', "SELECT count(*) FROM migrate_rollback_all()");
	append_to_file($script, <<'SQL');
\set v random(1, 8)
\set what random(1, 10)
\if :what <= 3
SELECT migrate_apply('m' || :v, 'SELECT 1', 'SELECT 2');
\elif :what = 4
SELECT migrate_apply('m' || :v, 'SELECT 1', 'SELECT ' || :what, 'v' || :v);
\elif :what = 5
SELECT migrate_rollback();
\elif :what = 6
SELECT migrate_stamp('m' || :v, 'SELECT 1', 'SELECT 2');
\elif :what = 7
BEGIN;
SELECT migrate_apply('m' || :v, 'SELECT 1', 'SELECT 2');
SELECT migrate_rollback(2);
ROLLBACK;
\elif :what = 8
BEGIN;
SELECT migrate_apply('m' || :v, 'SELECT 1', 'SELECT 2');
SELECT migrate_apply('m9', 'SELECT 1', 'SELECT 2');
END;
\elif :what = 9
SELECT count(*) FROM migrate_verify() WHERE NOT ok;
\else
SELECT applied = (SELECT count(*) FROM migrate_status WHERE state = 'applied') FROM migrate_health();
\endif
SQL
	foreach my $protocol ('simple', 'extended', 'prepared')
	{
		$node->command_checks_all(
			[
				'pgbench', '-n', '-M', $protocol, '-c', 10, '-j', 2, '-t', 40, '-f', $script,
				$node->connstr('postgres')
			],
			0,
			[qr{processed: 400/400}],
			[qr/\A((?!ERROR|failed|aborted).)*\z/s],
			"medley, $protocol protocol");
		verify_is_ok($node, 'postgres', "medley, $protocol protocol: verified");
	}
	sql_is($node, 'postgres', <<'SQL', "t\nt\nt", 'medley: what the ledger says adds up');
SELECT count(*) = max(seq) FROM migrate_history;
SELECT applied = (SELECT count(*) FROM migrate_status WHERE state = 'applied') FROM migrate_health();
SELECT bool_and(coalesce(newest_version, '') IN ('', (
	SELECT coalesce(s.version, '') FROM migrate_status AS s WHERE s.state = 'applied'
	ORDER BY migrate_version_key(s.version) DESC LIMIT 1)))
FROM (SELECT * FROM migrate_ledger ORDER BY seq DESC LIMIT 1) AS tail;
SQL
}

$start_line->quit;
$node->stop;
done_testing();
