# NeonMigrateClient.pm: what the TAP tests of the command-line client share.
#
# A project is a folder as a team has it in its repository, with a database.
# The client runs in it as a person would run it, with an environment in which
# nothing else says where the database is.  Whatever it prints, into a pipe,
# must have no escape sequence and no password in it.

package NeonMigrateClient;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use IO::Select;
use IO::Socket::UNIX;
use NeonMigrate;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(project migration url encoded marker receive real_server relay);

# What every password in the tests contains.
sub marker { return 'hunter2secret'; }

# A migration in the client's own format.
sub migration
{
	my ($up, $down) = @_;

	return "-- migrate:up\n$up\n" . (defined $down ? "-- migrate:down\n$down\n" : '');
}

# Text as part of a URL.
sub encoded
{
	my ($text) = @_;

	$text =~ s/([^A-Za-z0-9_.-])/sprintf '%%%02X', ord $1/ge;
	return $text;
}

# URL of a database of the node.
sub url
{
	my ($node, $database, $user) = @_;

	return sprintf 'postgresql://%s@/%s?host=%s&port=%d', encoded($user // 'postgres'), encoded($database),
	  encoded($node->host), $node->port;
}

# Reads what has come over a socket.  Returns '' at the end.
sub receive
{
	my ($socket) = @_;
	my $data = '';

	IO::Select->new($socket)->can_read($PostgreSQL::Test::Utils::timeout_default) or die 'nothing comes';
	sysread $socket, $data, 65536;
	return $data;
}

# A connection to the node through which a client's startup has gone.
sub real_server
{
	my ($client, $node) = @_;
	my $server = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) or die;
	my $answer = '';

	syswrite $server, receive($client);
	$answer .= receive($server) until $answer =~ /Z\x00\x00\x00\x05I\z/;
	syswrite $client, $answer;
	return $server;
}

# Hands on all that comes, in both directions, and takes what the client prints.
# Returns how often it sent something after an answer, which is the number of
# round trips, and the number of bytes that it sent.
sub relay
{
	my ($client, $server, $run) = @_;
	my $silent_since = time;
	my %other = ($client => $server, $server => $client);
	my $last = $server;
	my ($turns, $bytes) = (0, 0);

	for (;;)
	{
		my @ready = IO::Select->new($client, $server)->can_read(0.05);

		$run->{run}->pump_nb if $run->{run}->pumpable;
		$silent_since = time if @ready;
		die 'nothing comes' if time - $silent_since > $PostgreSQL::Test::Utils::timeout_default;
		foreach my $from (@ready)
		{
			my $data = receive($from);

			return ($turns, $bytes) if $data eq '' || $data eq "X\x00\x00\x00\x04";
			$turns++ if $from == $client && $last == $server;
			$bytes += length $data if $from == $client;
			$last = $from;
			while ($data ne '')
			{
				my $written = syswrite $other{$from}, $data or die "lost: $!";
				substr $data, 0, $written, '';
			}
		}
	}
}

# A project with the files, and with a database of that name that has the
# extension unless "bare".  Without a node there is no database.
sub project
{
	my ($node, $database, $files, %options) = @_;
	my $self = bless {
		node => $node,
		database => $database,
		root => PostgreSQL::Test::Utils::tempdir,
		dir => 'migrations',
		environment => {},
	}, 'NeonMigrateClient::Project';

	if ($node)
	{
		create_database($node, $database);
		install($node, $database, $options{schema}) unless $options{bare};
		$self->{environment}{DATABASE_URL} = url($node, $database);
	}
	$self->{schema} = $options{schema} // 'public';
	$self->write($_, $files->{$_}) foreach (sort keys %{ $files // {} });
	return $self;
}

package NeonMigrateClient::Project;

use strict;
use warnings FATAL => 'all';

use File::Basename;
use File::Path;
use IPC::Run;
use JSON::PP;
use NeonMigrate;
use PostgreSQL::Test::Utils;
use Test::More;

# Path of a file in the folder of migrations.
sub path
{
	my ($self, $name) = @_;

	return "$self->{root}/$self->{dir}/$name";
}

# Writes bytes to a file in the folder of migrations.
sub write
{
	my ($self, $name, $text) = @_;

	$self->write_beside("$self->{dir}/$name", $text);
	return;
}

# Writes bytes to a file in the project.
sub write_beside
{
	my ($self, $name, $text) = @_;
	my $path = "$self->{root}/$name";

	File::Path::make_path(dirname($path));
	open my $file, '>:raw', $path or die "could not write $path: $!";
	print $file $text or die;
	close $file or die;
	return;
}

sub remove
{
	my ($self, @names) = @_;

	foreach my $name (@names)
	{
		unlink $self->path($name) or die "could not remove $name: $!";
	}
	return;
}

# All files of the project, without the folder's name.
sub files
{
	my ($self) = @_;
	my @found = sort map { chomp; $_ } `cd '$self->{root}' && find . -type f`;

	s{^\./}{} foreach (@found);
	return @found;
}

# The environment for the client: the caller's, but for what it would heed.
sub environment
{
	my ($self, %options) = @_;
	my %environment = %ENV;

	delete @environment{ grep { /^PG|DATABASE_URL$/ } keys %environment };
	%environment = (
		%environment,
		HOME => $self->{root},
		LC_ALL => 'C.UTF-8',
		%{ $self->{environment} },
		%{ $options{env} // {} });
	delete @environment{ grep { !defined $environment{$_} } keys %environment };
	return \%environment;
}

# Starts the client.  "env" sets (or, undefined, takes away) variables, "terminal"
# gives it a terminal.
sub start
{
	my ($self, $arguments, %options) = @_;
	my $client = bless { out => '', err => '', in => '' }, 'NeonMigrateClient::Run';
	my @output = ('>', \$client->{out}, '2>', \$client->{err});

	@output = ('>pty>', \$client->{out}, '2>&1') if $options{terminal};
	local %ENV = %{ $self->environment(%options) };
	$client->{run} = IPC::Run::start(
		[ @{ $options{before} // [] }, 'neon_migrate', @$arguments ],
		'<', \$client->{in}, @output,
		init => sub { chdir $self->{root} or die },
		$client->{timer} = IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	$client->{pid} = $client->{run}{KIDS}[0]{PID};
	return $client;
}

# Runs the client to its end.
sub run
{
	my ($self, $arguments, %options) = @_;

	return $self->start($arguments, %options)->finish;
}

# Does the client exit with this status, and print what the pattern says?  With
# 0 and 2 the pattern is about the standard output, else about messages; "err"
# is a pattern for those, too.
sub gives
{
	my ($self, $arguments, $status, $pattern, $name, %options) = @_;
	my $client = $self->run($arguments, %options);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($client->{status}, $status, "$name: exit code")
	  or diag("output: $client->{out}messages: $client->{err}");
	if (defined $pattern)
	{
		like($status == 0 || $status == 2 ? $client->{out} : $client->{err}, $pattern, $name)
		  or diag("output: $client->{out}messages: $client->{err}");
	}
	like($client->{err}, $options{err}, "$name: messages") if $options{err};
	ok(0, "$name: prints an escape sequence or a password")
	  if "$client->{out}$client->{err}" =~ /\e|@{[ NeonMigrateClient::marker() ]}/;
	return $client;
}

# The object that the client prints with --json; undef, and a failed test, if it
# prints anything else, or exits with another status.
sub json
{
	my ($self, $arguments, $status, $name, %options) = @_;
	my $client = $self->run([ @$arguments, '--json' ], %options);
	my $object = eval { JSON::PP->new->utf8->boolean_values(0, 1)->decode($client->{out}) };

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($client->{status}, $status, "$name: exit code") or diag("messages: $client->{err}");
	if (ref $object ne 'HASH' || $client->{out} !~ /\A[^\n]+\n\z/)
	{
		fail("$name: one JSON object in one line");
		diag("output: $client->{out}messages: $client->{err}");
	}
	ok(0, "$name: prints a password") if "$client->{out}$client->{err}" =~ /@{[ NeonMigrateClient::marker() ]}/;
	return $object;
}

# Are these the keys of the object?
sub json_keys
{
	my ($self, $arguments, $status, $keys, $name, %options) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $object = $self->json($arguments, $status, $name, %options);
	is(join(' ', sort keys %{ $object // {} }), $keys, "$name: keys");
	return $object;
}

# What the database knows of migrations.
sub state
{
	my ($self) = @_;

	return $self->sql("SELECT version, state, checksum FROM $self->{schema}.migrate_status;"
		  . " SELECT d.*::text FROM $self->{schema}.migrate_definition AS d ORDER BY version") . "\n"
	  . ledger_text($self->{node}, $self->{database}, $self->{schema});
}

sub sql
{
	my ($self, $sql) = @_;

	return $self->{node}->safe_psql($self->{database}, $sql);
}

# The versions in a state, with blanks between.
sub versions
{
	my ($self, $state) = @_;

	return $self->sql("SELECT string_agg(version, ' ') FROM $self->{schema}.migrate_status"
		  . " WHERE state = '$state'");
}

# Waits for a condition in the project's database.
sub wait_until
{
	my ($self, $condition) = @_;

	$self->{node}->poll_query_until($self->{database}, "SELECT $condition")
	  or die "it did not come to this: $condition";
	return;
}

package NeonMigrateClient::Run;

use strict;
use warnings FATAL => 'all';

# Waits for the end.
sub finish
{
	my ($self) = @_;

	$self->{run}->finish;
	$self->{status} = $self->{run}->full_result(0);
	$self->{status} = $self->{status} & 127 ? "signal $self->{status}" : $self->{status} >> 8;
	return $self;
}

# Waits until it has printed something.
sub wait_for
{
	my ($self, $stream, $pattern) = @_;

	until ($self->{$stream} =~ $pattern)
	{
		$self->{run}->pumpable or die "it ended: $self->{out}$self->{err}";
		$self->{run}->pump;
	}
	return;
}

sub signal
{
	my ($self, $signal) = @_;

	$self->{run}->signal($signal);
	return;
}

1;
