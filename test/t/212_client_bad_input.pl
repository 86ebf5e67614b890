# The client: folders and files that cannot be right.
#
# The message names the file, and the ledger and the pending list stay as they
# are, whatever the command.  NM_FULL=1 takes a file of 200 MB where it is
# otherwise 20 MB, one of more than 1 GB, and 10,000 files.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use NeonMigrateClient;
use POSIX qw(mkfifo);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main');
my $shop = project($node, 'shop', {
	'01_a.sql' => migration('CREATE TABLE a (id int);', 'DROP TABLE a;'),
	'02_b.sql' => migration('CREATE TABLE b (id int);', 'DROP TABLE b;'),
});

$shop->gives([ 'up', '--to', '01' ], 0, undef, 'one is applied, one pending');
my $state = $shop->state;

# Does no command do anything with what "make" makes in the folder?  "pattern"
# is about the message.
sub refused
{
	my ($name, $make, $pattern, %options) = @_;
	my @before = `cp -a '$shop->{root}/migrations' '$shop->{root}/saved'`;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$make->();
	foreach my $command ([ 'up' ], [ 'up', '--dry-run' ], [ 'up', '--atomic' ], ['status'], ['sql'], [ 'stamp', '--all' ])
	{
		next if $options{not} && "@$command" =~ $options{not};
		$shop->gives($command, 1, $pattern, "$name: @$command");
	}
	my $object = $shop->json(['up'], 1, "$name: in JSON");
	ok(!$object->{ok} && $object->{error}{message}, "$name: in JSON: message");
	is($object->{error}{file}, $options{file}, "$name: in JSON: file") if $options{file};
	is($shop->state, $state, "$name: nothing has changed");
	system_or_bail("chmod -R u+rwX '$shop->{root}/migrations'; rm -rf '$shop->{root}/migrations' && mv '$shop->{root}/saved' '$shop->{root}/migrations'");
	return;
}

# A case of one file with this content.
sub content
{
	my ($name, $text, $pattern, $file) = @_;

	$file //= '03_c.sql';
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	refused($name, sub { $shop->write($file, $text) }, $pattern, file => "migrations/$file");
	return;
}

#
# Files that are no text
#

content('Latin 1', "-- migrate:up\nSELECT 1;\nSELECT 'gr\xFC\xDFe';", qr{migrations/03_c\.sql: line 3 of the file is not in UTF-8: byte 0xfc\nhint: Save it in UTF-8});
content('half a character', "-- migrate:up\nSELECT '\xC3", qr{03_c\.sql: line 2 of the file is not in UTF-8: byte 0xc3});
content('a surrogate', "-- migrate:up\nSELECT '\xED\xA0\x80'", qr{03_c\.sql: line 2 of the file is not in UTF-8: byte 0xed});
content('UTF-16, little endian', "\xFF\xFE-\0-\0 \0m\0", qr{03_c\.sql: line 1 of the file (?:is not in UTF-8|has a NUL byte).*hint: It is in UTF-16\.  Save it in UTF-8}s);
content('UTF-16, big endian', "\xFE\xFF\0-\0-\0 \0m", qr{03_c\.sql: line 1 .*hint: It is in UTF-16}s);
content('a NUL byte', "-- migrate:up\n\nSELECT '\0';", qr{03_c\.sql: line 3 of the file has a NUL byte\nhint: It should be text, in UTF-8});
content('a NUL byte at the end', "-- migrate:up\nSELECT 1;\n\0", qr{03_c\.sql: line 3 of the file has a NUL byte});
content('NUL bytes only', "\0" x 100000, qr{03_c\.sql: line 1 of the file has a NUL byte});
refused('a name in Latin 1', sub { $shop->write("03_gr\xFC\xDFe.sql", migration('SELECT 1;')) }, qr/the name of the file is not in UTF-8/);

#
# Files that cannot be read
#

SKIP:
{
	skip 'the superuser can read everything', 1 if $> == 0;
	refused('no right to read', sub { $shop->write('03_c.sql', migration('SELECT 1;')); chmod 0, $shop->path('03_c.sql') },
		qr{migrations/03_c\.sql: could not open file: Permission denied}, file => 'migrations/03_c.sql');
	refused('no right to read a subfolder', sub { $shop->write('old/03_c.sql', migration('SELECT 1;')); chmod 0, $shop->path('old') },
		qr{migrations/old: could not open folder: Permission denied});
	refused('no right to read the folder', sub { chmod 0, "$shop->{root}/migrations" }, qr{could not open folder "migrations": Permission denied.*hint: .*--dir}s);
}
refused('a link to nothing', sub { symlink '03_gone.sql', $shop->path('03_c.sql') or die }, qr{migrations/03_c\.sql: could not look at file: No such file}, file => 'migrations/03_c.sql');
refused('a link to itself', sub { symlink '03_c.sql', $shop->path('03_c.sql') or die }, qr{migrations/03_c\.sql: could not look at file: Too many levels});
refused('folders in a circle', sub { symlink '.', $shop->path('loop') or die }, qr{migrations/loop/loop/.*: (?:folders are nested too deeply.*symbolic link|could not open folder: Too many levels)}s);
refused('a fifo', sub { mkfifo($shop->path('03_c.sql'), 0600) or die }, qr{migrations/03_c\.sql: this is neither a file nor a folder}, file => 'migrations/03_c.sql');
refused('a file where the folder should be', sub { system_or_bail("rm -r '$shop->{root}/migrations' && touch '$shop->{root}/migrations'") }, qr{could not open folder "migrations": Not a directory});
refused('no folder', sub { system_or_bail("rm -r '$shop->{root}/migrations'") }, qr{could not open folder "migrations": No such file.*hint: .*--dir DIR.*neon_migrate init}s, not => qr/status|sql/);
refused('an empty folder', sub { system_or_bail("rm '$shop->{root}'/migrations/*") }, qr{there is no migration in folder "migrations".*neon_migrate new}s, not => qr/status|sql/);

#
# Files that do not fit
#

refused('two files with one version', sub { $shop->write("03_$_.sql", migration('SELECT 1;')) foreach (qw(c d)) }, qr{03_c\.sql.*03_d\.sql|03_d\.sql.*03_c\.sql}s);
refused('a new file with an applied version', sub { $shop->write('01_other.sql', migration('SELECT 1;')) }, qr{01_a\.sql.*01_other\.sql|01_other\.sql.*01_a\.sql}s);
refused('another content of an applied version', sub { $shop->write('01_a.sql', migration('CREATE TABLE other (id int);', 'DROP TABLE a;')) }, qr{01.*other|01_a\.sql|"01"}s);
refused('a file that fits no format', sub { $shop->write('remarks.sql', 'SELECT 1;') }, qr/remarks\.sql/);
refused('a mixture', sub { $shop->write('V3__c.sql', 'SELECT 1;') }, qr/V3__c\.sql|flyway/);
content('up twice', "-- migrate:up\nSELECT 1;\n-- migrate:up\nSELECT 2;\n", qr/03_c\.sql/);
content('down before up', "-- migrate:down\nSELECT 1;\n-- migrate:up\nSELECT 2;\n", qr/03_c\.sql/);
content('an option that is not known', "-- migrate:up transacting:false\nSELECT 1;\n", qr/03_c\.sql/);
content('SQL before up', "SELECT 1;\n-- migrate:up\nSELECT 2;\n", qr/03_c\.sql/);
content('a quote that is not closed', "-- migrate:up\nSELECT 'x;\n-- migrate:down\nSELECT 1;\n", qr/03_c\.sql/);
$shop->gives([ 'up', '--format', 'nothing' ], 1, qr/"nothing"/, 'no such format');
$shop->gives([ 'up', '--format', 'flyway' ], 1, qr/01_a\.sql|flyway/, 'another format');
is($shop->state, $state, 'nothing has changed');

#
# What is passed over, and what is fine
#

$shop->write($_, 'nonsense') foreach ('.03_c.sql.swp', '#03_c.sql#', '03_c.sql~', '.git/x.sql', '.DS_Store');
$shop->gives(['status'], 0, qr/1 applied, 1 pending/, 'hidden files and copies of editors are passed over');
$shop->write("03_it's \"a\" \$(name); x.sql", "\xEF\xBB\xBF" . migration("CREATE TABLE c (id int);\r") );
$shop->write('04_' . 'n' x 248 . '.sql', migration('SELECT 1;'));
$shop->write('05_empty.sql', migration(''));
symlink '../outside.sql', $shop->path('06_link.sql') or die;
$shop->write_beside('outside.sql', migration('SELECT 6;'));
$shop->gives(['up'], 0, qr/applied 5 migrations .* now at 06\n/, 'names with everything, an empty one, and a link');

# what an earlier folder had pending goes with its file
$shop->write('07_more.sql', migration('SELECT 7;'));
$shop->write('08_bad.sql', migration('SELECT 1/0;'));
$shop->gives([ 'up', '--to', '06' ], 0, undef, 'two are pending');
is($shop->versions('pending'), '07 08', 'two are pending');
$shop->remove('08_bad.sql');
$shop->gives([ 'status', '--exit-code' ], 2, qr/1 pending/, 'without its file', err => qr/migration "08" is no longer pending/);
is($shop->versions('pending'), '07 08', 'to look changes nothing');
$shop->gives(['up'], 0, qr/applied 1 migration .* now at 07\n/, 'without its file: up', err => qr/migration "08" is no longer pending/);
$shop->gives([ 'status', '--exit-code' ], 0, qr/7 applied, 0 pending/, 'and nothing is pending');

# a character that the database cannot hold
{
	my $latin = project(undef, undef, { '01_a.sql' => migration("SELECT '\xC3\xA4', '\xE6\x97\xA5';") });

	create_database($node, 'latin', "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
	install($node, 'latin');
	@$latin{qw(node database)} = ($node, 'latin');
	$latin->{environment}{DATABASE_URL} = url($node, 'latin');
	$latin->gives(['up'], 1, qr/has no equivalent in encoding "LATIN1".*hint: .*encoding of the database/s, 'a character that the database cannot hold');
	$latin->write('01_a.sql', migration("SELECT '\xC3\xA4', nonsense;"));
	$latin->gives(['up'], 1, qr/01_a\.sql:2:13: column "nonsense" does not exist\n *2 \| SELECT '\xC3\xA4', nonsense;\n *\| {13}\^\n/, 'a column in another encoding');
	$latin->write('01_a.sql', migration("CREATE TABLE \"\xC3\xA4\" ();"));
	$latin->gives(['up'], 0, qr/applied 01/, 'one that it can');
	is($latin->sql("SELECT to_regclass(U&'\\00e4') IS NOT NULL"), 't', '... in its encoding');
}

#
# Much of it
#

my $megabytes = $ENV{NM_FULL} ? 200 : 20;
my $large = project($node, 'large', {
	'01_a.sql' => "-- migrate:up\nCREATE TABLE t (x text);\nINSERT INTO t VALUES ('" . 'abcdefgh' x ($megabytes * 125000) . "');\n-- " . 'x' x 1000000 . "\nSELECT 1;\n" });
$large->gives(['up'], 0, qr/applied 01/, "a file of $megabytes MB");
is($large->sql('SELECT length(x) FROM t'), $megabytes * 1000000, "a file of $megabytes MB: all of it");
$large->gives(['up'], 0, qr/nothing to apply/, "a file of $megabytes MB: again");
$large->write('02_b.sql', "-- migrate:up\n" . "SELECT 1; -- filler filler filler filler filler\n" x 20000 . 'SELECT nonsense;');
$large->gives(['up'], 1, qr/02_b\.sql:20002:8: column "nonsense" does not exist\n *20002 \| SELECT nonsense;\n/, 'an error in the last of many lines');
if ($ENV{NM_FULL})
{
	$state = $large->state;
	$large->write('02_b.sql', '-- migrate:up');
	truncate $large->path('02_b.sql'), 1_100_000_000 or die;
	$large->gives(['up'], 1, qr/02_b\.sql: the file is larger than 1 GB/, 'a file of more than 1 GB');
	is($large->state, $state, 'a file of more than 1 GB: nothing has changed');
}

my $count = $ENV{NM_FULL} ? 10000 : 2000;
my $many = project($node, 'many', { map { sprintf("%05d_m.sql", $_) => "-- migrate:up\nSELECT $_;" } (1 .. $count) });
$many->gives([ 'up', '--to', '00010' ], 0, qr/applied 10 migrations/, "$count files");
is($many->sql('SELECT pending FROM migrate_health()'), $count - 10, "$count files: the rest is pending");
$state = $many->state;
my $half = sprintf '%05d_m.sql', $count / 2;
$many->write($half, "-- migrate:up\n\xFF");
$many->gives(['up'], 1, qr/\Q$half\E: line 2 of the file is not in UTF-8/, "$count files: a bad one among them");
is($many->state, $state, "$count files: nothing has changed");

verify_is_ok($node, $_, "$_: verified") foreach (qw(shop large many));
$node->stop;
done_testing();
