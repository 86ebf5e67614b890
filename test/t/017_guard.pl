# The guard and everything around it: dumps and their restores, copies of the
# database, logical replication, a standby, the maintenance programs, and many
# sessions at once.
#
# A restored database has the guard off, whatever the dump says, since the rest
# of the restore would be refused otherwise.  What was recorded comes along, and
# migrate_verify() says what the mode was.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node(
	'main',
	init => { allows_streaming => 'logical' },
	conf => "max_prepared_transactions = 5\n");
my $dumps = PostgreSQL::Test::Utils::tempdir;

$node->safe_psql('postgres', 'CREATE ROLE joe LOGIN; CREATE ROLE bob LOGIN');

# What is recorded, as COPY prints it.
sub records
{
	my ($database) = @_;

	return join "\n--\n", map
	{
		$node->safe_psql($database,
			"SET timezone = 'UTC'; COPY (SELECT * FROM $_ ORDER BY 1, 2, 3) TO STDOUT")
	} qw(migrate_guard_mode migrate_guard_statement migrate_guard_object);
}

# A database with a bit of everything that a restore makes after the data, and
# the guard in this mode, set and recorded by "user".
sub populate
{
	my ($database, $mode, %options) = @_;

	create_database($node, $database, 'OWNER ' . ($options{user} // 'postgres'));
	sql_is(
		$node, $database, <<"SQL", "applied\n" . ($mode eq 'off' ? 'unchanged' : "changed\nchanged"),
CREATE EXTENSION neon_migrate;
SELECT migrate_apply('1', \$\$
	CREATE TABLE parent (id int PRIMARY KEY, name text UNIQUE);
	CREATE TABLE child (id int REFERENCES parent, t tsvector);
	CREATE INDEX ON child USING gin (t);
	CREATE VIEW seen AS SELECT * FROM child;
	CREATE MATERIALIZED VIEW kept AS SELECT * FROM parent;
	CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
	CREATE TRIGGER touched BEFORE UPDATE ON parent FOR EACH ROW EXECUTE FUNCTION touch();
	CREATE RULE nothing AS ON DELETE TO parent DO INSTEAD NOTHING;
	ALTER TABLE child ENABLE ROW LEVEL SECURITY;
	CREATE POLICY own ON child USING (true);
	GRANT SELECT ON parent TO bob;
	COMMENT ON TABLE child IS 'a child';
	INSERT INTO parent VALUES (1, 'one')
\$\$);
@{[$mode eq 'off' ? '' : "SELECT migrate_guard('record');"]}
CREATE TABLE by_hand (id int);
ALTER TABLE by_hand ADD note text DEFAULT 'tab	and \\ backslash';
SELECT migrate_guard('$mode');
SQL
		"$database: guarded", user => $options{user})
	  unless $mode eq 'record';
	sql_is(
		$node, $database, <<"SQL", "changed",
CREATE EXTENSION neon_migrate;
SELECT migrate_guard('record');
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE by_hand (id int REFERENCES parent);
SQL
		"$database: guarded", user => $options{user})
	  if $mode eq 'record';
	return;
}

# Restores a dump as "user"; returns the messages.
sub restore
{
	my ($file, $database, %options) = @_;
	my @program =
	  $file =~ /\.sql$/
	  ? ('psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', $file)
	  : ('pg_restore', '--exit-on-error', @{ $options{options} // [] }, $file);
	my ($out, $err);

	local $ENV{PGOPTIONS} = $options{pgoptions} // '';
	push @program, '-U', $options{user} if $options{user};
	IPC::Run::run([ @program, '-d', $node->connstr($database) ], '>', \$out, '2>', \$err);
	return $err;
}

#
# Dump and restore
#

foreach my $case (
	[ 'off' ], [ 'record' ], [ 'refuse' ], [ 'off', 'joe' ], [ 'record', 'joe' ], [ 'refuse', 'joe' ])
{
	my ($mode, $user) = @$case;
	my $name = "$mode, by " . ($user // 'a superuser');
	my $records;

	populate('source', $mode, user => $user);
	$records = records('source');
	foreach my $how (
		[ 'plain', 'dump.sql' ],
		[ 'plain, inserts of many rows', 'dump.sql', '--rows-per-insert=1000' ],
		[ 'archive', 'dump.tar', '-Ft' ],
		[ 'archive, parallel', 'dump.custom', '-Fc' ])
	{
		my ($format, $file, @options) = @$how;

		$node->command_ok(
			[
				'pg_dump', '-d', $node->connstr('source'), '-f', "$dumps/$file", @options,
				$user ? ('-U', $user) : ()
			],
			"$name: $format: dumped");
		create_database($node, 'target', 'OWNER ' . ($user // 'postgres'));
		is( restore(
				"$dumps/$file", 'target',
				user => $user,
				options => $file eq 'dump.custom' ? [ '-j', 2 ] : []),
			'',
			"$name: $format: restored");
		is(records('target'), $records, "$name: $format: with all records");
		sql_is($node, 'target', 'SELECT migrate_guard()', 'off', "$name: $format: the guard is off");
		sql_is(
			$node, 'target',
			"SELECT subject, detail FROM migrate_verify() WHERE NOT ok",
			$mode eq 'off'
			? ''
			: "guard|the mode is off, but was set to $mode; if that is due to a restore, SELECT migrate_guard('$mode')",
			"$name: $format: migrate_verify() tells");
		sql_is(
			$node, 'target', <<'SQL',
SELECT migrate_guard('record');
CREATE TABLE afterwards ();
SELECT command, objects FROM migrate_ddl ORDER BY id DESC LIMIT 1;
SELECT count(*) - count(DISTINCT id) FROM migrate_guard_statement;
SELECT count(*) FROM migrate_verify() WHERE NOT ok;
SQL
			"changed\nCREATE TABLE|{\"table public.afterwards\"}\n0\n0",
			"$name: $format: and is set and records again",
			user => $user);
		$node->safe_psql('postgres', 'DROP DATABASE target');
	}
	$node->safe_psql('postgres', 'DROP DATABASE source');
}

# over a database that refuses: only who may pass
{
	populate('source', 'refuse');
	my $records = records('source');
	my @clean = (options => [ '--clean', '--if-exists' ]);

	$node->command_ok([ 'pg_dump', '-Fc', '-d', $node->connstr('source'), '-f', "$dumps/clean.custom" ],
		'--clean: dumped');
	like(restore("$dumps/clean.custom", 'source', @clean),
		qr/is refused outside of migrations/, '--clean: refused');
	is(records('source'), $records, '--clean: nothing was done');
	is( restore(
			"$dumps/clean.custom", 'source', @clean,
			pgoptions => '-c neon_migrate.guard_bypass=on'),
		'',
		'--clean: with guard_bypass it restores');
	sql_is($node, 'source', 'SELECT migrate_guard()', 'off', '--clean: and the guard is off');

	# only the data, past the triggers
	create_database($node, 'target');
	$node->safe_psql('target',
		"CREATE TABLE parent (id int, name text); CREATE TABLE child (id int, t tsvector); CREATE TABLE by_hand (id int, note text); CREATE MATERIALIZED VIEW kept AS SELECT 1; CREATE EXTENSION neon_migrate");
	is( restore(
			"$dumps/clean.custom", 'target',
			options => [ '--data-only', '--disable-triggers' ]),
		'',
		'--data-only: restored');
	sql_is(
		$node, 'target', <<'SQL',
SELECT count(*) FROM migrate_guard_statement;
SELECT migrate_guard('record');
CREATE TABLE afterwards ();
SELECT count(*), count(DISTINCT id) FROM migrate_guard_statement;
SQL
		"2\nchanged\n3|3", '--data-only: and records go on');
	$node->safe_psql('postgres', 'DROP DATABASE target');

	# a copy is a copy
	$node->safe_psql('source', "SELECT migrate_guard('refuse')");
	$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE source');
	fails_with($node, 'copy', 'CREATE TABLE x ()', '42501', qr/refused/, 'a copy by template refuses, too');
	verify_is_ok($node, 'copy', 'a copy by template: verified');
	$node->safe_psql('postgres', 'DROP DATABASE copy');
}

#
# Maintenance goes on while DDL is refused
#

$node->command_ok([ 'vacuumdb', '-z', '-d', $node->connstr('source') ], 'refuse: vacuumdb');
$node->command_ok([ 'vacuumdb', '-f', '-d', $node->connstr('source') ], 'refuse: vacuumdb --full');
$node->command_ok([ 'reindexdb', '-d', $node->connstr('source') ], 'refuse: reindexdb');
$node->command_ok([ 'reindexdb', '--concurrently', '-d', $node->connstr('source') ],
	'refuse: reindexdb --concurrently');
$node->command_ok([ 'clusterdb', '-d', $node->connstr('source') ], 'refuse: clusterdb');
$node->command_ok([ 'pg_dumpall', '-d', $node->connstr('source'), '-f', "$dumps/all.sql" ],
	'refuse: pg_dumpall');

# who passes, by connection options
{
	local $ENV{PGOPTIONS} = '-c neon_migrate.guard_bypass=on';

	sql_is($node, 'source', "CREATE TABLE passed (); SELECT command, bypassed FROM migrate_ddl ORDER BY id DESC LIMIT 1",
		'CREATE TABLE|t', 'refuse: a superuser passes by PGOPTIONS');
	$node->safe_psql('source', 'GRANT CREATE ON SCHEMA public TO bob');
	fails_with($node, 'source', 'CREATE TABLE bobs ()',
		'42501', qr/is refused outside of migrations/, 'refuse: nobody else does', user => 'bob');
}

# who is let pass
{
	$node->safe_psql('source', 'GRANT SET ON PARAMETER neon_migrate.guard_bypass TO bob');
	sql_is($node, 'source', 'SET neon_migrate.guard_bypass = on; CREATE TABLE bobs ()',
		'', 'refuse: who may set the parameter passes', user => 'bob');
	fails_with($node, 'source', 'DROP TABLE bobs', '42501', qr/is refused outside of migrations/,
		'refuse: when he has set it', user => 'bob');
	$node->safe_psql('source', 'ALTER ROLE bob IN DATABASE source SET neon_migrate.guard_bypass = on');
	sql_is($node, 'source', 'DROP TABLE bobs', '', 'refuse: or it is set for him', user => 'bob');
	sql_is(
		$node, 'source',
		"SELECT command, run_by, bypassed FROM migrate_ddl ORDER BY id DESC LIMIT 2",
		"DROP TABLE|bob|t\nCREATE TABLE|bob|t",
		'refuse: all that is recorded');
	$node->safe_psql('source',
		'REVOKE SET ON PARAMETER neon_migrate.guard_bypass FROM bob; ALTER ROLE bob IN DATABASE source RESET neon_migrate.guard_bypass');
	fails_with($node, 'source', 'SET neon_migrate.guard_bypass = on; CREATE TABLE bobs ()',
		'42501', qr/is refused outside of migrations/, 'refuse: and is not any more', user => 'bob');
}

# what was prepared is recorded when it is committed
{
	$node->safe_psql('source', <<'SQL');
SET neon_migrate.guard_bypass = on;
BEGIN; CREATE TABLE prepared_1 (); PREPARE TRANSACTION 'one';
BEGIN; CREATE TABLE prepared_2 (); PREPARE TRANSACTION 'two';
COMMIT PREPARED 'one';
ROLLBACK PREPARED 'two';
SQL
	sql_is($node, 'source',
		"SELECT objects FROM migrate_ddl WHERE objects::text LIKE '%prepared%'",
		'{"table public.prepared_1"}', 'prepared transactions');
}

#
# Logical replication into a database that refuses
#

{
	my $publisher = new_node('publisher', init => { allows_streaming => 'logical' });
	my $connection = literal($publisher->connstr('postgres'));

	$publisher->safe_psql('postgres',
		'CREATE TABLE parent (id int PRIMARY KEY, name text); INSERT INTO parent VALUES (2, $$two$$); CREATE PUBLICATION news FOR TABLE parent');
	fails_with($node, 'source',
		"CREATE SUBSCRIPTION news CONNECTION $connection PUBLICATION news",
		'42501', qr/refused/, 'replication: CREATE SUBSCRIPTION is refused');
	is($publisher->safe_psql('postgres', 'SELECT count(*) FROM pg_replication_slots'),
		0, 'replication: and has left no slot there');
	$node->safe_psql('source',
		"SET neon_migrate.guard_bypass = on; CREATE SUBSCRIPTION news CONNECTION $connection PUBLICATION news");
	ok($node->poll_query_until('source', 'SELECT count(*) = 2 FROM parent'), 'replication: the first copy');
	$publisher->safe_psql('postgres',
		'INSERT INTO parent VALUES (3, $$three$$); UPDATE parent SET name = $$deux$$ WHERE id = 2; DELETE FROM parent; INSERT INTO parent VALUES (4, $$four$$)');
	ok($node->poll_query_until('source', "SELECT string_agg(name, ' ' ORDER BY id) = 'one four' FROM parent"),
		'replication: changes');
	unlike($node->safe_psql('source', 'SELECT string_agg(statement, $$ $$) FROM migrate_ddl'),
		qr/host=|port=/, 'replication: the connection is not recorded');
	$node->safe_psql('source', 'SET neon_migrate.guard_bypass = on; DROP SUBSCRIPTION news');
	$publisher->stop;
}

#
# A standby
#

{
	my $standby = PostgreSQL::Test::Cluster->new('standby');

	$node->backup('base');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	$standby->start;
	sql_is($standby, 'source', 'SELECT migrate_guard()', 'refuse', 'standby: the mode');
	sql_is($standby, 'source', 'SELECT count(*) > 0 FROM migrate_ddl', 't', 'standby: the records');
	fails_with($standby, 'source', "SELECT migrate_guard('off')",
		'25006', qr/cannot execute migrate_guard\(\)/, 'standby: the mode stays');
	fails_with($standby, 'source', 'CREATE TABLE x ()', '25006', qr/cannot execute CREATE TABLE/,
		'standby: DDL fails as ever');
	verify_is_ok($standby, 'source', 'standby: verified');
	$standby->stop;
}

#
# Many sessions that run DDL, while the mode changes
#

{
	$node->safe_psql('source', "SELECT migrate_guard('record'); CREATE SCHEMA busy");
	my $before = $node->safe_psql('source', 'SELECT count(*) FROM migrate_guard_statement');

	$node->pgbench(
		'-n -c 8 -j 2 -t 25 source',
		0,
		[qr{processed: 200/200}],
		[qr/^$/],
		'many sessions: DDL',
		{
			'busy_ddl' => <<'SQL' });
BEGIN;
CREATE TABLE busy.t_:client_id (id serial PRIMARY KEY);
SAVEPOINT s;
ALTER TABLE busy.t_:client_id ADD a int;
ROLLBACK TO s;
COMMIT;
CREATE INDEX ON busy.t_:client_id (id);
CREATE TEMP TABLE passing (id int);
DROP TABLE busy.t_:client_id, passing;
SQL
	is( $node->safe_psql('source', 'SELECT count(*) FROM migrate_guard_statement') - $before,
		600,
		'many sessions: each statement is recorded, once');
	is($node->safe_psql('source', 'SELECT count(*) - count(DISTINCT id) FROM migrate_guard_statement'),
		0, 'many sessions: under a number of its own');

	# after a restore: the sequence is behind, and all find it so at once
	$node->safe_psql('source', "SELECT setval('migrate_guard_number', 1)");
	$node->pgbench(
		'-n -c 8 -j 2 -t 10 source',
		0,
		[qr{processed: 80/80}],
		[qr/^$/],
		'many sessions: the sequence is behind',
		{ 'busy_behind' => 'CREATE TABLE busy.t_:client_id (); DROP TABLE busy.t_:client_id;' });
	is($node->safe_psql('source', 'SELECT count(*) - count(DISTINCT id) FROM migrate_guard_statement'),
		0, 'many sessions: numbers are unique then, too');

	$node->pgbench(
		'-n -c 8 -j 2 -t 20 source',
		0,
		[qr{processed: 160/160}],
		[qr/^$/],
		'many sessions: while the mode changes',
		{
			'busy_mode@1' => "SELECT migrate_guard((ARRAY['off', 'record'])[1 + (random())::int]);",
			'busy_change@3' => 'CREATE TABLE IF NOT EXISTS busy.m_:client_id (); DROP TABLE busy.m_:client_id;'
		});
	$node->safe_psql('source', "SELECT migrate_guard('off')");
	verify_is_ok($node, 'source', 'many sessions: verified');
}

ok(!-e $node->logfile || slurp_file($node->logfile) !~ /TRAP|terminated by signal/, 'no crash');

done_testing();
