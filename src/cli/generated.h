/*
 * generated.h
 *	  What migrate_generate() says of a desired schema.
 */
#ifndef NEON_MIGRATE_GENERATED_H
#define NEON_MIGRATE_GENERATED_H

#include "json.h"
#include "options.h"

typedef struct Generated
{
	char	   *up_sql;			/* "" if there is no difference */
	char	   *down_sql;
	PGresult   *warnings;		/* a row each */
} Generated;

extern void generated_ask(Generated *generated, const Options *options, const char *path);
extern void generated_warn(const Generated *generated);
extern void generated_json(const Generated *generated, Json *json);

#endif							/* NEON_MIGRATE_GENERATED_H */
