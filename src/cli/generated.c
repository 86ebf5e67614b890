/*-------------------------------------------------------------------------
 *
 * generated.c
 *	  What migrate_generate() says of a desired schema.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "generated.h"
#include "message.h"
#include "server.h"
#include "text_file.h"

/*
 * Asks for the way to the schema that the SQL in the file makes; "-" is the
 * standard input.
 */
void
generated_ask(Generated *generated, const Options *options, const char *path)
{
	Parameter	desired = text_parameter(text_file_read(path, NULL));
	Server		server;
	PGresult   *result;

	server_start(&server, options);
	server_finish(&server, NULL, NULL, 0);
	server_require_extension(&server);
	/* a row for each warning, and one for the SQL */
	result = server_query(&server, server_sql(&server, "SELECT g.up_sql, g.down_sql, w.warning"
											  " FROM @migrate_generate($1) AS g LEFT JOIN LATERAL"
											  " pg_catalog.unnest(g.warnings) WITH ORDINALITY AS w (warning, number) ON true"
											  " ORDER BY w.number"), &desired, 1);
	generated->up_sql = PQgetvalue(result, 0, 0);
	generated->down_sql = PQgetvalue(result, 0, 1);
	generated->warnings = result;
}

/*
 * Tells the warnings, on standard error.
 */
void
generated_warn(const Generated *generated)
{
	for (int row = 0; row < PQntuples(generated->warnings); row++)
		if (!PQgetisnull(generated->warnings, row, 2))
			message_warning("%s", PQgetvalue(generated->warnings, row, 2));
}

/*
 * Adds the SQL and the warnings to a JSON object.
 */
void
generated_json(const Generated *generated, Json *json)
{
	json_text(json, "up_sql", generated->up_sql);
	json_text(json, "down_sql", generated->down_sql);
	json_open(json, "warnings", '[');
	for (int row = 0; row < PQntuples(generated->warnings); row++)
		if (!PQgetisnull(generated->warnings, row, 2))
			json_text(json, NULL, PQgetvalue(generated->warnings, row, 2));
	json_close(json, ']');
}
