# The manual page, docs/client.md and the completion say what the client's own
# --help says: no command and no option more, none less.  The documented shapes
# of --json are those of what it prints.

use strict;
use warnings FATAL => 'all';

use File::Path qw(make_path);
use FindBin;
use lib $FindBin::RealBin;
use JSON::PP;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = "$FindBin::RealBin/../..";
my $man = slurp_file("$top/docs/neon_migrate.1");
my $reference = slurp_file("$top/docs/client.md");

# nothing of the machine's
delete @ENV{qw(DATABASE_URL MIGRATION_DATABASE_URL)};
chdir PostgreSQL::Test::Utils::tempdir or die;

# What the client prints, which is no error.
sub client
{
	my ($out, $err) = run_command([ 'neon_migrate', @_ ]);

	is($err, '', "neon_migrate @_") if $err ne '';
	return $out;
}

# The options in a part of a help text: name => letter and argument.
sub help_options
{
	my ($text) = @_;
	my %options;

	$options{$3} = join ' ', $2 // '', $4 // ''
	  while $text =~ /^ +((-\w), )?--([a-z-]+)(?: ([A-Z]+))? /mg;
	return %options;
}

my %commands;					# name => names of its own options
my %options;					# name => letter and argument, of all
my $help = client('--help');
my ($list) = $help =~ /^Commands:\n(.*?)\n\n/ms;
my %common = help_options($help);

for my $command ($list =~ /^  (\w+)/mg)
{
	my ($own) = client($command, '--help') =~ /^Options:\n(.*?)\n\n/ms;
	my %own = help_options($own // '');

	$commands{$command} = [ sort keys %own ];
	%options = (%options, %own);
}
cmp_ok(scalar(keys %commands), '>=', 13, 'the help names commands');
cmp_ok(scalar(keys %options), '>=', 15, 'and options');
cmp_ok(scalar(keys %common), '>=', 7, 'and options of every command');

#
# The manual page
#

my ($man_commands, $man_options) = $man =~ /^\.Sh COMMANDS\n(.*?)^\.Sh OPTIONS\n(.*?)^\.Sh /ms;
my %man_commands = map { my ($name) = /^(\w+)/; $name => [ sort /Fl -([a-z-]+)/g ] }
  $man_commands =~ /^\.It Ic (.*)$/mg;
is_deeply(\%man_commands, \%commands, 'manual page: commands and their options');

my %man_options;
$man_options{$2} = join ' ', $1 ? "-$1" : '', $3 // ''
  while $man_options =~ /^\.It (?:Fl (\w) , )?Fl -([a-z-]+)(?: Ar ([A-Z]+))?$/mg;
is_deeply(\%man_options, { %common, %options }, 'manual page: every option');

#
# docs/client.md
#

my ($chapter) = $reference =~ /^## Commands\n(.*?)^## /ms;
my %reference_commands = map { my ($name) = /^(\w+)/; $name => [ sort /--([a-z-]+)/g ] }
  $chapter =~ /^    neon_migrate ((?!init\n|stamp --all\n).*)$/mg;
is_deeply(\%reference_commands, \%commands, 'docs/client.md: commands and their options');
is_deeply([ sort $chapter =~ /^### (\w+)$/mg ], [ sort keys %commands ], 'docs/client.md: headings');

($chapter) = $reference =~ /^## Options of every command\n(.*?)^## /ms;
is_deeply([ sort $chapter =~ /^\| .*--([a-z-]+)/mg ], [ sort keys %common ], 'docs/client.md: common options');

#
# Completion in bash
#

sub completed
{
	my @words = @_;
	my ($out, $err) = run_command([
		'bash', '-c',
		'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1));'
		  . ' _neon_migrate "$1" "${!#}" "${@: -2:1}"; printf "%s\n" "${COMPREPLY[@]}"',
		'bash', "$top/completion/neon_migrate.bash", 'neon_migrate', @words
	]);

	is($err, '', "bash: @words, quietly");
	return join ' ', sort split /\n/, $out;
}

is(completed(''), join(' ', sort keys %commands), 'bash: commands');
is(completed('--json', 'st'), 'stamp status', 'bash: commands after an option');
is(completed('--dir', 'sql', 'st'), 'stamp status', 'bash: a folder called like a command');
is(completed('help', 'he'), 'health', 'bash: commands after help');
is(completed('--'), join(' ', sort map { "--$_" } keys %common), 'bash: options without a command');
for my $command (sort keys %commands)
{
	is(completed($command, '--'), join(' ', sort map { "--$_" } keys %common, @{ $commands{$command} }),
		"bash: options of $command");
}
my %up = map { $_ => $options{$_} // $common{$_} } keys %common, @{ $commands{up} };
is(completed('up', '-'), join(' ', sort map { ("--$_", $up{$_} =~ /^(-\w)/) } keys %up), 'bash: letters');

make_path('migrations/below', 'moves');
append_to_file('.env', '');
is(completed('up', '--dir', 'm'), 'migrations moves', 'bash: folders');
is(completed('up', '--dir', '=', 'mi'), 'migrations', 'bash: folders after "="');
is(completed('up', '-e', '.e'), '.env', 'bash: files');
is(completed('up', '--database-url', ''), '', 'bash: no URLs');

# what migrate_register_files() and new say that they know
my $node = new_node('main');
$ENV{DATABASE_URL} = $node->connstr('postgres');
client('init');
append_to_file('moves/1_x.sql', '-- migrate:up');
my ($out, $err) = run_command([ 'neon_migrate', 'up', '--dir', 'moves', '--format', '?' ]);
my ($formats) = $err =~ /formats are (.*)\.$/m;
is(completed('up', '--format', ''), join(' ', sort split /, /, $formats), 'bash: formats');
my ($listed) = $man =~ /recognised: (.*?)\.$/ms;
is(join(' ', sort split /,\s+|\s+or\s+/, $listed), join(' ', sort split /, /, $formats), 'manual page: formats');
($out, $err) = run_command([ 'neon_migrate', 'new', 'x', '--format', '?' ]);
($formats) = $err =~ /can write (.*)\.$/m;
is(completed('new', '-f', ''), join(' ', sort split /, | and /, $formats), 'bash: formats of new');

# versions, beside what the server takes out of the same files
my %folders = (
	'dbmate' => { '0012_a.sql' => '-- migrate:up', '20260101120000_b.sql' => '-- migrate:up' },
	'golang' => { '000009_a.up.sql' => '', '000009_a.down.sql' => '', '10_b.up.sql' => '' },
	'goose' => { '00007_a.sql' => "-- +goose Up\n" },
	'supabase' => { '20260101120000_a.sql' => '' },
	'node' => { '1767268800000_a-b.sql' => "-- Up Migration\n" },
	'flyway' => { 'V1.2__a.sql' => '', 'V1_3__b.sql' => '', 'U1.2__a.sql' => '' },
	'diesel' => { '2026-01-01-120000_a/up.sql' => '', '2026-01-01-120000_a/down.sql' => '' },
	'prisma' => { '20260101120000_a/migration.sql' => '' },
	'drizzle' => {
		'0000_a.sql' => '',
		'meta/_journal.json' => '{"version": "7", "dialect": "postgresql", "entries":'
		  . ' [{"idx": 0, "version": "7", "when": 1, "tag": "0000_a", "breakpoints": true}]}'
	});

for my $folder (sort keys %folders)
{
	my $files = $folders{$folder};

	for my $path (sort keys %$files)
	{
		make_path("$folder/$1") if $path =~ m{^(.*)/};
		make_path($folder);
		append_to_file("$folder/$path", $files->{$path});
	}
	create_database($node, $folder);
	$ENV{DATABASE_URL} = $node->connstr($folder);
	client('init');
	my $status = decode_json(client('status', '--json', '--dir', $folder));
	my $versions = join ' ', sort map { $_->{version} } @{ $status->{migrations} };

	isnt($versions, '', "$folder: the server knows versions");
	is(completed('up', '-d', $folder, '--to', ''), $versions, "bash: versions of $folder");
}
is(completed('redo', '--dir', '=', 'prisma', '2'), '20260101120000_a', 'bash: version as an argument');
is(completed('redo', '--dir', 'nowhere', ''), '', 'bash: no folder, no version');

#
# Completion in zsh
#

SKIP:
{
	skip 'no zsh', 1 if !grep { -x "$_/zsh" } split /:/, $ENV{PATH};
	command_ok([ 'zsh', '-n', "$top/completion/_neon_migrate" ], 'zsh: no syntax error');
}

#
# The shapes of --json
#

# The names of the members, each once and in order, of an object as it is
# printed or shown in the reference.
sub members
{
	my ($text) = @_;
	my %seen;

	# texts may hold anything
	$text =~ s/: "(?:[^"\\]|\\.)*"/: string/g;
	return join ' ', grep { !$seen{$_}++ } $text =~ /"(\w+)":/g;
}

# Compares what a command prints with the reference's shape of that name.
sub shape_is
{
	my ($heading, $number, $printed, $test_name) = @_;
	my ($section) = $reference =~ /^##+ \Q$heading\E\n(.*?)^##/ms;
	my @shapes = $section =~ /^```text\n(\{.*?\})\n```/msg;

	decode_json($printed);
	unlike($printed, qr/\n/, "$test_name: one line");
	is(members($printed), members($shapes[$number]), $test_name);
	return;
}

create_database($node, 'shapes');
$ENV{DATABASE_URL} = $node->connstr('shapes');
append_to_file("shapes/1_a.sql", "-- migrate:up\nCREATE TABLE a ();\n-- migrate:down\nDROP TABLE a;\n")
  if make_path('shapes');
append_to_file("shapes/2_b.sql", "-- migrate:up\nCREATE TABLE b ();\n-- migrate:down\nDROP TABLE b;\n");
my @folder = ('--json', '--dir', 'shapes');

shape_is('init', 0, client('init', @folder), 'init --json');
shape_is('up', 1, client('up', '--dry-run', @folder), 'up --dry-run --json');
shape_is('up', 0, client('up', @folder), 'up --json');
shape_is('down', 0, client('down', '--all', '--json'), 'down --json');
shape_is('stamp', 0, client('stamp', '--all', @folder), 'stamp --json');
shape_is('stamp', 0, client('stamp', '--undo', 1, 2, @folder), 'stamp --undo --json');
is(decode_json(client('up', '--to', 1, @folder))->{current}, 1, 'up --to includes that version');
shape_is('redo', 0, client('redo', '--json'), 'redo --json');
shape_is('status', 0, client('status', @folder), 'status --json');
shape_is('history', 0, client('history', '--json'), 'history --json');
shape_is('current', 0, client('current', '--json'), 'current --json');
shape_is('verify', 0, client('verify', '--json'), 'verify --json');
append_to_file('schema.sql', 'CREATE TABLE a ();');
($out, $err) = run_command([ 'neon_migrate', 'diff', 'schema.sql', '--json' ]);
shape_is('diff', 0, $out, 'diff --json');
shape_is('sql', 0, client('sql', @folder), 'sql --json');
client('up', @folder);
shape_is('health', 0, client('health', '--json'), 'health --json');
shape_is('wait', 0, client('wait', @folder), 'wait --json');
is(decode_json(client('down', '--to', 1, '--json'))->{current}, 1, 'down --to leaves that version');
shape_is('new', 0, client('new', 'x', @folder), 'new --json');

append_to_file('shapes/4_c.sql', "-- migrate:up\nSELECT 1; SELECT x;\n");
($out, $err) = run_command([ 'neon_migrate', 'up', @folder ]);
my $error = decode_json($out)->{error};
my ($described) = $reference =~ /^## Output\n.*?^```text\n(\{"ok": false.*?\})\n```/ms;
my %known = map { $_ => 1 } split / /, members($described);
is_deeply([ grep { !$known{$_} } keys %$error ], [], 'an error has no other members');
is($error->{line}, 2, 'and says the line');

done_testing();
