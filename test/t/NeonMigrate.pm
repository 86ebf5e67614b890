# NeonMigrate.pm: what the TAP tests of neon_migrate share.
#
# Everything goes through psql, so that the tests need no driver.  Errors are
# asked for by SQLSTATE, which psql prints with VERBOSITY=verbose.

package NeonMigrate;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  new_node create_database install run_sql sql_is fails_with sqlstate literal
  ledger_head ledger_text history_text verify_is_ok gate_is_free session
  kill_backend server_is_back
);

# A cluster in UTF-8 and the C locale, wherever it runs, with the lines of
# "conf"; started, unless "start" is 0.  "init" goes to PostgreSQL::Test's
# init().
sub new_node
{
	my ($name, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(
		extra => [ '--encoding=UTF8', '--locale=C' ],
		%{ $options{init} // {} });
	$node->append_conf('postgresql.conf', "log_statement = none\n");
	$node->append_conf('postgresql.conf', $options{conf}) if $options{conf};
	$node->start unless defined $options{start} && !$options{start};
	return $node;
}

# A database, with the rest of CREATE DATABASE in "options".
sub create_database
{
	my ($node, $name, $options) = @_;

	$node->safe_psql('postgres', qq{CREATE DATABASE "$name" } . ($options // ''));
	return $name;
}

# The extension, in "schema" (made if needed) or else in public.
sub install
{
	my ($node, $database, $schema) = @_;

	$node->safe_psql($database,
		defined $schema
		? "CREATE SCHEMA IF NOT EXISTS $schema; CREATE EXTENSION neon_migrate SCHEMA $schema"
		: 'CREATE EXTENSION neon_migrate');
	return;
}

# Runs SQL as "user" (default: the superuser) until it fails.  Returns exit
# status, output and messages.
sub run_sql
{
	my ($node, $database, $sql, %options) = @_;
	my ($out, $err) = ('', '');
	my @user = defined $options{user} ? ('-U', $options{user}) : ();

	my $status = $node->psql(
		$database, $sql,
		stdout => \$out,
		stderr => \$err,
		on_error_stop => 1,
		extra_params => [ @user, '-v', 'VERBOSITY=verbose' ]);
	return ($status, $out, $err);
}

# The SQLSTATE of the first error in psql's messages; '' if there is none.
sub sqlstate
{
	my ($messages) = @_;

	return $messages =~ /^(?:psql:[^\n]*?)?(?:ERROR|FATAL):  ([0-9A-Z]{5}): /m ? $1 : '';
}

# Is this the output, and is there no error?
sub sql_is
{
	my ($node, $database, $sql, $expected, $name, %options) = @_;
	my ($status, $out, $err) = run_sql($node, $database, $sql, %options);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($out, $expected, $name) && $status == 0 or diag("messages: $err");
	fail("$name: ended with exit status $status") if $status != 0;
	return;
}

# Does it fail with this SQLSTATE, and messages like "pattern"?
sub fails_with
{
	my ($node, $database, $sql, $state, $pattern, $name, %options) = @_;
	my (undef, undef, $err) = run_sql($node, $database, $sql, %options);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(sqlstate($err), $state, "$name: SQLSTATE") or diag("messages: $err");
	like($err, $pattern, "$name: message") if defined $pattern;
	return;
}

# A string as an SQL literal.
sub literal
{
	my ($text) = @_;

	$text =~ s/'/''/g;
	return $text =~ s/\\/\\\\/g ? "E'$text'" : "'$text'";
}

# Kills a backend, as a crash does, and waits until the server has noticed: it
# starts over then, but until then it may still answer.
sub kill_backend
{
	my ($node, $pid) = @_;
	my $end = -s $node->logfile;

	kill 'KILL', $pid;
	$node->wait_for_log(qr/ \(PID $pid\) was terminated by signal 9/, $end);
	return;
}

# Waits until the server takes connections again.  (With no query: IPC::Run
# dies if psql ends before it has read one.)
sub server_is_back
{
	my ($node) = @_;

	$node->poll_query_until('postgres', undef, '') or die 'the server did not come back';
	return;
}

# entry_hash of the latest event.
sub ledger_head
{
	my ($node, $database, $schema) = @_;

	$schema //= 'public';
	return $node->safe_psql($database,
		"SELECT entry_hash FROM $schema.migrate_history ORDER BY seq DESC LIMIT 1");
}

# All of the ledger, and all of migrate_history, as COPY prints them.
sub ledger_text
{
	my ($node, $database, $schema) = @_;

	$schema //= 'public';
	return $node->safe_psql($database,
			"SET client_encoding = 'UTF8'; SET timezone = 'UTC';"
		  . " COPY (SELECT * FROM $schema.migrate_ledger ORDER BY seq) TO STDOUT");
}

sub history_text
{
	my ($node, $database, $schema) = @_;

	$schema //= 'public';
	return $node->safe_psql($database,
			"SET client_encoding = 'UTF8'; SET timezone = 'UTC';"
		  . " COPY (SELECT * FROM $schema.migrate_history) TO STDOUT");
}

# Does migrate_verify() find nothing wrong, and the head "expected" (if given)?
sub verify_is_ok
{
	my ($node, $database, $name, %options) = @_;
	my $schema = $options{schema} // 'public';
	my $expected = defined $options{head} ? "'$options{head}'" : 'NULL';

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($status, $out, $err) = run_sql(
		$node,
		$database,
		"SELECT count(*) > 5, string_agg(subject || ': ' || detail, '; ') FILTER (WHERE ok IS NOT TRUE)"
		  . " FROM $schema.migrate_verify($expected) WHERE subject <> 'schema'",
		user => $options{user});
	is("$status:$out", '0:t|', $name) or diag("messages: $err");
	return;
}

# Is nobody migrating, and can somebody start at once?
sub gate_is_free
{
	my ($node, $database, $name, %options) = @_;
	my $schema = $options{schema} // 'public';

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	sql_is(
		$node,
		$database,
		"SELECT gate_holder IS NULL FROM $schema.migrate_health();"
		  . " SET neon_migrate.wait_timeout = 0; BEGIN;"
		  . " SELECT $schema.migrate_apply('gate is free', 'SELECT 1'); ROLLBACK;",
		"t\napplied",
		$name);
	return;
}

# A psql session in the background.
sub session
{
	my ($node, $database, %options) = @_;

	return NeonMigrate::Session->new($node, $database, %options);
}

package NeonMigrate::Session;

use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Utils;

sub new
{
	my ($class, $node, $database, %options) = @_;
	my @user = defined $options{user} ? ('-U', $options{user}) : ();
	my $psql = $node->background_psql(
		$database,
		on_error_stop => 0,
		extra_params => [ @user, '-v', 'VERBOSITY=verbose' ]);

	$psql->set_query_timer_restart;
	my $self = bless { psql => $psql, messages => '' }, $class;
	$self->{pid} = $self->query('SELECT pg_catalog.pg_backend_pid()');
	return $self;
}

# The server process.
sub pid { return $_[0]->{pid}; }

# Errors, warnings and notices of the last query() or finish().
sub messages { return $_[0]->{messages}; }

# Runs SQL and returns its output.
sub query
{
	my ($self, $sql) = @_;

	$self->{psql}->{stderr} = '';
	my $out = $self->{psql}->query($sql);
	$self->{messages} = $self->{psql}->{stderr};
	return $out;
}

# Runs SQL that must not fail.
sub query_safe
{
	my ($self, $sql) = @_;
	my $out = $self->query($sql);

	die "query failed: $self->{messages}" if NeonMigrate::sqlstate($self->{messages}) ne '';
	return $out;
}

# Sends SQL and does not wait for its end, only for psql to have read it.
sub start
{
	my ($self, $sql) = @_;
	my $psql = $self->{psql};

	$psql->{stderr} = '';
	$psql->{timeout}->start;
	$psql->{stdin} .= "\\echo started\n$sql\n;\n";
	pump_until($psql->{run}, $psql->{timeout}, \$psql->{stdout}, qr/^started\n/m)
	  or die "psql did not start: $psql->{stderr}";
	$psql->{stdout} =~ s/^started\n//m;
	return;
}

# Waits for the end of what start() sent and returns its output.
sub finish
{
	my ($self) = @_;
	my $out = $self->{psql}->query('');

	$self->{messages} = $self->{psql}->{stderr};
	return $out;
}

# Waits for psql to end by itself, as it does when its connection is lost, and
# returns its messages.
sub died
{
	my ($self) = @_;

	# no more input, so that it also ends should the connection still be there
	$self->{psql}->{run}->finish;
	return $self->{messages} = $self->{psql}->{stderr};
}

# Kills psql, as a client that vanishes.
sub kill_client
{
	my ($self) = @_;

	$self->{psql}->{run}->signal('KILL');
	$self->{psql}->{run}->finish;
	return;
}

sub quit
{
	my ($self) = @_;

	$self->{psql}->quit;
	return;
}

1;
