/*-------------------------------------------------------------------------
 *
 * command_wait.c
 *	  health and wait: for monitoring, and for those who must not start before
 *	  the database is ready.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <poll.h>

#include "fe_utils/cancel.h"

#include "commands.h"
#include "json.h"
#include "message.h"
#include "registration.h"

#define DEFAULT_TIMEOUT 60		/* seconds */
#define FIRST_PAUSE 250			/* ms */
#define LONGEST_PAUSE 2000

/*
 * neon_migrate health
 */
void
command_health(const Options *options)
{
	Server		server;
	bool		ok;
	Json		json;

	server_start(&server, options);
	server_finish(&server, "SELECT ok, current, applied, pending, interrupted, gate_holder, detail"
				  " FROM migrate_health()", NULL, 0);
	server_require_extension(&server);
	ok = PQgetvalue(server.first, 0, 0)[0] == 't';
	message_out("%s", PQgetvalue(server.first, 0, 6));
	if (message_json())
	{
		json_begin(&json);
		json_text(&json, "command", "health");
		json_row(&json, server.first, 0);
		json_end(&json);
	}
	if (!ok)
		exit(EXIT_PENDING);
}

/*
 * Is all in the folder applied, although it is not known as a whole?
 */
static bool
all_applied(Server *server, Registration *registration, const Options *options)
{
	if (!registration_allowed(server))
		return false;
	if (registration_ask(registration, server, options, "SELECT"))
		return registration_all_applied(server);
	if (!registration_is_busy(registration))
		server_fail(server, registration->refusal);
	return false;
}

/*
 * Returns what is not ready yet, or NULL if all is.
 */
static const char *
what_is_missing(Server *server, Registration *registration, const Options *options)
{
	const PGresult *answer = server->first;
	const char *sqlstate = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
	bool		version = options->argument_count > 0;

	if (server->schema == NULL)
		return "extension neon_migrate is not installed yet";
	/* migrate_require() says that the version is not applied */
	if (version && sqlstate && strcmp(sqlstate, "55000") == 0)
		return PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
	if (PQresultStatus(answer) != PGRES_TUPLES_OK)
		server_fail(server, answer);
	if (version)
		return NULL;
	/* the detail can be about a migration that is running; it does not matter whose */
	if (PQgetvalue(answer, 0, 1)[0] != 't')
		return strcmp(PQgetvalue(answer, 0, 4), "0") != 0 ? PQgetvalue(answer, 0, 2) :
			psprintf("%s pending", PQgetvalue(answer, 0, 3));
	if (registration->there && PQgetvalue(answer, 0, 0)[0] != 't' &&
		!all_applied(server, registration, options))
		return psprintf("not everything in folder \"%s\" is applied", options->dir);
	return NULL;
}

static void
report(int64 started)
{
	Json		json;
	double		seconds = (connection_clock() - started) / 1000.0;

	message_out("ready after %.1f s", seconds);
	if (!message_json())
		return;
	json_begin(&json);
	json_bool(&json, "ok", true);
	json_text(&json, "command", "wait");
	json_int(&json, "waited_ms", (int64) (seconds * 1000));
	json_end(&json);
}

/*
 * Asks once, over a connection of its own: one that is kept could be lost, and
 * would keep a database awake.  Returns what is missing, or NULL.
 */
static const char *
ask(Server *server, Registration *registration, const Options *options, int64 deadline)
{
	Options		patient = *options;
	Parameter	parameter = {0};
	const char *query = registration_question(registration, "", "h.ok, h.detail, h.pending, h.interrupted");

	patient.connect_timeout = Max(deadline - connection_clock(), 0) / 1000.0;
	server_start(server, &patient);
	server->connection.patient = true;
	if (options->argument_count > 0)
	{
		query = "SELECT migrate_require($1)";
		parameter = text_parameter(options->arguments[0]);
	}
	else if (registration->there)
		parameter = registration_checksum(registration);
	server_finish(server, query, &parameter, parameter.type != InvalidOid);
	return what_is_missing(server, registration, options);
}

/*
 * neon_migrate wait
 */
void
command_wait(const Options *options)
{
	double		timeout = options->timeout >= 0 ? options->timeout : DEFAULT_TIMEOUT;
	int64		started = connection_clock();
	int64		deadline = started + (int64) (timeout * 1000);
	int			pause = FIRST_PAUSE;
	Registration registration;
	Server		server;
	const char *missing;
	char	   *told = NULL;

	registration_read(&registration, options, false);
	while ((missing = ask(&server, &registration, options, deadline)) != NULL)
	{
		int64		left = deadline - connection_clock();

		if (left <= 0)
			message_fail(EXIT_PENDING, psprintf("not ready after %.0f s: %s", timeout, missing),
						 "See neon_migrate status.");
		if (told == NULL || strcmp(told, missing) != 0)
			message_note("waiting: %s", missing);
		told = pg_strdup(missing);
		PQfinish(server.conn);
		ResetCancelConn();
		(void) poll(NULL, 0, (int) Min(left, pause));
		if (CancelRequested)
			message_fail(EXIT_ERROR, "cancelled", NULL);
		pause = Min(pause * 2, LONGEST_PAUSE);
	}
	report(started);
}
