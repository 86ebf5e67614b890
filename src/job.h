/*
 * job.h
 *	  One migration that a procedure runs.
 */
#ifndef NEON_MIGRATE_JOB_H
#define NEON_MIGRATE_JOB_H

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
	const char *applied_by;		/* user who is logged in */
	const char *role;			/* whose rights it runs with */
	const char *application;	/* application_name */
	int			position;		/* which of the migrations of the CALL it is */
	int			total;			/* how many there are */

	/* private */
	RunStats	stats;			/* of all steps so far */
	int			lock_timeout;	/* that its statements run under, in ms */
	bool		started;		/* the statement of the current step was started, */
	char	   *note;			/* and this was noted of it before */
} Job;

#endif							/* NEON_MIGRATE_JOB_H */
