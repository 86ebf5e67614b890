# The folder protocol's tables are a cache: a dump does not have them, a standby
# has, a crash keeps them as they were, and to lose them does no harm.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# the folder has one file, whose only statement selects this number
sub folder
{
	my ($number) = @_;

	return
		"sha256('\\x00'::bytea || convert_to('1_x.sql', 'UTF8') || '\\x00'::bytea"
	  . " || int8send(8) || convert_to('SELECT $number', 'UTF8'))";
}

sub store { return "SELECT migrate_store_files(ARRAY['SELECT $_[0]']);" }

sub register
{
	return "SELECT outcome FROM migrate_register_folder("
	  . "ARRAY['1_x.sql'], ARRAY[sha256('SELECT $_[0]')]);";
}

sub known { return 'SELECT migrate_folder_known(' . folder($_[0]) . ');' }

my $node = new_node('main', init => { allows_streaming => 1 });
my $dumps = PostgreSQL::Test::Utils::tempdir;

install($node, 'postgres');
sql_is($node, 'postgres', store(1), '', 'stored');
sql_is($node, 'postgres', register(1), 'registered', 'registered');
$node->safe_psql('postgres', 'CALL migrate_up()');

#
# On a standby: the answer, and nothing noted
#

$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
sql_is($standby, 'postgres', known(1), 't', 'standby: known');
sql_is($standby, 'postgres', known(2), 'f', 'standby: another is not');
sql_is($standby, 'postgres', "SELECT migrate_files_missing(ARRAY[sha256('SELECT 1'), sha256('x')])", 2,
	'standby: what is missing');
sql_is($standby, 'postgres', 'SELECT seq FROM migrate_folder', 0, 'standby: not noted');
fails_with($standby, 'postgres', store(2), '25006', qr/on a standby/, 'standby: cannot store');
fails_with($standby, 'postgres', register(1), '25006', qr/on a standby/, 'standby: cannot register');

#
# A crash
#

sql_is($node, 'postgres', known(1), 't', 'known');
$node->safe_psql('postgres', 'CHECKPOINT');
$node->stop('immediate');
$node->start;
sql_is($node, 'postgres', known(1), 't', 'known after a crash');
sql_is($node, 'postgres', 'SELECT seq FROM migrate_folder', 1, 'and noted');
sql_is($node, 'postgres', 'SELECT count(*) FROM migrate_file', 1, 'contents after a crash');

#
# A dump does not have them
#

$node->run_log([ 'pg_dump', '--file', "$dumps/plain.sql", '--dbname', $node->connstr('postgres') ]);
unlike(slurp_file("$dumps/plain.sql"), qr/migrate_(file|folder)/, 'no word of them in a dump');
like(slurp_file("$dumps/plain.sql"), qr/COPY public\.migrate_definition/, 'as there is of the list');
$node->safe_psql('postgres', 'CREATE DATABASE restored TEMPLATE template0');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dumps/plain.sql", '-d', $node->connstr('restored') ],
	'restored');
sql_is($node, 'restored', 'SELECT count(*) FROM migrate_file', 0, 'restored: no contents');
sql_is($node, 'restored', known(1), 'f', 'restored: not known');
fails_with($node, 'restored', register(1), '55000', qr/contents of file "1_x.sql" are not stored/,
	'restored: not stored');
sql_is($node, 'restored', store(1) . register(1), "\napplied", 'restored: sent again');
sql_is($node, 'restored', known(1), 't', 'restored: known again');
sql_is($node, 'restored', 'SELECT count(*) FROM migrate_verify() WHERE NOT ok', 0, 'restored: verified');

#
# Nor does somebody who created the extension and is no superuser need them
#

$node->safe_psql('postgres', 'CREATE ROLE owner LOGIN; CREATE DATABASE shop OWNER owner');
$node->safe_psql('shop', 'CREATE EXTENSION neon_migrate', extra_params => [ '-U', 'owner' ]);
sql_is($node, 'shop', store(1) . register(1) . known(1), "\nregistered\nt", 'owner: registered', user => 'owner');
sql_is($node, 'shop', 'SELECT contents FROM migrate_file', 'SELECT 1', 'owner: may read', user => 'owner');
fails_with($node, 'shop', 'DELETE FROM migrate_file', '42501', qr/permission denied/, 'owner: may not write',
	user => 'owner');
$node->command_ok([ 'pg_dump', '--file', "$dumps/owner.sql", '-U', 'owner', '--dbname', $node->connstr('shop') ],
	'owner: can dump');

#
# The contents of a large file
#

sql_is($node, 'postgres',
	"SELECT migrate_store_files(ARRAY['SELECT ' || repeat('1 +', 10000000) || ' 1'])", '', '30 MB stored');
sql_is($node, 'postgres', "SELECT max(length(contents)) FROM migrate_file", 30000009, 'to the last byte');

done_testing();
