/*-------------------------------------------------------------------------
 *
 * command_lint.c
 *	  lint: tells what is dangerous in pending migrations.
 *
 * The files are sent to the server, which knows how they are written and how
 * large the tables are.  Nothing is registered, so that it also works on a
 * standby.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "catalog/pg_type_d.h"

#include "commands.h"
#include "json.h"
#include "local_folder.h"
#include "message.h"
#include "server.h"

/* columns of migrate_lint_files() */
enum
{
	L_VERSION,
	L_PATH,
	L_RULE,
	L_SEVERITY,
	L_STATEMENT,
	L_LINE,
	L_COLUMN,
	L_MESSAGE,
	L_HINT
};

static const char query[] =
	"SELECT version, path, rule, severity, statement, line, col, message, hint"
	" FROM @migrate_lint_files($1, $2, $3, $4)";

/*
 * Asks the server; returns its answer, which can be an error.
 */
static PGresult *
ask(Server *server, const Folder *folder, const char *format, bool pending_only)
{
	ArrayBuffer paths,
				contents;
	Parameter	parameters[4];
	PGresult   *result;

	array_begin(&paths, TEXTOID);
	array_begin(&contents, TEXTOID);
	for (int i = 0; i < folder->count; i++)
	{
		array_add(&paths, folder->files[i].path, strlen(folder->files[i].path));
		array_add(&contents, folder->files[i].contents, folder->files[i].length);
	}
	parameters[0] = array_end(&paths, TEXTARRAYOID);
	parameters[1] = array_end(&contents, TEXTARRAYOID);
	parameters[2] = text_parameter(format);
	parameters[3] = (Parameter) {.type = BOOLOID, .value = pending_only ? "t" : "f"};
	server_send(server, server_sql(server, query), parameters, lengthof(parameters));
	server_sync(server);
	result = server_get_any(server);
	if (PQstatus(server->conn) != CONNECTION_BAD)
		server_drain(server);
	termPQExpBuffer(&paths.data);
	termPQExpBuffer(&contents.data);
	return result;
}

/*
 * Is it the error that nobody knows how the files are written?
 */
static bool
is_unrecognised(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return PQresultStatus(result) == PGRES_FATAL_ERROR && state && strcmp(state, "22023") == 0;
}

/*
 * Returns where a finding is, for a person.
 */
static char *
place(const Folder *folder, const PGresult *result, int row)
{
	if (PQgetisnull(result, row, L_PATH))
		return pg_strdup("settings");
	return psprintf("%s:%s:%s", folder_path(folder, PQgetvalue(result, row, L_PATH)),
					PQgetvalue(result, row, L_LINE), PQgetvalue(result, row, L_COLUMN));
}

static void
add_number(Json *json, const char *key, const PGresult *result, int row, int column)
{
	if (PQgetisnull(result, row, column))
		json_text(json, key, NULL);
	else
		json_int(json, key, atoi(PQgetvalue(result, row, column)));
}

static void
add_text(Json *json, const char *key, const PGresult *result, int row, int column)
{
	json_text(json, key, PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column));
}

static void
write_json(const Folder *folder, const PGresult *result, bool ok)
{
	Json		json;

	json_begin(&json);
	json_bool(&json, "ok", ok);
	json_text(&json, "command", "lint");
	json_open(&json, "findings", '[');
	for (int row = 0; row < PQntuples(result); row++)
	{
		json_open(&json, NULL, '{');
		add_text(&json, "version", result, row, L_VERSION);
		json_text(&json, "file", PQgetisnull(result, row, L_PATH) ? NULL :
				  folder_path(folder, PQgetvalue(result, row, L_PATH)));
		add_text(&json, "rule", result, row, L_RULE);
		add_text(&json, "severity", result, row, L_SEVERITY);
		add_number(&json, "statement", result, row, L_STATEMENT);
		add_number(&json, "line", result, row, L_LINE);
		add_number(&json, "column", result, row, L_COLUMN);
		add_text(&json, "message", result, row, L_MESSAGE);
		add_text(&json, "hint", result, row, L_HINT);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_end(&json);
}

static void
write_text(const Folder *folder, const PGresult *result)
{
	int			errors = 0,
				warnings = 0;

	for (int row = 0; row < PQntuples(result); row++)
	{
		const char *severity = PQgetvalue(result, row, L_SEVERITY);

		errors += strcmp(severity, "error") == 0;
		warnings += strcmp(severity, "warning") == 0;
		message_out("%s%s: %s:%s %s [%s]", message_bold(stdout), place(folder, result, row), severity,
					message_plain(stdout), PQgetvalue(result, row, L_MESSAGE), PQgetvalue(result, row, L_RULE));
		if (!PQgetisnull(result, row, L_HINT))
			message_out("  hint: %s", PQgetvalue(result, row, L_HINT));
	}
	message_out("%d %s, %d %s, %d %s", errors, errors == 1 ? "error" : "errors",
				warnings, warnings == 1 ? "warning" : "warnings",
				PQntuples(result) - errors - warnings,
				PQntuples(result) - errors - warnings == 1 ? "notice" : "notices");
}

/*
 * neon_migrate lint
 */
void
command_lint(const Options *options)
{
	bool		named = options->argument_count > 0;
	Server		server;
	Folder		folder;
	PGresult   *result;
	bool		ok = true;

	server_start(&server, options);
	if (named)
		folder_read_files(&folder, options->arguments, options->argument_count);
	else
		folder_read(&folder, options->dir, true);
	folder_check(&folder);
	server.origin.folder = &folder;
	server_finish(&server, NULL, NULL, 0);
	server_require_extension(&server);

	result = ask(&server, &folder, options->format, !named);
	/* a file by itself may be called as one likes, and be nothing but SQL */
	if (named && options->format == NULL && is_unrecognised(result))
		result = ask(&server, &folder, "sql", false);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		server_fail(&server, result);

	for (int row = 0; row < PQntuples(result); row++)
		ok = ok && strcmp(PQgetvalue(result, row, L_SEVERITY), "notice") == 0;
	if (message_json())
		write_json(&folder, result, ok);
	else
		write_text(&folder, result);
	if (!ok)
		exit(EXIT_PENDING);
}
