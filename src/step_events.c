/*-------------------------------------------------------------------------
 *
 * step_events.c
 *	  What the ledger gets to know of a migration that a procedure runs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "ledger_append.h"
#include "rollback.h"
#include "step_events.h"
#include "steps.h"

/*
 * Returns which way the job goes.
 */
const char *
step_direction(const Job *job)
{
	return job->down ? "down" : "up";
}

/*
 * Adds what a step took to what the migration took.
 */
void
step_add_stats(Job *job, const RunStats *stats)
{
	job->stats.statements += stats->statements;
	job->stats.rows += stats->rows;
	job->stats.wal_bytes += stats->wal_bytes;
	job->stats.duration += stats->duration;
	if (job->stats.started_at == 0)
	{
		job->stats.started_at = stats->started_at;
		job->stats.lsn = stats->lsn;
	}
}

/*
 * Sets who runs the migration.  The script may have changed that by now.
 */
static void
set_actor(const Job *job, LedgerEntry *entry)
{
	ledger_entry_set(entry, L_APPLIED_BY, CStringGetTextDatum(job->applied_by));
	ledger_entry_set(entry, L_ROLE, CStringGetTextDatum(job->role));
	ledger_entry_set(entry, L_APPLICATION, CStringGetTextDatum(job->application));
}

/*
 * Appends the event of a step.  "stats", "detail" and "error" may be NULL.
 */
void
step_append(Job *job, const char *action, const Step *step,
			const RunStats *stats, const char *detail, const char *error)
{
	LedgerEntry *entry = ledger_entry_new(job->migration->version, action);
	bytea	   *checksum = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	SET_VARSIZE(checksum, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	memcpy(VARDATA(checksum), job->script->checksum, PG_SHA256_DIGEST_LENGTH);
	ledger_entry_set(entry, L_CHECKSUM, PointerGetDatum(checksum));
	ledger_entry_set(entry, L_TRANSACTIONAL, BoolGetDatum(step->alone == NULL));
	set_actor(job, entry);
	ledger_entry_set(entry, L_DIRECTION, CStringGetTextDatum(step_direction(job)));
	ledger_entry_set(entry, L_STEP, Int32GetDatum(step->number));
	ledger_entry_set(entry, L_STEPS, Int32GetDatum(list_length(job->steps)));
	ledger_entry_set(entry, L_CUT, CStringGetTextDatum(steps_cut_to_text(job->steps)));
	if (stats)
		ledger_entry_set_stats(entry, stats);
	if (detail)
		ledger_entry_set(entry, L_DETAIL, CStringGetTextDatum(detail));
	if (error)
		ledger_entry_set(entry, L_ERROR, CStringGetTextDatum(error));
	ledger_append(job->ledger, entry, job->settled);
}

/*
 * Appends the event that settles the version: it is applied, or rolled back.
 */
void
step_append_settled(Job *job)
{
	LedgerEntry *entry = job->down ?
		rollback_entry(job->settled, LEDGER_ROLLBACK) :
		migration_to_entry(job->migration, LEDGER_APPLY);

	ledger_entry_set_stats(entry, &job->stats);
	set_actor(job, entry);
	if (!job->down)
		ledger_entry_set(entry, L_TRANSACTIONAL,
						 BoolGetDatum(list_length(job->steps) <= 1 &&
									  (job->steps == NIL ||
									   ((Step *) linitial(job->steps))->alone == NULL)));
	ledger_append(job->ledger, entry, job->settled);
}

/*
 * Records why a step failed.  Should even that fail, the error itself is what
 * the caller needs to see.
 */
void
step_record_failure(Job *job, const Step *step, const ErrorData *error)
{
	PG_TRY();
	{
		toplevel_work_begin();
		step_append(job, LEDGER_FAILED, step, NULL, NULL,
					psprintf("%s: %s", unpack_sql_state(error->sqlerrcode), error->message));
		toplevel_work_commit(job->top);
	}
	PG_CATCH();
	{
		FreeErrorData(toplevel_catch(job->top));
	}
	PG_END_TRY();
}
