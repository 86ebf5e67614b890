# A dump takes the ledger along.
#
# Whatever way a full dump is made and restored by a superuser, every row of
# the ledger comes back byte for byte, the hash chain is whole, its head is
# the one of before, and the next migration goes on from there.  A dump of
# the schema alone gives an empty ledger.  A ledger that was tampered with in
# the dump is restored by a superuser, and migrate_verify() reports it.

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

# Events of every kind, and text that is hard on every format of a dump.
sub populate
{
	my ($database) = @_;
	my $long = join ",\n", map { "($_, 'row $_')" } 1 .. 20_000;

	$node->safe_psql($database, <<'SQL');
SET application_name = 'first deploy';
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)', 'DROP TABLE users', 'users');
SELECT migrate_apply('2', 'CREATE TABLE orders (id int)', NULL, NULL, ARRAY['1']);
SELECT migrate_apply('3', '', '', '');
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)', 'DROP TABLE users CASCADE', 'users, better');
SELECT migrate_stamp('0-baseline');
SELECT migrate_stamp('4', 'CREATE TABLE not_run ()', 'DROP TABLE not_run');
SELECT migrate_unstamp('4');
SELECT migrate_apply('5', 'CREATE TABLE gone (id int)', 'DROP TABLE gone');
SELECT migrate_rollback();
SELECT migrate_redo('3');
RESET application_name;
CREATE ROLE deployer;
GRANT CREATE ON SCHEMA public TO deployer;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO deployer;
SET ROLE deployer;
SELECT migrate_apply(E'6 tab\t, quote '' " back\\slash, newline\n', E'SELECT 1\r\n;\r\n-- \\N \\. ', E'SELECT ''\\\\'' -- \t');
SELECT migrate_apply('7', E'SELECT ''\n\\.\nSELECT 2'' -- not the end of a COPY', 'SELECT $$;$$');
RESET ROLE;
SELECT migrate_apply('8 é', 'SELECT ''é''', 'SELECT ''ü''', 'naïve', ARRAY['7', E'6 tab\t, quote '' " back\\slash, newline\n']);
SQL
	$node->safe_psql($database,
			"SELECT migrate_apply('9', "
		  . literal("CREATE TABLE long (id int, t text); INSERT INTO long VALUES $long")
		  . ", 'DROP TABLE long')");
	return;
}

sub restored_is_same
{
	my ($database, $how, $expected) = @_;

	is(ledger_text($node, $database), $expected->{ledger}, "$how: every row of the ledger");
	is(history_text($node, $database), $expected->{history}, "$how: history");
	verify_is_ok($node, $database, "$how: verified, with the old head", head => $expected->{head});
	sql_is(
		$node, $database, <<'SQL',
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)');
SELECT migrate_apply('10', 'CREATE TABLE after_restore (id int)', 'DROP TABLE after_restore');
SELECT migrate_rollback(2);
SQL
		"unchanged\napplied\n10\n9", "$how: goes on");
	verify_is_ok($node, $database, "$how: verified after that");
	return;
}

create_database($node, 'source');
install($node, 'source');
populate('source');
my %source = (
	head => ledger_head($node, 'source'),
	ledger => ledger_text($node, 'source'),
	history => history_text($node, 'source'));
is(() = $source{ledger} =~ /^\d+\t/mg, 15, 'there are events to dump');
verify_is_ok($node, 'source', 'source: verified', head => $source{head});

# plain text, with COPY and with INSERT
foreach my $case (
	[ 'plain', [] ],
	[ 'plain, --inserts', ['--inserts'] ],
	[ 'plain, --column-inserts', ['--column-inserts'] ],
	[ 'plain, --rows-per-insert', ['--rows-per-insert=5'] ],
	[ 'plain, --clean', [ '--clean', '--if-exists' ] ],
	[ 'plain, --disable-triggers', [ '--data-only', '--disable-triggers' ] ])
{
	my ($how, $options) = @$case;
	my $file = "$dumps/plain.sql";

	create_database($node, 'target');
	if ($how =~ /disable-triggers/)
	{
		$node->command_ok([ 'pg_dump', '-d', $node->connstr('source'), '-s', '-f', $file ]);
		$node->command_ok(
			[ 'psql', '-Xqd', $node->connstr('target'), '-v', 'ON_ERROR_STOP=1', '-f', $file ]);
		is(ledger_text($node, 'target'), '', "$how: nothing from the schema alone");
	}
	$node->command_ok([ 'pg_dump', '-d', $node->connstr('source'), @$options, '-f', $file ],
		"$how: dumps");
	$node->command_ok(
		[ 'psql', '-Xqd', $node->connstr('target'), '-v', 'ON_ERROR_STOP=1', '-f', $file ],
		"$how: restores");
	restored_is_same('target', $how, \%source);
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

# archives
foreach my $case (
	[ '-Fc', ['-Fc'], [] ],
	[ '-Fc, restored in parallel', ['-Fc'], [ '-j', 4 ] ],
	[ '-Fc, restored in one transaction', ['-Fc'], ['--single-transaction'] ],
	[ '-Fd, dumped and restored in parallel', [ '-Fd', '-j', 2 ], [ '-j', 4 ] ],
	[ '-Ft', ['-Ft'], [] ])
{
	my ($how, $dump, $restore) = @$case;
	my $file = "$dumps/archive " . ($how =~ s/\W+/_/gr);

	create_database($node, 'target');
	$node->command_ok([ 'pg_dump', '-d', $node->connstr('source'), @$dump, '-f', $file ],
		"$how: dumps");
	$node->command_ok(
		[ 'pg_restore', '--exit-on-error', @$restore, '-d', $node->connstr('target'), $file ],
		"$how: restores");
	restored_is_same('target', $how, \%source);
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

# The rows need not lie in the order of their numbers in the table: what was
# rolled back leaves room, which later rows take.
{
	create_database($node, 'shuffled');
	install($node, 'shuffled');
	$node->safe_psql('shuffled', <<'SQL');
DO $$
BEGIN
	FOR i IN 1..3 LOOP PERFORM migrate_apply('a' || i, 'SELECT 1'); END LOOP;
	BEGIN
		FOR i IN 1..100 LOOP PERFORM migrate_apply('b' || i, 'SELECT 1'); END LOOP;
		RAISE EXCEPTION 'never mind';
	EXCEPTION WHEN raise_exception THEN NULL;
	END;
	FOR i IN 1..3 LOOP PERFORM migrate_apply('c' || i, 'SELECT 1'); END LOOP;
END $$;
VACUUM (INDEX_CLEANUP on) migrate_ledger;
SELECT migrate_apply('d' || i, 'SELECT 1') FROM generate_series(1, 3) AS i;
SQL
	isnt(
		$node->safe_psql(
			'shuffled',
			'SELECT array_agg(seq ORDER BY ctid) = array_agg(seq ORDER BY seq) FROM migrate_ledger'
		),
		't',
		'rows out of order: so they are');
	my %shuffled = (
		head => ledger_head($node, 'shuffled'),
		ledger => ledger_text($node, 'shuffled'));

	create_database($node, 'target');
	$node->command_ok([ 'pg_dump', '-d', $node->connstr('shuffled'), '-f', "$dumps/shuffled.sql" ],
		'rows out of order: dumps');
	$node->command_ok(
		[
			'psql', '-Xqd', $node->connstr('target'), '-v',
			'ON_ERROR_STOP=1', '-f', "$dumps/shuffled.sql"
		],
		'rows out of order: restores');
	is(ledger_text($node, 'target'), $shuffled{ledger}, 'rows out of order: every row');
	verify_is_ok($node, 'target', 'rows out of order: verified', head => $shuffled{head});
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

# the schema alone
{
	create_database($node, 'target');
	$node->command_ok(
		[ 'pg_dump', '-d', $node->connstr('source'), '-s', '-f', "$dumps/schema.sql" ],
		'schema only: dumps');
	$node->command_ok(
		[
			'psql', '-Xqd', $node->connstr('target'), '-v',
			'ON_ERROR_STOP=1', '-f', "$dumps/schema.sql"
		],
		'schema only: restores');
	sql_is(
		$node, 'target', <<'SQL',
SELECT count(*) FROM migrate_ledger;
SELECT applied, current IS NULL FROM migrate_health();
SELECT to_regclass('users') IS NOT NULL;
SELECT migrate_stamp('1');
SELECT seq FROM migrate_history;
SQL
		"0\n0|t\nt\nstamped\n1", 'schema only: an empty ledger, which starts from 1');
	verify_is_ok($node, 'target', 'schema only: verified');

	# rows that are there are not run over
	$node->command_ok(
		[
			'pg_dump', '-d', $node->connstr('source'),
			'-a', '-t', 'migrate_ledger', '-f', "$dumps/data.sql"
		],
		'data only: dumps');
	$node->command_fails_like(
		[
			'psql', '-Xqd', $node->connstr('target'), '-v',
			'ON_ERROR_STOP=1', '-f', "$dumps/data.sql"
		],
		qr/duplicate key/,
		'data only: not on top of other rows');
	is($node->safe_psql('target', 'SELECT count(*) FROM migrate_ledger'),
		1, 'data only: nothing of it stays');
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

# tampered with in the dump
foreach my $case (
	[
		'changed',
		sub { $_[0] =~ s/CREATE TABLE orders/CREATE TABLE horses/ },
		'entry 2 ("2") was changed after it was written'
	],
	[ 'a row taken out', sub { $_[0] =~ s/^3\t3\tapply[^\n]*\n//m }, 'entry 3 is missing' ],
	[
		'the last row taken out',
		sub { $_[0] =~ s/^15\t9\tapply[^\n]*\n//m },
		'no entry has the expected hash'
	])
{
	my ($how, $edit, $detail) = @$case;
	my $text = slurp_file("$dumps/plain.sql");

	create_database($node, 'target');
	$node->command_ok([ 'pg_dump', '-d', $node->connstr('source'), '-f', "$dumps/plain.sql" ]);
	$text = slurp_file("$dumps/plain.sql");
	ok($edit->($text), "tampered, $how: there is what is edited");
	open my $tampered, '>:raw', "$dumps/tampered.sql" or die $!;
	print $tampered $text;
	close $tampered;
	$node->command_ok(
		[
			'psql', '-Xqd', $node->connstr('target'), '-v',
			'ON_ERROR_STOP=1', '-f', "$dumps/tampered.sql"
		],
		"tampered, $how: a superuser restores it");
	like(
		$node->safe_psql(
			'target',
			"SELECT string_agg(detail, '; ') FROM migrate_verify('$source{head}') WHERE NOT ok"),
		qr/\Q$detail\E/,
		"tampered, $how: reported");
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

# other encodings
{
	my $latin1 = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";

	create_database($node, 'latin1', $latin1);
	$node->command_ok([ 'pg_dump', '-d', $node->connstr('source'), '-Fc', '-f', "$dumps/utf8" ],
		'UTF8 to LATIN1: dumps');
	$node->command_ok(
		[ 'pg_restore', '--exit-on-error', '-d', $node->connstr('latin1'), "$dumps/utf8" ],
		'UTF8 to LATIN1: restores');
	is( $node->safe_psql(
			'latin1',
			"SELECT octet_length(description) FROM migrate_ledger WHERE version LIKE '8%'"),
		5,
		'UTF8 to LATIN1: stored as LATIN1');
	is(ledger_text($node, 'latin1'), $source{ledger}, 'UTF8 to LATIN1: every row');
	verify_is_ok($node, 'latin1', 'UTF8 to LATIN1: verified', head => $source{head});

	# checksums come out the same, and so does the next entry, of either database
	sql_is(
		$node, 'latin1', <<'SQL',
SET client_encoding = 'UTF8';
SELECT migrate_apply('8 é', 'SELECT ''é'' /* same */');
SELECT migrate_apply('11 ß', 'SELECT ''ß''', 'SELECT ''à''', 'Übung');
SQL
		"unchanged\napplied", 'UTF8 to LATIN1: goes on');
	my $head = ledger_head($node, 'latin1');
	my $ledger = ledger_text($node, 'latin1');

	create_database($node, 'target');
	$node->command_ok([ 'pg_dump', '-d', $node->connstr('latin1'), '-Fc', '-f', "$dumps/latin1" ],
		'LATIN1 to UTF8: dumps');
	$node->command_ok(
		[ 'pg_restore', '--exit-on-error', '-d', $node->connstr('target'), "$dumps/latin1" ],
		'LATIN1 to UTF8: restores');
	is(ledger_text($node, 'target'), $ledger, 'LATIN1 to UTF8: every row');
	verify_is_ok($node, 'target', 'LATIN1 to UTF8: verified', head => $head);
	sql_is($node, 'target',
		"SET client_encoding = 'UTF8'; SELECT migrate_apply('11 ß', 'SELECT ''ß''')",
		'unchanged', 'LATIN1 to UTF8: goes on');
}

# into a database that does not know its encoding
{
	create_database($node, 'ascii',
		"ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
	$node->command_ok(
		[ 'pg_restore', '--exit-on-error', '-d', $node->connstr('ascii'), "$dumps/utf8" ],
		'UTF8 to SQL_ASCII: restores');
	is(ledger_text($node, 'ascii'), $source{ledger}, 'UTF8 to SQL_ASCII: every row');
	verify_is_ok($node, 'ascii', 'UTF8 to SQL_ASCII: verified', head => $source{head});
	sql_is($node, 'ascii', "SELECT migrate_apply('8 é', 'SELECT ''é'' /* same */')",
		'unchanged', 'UTF8 to SQL_ASCII: goes on');
}

$node->stop;
done_testing();
