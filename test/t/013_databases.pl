# Several databases of a cluster migrate independently of each other; a
# database that is renamed or copied takes its ledger along, and so does a
# schema that is renamed.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main');

#
# At the same time
#

my @databases = map { create_database($node, "db$_") } 1 .. 4;
install($node, $_) foreach (@databases);

# a migration in each, all in progress at once
{
	my @session = map { session($node, $_) } @databases;

	foreach my $i (0 .. 3)
	{
		is( $session[$i]->query(
				"BEGIN; SELECT migrate_apply('1', 'CREATE TABLE of_db (id int)', 'DROP TABLE of_db')"
			),
			'applied',
			"$databases[$i]: in progress");
		is($session[$i]->query('SELECT gate_holder FROM migrate_health()'),
			$session[$i]->pid, "$databases[$i]: holds its own gate");
	}
	foreach my $i (0 .. 3)
	{
		fails_with(
			$node,
			$databases[$i],
			"SET neon_migrate.wait_timeout = 0; SELECT migrate_apply('2', '')",
			'55P03',
			qr/Process $session[$i]->{pid},/,
			"$databases[$i]: which is held by nobody else");
	}
	$session[0]->query_safe('COMMIT');
	$session[1]->query_safe('ROLLBACK');
	gate_is_free($node, $_, "$_: free, while those of others are held")
	  foreach (@databases[ 0, 1 ]);
	isnt($node->safe_psql('db3', 'SELECT gate_holder FROM migrate_health()'), '', 'db3: held');
	$session[2]->query_safe('COMMIT');
	$session[3]->query_safe('COMMIT');
	$_->quit foreach (@session);
	is( $node->safe_psql($_, 'SELECT count(*) FROM migrate_history'),
		$_ eq 'db2' ? 0 : 1,
		"$_: history") foreach (@databases);
}

# many migrations in each, with pgbench; never so many are rolled back that
# what was there before goes, too
{
	my $script = PostgreSQL::Test::Utils::tempdir . '/many.sql';
	my @run;

	append_to_file($script,
		"\\set v random(1, 20)\nSELECT migrate_apply('m' || :v, 'CREATE TABLE m' || :v || ' (id int)', 'DROP TABLE m' || :v);\n\\if :v < 5\nSELECT migrate_rollback() FROM migrate_health() WHERE applied > 6;\n\\endif\n"
	);
	foreach my $database (@databases)
	{
		my ($out, $err) = ('', '');

		push @run,
		  {
			database => $database,
			err => \$err,
			run => IPC::Run::start(
				[ 'pgbench', '-n', '-c', 3, '-t', 40, '-f', $script, $node->connstr($database) ],
				'>', \$out, '2>', \$err)
		  };
	}
	foreach my $run (@run)
	{
		ok($run->{run}->finish, "$run->{database}: many at once") or diag(${ $run->{err} });
		unlike(${ $run->{err} }, qr/ERROR/, "$run->{database}: no error");
		sql_is($node, $run->{database}, <<'SQL', 't', "$run->{database}: ledger and schema agree");
SELECT array(SELECT version FROM migrate_status WHERE state = 'applied' AND version LIKE 'm%' ORDER BY 1)
	= array(SELECT relname::text FROM pg_class WHERE relname ~ '^m\d+$' ORDER BY 1);
SQL
		verify_is_ok($node, $run->{database}, "$run->{database}: verified");
	}
}

#
# Renamed
#

{
	my $head = ledger_head($node, 'db1');

	$node->safe_psql('postgres', 'ALTER DATABASE db1 RENAME TO "First %s"');
	verify_is_ok($node, 'First %s', 'renamed database: verified', head => $head);
	sql_is($node, 'First %s', <<'SQL', "unchanged\napplied\nafter\nt", 'renamed database: goes on');
SELECT migrate_apply('1', 'CREATE TABLE of_db (id int)');
SELECT migrate_apply('after', 'CREATE TABLE after (id int)', 'DROP TABLE after');
SELECT migrate_rollback();
SELECT gate_holder IS NULL FROM migrate_health();
SQL

	# somebody who is at it is still found
	my $holder = session($node, 'First %s');
	$holder->query_safe("BEGIN; SELECT migrate_apply('held', '')");
	fails_with(
		$node, 'First %s', "SET neon_migrate.wait_timeout = 0; SELECT migrate_apply('2', '')",
		'55P03',
		qr/Process $holder->{pid},/,
		'renamed database: its gate');
	$holder->query_safe('ROLLBACK');
	$holder->quit;
}

#
# Copied
#

{
	my $head = ledger_head($node, 'db2');
	my $ledger = ledger_text($node, 'db2');

	my $strategy = $node->pg_version >= 15 ? 'STRATEGY file_copy' : '';

	create_database($node, 'copy', 'TEMPLATE db2');
	create_database($node, 'copy2', "TEMPLATE db2 $strategy");
	foreach my $copy ('copy', 'copy2')
	{
		is(ledger_text($node, $copy), $ledger, "$copy: the same ledger");
		verify_is_ok($node, $copy, "$copy: verified", head => $head);
	}
	my $holder = session($node, 'db2');
	$holder->query_safe(
		"BEGIN; SELECT migrate_apply('original', 'CREATE TABLE original (id int)')");
	sql_is(
		$node,
		'copy',
		"SET neon_migrate.wait_timeout = 0; SELECT migrate_apply('copied', 'CREATE TABLE copied (id int)', 'DROP TABLE copied')",
		'applied',
		'copy: goes on while the original is at it');
	$holder->query_safe('COMMIT');
	$holder->quit;
	isnt(
		ledger_head($node, 'copy'),
		ledger_head($node, 'db2'),
		'copy: they are different from here');
	is($node->safe_psql('copy', 'SELECT count(*) FROM migrate_rollback_all()') > 0,
		1, 'copy: rolled back');
	is($node->safe_psql('db2', "SELECT to_regclass('original') IS NOT NULL"),
		't', 'copy: the original is not');
	verify_is_ok($node, $_, "$_: verified at the end") foreach ('db2', 'copy', 'copy2');
}

# a template that holds the extension: every new database starts with it
{
	$node->safe_psql('template1', 'CREATE EXTENSION neon_migrate');
	create_database($node, 'born');
	sql_is($node, 'born', "SELECT migrate_apply('1', ''); SELECT seq FROM migrate_history",
		"applied\n1", 'from a template');
	$node->safe_psql('template1', 'DROP EXTENSION neon_migrate');
}

#
# The schema that the extension is in
#

{
	create_database($node, 'schemas');
	install($node, 'schemas', 'migrate');
	my $session = session($node, 'schemas');
	my $apply = "migrate_apply('%s', 'CREATE TABLE %s (id int)', 'DROP TABLE %s')";
	my $names = sub { my $v = shift; return $apply =~ s/%s/$v/gr };

	is($session->query('SELECT migrate.' . $names->('a')), 'applied', 'before');
	$session->query_safe('ALTER SCHEMA migrate RENAME TO "new name"');
	is($session->query('SELECT "new name".' . $names->('b')),
		'applied', 'schema renamed: the same session goes on');
	verify_is_ok($node, 'schemas', 'schema renamed: verified', schema => '"new name"');

	# another takes its place
	$session->query_safe('CREATE SCHEMA migrate; CREATE TABLE migrate.migrate_ledger (seq int)');
	is($session->query('SELECT "new name".' . $names->('c')),
		'applied', 'schema replaced: the same session goes on');
	is($session->query('SELECT "new name".migrate_rollback()'), 'c', '... and rolls back');
	is($session->query('SELECT current, applied FROM "new name".migrate_health()'),
		'b|2', '... in its own ledger');
	is($session->query('SELECT count(*) FROM migrate.migrate_ledger'),
		0, '... not in the one that came');

	# renamed by a migration, which is recorded
	is( $session->query(
			"SELECT \"new name\".migrate_apply('rename', 'ALTER SCHEMA \"new name\" RENAME TO newer')"
		),
		'applied',
		'schema renamed by a migration');
	is($session->query('SELECT current FROM newer.migrate_health()'),
		'rename', '... which is recorded');
	verify_is_ok($node, 'schemas', '... verified', schema => 'newer');

	# dropped by a migration, which is not
	$session->query("SELECT newer.migrate_apply('drop', 'DROP SCHEMA newer CASCADE')");
	is(sqlstate($session->messages), '55000', 'schema dropped by a migration: refused');
	like($session->messages, qr/the migration dropped the ledger/, '... which says why');
	is($session->query('SELECT current FROM newer.migrate_health()'),
		'rename', '... and it is there');
	$session->query("SELECT newer.migrate_apply('drop', 'DROP EXTENSION neon_migrate')");
	is(sqlstate($session->messages), '55000', 'extension dropped by a migration: refused');
	is($session->query('SELECT newer.' . $names->('d')), 'applied', '... and the session goes on');

	# dropped and made anew under a session's plans
	$session->query_safe(
		'DROP EXTENSION neon_migrate; DROP SCHEMA migrate CASCADE; CREATE SCHEMA migrate');
	$session->query_safe('CREATE EXTENSION neon_migrate SCHEMA newer');
	is( $session->query(
			"SELECT newer.migrate_apply('x', ''); SELECT max(seq) FROM newer.migrate_history"),
		"applied\n1",
		'extension made anew: the same session goes on');
	$session->query_safe('DROP EXTENSION neon_migrate');
	$session->query_safe('CREATE EXTENSION neon_migrate SCHEMA migrate');
	is( $session->query(
			"SELECT migrate.migrate_apply('x', ''); SELECT max(seq) FROM migrate.migrate_history"),
		"applied\n1",
		'extension made anew in another schema: the same session goes on');
	$session->quit;
	verify_is_ok($node, 'schemas', 'verified at the end', schema => 'migrate');
}

$node->stop;
done_testing();
