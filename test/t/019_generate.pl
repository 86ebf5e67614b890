# migrate_generate() with whole schemas, as pg_dump prints them.
#
# A schema with something of every kind, and the example shop, half-migrated and
# in full: the dump of a database is no difference to it; from nothing, what is
# generated makes a database with the same dump; and between the two shops the way
# goes there and back.  Last, as a database's owner, who is no superuser, with
# trusted extensions in public.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('main', conf => "wal_level = logical\nmax_replication_slots = 4\n");

# The schema of a database as pg_dump prints it.
sub dump_of
{
	my ($database) = @_;
	my ($out, $err);

	run_log([ 'pg_dump', '--schema-only', '-d', $node->connstr($database) ], '>', \$out, '2>', \$err)
	  or die "pg_dump failed: $err";
	return $out;
}

# What matters of it: the order of storage parameters does not.
sub plain
{
	my ($dump) = @_;

	$dump =~ s/^\\(?:un)?restrict .*\n//mg;
	$dump =~ s{^(WITH \()(.*)(\);)$}{$1 . join(q(, ), sort split(/, /, $2)) . $3}mge;
	return $dump;
}

sub generated
{
	my ($database, $column, $desired) = @_;

	return $node->safe_psql($database,
		"SELECT $column FROM migrate.migrate_generate(" . literal($desired) . ')');
}

# Applies what is generated, as a migration.
sub go_to
{
	my ($database, $version, $desired) = @_;

	$node->safe_psql($database,
		    "SELECT migrate.migrate_apply('$version', up_sql, down_sql)"
		  . ' FROM migrate.migrate_generate('
		  . literal($desired)
		  . ')');
	return;
}

sub proven
{
	my ($database, $desired, $what) = @_;

	unlike(generated($database, "array_to_string(warnings, E'\n')", $desired), qr/not proven/, $what);
	return;
}

# something of every kind
create_database($node, 'kinds');
install($node, 'kinds', 'migrate');
$node->safe_psql('kinds', 'CREATE ROLE joe LOGIN; CREATE ROLE ann; CREATE ROLE bob; GRANT joe TO ann');
$node->safe_psql('kinds', "CALL migrate.migrate_run('1', "
	  . literal(slurp_file("$FindBin::RealBin/018_drift.sql")) . ')');
is(generated('kinds', 'up_sql', dump_of('kinds')), '', 'a dump with something of every kind is no difference');
is($node->safe_psql('kinds', 'SELECT kind, identity FROM migrate.migrate_drift()'), '', 'and it leaves no drift');

# the shop
my @files = sort glob "$FindBin::RealBin/../../examples/shop/*.sql";
cmp_ok(scalar @files, '>', 30, 'the shop is there');
my %dump;
foreach my $shop ([ 'half', 14 ], [ 'full', scalar @files ])
{
	my ($database, $count) = @$shop;

	create_database($node, $database);
	install($node, $database, 'migrate');
	foreach my $file (@files[ 0 .. $count - 1 ])
	{
		my ($up) = slurp_file($file) =~ /\A(.*?)(?:^-- migrate:down|\z)/ms;

		$node->safe_psql($database, "BEGIN;\n$up;\nCOMMIT");
	}
	$dump{$database} = dump_of($database);
	is(generated($database, 'up_sql', $dump{$database}), '', "the dump of the $database shop is no difference");
}

foreach my $shop ('half', 'full')
{
	create_database($node, "from_$shop");
	install($node, "from_$shop", 'migrate');
	my $before = dump_of("from_$shop");
	proven("from_$shop", $dump{$shop}, "proven: from nothing to the $shop shop");
	go_to("from_$shop", 'shop', $dump{$shop});
	is(plain(dump_of("from_$shop")), plain($dump{$shop}), "from nothing to the $shop shop");
	$node->safe_psql("from_$shop", 'SELECT migrate.migrate_rollback()');
	is(plain(dump_of("from_$shop")), plain($before), "and back from the $shop shop to nothing");
}

proven('half', $dump{full}, 'proven: from the half-migrated shop to the full one');
my $rows = $node->safe_psql('half', 'SELECT count(*) FROM categories');
go_to('half', 'rest', $dump{full});
is(generated('half', 'up_sql', $dump{full}), '', 'from the half-migrated shop to the full one');
is($node->safe_psql('half', 'SELECT count(*) FROM categories'), $rows, 'rows stay');
$node->safe_psql('half', 'SELECT migrate.migrate_rollback()');
is(generated('half', 'up_sql', $dump{half}), '', 'and back');

# no superuser
$node->safe_psql('postgres', 'CREATE ROLE owner LOGIN; CREATE ROLE other LOGIN');
create_database($node, 'owned', 'OWNER owner');
my $as_owner = sub {
	return $node->safe_psql('owned', shift, extra_params => [ '-U', 'owner' ]);
};
$as_owner->('CREATE EXTENSION citext; CREATE EXTENSION pgcrypto; CREATE EXTENSION neon_migrate');
$as_owner->(q{CREATE TABLE t (a citext PRIMARY KEY); CREATE VIEW seen AS SELECT version FROM migrate_status});
is( $as_owner->(<<'SQL'), 'ALTER TABLE public.t ADD COLUMN b bytea DEFAULT public.gen_random_bytes(4);', 'in public, among trusted extensions');
SELECT rtrim(up_sql, E'\n') FROM migrate_generate($$
    CREATE EXTENSION citext;
    CREATE TABLE public.t (a public.citext PRIMARY KEY, b bytea DEFAULT gen_random_bytes(4));
    CREATE VIEW seen AS SELECT version FROM migrate_status;
$$)
SQL
$node->safe_psql('owned', 'CREATE SCHEMA theirs AUTHORIZATION other');
my ($rc, $out, $err) = $node->psql('owned',
	q{SELECT migrate_generate('CREATE TABLE theirs.x (a int)')},
	extra_params => [ '-U', 'owner', '-v', 'VERBOSITY=verbose' ]);
like($err, qr/42501.*must be owner of schema "theirs"/, 'the schema of another role');

$node->stop;
done_testing();
