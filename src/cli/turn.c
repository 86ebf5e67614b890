/*-------------------------------------------------------------------------
 *
 * turn.c
 *	  Waits for somebody else who migrates.
 *
 * A CALL waits on the server.  A function does not wait for a CALL, which might
 * have to wait for its snapshot; so the client does, outside of a transaction,
 * and asks again.  All of it takes no longer than neon_migrate.wait_timeout.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <poll.h>

#include "fe_utils/cancel.h"

#include "message.h"
#include "turn.h"

#define FIRST_PAUSE 50			/* ms */
#define LONGEST_PAUSE 1000

/*
 * Did a function fail because somebody's CALL runs migrations, or waits to?
 */
bool
turn_is_taken(const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	return sqlstate && strcmp(sqlstate, "55P03") == 0 && message && strncmp(message, "a CALL that ", 12) == 0;
}

static int64
wait_timeout(Server *server)
{
	PGresult   *result = server_query(server, "SELECT s.setting FROM pg_catalog.pg_settings AS s"
									  " WHERE s.name OPERATOR(pg_catalog.=) 'neon_migrate.wait_timeout'", NULL, 0);
	int64		timeout = PQntuples(result) == 1 ? atoi(PQgetvalue(result, 0, 0)) : 0;

	PQclear(result);
	return timeout;
}

/*
 * Waits a moment after such an error, or reports it if the time is over.
 */
void
turn_wait(Server *server, const PGresult *error)
{
	static int64 deadline = 0;
	static int	pause = FIRST_PAUSE;
	int64		left;

	if (deadline == 0)
	{
		int64		timeout = wait_timeout(server);

		deadline = connection_clock() + timeout;
		if (timeout > 0)
			message_note("%s, waiting for it for up to %.0f s", PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY),
						 timeout / 1000.0);
	}
	left = deadline - connection_clock();
	if (left <= 0)
		server_fail(server, error);
	(void) poll(NULL, 0, (int) Min(left, pause));
	if (CancelRequested)
		message_fail(EXIT_ERROR, "cancelled", NULL);
	pause = Min(pause * 2, LONGEST_PAUSE);
}
