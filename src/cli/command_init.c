/*-------------------------------------------------------------------------
 *
 * command_init.c
 *	  init: installs the extension, and makes the folder.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "json.h"
#include "message.h"
#include "server.h"

static const char example[] =
	"# Copy this to .env, and keep .env out of version control.\n"
	"#\n"
	"# The database to migrate.  Special characters in the password are written as\n"
	"# %XX (\"@\" is %40).  TLS is required unless the host is local or sslmode says\n"
	"# otherwise.\n"
	"DATABASE_URL=postgresql://user:password@localhost:5432/database\n"
	"\n"
	"# Another URL for migrations only: the direct host where DATABASE_URL has a\n"
	"# pooled one, or a user with more rights.\n"
	"#MIGRATION_DATABASE_URL=postgresql://owner:password@localhost:5432/database\n";

/*
 * Makes the folder and the example.  Returns whether the folder is new.
 */
static bool
make_files(const char *dir)
{
	bool		made = mkdir(dir, 0777) == 0;
	FILE	   *file;

	if (!made && errno != EEXIST)
		message_fail(EXIT_ERROR, psprintf("could not make folder \"%s\": %s", dir, strerror(errno)), NULL);
	message_out("%s %s", made ? "made folder" : "there is folder", dir);
	file = fopen(".env.example", "wx");
	if (file == NULL && errno == EEXIST)
	{
		message_out("there is .env.example");
		return made;
	}
	if (file == NULL || fputs(example, file) == EOF || fclose(file) != 0)
		message_fail(EXIT_ERROR, psprintf("could not write file \".env.example\": %s", strerror(errno)), NULL);
	message_out("made .env.example");
	return made;
}

/*
 * Fails because the extension could not be installed.
 */
static void
fail_install(Server *server, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (sqlstate && (strcmp(sqlstate, "0A000") == 0 || strcmp(sqlstate, "58P01") == 0))
	{
		Problem		problem = {
			.exit_code = EXIT_ERROR,
			.message = "the server does not have the extension",
			.detail = message,
			.hint = "On a server of your own, install it with make install.  A managed service loads only the extensions on its list.",
			.sqlstate = sqlstate,
		};

		message_fail_problem(&problem);
	}
	if (sqlstate && strcmp(sqlstate, "42501") == 0)
	{
		Problem		problem = {
			.exit_code = EXIT_ERROR,
			.message = message,
			.detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL),
			.hint = "Run it as a superuser or the owner of the database, and into a schema that one of them owns (--schema NAME).",
			.sqlstate = sqlstate,
		};

		message_fail_problem(&problem);
	}
	server_fail(server, result);
}

/*
 * Installs the extension, in one transaction.
 */
static void
install(Server *server, const char *schema)
{
	const char *names[] = {"BEGIN", NULL, NULL, "COMMIT"};
	PGresult   *result;

	if (schema)
		names[1] = psprintf("CREATE SCHEMA IF NOT EXISTS %s", server_identifier(server, schema));
	names[2] = psprintf("CREATE EXTENSION neon_migrate%s%s", schema ? " SCHEMA " : "",
						schema ? server_identifier(server, schema) : "");
	for (int i = 0; i < (int) lengthof(names); i++)
	{
		if (names[i] == NULL)
			continue;
		server_send(server, names[i], NULL, 0);
		server_sync(server);
		result = server_get_any(server);
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			fail_install(server, result);
		server_drain(server);
	}
	message_out("installed extension neon_migrate in database \"%s\"", PQdb(server->conn));
}

/*
 * neon_migrate init
 */
void
command_init(const Options *options)
{
	Server		server;
	bool		made = make_files(options->dir);
	bool		connect = connection_configured(options);
	Json		json;

	if (connect)
	{
		server_start(&server, options);
		server_finish(&server, NULL, NULL, 0);
		if (server.schema)
			message_out("there is extension neon_migrate, in schema %s", server.schema);
		else
			install(&server, options->schema);
	}
	else
		message_out("no database yet: set DATABASE_URL, here or in .env, and run neon_migrate init again");
	if (!message_json())
		return;
	json_begin(&json);
	json_bool(&json, "ok", true);
	json_text(&json, "command", "init");
	json_text(&json, "dir", options->dir);
	json_bool(&json, "dir_made", made);
	json_bool(&json, "extension", connect);
	json_bool(&json, "extension_made", connect && server.schema == NULL);
	json_end(&json);
}
