# The client: lint.

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
	'01_users.sql' => migration("CREATE TABLE users (id bigint PRIMARY KEY, email text);\nINSERT INTO users SELECT g, 'x' FROM generate_series(1, 3000) AS g;",
		'DROP TABLE users;') });

$shop->gives(['lint'], 0, qr/\A0 errors, 0 warnings, 0 notices\n\z/, 'nothing to find');
is($shop->sql('SELECT count(*) FROM migrate_status'), '0', 'and nothing was registered');
$shop->gives(['up'], 0, undef, 'up');

$shop->write('02_more.sql', migration("ALTER TABLE users ADD COLUMN born json;\n\n  DROP TABLE users;", 'SELECT 1;'));
$shop->gives(['lint'], 2,
	qr{\Amigrations/02_more\.sql:2:35: notice: column "born" is of type json.* \[json-type\]\n  hint: Use jsonb.*\nmigrations/02_more\.sql:4:3: error: table "public\.users" \(\d+ kB.*\) is dropped with all its rows \[drop-table\]\n  hint: .*\n1 error, 0 warnings, 1 notice\n\z},
	'pending migrations, and none that is applied');
my $object = $shop->json_keys(['lint'], 2, 'command findings ok', 'lint --json');
ok(!$object->{ok}, 'lint --json: not ok');
is(join(' ', sort keys %{ $object->{findings}[1] }),
	'column file hint line message rule severity statement version', 'lint --json: keys of a finding');
is_deeply([ @{ $object->{findings}[1] }{qw(version file rule severity statement line column)} ],
	[ '02', 'migrations/02_more.sql', 'drop-table', 'error', 2, 4, 3 ], 'lint --json: a finding');

# one after the other: what an earlier one makes is known
$shop->write('02_more.sql', migration("CREATE TABLE big AS SELECT * FROM users;\nALTER TABLE users ADD CONSTRAINT there CHECK (email IS NOT NULL) NOT VALID;", 'SELECT 1;'));
$shop->write('03_more.sql', migration("ALTER TABLE users VALIDATE CONSTRAINT there;", 'SELECT 1;'));
$shop->write('04_more.sql', migration("ALTER TABLE users ALTER email SET NOT NULL;\nDROP TABLE big;", 'SELECT 1;'));
$shop->gives(['lint'], 0, qr/\A0 errors, 0 warnings, 0 notices\n\z/, 'migrations that build on each other');

# files by name
$shop->gives([ 'lint', 'migrations/04_more.sql' ], 0, qr{\Amigrations/04_more\.sql:2:1: notice: .*\[set-not-null\]\n}, 'a file alone');
$shop->gives([ 'lint', 'migrations/01_users.sql' ], 0, qr/\A0 errors/, 'a file that is applied');
$shop->write_beside('note.txt', "TRUNCATE users");
$shop->gives([ 'lint', 'note.txt' ], 2, qr{\Anote\.txt:1:10: error: .*\[truncate\]\n}, 'a file of any name');
$shop->write_beside('other.txt', "SELEC 1;\n");
$shop->gives([ 'lint', 'other.txt' ], 1, undef, 'a file that is no SQL', err => qr/syntax error at or near "SELEC".*other\.txt/s);
$shop->gives([ 'lint', 'nothing.txt' ], 1, undef, 'a file that is not there', err => qr/could not open file/);
$shop->gives([ 'lint', '--format', 'flyway', 'note.txt' ], 1, undef, 'a format that it is not in', err => qr/flyway/);

# the settings of the database count
$shop->sql("ALTER DATABASE shop SET neon_migrate.lint_ignore = 'truncate'");
$shop->gives([ 'lint', 'note.txt' ], 0, qr/\A0 errors/, 'a rule that is ignored');
$shop->sql("ALTER DATABASE shop SET neon_migrate.lint_ignore = 'truncat'");
$shop->gives([ 'lint', 'note.txt' ], 2, qr/^settings: warning: there is no rule "truncat".*\n.*\[truncate\]/ms, 'and one that does not exist');
$shop->sql("ALTER DATABASE shop RESET neon_migrate.lint_ignore");

# at up
$shop->write('05_more.sql', migration("TRUNCATE users;", 'SELECT 1;'));
$shop->gives(['up'], 0, undef, 'up warns', err => qr/warning: table "public\.users".*loses all its rows/);
$shop->sql("ALTER DATABASE shop SET neon_migrate.lint = 'error'; INSERT INTO users VALUES (1, 'x')");
$shop->write('06_more.sql', migration("TRUNCATE users;", 'SELECT 1;'));
$shop->gives(['up'], 1, undef, 'up refuses', err => qr/migration "06" was not applied: lint found 1 error.*ignore truncate/s);
is($shop->sql('SELECT count(*) FROM users'), '1', 'and nothing was run');

# an index that was used, by the statistics
$shop->sql('CREATE INDEX users_email ON users (email)');
$shop->sql("SET enable_seqscan = off; SELECT count(*) FROM users WHERE email = 'x'");
$shop->write_beside('index.txt', 'DROP INDEX CONCURRENTLY users_email');
ok($node->poll_query_until('shop', "SELECT idx_scan > 0 FROM pg_stat_user_indexes WHERE indexrelname = 'users_email'"), 'the scan is counted');
$shop->gives([ 'lint', 'index.txt' ], 0, qr/\[drop-used-index\]/, 'an index that was used');

# the documentation: a page for each rule, and a rule for each page
my $top = "$FindBin::RealBin/../..";
my @rules = split /\n/, $shop->sql('SELECT rule FROM migrate_lint_rules() ORDER BY rule COLLATE "C"');
my @pages = sort map { m{/([a-z-]+)\.md$} } glob "$top/docs/lint/*.md";
is("@pages", "@rules", 'docs/lint has a page for each rule, and no other');
my $overview = slurp_file("$top/docs/lint.md");
my %summaries = map { split /\t/, $_, 2 } split /\n/,
  $shop->sql(q(SELECT rule || E'\t' || summary FROM migrate_lint_rules()));
my %table = $overview =~ /^\| \[`([a-z-]+)`\]\(lint\/\1\.md\) \| [^|]* \| (.*?) \|$/mg;
is_deeply(\%table, \%summaries, 'docs/lint.md has a table of them, with the same words');
for my $rule (@rules)
{
	my $page = -e "$top/docs/lint/$rule.md" ? slurp_file("$top/docs/lint/$rule.md") : '';

	like($page, qr/\A# $rule\n\n.*^## What to do\n.*^## When to ignore it\n/ms, "docs/lint/$rule.md");
}

done_testing();
