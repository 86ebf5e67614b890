/*-------------------------------------------------------------------------
 *
 * command_run.c
 *	  up, down and redo; what up would do is in dry_run.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "commands.h"
#include "dry_run.h"
#include "json.h"
#include "message.h"
#include "progress.h"
#include "registration.h"
#include "turn.h"
#include "watch.h"

/* columns of the answer to how things stand, after that about the folder */
enum
{
	HEALTH_OK = 1,
	HEALTH_CURRENT,
	HEALTH_APPLIED,
	HEALTH_PENDING,
	HEALTH_INTERRUPTED
};

static int
health_number(const PGresult *health, int column)
{
	return atoi(PQgetvalue(health, 0, column));
}

/*
 * Ends the command: says how things stand.
 */
static void
report(const char *command, const Server *server, const PGresult *health, const char *nothing)
{
	const char *current = PQgetvalue(health, 0, HEALTH_CURRENT);
	int			count = watch_count();
	bool		down = strcmp(command, "down") == 0;
	Json		json;

	progress_end();
	message_verbose("%d round %s after the connection", server->round_trips,
					server->round_trips == 1 ? "trip" : "trips");
	if (!message_json())
	{
		const char *where = current[0] ? psprintf("now at %s", current) : "no migration is applied";

		if (count == 0)
			message_out("%s, %s", nothing, where);
		else
			message_out("%s %d %s in %.3f s, %s", down ? "rolled back" : "applied", count,
						count == 1 ? "migration" : "migrations", watch_elapsed(), where);
		return;
	}
	json_begin(&json);
	json_bool(&json, "ok", true);
	json_text(&json, "command", command);
	watch_json(&json, "migrations");
	json_text(&json, "current", current[0] ? current : NULL);
	json_int(&json, "applied", health_number(health, HEALTH_APPLIED));
	json_int(&json, "pending", health_number(health, HEALTH_PENDING));
	json_int(&json, "interrupted", health_number(health, HEALTH_INTERRUPTED));
	json_int(&json, "round_trips", server->round_trips);
	json_end(&json);
}

/*
 * Runs a CALL or a function, and asks how things stand after it, in the same
 * round trip.  Returns the result; what the server says to the question is in
 * *health.
 */
static PGresult *
run_and_ask(Server *server, Registration *registration, const char *sql, const Parameter *parameters, int count,
			PGresult **health)
{
	for (;;)
	{
		PGresult   *result;
		ExecStatusType status;

		server_send(server, server_sql(server, sql), parameters, count);
		server_sync(server);
		registration_send_health(registration, server);
		result = server_get_any(server);
		status = PQresultStatus(result);
		if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && !turn_is_taken(result))
			server_fail(server, result);
		*health = server_get(server);
		server_drain(server);
		if (!turn_is_taken(result))
			return result;
		PQclear(*health);
		turn_wait(server, result);
		PQclear(result);
	}
}

/*
 * Runs a CALL, or a function that returns the versions.  Returns how things
 * stand then.
 */
static PGresult *
run(Server *server, Registration *registration, const char *sql, const Parameter *parameters, int count,
	bool down)
{
	PGresult   *result;
	PGresult   *health;

	watch_begin(down);
	result = run_and_ask(server, registration, sql, parameters, count, &health);
	if (sql[0] == 'S')
		for (int row = 0; row < PQntuples(result); row++)
			watch_done(&server->origin, PQgetvalue(result, row, 0), down, -1);
	PQclear(result);
	return health;
}

/*
 * Is nothing pending, nor interrupted?
 */
static bool
is_done(const PGresult *health)
{
	return health_number(health, HEALTH_PENDING) == 0 && health_number(health, HEALTH_INTERRUPTED) == 0;
}

/*
 * neon_migrate up
 */
void
command_up(const Options *options)
{
	Server		server;
	Registration registration;
	Parameter	target = text_parameter(options->to);
	PGresult   *health;
	bool		done;

	registration_start(&registration, &server, options, true);
	if (options->dry_run)
	{
		dry_run_show(&server, &registration, options);
		return;
	}
	health = server.first;
	done = is_done(health);
	if (!registration.known || !done)
	{
		registration_put(&registration, &server, options, false);
		health = registration.health;
		done = is_done(health);
	}
	if (done && options->to == NULL)
	{
		report("up", &server, health, "nothing to apply");
		return;
	}
	health = run(&server, &registration,
				 options->atomic ? "SELECT @migrate_apply_pending($1)" : "CALL @migrate_up($1)",
				 &target, 1, false);
	report("up", &server, health, "nothing to apply");
}

static int
read_steps(const Options *options)
{
	char	   *end;
	long		steps;

	if (options->all + (options->to != NULL) + options->argument_count > 1)
		message_fail(EXIT_ERROR, "only one of N, --to and --all can be given", NULL);
	if (options->all)
		return PG_INT32_MAX;
	if (options->argument_count == 0)
		return 1;
	steps = strtol(options->arguments[0], &end, 10);
	if (*end != '\0' || steps < 1 || steps > PG_INT32_MAX)
		message_fail(EXIT_ERROR, psprintf("invalid number of migrations: \"%s\"", options->arguments[0]),
					 "To go down to a version, use --to VERSION.");
	return (int) steps;
}

/*
 * neon_migrate down
 */
void
command_down(const Options *options)
{
	Server		server;
	Registration registration = {.there = false};
	int			steps = read_steps(options);
	Parameter	parameter;
	PGresult   *health;

	server_start(&server, options);
	server_finish(&server, NULL, NULL, 0);
	server_require_extension(&server);
	if (options->to)
	{
		parameter = text_parameter(options->to);
		health = run(&server, &registration,
					 options->atomic ? "SELECT @migrate_rollback_to($1)" : "CALL @migrate_down_to($1)",
					 &parameter, 1, true);
	}
	else
	{
		parameter = text_parameter(psprintf("%d", steps));
		health = run(&server, &registration,
					 options->atomic ? "SELECT @migrate_rollback($1::pg_catalog.text::pg_catalog.int4)" :
					 "CALL @migrate_down($1::pg_catalog.text::pg_catalog.int4)",
					 &parameter, 1, true);
	}
	report("down", &server, health, "nothing to roll back");
}

/*
 * neon_migrate redo
 */
void
command_redo(const Options *options)
{
	Server		server;
	Registration registration = {.there = false};
	Parameter	version;
	PGresult   *health;

	server_start(&server, options);
	server_finish(&server, "SELECT current FROM migrate_health()", NULL, 0);
	server_require_extension(&server);
	if (options->argument_count > 0)
		version = text_parameter(options->arguments[0]);
	else if (PQgetisnull(server.first, 0, 0))
		message_fail(EXIT_ERROR, "no migration is applied", "Apply what is pending with neon_migrate up.");
	else
		version = text_parameter(PQgetvalue(server.first, 0, 0));
	watch_begin(false);
	PQclear(run_and_ask(&server, &registration, "SELECT @migrate_redo($1)", &version, 1, &health));
	watch_done(&server.origin, version.value, false, -1);
	report("redo", &server, health, "nothing to do");
}
