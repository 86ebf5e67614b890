/*
 * executor.h
 *	  Runs a migration's script in the caller's transaction.
 */
#ifndef NEON_MIGRATE_EXECUTOR_H
#define NEON_MIGRATE_EXECUTOR_H

#include "access/xlogdefs.h"
#include "datatype/timestamp.h"

#include "script.h"

/* What running a script took. */
typedef struct RunStats
{
	TimestampTz started_at;
	int64		duration;		/* microseconds */
	int32		statements;
	int64		rows;			/* processed by its statements */
	int64		wal_bytes;		/* written by this backend */
	XLogRecPtr	lsn;			/* insert position before the first statement */
} RunStats;

extern void executor_run(Script *script, RunStats *stats);

#endif							/* NEON_MIGRATE_EXECUTOR_H */
