# Migrations of a size that meets the server's limits (I1, I6).
#
# What is too large fails as a whole, by the server's own error, and leaves
# server, session, gate and ledger in order; what is only large works.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', conf => <<'CONF');
max_locks_per_transaction = 10
max_connections = 10
autovacuum = off
max_wal_size = 1GB
CONF

install($node, 'postgres');
$node->safe_psql('postgres', "SELECT migrate_apply('0', '', '')");
my $head = ledger_head($node, 'postgres');

#
# The lock table
#

foreach my $case ([ 'in one migration', 20000, '' ],
	[ 'in one migration, with a down', 20000, ', \'DROP TABLE t1\'' ])
{
	my ($how, $tables, $down) = @$case;
	my $session = session($node, 'postgres');

	$session->query(
		"SELECT migrate_apply('many', (SELECT string_agg(format('CREATE TABLE t%s (id int);', i), ' ' ORDER BY i) FROM generate_series(1, $tables) AS i)$down)"
	);
	is(sqlstate($session->messages), '53200', "lock table full, $how: SQLSTATE");
	like(
		$session->messages,
		qr/out of shared memory.*CONTEXT:.*migration "many", statement \d+, line 1, column \d+/s,
		"lock table full, $how: message");
	sql_is(
		$node,
		'postgres',
		"SELECT count(*) FROM pg_class WHERE relname ~ '^t\\d+\$'; SELECT current FROM migrate_health()",
		"0\n0",
		"lock table full, $how: nothing of it is left");
	verify_is_ok($node, 'postgres', "lock table full, $how: verified", head => $head);
	gate_is_free($node, 'postgres', "lock table full, $how: the gate is free");
	is( $session->query(
			"SELECT migrate_apply('few', 'CREATE TABLE few (id int)', 'DROP TABLE few')"),
		'applied',
		"lock table full, $how: the session goes on");
	is($session->query('SELECT migrate_rollback()'), 'few');
	$head = ledger_head($node, 'postgres');
	$session->quit;
}

# Filled by others, so that not even the gate's own locks fit
{
	my $hog = session($node, 'postgres');
	my $session = session($node, 'postgres');

	is($session->query("SELECT migrate_apply('0', '')"),
		'unchanged', 'lock table filled by others: before');
	$hog->query_safe('BEGIN');
	$hog->query(<<'SQL');
DO $$
BEGIN
	FOR i IN 1..100000 LOOP
		PERFORM pg_advisory_xact_lock(i);
	END LOOP;
EXCEPTION WHEN out_of_memory THEN
	RAISE EXCEPTION 'full';
END $$
SQL
	like($hog->messages, qr/full/, 'lock table filled by others: it can be');
	$hog->query_safe('ROLLBACK; BEGIN');

	# as full as it can be, and kept so
	$hog->query_safe(<<'SQL');
SET work_mem = '64MB';
DO $$
DECLARE
	i int := 0;
BEGIN
	LOOP
		BEGIN
			i := i + 1;
			PERFORM pg_advisory_lock(i);
		EXCEPTION WHEN out_of_memory THEN
			EXIT;
		END;
	END LOOP;
END $$;
COMMIT;
SQL
	$session->query("SELECT migrate_apply('full', 'CREATE TABLE full_1 (id int)')");
	is(sqlstate($session->messages), '53200', 'lock table filled by others: SQLSTATE');
	$hog->query_safe('SELECT pg_advisory_unlock_all()');
	$hog->quit;
	verify_is_ok($node, 'postgres', 'lock table filled by others: verified', head => $head);
	gate_is_free($node, 'postgres', 'lock table filled by others: the gate is free');
	is( $session->query(
			"SELECT migrate_apply('full', 'CREATE TABLE full_1 (id int)', 'DROP TABLE full_1')"),
		'applied',
		'lock table filled by others: the next try');
	$session->quit;
}

#
# Many statements
#

# 100,000 of one sort, the last of which fails at first
{
	my $count = 100_000;
	my $inserts = join '', map { "INSERT INTO big VALUES ($_, 'row $_');\n" } 1 .. $count;
	my $call = sub {
		my ($last) = @_;

		return
			"SELECT migrate_apply('big', "
		  . literal("CREATE TABLE big (id int PRIMARY KEY, t text);\n$inserts$last")
		  . ", 'DROP TABLE big')";
	};

	fails_with(
		$node,
		'postgres',
		$call->("INSERT INTO big VALUES (1, 'again');\n"),
		'23505',
		qr/migration "big", statement 100002, line 100002, column 1/,
		'100,000 statements and one that fails');
	is($node->safe_psql('postgres', "SELECT to_regclass('big') IS NULL"),
		't', '... nothing is left');
	sql_is($node, 'postgres', $call->(''), 'applied', '100,000 statements');
	sql_is($node, 'postgres', <<'SQL', "100000\n100001|100000|t|t", '... are all there');
SELECT count(*) FROM big;
SELECT statements, rows, wal_bytes > 0, duration > '0' FROM migrate_history WHERE version = 'big';
SQL
	sql_is($node, 'postgres', $call->('-- the same'), 'unchanged', '... unchanged');
	verify_is_ok($node, 'postgres', '... verified');
	sql_is($node, 'postgres', 'SELECT migrate_rollback()', 'big', '... rolled back');
}

# 5,000 of many sorts, of which each needs those before
{
	my ($up, $down) = ('', '');

	foreach my $i (1 .. 500)
	{
		my $t = "mixed_" . ($i % 20);

		if ($i <= 20)
		{
			$up .= "CREATE TABLE $t (id int PRIMARY KEY, n int); -- table; number $i\r\n"
			  . "COMMENT ON TABLE $t IS 'a; \"quoted\" \$\$ comment';\n" x 9;
			$down = "DROP TABLE $t CASCADE;\n$down";
			next;
		}
		$up .= <<"SQL";
ALTER TABLE $t ADD COLUMN c$i text DEFAULT 'é;''$i';
INSERT INTO $t (id, n) VALUES ($i, $i);
UPDATE $t SET c$i = c$i || '/* not; a comment */' /* but; /* this */ is; */ WHERE id = $i;
CREATE FUNCTION f$i(a int) RETURNS int LANGUAGE plpgsql AS \$f\$
BEGIN
	-- a body; with semicolons
	RETURN (SELECT n FROM $t WHERE id = a);
END;
\$f\$;
DO \$\$BEGIN IF f$i($i) <> $i THEN RAISE EXCEPTION 'wrong; really'; END IF; END\$\$;
CREATE INDEX i$i ON $t (c$i) WHERE n > 0;
DROP INDEX i$i;
CREATE VIEW v$i AS SELECT id, c$i FROM $t;
DELETE FROM $t WHERE id = $i AND EXISTS (SELECT FROM v$i WHERE id = $i);
ALTER TABLE $t ALTER COLUMN c$i DROP DEFAULT;
SQL
		$down = "DROP FUNCTION f$i(int);\n$down";
	}
	my $statements = () = $up =~ /^(?:CREATE|COMMENT|ALTER|INSERT|UPDATE|DO|DROP|DELETE)\b/mg;

	is($statements, 5000, '5,000 mixed statements: so many');
	my $call = "SELECT migrate_apply('mixed', " . literal($up) . ', ' . literal($down) . ')';

	# more locks than the small lock table above is sure to have
	$node->append_conf('postgresql.conf', 'max_locks_per_transaction = 500');
	$node->restart;
	sql_is($node, 'postgres', $call, 'applied', '5,000 mixed statements');
	sql_is($node, 'postgres', <<'SQL', "5000\n20|480|480", '... are all there');
SELECT statements FROM migrate_history WHERE version = 'mixed';
SELECT (SELECT count(*) FROM pg_class WHERE relname ~ '^mixed_\d+$'),
	(SELECT count(*) FROM pg_class WHERE relname ~ '^v\d+$'), (SELECT count(*) FROM pg_proc WHERE proname ~ '^f\d+$');
SQL
	sql_is($node, 'postgres', "SELECT migrate_redo('mixed'); SELECT migrate_rollback()",
		"redone\nmixed", '... redone and rolled back');
	sql_is($node, 'postgres', "SELECT count(*) FROM pg_class WHERE relname ~ '^(mixed_|v)\\d+\$'",
		0, '... nothing is left');
	verify_is_ok($node, 'postgres', '... verified');
}

#
# Deep, long and wide
#

foreach my $case (
	[ 'a sum of 300,000 terms', 'SELECT ' . join('+', (1) x 300_000) ],
	[ '100,000 parentheses', 'SELECT ' . '(' x 100_000 . '1' . ')' x 100_000 ],
	[ '100,000 subqueries', 'SELECT ' . '(SELECT ' x 100_000 . '1' . ')' x 100_000 ],
	[ 'an AND of 100,000', 'SELECT ' . join(' AND ', ('true') x 100_000) ],
	[ '100,000 casts', 'SELECT 1' . '::int' x 100_000 ],
	[ '100,000 unions', join(' UNION ALL ', ('SELECT 1') x 100_000) ],
	[ 'a literal of 16 MB', "SELECT '" . 'x' x (16 * 1024 * 1024) . "'" ],
	[ 'a comment of 16 MB', '/*' . 'x' x (16 * 1024 * 1024) . '*/ SELECT 1' ],
	[ '1,000 nested comments', '/*' x 1_000 . '*/' x 1_000 . ' SELECT 1' ],
	[ '1,000,000 semicolons', ';' x 1_000_000 . ' SELECT 1' ])
{
	my ($what, $sql) = @$case;
	my $session = session($node, 'postgres');
	my (undef, $out, $err) =
	  run_sql($node, 'postgres', "SELECT migrate_apply('deep', " . literal($sql) . ", '')");
	my $state = sqlstate($err);

	# it works, or the stack, the grammar or the memory for it ends
	like(
		$state eq '' ? $out : $state,
		qr/^(applied|54001|42601|54000|53200)$/,
		"$what: applied, or a clean error") or diag(substr($err, 0, 1000));
	is($session->query('SELECT 1'), 1, "$what: the server did not crash");
	$session->quit;
	$node->safe_psql('postgres', 'SELECT migrate_rollback()') if $state eq '';
	gate_is_free($node, 'postgres', "$what: the gate is free");
}
verify_is_ok($node, 'postgres', 'deep, long and wide: verified');

$node->stop;
done_testing();
