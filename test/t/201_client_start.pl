# The client: its command line, init and new.

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
my @commands = qw(init new up down redo status history current stamp verify sql health wait);

#
# The command line
#

my $nowhere = project();

foreach my $command (@commands)
{
	my $help = $nowhere->gives([ $command, '--help' ], 0, qr/^Examples?:\n  neon_migrate $command/m,
		"$command --help");

	unlike($help->{err}, qr/./, "$command --help: no messages");
	is($nowhere->run([ 'help', $command ])->{out}, $help->{out}, "help $command");
	is($nowhere->run([ '-h', $command ])->{out}, $help->{out}, "-h $command");
	like($nowhere->run(['--help'])->{out}, qr/^  $command +[A-Z]/m, "--help names $command");
}
is($nowhere->run([])->{out}, $nowhere->run(['--help'])->{out}, 'no command at all: help');
$nowhere->gives(['--version'], 0, qr/\Aneon_migrate \d+\.\d+\n\z/, '--version');
is_deeply([ $nowhere->files ], [], 'help makes no files');

foreach my $case (
	[ ['sideways'], qr/there is no command "sideways".*hint: See neon_migrate --help/s ],
	[ [ 'up', '--sideways' ], qr/option --sideways is not known.*--help/s ],
	[ [ 'up', '-x' ], qr/option -x is not known/ ],
	[ [ 'up', '--to' ], qr/option --to is not known, or its argument is missing/ ],
	[ [ 'up', '--atomic=yes' ], qr/option --atomic is not known, or its argument is missing or not wanted/ ],
	[ [ 'up', 'now' ], qr/"now" is one argument too many for "up".*up --help/s ],
	[ [ 'down', '1', '2' ], qr/"2" is one argument too many/ ],
	[ [ 'up', '--limit', '3' ], qr/"up" has no option --limit.*up --help/s ],
	[ [ '--exit-code', 'health' ], qr/"health" has no option --exit-code/ ],
	[ [ 'history', '--limit', 'x' ], qr/invalid number for --limit: "x"/ ],
	[ [ 'history', '--limit', '0' ], qr/invalid number for --limit: "0"/ ],
	[ [ 'wait', '--timeout', '-1' ], qr/invalid number of seconds for --timeout: "-1"/ ],
	[ [ 'wait', '--timeout', 'inf' ], qr/invalid number of seconds/ ],
	[ [ 'down', 'all' ], qr/invalid number of migrations: "all"/ ],
	[ [ 'down', '0' ], qr/invalid number of migrations: "0"/ ],
	[ [ 'down', '1', '--all' ], qr/only one of N, --to and --all/ ],
	[ ['stamp'], qr/which migrations to stamp was not said/ ],
	[ [ 'stamp', '1', '--all' ], qr/which migrations to stamp/ ],
	[ [ 'stamp', '--undo', '--all' ], qr/--undo wants the versions/ ],
	[ [ 'sql', '--down', '--from', '1' ], qr/--from and --down cannot be given together/ ],
	[ ['--json'], qr/no command was given/ ])
{
	$nowhere->gives($case->[0], 1, $case->[1], "refused: @{ $case->[0] }");
}
foreach my $arguments ([ 'up', 'now' ], [ 'up', '--limit', 3 ], ['sideways'], [ 'up', '--sideways' ], [ 'down', 0 ], [ 'history', '--limit', 'x' ])
{
	my $object = $nowhere->json($arguments, 1, "refused in JSON: @$arguments");

	ok(!$object->{ok} && $object->{error}{message}, "refused in JSON: @$arguments: message");
}

# a URL in the wrong place is not repeated
foreach my $url ("postgres://u:@{[ marker() ]}\@h/d", "host=h password=@{[ marker() ]}", "jdbc:postgresql://h/d?password=@{[ marker() ]}")
{
	$nowhere->gives([@$_], 1, qr/without --database-url/, "a URL as an argument: @$_")
	  foreach ([$url], [ 'up', $url ], [ 'wait', $url ], [ 'new', $url ], [ 'down', $url ]);
	$nowhere->gives([ 'up', "--database-uri=$url" ], 1, qr/option --database-uri is not known/, 'a URL after a misspelled option');
}
is_deeply([ $nowhere->files ], [], 'errors make no files');

#
# init
#

my $fresh = project();

$fresh->gives(['init'], 0, qr/made folder migrations\nmade \.env\.example\nno database yet: set DATABASE_URL/,
	'init without a database');
ok(-d "$fresh->{root}/migrations", 'init makes the folder');
like(slurp_file("$fresh->{root}/.env.example"), qr/^DATABASE_URL=postgresql:/m, 'init writes an example');
$fresh->write_beside('.env.example', "mine\n");
$fresh->gives([ 'init', '--dir', 'db/none' ], 1, qr{could not make folder "db/none": No such file}, 'init in nowhere');
$fresh->gives([ '-d', 'other', 'init' ], 0, qr/made folder other\nthere is \.env\.example/, 'init again, elsewhere');
is(slurp_file("$fresh->{root}/.env.example"), "mine\n", 'init leaves the example alone');
my $object = $fresh->json_keys(['init'], 0, 'command dir dir_made extension extension_made ok', 'init --json');
ok($object->{ok} && !$object->{dir_made} && !$object->{extension}, 'init --json: what it did');

my $shop = project($node, 'shop', {}, bare => 1);
$shop->gives(['up'], 1, qr/could not open folder "migrations".*neon_migrate init/s, 'up before init');
$shop->gives(['status'], 1, qr/neon_migrate is not installed in database "shop".*neon_migrate init/s, 'status before init');
$shop->gives(['init'], 0, qr/made folder.*installed extension neon_migrate in database "shop"/s, 'init');
$shop->gives(['init'], 0, qr/there is folder.*there is extension neon_migrate, in schema public/s, 'init twice');
$object = $shop->json(['init'], 0, 'init twice --json');
ok($object->{extension} && !$object->{extension_made}, 'init twice --json: what it did');
$shop->gives(['up'], 1, qr/there is no migration in folder "migrations".*neon_migrate new/s, 'up in an empty folder');

my $tidy = project($node, 'tidy', {}, bare => 1);
$object = $tidy->json([ 'init', '--schema', 'My schema' ], 0, 'init --schema');
ok($object->{extension_made}, 'init --schema: installed');
is($tidy->sql("SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'neon_migrate'"),
	'"My schema"', 'init --schema: into that');
$tidy->gives(['current'], 0, qr/\A\n\z/, 'the extension is found there');

$node->safe_psql('postgres', 'CREATE ROLE app LOGIN');
my $poor = project($node, 'poor', {}, bare => 1);
$poor->{environment}{DATABASE_URL} = url($node, 'poor', 'app');
$poor->gives(['init'], 1, qr/permission denied to create extension.*superuser or the owner of the database/s,
	'init without the right');
$object = $poor->json(['init'], 1, 'init without the right --json');
is($object->{error}{sqlstate}, '42501', 'init without the right: SQLSTATE');
$poor->gives([ 'init', '--schema', 'new' ], 1, qr/permission denied for database poor/, 'init --schema without the right');
is($poor->sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'new'"), 0, 'and nothing is left');

# A server without the extension: a copy of the binary, since it looks for its
# files from where it is, with links to all files but one.
{
	my ($bin, $share, $lib) = map { [ split m{/} ] } map { chomp; $_ } map { `pg_config --$_` } qw(bindir sharedir pkglibdir);
	my $common = 0;
	$common++ while $bin->[$common] eq $share->[$common] && $bin->[$common] eq $lib->[$common];
	my $copy = PostgreSQL::Test::Utils::tempdir;
	my ($new_bin, $new_share, $new_lib) =
	  map { join '/', $copy, @$_[ $common .. $#$_ ] } ($bin, $share, $lib);
	my ($old_bin, $old_share, $old_lib) = map { join '/', @$_ } ($bin, $share, $lib);
	my $other = create_database($node, 'other');

	system_or_bail('sh', '-ec', <<"SH");
mkdir -p '$new_bin' '$new_share/extension' "\$(dirname '$new_lib')"
cp '$old_bin/postgres' '$new_bin'
ln -s '$old_lib' '$new_lib'
for file in '$old_share'/*; do [ "\${file##*/}" = extension ] || ln -s "\$file" '$new_share'; done
for file in '$old_share'/extension/*; do ln -s "\$file" '$new_share/extension'; done
rm '$new_share/extension/neon_migrate.control'
SH
	my @pg_ctl = ('pg_ctl', '-D', $node->data_dir, '-p', "$new_bin/postgres", '-l', $node->logfile, '-w');
	my $lacking = project();
	$lacking->{environment}{DATABASE_URL} = url($node, $other);
	$node->stop;
	system_or_bail(@pg_ctl, 'start');
	$lacking->gives(['init'], 1, qr/error: the server does not have the extension.*neon_migrate.*make install.*managed service/s,
		'init where the extension is not available');
	is($lacking->json(['init'], 1, 'not available --json')->{error}{sqlstate}, '0A000', 'not available --json: SQLSTATE');
	$lacking->gives(['up'], 1, qr/could not open folder|not installed|no migration in folder/, 'up there');
	system_or_bail(@pg_ctl, 'stop');
	$node->start;
}

#
# new
#

foreach my $case (
	[ 'dbmate', qr{^migrations/\d{14}_add_it\.sql$}, "-- migrate:up\n\n\n-- migrate:down\n\n" ],
	[ 'goose', qr{^migrations/\d{14}_add_it\.sql$}, "-- +goose Up\n\n\n-- +goose Down\n\n" ],
	[ 'node-pg-migrate', qr{^migrations/\d{13}_add_it\.sql$}, "-- Up Migration\n\n\n-- Down Migration\n\n" ],
	[ 'golang-migrate', qr{^migrations/\d{14}_add_it\.up\.sql$}, '', qr{^migrations/\d{14}_add_it\.down\.sql$} ],
	[ 'diesel', qr{^migrations/\d{4}-\d\d-\d\d-\d{6}_add_it/up\.sql$}, '', qr{^migrations/[-\d]+_add_it/down\.sql$} ],
	[ 'prisma', qr{^migrations/\d{14}_add_it/migration\.sql$}, '' ],
	[ 'flyway', qr{^migrations/V\d{14}__add_it\.sql$}, '' ],
	[ 'supabase', qr{^migrations/\d{14}_add_it\.sql$}, '' ],
	[ 'sqlx', qr{^migrations/\d{14}_add_it\.sql$}, '' ])
{
	my ($format, $name, $text, $down) = @$case;
	my $project = project($node, $format);

	$object = $project->json_keys([ 'new', '--format', $format, 'add it' ],
		0, 'command down_file format ok up_file', "new $format");
	is($object->{format}, $format, "new $format: format");
	like($object->{up_file}, $name, "new $format: name");
	is(slurp_file("$project->{root}/$object->{up_file}"), $text, "new $format: text");
	like($object->{down_file} // '', $down // qr/\A\z/, "new $format: file of the way down");

	# what it wrote is a migration, and in a folder of such ones the next one is, too
	is($project->json([ 'up', '--format', $format ], 0, "new $format: up")->{applied}, 1, "new $format: is a migration");
	next if $format eq 'sqlx';		# with such a number it could be Supabase's
	$object = $project->json([ 'new', 'again' ], 0, "new $format: the next one");
	is($object->{format}, $format, "new $format: format recognised");
}

foreach my $case (
	[ { '0007_x.up.sql' => '', '0007_x.down.sql' => '' }, 'golang-migrate', qr{/0008_y\.up\.sql$} ],
	[ { '000009_x.up.sql' => '', '000010_x.up.sql' => '' }, 'golang-migrate', qr{/000011_y\.up\.sql$} ],
	[ { 'V1__x.sql' => '', 'V9__x.sql' => '', 'V10__x.sql' => '', 'R__z.sql' => '' }, 'flyway', qr{/V11__y\.sql$} ],
	[ { '001_x.sql' => "-- +goose Up\n" }, 'goose', qr{/002_y\.sql$} ],
	[ { '20240101000000_x.sql' => "-- migrate:up\n" }, 'dbmate', qr{/\d{14}_y\.sql$} ],
	[ { '1_x.sql' => "SELECT 1" }, 'sqlx', qr{/2_y\.sql$} ])
{
	my ($files, $format, $pattern) = @$case;
	my $project = project(undef, undef, $files);
	$object = $project->json([ 'new', 'y' ], 0, "new after @{[ sort keys %$files ]}");
	is($object->{format}, $format, "new after @{[ sort keys %$files ]}: format");
	like($object->{up_file}, $pattern, "new after @{[ sort keys %$files ]}: name");
}

my $names = project();
foreach my $case (
	[ ['create users'], 'create_users' ],
	[ [ 'create', 'users' ], 'create_users' ],
	[ ['../../etc/passwd'], 'etc_passwd' ],
	[ ['a;b|c$(d)`e`\'f"g'], 'a_b_c_d_e_f_g' ],
	[ [ '--', '-x' ], '-x' ],
	[ ["gr\xC3\xBC\xC3\x9Fe"], "gr\xC3\xBC\xC3\x9Fe" ],
	[ ["  two\nlines\t"], 'two_lines' ])
{
	$names->gives([ 'new', @{ $case->[0] } ], 0, qr{\Amigrations/\d{14}_\Q$case->[1]\E\.sql\n\z}, "name $case->[1]");
}
foreach my $arguments ([], [''], ['/'], [ ' ', '.' ])
{
	$names->gives([ 'new', @$arguments ], 1, qr/the new migration needs a name.*For example/s, "no name: @$arguments");
}

$names = project(undef, undef, { '1_x.up.sql' => '' });
$names->write('2_y.up.sql', 'precious');
$names->gives([ 'new', 'z', '--format', 'nothing' ], 1, qr/there is no format "nothing".*dbmate, goose/s, 'no such format');

foreach my $case (
	[ { 'sqitch.plan' => "%syntax-version=1.0.0\n" }, 'sqitch', qr/sqitch add/ ],
	[ { 'meta/_journal.json' => '{}' }, 'drizzle', qr/drizzle-kit generate/ ],
	[ { 'current.sql' => '' }, 'graphile-migrate', qr/graphile-migrate commit/ ])
{
	my ($files, $format, $pattern) = @$case;
	my $project = project(undef, undef, $files);
	my @before = $project->files;

	$project->gives([ 'new', 'x' ], 1, qr/a new migration of $format is made by its own tool.*$pattern/s, "new in a folder of $format");
	is_deeply([ $project->files ], \@before, "new in a folder of $format makes nothing");
	$project->gives([ 'new', 'x', '--format', $format ], 1, $pattern, "new --format $format");
}

$node->stop;
done_testing();
