/*
 * desired.h
 *	  The SQL that makes the desired schema, before it is run.
 */
#ifndef NEON_MIGRATE_GENERATE_DESIRED_H
#define NEON_MIGRATE_GENERATE_DESIRED_H

#include "script.h"

typedef struct Desired
{
	Script	   *script;
	List	   *schemas;		/* char *: those that it makes objects in */

	/* what it speaks of at all */
	bool		owners;
	bool		grants;
	bool		comments;
	List	   *warnings;		/* char * */
} Desired;

extern Desired *desired_read(text *sql);
extern void desired_prepare(Desired *desired);

#endif							/* NEON_MIGRATE_GENERATE_DESIRED_H */
