# A session that migrates for a long time does not grow (I3).
#
# Ten thousand migrations in one session, each in a transaction of its own,
# and many in one transaction; what the server process has for itself (its
# memory without the shared buffers) grows by no more than a few megabytes
# after the first ones.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => '/proc/PID/status does not tell a process\'s own memory here'
  unless -r '/proc/self/status' && slurp_file('/proc/self/status') =~ /^RssAnon:/m;

my $bound = 8 * 1024;    # kB
my $node = new_node('main', conf => "neon_migrate.out_of_order = allow\n");
my $dir = PostgreSQL::Test::Utils::tempdir;

install($node, 'postgres');

# kB that belong to the process alone
sub own_memory
{
	my ($session) = @_;

	slurp_file('/proc/' . $session->pid . '/status') =~ /^RssAnon:\s+(\d+) kB/m or die;
	return $1;
}

# Runs a file of statements, and dies if one of them fails.
sub run_file
{
	my ($session, @statements) = @_;
	my $file = "$dir/statements.sql";

	unlink $file;
	append_to_file($file, join '', map { "$_ \\g /dev/null\n" } @statements);
	$session->query("\\i $file");
	die $session->messages if sqlstate($session->messages) ne '';
	return;
}

sub grows_little
{
	my ($what, $session, $warm_up, $work) = @_;

	$warm_up->();
	my $before = own_memory($session);
	$work->();
	my $growth = own_memory($session) - $before;

	note "$what: grew by $growth kB from $before kB";
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	cmp_ok($growth, '<', $bound, "$what: grew by less than 8 MB");
	return;
}

# 10,000 migrations that make no object
{
	my $session = session($node, 'postgres');
	my $apply = sub {
		map { sprintf "SELECT migrate_apply('m%05d', 'SELECT 1', 'SELECT 2')", $_ } @_;
	};

	grows_little(
		'10,000 applied',
		$session,
		sub { run_file($session, $apply->(1 .. 500)) },
		sub { run_file($session, $apply->(501 .. 10_000)) });
	is( $session->query(
			'SELECT count(*), max(seq), (SELECT applied FROM migrate_health()) FROM migrate_history'
		),
		'10000|10000|10000',
		'10,000 applied: all there');
	grows_little(
		'unchanged', $session,
		sub { run_file($session, $apply->(1 .. 100)) },
		sub { run_file($session, $apply->(101 .. 2_000)) });

	grows_little(
		'rolled back', $session,
		sub { run_file($session, ('SELECT migrate_rollback()') x 100) },
		sub { run_file($session, ('SELECT migrate_rollback()') x 1_900) });
	grows_little(
		'looked at',
		$session,
		sub { run_file($session, 'SELECT * FROM migrate_verify()') },
		sub {
			run_file(
				$session,
				("SELECT migrate_require('m00001')", 'SELECT migrate_health()') x 1_000,
				('SELECT * FROM migrate_verify()') x 5);
		});
	is($session->query('SELECT applied FROM migrate_health()'),
		8000, 'rolled back: the others are there');
	verify_is_ok($node, 'postgres', '10,000 applied: verified');
	$session->quit;
}

# with something in them: settings, temporary objects, prepared statements
{
	my $session = session($node, 'postgres');
	my $apply = sub {
		map {
			"SELECT migrate_apply('t$_', 'SET work_mem = 64; SET ROLE NONE; CREATE TEMP TABLE t (id int); PREPARE p AS SELECT 1; DECLARE c CURSOR WITH HOLD FOR SELECT 1; DROP TABLE t', 'SELECT 1')"
		} @_;
	};

	grows_little(
		'that touch the session',
		$session,
		sub { run_file($session, $apply->(1 .. 200)) },
		sub { run_file($session, $apply->(201 .. 2_000)) });
	is( $session->query(
			"SELECT (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors WHERE name <> ''), (SELECT count(*) FROM pg_class WHERE relpersistence = 't')"
		),
		'0|0|0',
		'that touch the session: nothing is left of it');
	$session->quit;
}

# that fail, in several ways
{
	my $session = session($node, 'postgres');
	my $fail = sub {
		map {
			<<"SQL" =~ s/\n/ /gr;
DO \$do\$BEGIN
PERFORM migrate_apply('f$_', 'CREATE TEMP TABLE t (id int); PREPARE p AS SELECT 1; SELECT 1 / 0');
EXCEPTION WHEN division_by_zero THEN
	BEGIN
	PERFORM migrate_apply('f$_', 'SELEC');
	EXCEPTION WHEN syntax_error THEN NULL; END;
END\$do\$
SQL
		} @_;
	};

	grows_little(
		'that fail', $session,
		sub { run_file($session, $fail->(1 .. 200)) },
		sub { run_file($session, $fail->(201 .. 3_000)) });
	$session->quit;
}

# large scripts
{
	my $session = session($node, 'postgres');
	my $large = sub {
		map { "SELECT migrate_apply('l$_', repeat('SELECT ''a literal''; ', 20000), '')" } @_;
	};

	grows_little(
		'of 400 kB each',
		$session,
		sub { run_file($session, $large->(1 .. 3)) },
		sub { run_file($session, $large->(4 .. 15)) });
	$session->quit;
}

# of very many statements, each of which needs memory of its own for a while
{
	my $session = session($node, 'postgres');

	is( $session->query(
			"SELECT migrate_apply('s', repeat('SELECT count(*) FROM pg_class AS a JOIN pg_class AS b USING (oid) WHERE false; ', 50000))"
		),
		'applied',
		'50,000 statements');
	my ($peak) = slurp_file('/proc/' . $session->pid . '/status') =~ /^VmHWM:\s+(\d+) kB/m;
	note "peak: $peak kB";
	cmp_ok($peak, '<', 512 * 1024, '50,000 statements: the peak is less than 512 MB');
	$session->quit;
}

# in one transaction
{
	my $session = session($node, 'postgres');
	my $apply = sub {
		map { "SELECT migrate_apply('o$_', 'SELECT 1', 'SELECT 2')" } @_;
	};

	grows_little(
		'2,000 in one transaction',
		$session,
		sub { run_file($session, 'BEGIN', $apply->(1 .. 200)) },
		sub { run_file($session, $apply->(201 .. 2_000)) });
	run_file($session, 'COMMIT');
	is( $session->query(
			"SELECT count(*) FROM migrate_status WHERE version ~ '^o\\d+\$' AND state = 'applied'"),
		2000,
		'2,000 in one transaction: all there');
	grows_little('2,000 rolled back in one call',
		$session, sub { },
		sub { $session->query_safe('SELECT count(*) FROM migrate_rollback(2000)') });
	verify_is_ok($node, 'postgres', 'verified at the end');
	$session->quit;
}

$node->stop;
done_testing();
