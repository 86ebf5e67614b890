# The client: what a person sees, on a terminal and in a log, and where an error
# is.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use NeonMigrateClient;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', conf => "neon_migrate.lock_timeout = 0\n");
my %xterm = (TERM => 'xterm', NO_COLOR => undef);
my $redraw = qr/\r\e\[K/;
my $colour = qr/\e\[[0-9;]*m/;

sub three
{
	return {
		'01_a.sql' => migration('CREATE TABLE a (id int);', 'DROP TABLE a;'),
		'02_b.sql' => migration('LOCK TABLE held;', 'SELECT 2;'),
		"03_gr\xC3\xBC\xC3\x9Fe.sql" => migration('SELECT 3;', 'SELECT 3;'),
	};
}

#
# A terminal
#

my $shop = project($node, 'shop', three());
my $other = session($node, 'shop');
$other->query_safe('CREATE TABLE held (); BEGIN; LOCK TABLE held');
my $client = $shop->start(['up'], terminal => 1, env => \%xterm);
$client->wait_for('out', qr/1\/3/);
$other->query_safe('COMMIT');
$other->quit;
$client->finish;
is($client->{status}, 0, 'terminal: up') or diag($client->{out});
like($client->{out}, qr/${redraw}applying \[########                \] 1\/3 \d+\.\d s  01/, 'terminal: a bar with number, time and version');
like($client->{out}, qr/${redraw}applying \[########################\] 3\/3 \d+\.\d s  03/, 'terminal: the last one');
like($client->{out}, qr/${redraw}applied 3 migrations in \d+\.\d{3} s, now at 03\r\n\z/, 'terminal: in its place the result');
unlike($client->{out}, qr/applied 0/, 'terminal: and no line for each');
is(scalar(() = $client->{out} =~ /\n/g), 1, 'terminal: one line in all');
$client = $shop->run([ 'down', '--all' ], terminal => 1, env => \%xterm);
like($client->{out}, qr/${redraw}rolling back \[#+ *\] \d\/3 .*rolled back 3 migrations/s, 'terminal: down');
$client = $shop->run(['up'], terminal => 1, env => { TERM => 'dumb' });
is($client->{status}, 0, 'dumb terminal: up');
like($client->{out}, qr/\Aapplied 01 .*applied 3 migrations/s, 'dumb terminal: a line for each');
unlike($client->{out}, qr/\e/, 'dumb terminal: no escape sequence');
$client = $shop->run(['up', '--json'], terminal => 1, env => \%xterm);
like($client->{out}, qr/\A\{"ok": true.*\}\r\n\z/, 'terminal: JSON is JSON');

# a result that cannot be written, and streams that are closed
foreach my $arguments ([ 'status', '--json' ], ['history'], ['current'])
{
	$client = $shop->run($arguments, before => [ 'sh', '-c', 'exec "$0" "$@" >/dev/full' ]);
	is($client->{status}, 1, "a full disk: @$arguments");
	like($client->{err}, qr/error: could not write to the standard output/, "a full disk: @$arguments: message");
}
$shop->gives([ 'down', '--all' ], 0, undef, 'down');
$client = $shop->run([ 'up', '--verbose' ], before => [ 'sh', '-c', 'exec "$0" "$@" <&- >&- 2>&-' ]);
is($client->{status}, 0, 'up without standard streams');
is($shop->versions('applied'), '01 02 03', 'up without standard streams: is done');
unlike(slurp_file($node->logfile), qr/invalid frontend message|protocol/, 'up without standard streams: nothing of it goes to the server');

# it goes on while the server works, and no line is longer than the terminal
{
	my $slow = project($node, 'slow', {
		'01_' . 'n' x 150 . '.sql' => "-- migrate:up transaction:false\nSELECT 1;\nCREATE TABLE t (id int);\nCREATE INDEX CONCURRENTLY " . 'i' x 60 . " ON t (id);\nSELECT pg_sleep(3600);\n",
	});
	$client = $slow->start(['up'], terminal => 1, env => \%xterm);
	$client->wait_for('out', qr/0\.[1-4] s.*0\.[5-9] s.*1\.\d s/s);
	like($client->{out}, qr/migration "01", step \d of \d/, 'terminal: the step it is at');
	$client->signal('INT');
	$client->finish;
	is($client->{status}, 1, 'terminal: Ctrl-C');
	like($client->{out}, qr/s  migration "01"[^\r\n]*${redraw}Cancel request sent\r\n.*${redraw}\e\[1;31merror:\e\[0m migrations\/01_n+\.sql:5:1: canceling/s, 'terminal: the bar makes room for the error');
	my ($longest) = sort { $b <=> $a } map { length } grep { /^applying/ } split /[\r\n]+|\e\[K/, $client->{out};
	cmp_ok($longest, '<', 80, 'terminal: no bar is longer than a line');
	cmp_ok($longest, '>', 60, 'terminal: of which there were long ones');
}

# colours
{
	my $bad = project($node, 'colours', { '01_a.sql' => migration('SELECT nonsense;') });

	$client = $bad->run(['up'], terminal => 1, env => \%xterm);
	like($client->{out}, qr/\e\[1;31merror:\e\[0m migrations.*\e\[1m\^\e\[0m.*\e\[1mwhere:\e\[0m/s, 'terminal: colours');
	$client = $bad->run(['up'], terminal => 1, env => { %xterm, NO_COLOR => '1' });
	unlike($client->{out}, $colour, 'terminal: NO_COLOR');
	like($client->{out}, $redraw, 'terminal: NO_COLOR leaves the bar');
	$client = $bad->run(['up'], terminal => 1, env => { %xterm, NO_COLOR => '' });
	like($client->{out}, $colour, 'terminal: an empty NO_COLOR is none');
}

# notices of migrations
{
	my $talk = project($node, 'talk', { '01_a.sql' => migration(
		"DO \$\$BEGIN RAISE NOTICE E'hello\\nworld' USING DETAIL = 'd', HINT = 'h'; RAISE WARNING 'careful'; END\$\$;") });

	$talk->gives([ 'up', '--dry-run' ], 0, undef, 'notices', err => qr/^note: hello\n  world\n  d\n  h\nwarning: careful\n/m);
	$client = $talk->run(['up'], terminal => 1, env => \%xterm);
	like($client->{out}, qr/${redraw}\e\[2mnote:\e\[0m hello\r\n  world\r\n.*\e\[33mwarning:\e\[0m careful\r\n/s, 'notices on a terminal');
	my $object = $talk->json([ 'stamp', '--undo', '01' ], 0, 'unstamp');
	$object = $talk->json(['up'], 0, 'notices, in JSON');
	is($object->{applied}, 1, 'notices, in JSON: are not in the result');
}

#
# Where an error is
#

my $number = 0;

# Is this printed for the migration's error?
sub error_is
{
	my ($files, $expected, $name, %options) = @_;
	my $project = project($node, 'error' . ++$number, $files);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$project->gives(['up'], 0, undef, "$name: up") if $options{down};
	$client = $project->run([ $options{down} ? 'down' : 'up' ]);
	is($client->{status}, 1, "$name: exit code");
	is($client->{err}, $expected, $name);
	return;
}

error_is({ '01_a.sql' => "-- migrate:up\nSELECT 1;\n\nSELECT 1,\n\tnonsense\n;\n" }, <<'ERR', 'a column after a tab');
error: migrations/01_a.sql:5:2: column "nonsense" does not exist
     5 | 	nonsense
       | 	^
where: migration "01", statement 2, line 5, column 2
ERR
error_is({ '01_a.sql' => "-- migrate:up\nSELECT '\xC3\xA4\xC3\xB6\xC3\xBC', nonsense;" }, <<"ERR", 'a column after umlauts');
error: migrations/01_a.sql:2:15: column "nonsense" does not exist
     2 | SELECT '\xC3\xA4\xC3\xB6\xC3\xBC', nonsense;
       |               ^
where: migration "01", statement 1, line 2, column 15
ERR
error_is({ '01_a.sql' => "-- migrate:up\nSELECT '\xE6\x97\xA5\xE6\x9C\xAC\xF0\x9F\x98\x80', nonsense;" }, <<"ERR", 'a column after wide characters');
error: migrations/01_a.sql:2:15: column "nonsense" does not exist
     2 | SELECT '\xE6\x97\xA5\xE6\x9C\xAC\xF0\x9F\x98\x80', nonsense;
       |                  ^
where: migration "01", statement 1, line 2, column 15
ERR
error_is({ '01_a.sql' => "\xEF\xBB\xBF-- migrate:up\r\nSELECT 1;\r\nSELECT nonsense;\r\n" }, <<'ERR', 'byte order mark and CRLF');
error: migrations/01_a.sql:3:8: column "nonsense" does not exist
     3 | SELECT nonsense;
       |        ^
where: migration "01", statement 2, line 3, column 8
ERR
error_is({ '01_a.sql' => "\xEF\xBB\xBFSELECT nonsense;" }, <<'ERR', 'a byte order mark in the line');
error: migrations/01_a.sql:1:8: column "nonsense" does not exist
     1 | SELECT nonsense;
       |        ^
where: migration "1", statement 1, line 1, column 8
ERR
error_is({ '01_a.sql' => "-- migrate:up\nSELECT 1;\nCREATE TABL x (id int);" }, <<'ERR', 'a syntax error');
error: migrations/01_a.sql:3:8: syntax error at or near "TABL"
     3 | CREATE TABL x (id int);
       |        ^
where: migration "01", statement 2, line 3, column 8
ERR
error_is({ '01_a.sql' => "-- migrate:up\nSELECT lenght('x');" }, <<'ERR', 'a hint');
error: migrations/01_a.sql:2:8: function lenght(unknown) does not exist
     2 | SELECT lenght('x');
       |        ^
hint: No function matches the given name and argument types. You might need to add explicit type casts.
where: migration "01", statement 1, line 2, column 8
ERR
error_is({ '01_a.sql' => "-- migrate:up\nCREATE TABLE t (id int PRIMARY KEY);\nINSERT INTO t\nVALUES (1), (1);" }, <<'ERR', 'a detail');
error: migrations/01_a.sql:3:1: duplicate key value violates unique constraint "t_pkey"
     3 | INSERT INTO t
       | ^
detail: Key (id)=(1) already exists.
where: migration "01", statement 2, line 3, column 1
ERR
error_is({ '01_a.sql' => "-- migrate:up\nDO \$\$\nBEGIN\n  PERFORM 1/0;\nEND\$\$;" }, <<'ERR', 'in a function');
error: migrations/01_a.sql:2:1: division by zero
     2 | DO $$
       | ^
where: migration "01", statement 1, line 2, column 1
  SQL statement "SELECT 1/0"
  PL/pgSQL function inline_code_block line 3 at PERFORM
ERR
error_is({ '01_a.up.sql' => 'SELECT 1;', '01_a.down.sql' => "-- back\nDROP TABLE never_there;" }, <<'ERR', 'in the file of the way down, which nobody needs', down => 1);
error: table "never_there" does not exist
where: down SQL of migration "1", statement 1, line 2, column 1
ERR
error_is({ 'V1__a.sql' => 'SELECT 1;', 'V2__b/V2__b.sql' => "SELECT 1;\n" . "-- x\n" x 5000 . "  SELECT nonsense;" }, <<'ERR', 'in a subfolder, far down');
error: migrations/V2__b/V2__b.sql:5002:10: column "nonsense" does not exist
  5002 |   SELECT nonsense;
       |          ^
where: migration "2", statement 2, line 5002, column 10
ERR
error_is({ '01_a.sql' => "-- migrate:up\nCREATE TABLE t (id int);\nCOPY t FROM stdin;\n1\n\\.\n" }, <<'ERR', 'what cannot be in a migration');
error: migrations/01_a.sql:3:13: COPY FROM STDIN is not possible in a migration
     3 | COPY t FROM stdin;
       |             ^
detail: A migration has no connection to a client's data.
hint: Write the rows as INSERT ... VALUES, or use COPY with a file on the server.
where: migration "01", statement 2, line 3, column 13
ERR

$node->stop;
done_testing();
