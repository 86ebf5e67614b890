# The client: up, down, redo, current and stamp.

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

sub three
{
	return {
		'01_users.sql' => migration('CREATE TABLE users (id int);', 'DROP TABLE users;'),
		'02_posts.sql' => migration('CREATE TABLE posts (id int);', 'DROP TABLE posts;'),
		'10_tags.sql' => migration('CREATE TABLE tags (id int);', 'DROP TABLE tags;'),
	};
}

my $run_keys = 'applied command current interrupted migrations ok pending round_trips';

#
# up
#

my $shop = project($node, 'shop', three());

$shop->gives(['current'], 0, qr/\A\n\z/, 'current: nothing yet');
$shop->gives([ 'up', '--to', '02' ], 0,
	qr/\Aapplied 01  01_users\.sql  \(\d+\.\d{3} s\)\napplied 02  02_posts\.sql  \(\S+ s\)\napplied 2 migrations in \S+ s, now at 02\n\z/,
	'up --to');
is($shop->versions('pending'), '10', 'up --to: the rest is pending');
$shop->gives(['current'], 0, qr/\A02\n\z/, 'current');
my $object = $shop->json_keys(['current'], 0, 'command current ok', 'current --json');
is($object->{current}, '02', 'current --json: version');

$object = $shop->json_keys(['up'], 0, $run_keys, 'up --json');
is_deeply(
	[ @$object{qw(command current applied pending interrupted)} ],
	[ 'up', '10', 3, 0, 0 ],
	'up --json: how things stand');
is(scalar @{ $object->{migrations} }, 1, 'up --json: one migration');
is(join(' ', sort keys %{ $object->{migrations}[0] }), 'direction duration_ms file version', 'up --json: keys of a migration');
is_deeply(
	[ @{ $object->{migrations}[0] }{qw(version file direction)} ],
	[ '10', 'migrations/10_tags.sql', 'up' ],
	'up --json: the migration');
like($object->{migrations}[0]{duration_ms}, qr/\A\d+\z/, 'up --json: duration');

my $state = $shop->state;
$shop->gives(['up'], 0, qr/\Anothing to apply, now at 10\n\z/, 'up again');
$shop->gives([ 'up', '--to', '02' ], 0, qr/\Anothing to apply, now at 10\n\z/, 'up --to what is applied');
$shop->gives([ 'up', '--to', '99' ], 1, qr/99/, 'up --to what is not there');
is($shop->state, $state, 'nothing has changed');

# options before the command, another folder, short ones
my $elsewhere = project($node, 'elsewhere');
$elsewhere->{dir} = 'db/changes';
$elsewhere->write($_, three()->{$_}) foreach (keys %{ three() });
$elsewhere->gives([ '--dir', 'db/changes/', '-j', 'up' ], 0, qr/"ok": true/, 'options before the command');
$elsewhere->gives([ '-ddb/changes', 'down', '-v' ], 1, qr/"down" has no option --dir/, 'down needs no folder');

#
# down and redo
#

$shop->gives(['down'], 0, qr/\Arolled back 10  \(\S+ s\)\nrolled back 1 migration in \S+ s, now at 02\n\z/, 'down');
$object = $shop->json_keys([ 'down', '2' ], 0, $run_keys, 'down 2 --json');
is_deeply([ map { "$_->{direction} $_->{version}" } @{ $object->{migrations} } ], [ 'down 02', 'down 01' ], 'down 2 --json: which');
is($object->{current}, undef, 'down 2 --json: no current version');
$shop->gives(['down'], 0, qr/\Anothing to roll back, no migration is applied\n\z/, 'down at the bottom');
$shop->gives(['redo'], 1, qr/no migration is applied.*neon_migrate up/s, 'redo at the bottom');
$shop->gives(['up'], 0, qr/applied 3 migrations .* now at 10\n/, 'up after down');
$shop->remove('01_users.sql', '02_posts.sql', '10_tags.sql');
$shop->gives([ 'down', '--to', '01' ], 0, qr/\Arolled back 10 .*\nrolled back 02 .*\n.*now at 01\n\z/, 'down --to, without files');
$shop->gives([ 'down', '--to', '77' ], 1, qr/77/, 'down --to what is not there');
$shop->gives([ 'down', '7' ], 0, qr/rolled back 1 migration in/, 'down more than there is');
is($shop->sql("SELECT count(*) FROM pg_class WHERE relname IN ('users', 'posts', 'tags')"), 0, 'no table is left');
$shop->write($_, three()->{$_}) foreach (keys %{ three() });
$shop->gives(['up'], 0, qr/applied 3 migrations/, 'up once more');
$shop->gives([ 'down', '--all', '--atomic' ], 0, qr/\Arolled back 10\nrolled back 02\nrolled back 01\nrolled back 3 migrations/, 'down --all --atomic');
$shop->gives(['up'], 0, qr/applied 3 migrations/, 'and up');
$shop->gives(['down', '-a'], 0, qr/rolled back 3 migrations/, 'down --all');
$shop->gives(['up'], 0, qr/applied 3 migrations/, 'and up again');

$shop->sql('INSERT INTO tags VALUES (1)');
$shop->gives(['redo'], 0, qr/\Aapplied 10\n.*now at 10\n\z/s, 'redo');
is($shop->sql('SELECT count(*) FROM tags'), 0, 'redo: down and up again');
$object = $shop->json_keys([ 'redo', '02' ], 0, $run_keys, 'redo of a version');
is($object->{migrations}[0]{version}, '02', 'redo of a version: which');
$shop->gives([ 'redo', '99' ], 1, qr/99/, 'redo of none');

#
# --atomic and --dry-run
#

my $bad = project($node, 'bad', three());
$bad->write('03_bad.sql', migration("SELECT 1;\nSELECT 1/0;"));
$state = $bad->state;
$bad->gives([ 'up', '--dry-run' ], 1, qr/03_bad\.sql:3:1: division by zero|03_bad\.sql:3:\d+: division by zero/, 'up --dry-run of what fails');
is($bad->state, $state, 'up --dry-run of what fails changes nothing');
$bad->gives([ 'up', '--dry-run', '--to', '02' ], 0,
	qr/\Awould apply 01  01_users\.sql  \(\S+ s\)\nwould apply 02  02_posts\.sql  \(\S+ s\)\n2 migrations would be applied; it took \S+ s, and was rolled back\n\z/, 'up --dry-run');
is($bad->state, $state, 'up --dry-run changes nothing');
$object = $bad->json_keys([ 'up', '-n', '--to', '02' ], 0, 'command dry_run migrations ok', 'up --dry-run --json');
is(scalar @{ $object->{migrations} }, 2, 'up --dry-run --json: migrations');
is($bad->sql("SELECT to_regclass('users') IS NULL"), 't', 'up --dry-run: no table');

my $felt = project($node, 'felt', {
	'1_wide.sql' => "-- migrate:up\nINSERT INTO big VALUES (2);\n\nALTER TABLE big ALTER COLUMN id TYPE bigint;\n-- migrate:down\nCREATE TABLE remains ();\n",
	'2_index.sql' => "-- migrate:up\nCREATE INDEX CONCURRENTLY big_id ON big (id);\n-- migrate:down\nDROP INDEX big_id;\n",
	'3_empty.sql' => "-- migrate:up\n-- migrate:down\n",
	'4_one_way.sql' => "-- migrate:up\nSELECT 1;\n" });
$felt->sql('CREATE TABLE big (id int)');
my $untouched = $felt->state;
$felt->gives([ 'up', '--dry-run' ], 0, qr{\Awould apply 1  1_wide\.sql  \(\S+ s\)
  line 4: ALTER TABLE, locks public\.big ACCESS EXCLUSIVE, rewrites public\.big
  down does not restore the schema:
    column public\.big\.id was: type integer; is: type bigint
    table public\.remains is left over
would apply 2  2_index\.sql  \(0\.000 s\)
  line 2: CREATE INDEX, not run: CREATE INDEX CONCURRENTLY cannot run inside a transaction block
  whether down restores the schema: not known, as not all statements were run
would apply 3  3_empty\.sql  \(0\.000 s\)
would apply 4  4_one_way\.sql  \(\S+ s\)
  whether down restores the schema: not known, there is no down SQL
4 migrations would be applied; it took \S+ s, and was rolled back\n\z}, 'up --dry-run: what somebody may feel');
$object = $felt->json([ 'up', '--dry-run' ], 0, 'up --dry-run --json of these');
is_deeply([ map { $_->{restored} ? 'yes' : defined $_->{restored} ? 'no' : 'unknown' } @{ $object->{migrations} } ],
	[qw(no unknown yes unknown)], 'up --dry-run --json: restored');
my $statement = $object->{migrations}[0]{statements}[1];
is_deeply([ @{$statement}{qw(direction statement line command rows locks rewritten detail)} ],
	[ 'up', 2, 4, 'ALTER TABLE', 0, { 'public.big' => 'ACCESS EXCLUSIVE' }, ['public.big'], undef ],
	'up --dry-run --json: a statement');
cmp_ok($statement->{duration_ms}, '>', 0, 'up --dry-run --json: its time');
cmp_ok($statement->{wal_bytes}, '>', 0, 'up --dry-run --json: its WAL');
is($felt->sql("SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'big'::regclass AND attname = 'id'"),
	'integer', 'up --dry-run changes no table');
is($felt->state, $untouched, 'up --dry-run registers nothing either');

$bad->gives([ 'up', '--atomic' ], 1, qr/03_bad\.sql:3:\d+: division by zero/, 'up --atomic of what fails');
is($bad->sql("SELECT to_regclass('users') IS NULL"), 't', 'up --atomic: no table');
is($bad->versions('applied'), '', 'up --atomic: nothing is applied');
$object = $bad->json(['up'], 1, 'up of what fails, --json');
is(join(' ', sort keys %{ $object->{error} }), 'column file line message sqlstate statement version', 'up of what fails: keys of the error');
is_deeply(
	[ @{ $object->{error} }{qw(message sqlstate version file statement line)} ],
	[ 'division by zero', '22012', '03', 'migrations/03_bad.sql', 2, 3 ],
	'up of what fails: the error');
is($bad->versions('applied'), '01 02', 'up of what fails: what came before stays');
$bad->write('03_bad.sql', migration('SELECT 2;'));
$bad->gives([ 'up', '--atomic' ], 0, qr/\Aapplied 03  03_bad\.sql\napplied 10  10_tags\.sql\napplied 2 migrations/, 'corrected, and up --atomic');

#
# Another history than the files'
#

my $behind = project($node, 'behind', three());
$behind->gives(['up'], 0, undef, 'up');
$behind->remove('10_tags.sql');
$state = $behind->state;
$behind->gives(['up'], 1, qr/10.*hint: Get the newest files\.  To go on with these all the same, use --allow-ahead/s, 'history ahead of the files');
is($behind->state, $state, 'history ahead: nothing changes');
$behind->gives([ 'up', '--allow-ahead' ], 0, qr/nothing to apply, now at 10/, 'up --allow-ahead');
$behind->write('11_more.sql', migration('CREATE TABLE more (id int);'));
$behind->gives([ 'up', '--allow-ahead' ], 0, qr/applied 1 migration/, 'up --allow-ahead with something to do');
$behind->gives(['down'], 1, qr/11.*no down SQL/s, 'down without down SQL');

#
# Statements that refuse a transaction
#

my $steps = project($node, 'steps', {
	'1_table.sql' => migration('CREATE TABLE t (id int);', 'DROP TABLE t;'),
	'2_index.sql' => "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON t (id);\n"
	  . "INSERT INTO t VALUES (1);\nCREATE UNIQUE INDEX CONCURRENTLY u ON t (id);\n"
	  . "-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY u;\nDROP INDEX CONCURRENTLY i;\n",
});
$steps->gives([ 'up', '--atomic' ], 1, qr/2_index\.sql:2:.*CREATE INDEX CONCURRENTLY/s, 'CONCURRENTLY is not --atomic');
$steps->gives(['up'], 0, qr/applied 2  2_index\.sql/, 'CONCURRENTLY');
$steps->gives(['down'], 0, qr/rolled back 2/, 'down CONCURRENTLY');
is($steps->sql("SELECT to_regclass('i') IS NULL"), 't', 'down CONCURRENTLY: no index');
$steps->sql('INSERT INTO t VALUES (1)');
$steps->gives(['up'], 1, qr/2_index\.sql:4:.*could not create unique index "u".*detail: Key \(id\)=\(1\) is duplicated/s, 'interrupted in the middle');
is($steps->versions('failed') . $steps->versions('interrupted'), '2', 'in the middle: it is unfinished');
$steps->gives(['health'], 2, qr/./, 'in the middle: health');
$steps->sql('DELETE FROM t');
$steps->gives(['up'], 0, qr/applied 2  2_index/, 'resumed', err => qr/migration "2" goes on at step 3 of 3/);
is($steps->sql("SELECT count(*) FROM pg_index WHERE indexrelid::regclass::text IN ('i', 'u') AND indisvalid"), 2, 'resumed: both indexes');
is($steps->sql('SELECT count(*) FROM t'), 0, 'resumed: what was done is not done again');

#
# stamp
#

my $old = project($node, 'old', three());
$old->gives([ 'stamp', '01' ], 0, qr/\Astamped 01\n\z/, 'stamp');
is($old->versions('applied'), '01', 'stamp: that one');
$object = $old->json_keys([ 'stamp', '01' ], 0, 'command migrations ok', 'stamp again');
is($object->{migrations}[0]{version}, '01', 'stamp again: --json');
$old->gives([ 'stamp', '--to', '02' ], 0, qr/\Astamped 02\n\z/, 'stamp --to');
is($old->versions('pending'), '10', 'stamp --to: not what comes after');
$state = $old->state;
$old->gives([ 'stamp', '--to', '77' ], 1, qr/there is no migration "77"/, 'stamp --to nothing');
$old->gives([ 'stamp', '10', '77' ], 1, qr/77/, 'stamp of one that is not there');
is($old->state, $state, 'all or none');
$old->gives([ 'stamp', '--all' ], 0, qr/\Astamped 10\n\z/, 'stamp --all');
$old->gives([ 'stamp', '--all' ], 0, qr/\Anothing is pending\n\z/, 'stamp --all again');
$old->gives([ 'stamp', '--undo', '10', '02' ], 0, qr/10\n.*02\n\z/, 'stamp --undo');
is($old->versions('applied'), '01', 'stamp --undo: those');
is($old->sql("SELECT to_regclass('users') IS NULL"), 't', 'stamp runs nothing');

verify_is_ok($node, $_, "$_: verified") foreach (qw(shop bad behind steps old));
$node->stop;
done_testing();
