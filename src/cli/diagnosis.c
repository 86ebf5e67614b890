/*-------------------------------------------------------------------------
 *
 * diagnosis.c
 *	  Says what went wrong on the server, and where in which file.
 *
 * The server names the migration, the statement, the line and the column in
 * the context of the error, and the file if it was being read.  Lines and
 * columns are those of the file.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "mb/pg_wchar.h"
#include "pqexpbuffer.h"

#include "diagnosis.h"
#include "message.h"

/*
 * Returns the path of the file that the SQL of a version is from, relative to
 * the folder, or NULL if that is not known.
 */
const char *
origin_path(const Origin *origin, const char *version, bool down)
{
	const PGresult *files = origin->files;
	int			column = down ? 3 : 2;

	for (int row = 0; files && row < PQntuples(files); row++)
		if (strcmp(PQgetvalue(files, row, 0), version) == 0)
			return PQgetisnull(files, row, column) ? NULL : PQgetvalue(files, row, column);
	return NULL;
}

/*
 * Takes in a line such as
 *		migration "x", statement 2, line 4, column 12
 *		down SQL of migration "x", deferred constraints after statement 2, line 4, column 12
 *		file "a/b.sql"
 * Returns whether it is one.
 */
static bool
read_context_line(Problem *problem, const char *line, const char **file, bool *down)
{
	static const char *const beginnings[] = {"migration \"", "down SQL of migration \""};
	const char *quote = strrchr(line, '"');
	const char *number;

	if (strncmp(line, "file \"", 6) == 0 && quote > line + 5)
	{
		*file = pnstrdup(line + 6, quote - line - 6);
		return true;
	}
	for (int i = 0; i < (int) lengthof(beginnings); i++)
	{
		size_t		length = strlen(beginnings[i]);

		if (strncmp(line, beginnings[i], length) != 0 || quote == NULL || quote < line + length)
			continue;
		problem->version = pnstrdup(line + length, quote - line - length);
		*down = i == 1;
		number = strstr(quote, "statement ");
		if (number && sscanf(number, "statement %d, line %d, column %d", &problem->statement,
							 &problem->line, &problem->column) == 3)
			return true;
		problem->statement = problem->line = problem->column = 0;
		return number == NULL;
	}
	return false;
}

/*
 * Takes what is known about the place out of the context.  The rest of the
 * context, if any, stays in problem->context.
 */
static void
read_context(Problem *problem, const char *context, const char **file, bool *down)
{
	char	   *copy = pg_strdup(context);
	PQExpBufferData rest;

	initPQExpBuffer(&rest);
	for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n"))
		if (!read_context_line(problem, line, file, down))
			appendPQExpBuffer(&rest, "%s%s", rest.len > 0 ? "\n" : "", line);
	if (rest.len > 0)
		problem->context = rest.data;
}

/*
 * Returns the line of the statement that the error is at, as the server tells
 * it: for when there is no file.
 */
static char *
line_of_query(const PGresult *result)
{
	const char *query = PQresultErrorField(result, PG_DIAG_INTERNAL_QUERY);
	const char *position = PQresultErrorField(result, PG_DIAG_INTERNAL_POSITION);
	const char *start = query;

	if (query == NULL || position == NULL)
		return NULL;
	for (int left = atoi(position) - 1; left > 0 && *query; left--)
	{
		if (*query == '\n')
			start = query + 1;
		query += Min(PQmblen(query, PG_UTF8), (int) strlen(query));
	}
	return pnstrdup(start, strcspn(start, "\n"));
}

#define HINT_GO_ON \
	"What was committed is in the ledger.  See neon_migrate status; neon_migrate up goes on."

/*
 * Hints of the server that name SQL where the client has a command.
 */
static const struct
{
	const char *of_server;		/* a part of it */
	const char *of_client;
}			translations[] = {
	{"allow_ahead => true", "Get the newest files.  To go on with these all the same, use --allow-ahead."},
	{"CALL migrate_up()", "Use neon_migrate up, without --atomic and --dry-run: it runs such statements as steps."},
	{"CALL migrate_down", "Use neon_migrate down, without --atomic: it runs such statements as steps."},
	{"migrate_accept_drift(", "To expect the schema as it is now, use neon_migrate drift --accept REASON."},
	{"SELECT version, state FROM migrate_status", "See neon_migrate status."},
};

/*
 * Returns the hint: the server's own, in the client's words where it is about
 * something that the client does, or one for an error that has none.
 */
static const char *
hint_for(const char *sqlstate, const char *message, const char *hint)
{
	for (int i = 0; hint && i < (int) lengthof(translations); i++)
		if (strstr(hint, translations[i].of_server))
			return translations[i].of_client;
	if (hint)
		return hint;
	if (strcmp(sqlstate, "42501") == 0 && strstr(message, "migrate_"))
		return "Have the role that created the extension grant the right, or connect as it (MIGRATION_DATABASE_URL).";
	if (strcmp(sqlstate, "22P05") == 0)
		return "A file has a character that the encoding of the database lacks.";
	if (strcmp(sqlstate, "25006") == 0)
		return "This server or transaction is read only.  Migrate on the primary.";
	if (strncmp(sqlstate, "57P", 3) == 0)
		return HINT_GO_ON;
	if (strcmp(sqlstate, "57014") == 0)
		return "What was not committed has been undone.  See neon_migrate status.";
	return NULL;
}

/*
 * Reports that the connection was lost.
 */
static void
fail_lost(PGconn *conn)
{
	message_fail(EXIT_ERROR, psprintf("the connection to the server was lost: %s", PQerrorMessage(conn)),
				 HINT_GO_ON);
}

/*
 * Reports the error and ends the program.
 */
void
diagnosis_fail(PGconn *conn, const PGresult *result, const Origin *origin)
{
	Problem		problem = {.exit_code = EXIT_ERROR};
	const char *context;
	const char *file = NULL;
	bool		down = false;

	if (result == NULL || PQresultErrorField(result, PG_DIAG_SQLSTATE) == NULL)
		fail_lost(conn);
	problem.sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	problem.message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	problem.detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	problem.hint = hint_for(problem.sqlstate, problem.message,
							PQresultErrorField(result, PG_DIAG_MESSAGE_HINT));
	context = PQresultErrorField(result, PG_DIAG_CONTEXT);
	if (context)
		read_context(&problem, context, &file, &down);
	if (file == NULL && problem.version)
		file = origin_path(origin, problem.version, down);
	if (file && origin->folder)
	{
		problem.file = folder_path(origin->folder, file);
		if (problem.line > 0)
			problem.source = folder_line(origin->folder, file, problem.line);
	}
	if (problem.source == NULL && problem.line > 0)
		problem.source = line_of_query(result);
	if (problem.version)
		problem.context = psprintf("%smigration \"%s\"%s%s%s", down ? "down SQL of " : "", problem.version,
								   problem.statement ? psprintf(", statement %d, line %d, column %d",
																problem.statement, problem.line, problem.column) : "",
								   problem.context ? "\n" : "", problem.context ? problem.context : "");
	message_fail_problem(&problem);
}
