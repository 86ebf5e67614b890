# Who owns a database restores it, ledger and all, without being a superuser.
#
# The ledger of a trusted install belongs to the bootstrap superuser, and its
# guard lets nobody insert but the extension itself.  Yet a dump must come
# back: a whole chain goes into an empty ledger, in whatever order its rows
# lie in the dump, and nothing else does.  Whoever restores, the owner's
# grants to others come along.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main');
my $dumps = PostgreSQL::Test::Utils::tempdir;

$node->safe_psql('postgres', 'CREATE ROLE joe LOGIN; CREATE ROLE amy LOGIN; CREATE ROLE app LOGIN');

# Dumps a database as "user"; returns the file.
sub dump_as
{
	my ($user, $database, @options) = @_;
	my $file = "$dumps/$database.dump";

	$node->command_ok(
		[ 'pg_dump', '-U', $user, '-d', $node->connstr($database), @options, '-f', $file ],
		"$user dumps $database " . join ' ', @options);
	return $file;
}

# Runs a plain dump as "user"; returns psql's messages.
sub restore_as
{
	my ($user, $database, $file) = @_;
	my ($out, $err);

	IPC::Run::run(
		[
			'psql', '-XqU', $user, '-d',
			$node->connstr($database), '-v', 'ON_ERROR_STOP=1', '-v',
			'VERBOSITY=verbose', '-f', $file
		],
		'>',
		\$out,
		'2>',
		\$err);
	return $err;
}

create_database($node, 'source', 'OWNER joe');
run_sql($node, 'source', 'CREATE EXTENSION neon_migrate', user => 'joe');
sql_is(
	$node, 'source', <<'SQL', "applied\napplied\n2\napplied\napplied\namended",
SELECT migrate_apply('1', 'CREATE TABLE a (id int)', 'DROP TABLE a');
SELECT migrate_apply('2', 'CREATE TABLE b (id int)', 'DROP TABLE b');
SELECT migrate_rollback();
SELECT migrate_apply('3', 'CREATE TABLE c (t text DEFAULT ''é'')', 'DROP TABLE c');
GRANT EXECUTE ON FUNCTION migrate_apply TO amy;
GRANT CREATE, USAGE ON SCHEMA public TO amy;
GRANT SELECT ON migrate_status TO app;
SET SESSION AUTHORIZATION joe;
SELECT migrate_apply('2', 'CREATE TABLE b (id int)', 'DROP TABLE b');
SELECT migrate_apply('3', 'CREATE TABLE c (t text DEFAULT ''é'')', NULL, 'c');
SQL
	'source: migrated by its owner', user => 'joe');
my $head = ledger_head($node, 'source');
my $ledger = ledger_text($node, 'source');

foreach my $case (
	[ 'plain', 'plain' ],
	[ 'plain, no owners', 'plain', '--no-owner' ],
	[ 'plain, rows per insert', 'plain', '--rows-per-insert=100' ],
	[ 'archive', 'archive', '-Fc' ])
{
	my ($how, $kind, @options) = @$case;
	my $file = dump_as('joe', 'source', @options);

	create_database($node, 'target', 'OWNER joe');
	if ($kind eq 'plain')
	{
		is(restore_as('joe', 'target', $file), '', "$how: restores");
	}
	else
	{
		$node->command_ok(
			[
				'pg_restore', '-U', 'joe', '--exit-on-error', '-j', 2, '-d',
				$node->connstr('target'), $file
			],
			"$how: restores");
	}
	is(ledger_text($node, 'target'), $ledger, "$how: every row of the ledger");
	verify_is_ok($node, 'target', "$how: verified", head => $head, user => 'joe');
	sql_is(
		$node, 'target', "SELECT migrate_apply('4', 'CREATE TABLE d (id int)', 'DROP TABLE d')",
		'applied',
		"$how: goes on",
		user => 'joe');
	sql_is(
		$node, 'target', "SELECT migrate_apply('5', 'CREATE TABLE e (id int)', 'DROP TABLE e')",
		'applied',
		"$how: who was allowed to migrate is",
		user => 'amy');
	sql_is(
		$node, 'target', 'SELECT count(*) FROM migrate_status',
		5,
		"$how: who was allowed to look is",
		user => 'app');
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

# one row to an INSERT: after the first one the ledger is not empty
{
	my $file = dump_as('joe', 'source', '--inserts');

	create_database($node, 'target', 'OWNER joe');
	is(sqlstate(restore_as('joe', 'target', $file)),
		'42501', '--inserts: refused to others than superusers');
	is($node->safe_psql('target', 'SELECT count(*) FROM migrate_ledger'),
		1, '--inserts: of the chain there is its start');
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

# the rows of a dump lie in any order
{
	my $file = dump_as('joe', 'source');
	my $text = slurp_file($file);

	ok($text =~ s/^(1\t1\t[^\n]*\n)(2\t2\t[^\n]*\n)/$2$1/m, 'rows out of order: so they are');
	open my $shuffled, '>:raw', "$dumps/shuffled.sql" or die $!;
	print $shuffled $text;
	close $shuffled;

	create_database($node, 'target', 'OWNER joe');
	is(restore_as('joe', 'target', "$dumps/shuffled.sql"), '', 'rows out of order: restores');
	is(ledger_text($node, 'target'), $ledger, 'rows out of order: every row');
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

# what is not a whole chain
{
	my $file = dump_as('joe', 'source');
	my %edit = (
		'a changed row' => sub { $_[0] =~ s/CREATE TABLE c/CREATE TABLE x/ },
		'a row missing at the start' => sub { $_[0] =~ s/^1\t1\t[^\n]*\n//m },
		'a row missing in the middle' => sub { $_[0] =~ s/^3\t2\t[^\n]*\n//m },
		'a row twice' => sub { $_[0] =~ s/^(2\t2\t[^\n]*\n)/$1$1/m },
		'another hash' => sub { $_[0] =~ s/^(4\t3\t.*\\\\x..)../${1}00/m },
		'no hash before' => sub { $_[0] =~ s/^(2\t2\t.*\t)\\\\x\w+(\t\\\\x\w+)$/$1\\N$2/m },
		'another user' => sub { $_[0] =~ s/^(5\t2\t.*)\tjoe\tjoe\t/$1\tboss\tjoe\t/m },
		'numbers from 2' => sub {
			$_[0] =~ s/^(\d+)(\t\d\t(?:apply|rollback|amend)\t)/($1 + 1) . $2/mge;
		});

	foreach my $how (sort keys %edit)
	{
		my $text = slurp_file($file);

		ok($edit{$how}->($text), "$how: there is what is edited");
		open my $tampered, '>:raw', "$dumps/tampered.sql" or die $!;
		print $tampered $text;
		close $tampered;
		create_database($node, 'target', 'OWNER joe');
		is( sqlstate(restore_as('joe', 'target', "$dumps/tampered.sql")),
			$how eq 'a row twice' ? '23505' : '42501',
			"$how: refused");
		is($node->safe_psql('target', 'SELECT count(*) FROM migrate_ledger'),
			0, "$how: nothing of it stays");
		$node->safe_psql('postgres', 'DROP DATABASE target');
	}
}

# a whole chain, but not into an empty ledger
{
	my $file = dump_as('joe', 'source', '-a', '-t', 'migrate_ledger');

	create_database($node, 'target', 'OWNER joe');
	run_sql($node, 'target', 'CREATE EXTENSION neon_migrate', user => 'joe');
	is(restore_as('joe', 'target', $file), '', 'data only: into the empty ledger');
	is(ledger_text($node, 'target'), $ledger, 'data only: every row');
	is(sqlstate(restore_as('joe', 'target', $file)), '42501', 'data only: not a second time');
	verify_is_ok($node, 'target', 'data only: verified', head => $head);

	# a superuser's slip is caught by the primary key
	is(sqlstate(restore_as('postgres', 'target', $file)), '23505', 'data only: nor by a superuser');
	verify_is_ok($node, 'target', 'data only: verified again', head => $head);
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

# somebody migrates meanwhile: he waits, as for any migrator
{
	my $file = dump_as('joe', 'source', '-a', '-t', 'migrate_ledger');

	create_database($node, 'target', 'OWNER joe');
	run_sql($node, 'target', 'CREATE EXTENSION neon_migrate', user => 'joe');
	my $restorer = session($node, 'target', user => 'joe');
	my $migrator = session($node, 'target', user => 'joe');

	$restorer->query_safe("BEGIN;\n\\i $file");
	$migrator->start("SELECT migrate_apply('meanwhile', '', '')");
	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $migrator->{pid} AND wait_event_type = 'Lock'"
	) or die 'it does not wait';
	$restorer->query_safe('COMMIT');
	my $outcome = $migrator->finish;
	is(sqlstate($migrator->messages), '', 'meanwhile: no raw error');
	is($outcome, 'applied', 'meanwhile: applied on top');
	verify_is_ok($node, 'target', 'meanwhile: verified');
	$_->quit foreach ($restorer, $migrator);
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

# the next entries of a chain are not for everybody to add
{
	create_database($node, 'target', 'OWNER joe');
	run_sql($node, 'target', 'CREATE EXTENSION neon_migrate', user => 'joe');
	my $text = slurp_file(dump_as('joe', 'source', '-a', '-t', 'migrate_ledger'));
	my ($first) = $text =~ /^(1\t1\t[^\n]*\n)/m;
	my ($second) = $text =~ /^(2\t2\t[^\n]*\n)/m;
	my ($copy) = $text =~ /^(COPY [^\n]*\n)/m;

	my (undef, undef, $err) =
	  run_sql($node, 'target', "$copy$first\\.\n\n$copy$second\\.\n", user => 'joe');
	is(sqlstate($err), '42501', 'in two parts: refused');
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

# Restored by a superuser, as after pg_dumpall: his rights are the owner's again
{
	my $file = dump_as('joe', 'source');

	create_database($node, 'target', 'OWNER joe');
  TODO:
	{
		local $TODO = 'the rights of whoever created the extension are not in a dump';

		is(restore_as('postgres', 'target', $file), '', 'by a superuser: restores');
		sql_is(
			$node, 'target', "SELECT migrate_apply('4', 'CREATE TABLE d (id int)', 'DROP TABLE d')",
			'applied',
			'by a superuser: the owner goes on',
			user => 'joe');
		sql_is(
			$node, 'target', "SELECT migrate_apply('5', 'CREATE TABLE e (id int)', 'DROP TABLE e')",
			'applied',
			'by a superuser: who was allowed to migrate is',
			user => 'amy');
	}
	$node->safe_psql('postgres', 'DROP DATABASE target');

	# what a superuser installed and granted
	create_database($node, 'supers', 'OWNER joe');
	$node->safe_psql('supers', <<'SQL');
CREATE EXTENSION neon_migrate;
GRANT EXECUTE ON FUNCTION migrate_apply TO joe WITH GRANT OPTION;
GRANT SELECT ON migrate_history TO joe;
SET ROLE joe;
GRANT EXECUTE ON FUNCTION migrate_apply TO amy;
SELECT migrate_apply('1', 'CREATE TABLE a (id int)', 'DROP TABLE a');
SQL
	$file = dump_as('postgres', 'supers');
	create_database($node, 'target', 'OWNER joe');
	is(restore_as('postgres', 'target', $file), '', 'a superuser\'s: restores');
	is(ledger_text($node, 'target'), ledger_text($node, 'supers'), 'a superuser\'s: every row');
	sql_is(
		$node, 'target', "SELECT migrate_apply('2', ''); SELECT count(*) FROM migrate_history",
		"applied\n2",
		'a superuser\'s: who was allowed to migrate is',
		user => 'joe');
	sql_is(
		$node, 'target', "SELECT migrate_apply('3', '')",
		'applied',
		'a superuser\'s: ... and whom he let',
		user => 'amy');
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

# Restored by a superuser, with the extension in a schema of the owner's.
# The database is the owner's, too, as after pg_dumpall or pg_restore -C.
{
	create_database($node, 'own_schema', 'OWNER joe');
	run_sql($node, 'own_schema', <<'SQL', user => 'joe');
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SELECT migrate.migrate_apply('1', 'CREATE TABLE a (id int)', 'DROP TABLE a');
SQL
	my $file = dump_as('joe', 'own_schema');
	my $own_head = ledger_head($node, 'own_schema', 'migrate');

	create_database($node, 'target', 'OWNER joe');
	is(restore_as('joe', 'target', $file), '', 'own schema: its owner restores');
	verify_is_ok(
		$node, 'target', 'own schema: verified',
		head => $own_head,
		schema => 'migrate');
	$node->safe_psql('postgres', 'DROP DATABASE target');

	create_database($node, 'target', 'OWNER joe');
	{
		is(restore_as('postgres', 'target', $file), '', 'own schema: a superuser restores');
		is( $node->safe_psql(
				'target', "SELECT count(*) FROM pg_extension WHERE extname = 'neon_migrate'"),
			1,
			'own schema: the extension is there');
	}
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

$node->stop;
done_testing();
