# Who calls, and in what kind of transaction.
#
# Isolation levels: those whose snapshot may be too old are refused, also as a
# session's default.  Roles: NOINHERIT and NOLOGIN ones migrate by SET ROLE
# only, and roles that are renamed or dropped later stay in the history as
# the text they were.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main');

install($node, 'postgres');

#
# Isolation levels
#

my @calls = (
	"migrate_apply('iso', '')", "migrate_apply('0', '')",
	'migrate_rollback()', "migrate_rollback_to('0')",
	'migrate_rollback_all()', "migrate_redo('0')",
	"migrate_stamp('iso')", "migrate_unstamp('0')");

$node->safe_psql('postgres', "SELECT migrate_apply('0', '', '')");
my $head = ledger_head($node, 'postgres');
foreach my $level ('serializable', 'repeatable read')
{
	$node->safe_psql('postgres',
		"ALTER DATABASE postgres SET default_transaction_isolation = '$level'");
	foreach my $call (@calls)
	{
		my ($function) = $call =~ /^(\w+)/;

		fails_with(
			$node,
			'postgres',
			"SELECT $call",
			'25001',
			qr/cannot execute $function\(\) in a \U$level\E transaction.*HINT:  Start the transaction with BEGIN ISOLATION LEVEL READ COMMITTED/s,
			"$level by default: $call");
	}
	sql_is($node, 'postgres', <<"SQL", "\n0|1\n0\n1\n0", "$level by default: looking works");
SELECT migrate_require('0');
SELECT current, applied FROM migrate_health();
SELECT count(*) FROM migrate_verify('$head') WHERE NOT ok;
SELECT count(*) FROM migrate_status WHERE state = 'applied';
SELECT version FROM migrate_history WHERE entry_hash = '$head';
SQL
	sql_is(
		$node, 'postgres', <<"SQL", "applied\nt\niso $level", "$level by default: the hint helps");
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT migrate_apply('iso $level', 'CREATE TABLE iso (id int)', 'DROP TABLE iso');
SELECT gate_holder = pg_backend_pid() FROM migrate_health();
SELECT migrate_rollback();
COMMIT;
SQL
	sql_is($node, 'postgres',
		<<"SQL", "applied\n$level", "$level by default: a migration may set it");
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT migrate_apply('iso $level', 'SET default_transaction_isolation = ''read committed''', '');
COMMIT;
SHOW default_transaction_isolation;
SQL
	$node->safe_psql('postgres',
		"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT migrate_rollback_to('0'); SELECT migrate_redo('0'); COMMIT"
	);
	$node->safe_psql('postgres', 'ALTER DATABASE postgres RESET default_transaction_isolation');
	$head = ledger_head($node, 'postgres');
}
sql_is($node, 'postgres', <<'SQL', 'applied', 'READ UNCOMMITTED is READ COMMITTED');
BEGIN ISOLATION LEVEL READ UNCOMMITTED;
SELECT migrate_apply('iso', '', '');
COMMIT;
SQL
fails_with(
	$node,
	'postgres',
	"SET default_transaction_read_only = on; SELECT migrate_apply('ro', '')",
	'25006',
	qr/read-only transaction.*HINT:  Start the transaction with BEGIN READ WRITE/s,
	'read-only by default');

# what is committed while an old snapshot is held is seen by those who look
{
	my $old = session($node, 'postgres');

	$old->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM migrate_history');
	$node->safe_psql('postgres', "SELECT migrate_apply('later', '', '')");
	like($old->query("SELECT count(*) FROM migrate_verify() WHERE NOT ok"),
		qr/^0$/, 'with an old snapshot: verify');
	$old->query("SELECT migrate_apply('later', '', '')");
	is(sqlstate($old->messages), '25001', 'with an old snapshot: apply is refused');
	$old->query_safe('ROLLBACK');
	$old->quit;
}

#
# Roles
#

$node->safe_psql('postgres', <<'SQL');
SELECT migrate_rollback_all();
CREATE ROLE migrators NOLOGIN;
CREATE ROLE nina LOGIN NOINHERIT;
CREATE ROLE "Iris Ö" LOGIN;
CREATE ROLE owner NOLOGIN;
GRANT migrators TO nina, "Iris Ö";
GRANT owner TO nina;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO migrators;
CREATE SCHEMA app AUTHORIZATION owner;
GRANT CREATE, USAGE ON SCHEMA app TO migrators;
SQL

# PostgreSQL 16 and later have the inheriting in the grant
$node->safe_psql('postgres', 'GRANT migrators, owner TO nina WITH INHERIT FALSE')
  if $node->pg_version >= 16;

fails_with(
	$node, 'postgres', "SELECT migrate_apply('n1', '')",
	'42501', undef,
	'NOINHERIT: not without SET ROLE',
	user => 'nina');
sql_is(
	$node, 'postgres',
	<<'SQL', "applied\nmigrators\nnina", 'NOINHERIT: with SET ROLE', user => 'nina');
SET ROLE migrators;
SELECT migrate_apply('n1', 'CREATE TABLE app.n1 (id int)', 'DROP TABLE app.n1');
SELECT current_user;
RESET ROLE;
SELECT current_user;
SQL
sql_is(
	$node, 'postgres',
	<<'SQL', "applied\nmigrators|owner", 'NOINHERIT: SET ROLE in the migration', user => 'nina');
SET ROLE migrators;
SELECT migrate_apply('n2', 'SET ROLE owner; CREATE TABLE app.n2 (id int); RESET ROLE', 'SET ROLE owner; DROP TABLE app.n2');
SELECT current_user, (SELECT relowner::regrole FROM pg_class WHERE relname = 'n2');
SQL
sql_is($node, 'postgres',
	<<'SQL', "applied\nn3\nmigrators", 'NOLOGIN: by SET SESSION AUTHORIZATION');
SET SESSION AUTHORIZATION migrators;
SELECT migrate_apply('n3', 'CREATE TABLE app.n3 (id int)', 'DROP TABLE app.n3');
SELECT migrate_rollback();
SELECT session_user;
SQL
sql_is($node, 'postgres',
	"SELECT migrate_apply('i1', 'CREATE TABLE app.i1 (id int)', 'DROP TABLE app.i1')",
	'applied', 'inherited', user => 'Iris Ö');

my $who =
  'SELECT version, action, applied_by, role FROM migrate_history WHERE version ~ \'^[in]\\d\'';
my $history = <<'OUT' =~ s/\n$//r;
n1|apply|nina|migrators
n2|apply|nina|migrators
n3|apply|migrators|migrators
n3|rollback|migrators|migrators
i1|apply|Iris Ö|Iris Ö
OUT
sql_is($node, 'postgres', $who, $history, 'history');

# renamed
$head = ledger_head($node, 'postgres');
$node->safe_psql('postgres',
	'ALTER ROLE nina RENAME TO nora; ALTER ROLE "Iris Ö" RENAME TO iris; ALTER ROLE migrators RENAME TO deployers'
);
sql_is($node, 'postgres', $who, $history, 'renamed: history');
sql_is($node, 'postgres', 'SELECT DISTINCT applied_by FROM migrate_status WHERE version = \'n1\'',
	'nina', 'renamed: status');
verify_is_ok($node, 'postgres', 'renamed: verified', head => $head);
sql_is(
	$node, 'postgres', "SET ROLE deployers; SELECT migrate_apply('n4', '', '')",
	'applied',
	'renamed: goes on',
	user => 'nora');
sql_is($node, 'postgres', "$who AND version = 'n4'",
	'n4|apply|nora|deployers', 'renamed: by the new names');

# dropped, while logged in, too
{
	my $session = session($node, 'postgres', user => 'iris');

	$node->safe_psql('postgres', <<'SQL');
REASSIGN OWNED BY iris, owner, deployers TO CURRENT_USER;
DROP OWNED BY iris, owner, deployers;
DROP ROLE iris, nora, deployers, owner;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC;
GRANT CREATE ON SCHEMA public TO PUBLIC;
SQL
	$session->query("SELECT migrate_apply('ghost', 'SELECT 1')");
	is(sqlstate($session->messages), '42704', 'dropped while logged in: a clean error')
	  or diag($session->messages);
	$session->quit;
	$node->safe_psql('postgres', 'REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC');
}
sql_is($node, 'postgres', $who, "$history\nn4|apply|nora|deployers", 'dropped: history');
verify_is_ok($node, 'postgres', 'dropped: verified');
gate_is_free($node, 'postgres', 'dropped: the gate is free');
sql_is(
	$node,
	'postgres',
	'CREATE ROLE owner SUPERUSER; SELECT count(*) FROM migrate_rollback_all(); SELECT to_regclass(\'app.n1\') IS NULL',
	"4\nt",
	'dropped: their migrations can be rolled back');

#
# The owner of the extension changes
#

{
	create_database($node, 'moved');
	$node->safe_psql('postgres',
		'CREATE ROLE joe LOGIN; CREATE ROLE bob LOGIN; ALTER DATABASE moved OWNER TO joe');
	sql_is(
		$node,
		'moved',
		"CREATE EXTENSION neon_migrate; SELECT migrate_apply('1', 'CREATE TABLE t (id int)', 'DROP TABLE t')",
		'applied',
		'reassigned: before',
		user => 'joe');
	$head = ledger_head($node, 'moved');
	$node->safe_psql('moved', 'REASSIGN OWNED BY joe TO bob');
	is( $node->safe_psql(
			'moved', "SELECT extowner::regrole FROM pg_extension WHERE extname = 'neon_migrate'"),
		'bob',
		'reassigned: the extension is');
	is( $node->safe_psql(
			'moved', "SELECT string_agg(detail, '; ') FROM migrate_verify('$head') WHERE NOT ok"),
		join('; ', 'joe has INSERT', map { "migrate_guard_$_: joe has INSERT" } qw(mode statement object)),
		'reassigned: who may still insert is reported');
	sql_is($node, 'moved', <<'SQL', "applied\n0", 'reassigned: a superuser gives the rights along');
DROP OWNED BY joe;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO bob WITH GRANT OPTION;
GRANT SELECT, INSERT ON migrate_ledger TO bob;
SET SESSION AUTHORIZATION bob;
SELECT migrate_apply('2', 'CREATE TABLE t2 (id int)', 'DROP TABLE t2');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM migrate_verify() WHERE NOT ok;
SQL
	$node->safe_psql('postgres', 'DROP ROLE joe');
	sql_is($node, 'moved', 'SELECT applied_by FROM migrate_history',
		"joe\nbob", 'reassigned: history');
}

$node->stop;
done_testing();
