# The client: status, history, verify, health and wait, on a primary and on a
# standby.  What only looks changes nothing, also while somebody migrates.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use NeonMigrateClient;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', init => { allows_streaming => 1 });
my %files = (
	'01_users.sql' => migration('CREATE TABLE users (id int);', 'DROP TABLE users;'),
	'02_posts.sql' => migration('CREATE TABLE posts (id int);'),
	'03_tags.sql' => migration('CREATE TABLE tags (id int);', 'DROP TABLE tags;'),
);

#
# status
#

my $shop = project($node, 'shop', { '01_users.sql' => $files{'01_users.sql'} });
my $empty = project($node, 'empty');

$empty->gives(['status'], 0, qr/\Athere are no migrations yet\n\z/, 'status of nothing');
$empty->gives([ 'status', '--exit-code' ], 0, undef, 'status --exit-code of nothing');
my $state = $shop->state;
$shop->gives(['status'], 0, qr/^ 01 +\| pending .*\n.*^0 applied, 1 pending\n\z/ms, 'status: a folder that is not registered');
$shop->gives([ 'status', '--exit-code' ], 2, qr/1 pending/, 'status --exit-code: pending');
is($shop->state, $state, 'status changes nothing');
is($shop->sql('SELECT count(*) FROM migrate_file'), 0, 'status stores nothing');
$shop->gives(['up'], 0, undef, 'up');
$shop->gives([ 'status', '--exit-code' ], 0, qr/^ 01 +\| applied .*\| yes *\n.*^1 applied, 0 pending\n\z/ms, 'status: applied');
$shop->write($_, $files{$_}) foreach (keys %files);
$state = $shop->state;
my $object = $shop->json_keys([ 'status', '--exit-code' ], 2, 'applied command current migrations ok pending unfinished', 'status --json');
is_deeply([ @$object{qw(ok current applied pending unfinished)} ], [ 1, '01', 1, 2, 0 ], 'status --json: how things stand');
is( join(' ', sort keys %{ $object->{migrations}[0] }),
	'applied_at applied_by checksum depends_on description duration_ms has_down state transactional version',
	'status --json: keys of a migration');
my ($first, $second) = @{ $object->{migrations} };
is_deeply([ @$first{qw(version state description applied_by has_down depends_on)} ],
	[ '01', 'applied', 'users', 'postgres', 1, [] ], 'status --json: an applied one');
like($first->{applied_at}, qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/, 'status --json: time');
is_deeply([ @$second{qw(version state applied_at has_down)} ], [ '02', 'pending', undef, 0 ], 'status --json: a pending one');
is($shop->state, $state, 'status --json changes nothing');
is($shop->sql('SELECT count(*) FROM migrate_file'), 1, 'status --json stores nothing');

# of a user who may only look
$node->safe_psql('shop', 'CREATE ROLE app LOGIN; GRANT SELECT ON migrate_status TO app');
my $app = { DATABASE_URL => url($node, 'shop', 'app') };
$shop->gives(['status'], 0, qr/^ 01 +\| applied/m, 'status as anybody', env => $app,
	err => qr/folder "migrations" was not compared: this connection may not write/);
$shop->gives(['up'], 1, qr/permission denied.*hint: .*MIGRATION_DATABASE_URL/s, 'up as anybody', env => $app);
is($shop->state, $state, 'up as anybody changes nothing');

# while somebody migrates
{
	my $other = session($node, 'shop');

	$other->query_safe("BEGIN; SELECT migrate_apply('zero', 'CREATE TABLE zero ()')");
	$shop->gives(['status'], 0, qr/^ 01 +\| applied/m, 'status while somebody migrates',
		env => { PGOPTIONS => '-cneon_migrate.wait_timeout=1h' },
		err => qr/folder "migrations" was not compared: somebody is migrating/);
	$shop->gives(['health'], 0, undef, 'health while somebody migrates');
	is($shop->json(['health'], 0, 'health while somebody migrates')->{gate_holder}, $other->pid, 'health: who migrates');
	$shop->gives(['up'], 1, qr/another migration is in progress.*detail: Process \d+/s, 'up while somebody migrates', env => { PGOPTIONS => '-cneon_migrate.wait_timeout=0' });
	$other->query_safe('ROLLBACK');
	$other->quit;
}

#
# history
#

$shop->gives([ 'up', '--to', '02' ], 0, undef, 'up');
$shop->gives(['history'], 0, qr/seq.*version.*action.*\n.*\n +1 \| 01 +\| apply .*\n +2 \| 02 +\| apply .*\n\(2 rows\)|^ +1 \| 01 .*^ +2 \| 02 /ms, 'history');
unlike($shop->run([ 'history', '--limit', 1 ])->{out}, qr/^ +1 \|/m, 'history --limit');
like($shop->run([ 'history', '--limit', 1 ])->{out}, qr/^ +2 \|/m, 'history --limit: the last ones');
$shop->gives([ '-v', 'history' ], 0, qr/WAL bytes.*hash.*neon_migrate.*[0-9a-f]{64}/s, 'history --verbose');
$object = $shop->json_keys(['history'], 0, 'command events ok', 'history --json');
is(join(' ', map { "$_->{seq}:$_->{version}:$_->{action}" } @{ $object->{events} }), '1:01:apply 2:02:apply', 'history --json: events');
is( join(' ', sort keys %{ $object->{events}[0] }),
	'action application applied_by checksum client description direction duration_ms entry_hash error lsn previous_hash role rows seq started_at statements step steps version wal_bytes',
	'history --json: keys of an event');
is($object->{events}[0]{entry_hash}, $object->{events}[1]{previous_hash}, 'history --json: the chain');

#
# verify
#

my $head = ledger_head($node, 'shop');
$shop->gives(['verify'], 0, qr/hash chain|chain/, 'verify');
$object = $shop->json_keys([ 'verify', '--head', $head ], 0, 'checks command ok', 'verify --head');
ok($object->{ok}, 'verify --head: ok');
is(scalar(grep { !$_->{ok} } @{ $object->{checks} }), 0, 'verify --head: all checks are');
$object = $shop->json([ 'verify', '--head', 'ab' x 32 ], 1, 'verify --head of another history');
ok(!$object->{ok}, 'verify --head of another history: not ok');
$shop->gives([ 'verify', '--head', 'nonsense' ], 1, qr/./, 'verify --head of nonsense');
$shop->sql("ALTER TABLE migrate_ledger DISABLE TRIGGER USER; UPDATE migrate_ledger SET applied_by = 'somebody' WHERE seq = 1;"
	  . ' ALTER TABLE migrate_ledger ENABLE TRIGGER USER');
my $client = $shop->run(['verify']);
is($client->{status}, 1, 'verify of a changed history: exit code');
like($client->{out}, qr/\| f +\|/, 'verify of a changed history');

#
# health and wait
#

my $web = project($node, 'web', {%files});
my @health = qw(applied command current detail gate_holder interrupted ok pending);
$web->gives(['health'], 0, qr/\A[^\n]+\n\z/, 'health');
$web->gives([ 'wait', '--timeout', '0' ], 2, undef, 'wait for what is not there', err => qr/not ready after 0 s: not everything in folder "migrations" is applied/);
$object = $web->json_keys([ 'wait', '--timeout', '0' ], 2, 'command error ok', 'wait for what is not there --json');
ok(!$object->{ok}, 'wait for what is not there --json: not ok');
$web->gives([ 'up', '--to', '02' ], 0, undef, 'up');
$object = $web->json_keys(['health'], 2, "@health", 'health: pending');
is_deeply([ @$object{qw(ok current applied pending interrupted gate_holder)} ], [ 0, '02', 2, 1, 0, undef ], 'health: how things stand');
$web->gives([ 'wait', '02' ], 0, qr/\Aready after \d+\.\d s\n\z/, 'wait VERSION');
$web->gives([ 'wait', '03', '--timeout', '0.1' ], 2, undef, 'wait VERSION that is not applied', err => qr/not ready .*"03"/);
$web->gives([ 'wait', '--timeout', '0' ], 2, undef, 'wait for the rest', err => qr/1 .*pending|pending/);

# it waits until somebody else migrates
my $waiting = $web->start([ 'wait', '--timeout', 3600 ]);
$waiting->wait_for('err', qr/waiting: /);
$web->gives(['up'], 0, undef, 'up meanwhile');
$waiting->finish;
is($waiting->{status}, 0, 'wait: until all is applied');
is(join(' ', sort keys %{ $web->json(['wait'], 0, 'wait again') }), 'command ok waited_ms', 'wait --json: keys');

# for the extension, and then for the migrations
my $bare = project($node, 'bare', {%files}, bare => 1);
$bare->gives([ 'wait', '--timeout', 0 ], 2, undef, 'wait without the extension', err => qr/not installed yet/);
$waiting = $bare->start([ 'wait', '--timeout', 3600 ]);
$waiting->wait_for('err', qr/waiting: extension neon_migrate is not installed yet/);
install($node, 'bare');
$waiting->wait_for('err', qr/waiting: not everything in folder/);
$bare->gives(['up'], 0, undef, 'up meanwhile');
is($waiting->finish->{status}, 0, 'wait: until it is installed and all is applied');

# without a folder, only for what the server knows
$web->{dir} = 'gone';
rename "$web->{root}/migrations", "$web->{root}/gone" or die;
$web->gives(['wait'], 0, qr/ready/, 'wait without a folder');
$web->gives([ 'status', '--exit-code' ], 0, qr/3 applied/, 'status without a folder');
rename "$web->{root}/gone", "$web->{root}/migrations" or die;
$web->{dir} = 'migrations';

# interrupted by Ctrl-C
$waiting = $web->start([ 'wait', 'never', '--timeout', 3600 ]);
$waiting->wait_for('err', qr/waiting: /);
$waiting->signal('INT');
is($waiting->finish->{status}, 1, 'wait: Ctrl-C');
like($waiting->{err}, qr/error: cancelled/, 'wait: says so');

#
# A standby
#

$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);

my $reader = { DATABASE_URL => url($standby, 'web') };
foreach my $command (qw(status history current health verify wait))
{
	my $there = $web->run([ $command, '--json' ]);
	my $here = $web->run([ $command, '--json' ], env => $reader);

	is($here->{status}, 0, "standby: $command") or diag($here->{err});
	s/"waited_ms": \d+// foreach ($here->{out}, $there->{out});
	is($here->{out}, $there->{out}, "standby: $command is the same");
}
$web->write('04_more.sql', migration('CREATE TABLE more (id int);'));
$web->gives(['status'], 0, qr/3 applied/, 'standby: status with a new file', env => $reader, err => qr/was not compared: this connection may not write/);
foreach my $command ([ 'up' ], [ 'up', '--dry-run' ], ['down'], ['redo'], [ 'stamp', '--all' ], ['up', '--atomic'])
{
	$web->gives($command, 1, qr/error: .*(?:standby|read-only|recovery).*hint: .*primary/s, "standby: @$command is refused", env => $reader);
}
$web->gives([ 'down', '--all' ], 1, qr/standby/, 'standby: down --all is refused', env => $reader);
$web->gives(['init'], 0, qr/there is extension/, 'standby: init where it is', env => $reader);
verify_is_ok($node, 'web', 'verified');

$standby->stop;
$node->stop;
done_testing();
