# The client: sql.  A script that psql runs gives the same schema and the same
# ledger as up does.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use NeonMigrateClient;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main');

my %files = (
	'01_users.sql' => migration("CREATE TABLE users (id int, name text);\nCOMMENT ON TABLE users IS 'it''s \\n';", 'DROP TABLE users;'),
	# each dollar quote that the script could use, also where text and tag meet
	'02_quotes.sql' => migration(
		"CREATE FUNCTION f() RETURNS text LANGUAGE sql AS \$sql\$ SELECT \$sql1\$a\$sql1\$ || \$sql2\$;\$sql2\$ \$sql\$;\n"
		  . "SELECT \$\$x\$\$; -- \$sql3 \$sql4",
		'DROP FUNCTION f();'),
	'03_meet.sql' => "-- migrate:up\nSELECT 1; -- \$sql",
	# what psql would take for its own
	'04_psql.sql' => migration("CREATE TABLE colon (a int, b text);\nINSERT INTO colon VALUES (1, ':id :''name'' \\echo');\n"
		  . "SELECT a AS \":users\" FROM colon WHERE a::text = '1';\n-- \\! touch backslash\nSELECT 'a;b';", 'DROP TABLE colon;'),
	"05_d\xC3\xA9j\xC3\xA0'vu.sql" => migration("CREATE TABLE \"d\xC3\xA9\" (id int);", "DROP TABLE \"d\xC3\xA9\";"),
	'06_windows.sql' => "-- migrate:up\r\nCREATE TABLE windows (\r\n  id int\r\n);\r\n-- migrate:down\r\nDROP TABLE windows;\r\n",
	'07_empty.sql' => migration('', ''),
	'08_index.sql' => "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON users (id);\n-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY i;\n",
);

# Runs a script as a DBA would.
sub psql
{
	my ($project, $script) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run([ 'psql', '-XAtq', '-d', url($project->{node}, $project->{database}), '-f', '-' ],
		'<', \$script, '>', \$out, '2>', \$err);
	return ($? >> 8, "$out$err");
}

# What is in the ledger, but for what differs from run to run.
sub ledger
{
	my ($project) = @_;

	return $project->sql('SELECT seq, version, action, description, up_sql, down_sql, depends_on, transactional, checksum'
		  . ' FROM migrate_ledger ORDER BY seq');
}

sub schema
{
	my ($project) = @_;
	my ($out) = run_command([ 'pg_dump', '--schema-only', '--no-owner', '-d', url($project->{node}, $project->{database}) ]);

	$out =~ s/^\\(un)?restrict .*//mg;
	return $out;
}

sub runs
{
	my ($project, $script, $name) = @_;
	my ($status, $messages) = psql($project, $script);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($status, 0, $name) or diag("$messages\nscript: $script");
	return;
}

sub same
{
	my ($project, $other, $name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(ledger($project), ledger($other), "$name: the same ledger");
	is(schema($project), schema($other), "$name: the same schema");
	verify_is_ok($node, $project->{database}, "$name: verified");
	return;
}

my $shop = project($node, 'shop', {%files});
my $live = project($node, 'live', {%files});
my $state = $live->state;

$shop->gives(['up'], 0, undef, 'up');
my $script = $live->gives(['sql'], 0, qr/\A-- For psql: applies 8 migrations, each by itself\.\n\\set ON_ERROR_STOP on\n/, 'sql')->{out};
is($live->state, $state, 'sql changes nothing');
is($live->sql('SELECT count(*) FROM migrate_file'), 0, 'sql stores nothing');
my $object = $live->json_keys(['sql'], 0, 'command migrations ok script', 'sql --json');
is($object->{migrations}, 8, 'sql --json: number of migrations');
utf8::encode($object->{script});
is($object->{script}, $script, 'sql --json: the same script');
runs($live, $script, 'psql runs it');
same($live, $shop, 'sql');
ok(!-e "$live->{root}/backslash", 'no command was run');
$live->gives(['status', '--exit-code'], 0, qr/8 applied, 0 pending/, 'nothing is pending after it');
$live->gives(['up'], 0, qr/nothing to apply/, 'nor for up');
runs($live, $script, 'psql runs it again');
is(ledger($live), ledger($shop), 'again: nothing is done twice');
$live->gives(['sql'], 0, qr/\A-- For psql: applies 0 migrations, each by itself\.\n\\set ON_ERROR_STOP on\n\z/, 'sql with nothing pending');

#
# down
#

$state = $live->state;
$script = $live->gives([ 'sql', '--down', '--to', '06' ], 0,
	qr/\A-- For psql: undoes 2 migrations.*^-- 08 is undone by\n--   .*DROP INDEX CONCURRENTLY i;\n.*^-- 07 is undone by\n.*^CALL public\.migrate_down_to\('06'\);\n\z/ms, 'sql --down --to')->{out};
is($live->state, $state, 'sql --down changes nothing');
$shop->gives([ 'down', '--to', '06' ], 0, undef, 'down --to');
runs($live, $script, 'psql runs sql --down --to');
same($live, $shop, 'sql --down --to');
$live->gives([ 'sql', '--down', '--to', '08' ], 1, qr/migration "08" is not applied/, 'sql --down --to what is not applied');
$live->gives([ 'sql', '--down', '--to', 'zz' ], 1, qr/there is no migration "zz"/, 'sql --down --to what is not there');
$live->gives([ 'sql', '--down' ], 1, qr/migration "03" has no down SQL.*--to a version after it/s, 'sql --down past one without down SQL');
$script = $live->gives([ 'sql', '--down', '--to', '03', '--atomic' ], 0, qr/^BEGIN;\n.*^SELECT public\.migrate_rollback_to\('03'\);\n\nCOMMIT;\n\z/ms, 'sql --down --atomic')->{out};
$shop->gives([ 'down', '--to', '03', '--atomic' ], 0, undef, 'down --to --atomic');
runs($live, $script, 'psql runs sql --down --atomic');
same($live, $shop, 'sql --down --atomic');

#
# Ranges, and all or nothing
#

$script = $live->gives([ 'sql', '--to', '05' ], 0, qr/applies 2 migrations/, 'sql --to')->{out};
$shop->gives([ 'up', '--to', '05' ], 0, undef, 'up --to');
runs($live, $script, 'psql runs sql --to');
same($live, $shop, 'sql --to');
$script = $live->gives([ 'sql', '--from', '02', '--to', '04' ], 0, qr/applies 3 migrations.*^-- 02 .*^-- 03 .*^-- 04 /ms, 'sql --from --to has what is applied, too')->{out};
unlike($script, qr/^-- 0[15678] /m, 'and nothing else');
runs($live, $script, 'psql runs sql --from --to');
is(ledger($live), ledger($shop), 'which changes nothing where it is applied');
$live->gives([ 'sql', '--from', '99' ], 1, qr/there is no migration "99"/, 'sql --from nothing');

my $whole = project($node, 'whole', { map { $_ => $files{$_} } grep { !/^08/ } keys %files });
my $other = project($node, 'other', { map { $_ => $files{$_} } grep { !/^08/ } keys %files });
$whole->gives([ 'up', '--atomic' ], 0, undef, 'up --atomic');
$script = $other->gives([ 'sql', '--atomic' ], 0, qr/all or nothing.*^BEGIN;\n.*^SELECT public\.migrate_apply\(.*^COMMIT;\n\z/ms, 'sql --atomic')->{out};
my ($status, $messages) = psql($other, $script =~ s/CREATE TABLE windows/CREATE TABLE users/r);
isnt($status, 0, 'sql --atomic: an error in the middle ends psql');
like($messages, qr/relation "users" already exists.*migration "06"/s, '... with its place');
is(ledger($other), '', '... and nothing is done');
runs($other, $script, 'psql runs sql --atomic');
same($other, $whole, 'sql --atomic');

#
# Dependencies, and a schema that wants quotes
#

my $plan = project($node, 'plan', {}, schema => '"My schema"');
$plan->write('sqitch.plan', "%syntax-version=1.0.0\n%project=shop\n\nusers 2024-01-01T00:00:00Z A <a\@b.c> # it's\nposts [users] 2024-01-02T00:00:00Z A <a\@b.c> # x\n");
$plan->write("deploy/$_.sql", "BEGIN;\nCREATE TABLE $_ (id int);\nCOMMIT;\n") foreach (qw(users posts));
$plan->write("revert/$_.sql", "BEGIN;\nDROP TABLE $_;\nCOMMIT;\n") foreach (qw(users posts));
$script = $plan->gives(['sql'], 0, qr/^CALL "My schema"\.migrate_run\(\n    'users',.*'\{users\}'\);/ms, 'sql with dependencies')->{out};
runs($plan, $script, 'psql runs it');
is($plan->versions('applied'), 'posts users', 'and all is applied');
$plan->gives(['up'], 0, qr/nothing to apply/, 'also for up');

$node->stop;
done_testing();
