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

/* columns of migrate_drift() */
enum
{
	D_KIND,
	D_IDENTITY,
	D_CHANGE,
	D_EXPECTED,
	D_ACTUAL,
	D_RUN_BY,
	D_RAN_AT,
	D_CLIENT,
	D_STATEMENT,
	D_OF_WHOLE
};

/*
 * Shows a text of one or more lines under a label.
 */
static void
show_text(const char *label, const char *text)
{
	do
	{
		int			length = (int) strcspn(text, "\n");

		message_out("  %-9s%c %.*s", label, label[0] ? ':' : ' ', length, text);
		label = "";
		text += length + (text[length] != '\0');
	} while (*text);
}

/*
 * Shows one difference, and the latest statement that is recorded for it.
 */
static void
show(const PGresult *result, int row)
{
	message_out("%s%s %s %s%s", message_bold(stdout), PQgetvalue(result, row, D_CHANGE),
				PQgetvalue(result, row, D_KIND), PQgetvalue(result, row, D_IDENTITY), message_plain(stdout));
	if (!PQgetisnull(result, row, D_EXPECTED))
		show_text("expected", PQgetvalue(result, row, D_EXPECTED));
	if (!PQgetisnull(result, row, D_ACTUAL))
		show_text("actual", PQgetvalue(result, row, D_ACTUAL));
	if (PQgetisnull(result, row, D_RUN_BY))
		return;
	show_text("by", psprintf("%s at %s, from %s", PQgetvalue(result, row, D_RUN_BY),
							 PQgetvalue(result, row, D_RAN_AT), PQgetvalue(result, row, D_CLIENT)));
	/* of the whole object, it need not be what changed this part of it */
	if (!PQgetisnull(result, row, D_STATEMENT))
		show_text(PQgetvalue(result, row, D_OF_WHOLE)[0] == 't' ? "perhaps" : "with",
				  PQgetvalue(result, row, D_STATEMENT));
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
	result = server_query(&server, server_sql(&server, "SELECT kind, identity, change, expected, actual,"
										" run_by, ran_at, client, statement, of_whole FROM @migrate_drift()"), NULL, 0);
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
