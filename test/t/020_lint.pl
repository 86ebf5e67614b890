# migrate_lint() and SQL of all kinds: it never fails in another way than the
# parser, and finds nothing in the example that anybody would have to change.

use strict;
use warnings FATAL => 'all';

use File::Find;
use FindBin;
use lib $FindBin::RealBin;
use NeonMigrate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = "$FindBin::RealBin/../..";
my $node = new_node('main');
$node->safe_psql('postgres', 'CREATE EXTENSION neon_migrate; CREATE DATABASE shop');

#
# The example, applied migration by migration
#

my @shop = sort glob "$top/examples/shop/*.sql";
my ($found, $applied) = ('', 0);
$node->safe_psql('shop', 'CREATE EXTENSION neon_migrate');
foreach my $file (@shop)
{
	my ($name) = $file =~ m{([^/]+)$};
	my $arguments = 'ARRAY[' . literal($name) . '], ARRAY[' . literal(slurp_file($file)) . ']';

	$found .= $node->safe_psql('shop', "SELECT version, rule, message FROM migrate_lint_files($arguments) WHERE severity <> 'notice'");
	$node->safe_psql('shop', "SELECT migrate_register_files($arguments); CALL migrate_up()");
	$applied++;
}
cmp_ok($applied, '>', 30, 'the example was applied');
is($found, '', 'and there was nothing to warn of');

#
# All SQL that there is, whole and in pieces, in the example's database
#

my @files;
find(sub { push @files, $File::Find::name if /\.sql$/ }, map { "$top/$_" } 'examples', 'test/sql', 'sql', 'test/formats');
my $pieces = 0;
my $sql = <<'SQL';
SET client_min_messages = error;
SET neon_migrate.lint_large_table = 1;
CREATE FUNCTION outcome(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count(*) FROM migrate_lint(sql);
    RETURN 'fine';
EXCEPTION WHEN syntax_error OR feature_not_supported THEN
    RETURN 'no SQL';
WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM || ': ' || left(sql, 200);
END $$;
CREATE TABLE outcomes (outcome text);
SQL
foreach my $file (@files)
{
	my $whole = join "\n", grep { !/^\\/ } split /\n/, slurp_file($file);
	my @inside = $whole =~ /'((?:[^']|'')+)'/g;

	s/''/'/g foreach @inside;
	foreach my $piece ($whole, split(/;/, $whole), @inside)
	{
		$sql .= 'INSERT INTO outcomes SELECT outcome(' . literal($piece) . ");\n";
		$pieces++;
	}
}
$node->safe_psql('shop', $sql);
is($node->safe_psql('shop', "SELECT DISTINCT outcome FROM outcomes WHERE outcome NOT IN ('fine', 'no SQL')"), '', 'no other errors');
cmp_ok($node->safe_psql('shop', "SELECT count(*) FROM outcomes WHERE outcome = 'fine'"), '>', 3000, 'and much was looked at');

done_testing();
