/*-------------------------------------------------------------------------
 *
 * dry_run.c
 *	  Shows what up would do: the server runs all that is pending, down SQL
 *	  included, and rolls it back.
 *
 * Of the statements, those are shown that somebody may feel: they lock what is
 * there already more than a write to it does, or rewrite it, or are not run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "connection.h"
#include "dry_run.h"
#include "json.h"
#include "message.h"
#include "progress.h"

/*
 * What the server is asked for.  The columns from R_STATEMENT on, but for the
 * last ones, go into the JSON as they are.
 */
static const char dry_run_query[] =
"SELECT version, restored, CASE direction WHEN 'check' THEN detail END,"
" statement, direction, line, command, pg_catalog.date_part('epoch', duration) OPERATOR(pg_catalog.*) 1000 AS duration_ms,"
" rows, wal_bytes, locks::pg_catalog.json, pg_catalog.to_json(rewritten) AS rewritten, detail,"
" (SELECT pg_catalog.string_agg(pg_catalog.concat(key, ' ', value), ', ') FROM pg_catalog.jsonb_each_text(locks)"
"  WHERE value NOT IN ('ACCESS SHARE', 'ROW SHARE', 'ROW EXCLUSIVE')),"
" NULLIF(pg_catalog.array_to_string(rewritten, ', '), '')"
" FROM @migrate_dry_run_pending($1)";

enum
{
	R_VERSION,
	R_RESTORED,
	R_DIFFERENCES,
	R_STATEMENT,
	R_DIRECTION,
	R_LINE,
	R_COMMAND,
	R_DURATION,
	R_ROWS,
	R_WAL_BYTES,
	R_LOCKS,
	R_REWRITTEN,
	R_DETAIL,
	R_LOCKS_TEXT,
	R_REWRITTEN_TEXT
};

/*
 * The rows of one migration: from "first" to before "end".
 */
typedef struct Rehearsed
{
	const PGresult *result;
	const char *version;
	const char *path;			/* of its file, NULL if there is none */
	int			first;
	int			end;
	int			check;			/* row about the schema afterwards, or -1 */
	double		seconds;		/* that its up SQL took */
} Rehearsed;

static bool
is_up(const PGresult *result, int row)
{
	return strcmp(PQgetvalue(result, row, R_DIRECTION), "up") == 0;
}

/*
 * Finds the rows of the migration that begins at row "first".
 */
static Rehearsed
rehearsed_at(const PGresult *result, int first, const Origin *origin)
{
	Rehearsed	this = {.result = result,.first = first,.end = first,.check = -1};

	this.version = PQgetvalue(result, first, R_VERSION);
	this.path = origin_path(origin, this.version, false);
	for (; this.end < PQntuples(result) &&
		 strcmp(PQgetvalue(result, this.end, R_VERSION), this.version) == 0; this.end++)
		if (PQgetisnull(result, this.end, R_STATEMENT))
			this.check = this.end;
		else if (is_up(result, this.end))
			this.seconds += atof(PQgetvalue(result, this.end, R_DURATION)) / 1000;
	return this;
}

static void
show_statement(const PGresult *result, int row)
{
	const char *locks = PQgetvalue(result, row, R_LOCKS_TEXT);
	const char *rewritten = PQgetvalue(result, row, R_REWRITTEN_TEXT);
	const char *detail = PQgetvalue(result, row, R_DETAIL);

	if (locks[0] || rewritten[0] || detail[0])
		message_out("  %sline %s: %s%s%s%s%s%s%s", is_up(result, row) ? "" : "down, ",
					PQgetvalue(result, row, R_LINE), PQgetvalue(result, row, R_COMMAND),
					locks[0] ? ", locks " : "", locks, rewritten[0] ? ", rewrites " : "", rewritten,
					detail[0] ? ", " : "", detail);
}

/*
 * Shows a text of one or more lines, the first one after a label.
 */
static void
show_lines(const char *label, const char *text)
{
	while (*text)
	{
		int			length = (int) strcspn(text, "\n");

		message_out("  %s%.*s", label, length, text);
		label = "  ";
		text += length + (text[length] != '\0');
	}
}

static void
show_check(const PGresult *result, int row)
{
	const char *text = PQgetvalue(result, row, R_DIFFERENCES);

	if (PQgetvalue(result, row, R_RESTORED)[0] == 'f' && strncmp(text, "down SQL failed", 15) != 0)
	{
		message_out("  %sdown does not restore the schema:%s", message_bold(stdout), message_plain(stdout));
		show_lines("  ", text);
	}
	else
		show_lines(strncmp(text, "not known", 9) == 0 ? "whether down restores the schema: " : "", text);
}

static void
show(const Rehearsed *this)
{
	message_out("would apply %s%s%s  (%.3f s)", this->version, this->path ? "  " : "", this->path ? this->path : "",
				this->seconds);
	for (int row = this->first; row < this->end; row++)
		if (row == this->check)
			show_check(this->result, row);
		else
			show_statement(this->result, row);
}

/*
 * Appends a migration.
 */
static void
show_json(Json *json, const Rehearsed *this, const Origin *origin)
{
	bool		restored = this->check >= 0 && !PQgetisnull(this->result, this->check, R_RESTORED);

	json_open(json, NULL, '{');
	json_text(json, "version", this->version);
	json_text(json, "file", this->path && origin->folder ? folder_path(origin->folder, this->path) : NULL);
	json_int(json, "duration_ms", (int64) (this->seconds * 1000));
	if (restored)
		json_bool(json, "restored", PQgetvalue(this->result, this->check, R_RESTORED)[0] == 't');
	else
		json_text(json, "restored", NULL);
	json_text(json, "differences", this->check >= 0 && !PQgetisnull(this->result, this->check, R_DIFFERENCES) ?
			  PQgetvalue(this->result, this->check, R_DIFFERENCES) : NULL);
	json_open(json, "statements", '[');
	for (int row = this->first; row < this->end; row++)
		if (row != this->check)
		{
			json_open(json, NULL, '{');
			json_columns(json, this->result, row, R_STATEMENT, R_DETAIL);
			json_close(json, '}');
		}
	json_close(json, ']');
	json_close(json, '}');
}

/*
 * Runs what up would apply, and shows what that did.
 */
void
dry_run_show(Server *server, Registration *registration, const Options *options)
{
	Parameter	target = text_parameter(options->to);
	int64		began;
	double		seconds;
	PGresult   *result;
	Json		json;
	int			count = 0;

	registration_put(registration, server, options, true);
	began = connection_clock();
	if (!message_json())
		progress_begin("rehearsing");
	result = server_query(server, server_sql(server, dry_run_query), &target, 1);
	seconds = (connection_clock() - began) / 1000.0;
	progress_end();
	PQclear(server_query(server, "ROLLBACK", NULL, 0));

	json_begin(&json);
	json_bool(&json, "ok", true);
	json_text(&json, "command", "up");
	json_bool(&json, "dry_run", true);
	json_open(&json, "migrations", '[');
	for (int row = 0; row < PQntuples(result); count++)
	{
		Rehearsed	this = rehearsed_at(result, row, &server->origin);

		show(&this);
		show_json(&json, &this, &server->origin);
		row = this.end;
	}
	json_close(&json, ']');
	if (count == 0)
		message_out("nothing would be applied");
	else
		message_out("%d %s would be applied; it took %.3f s, and was rolled back", count,
					count == 1 ? "migration" : "migrations", seconds);
	if (message_json())
		json_end(&json);
	PQclear(result);
}
