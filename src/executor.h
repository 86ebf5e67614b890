/*
 * executor.h
 *	  Runs a migration's script in the caller's transaction.
 */
#ifndef NEON_MIGRATE_EXECUTOR_H
#define NEON_MIGRATE_EXECUTOR_H

#include "access/xlogdefs.h"
#include "datatype/timestamp.h"
#include "executor/instrument.h"

#include "position.h"
#include "script.h"

struct RunStats;

/*
 * Somebody who wants to know what each statement did.  see() is called after
 * it, with its place and what it took; others may follow in the same struct.
 */
typedef struct StatementObserver
{
	void		(*see) (struct StatementObserver *self, Position *position, const RawStmt *raw,
						const struct RunStats *stats);
} StatementObserver;

/* What running a script, or one statement of it, took. */
typedef struct RunStats
{
	instr_time	begin;			/* private, as is the next */
	WalUsage	wal_before;

	TimestampTz started_at;
	int64		duration;		/* microseconds */
	int32		statements;
	int64		rows;			/* processed by its statements */
	int64		wal_bytes;		/* written by this backend */
	XLogRecPtr	lsn;			/* insert position before the first statement */

	StatementObserver *observer;	/* set by who wants one, after it has begun */
} RunStats;

extern void executor_run(Script *script, RunStats *stats);
extern void executor_run_once(Script *script, RunStats *stats);
extern void executor_run_range(Script *script, int first, int last, RunStats *stats);
extern void executor_stats_begin(RunStats *stats);
extern void executor_stats_end(RunStats *stats);
extern bool executor_may_retry(const Script *script, ErrorData *error, int attempt);
extern void executor_wait_before_retry(int attempt);

#endif							/* NEON_MIGRATE_EXECUTOR_H */
