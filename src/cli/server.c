/*-------------------------------------------------------------------------
 *
 * server.c
 *	  Talks to the extension on the server, in few round trips.
 *
 * Queries are sent in libpq's pipeline mode: what is sent up to a sync goes out
 * together, is one transaction unless it begins or ends one itself, and costs
 * one round trip.  After an error the rest up to the sync is not run.
 *
 * The first round trip finds the schema of the extension and already asks the
 * command's first question, under a search path that lasts no longer.  From
 * then on names are qualified: migrations must run under the search path of
 * the session as it came.  Nothing is set in the session, so that a pooler may
 * give the connection to others in between.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <poll.h>

#include "catalog/pg_type_d.h"
#include "fe_utils/cancel.h"
#include "port/pg_bswap.h"

#include "message.h"
#include "progress.h"
#include "server.h"
#include "watch.h"

static const char find_extension[] =
	"SELECT pg_catalog.quote_ident(n.nspname),"
	" pg_catalog.pg_is_in_recovery() OR pg_catalog.current_setting('transaction_read_only') = 'on',"
	" pg_catalog.set_config('search_path', pg_catalog.quote_ident(n.nspname), true) "
	"FROM pg_catalog.pg_extension AS e "
	"JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace "
	"WHERE e.extname OPERATOR(pg_catalog.=) 'neon_migrate'";

/*
 * Shows notices.  Those that say how far migrations have come feed the
 * progress line.
 */
static void
receive_notice(void *arg, const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	char	   *text;

	if (message == NULL)
		return;
	if (watch_notice((const Origin *) arg, message))
		return;
	text = psprintf("%s%s%s%s%s", message, detail ? "\n" : "", detail ? detail : "", hint ? "\n" : "",
					hint ? hint : "");
	if (severity && strcmp(severity, "WARNING") == 0)
		message_warning("%s", text);
	else
		message_note("%s", text);
	pg_free(text);
}

/*
 * Advice for the host, when it is a pooler.
 */
static void
advise_on_host(const Server *server)
{
	const char *host = PQhost(server->conn);
	const char *pooler = host ? strstr(host, "-pooler.") : NULL;

	if (pooler)
		message_note("\"%s\" is a pooled host.  It works, but the direct one is better for migrations: \"%.*s%s\".",
					 host, (int) (pooler - host), host, pooler + strlen("-pooler"));
}

/*
 * Begins to connect, without waiting.
 */
void
server_start(Server *server, const Options *options)
{
	memset(server, 0, sizeof(Server));
	connection_start(&server->connection, options);
}

/*
 * Is this the last that the server says?  It may not have closed the connection
 * yet.  A pooler has only the severity that might be translated.
 */
static bool
is_last(const Server *server, const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity == NULL)
		severity = PQresultErrorField(result, PG_DIAG_SEVERITY);
	return PQstatus(server->conn) == CONNECTION_BAD ||
		(severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0));
}

/*
 * Takes the answers to the first questions.  Returns NULL, or the error that
 * ended the connection.
 */
static PGresult *
take_first(Server *server, bool asked)
{
	PGresult   *extension = server_get_any(server);
	PGresult   *answer = asked ? server_get_any(server) : NULL;

	if (PQresultStatus(extension) != PGRES_TUPLES_OK)
		return extension;
	if (answer && is_last(server, answer))
		return answer;
	server_drain(server);
	if (PQntuples(extension) == 0)
		return NULL;
	server->schema = pg_strdup(PQgetvalue(extension, 0, 0));
	server->read_only = PQgetvalue(extension, 0, 1)[0] == 't';
	server->first = answer;
	PQclear(extension);
	return NULL;
}

/*
 * Connects, and asks a first question, if there is one; its result will be in
 * server->first, and may be an error.
 */
void
server_finish(Server *server, const char *query, const Parameter *parameters, int count)
{
	for (;;)
	{
		PGresult   *error;
		const char *sqlstate;
		const char *message;

		connection_finish(&server->connection);
		server->conn = server->connection.conn;
		PQsetNoticeReceiver(server->conn, receive_notice, &server->origin);
		if (!PQenterPipelineMode(server->conn))
			message_fail(EXIT_ERROR, "could not enter pipeline mode", NULL);
		server->pipelined = false;
		server_send(server, find_extension, NULL, 0);
		if (query)
			server_send(server, query, parameters, count);
		server_sync(server);
		error = take_first(server, query != NULL);
		if (error == NULL)
			break;

		/* a server that is just waking up, or a pooler without one */
		sqlstate = PQresultErrorField(error, PG_DIAG_SQLSTATE);
		message = PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY);
		if (message == NULL)
			message = pg_strdup(PQerrorMessage(server->conn));
		if (!is_last(server, error))
			server_fail(server, error);
		if (!connection_retry(&server->connection, message, sqlstate))
			connection_fail(&server->connection, message, sqlstate);
	}
	SetCancelConn(server->conn);
	if (server->connection.attempts > 1 || server->connection.elapsed > 0)
		message_verbose("connected to \"%s\" on \"%s\" in %d ms%s", PQdb(server->conn), PQhost(server->conn),
						server->connection.elapsed,
						server->connection.attempts > 1 ?
						psprintf(", at attempt %d", server->connection.attempts) : "");
	advise_on_host(server);
}

/*
 * Raises an error if the extension is not there.
 */
void
server_require_extension(Server *server)
{
	if (server->schema == NULL)
		message_fail(EXIT_ERROR,
					 psprintf("extension neon_migrate is not installed in database \"%s\"", PQdb(server->conn)),
					 "Install it with neon_migrate init, or CREATE EXTENSION neon_migrate.");
	if (server->first && PQresultStatus(server->first) != PGRES_TUPLES_OK)
		server_fail(server, server->first);
}

/*
 * Reports the error and ends the program.
 */
void
server_fail(Server *server, const PGresult *result)
{
	diagnosis_fail(server->conn, result, &server->origin);
}

/*
 * Returns the SQL with the schema of the extension in place of each "@".
 */
char *
server_sql(const Server *server, const char *sql)
{
	PQExpBufferData buffer;

	initPQExpBuffer(&buffer);
	for (; *sql; sql++)
		if (*sql == '@')
			appendPQExpBuffer(&buffer, "%s.", server->schema);
		else
			appendPQExpBufferChar(&buffer, *sql);
	return buffer.data;
}

/*
 * Returns the name in quotes.
 */
char *
server_identifier(const Server *server, const char *name)
{
	char	   *identifier = PQescapeIdentifier(server->conn, name, strlen(name));

	if (identifier == NULL)
		message_fail(EXIT_ERROR, psprintf("could not quote a name: %s", PQerrorMessage(server->conn)), NULL);
	return identifier;
}

/*
 * Returns the text as a literal.
 */
char *
server_literal(const Server *server, const char *text)
{
	char	   *literal = PQescapeLiteral(server->conn, text, strlen(text));

	if (literal == NULL)
		message_fail(EXIT_ERROR, psprintf("could not quote a text: %s", PQerrorMessage(server->conn)), NULL);
	return literal;
}

/*
 * Puts a query into the pipeline.
 */
void
server_send(Server *server, const char *query, const Parameter *parameters, int count)
{
	Oid			types[8];
	const char *values[8];
	int			lengths[8];
	int			formats[8];

	for (int i = 0; i < count; i++)
	{
		types[i] = parameters[i].type;
		values[i] = parameters[i].value;
		lengths[i] = parameters[i].length;
		formats[i] = parameters[i].length > 0;
	}
	if (!PQsendQueryParams(server->conn, query, count, types, values, lengths, formats, 0))
		diagnosis_fail(server->conn, NULL, &server->origin);
	server->pipelined = true;
}

/*
 * Ends what is one transaction, and sends it off.
 */
void
server_sync(Server *server)
{
	if (!PQpipelineSync(server->conn))
		diagnosis_fail(server->conn, NULL, &server->origin);
	server->pipelined = true;
}

/*
 * Waits for data from the server, keeping the progress line alive.
 */
static void
wait_for_data(Server *server)
{
	while (PQisBusy(server->conn))
	{
		struct pollfd wait = {.fd = PQsocket(server->conn), .events = POLLIN};

		if (poll(&wait, 1, 100) > 0 && !PQconsumeInput(server->conn))
			return;				/* PQgetResult() will tell */
		progress_tick();
	}
}

/*
 * Returns the next result, which can be an error, a sync, or NULL after the
 * last one of a query.
 */
static PGresult *
next_result(Server *server)
{
	wait_for_data(server);
	return PQgetResult(server->conn);
}

/*
 * Returns the next result of a query, whatever it is; at the loss of the
 * connection, an error without SQLSTATE.
 */
PGresult *
server_get_any(Server *server)
{
	PGresult   *result;

	do
	{
		result = next_result(server);
		if (result && PQresultStatus(result) == PGRES_PIPELINE_SYNC)
		{
			PQclear(result);
			result = NULL;
		}
		if (result == NULL && PQstatus(server->conn) == CONNECTION_BAD)
			return PQmakeEmptyPGresult(server->conn, PGRES_FATAL_ERROR);
	} while (result == NULL);
	return result;
}

/*
 * Returns the next result of a query.  Fails if it is an error.
 */
PGresult *
server_get(Server *server)
{
	PGresult   *result = server_get_any(server);
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		server_fail(server, result);
	return result;
}

/*
 * Takes what comes up to the sync sent last, after all results were taken.
 */
void
server_drain(Server *server)
{
	for (;;)
	{
		PGresult   *result = next_result(server);
		ExecStatusType status = PQresultStatus(result);

		PQclear(result);
		if (result && status == PGRES_PIPELINE_SYNC)
			break;
		if (result && status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_PIPELINE_ABORTED)
			break;
		if (PQstatus(server->conn) == CONNECTION_BAD)
			break;
	}
	server->round_trips++;
	server->pipelined = false;
}

/*
 * Runs one query.
 */
PGresult *
server_query(Server *server, const char *query, const Parameter *parameters, int count)
{
	PGresult   *result;

	server_send(server, query, parameters, count);
	server_sync(server);
	result = server_get(server);
	server_drain(server);
	return result;
}

static void
append_int32(PQExpBuffer buffer, int32 value)
{
	uint32		network = pg_hton32((uint32) value);

	appendBinaryPQExpBuffer(buffer, (char *) &network, sizeof(network));
}

/*
 * Begins an array, in PostgreSQL's binary format.
 */
void
array_begin(ArrayBuffer *array, Oid element_type)
{
	initPQExpBuffer(&array->data);
	array->count = 0;
	append_int32(&array->data, 1);	/* dimensions */
	append_int32(&array->data, 0);	/* no nulls */
	append_int32(&array->data, element_type);
	append_int32(&array->data, 0);	/* number of elements, set at the end */
	append_int32(&array->data, 1);	/* lower bound */
}

void
array_add(ArrayBuffer *array, const void *data, size_t length)
{
	append_int32(&array->data, (int32) length);
	appendBinaryPQExpBuffer(&array->data, data, length);
	array->count++;
}

/*
 * Returns the array as a parameter.
 */
Parameter
array_end(ArrayBuffer *array, Oid array_type)
{
	uint32		count = pg_hton32((uint32) array->count);

	if (PQExpBufferBroken(&array->data))
		message_fail(EXIT_ERROR, "out of memory", NULL);
	memcpy(array->data.data + 12, &count, sizeof(count));
	return (Parameter) {.type = array_type, .value = array->data.data, .length = (int) array->data.len};
}

/*
 * Returns text, or null, as a parameter.
 */
Parameter
text_parameter(const char *value)
{
	return (Parameter) {.type = TEXTOID, .value = value};
}
