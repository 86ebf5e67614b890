/*
 * difference.h
 *	  How two descriptions of a schema differ, as a list.
 */
#ifndef NEON_MIGRATE_DRIFT_DIFFERENCE_H
#define NEON_MIGRATE_DRIFT_DIFFERENCE_H

#include "nodes/pg_list.h"

#include "drift/compare.h"

/*
 * What the actual schema is, seen from the expected one.
 */
typedef enum DifferenceChange
{
	DIFFERENCE_MISSING,
	DIFFERENCE_UNEXPECTED,
	DIFFERENCE_CHANGED
} DifferenceChange;

typedef struct Difference
{
	const char *kind;
	const char *identity;
	DifferenceChange change;
	const char *expected;		/* in words; NULL if nothing */
	const char *actual;
	const char *owned_by;		/* column of a sequence */
} Difference;

/*
 * A comparison, while it goes on.
 */
typedef struct Differences
{
	PropertyFilter is_ignored;	/* what does not count */
	List	   *list;			/* Difference * */
} Differences;

extern void difference_one_sided(Differences *differences, const SchemaUnit *unit,
								 const SchemaRow *row, DifferenceChange change);
extern void difference_of_unit(Differences *differences, const SchemaUnit *expected,
							   const SchemaUnit *actual);
extern void difference_of_snapshots(Differences *differences, const SchemaSnapshot *expected,
									const SchemaSnapshot *actual);
extern List *difference_list(Differences *differences);

#endif							/* NEON_MIGRATE_DRIFT_DIFFERENCE_H */
