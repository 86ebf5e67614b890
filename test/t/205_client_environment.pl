# The client: where it learns which database to migrate.
#
# Each database says its name when asked for the current version.

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
my $secret = marker();

install($node, 'template1');
foreach my $name (qw(option migration url file libpq), 'a b')
{
	create_database($node, $name);
	$node->safe_psql($name, "SELECT migrate_stamp('$name')");
}

my $project = project();

sub says
{
	my ($database, $name, %options) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$project->gives([ @{ $options{arguments} // [] }, 'current' ], 0, qr/\A\Q$database\E\n\z/, $name, %options);
	return;
}

sub refuses
{
	my ($pattern, $name, %options) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$project->gives([ @{ $options{arguments} // [] }, 'current' ], 1, $pattern, $name, %options);
	return;
}

#
# Precedence
#

my %libpq = (PGHOST => $node->host, PGPORT => $node->port, PGUSER => 'postgres', PGDATABASE => 'libpq');
my %all = (%libpq, MIGRATION_DATABASE_URL => url($node, 'migration'), DATABASE_URL => url($node, 'url'));
my @option = ('--database-url', url($node, 'option'));

says('option', '--database-url comes first', arguments => \@option, env => \%all);
says('option', '-u is short for it', arguments => [ "-u$option[1]" ], env => \%all);
says('migration', 'then MIGRATION_DATABASE_URL', env => \%all);
says('url', 'then DATABASE_URL', env => { %all, MIGRATION_DATABASE_URL => undef });
says('url', 'an empty variable counts as none', env => { %all, MIGRATION_DATABASE_URL => '' });
says('libpq', "then libpq's variables", env => \%libpq);
says('a b', 'what the URL leaves out is from there', env => { %libpq, DATABASE_URL => 'postgresql:///a%20b' });

$project->write_beside('.env', 'DATABASE_URL=' . url($node, 'file') . "\n");
says('file', '.env', env => {});
says('file', '.env comes before libpq', env => \%libpq);
says('url', 'the environment comes before .env', env => { DATABASE_URL => url($node, 'url') });
$project->write_beside('.env', 'MIGRATION_DATABASE_URL=' . url($node, 'file') . "\n");
says('file', 'MIGRATION_DATABASE_URL of .env before DATABASE_URL', env => { DATABASE_URL => url($node, 'url') });
$project->write_beside('.env', join '', map { "$_=$libpq{$_}\n" } sort keys %libpq);
says('libpq', "libpq's variables in .env");
$project->write_beside('other.env', 'DATABASE_URL=' . url($node, 'url') . "\n");
says('url', '--env-file', arguments => [ '--env-file', 'other.env' ]);
says('url', '--env-file is stronger than the environment', arguments => [ '--env-file', 'other.env' ], env => \%all);
refuses(qr/could not open file "none\.env": No such file/, '--env-file that is not there', arguments => [ '-e', 'none.env' ]);
refuses(qr/could not read file "migrations": Is a directory/, '--env-file that is a folder', arguments => [ '-e', 'migrations' ])
  if mkdir "$project->{root}/migrations";
unlink "$project->{root}/.env" or die;
mkdir "$project->{root}/.env" or die;
says('url', 'a folder .env, as of virtualenv, is not read', env => { DATABASE_URL => url($node, 'url') });
rmdir "$project->{root}/.env" or die;

#
# How .env is written
#

my $file = url($node, 'file');
foreach my $case (
	[ 'export', "export DATABASE_URL=$file\n" ],
	[ 'export and blanks', "  export\tDATABASE_URL = $file  \n" ],
	[ 'single quotes', "DATABASE_URL='$file'\n" ],
	[ 'double quotes', "DATABASE_URL=\"$file\"\n" ],
	[ 'comments', "# DATABASE_URL=x\n\n   # more\nDATABASE_URL=$file # a database\n" ],
	[ 'a comment after quotes', "DATABASE_URL='$file' # a database\n" ],
	[ 'CRLF', "# first\r\nDATABASE_URL=$file\r\nX=1\r\n" ],
	[ 'CRLF and quotes', "DATABASE_URL=\"$file\"\r\n" ],
	[ 'a byte order mark', "\xEF\xBB\xBFDATABASE_URL=$file\n" ],
	[ 'no line end', "DATABASE_URL=$file" ],
	[ 'a value in several lines before', "KEY=\"-----BEGIN\nDATABASE_URL=x\n-----END\"\nDATABASE_URL=$file\n" ],
	[ 'the same in single quotes', "KEY='a\nDATABASE_URL=x\n'\nDATABASE_URL=$file\n" ],
	[ 'escapes', "DATABASE_URL=\"\\$file\"\n" =~ s/\\p/p/r ],
	[ 'names of others', "a.b-c=1\nEMPTY=\nPGPORTS_OF_CALL=x\nDATABASE_URL=$file\n" ],
	[ 'empty file before', "\n\n\nDATABASE_URL=$file\n" ])
{
	$project->write_beside('.env', $case->[1]);
	says('file', ".env with $case->[0]");
}
$project->write_beside('.env', "DATABASE_URL=x\nDATABASE_URL=" . url($node, 'file') . "\n");
says('file', '.env: the last of two counts');

# nothing is run or replaced; the text is where it would be seen
foreach my $text ('$(touch evil)', '`touch evil`', '${HOME}', '$HOME', '$(touch evil', '\\$HOME')
{
	foreach my $quote ('', "'", '"')
	{
		my $literal = $quote eq '"' ? $text =~ s/\\\$/\$/gr : $text;

		$project->write_beside('.env', "A=$quote$text$quote\nPGDATABASE=$quote$text$quote\n");
		$project->gives(['current'], 3, qr/database "\Q$literal\E" does not exist/, ".env takes as it is: $quote$text$quote",
			env => { %libpq, PGDATABASE => undef });
	}
}
ok(!-e "$project->{root}/evil", 'nothing was run');
$project->write_beside('.env', 'PGDATABASE="a\\tb\\n\\"c\\\\d"' . "\n");
$project->gives(['current'], 3, qr/database "a\tb\n  "c\\d" does not exist/, '.env: escapes in double quotes', env => { %libpq, PGDATABASE => undef });

# what concerns no connection is not taken over
$project->write_beside('.env', "DATABASE_URL=$file\nNO_COLOR=1\nPATH=/nowhere\nLD_PRELOAD=x\n");
says('file', '.env: other variables do no harm');

foreach my $case (
	[ "DATABASE_URL=\"$file\n", 1, 'half of a value: its quotes are not closed' ],
	[ "A=1\nDATABASE_URL='$secret\nB=2\n", 2, 'half of a value' ],
	[ "A=1\nDATABASE_UR", 2, 'no NAME=value' ],
	[ "A=1\n\n$secret\n", 3, 'no NAME=value' ],
	[ "A='x\ny'\n=$secret\n", 3, 'no NAME=value' ],
	[ "A='x' y\n", 1, 'something follows the quotes' ],
	[ "<<<<<<< HEAD\nDATABASE_URL=$file\n", 1, 'no NAME=value' ])
{
	my ($text, $line, $what) = @$case;
	$project->write_beside('.env', $text);
	refuses(qr/\.env: line $line of the file is .*$what/, ".env that is half written: $what", env => \%libpq);
	$project->write_beside('my.env', $text);
	my $object = $project->json([ '-e', 'my.env', 'current' ], 1, 'in JSON');
	is($object->{error}{file}, 'my.env', 'in JSON: the file');
}
$project->write_beside('.env', "A=1\0\nDATABASE_URL=$file\n");
refuses(qr/file "\.env" contains a NUL byte/, '.env with a NUL byte');
$project->write_beside('.env', "DATABASE_URL=$file\n");
chmod 0, "$project->{root}/.env" or die;
refuses(qr/could not open file "\.env": Permission denied/, '.env that cannot be read') if $> != 0;
unlink "$project->{root}/.env" or die;

#
# URLs as others write them
#

my ($host, $port) = (encoded($node->host), $node->port);
foreach my $case (
	"postgres://postgres@/url?host=$host&port=$port",
	"postgresql+asyncpg://postgres@/url?host=$host&port=$port",
	"postgresql+psycopg2://postgres@/url?host=$host&port=$port&application_name=x",
	"POSTGRES://postgres@/url?host=$host&port=$port",
	"psql://postgres@/url?host=$host&port=$port",
	"pgx5://postgres@/url?host=$host&port=$port",
	"jdbc:postgresql:///url?user=postgres&host=$host&port=$port&currentSchema=x&ssl=false&sslfactory=org.postgresql.ssl.NonValidatingFactory",
	"  postgres://postgres@/url?host=$host&port=$port\n",
	"postgres://postgres@/url?host=$host&port=$port&schema=public&connection_limit=5&pool_timeout=10&pgbouncer=true",
	"postgres://postgres@/url?host=$host&port=$port&sslaccept=accept_invalid_certs&ssl=false",
	"postgres://postgres@/url?host=$host&port=$port&ssl=0&x-migrations-table=y&search_path=z",
	"postgres://postgres\@$host:$port/url",
	"postgres://postgres:$secret\@$host:$port/url?sslmode=disable",
	"host=${\$node->host} port=$port user=postgres dbname=url",
	"dbname=url host=${\$node->host} port=$port user=postgres password='$secret ://'")
{
	says('url', "URL $case" =~ s/\s+$//r, env => { DATABASE_URL => $case });
}

foreach my $case (
	[ "mysql://u:$secret\@h/d", qr/DATABASE_URL is not a valid URL: "mysql" is not PostgreSQL.*It looks like postgresql:/s ],
	[ $secret, qr/does not begin with postgresql:/ ],
	[ 'postgresql:/h/d', qr/does not begin with postgresql:/ ],
	[ "postgres://u:$secret\@x\@h/d", qr/it has an "@" where none can be.*"@" as %40/s ],
	[ "postgres://u:x/$secret\@h/d", qr/it has an "@" where none can be/ ],
	[ "postgres://u:x#$secret\@h/d", qr/it has an "@" where none can be/ ],
	[ "postgres://u:x?$secret\@h/d", qr/where none can be|has no "="/ ],
	[ "postgres://u:x?a=$secret\@h/d", qr/where none can be|there is no parameter/ ],
	[ "postgres://u:$secret%\@h/d", qr/DATABASE_URL is not valid/ ],
	[ "postgres://u:$secret%zz\@h/d", qr/DATABASE_URL is not valid/ ],
	[ "postgres://u:$secret:x\@h:5x/d", qr/DATABASE_URL is not valid: its port is not a number/ ],
	[ "postgres://u:$secret/d", qr/its port is not a number/ ],
	[ "postgres://u:$secret", qr/its port is not a number/ ],
	[ "postgres://[::1:$secret/d", qr/DATABASE_URL is not valid/ ],
	[ "postgres://u\@h/d?sslmod=require", qr/there is no parameter "sslmod"/ ],
	[ "postgres://u\@h/d?sslmode", qr/a parameter after "\?" has no "="/ ],
	[ "host=h password=$secret port", qr/DATABASE_URL is not valid/ ],
	[ "host=h password='$secret", qr/DATABASE_URL is not valid/ ])
{
	my ($url, $pattern) = @$case;
	refuses($pattern, "bad URL $url" =~ s/$secret/.../r, env => { DATABASE_URL => $url });
	my $object = $project->json(['current'], 1, "bad URL in JSON, $url" =~ s/$secret/.../r, env => { DATABASE_URL => $url });
	ok(!$object->{ok} && $object->{error}{hint}, '... with a hint');
}

$node->stop;
done_testing();
