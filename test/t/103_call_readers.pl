# A table is read for a long time while a migration alters it; others read it
# every 50 ms.  Whoever asks while the ALTER TABLE waits has to wait as well: by
# plain psql as long as the long reader lasts, by a CALL not much longer than
# neon_migrate.lock_timeout.  In the end the migration gets through.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use NeonMigrateCall;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $readers = 8;
my $asks = 70;				# of each reader, every 50 ms
my $lasts = 2.0;			# seconds that the long reader lasts, with the ALTER TABLE waiting
my $lock_timeout = 500;
my $node = new_node('main', conf => "autovacuum = off\nmax_connections = 50\n");
my $dir = PostgreSQL::Test::Utils::tempdir;
my $control;

install($node, 'postgres');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE t (id int PRIMARY KEY);
CREATE TABLE quiet (id int);
INSERT INTO t SELECT generate_series(1, 100);
SQL
append_to_file("$dir/ask.sql", "SELECT count(*) FROM t;\n\\sleep 50 ms\n");
$control = session($node, 'postgres');

# Lets the readers ask, and meanwhile runs some SQL beside a long reader.
# Returns the longest that a reader had to wait, how long the SQL took (both in
# seconds), its output and its messages.
sub longest_stall
{
	my ($name, $sql, @settings) = @_;
	my $reader = session($node, 'postgres');
	my $migrator = session($node, 'postgres');
	my ($out, $err);
	my $bench = IPC::Run::start(
		[
			'pgbench', '-n', '-c', $readers, '-j', 2, '-t', $asks, '-l', '--log-prefix', "$dir/$name",
			'-f', "$dir/ask.sql", $node->connstr('postgres') . " application_name=asks"
		],
		'<', \undef, '>', \$out, '2>', \$err,
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));

	wait_until($control, "SELECT count(*) = $readers FROM pg_stat_activity WHERE application_name = 'asks'",
		'the readers ask');
	$reader->query_safe('BEGIN; SELECT count(*) FROM t');
	$migrator->query_safe($_) foreach (@settings);
	my $begin = time;
	$migrator->start($sql);
	wait_until($control, "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $migrator->{pid}", 'it waits');
	my $waited = time;
	# the length of this is what is measured against
	$reader->query_safe("SELECT pg_sleep($lasts)");
	$reader->query_safe('COMMIT');
	my $result = $migrator->finish;
	my $took = time - $begin;

	$bench->finish or die "pgbench failed: $err";
	my @waits = map { (split)[2] / 1e6 - 0.05 } map { split /\n/, slurp_file($_) } glob("$dir/$name.*");
	is(scalar @waits, $readers * $asks, "$name: the readers have asked all the time");
	my ($longest) = sort { $b <=> $a } @waits;
	$_->quit foreach ($reader, $migrator);
	return ($longest, $took, $result, $migrator->messages);
}

my @settings = ("SET neon_migrate.lock_timeout = '${lock_timeout}ms'", 'SET neon_migrate.lock_retries = 100');
my ($longest, $took, $result, $messages) = longest_stall('psql', 'ALTER TABLE t ADD COLUMN a int');

note sprintf('plain psql: longest stall of a reader %.3f s, migration %.3f s', $longest, $took);
cmp_ok($longest, '>=', $lasts - 0.5, 'plain psql: readers wait as long as the long reader lasts');
cmp_ok($took, '>=', $lasts, 'plain psql: and so does the migration');

# Up to three times: the machine can be slow for once, the CALL cannot be quick
# by chance.
foreach my $case (
	[ 'whole', 'ALTER TABLE t ADD COLUMN b int; CREATE TABLE whole ()' ],
	[ 'step', 'VACUUM quiet; ALTER TABLE t ADD COLUMN c int; CREATE TABLE step (); VACUUM quiet' ],
	[ 'function', 'ALTER TABLE t ADD COLUMN d int' ])
{
	my ($name, $script) = @$case;

	for (my $try = 1; $try <= 3; $try++)
	{
		my $call = $name eq 'function' ? "SELECT migrate_apply('$name $try', '$script', NULL)" : "CALL migrate_run('$name $try', '$script')";

		($longest, $took, $result, $messages) = longest_stall("$name$try", $call, @settings);
		note sprintf('%s: longest stall of a reader %.3f s, migration %.3f s', $name, $longest, $took);
		last if $longest < 2 * $lock_timeout / 1000;
		my ($column) = $script =~ /COLUMN (\w)/;
		$node->safe_psql('postgres', "ALTER TABLE t DROP COLUMN $column; DROP TABLE IF EXISTS $name");
	}
	is($result, $name eq 'function' ? 'applied' : 1, "$name: the migration gets through");
	cmp_ok($longest, '<', 2 * $lock_timeout / 1000, "$name: no reader waited twice as long as lock_timeout");
	cmp_ok($took, '>=', $lasts, "$name: though it took as long as the long reader lasted");
	my @tries = $messages =~ /NOTICE: .*ran into its lock timeout, trying again/g;
	cmp_ok(scalar @tries, '>=', 2, "$name: it was tried again and again");
	like(
		$messages,
		qr/DETAIL:  It waited for AccessExclusiveLock on "t"; AccessShareLock is held by process \d+, user "[^"]+", application "[^"]*", in its transaction for \d+\.\d s: SELECT pg_sleep\($lasts\)/,
		"$name: and says on whom it waited");
}
is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_attribute WHERE attrelid = \'t\'::regclass AND attname IN (\'a\', \'b\', \'c\', \'d\')'),
	4, 'all is there');
nothing_open($node, 'postgres', 'in the end');

# With no tries left it gives up, and the readers have lost no more
{
	my ($longest, $took, $result, $messages) = longest_stall('gives_up',
		"CALL migrate_run('gives up', 'ALTER TABLE t ADD COLUMN e int')",
		"SET neon_migrate.lock_timeout = '200ms'", 'SET neon_migrate.lock_retries = 1');

	is(sqlstate($messages), '55P03', 'gives up: SQLSTATE');
	like($messages, qr/DETAIL:  The migration was tried 2 times\. It waited for AccessExclusiveLock on "t"/, 'gives up: why');
	cmp_ok($took, '<', $lasts + 2, 'gives up: in time');
}

$control->quit;
no_assertion_failed($node);
$node->stop;
done_testing();
