/*-------------------------------------------------------------------------
 *
 * command_sql.c
 *	  sql: prints a script for somebody else to run.
 *
 * The script calls the extension's functions with the SQL in it, so that what
 * it does is recorded as if the client had done it.  To make it, the folder is
 * registered in a transaction that is rolled back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "catalog/pg_type_d.h"

#include "commands.h"
#include "json.h"
#include "message.h"
#include "registration.h"

/* columns of the queries below */
enum
{
	S_VERSION,
	S_DESCRIPTION,
	S_UP,
	S_DOWN,
	S_DEPENDS_ON,				/* as an array literal */
	S_DEPENDENCY_COUNT
};

/*
 * What is pending or, with a range, all in it; in the order of the files, which
 * is $3, then in natural order.  $1 and $2 are the ends of the range.
 */
static const char up_query[] =
	"WITH file AS ("
	"  SELECT f.version, f.place FROM pg_catalog.unnest($3) WITH ORDINALITY AS f(version, place)"
	"), natural_order AS ("
	"  SELECT s.*, pg_catalog.row_number() OVER () AS place FROM @migrate_status AS s"
	"), placed AS ("
	"  SELECT n.version, n.description, n.state, n.depends_on,"
	"    pg_catalog.row_number() OVER (ORDER BY f.place, n.place) AS place"
	"  FROM natural_order AS n LEFT JOIN file AS f ON f.version OPERATOR(pg_catalog.=) n.version"
	") SELECT p.version, p.description, COALESCE(d.up_sql, l.up_sql), COALESCE(d.down_sql, l.down_sql),"
	" pg_catalog.quote_literal(p.depends_on), pg_catalog.cardinality(p.depends_on)"
	" FROM placed AS p"
	" LEFT JOIN @migrate_definition AS d ON d.version OPERATOR(pg_catalog.=) p.version"
	" LEFT JOIN LATERAL (SELECT e.up_sql, e.down_sql FROM @migrate_ledger AS e"
	"   WHERE e.version OPERATOR(pg_catalog.=) p.version AND e.up_sql IS NOT NULL"
	"   ORDER BY e.seq DESC LIMIT 1) AS l ON true"
	" WHERE ($1 IS NOT NULL OR p.state OPERATOR(pg_catalog.=) 'pending')"
	" AND ($1 IS NULL OR p.place OPERATOR(pg_catalog.>=)"
	"   (SELECT f.place FROM placed AS f WHERE f.version OPERATOR(pg_catalog.=) $1))"
	" AND ($2 IS NULL OR p.place OPERATOR(pg_catalog.<=)"
	"   (SELECT t.place FROM placed AS t WHERE t.version OPERATOR(pg_catalog.=) $2))"
	" AND COALESCE(d.up_sql, l.up_sql) IS NOT NULL"
	" ORDER BY p.place";

/*
 * What is applied after the version $1, or all if it is null; latest first.
 */
static const char down_query[] =
	"SELECT e.version, e.description, NULL, x.down_sql, NULL, 0"
	" FROM @migrate_ledger AS e"
	" JOIN LATERAL (SELECT y.applied_seq, y.down_sql FROM @migrate_ledger AS y"
	"   WHERE y.version OPERATOR(pg_catalog.=) e.version AND y.direction IS NULL"
	"   ORDER BY y.seq DESC LIMIT 1) AS x ON x.applied_seq OPERATOR(pg_catalog.=) e.seq"
	" WHERE $1 IS NULL OR e.seq OPERATOR(pg_catalog.>) (SELECT z.applied_seq FROM @migrate_ledger AS z"
	"   WHERE z.version OPERATOR(pg_catalog.=) $1 AND z.direction IS NULL ORDER BY z.seq DESC LIMIT 1)"
	" ORDER BY e.seq DESC";

/*
 * Raises an error if there is no such version, or if it is to be applied and is
 * not.
 */
static void
check_version(Server *server, const char *version, bool applied)
{
	Parameter	parameter = text_parameter(version);
	PGresult   *result;

	if (version == NULL)
		return;
	result = server_query(server, server_sql(server, "SELECT s.state FROM @migrate_status AS s"
											 " WHERE s.version OPERATOR(pg_catalog.=) $1"), &parameter, 1);
	if (PQntuples(result) == 0)
		message_fail(EXIT_ERROR, psprintf("there is no migration \"%s\"", version), "See neon_migrate status.");
	if (applied && strcmp(PQgetvalue(result, 0, 0), "applied") != 0)
		message_fail(EXIT_ERROR, psprintf("migration \"%s\" is not applied", version), "See neon_migrate status.");
	PQclear(result);
}

/*
 * Appends a text in dollar quotes, or NULL.
 */
static void
append_quoted(PQExpBuffer script, const PGresult *rows, int row, int column)
{
	const char *text = PQgetvalue(rows, row, column);
	char	   *tag = pg_strdup("$sql$");

	if (PQgetisnull(rows, row, column))
	{
		appendPQExpBufferStr(script, "NULL");
		return;
	}
	/* also not where the text and the closing tag meet */
	for (int i = 1; strstr(psprintf("%s$", text), pnstrdup(tag, strlen(tag) - 1)); i++)
		tag = psprintf("$sql%d$", i);
	appendPQExpBuffer(script, "%s%s%s", tag, text, tag);
}

static void
append_comment(PQExpBuffer script, const char *text)
{
	while (*text)
	{
		int			length = (int) strcspn(text, "\r\n");

		if (strspn(text, " \t") < (size_t) length)
			appendPQExpBuffer(script, "--   %.*s\n", length, text);
		text += length + (text[length] != '\0');
	}
}

/*
 * Appends the call that applies a migration.
 */
static void
append_up(PQExpBuffer script, const Server *server, const Options *options, const PGresult *rows, int row)
{
	appendPQExpBuffer(script, "\n-- %s", PQgetvalue(rows, row, S_VERSION));
	if (!PQgetisnull(rows, row, S_DESCRIPTION))
	{
		const char *description = PQgetvalue(rows, row, S_DESCRIPTION);

		appendPQExpBuffer(script, "  %.*s", (int) strcspn(description, "\r\n"), description);
	}
	appendPQExpBuffer(script, "\n%s %s.%s(\n    %s,\n    ", options->atomic ? "SELECT" : "CALL", server->schema,
					  options->atomic ? "migrate_apply" : "migrate_run",
					  server_literal(server, PQgetvalue(rows, row, S_VERSION)));
	append_quoted(script, rows, row, S_UP);
	appendPQExpBufferStr(script, ",\n    ");
	append_quoted(script, rows, row, S_DOWN);
	appendPQExpBufferStr(script, ",\n    ");
	append_quoted(script, rows, row, S_DESCRIPTION);
	if (atoi(PQgetvalue(rows, row, S_DEPENDENCY_COUNT)) > 0)
		appendPQExpBuffer(script, ",\n    %s", PQgetvalue(rows, row, S_DEPENDS_ON));
	appendPQExpBufferStr(script, ");\n");
}

/*
 * Appends what a rollback will run, for the reader; the server has it.
 */
static void
append_down(PQExpBuffer script, const PGresult *rows, int row)
{
	appendPQExpBuffer(script, "\n-- %s is undone by\n", PQgetvalue(rows, row, S_VERSION));
	if (PQgetisnull(rows, row, S_DOWN))
		message_fail(EXIT_ERROR, psprintf("migration \"%s\" has no down SQL", PQgetvalue(rows, row, S_VERSION)),
					 "Give --to a version after it.");
	append_comment(script, PQgetvalue(rows, row, S_DOWN));
}

static PGresult *
up_rows(Server *server, const Options *options)
{
	Parameter	parameters[3];
	ArrayBuffer versions;
	const PGresult *files = server->origin.files;

	array_begin(&versions, TEXTOID);
	for (int row = 0; files && row < PQntuples(files); row++)
		array_add(&versions, PQgetvalue(files, row, 0), PQgetlength(files, row, 0));
	parameters[0] = text_parameter(options->from);
	parameters[1] = text_parameter(options->to);
	parameters[2] = array_end(&versions, TEXTARRAYOID);
	return server_query(server, server_sql(server, up_query), parameters, 3);
}

static PGresult *
down_rows(Server *server, const Options *options)
{
	Parameter	target = text_parameter(options->to);

	return server_query(server, server_sql(server, down_query), &target, 1);
}

static void
append_rollback(PQExpBuffer script, const Server *server, const Options *options, int count)
{
	const char *function = options->to ? (options->atomic ? "migrate_rollback_to" : "migrate_down_to") :
		options->atomic ? "migrate_rollback" : "migrate_down";

	appendPQExpBuffer(script, "\n%s %s.%s(%s);\n", options->atomic ? "SELECT" : "CALL", server->schema, function,
					  options->to ? server_literal(server, options->to) : psprintf("%d", count));
}

static void
report(const char *script, int count)
{
	Json		json;

	if (!message_json())
	{
		fputs(script, stdout);
		return;
	}
	json_begin(&json);
	json_bool(&json, "ok", true);
	json_text(&json, "command", "sql");
	json_int(&json, "migrations", count);
	json_text(&json, "script", script);
	json_end(&json);
}

/*
 * neon_migrate sql
 */
void
command_sql(const Options *options)
{
	Server		server;
	Registration registration;
	PQExpBufferData script;
	PGresult   *rows;

	if (options->down && options->from)
		message_fail(EXIT_ERROR, "--from and --down cannot be given together",
					 "--down --to VERSION undoes what was applied after that version.");
	registration_start(&registration, &server, options, false);
	if (registration.there && !options->down)
		registration_put(&registration, &server, options, true);
	else
		PQclear(server_query(&server, "BEGIN", NULL, 0));
	check_version(&server, options->from, false);
	check_version(&server, options->to, options->down);
	rows = options->down ? down_rows(&server, options) : up_rows(&server, options);
	PQclear(server_query(&server, "ROLLBACK", NULL, 0));

	initPQExpBuffer(&script);
	appendPQExpBuffer(&script, "-- For psql: %s %d %s, %s.\n\\set ON_ERROR_STOP on\n",
					  options->down ? "undoes" : "applies", PQntuples(rows),
					  PQntuples(rows) == 1 ? "migration" : "migrations",
					  options->atomic ? "all or nothing" : "each by itself");
	if (options->atomic)
		appendPQExpBufferStr(&script, "BEGIN;\n");
	for (int row = 0; row < PQntuples(rows); row++)
		if (options->down)
			append_down(&script, rows, row);
		else
			append_up(&script, &server, options, rows, row);
	if (options->down && PQntuples(rows) > 0)
		append_rollback(&script, &server, options, PQntuples(rows));
	if (options->atomic)
		appendPQExpBufferStr(&script, "\nCOMMIT;\n");
	report(script.data, PQntuples(rows));
}
