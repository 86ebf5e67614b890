/*
 * stepwise.h
 *	  Runs one migration from a procedure, in one transaction or step by step.
 */
#ifndef NEON_MIGRATE_STEPWISE_H
#define NEON_MIGRATE_STEPWISE_H

#include "migration.h"
#include "toplevel.h"

/*
 * One migration being run, up or down.
 */
typedef struct Job
{
	TopLevel   *top;
	Ledger	   *ledger;
	Migration  *migration;
	LedgerEntry *settled;		/* latest event that settled its version, or NULL */
	bool		down;
	Script	   *script;			/* its up or its down SQL, parsed */
	List	   *steps;			/* of the script */
	const char *role;			/* whose rights it runs with */
	int			position;		/* which of the migrations of the CALL it is */
	int			total;			/* how many there are */

	/* private */
	RunStats	stats;			/* of all steps so far */
	char	   *note;			/* on what was there before the current step */
} Job;

extern void stepwise_run(Job *job);

#endif							/* NEON_MIGRATE_STEPWISE_H */
