# The client: drift and snapshot.

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
	'01_users.sql' => migration("CREATE TABLE users (id int PRIMARY KEY, email text);\nCREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT\n\n  1';",
		'DROP FUNCTION one(); DROP TABLE users;') });

#
# drift
#

$shop->gives(['drift'], 1, qr/not known yet what schema to expect.*hint: .*neon_migrate drift --accept/s, 'drift before the first migration');
$shop->gives(['up'], 0, undef, 'up');
$shop->gives(['drift'], 0, qr/\Athe schema is as the migrations left it\n\z/, 'no drift');
my $object = $shop->json_keys(['drift'], 0, 'changes command ok', 'no drift --json');
ok($object->{ok}, 'no drift --json: ok');

$shop->sql("SELECT migrate_guard('record')");
$shop->sql('ALTER TABLE users ADD COLUMN vip boolean');
$shop->sql("CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT\n\n  2'");
$shop->gives(['drift'], 2,
	qr/\Aunexpected column public\.users\.vip\n  actual   : type boolean\n  by       : postgres at .*, from .*\n  with     : ALTER TABLE users ADD COLUMN vip boolean\nchanged function public\.one\(\)\n.*\n2 changes outside of the migrations\n\z/s,
	'drift');
$object = $shop->json_keys(['drift'], 2, 'changes command ok', 'drift --json');
ok(!$object->{ok}, 'drift --json: not ok');
is(join(' ', sort keys %{ $object->{changes}[0] }),
	'actual change client expected identity kind of_whole ran_at run_by statement', 'drift --json: keys of a change');
is_deeply([ @{ $object->{changes}[0] }{qw(kind identity change expected actual run_by statement)} ],
	[ 'column', 'public.users.vip', 'unexpected', undef, 'type boolean', 'postgres', 'ALTER TABLE users ADD COLUMN vip boolean' ],
	'drift --json: a change');
$shop->gives([ 'drift', '--accept', '' ], 1, undef, 'drift --accept without a reason', err => qr/the reason must not be empty/);
$shop->gives([ 'drift', '--accept', q(it's "fine") ], 0, qr/expected to be as it is now/, 'drift --accept');
is($shop->sql("SELECT description FROM migrate_history WHERE action = 'accept_drift'"), q(it's "fine"), 'the ledger has the reason');
$shop->gives(['drift'], 0, qr/as the migrations left it/, 'no drift any more');

#
# snapshot
#

my ($text) = run_command([ 'neon_migrate', 'snapshot', '--database-url', url($node, 'shop') ]);
like($text, qr/^column public\.users\.email\n\ttype text\n$/m, 'snapshot: a block');
like($text, qr/^\tsource\n\t+SELECT\n\n\t+  2\n/m, 'snapshot: a text with an empty line');
unlike($text, qr/[ \t]$/m, 'snapshot: no blanks at the end of a line');
$shop->gives([ 'snapshot', '--output', 'schema.txt' ], 0, qr/\A\z/, 'snapshot --output');
$shop->gives([ 'snapshot', '--check', 'schema.txt' ], 0, qr/\Athe schema is as in "schema\.txt"\n\z/, 'snapshot --check');
$shop->sql('ALTER TABLE users DROP COLUMN vip; ALTER TABLE users ALTER email SET NOT NULL; CREATE VIEW mails AS SELECT email FROM users');
$shop->gives([ 'snapshot', '--check', 'schema.txt' ], 2,
	qr/^changed column public\.users\.email\n.*^missing column public\.users\.vip\n.*^unexpected view public\.mails\n\d objects differ from "schema\.txt"\n\z/ms,
	'snapshot --check: what differs');
$object = $shop->json_keys([ 'snapshot', '--check', 'schema.txt' ], 2, 'command differences ok', 'snapshot --check --json');
ok(!$object->{ok}, 'snapshot --check --json: not ok');
$object = $shop->json_keys(['snapshot'], 0, 'command objects ok', 'snapshot --json');
is(join(' ', sort keys %{ $object->{objects}[0] }), 'definition identity kind', 'snapshot --json: keys of an object');
$shop->gives([ 'snapshot', '--check', 'none.txt' ], 1, undef, 'snapshot --check without the file', err => qr/could not open file "none\.txt"/);
$shop->gives([ 'snapshot', '--check', 'a', '--output', 'b' ], 1, undef, 'snapshot with both', err => qr/cannot be given together/);

# the same for a copy that came about in another way
$node->safe_psql('postgres', 'CREATE DATABASE copy');
run_log([ 'bash', '-c', 'set -o pipefail; pg_dump -d "$0" | psql -X -q -v ON_ERROR_STOP=1 -d "$1"', $node->connstr('shop'), $node->connstr('copy') ])
  or BAIL_OUT('no copy');
my ($one) = run_command([ 'neon_migrate', 'snapshot', '--database-url', url($node, 'shop') ]);
my ($other) = run_command([ 'neon_migrate', 'snapshot', '--database-url', url($node, 'copy') ]);
is($other, $one, 'snapshot of a restored dump');

done_testing();
