/*
 * server.h
 *	  Talks to the extension on the server, in few round trips.
 */
#ifndef NEON_MIGRATE_SERVER_H
#define NEON_MIGRATE_SERVER_H

#include "libpq-fe.h"
#include "pqexpbuffer.h"

#include "connection.h"
#include "diagnosis.h"
#include "local_folder.h"
#include "options.h"

/*
 * A parameter of a query.
 */
typedef struct Parameter
{
	Oid			type;
	const char *value;			/* NULL is null */
	int			length;			/* of a binary value; 0 for text */
} Parameter;

/*
 * Prepares an array of text or bytea, in binary.
 */
typedef struct ArrayBuffer
{
	PQExpBufferData data;
	int			count;
} ArrayBuffer;

typedef struct Server
{
	Connection	connection;
	PGconn	   *conn;
	char	   *schema;			/* of the extension, quoted; NULL if it is not there */
	bool		read_only;		/* a standby, or all its transactions are read only */
	bool		pipelined;		/* results are outstanding */
	int			round_trips;
	PGresult   *first;			/* result of the first query, NULL without one */
	Origin		origin;			/* for errors */
} Server;

extern void server_start(Server *server, const Options *options);
extern void server_finish(Server *server, const char *query, const Parameter *parameters, int count);
extern void server_require_extension(Server *server);
extern void server_send(Server *server, const char *query, const Parameter *parameters, int count);
extern void server_sync(Server *server);
extern PGresult *server_get(Server *server);
extern PGresult *server_get_any(Server *server);
extern void server_drain(Server *server);
extern PGresult *server_query(Server *server, const char *query, const Parameter *parameters, int count);
extern void server_fail(Server *server, const PGresult *result) __attribute__((noreturn));
extern char *server_identifier(const Server *server, const char *name);
extern char *server_literal(const Server *server, const char *text);
extern char *server_sql(const Server *server, const char *sql);

extern void array_begin(ArrayBuffer *array, Oid element_type);
extern void array_add(ArrayBuffer *array, const void *data, size_t length);
extern Parameter array_end(ArrayBuffer *array, Oid array_type);
extern Parameter text_parameter(const char *value);

#endif							/* NEON_MIGRATE_SERVER_H */
