# An owner of a database who is no superuser installs the extension, migrates
# and passes the right on; history is out of reach for him and for whomever he
# lets migrate (I5).
#
# The extension belongs to him, its ledger to the bootstrap superuser.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main');

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE joe LOGIN;
CREATE ROLE amy LOGIN;
CREATE ROLE bob LOGIN;
CREATE ROLE team NOLOGIN;
GRANT team TO amy;
CREATE DATABASE shop OWNER joe;
SQL

sub joe_is { sql_is($node, 'shop', @_, user => 'joe'); return }
sub amy_is { sql_is($node, 'shop', @_, user => 'amy'); return }
sub joe_fails { fails_with($node, 'shop', @_, user => 'joe'); return }
sub amy_fails { fails_with($node, 'shop', @_, user => 'amy'); return }

#
# Installing
#

fails_with(
	$node, 'shop', 'CREATE EXTENSION neon_migrate',
	'42501',
	qr/permission denied to create extension/,
	'somebody else cannot install',
	user => 'amy');
sql_is($node, 'shop', 'CREATE EXTENSION neon_migrate', '', 'the owner installs', user => 'joe');

sql_is(
	$node, 'shop', <<'SQL',
SELECT extowner::regrole, extnamespace::regnamespace FROM pg_extension WHERE extname = 'neon_migrate';
SELECT DISTINCT relowner = 10 FROM pg_class JOIN pg_depend ON objid = pg_class.oid
	WHERE deptype = 'e' AND relkind IN ('r', 'v') AND relname LIKE 'migrate%';
SELECT DISTINCT proowner = 10 FROM pg_proc WHERE proname LIKE 'migrate%';
SELECT count(*) FROM pg_proc WHERE proname LIKE 'migrate%' AND prosecdef;
SQL
	"joe|public\nt\nt\n0",
	'the extension is his, its objects are the bootstrap superuser\'s');

#
# Migrating
#

joe_is(<<'SQL', "applied\napplied\nunchanged\n2\nredone\nstamped\nunstamped\nt", 'he migrates');
SELECT migrate_apply('1', 'CREATE TABLE a (id int)', 'DROP TABLE a');
SELECT migrate_apply('2', 'CREATE TABLE b (id int)', 'DROP TABLE b');
SELECT migrate_apply('2', 'CREATE TABLE b (id int)');
SELECT migrate_rollback();
SELECT migrate_redo('1');
SELECT migrate_stamp('3');
SELECT migrate_unstamp('3');
SELECT relowner = 'joe'::regrole FROM pg_class WHERE oid = 'a'::regclass;
SQL
joe_is("SELECT count(*) FROM migrate_status; SELECT count(*) FROM migrate_history",
	"3\n7", 'he sees the status and the history');
joe_is("SELECT DISTINCT applied_by, role FROM migrate_history", "joe|joe", 'he is in the history');
verify_is_ok($node, 'shop', 'verified by him', user => 'joe');
verify_is_ok($node, 'shop', 'verified by anybody', user => 'bob');

#
# History is out of reach
#

my $history = ledger_text($node, 'shop');
my $copy_of_first = 'INSERT INTO migrate_ledger SELECT * FROM migrate_ledger WHERE seq = 1';
my %attempt = (
	'insert' =>
	  "INSERT INTO migrate_ledger SELECT (l).* FROM (SELECT l FROM migrate_ledger l LIMIT 1) AS x",
	'insert, nothing on conflict' => "$copy_of_first ON CONFLICT DO NOTHING",
	'insert, update on conflict' => "$copy_of_first ON CONFLICT (seq) DO UPDATE SET version = 'x'",
	'update' => "UPDATE migrate_ledger SET applied_by = 'boss'",
	'update by no row' => "UPDATE migrate_ledger SET applied_by = 'boss' WHERE false",
	'delete' => 'DELETE FROM migrate_ledger WHERE seq = 7',
	'truncate' => 'TRUNCATE migrate_ledger',
	'lock' => 'BEGIN; LOCK TABLE migrate_ledger IN ACCESS EXCLUSIVE MODE',
	'select for update' => 'SELECT * FROM migrate_ledger FOR UPDATE',
	'alter' => 'ALTER TABLE migrate_ledger ADD COLUMN x int',
	'unlog' => 'ALTER TABLE migrate_ledger SET UNLOGGED',
	'take over' => 'ALTER TABLE migrate_ledger OWNER TO joe',
	'rename' => 'ALTER TABLE migrate_ledger RENAME TO old_ledger',
	'move' => 'ALTER TABLE migrate_ledger SET SCHEMA pg_temp',
	'drop' => 'DROP TABLE migrate_ledger CASCADE',
	'drop its primary key' => 'ALTER TABLE migrate_ledger DROP CONSTRAINT migrate_ledger_pkey',
	'disable its triggers' => 'ALTER TABLE migrate_ledger DISABLE TRIGGER USER',
	'disable a trigger' => 'ALTER TABLE migrate_ledger DISABLE TRIGGER migrate_ledger_guard_row',
	'drop a trigger' => 'DROP TRIGGER migrate_ledger_guard_row ON migrate_ledger',
	'disable all triggers' => 'SET session_replication_role = replica',
	'add a trigger' =>
	  'CREATE TRIGGER t BEFORE INSERT ON migrate_ledger EXECUTE FUNCTION suppress_redundant_updates_trigger()',
	'replace the guard' => <<'SQL',
CREATE OR REPLACE FUNCTION migrate_ledger_guard() RETURNS trigger
LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'
SQL
	'rename the guard' => 'ALTER FUNCTION migrate_ledger_guard() RENAME TO g',
	'add a rule' => 'CREATE RULE r AS ON INSERT TO migrate_ledger DO INSTEAD NOTHING',
	'add row security' => 'ALTER TABLE migrate_ledger ENABLE ROW LEVEL SECURITY',
	'add a policy' => 'CREATE POLICY p ON migrate_ledger USING (false)',
	'inherit from it' => 'CREATE TABLE child () INHERITS (migrate_ledger)',
	'make it inherit' => 'CREATE TABLE parent (); ALTER TABLE migrate_ledger INHERIT parent',
	'reference it' => 'CREATE TABLE referrer (seq bigint REFERENCES migrate_ledger)',
	'index it' => 'CREATE INDEX ON migrate_ledger (seq)',
	'replace a view' => 'CREATE OR REPLACE VIEW migrate_status AS SELECT 1 AS version',
	'replace a function' => <<'SQL',
CREATE OR REPLACE FUNCTION migrate_rollback_all() RETURNS SETOF text LANGUAGE sql AS 'SELECT ''x'''
SQL
	'drop a function' => 'DROP FUNCTION migrate_rollback_all()',
	'alter a function' => 'ALTER FUNCTION migrate_rollback_all() SECURITY DEFINER',
	'take it out of the extension' => 'ALTER EXTENSION neon_migrate DROP TABLE migrate_ledger',
	'cluster' => 'CLUSTER migrate_ledger USING migrate_ledger_pkey',
	'comment on it' => "COMMENT ON TABLE migrate_ledger IS 'mine'",
	'own the superuser' => 'SET ROLE postgres',
	'reassign' => 'REASSIGN OWNED BY postgres TO joe');

# An owner of the schema may drop what is in it, but not parts of an extension.
my %state = ('drop' => '2BP01', 'drop a function' => '2BP01');

foreach my $how (sort keys %attempt)
{
	joe_fails($attempt{$how}, $state{$how} // '42501', undef, "its owner cannot, $how");
}
fails_with(
	$node,
	'shop',
	"COPY migrate_ledger (seq, version, action, depends_on, transactional, started_at, applied_by, role, applied_total, entry_hash) FROM STDIN;\n8\tx\tapply\t{}\tt\tnow\tjoe\tjoe\t2\t\\\\x00\n\\.\n",
	'42501',
	undef,
	'its owner cannot, copy',
	user => 'joe');
joe_fails('SELECT migrate_ledger_guard()', '42501', undef, 'its owner cannot, call the guard');
joe_fails('ALTER EXTENSION neon_migrate SET SCHEMA pg_temp',
	'0A000', undef, 'its owner cannot, move the extension');
joe_is(
	'GRANT INSERT, UPDATE ON migrate_ledger TO amy',
	'',
	'passing on what he has not is no error');
amy_fails('INSERT INTO migrate_ledger SELECT * FROM migrate_ledger',
	'42501', undef, '... and in vain');

# neither by way of a migration
foreach my $how (
	'insert', 'update', 'delete', 'truncate', 'alter', 'drop',
	'disable its triggers',
	'replace the guard',
	'take over', 'disable all triggers')
{
	joe_fails(
		'SELECT migrate_apply(\'evil\', ' . literal($attempt{$how}) . ')',
		$state{$how} // '42501',
		qr/CONTEXT:.*migration "evil"/s,
		"a migration cannot, $how");
}
joe_fails(
	"SELECT migrate_apply('evil', '', 'DELETE FROM migrate_ledger'); SELECT migrate_rollback()",
	'42501',
	qr/down SQL of migration "evil"/,
	'nor can a down');
joe_is("SELECT migrate_unstamp('evil')", 'unstamped', 'the trace of that');

# a superuser is stopped, too, from a slip
foreach my $how ('update', 'delete', 'truncate', 'update by no row')
{
	fails_with($node, 'shop', $attempt{$how}, '42501', qr/append-only/,
		"a superuser by a slip, $how");
}
is($node->safe_psql('shop', "SELECT count(*) FROM migrate_ledger"), 9, 'nothing else was added');
is( $node->safe_psql(
		'shop',
		"SET timezone = 'UTC'; COPY (SELECT * FROM migrate_ledger WHERE seq <= 7 ORDER BY seq) TO STDOUT"
	),
	$history,
	'history is as it was');
verify_is_ok($node, 'shop', 'verified after all that');

#
# Passing the right on
#

foreach my $call (
	"migrate_apply('amy 1', 'SELECT 1')", 'migrate_rollback()',
	"migrate_rollback_to('1')", 'migrate_rollback_all()',
	"migrate_redo('1')", "migrate_stamp('amy 1')",
	"migrate_unstamp('1')")
{
	amy_fails(
		"SELECT $call",
		'42501',
		qr/permission denied for function/,
		"not given to everyone: $call");
}
amy_fails('SELECT * FROM migrate_status', '42501', undef, 'not given to everyone: status');
amy_is("SELECT migrate_require('1'); SELECT ok, applied FROM migrate_health()",
	"\nt|1", 'everyone may ask how things stand');

joe_is(<<'SQL', '', 'he passes the right on');
GRANT EXECUTE ON FUNCTION migrate_apply, migrate_rollback TO amy;
GRANT EXECUTE ON FUNCTION migrate_apply TO team WITH GRANT OPTION;
GRANT SELECT ON migrate_status, migrate_history TO amy;
CREATE SCHEMA team AUTHORIZATION CURRENT_USER;
GRANT CREATE, USAGE ON SCHEMA team TO team;
SQL

amy_fails(
	"SELECT migrate_apply('amy 1', 'CREATE TABLE public.x (id int)')",
	'42501',
	qr/permission denied for schema public/,
	'her migrations have her rights');
amy_fails(
	"SELECT migrate_apply('amy 1', 'DROP TABLE a')",
	'42501', qr/must be owner of table a/,
	'... not his');
amy_fails(
	"SELECT migrate_apply('amy 1', 'SELECT * FROM migrate_ledger')",
	'42501',
	qr/permission denied for table migrate_ledger/,
	'... nor those on the ledger');

amy_is(<<'SQL', "applied\napplied\namy 2\namy", 'she migrates');
SET application_name = 'amy''s laptop';
SELECT migrate_apply('amy 1', 'CREATE TEMP TABLE t (id int)');
SELECT migrate_apply('amy 2', 'CREATE TABLE team.t (id int)', 'DROP TABLE team.t');
SELECT migrate_rollback();
SELECT current_user;
SQL
amy_is(<<'SQL', "applied\nteam", 'she migrates as a group');
SET ROLE team;
SELECT migrate_apply('amy 3', 'CREATE TABLE team.t3 (id int)', 'DROP TABLE team.t3');
SELECT relowner::regrole FROM pg_class WHERE oid = 'team.t3'::regclass;
SQL

# by a function with its owner's rights, and by SET ROLE in the migration
$node->safe_psql('shop', <<'SQL');
SET ROLE joe;
CREATE FUNCTION deploy(version text, up_sql text, down_sql text) RETURNS text LANGUAGE sql
SECURITY DEFINER SET search_path = public, pg_temp AS 'SELECT migrate_apply($1, $2, $3)';
GRANT USAGE ON SCHEMA public TO bob;
SQL
sql_is(
	$node, 'shop', <<'SQL', "applied\njoe",
SELECT deploy('bob 1', 'CREATE TABLE made_for_bob (id int)', 'DROP TABLE made_for_bob');
SELECT relowner::regrole FROM pg_class WHERE relname = 'made_for_bob';
SQL
	'somebody migrates through a function', user => 'bob');
amy_is(<<'SQL', "applied\namy", 'SET ROLE in the migration ends with it');
SELECT migrate_apply('amy 4', 'SET ROLE team; CREATE TABLE team.t4 (id int)', 'DROP TABLE team.t4');
SELECT current_user;
SQL
sql_is($node, 'shop',
	<<'SQL', <<'OUT' =~ s/\n$//r, 'the history tells who, as what and from where');
SELECT version, action, applied_by, role, client, application FROM migrate_history WHERE seq > 9;
SQL
amy 1|apply|amy|amy|local|amy's laptop
amy 2|apply|amy|amy|local|amy's laptop
amy 2|rollback|amy|amy|local|amy's laptop
amy 3|apply|amy|team|local|003_trusted_install.pl
bob 1|apply|bob|joe|local|003_trusted_install.pl
amy 4|apply|amy|amy|local|003_trusted_install.pl
OUT
verify_is_ok($node, 'shop', 'verified: grants of EXECUTE and SELECT are fine', user => 'amy');

joe_is(<<'SQL', '', 'he takes the right back');
REVOKE ALL ON FUNCTION migrate_apply, migrate_rollback FROM amy;
REVOKE ALL ON FUNCTION migrate_apply FROM team CASCADE;
SQL
amy_fails("SELECT migrate_apply('amy 5', 'SELECT 1')", '42501', undef, '... and it is gone');

# with the owner's rights a migration writes nothing, even if the ledger is
# locked and the caller catches the error
{
	my $locker = session($node, 'shop');

	$locker->query_safe('BEGIN; LOCK TABLE migrate_ledger IN ACCESS EXCLUSIVE MODE');
	joe_is(
		<<'SQL', "joe|joe|on|mine\nf", 'an error while the ledger is read leaves the caller himself');
SET lock_timeout = '10ms';
SET search_path = mine, public;
DO $$
BEGIN
	PERFORM migrate_apply('caught', 'SELECT 1');
	RAISE EXCEPTION 'not reached';
EXCEPTION WHEN lock_not_available THEN
	NULL;
END $$;
SELECT current_user, session_user, current_setting('row_security'), split_part(current_setting('search_path'), ',', 1);
SELECT rolsuper FROM pg_roles WHERE rolname = current_user;
SQL
	$locker->query_safe('ROLLBACK');
	$locker->quit;
}

# As owner of the schema he may drop an index, which is no part of the extension
# by itself.  Then nothing can be done until it is made again, and nothing is lost.
joe_is("DROP INDEX migrate_ledger_version", '', 'he drops an index of the ledger');
joe_fails("SELECT migrate_apply('no index', 'SELECT 1')", '55000',
	qr/"migrate_ledger" has lost an index/, '... nothing is applied without it');
joe_is("SELECT detail FROM migrate_verify() WHERE NOT ok", 'no valid index on version',
	'... which migrate_verify() says');
$node->safe_psql('shop', 'CREATE INDEX migrate_ledger_version ON migrate_ledger (version, seq)');
joe_is("SELECT migrate_apply('no index', 'SELECT 1', NULL, NULL, ARRAY['bob 1'])", 'applied',
	'... made again, it works');
joe_fails("SELECT migrate_unstamp('bob 1')", '55000', qr/"no index"/, '... and finds dependents');
verify_is_ok($node, 'shop', '... verified');

#
# The end of it
#

amy_fails('DROP EXTENSION neon_migrate', '42501', undef, 'somebody else cannot drop it');
joe_is(<<'SQL', "0\napplied\n1", 'he drops it, and starts over');
DROP EXTENSION neon_migrate CASCADE;
SELECT count(*) FROM pg_class WHERE relname LIKE 'migrate\_%';
CREATE EXTENSION neon_migrate;
SELECT migrate_apply('1', 'SELECT 1');
SELECT seq FROM migrate_history;
SQL

# who may create in the database, but does not own it
$node->safe_psql('shop', 'DROP EXTENSION neon_migrate; GRANT CREATE ON DATABASE shop TO bob');
sql_is(
	$node, 'shop', <<'SQL', 'applied',
CREATE SCHEMA bob;
CREATE EXTENSION neon_migrate SCHEMA bob;
SELECT bob.migrate_apply('1', 'CREATE TABLE bob.t (id int)');
SQL
	'who may create schemas installs into his own', user => 'bob');
joe_fails("SELECT bob.migrate_apply('2', 'SELECT 1')",
	'42501', undef, '... and the owner of the database may not migrate');
verify_is_ok($node, 'shop', '... verified', user => 'bob', schema => 'bob');

$node->stop;
done_testing();
