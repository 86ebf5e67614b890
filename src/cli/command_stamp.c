/*-------------------------------------------------------------------------
 *
 * command_stamp.c
 *	  stamp: records migrations as applied, or not, without running them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "catalog/pg_type_d.h"

#include "commands.h"
#include "json.h"
#include "message.h"
#include "registration.h"

/*
 * Stamps all that are pending, up to a version if it is given, in the order in
 * which they would be applied.
 */
static const char stamp_pending[] =
	"SELECT p.version, @migrate_stamp(p.version) AS outcome"
	" FROM (SELECT s.version, pg_catalog.row_number() OVER () AS place, s.state"
	"       FROM @migrate_status AS s) AS p"
	" WHERE p.state OPERATOR(pg_catalog.=) 'pending'"
	" AND ($1 IS NULL OR p.place OPERATOR(pg_catalog.<=)"
	"      (SELECT t.place FROM (SELECT s.version, pg_catalog.row_number() OVER () AS place"
	"                            FROM @migrate_status AS s) AS t"
	"       WHERE t.version OPERATOR(pg_catalog.=) $1))"
	" ORDER BY p.place";

static const char stamp_given[] =
	"SELECT v.version, @migrate_stamp(v.version) AS outcome"
	" FROM pg_catalog.unnest($1) WITH ORDINALITY AS v(version, place) ORDER BY v.place";

static const char unstamp_given[] =
	"SELECT v.version, @migrate_unstamp(v.version) AS outcome"
	" FROM pg_catalog.unnest($1) WITH ORDINALITY AS v(version, place) ORDER BY v.place";

static Parameter
versions_parameter(char *const *versions, int count)
{
	ArrayBuffer array;

	array_begin(&array, TEXTOID);
	for (int i = 0; i < count; i++)
		array_add(&array, versions[i], strlen(versions[i]));
	return array_end(&array, TEXTARRAYOID);
}

/*
 * Raises an error if one of the versions is not known.
 */
static void
check_versions(Server *server, Parameter versions)
{
	PGresult   *result = server_query(server,
									  server_sql(server, "SELECT v.version FROM pg_catalog.unnest($1) AS v(version)"
												 " WHERE NOT EXISTS (SELECT FROM @migrate_status AS s"
												 " WHERE s.version OPERATOR(pg_catalog.=) v.version) LIMIT 1"),
									  &versions, 1);

	if (PQntuples(result) > 0)
		message_fail(EXIT_ERROR, psprintf("there is no migration \"%s\"", PQgetvalue(result, 0, 0)),
					 "See neon_migrate status.");
	PQclear(result);
}

static void
report(const PGresult *result)
{
	Json		json;

	for (int row = 0; row < PQntuples(result); row++)
		message_out("%s %s", PQgetvalue(result, row, 1), PQgetvalue(result, row, 0));
	if (PQntuples(result) == 0)
		message_out("nothing is pending");
	if (!message_json())
		return;
	json_begin(&json);
	json_bool(&json, "ok", true);
	json_text(&json, "command", "stamp");
	json_rows(&json, "migrations", result);
	json_end(&json);
}

/*
 * neon_migrate stamp
 */
void
command_stamp(const Options *options)
{
	Server		server;
	Registration registration;
	Parameter	versions;
	Parameter	parameter;
	const char *sql;
	bool		many = options->all || options->to;

	if (options->all + (options->to != NULL) + (options->argument_count > 0) != 1)
		message_fail(EXIT_ERROR, "which migrations to stamp was not said, or in more than one way",
					 "Give versions, or --to VERSION, or --all.");
	if (options->undo && many)
		message_fail(EXIT_ERROR, "--undo wants the versions", "See neon_migrate stamp --help.");

	registration_start(&registration, &server, options, many);
	if (registration.there && !options->undo)
		registration_put(&registration, &server, options, true);
	else
		PQclear(server_query(&server, "BEGIN", NULL, 0));
	versions = many ? versions_parameter(&options->to, options->to != NULL) :
		versions_parameter(options->arguments, options->argument_count);
	if (!options->undo)
		check_versions(&server, versions);
	sql = many ? stamp_pending : options->undo ? unstamp_given : stamp_given;
	parameter = many ? text_parameter(options->to) : versions;
	report(server_query(&server, server_sql(&server, sql), &parameter, 1));
	PQclear(server_query(&server, "COMMIT", NULL, 0));
}
