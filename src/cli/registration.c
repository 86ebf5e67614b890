/*-------------------------------------------------------------------------
 *
 * registration.c
 *	  Brings the folder of migrations to the server.
 *
 * One checksum over everything goes first.  If the server knows it, nothing
 * else needs to.  Otherwise the checksums of the files follow, and then the
 * contents of those that the server lacks, together with the names of all.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "catalog/pg_type_d.h"

#include "message.h"
#include "registration.h"
#include "turn.h"

#define BATCH_SIZE (16 * 1024 * 1024)	/* bytes of contents in a message */

/* columns of the first question's answer */
static const char health_columns[] =
	"h.ok, h.current, h.applied, h.pending, h.interrupted, h.gate_holder, h.detail";

/*
 * Returns the checksum of the folder, as a parameter.
 */
Parameter
registration_checksum(const Registration *registration)
{
	return (Parameter) {
		.type = BYTEAOID,
		.value = (const char *) registration->checksum,
		.length = CHECKSUM_LENGTH
	};
}

/*
 * Reads the folder.  One that is not there, or empty, is an error if it is
 * needed.
 */
void
registration_read(Registration *registration, const Options *options, bool needed)
{
	memset(registration, 0, sizeof(Registration));
	registration->there = folder_read(&registration->folder, options->dir, needed);
	if (registration->there)
		folder_checksum(&registration->folder, options->format, registration->checksum);
}

/*
 * Returns the question whether the folder, $1, is known, and how things stand.
 * They are asked in this order: of a folder that becomes known in between, what
 * is pending must be seen.  "schema" goes before the functions' names.
 */
char *
registration_question(const Registration *registration, const char *schema, const char *columns)
{
	if (!registration->there)
		return psprintf("SELECT false, %s FROM %smigrate_health() AS h", columns, schema);
	return psprintf("SELECT f.known, %s"
					" FROM (SELECT %smigrate_folder_known($1) AS known OFFSET 0) AS f"
					" CROSS JOIN LATERAL (SELECT * FROM %smigrate_health() WHERE f.known IS NOT NULL OFFSET 0) AS h",
					columns, schema, schema);
}

/*
 * Connects, reads the folder while the server starts a process, and asks how
 * things stand.
 */
void
registration_start(Registration *registration, Server *server, const Options *options, bool needed)
{
	Parameter	checksum;

	server_start(server, options);
	registration_read(registration, options, needed);
	checksum = registration_checksum(registration);
	if (registration->there)
		server->origin.folder = &registration->folder;
	server_finish(server, registration_question(registration, "", health_columns), &checksum,
				  registration->there ? 1 : 0);
	server_require_extension(server);
	registration->known = PQgetvalue(server->first, 0, 0)[0] == 't';
}

/*
 * Puts the question how things stand into the pipeline.  It is asked after the
 * server has migrated, and so lets it see that the folder is still known.
 */
void
registration_send_health(Registration *registration, Server *server)
{
	Parameter	checksum = registration_checksum(registration);

	server_send(server,
				server_sql(server, registration_question(registration, "@", health_columns)),
				&checksum, registration->there ? 1 : 0);
	server_sync(server);
}

/*
 * Returns the numbers, from 0, of the files that the server lacks.
 */
static PGresult *
missing_files(const Registration *registration, Server *server)
{
	ArrayBuffer array;
	Parameter	parameter;
	PGresult   *result;

	array_begin(&array, BYTEAOID);
	for (int i = 0; i < registration->folder.count; i++)
	{
		uint8		checksum[CHECKSUM_LENGTH];

		folder_file_checksum(&registration->folder.files[i], checksum);
		array_add(&array, checksum, CHECKSUM_LENGTH);
	}
	parameter = array_end(&array, BYTEAARRAYOID);
	result = server_query(server, server_sql(server, "SELECT @migrate_files_missing($1) - 1"), &parameter, 1);
	termPQExpBuffer(&array.data);
	return result;
}

/*
 * Sends the contents of the files, in messages of a bounded size.  Returns the
 * number of messages.
 */
static int
send_contents(const Registration *registration, Server *server, const PGresult *missing)
{
	char	   *query = server_sql(server, "SELECT @migrate_store_files($1)");
	int			messages = 0;
	int			row = 0;

	while (row < PQntuples(missing))
	{
		ArrayBuffer array;
		Parameter	parameter;

		array_begin(&array, TEXTOID);
		do
		{
			const FolderFile *file = &registration->folder.files[atoi(PQgetvalue(missing, row, 0))];

			array_add(&array, file->contents, file->length);
			row++;
		} while (row < PQntuples(missing) && array.data.len < BATCH_SIZE);
		parameter = array_end(&array, TEXTARRAYOID);
		server_send(server, query, &parameter, 1);
		termPQExpBuffer(&array.data);
		messages++;
	}
	return messages;
}

static void
send_names(const Registration *registration, Server *server, const Options *options, bool allow_ahead)
{
	ArrayBuffer paths,
				checksums;
	Parameter	parameters[4];

	array_begin(&paths, TEXTOID);
	array_begin(&checksums, BYTEAOID);
	for (int i = 0; i < registration->folder.count; i++)
	{
		const FolderFile *file = &registration->folder.files[i];
		uint8		checksum[CHECKSUM_LENGTH];

		folder_file_checksum(file, checksum);
		array_add(&paths, file->path, strlen(file->path));
		array_add(&checksums, checksum, CHECKSUM_LENGTH);
	}
	parameters[0] = array_end(&paths, TEXTARRAYOID);
	parameters[1] = array_end(&checksums, BYTEAARRAYOID);
	parameters[2] = text_parameter(options->format);
	parameters[3] = (Parameter) {.type = BOOLOID, .value = allow_ahead ? "t" : "f"};
	server_send(server, server_sql(server, "SELECT version, outcome, up_path, down_path"
								   " FROM @migrate_register_folder($1, $2, $3, $4)"), parameters, 4);
}

/*
 * Registers the folder, in the transaction that is open or in one of its own.
 * What the server says of each migration is in server->origin.files then, and
 * how things stand in registration->health.
 *
 * Returns NULL, or the error; a transaction that is open has failed then.
 */
static PGresult *
put(Registration *registration, Server *server, const Options *options, bool allow_ahead)
{
	PGresult   *missing;
	int			messages;

	folder_check(&registration->folder);
	missing = missing_files(registration, server);
	messages = send_contents(registration, server, missing);
	send_names(registration, server, options, allow_ahead);
	server_send(server, server_sql(server, psprintf("SELECT NULL, %s FROM @migrate_health() AS h", health_columns)),
				NULL, 0);
	server_sync(server);
	message_verbose("%d files, of which the server lacked %d", registration->folder.count, PQntuples(missing));
	PQclear(missing);
	for (int i = 0; i < messages + 2; i++)
	{
		PGresult   *result = server_get_any(server);

		if (PQresultStatus(result) != PGRES_TUPLES_OK)
		{
			if (PQstatus(server->conn) != CONNECTION_OK)
				server_fail(server, result);
			while (++i < messages + 2)
				PQclear(server_get_any(server));
			server_drain(server);
			return result;
		}
		if (i == messages)
			server->origin.files = result;
		else
			registration->health = result;
	}
	server_drain(server);
	return NULL;
}

/*
 * Registers the folder, in a transaction of its own or, with "begin", in one
 * that stays open.  Waits for somebody else who is migrating.
 */
void
registration_put(Registration *registration, Server *server, const Options *options, bool begin)
{
	for (;;)
	{
		PGresult   *error;

		if (begin)
			PQclear(server_query(server, "BEGIN", NULL, 0));
		error = put(registration, server, options, options->allow_ahead);
		if (error == NULL)
			return;
		if (!turn_is_taken(error))
			server_fail(server, error);
		if (begin)
			PQclear(server_query(server, "ROLLBACK", NULL, 0));
		turn_wait(server, error);
		PQclear(error);
	}
}

/*
 * Is everything in the folder, which has been registered, applied?
 */
bool
registration_all_applied(const Server *server)
{
	const PGresult *files = server->origin.files;

	for (int row = 0; row < PQntuples(files); row++)
		if (strcmp(PQgetvalue(files, row, 1), "applied") != 0)
			return false;
	return true;
}

/*
 * Registers the folder for a moment and asks a question meanwhile, to which the
 * answer is returned.  It is no error if the history is ahead of the files.
 * Nothing is changed.
 *
 * If the server refuses, as while somebody is migrating, the answer is NULL and
 * the error is in registration->refusal.
 */
PGresult *
registration_ask(Registration *registration, Server *server, const Options *options, const char *query)
{
	PGresult   *answer = NULL;

	server_send(server, "BEGIN", NULL, 0);
	/* who only asks does not wait for somebody who is migrating */
	server_send(server, "SET LOCAL neon_migrate.wait_timeout = 0", NULL, 0);
	server_sync(server);
	PQclear(server_get(server));
	PQclear(server_get(server));
	server_drain(server);
	registration->refusal = put(registration, server, options, true);
	if (registration->refusal == NULL)
		answer = server_query(server, query, NULL, 0);
	PQclear(server_query(server, "ROLLBACK", NULL, 0));
	return answer;
}

/*
 * Was registration_ask() refused because somebody is migrating?
 */
bool
registration_is_busy(const Registration *registration)
{
	const char *sqlstate = PQresultErrorField(registration->refusal, PG_DIAG_SQLSTATE);

	return sqlstate && strcmp(sqlstate, "55P03") == 0;
}

/*
 * Can this session register the folder, at least to see what would come of it?
 */
bool
registration_allowed(Server *server)
{
	PGresult   *result;
	bool		allowed;

	if (server->read_only)
		return false;
	result = server_query(server,
						  "SELECT pg_catalog.has_function_privilege(p.oid, 'EXECUTE')"
						  " FROM pg_catalog.pg_proc AS p, pg_catalog.pg_extension AS e"
						  " WHERE p.proname OPERATOR(pg_catalog.=) 'migrate_register_folder'"
						  " AND p.pronamespace OPERATOR(pg_catalog.=) e.extnamespace"
						  " AND e.extname OPERATOR(pg_catalog.=) 'neon_migrate'", NULL, 0);
	allowed = PQntuples(result) == 1 && PQgetvalue(result, 0, 0)[0] == 't';
	PQclear(result);
	return allowed;
}
