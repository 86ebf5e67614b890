/*-------------------------------------------------------------------------
 *
 * command_drift.c
 *	  drift: shows what was changed outside of the migrations.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "commands.h"
#include "json.h"
#include "message.h"
#include "server.h"

/* columns of migrate_drift() that are shown in a line of their own */
enum
{
	D_KIND,
	D_IDENTITY,
	D_CHANGE,
	D_FIRST_FACT				/* expected, actual, and who did it */
};

/*
 * Shows one difference; facts of more than one line are indented.
 */
static void
show(const PGresult *result, int row)
{
	message_out("%s%s %s %s%s", message_bold(stdout), PQgetvalue(result, row, D_CHANGE),
				PQgetvalue(result, row, D_KIND), PQgetvalue(result, row, D_IDENTITY), message_plain(stdout));
	for (int column = D_FIRST_FACT; column < PQnfields(result); column++)
	{
		const char *line = PQgetvalue(result, row, column);
		const char *label = PQfname(result, column);

		if (PQgetisnull(result, row, column))
			continue;
		do
		{
			int			length = (int) strcspn(line, "\n");

			message_out("  %-9s%c %.*s", label, label[0] ? ':' : ' ', length, line);
			label = "";
			line += length + (line[length] != '\0');
		} while (*line);
	}
}

static void
accept_drift(const Options *options)
{
	Server		server;
	Parameter	reason = text_parameter(options->accept);
	Json		json;

	server_start(&server, options);
	server_finish(&server, NULL, NULL, 0);
	server_require_extension(&server);
	PQclear(server_query(&server, server_sql(&server, "SELECT @migrate_accept_drift($1)"), &reason, 1));
	message_out("the schema is expected to be as it is now");
	if (!message_json())
		return;
	json_begin(&json);
	json_bool(&json, "ok", true);
	json_text(&json, "command", "drift");
	json_bool(&json, "accepted", true);
	json_end(&json);
}

/*
 * neon_migrate drift
 */
void
command_drift(const Options *options)
{
	Server		server;
	PGresult   *result;
	int			count;
	Json		json;

	if (options->accept)
	{
		accept_drift(options);
		return;
	}
	server_start(&server, options);
	server_finish(&server, NULL, NULL, 0);
	server_require_extension(&server);
	result = server_query(&server, server_sql(&server, "SELECT * FROM @migrate_drift()"), NULL, 0);
	count = PQntuples(result);
	for (int row = 0; row < count; row++)
		show(result, row);
	if (count == 0)
		message_out("the schema is as the migrations left it");
	else
		message_out("%d %s outside of the migrations", count, count == 1 ? "change" : "changes");
	if (message_json())
	{
		json_begin(&json);
		json_bool(&json, "ok", count == 0);
		json_text(&json, "command", "drift");
		json_rows(&json, "changes", result);
		json_end(&json);
	}
	if (count > 0)
		exit(EXIT_PENDING);
}
