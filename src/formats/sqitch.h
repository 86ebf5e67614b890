/*
 * sqitch.h
 *	  The plan of a sqitch project.
 */
#ifndef NEON_MIGRATE_SQITCH_H
#define NEON_MIGRATE_SQITCH_H

#include "formats/format.h"

/*
 * A change, in the order of the plan.
 */
typedef struct SqitchChange
{
	char	   *name;
	char	   *version;		/* the name; from the second of that name on with a number */
	List	   *files;			/* what its scripts may be called, without ".sql" */
	char	   *note;			/* NULL if there is none */
	List	   *requires;		/* versions, char * */
	List	   *conflicts;		/* versions, char * */
	List	   *tags;			/* char *, without the @ */
	int			number;			/* how many of that name there are up to here */
} SqitchChange;

extern List *sqitch_plan_read(const FormatFile *file);

#endif							/* NEON_MIGRATE_SQITCH_H */
