/*-------------------------------------------------------------------------
 *
 * connection.c
 *	  Connects to the database, with patience.
 *
 * A database that scales to zero, and one that is being started, refuse
 * connections for a while.  What may pass is tried again, with growing pauses,
 * until a time that is bounded; see problems[].  What will not pass is an error
 * at once.
 *
 * An attempt is begun by connection_start() and brought to its end by
 * connection_finish(), so that the caller can do something useful while the
 * server starts a process.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <math.h>
#include <poll.h>
#include <time.h>

#include "fe_utils/cancel.h"

#include "connection.h"
#include "database_url.h"
#include "dotenv.h"
#include "message.h"

#define DEFAULT_TIMEOUT 15.0	/* seconds */
#define LOCAL_TIMEOUT 2.0		/* where nothing needs to be woken up */
#define ATTEMPT_TIMEOUT 10000	/* ms */
#define SHORTEST_ATTEMPT 1000	/* whatever time was given */
#define FIRST_PAUSE 100			/* ms */
#define LONGEST_PAUSE 2000

int64
connection_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] ? value : NULL;
}

/*
 * Returns the URL, or NULL if libpq's own variables are to say where; sets
 * where it is from.
 */
static const char *
choose_url(const Options *options, const char **source)
{
	const char *names[] = {"MIGRATION_DATABASE_URL", "DATABASE_URL"};

	*source = "--database-url";
	if (options->database_url)
		return options->database_url;
	for (int i = 0; i < (int) lengthof(names); i++)
	{
		*source = names[i];
		if (environment(names[i]))
			return environment(names[i]);
	}
	*source = NULL;
	return NULL;
}

/*
 * Is there anything that says which database?
 */
bool
connection_configured(const Options *options)
{
	const char *source;

	dotenv_load(options->env_file);
	return choose_url(options, &source) || environment("PGHOST") || environment("PGHOSTADDR") ||
		environment("PGSERVICE") || environment("PGDATABASE") || environment("PGPORT");
}

static const char *
given(const Connection *connection, const char *keyword)
{
	for (PQconninfoOption *option = connection->given; option && option->keyword; option++)
		if (strcmp(option->keyword, keyword) == 0 && option->val && option->val[0])
			return option->val;
	return NULL;
}

/*
 * Is one of the hosts on another machine?
 */
static bool
is_remote(const Connection *connection)
{
	const char *hosts = given(connection, "host");
	char	   *copy;

	if (hosts == NULL)
		hosts = given(connection, "hostaddr");
	if (hosts == NULL)
		hosts = environment("PGHOST");
	if (hosts == NULL)
		hosts = environment("PGHOSTADDR");
	if (hosts == NULL)
		return false;
	copy = pg_strdup(hosts);
	for (char *host = strtok(copy, ","); host; host = strtok(NULL, ","))
		if (host[0] != '/' && host[0] != '@' && strcmp(host, "localhost") != 0 &&
			strncmp(host, "127.", 4) != 0 && strcmp(host, "::1") != 0)
			return true;
	return false;
}

/*
 * Reads the URL.
 */
static void
read_url(Connection *connection, const Options *options)
{
	const char *url = choose_url(options, &connection->source);
	const char *port;
	char	   *error = NULL;

	if (url == NULL)
		return;
	url = database_url_for_libpq(url, connection->source);
	connection->given = PQconninfoParse(url, &error);
	if (connection->given == NULL)
	{
		/* what follows the first quote can be a part of the password */
		if (error)
			error[strcspn(error, "\"\n")] = '\0';
		message_fail(EXIT_ERROR, psprintf("%s is not valid: %s...", connection->source,
										  error ? error : "out of memory"),
					 "It looks like postgresql://USER:PASSWORD@HOST/DATABASE, with special characters as %XX.");
	}
	/* without a host, the password would be here, and in libpq's message */
	port = given(connection, "port");
	if (port && port[strspn(port, "0123456789,")] != '\0')
		message_fail(EXIT_ERROR, psprintf("%s is not valid: its port is not a number", connection->source),
					 "It looks like postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with special characters as %XX.");
}

/*
 * Goes on with the attempt, if it can within so many ms.  Returns false when it
 * has failed.
 */
static bool
poll_once(Connection *connection, int timeout)
{
	struct pollfd wait = {
		.fd = PQsocket(connection->conn),
		.events = connection->polling == PGRES_POLLING_READING ? POLLIN : POLLOUT
	};

	if (PQstatus(connection->conn) == CONNECTION_BAD)
		return false;
	if (poll(&wait, 1, timeout) > 0)
		connection->polling = PQconnectPoll(connection->conn);
	return connection->polling != PGRES_POLLING_FAILED;
}

/*
 * Begins an attempt.
 */
static void
attempt(Connection *connection)
{
	enum
	{
		MAX_KEYWORDS = 64
	};
	const char *keywords[MAX_KEYWORDS + 1];
	const char *values[MAX_KEYWORDS + 1];
	int			count = 0;

	for (PQconninfoOption *option = connection->given; option && option->keyword; option++)
		if (option->val && count < MAX_KEYWORDS - 4)
		{
			keywords[count] = option->keyword;
			values[count++] = option->val;
		}
	if (connection->tls_by_default)
	{
		keywords[count] = "sslmode";
		values[count++] = "require";
	}
	keywords[count] = "fallback_application_name";
	values[count++] = "neon_migrate";
	keywords[count] = "client_encoding";
	values[count++] = "UTF8";
	keywords[count] = NULL;
	connection->attempts++;
	connection->attempt_end = connection_clock() + ATTEMPT_TIMEOUT;
	if (connection->bounded)
		connection->attempt_end = Min(connection->attempt_end,
									  Max(connection->deadline, connection_clock() + SHORTEST_ATTEMPT));
	connection->conn = PQconnectStartParams(keywords, values, 0);
	if (connection->conn == NULL)
		message_fail(EXIT_ERROR, "out of memory", NULL);
	/* this way the message has the SQLSTATE in it */
	PQsetErrorVerbosity(connection->conn, PQERRORS_VERBOSE);
	connection->polling = PGRES_POLLING_WRITING;
	(void) poll_once(connection, 1);
	message_set_secret(PQpass(connection->conn));
}

/*
 * Begins to connect.
 */
void
connection_start(Connection *connection, const Options *options)
{
	double		timeout = options->connect_timeout;

	memset(connection, 0, sizeof(Connection));
	dotenv_load(options->env_file);
	read_url(connection, options);
	connection->tls_by_default = is_remote(connection) && !given(connection, "sslmode") &&
		!environment("PGSSLMODE") && !given(connection, "service") && !environment("PGSERVICE");
	connection->bounded = timeout >= 0;
	if (timeout < 0)
		timeout = is_remote(connection) ? DEFAULT_TIMEOUT : LOCAL_TIMEOUT;
	connection->started = connection_clock();
	connection->deadline = connection->started + (int64) (timeout * 1000);
	attempt(connection);
}

/*
 * What can be wrong with a connection.  The first that fits counts; a rule
 * without SQLSTATE and text fits all.
 */
typedef struct ConnectionProblem
{
	const char *sqlstate;
	const char *text;			/* part of libpq's message */
	bool		passes;			/* it may be over in a moment */
	const char *message;
	const char *hint;
} ConnectionProblem;

static const ConnectionProblem problems[] = {
	{NULL, "Temporary failure in name resolution", true, "the host cannot be looked up",
	"Check the network of this machine, and the host in the URL."},
	{NULL, "could not translate host name", false, "the host was not found",
	"Check the host in the URL for a misspelling."},
	{NULL, "authentication failed", false, "user or password is wrong",
	"Check both in the URL; special characters are written as %XX there."},
	{"28P01", NULL, false, "user or password is wrong",
	"Check both in the URL; special characters are written as %XX there."},
	{NULL, "no password supplied", false, "the server wants a password",
	"Put it into the URL, into PGPASSWORD or into ~/.pgpass."},
	{NULL, "no pg_hba.conf entry", false, "the server does not accept this user, database, address or encryption",
	"See the detail; the server's pg_hba.conf has the list."},
	{"28000", "role", false, "the user does not exist or may not log in", "Check the user in the URL."},
	{"28000", NULL, false, "the server does not accept the user", "See the detail."},
	{"3D000", NULL, false, "the database does not exist",
	"Check its name in the URL, or make it with CREATE DATABASE."},
	{"08P01", "no such database", false, "the pooler does not know the database",
	"Check its name in the URL."},
	{NULL, "query_wait_timeout", true, "the pooler has no connection to the server to give",
	"Perhaps its pool is too small, or the server does not answer.  The direct host needs no pool."},
	{NULL, "server login has been failing", true, "the pooler cannot connect to the server", "Try again in a moment."},
	{NULL, "cannot connect to server", true, "the pooler cannot connect to the server", "Try again in a moment."},
	{"08P01", "startup parameter", false, "the pooler does not accept a parameter of the connection",
	"Take it out of the URL or the environment (PGOPTIONS), or use the direct host."},
	{"53300", NULL, true, "the server has too many connections",
	"Close some, or use the pooled host."},
	{NULL, "server does not support SSL", false, "the server has no TLS",
	"If the network is to be trusted, add ?sslmode=disable to the URL."},
	{NULL, "certificate", false, "the server's TLS certificate was not accepted",
	"With sslmode=verify-full, sslrootcert names the certificates to trust; sslrootcert=system those of the machine."},
	{NULL, "SSL error", false, "TLS could not be set up", "See the detail, and sslmode in the URL."},
	{NULL, "SSL connection is required", false, "the server wants TLS", "Add ?sslmode=require to the URL."},
	{NULL, "connection is insecure", false, "the server wants TLS", "Add ?sslmode=require to the URL."},
	{"57P03", NULL, true, "the server is starting up or shutting down", "Try again in a moment."},
	{"57P01", NULL, true, "the server ended the connection", "Try again in a moment."},
	{"57P02", NULL, true, "the server ended the connection after a crash", "Try again in a moment."},
	{NULL, "Connection refused", true, "the server refuses connections",
	"Is it running, and are host and port right?"},
	{NULL, "No such file or directory", true, "no server listens on that socket",
	"Is it running, and are host and port right?  Set DATABASE_URL if it is elsewhere."},
	{NULL, "Connection reset", true, "the connection was reset", "Try again in a moment."},
	{NULL, "server closed the connection", true, "the server closed the connection", "Try again in a moment."},
	{NULL, "SSL SYSCALL error", true, "the server closed the connection", "Try again in a moment."},
	{NULL, "could not send", true, "the server closed the connection", "Try again in a moment."},
	{NULL, "could not receive", true, "the server closed the connection", "Try again in a moment."},
	{NULL, "starting", true, "the endpoint is starting", "Try again in a moment."},
	{NULL, "onnect to compute", true, "the endpoint is starting", "Try again in a moment."},
	{NULL, "Control plane request failed", true, "the endpoint is not available", "Try again in a moment."},
	{NULL, "Network is unreachable", true, "the network is unreachable", "Check the network of this machine."},
	{NULL, "No route to host", true, "there is no route to the host", "Check the network of this machine."},
	{NULL, "timed out", true, "the server does not answer", "Check host and port, and any firewall in between."},
	{NULL, "timeout expired", true, "the server does not answer", "Check host and port, and any firewall in between."},
	{NULL, NULL, false, "no connection", NULL},
};

static const ConnectionProblem *
problem_of(const char *message, const char *sqlstate)
{
	const ConnectionProblem *problem = problems;

	while ((problem->sqlstate && (sqlstate == NULL || strcmp(problem->sqlstate, sqlstate) != 0)) ||
		   (problem->text && strstr(message, problem->text) == NULL))
		problem++;
	return problem;
}

/*
 * Takes the SQLSTATE and the place in the server's source out of a verbose
 * message.  Returns the SQLSTATE, or NULL if there is none.
 */
static char *
take_sqlstate(char *message)
{
	static const char *const severities[] = {"FATAL:  ", "ERROR:  "};
	char	   *location = strstr(message, "\nLOCATION:");
	char	   *sqlstate = NULL;

	if (location)
		*location = '\0';
	/* libpq's own questions are in the hints */
	for (char *line = strstr(message, "\n\t"); line; line = strstr(line, "\n\t"))
		memmove(line, line + 2 + strcspn(line + 2, "\n"), strlen(line + 2 + strcspn(line + 2, "\n")) + 1);
	message[strlen(message) - strspn(message + strlen(message) - (message[0] != '\0'), "\n")] = '\0';
	for (int i = 0; i < (int) lengthof(severities); i++)
	{
		char	   *code = strstr(message, severities[i]);

		if (code == NULL)
			continue;
		code += strlen(severities[i]);
		if (strlen(code) < 7 || strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5 || code[5] != ':')
			continue;
		sqlstate = pnstrdup(code, 5);
		memmove(code, code + 7, strlen(code + 7) + 1);
	}
	return sqlstate;
}

/*
 * Reports why there is no connection.
 */
void
connection_fail(const Connection *connection, const char *message, const char *sqlstate)
{
	const ConnectionProblem *known = problem_of(message, sqlstate);
	Problem		problem = {
		.exit_code = EXIT_NO_CONNECTION,
		.message = psprintf("cannot connect: %s", known->message),
		.detail = message,
		.hint = known->hint,
		.sqlstate = sqlstate,
	};

	if (connection->attempts > 1)
		problem.detail = psprintf("%s (tried %d times in %.1f s)",
								  problem.detail, connection->attempts,
								  (connection_clock() - connection->started) / 1000.0);
	message_fail_problem(&problem);
}

static void
check_cancelled(void)
{
	if (CancelRequested)
		message_fail(EXIT_ERROR, "cancelled", NULL);
}

/*
 * Waits, but no longer than until the next attempt may begin, or forever.
 */
static void
pause_ms(int64 duration)
{
	int64		end = connection_clock() + duration;
	int64		now;

	while ((now = connection_clock()) < end)
	{
		check_cancelled();
		(void) poll(NULL, 0, (int) Min(end - now, 100));
	}
	check_cancelled();
}

/*
 * After a failure: begins another attempt if it may help and there is time.
 * Returns whether it does.
 */
bool
connection_retry(Connection *connection, const char *message, const char *sqlstate)
{
	int64		pause = FIRST_PAUSE << Min(connection->attempts - 1, 10);
	int64		now = connection_clock();
	uint8		jitter;

	const ConnectionProblem *problem = problem_of(message, sqlstate);
	bool		hopeless = sqlstate && strncmp(sqlstate, "28", 2) == 0;

	if (!(problem->passes || (connection->patient && !hopeless)) || now >= connection->deadline)
		return false;
	if (connection->attempts == 1)
		message_note("%s; trying again for up to %.0f s", problem->message,
					 ceil((connection->deadline - now) / 1000.0));
	/* some jitter, so that many runners do not come all at once */
	pause = Min(pause, LONGEST_PAUSE);
	if (pg_strong_random(&jitter, sizeof(jitter)))
		pause -= pause * jitter / (4 * PG_UINT8_MAX);
	pause_ms(Min(pause, connection->deadline - now));
	PQfinish(connection->conn);
	attempt(connection);
	return true;
}

/*
 * Brings the attempt to its end.  Returns whether there is a connection; if
 * not, *timed_out says whether there was no answer.
 */
static bool
finish_attempt(Connection *connection, bool *timed_out)
{
	*timed_out = false;
	while (PQstatus(connection->conn) != CONNECTION_OK)
	{
		int64		left = connection->attempt_end - connection_clock();

		check_cancelled();
		/* a server that has answered meanwhile is heard, however late it is */
		if (!poll_once(connection, (int) Max(Min(left, 100), 0)))
			return false;
		*timed_out = left <= 0 && PQstatus(connection->conn) != CONNECTION_OK;
		if (*timed_out)
			return false;
	}
	return true;
}

/*
 * Makes the connection that connection_start() began, or reports why there is
 * none.
 */
void
connection_finish(Connection *connection)
{
	for (;;)
	{
		bool		timed_out;
		char	   *message;
		char	   *sqlstate;

		if (finish_attempt(connection, &timed_out))
			break;
		message = timed_out ? pg_strdup("timeout expired") : pg_strdup(PQerrorMessage(connection->conn));
		sqlstate = take_sqlstate(message);
		if (!connection_retry(connection, message, sqlstate))
			connection_fail(connection, message, sqlstate);
	}
	PQsetErrorVerbosity(connection->conn, PQERRORS_DEFAULT);
	connection->elapsed = (int) (connection_clock() - connection->started);
}
