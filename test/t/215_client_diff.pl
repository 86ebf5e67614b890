# The client: diff, and new --desired.

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
my $shop = project($node, 'shop', {
	'01_users.sql' => migration('CREATE TABLE users (id int PRIMARY KEY, email text);', 'DROP TABLE users;') });
my $users = "CREATE TABLE users (id int PRIMARY KEY, email text);\r\n";

$shop->gives(['up'], 0, undef, 'up');
$shop->sql(q{INSERT INTO users VALUES (1, 'a@b')});
$shop->write_beside('same.sql', $users);
$shop->write_beside('schema.sql', <<'SQL');
CREATE TABLE users (id int PRIMARY KEY, nick text NOT NULL DEFAULT '', x int);
CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS 'BEGIN PERFORM 1; RETURN 1; END';
SQL

#
# diff
#

$shop->gives([ 'diff', 'same.sql' ], 0, qr/\A\z/, 'no difference', err => qr/as desired/);
my $object = $shop->json_keys([ 'diff', 'same.sql' ], 0, 'command down_sql ok up_sql warnings', 'no difference --json');
ok($object->{ok}, 'no difference --json: ok');
my $up = qr/\AALTER TABLE public\.users ADD COLUMN nick text DEFAULT ''::text NOT NULL;\n/;
$shop->gives([ 'diff', 'schema.sql' ], 2, $up, 'diff', err => qr/warning: .*column public\.users\.email is dropped/);
$shop->gives([ 'diff', 'schema.sql', '--down' ], 2, qr/^ALTER TABLE public\.users ADD COLUMN email text;$/m, 'diff --down');
my @input = (before => [ 'sh', '-c', 'exec "$@" < schema.sql', 'sh' ]);
$shop->gives(['diff'], 2, $up, 'diff of the standard input', @input);
$shop->gives([ 'diff', '-' ], 2, $up, 'diff -', @input);
$object = $shop->json_keys([ 'diff', 'schema.sql' ], 2, 'command down_sql ok up_sql warnings', 'diff --json');
ok(!$object->{ok}, 'diff --json: not ok');
like($object->{up_sql}, $up, 'diff --json: the SQL');
like($object->{warnings}[0], qr/^if column .* is to be renamed/, 'diff --json: the warnings');
$shop->gives([ 'diff', 'none.sql' ], 1, undef, 'no such file', err => qr/could not open file "none\.sql"/);
$shop->write_beside('broken.sql', "CREATE TABLE users (id int);\nCREATE TABEL x;\n");
$shop->gives([ 'diff', 'broken.sql' ], 1, undef, 'broken SQL', err => qr/syntax error at or near "TABEL".*line 2/s);
$shop->gives(['diff'], 1, undef, 'nothing on the standard input', err => qr/makes no object/);
is($shop->versions('applied'), '01', 'nothing was applied');

#
# new --desired: what it writes can be applied, in every format that it writes
#

$shop->gives([ 'new', 'x', '--desired', 'same.sql' ], 0, qr/no new migration/, 'new without a difference');
is(join(' ', grep { /^migrations/ } $shop->files), 'migrations/01_users.sql', 'makes no file');
$shop->gives([ 'new', 'nick', '--desired', 'schema.sql' ], 0, qr/\Amigrations\/02_nick\.sql\n\z/, 'new', err => qr/is dropped/);
my $text = slurp_file($shop->path('02_nick.sql'));
like($text, qr/\A-- migrate:up\n-- warning: .*\nALTER TABLE .*\n-- migrate:down\nALTER TABLE /s, 'new: the file');

foreach my $format (qw(dbmate goose node-pg-migrate golang-migrate diesel prisma flyway supabase sqlx))
{
	my $name = $format =~ tr/-/_/r;
	my $project = project($node, $name, {});

	$project->sql($users);
	$project->write_beside('schema.sql', slurp_file("$shop->{root}/schema.sql"));
	$project->gives([ 'new', 'to schema', '--format', $format, '--desired', 'schema.sql' ], 0, undef, "$format: new");
	$project->gives([ 'up', '--format', $format ], 0, undef, "$format: up");
	$project->gives([ 'diff', 'schema.sql' ], 0, undef, "$format: as desired");
	next if $format =~ /prisma|flyway|supabase|sqlx/;
	$project->gives(['down'], 0, undef, "$format: down");
	$project->write_beside('same.sql', $users);
	$project->gives([ 'diff', 'same.sql' ], 0, undef, "$format: as before");
}

done_testing();
