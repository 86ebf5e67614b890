/*
 * aside.h
 *	  Puts schemas aside, with empty ones in their place.
 */
#ifndef NEON_MIGRATE_GENERATE_ASIDE_H
#define NEON_MIGRATE_GENERATE_ASIDE_H

#include "nodes/pg_list.h"

/*
 * A schema that has been put aside.
 */
typedef struct AsideSchema
{
	const char *name;			/* that it had */
	const char *aside_name;		/* that it has now */
	Oid			oid;
} AsideSchema;

typedef void (*AsideStep) (List *aside, void *argument);

extern void aside_run(List *schemas, AsideStep step, void *argument);
extern List *aside_oids(List *aside);
extern const char *aside_name_in(List *aside, const char *text);
extern char *aside_put_back_names(List *aside, const char *text);

#endif							/* NEON_MIGRATE_GENERATE_ASIDE_H */
