/*-------------------------------------------------------------------------
 *
 * command_look.c
 *	  status, history, current and verify: commands that only look.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "commands.h"
#include "json.h"
#include "message.h"
#include "registration.h"
#include "table.h"

/*
 * Times are in ISO 8601 in JSON whatever the session's settings.
 */
#define TIME_TEXT(column) "pg_catalog.to_json(" column ") OPERATOR(pg_catalog.#>>) '{}'"
#define MILLISECONDS(column) \
	"(pg_catalog.date_part('epoch', " column ") OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8"

static const char status_json[] =
	"SELECT s.version, s.description, s.state, " TIME_TEXT("s.applied_at") " AS applied_at, s.applied_by, "
	MILLISECONDS("s.duration") " AS duration_ms, s.has_down, s.transactional,"
	" pg_catalog.to_json(s.depends_on) AS depends_on, s.checksum FROM @migrate_status AS s";
static const char status_table[] =
	"SELECT s.version, s.state, s.description,"
	" pg_catalog.date_trunc('second', s.applied_at) AS \"applied at\", s.applied_by AS \"by\","
	" s.duration, CASE WHEN s.has_down THEN 'yes' ELSE 'no' END AS down FROM @migrate_status AS s";

static const char history_json[] =
	"SELECT h.seq, h.version, h.action, h.description, " TIME_TEXT("h.started_at") " AS started_at, "
	MILLISECONDS("h.duration") " AS duration_ms, h.applied_by, h.role, h.client, h.application,"
	" h.statements, h.rows, h.wal_bytes, h.lsn, h.error, h.direction, h.step, h.steps, h.checksum,"
	" h.entry_hash, h.previous_hash FROM @migrate_history AS h";
static const char history_table[] =
	"SELECT h.seq, h.version, h.action, h.step,"
	" pg_catalog.date_trunc('second', h.started_at) AS \"started at\", h.duration, h.applied_by AS \"by\","
	" h.error FROM @migrate_history AS h";
static const char history_verbose[] =
	"SELECT h.seq, h.version, h.action, h.step, h.started_at AS \"started at\", h.duration,"
	" h.applied_by AS \"by\", h.role, h.client, h.application, h.statements, h.rows,"
	" h.wal_bytes AS \"WAL bytes\", h.lsn AS \"LSN\", h.error, h.entry_hash AS hash,"
	" h.description FROM @migrate_history AS h";

static int
count_state(const PGresult *result, int column, const char *state)
{
	int			count = 0;

	for (int row = 0; row < PQntuples(result); row++)
		count += strcmp(PQgetvalue(result, row, column), state) == 0;
	return count;
}

/*
 * neon_migrate status
 */
void
command_status(const Options *options)
{
	Server		server;
	Registration registration;
	PGresult   *result = NULL;
	char	   *query;
	int			pending,
				unfinished;
	Json		json;

	registration_start(&registration, &server, options, false);
	query = server_sql(&server, message_json() ? status_json : status_table);
	if (registration.there && !registration.known && registration_allowed(&server))
		result = registration_ask(&registration, &server, options, query);
	if (registration.refusal && !registration_is_busy(&registration) && message_json())
		server_fail(&server, registration.refusal);
	if (registration_is_busy(&registration))
		message_note("folder \"%s\" was not compared: somebody is migrating", options->dir);
	else if (result == NULL && registration.there && !registration.known && !registration.refusal)
		message_note("folder \"%s\" was not compared: this connection may not write", options->dir);
	if (result == NULL)
		result = server_query(&server, query, NULL, 0);
	pending = count_state(result, PQfnumber(result, "state"), "pending");
	unfinished = count_state(result, PQfnumber(result, "state"), "running") +
		count_state(result, PQfnumber(result, "state"), "interrupted") +
		count_state(result, PQfnumber(result, "state"), "failed");
	if (message_json())
	{
		json_begin(&json);
		json_bool(&json, "ok", true);
		json_text(&json, "command", "status");
		json_text(&json, "current", PQgetisnull(server.first, 0, 2) ? NULL : PQgetvalue(server.first, 0, 2));
		json_int(&json, "applied", count_state(result, PQfnumber(result, "state"), "applied"));
		json_int(&json, "pending", pending);
		json_int(&json, "unfinished", unfinished);
		json_rows(&json, "migrations", result);
		json_end(&json);
	}
	else if (PQntuples(result) == 0)
		message_out("there are no migrations yet");
	else
	{
		table_print(result);
		message_out("%d applied, %d pending%s", count_state(result, PQfnumber(result, "state"), "applied"), pending,
					unfinished ? psprintf(", %d unfinished", unfinished) : "");
	}
	/* the state of the database is known even where the folder's is wrong */
	if (registration.refusal && !registration_is_busy(&registration))
		server_fail(&server, registration.refusal);
	if (options->exit_code && (pending > 0 || unfinished > 0))
		exit(EXIT_PENDING);
}

/*
 * Connects, without a folder.
 */
static void
look(Server *server, const Options *options, const char *query)
{
	server_start(server, options);
	server_finish(server, query, NULL, 0);
	server_require_extension(server);
}

static void
report(const char *command, const char *key, const PGresult *result, bool ok)
{
	Json		json;

	if (!message_json())
	{
		table_print(result);
		return;
	}
	json_begin(&json);
	json_bool(&json, "ok", ok);
	json_text(&json, "command", command);
	json_rows(&json, key, result);
	json_end(&json);
}

/*
 * neon_migrate history
 */
void
command_history(const Options *options)
{
	Server		server;
	char	   *sql;
	const char *rows = message_json() ? history_json : options->verbose ? history_verbose : history_table;

	look(&server, options, NULL);
	sql = server_sql(&server, rows);
	if (options->limit > 0)
		sql = psprintf("SELECT * FROM (%s ORDER BY seq DESC LIMIT %d) AS l ORDER BY seq", sql, options->limit);
	report("history", "events", server_query(&server, sql, NULL, 0), true);
}

/*
 * neon_migrate current
 */
void
command_current(const Options *options)
{
	Server		server;
	Json		json;

	look(&server, options, "SELECT current FROM migrate_health()");
	message_out("%s", PQgetvalue(server.first, 0, 0));
	if (!message_json())
		return;
	json_begin(&json);
	json_bool(&json, "ok", true);
	json_text(&json, "command", "current");
	json_row(&json, server.first, 0);
	json_end(&json);
}

/*
 * neon_migrate verify
 */
void
command_verify(const Options *options)
{
	Server		server;
	PGresult   *result;
	Parameter	head = text_parameter(options->head);
	bool		ok = true;

	look(&server, options, NULL);
	result = server_query(&server, server_sql(&server, "SELECT subject, ok, detail FROM @migrate_verify($1)"), &head, 1);
	for (int row = 0; row < PQntuples(result); row++)
		ok = ok && PQgetvalue(result, row, 1)[0] == 't';
	report("verify", "checks", result, ok);
	if (!ok)
		exit(EXIT_ERROR);
}
