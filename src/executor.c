/*-------------------------------------------------------------------------
 *
 * executor.c
 *	  Runs a migration's script in the caller's transaction.
 *
 * Each statement is analysed against the script's whole text, so that
 * positions in errors are the migration's own, then planned and run with the
 * caller's rights, as CREATE EXTENSION does with its scripts.  Not by SPI,
 * which raises nothing when it stops at a COMMIT in the text and knows neither
 * statement numbers nor rows.
 *
 * A script runs in a subtransaction of its own: if it fails on a lock
 * timeout, that is rolled back, which lets go of the locks it had, and the
 * script is tried again.  Any other error goes to the caller as it is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "access/xlog.h"
#include "commands/trigger.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "blocker.h"
#include "compat.h"
#include "executor.h"
#include "position.h"
#include "session.h"
#include "settings.h"
#include "subtransaction.h"

#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 5000

/*
 * Runs one planned statement that is not a utility.  Returns the rows it
 * processed.
 */
static uint64
run_query(const Script *script, PlannedStmt *plan, DestReceiver *dest)
{
	QueryDesc  *query = CreateQueryDesc(plan, script->text, GetActiveSnapshot(),
										InvalidSnapshot, dest, NULL, NULL, 0);
	uint64		rows;

	ExecutorStart(query, 0);
	compat_ExecutorRun(query);
	ExecutorFinish(query);
	rows = query->estate->es_processed;
	ExecutorEnd(query);
	FreeQueryDesc(query);
	return rows;
}

static uint64
run_utility(const Script *script, PlannedStmt *plan, DestReceiver *dest)
{
	QueryCompletion completion;

	InitializeQueryCompletion(&completion);
	ProcessUtility(plan, script->text, false, PROCESS_UTILITY_QUERY, NULL, NULL,
				   dest, &completion);
	return completion.nprocessed;
}

/*
 * Runs one statement of the script.  Returns the rows it processed.
 */
static uint64
run_statement(const Script *script, RawStmt *raw, DestReceiver *dest)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "neon_migrate statement",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	bool		needs_snapshot = analyze_requires_snapshot(raw);
	uint64		rows = 0;
	List	   *plans;
	ListCell   *cell;

	/* see what the statements before did */
	CommandCounterIncrement();

	if (needs_snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	plans = pg_analyze_and_rewrite_fixedparams(raw, script->text, NULL, 0, NULL);
	plans = pg_plan_queries(plans, script->text, CURSOR_OPT_PARALLEL_OK, NULL);
	if (needs_snapshot)
		PopActiveSnapshot();

	foreach(cell, plans)
	{
		PlannedStmt *plan = lfirst_node(PlannedStmt, cell);
		uint64		processed;

		CommandCounterIncrement();
		PushActiveSnapshot(GetTransactionSnapshot());
		processed = plan->utilityStmt ? run_utility(script, plan, dest) :
			run_query(script, plan, dest);
		PopActiveSnapshot();
		if (plan->canSetTag)
			rows += processed;
	}

	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
	return rows;
}

/*
 * Raises now what the deferred constraints would raise at the end of the
 * caller's transaction, where nobody could tell which migration did it.  Only
 * statements that write rows leave anything to them.
 *
 * They are checked in a subtransaction that is rolled back, so that deferred
 * triggers still have their effects when the transaction ends, and only then.
 */
static void
check_deferred_constraints(void)
{
	Subtransaction sub;

	if (!session_has_written_rows())
		return;
	subtransaction_begin(&sub);
	PG_TRY();
	{
		ConstraintsSetStmt *all_immediate = makeNode(ConstraintsSetStmt);

		AfterTriggerSetState(all_immediate);
		subtransaction_rollback(&sub);
	}
	PG_CATCH();
	{
		ReThrowError(subtransaction_catch(&sub));
	}
	PG_END_TRY();
}

/*
 * Runs one statement, and adds to "stats".
 */
static void
run_counted(Script *script, RawStmt *raw, DestReceiver *dest, Position *position, RunStats *stats)
{
	RunStats	own;
	uint64		rows;

	if (stats->observer)
		executor_stats_begin(&own);
	rows = run_statement(script, raw, dest);
	stats->rows += rows;
	stats->statements++;
	if (stats->observer)
	{
		own.rows = rows;
		executor_stats_end(&own);
		stats->observer->see(stats->observer, position, raw, &own);
	}
}

/*
 * Runs the statements number "first" to "last" (from 0) of the script, and
 * checks deferred constraints.  What the statements do to the session stays.
 * Adds to "stats".
 */
void
executor_run_range(Script *script, int first, int last, RunStats *stats)
{
	Portal		portal = ActivePortal;
	const char *volatile portal_text = portal ? portal->sourceText : NULL;
	DestReceiver *dest = CreateDestReceiver(DestNone);
	Position	position;

	position_push(&position, script);
	blocker_watch_begin();
	PG_TRY();
	{
		/*
		 * Errors inside a function body are looked up in the active portal's
		 * text (function_parse_error_transpose); ours is the right one.
		 */
		if (portal)
			portal->sourceText = script->text;

		for (int i = first; i <= last; i++)
		{
			RawStmt    *raw = list_nth_node(RawStmt, script->statements, i);

			CHECK_FOR_INTERRUPTS();
			position_set(&position, raw);
			run_counted(script, raw, dest, &position, stats);
		}
		CommandCounterIncrement();
		position.at_end = true;
		check_deferred_constraints();
	}
	PG_FINALLY();
	{
		blocker_watch_end();
		if (portal)
			portal->sourceText = portal_text;
	}
	PG_END_TRY();
	position_pop(&position);
}

/*
 * Runs the whole script in the current transaction, and puts the session back
 * as it was.  Adds to "stats".
 */
void
executor_run_once(Script *script, RunStats *stats)
{
	int			nest = NewGUCNestLevel();

	settings_pin("lock_timeout", psprintf("%d", settings_lock_timeout));
	if (!standard_conforming_strings)
		settings_pin("standard_conforming_strings", "on");
	session_watch_begin();
	PG_TRY();
	{
		executor_run_range(script, 0, list_length(script->statements) - 1, stats);
		session_clean_up();
	}
	PG_FINALLY();
	{
		session_watch_end();
	}
	PG_END_TRY();

	/* also what a plain SET, SET ROLE or SET SESSION AUTHORIZATION did */
	AtEOXact_GUC(false, nest);
}

/*
 * Runs the script once, in a subtransaction.  Returns the error if it failed.
 */
static ErrorData *
try_script(Script *script, RunStats *stats)
{
	Subtransaction sub;
	ErrorData  *volatile error = NULL;

	subtransaction_begin(&sub);
	PG_TRY();
	{
		executor_run_once(script, stats);
		subtransaction_commit(&sub);
	}
	PG_CATCH();
	{
		error = subtransaction_catch(&sub);
	}
	PG_END_TRY();
	return error;
}

/*
 * "error" has ended try number "attempt" (from 1) of the script.  Returns
 * whether to try again, and says so, if a statement waited for a lock longer
 * than lock_timeout.  (NOWAIT fails with the same SQLSTATE, and means it.)
 */
bool
executor_may_retry(const Script *script, ErrorData *error, int attempt)
{
	char	   *blocker;

	if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE || error->message_id == NULL ||
		strcmp(error->message_id, "canceling statement due to lock timeout") != 0)
		return false;
	blocker = blocker_describe();
	if (attempt > settings_lock_retries)
	{
		error->detail = psprintf("The migration was tried %s.%s%s",
								 attempt == 1 ? "once" : psprintf("%d times", attempt),
								 blocker ? " " : "", blocker ? blocker : "");
		error->hint = "Raise neon_migrate.lock_timeout or neon_migrate.lock_retries, or end the sessions that hold the lock.";
		return false;
	}
	ereport(NOTICE,
			(errmsg("migration \"%s\" ran into its lock timeout, trying again (%d of %d)",
					script->version ? script->version : "", attempt, settings_lock_retries),
			 blocker ? errdetail_internal("%s", blocker) : 0,
			 error->context ? errcontext("%s", error->context) : 0));
	return true;
}

/*
 * Sleeps before the try after number "attempt": twice as long each time, and
 * spread, so that several do not come back at once.
 */
void
executor_wait_before_retry(int attempt)
{
	double		base = Min(RETRY_MAX_MS, RETRY_FIRST_MS * pow(2, attempt - 1));
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													(int64) (base * (0.5 + compat_random())));

	for (;;)
	{
		long		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);

		if (left <= 0)
			return;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 left, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * Begins to measure.
 */
void
executor_stats_begin(RunStats *stats)
{
	memset(stats, 0, sizeof(RunStats));
	stats->started_at = GetCurrentTimestamp();
	stats->lsn = GetXLogInsertRecPtr();
	stats->wal_before = pgWalUsage;
	INSTR_TIME_SET_CURRENT(stats->begin);
}

/*
 * Ends measuring: sets time and WAL.
 */
void
executor_stats_end(RunStats *stats)
{
	instr_time	end;
	WalUsage	wal;

	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, stats->begin);
	stats->duration = INSTR_TIME_GET_MICROSEC(end);
	memset(&wal, 0, sizeof(wal));
	WalUsageAccumDiff(&wal, &pgWalUsage, &stats->wal_before);
	stats->wal_bytes = wal.wal_bytes;
}

/*
 * Runs a parsed script in the caller's transaction and fills "stats".  All
 * errors of its statements are raised, with the place in the script; a lock
 * timeout only after neon_migrate.lock_retries more tries.
 */
void
executor_run(Script *script, RunStats *stats)
{
	executor_stats_begin(stats);
	for (int attempt = 1;; attempt++)
	{
		ErrorData  *error = try_script(script, stats);

		if (error == NULL)
			break;
		if (!executor_may_retry(script, error, attempt))
			ReThrowError(error);
		FreeErrorData(error);
		executor_wait_before_retry(attempt);
		script_parse_again(script);
		stats->statements = 0;
		stats->rows = 0;
	}
	executor_stats_end(stats);
}
