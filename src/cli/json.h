/*
 * json.h
 *	  Writes the one JSON object of a command's --json output.
 */
#ifndef NEON_MIGRATE_JSON_H
#define NEON_MIGRATE_JSON_H

#include "libpq-fe.h"
#include "pqexpbuffer.h"

typedef struct Json
{
	PQExpBufferData text;
	bool		first;			/* nothing is in the innermost braces yet */
} Json;

extern void json_begin(Json *json);
extern void json_end(Json *json);
extern void json_open(Json *json, const char *key, char brace);
extern void json_close(Json *json, char brace);
extern void json_text(Json *json, const char *key, const char *value);
extern void json_int(Json *json, const char *key, int64 value);
extern void json_bool(Json *json, const char *key, bool value);
extern void json_columns(Json *json, const PGresult *result, int row, int first, int last);
extern void json_row(Json *json, const PGresult *result, int row);
extern void json_rows(Json *json, const char *key, const PGresult *result);

#endif							/* NEON_MIGRATE_JSON_H */
