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

#include "catalog/pg_type_d.h"
#include "fe_utils/cancel.h"

#include "commands.h"
#include "json.h"
#include "message.h"
#include "server.h"

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
 * Returns what is not ready yet, or NULL if all is.
 */
static const char *
what_is_missing(const Server *server, const Folder *folder, const char *version)
{
	const PGresult *answer = server->first;

	if (server->schema == NULL)
		return "extension neon_migrate is not installed yet";
	if (PQresultStatus(answer) != PGRES_TUPLES_OK)
	{
		const char *sqlstate = PQresultErrorField(answer, PG_DIAG_SQLSTATE);

		/* migrate_require() says that the version is not applied */
		if (version && sqlstate && strcmp(sqlstate, "55000") == 0)
			return PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
		diagnosis_fail(server->conn, answer, &server->origin);
	}
	if (version)
		return NULL;
	if (PQgetvalue(answer, 0, 1)[0] != 't')
		return PQgetvalue(answer, 0, 2);
	if (folder->count > 0 && PQgetvalue(answer, 0, 0)[0] != 't')
		return psprintf("not everything in folder \"%s\" is applied", folder->dir);
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
ask(Server *server, const Options *options, const Folder *folder, int64 deadline)
{
	const char *version = options->argument_count > 0 ? options->arguments[0] : NULL;
	Options		patient = *options;
	uint8		checksum[CHECKSUM_LENGTH];
	Parameter	parameter;

	patient.connect_timeout = Max(deadline - connection_clock(), 0) / 1000.0;
	server_start(server, &patient);
	server->connection.patient = true;
	if (version)
		parameter = text_parameter(version);
	else
	{
		folder_checksum(folder, options->format, checksum);
		parameter = (Parameter) {.type = BYTEAOID, .value = (char *) checksum, .length = CHECKSUM_LENGTH};
	}
	server_finish(server, version ? "SELECT migrate_require($1)" :
				  folder->count > 0 ? "SELECT migrate_folder_known($1), ok, detail FROM migrate_health()" :
				  "SELECT $1 IS NULL, ok, detail FROM migrate_health()",
				  &parameter, 1);
	return what_is_missing(server, folder, version);
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
	Folder		folder;
	Server		server;
	const char *missing;
	char	   *told = NULL;

	(void) folder_read(&folder, options->dir, false);
	while ((missing = ask(&server, options, &folder, deadline)) != NULL)
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
