/*
 * connection.h
 *	  Connects to the database, with patience.
 */
#ifndef NEON_MIGRATE_CONNECTION_H
#define NEON_MIGRATE_CONNECTION_H

#include "libpq-fe.h"

#include "options.h"

typedef struct Connection
{
	PGconn	   *conn;			/* being made, or made */
	PQconninfoOption *given;	/* what the URL says, or NULL */
	PostgresPollingStatusType polling;	/* what it waits for, while being made */
	const char *source;			/* where the URL is from, or NULL */
	bool		tls_by_default; /* TLS is required because nothing was said */
	bool		patient;		/* go on trying, whatever it is */
	bool		bounded;		/* the time was asked for: attempts keep to it */
	int64		started;		/* ms; first attempt */
	int64		deadline;		/* ms; no attempt begins later */
	int64		attempt_end;	/* ms; no answer after it is a failure */
	int			attempts;
	int			elapsed;		/* ms that it took */
} Connection;

extern int64 connection_clock(void);
extern bool connection_configured(const Options *options);
extern void connection_start(Connection *connection, const Options *options);
extern void connection_finish(Connection *connection);
extern bool connection_retry(Connection *connection, const char *message, const char *sqlstate);
extern void connection_fail(const Connection *connection, const char *message, const char *sqlstate) __attribute__((noreturn));

#endif							/* NEON_MIGRATE_CONNECTION_H */
