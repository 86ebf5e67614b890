/*-------------------------------------------------------------------------
 *
 * stepwise.c
 *	  Runs one migration from a procedure, in one transaction or step by step.
 *
 * A migration of ordinary statements is one transaction, together with its
 * entry in the ledger.  One that is not is cut into steps (steps.c).  A step of
 * ordinary statements commits together with the event that says it is done.  A
 * statement that must be alone is preceded by a committed event that says it
 * has started and followed by one that says it is done; if the second is
 * missing, resume.c finds out how far it came.  The last step's event commits
 * together with the one that settles the version.  So at any moment a crash
 * leaves a ledger from which the next CALL goes on.
 *
 * Settings last from step to step, and are put back at the end.  They follow
 * from the script: when a migration is resumed, the settings of the steps
 * already done are made again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

#include "blocker.h"
#include "definition.h"
#include "drift/upkeep.h"
#include "executor.h"
#include "position.h"
#include "resume.h"
#include "session.h"
#include "session_settings.h"
#include "settings.h"
#include "step_events.h"
#include "steps.h"
#include "stepwise.h"

/* How much of a statement pg_stat_activity shows. */
#define ACTIVITY_STATEMENT 200

static RawStmt *
statement(const Job *job, int index)
{
	return list_nth_node(RawStmt, job->script->statements, index);
}

/*
 * Shows in pg_stat_activity what is being run.
 */
static void
report_activity(const Job *job, const Step *step)
{
	int			start,
				length;

	position_statement_span(job->script, statement(job, step->first), &start, &length);
	pgstat_report_activity(STATE_RUNNING,
						   psprintf("migration \"%s\" %s (%d of %d), step %d of %d: %s",
									job->migration->version, step_direction(job),
									job->position, job->total,
									step->number, list_length(job->steps),
									pnstrdup(job->script->text + start,
											 pg_mbcliplen(job->script->text + start, length,
														  ACTIVITY_STATEMENT))));
}

/*
 * Runs a migration that is one transaction.
 */
static void
run_whole(Job *job)
{
	RunStats	stats;

	toplevel_work_begin();
	upkeep_begin(job->ledger);
	executor_stats_begin(&stats);
	executor_run_once(job->script, &stats);
	executor_stats_end(&stats);
	upkeep_record(job->ledger, job->migration->version);
	upkeep_end();
	step_add_stats(job, &stats);
	step_append_settled(job);
	toplevel_work_commit(job->top);
}

/*
 * Runs a step of ordinary statements.
 */
static void
run_together(Job *job, const Step *step)
{
	RunStats	stats;

	toplevel_work_begin();
	executor_stats_begin(&stats);
	executor_run_range(job->script, step->first, step->last, &stats);
	executor_stats_end(&stats);
	upkeep_record(job->ledger, job->migration->version);
	step_append(job, LEDGER_DONE, step, &stats, NULL, NULL);
	if (step->number == list_length(job->steps))
	{
		step_add_stats(job, &stats);
		step_append_settled(job);
	}
	toplevel_work_commit(job->top);
	if (step->number < list_length(job->steps))
		step_add_stats(job, &stats);
}

/*
 * Sets lock_timeout for the session, if it is neon_migrate's own value "from"
 * and not one that the script has set.
 */
static void
change_lock_timeout(Job *job, int from, int to)
{
	if (LockTimeout != from)
		return;
	session_settings_set("lock_timeout", psprintf("%d", to));
	toplevel_commit(job->top);
}

/*
 * Runs the one statement of a step at top level.
 *
 * A concurrent build waits for all transactions that might still use what it
 * is about to change, however long they take.  Nobody queues behind it, so
 * neon_migrate.lock_timeout is not for it; one that the script has set is.
 */
static void
run_at_top_level(Job *job, const Step *step, RunStats *stats)
{
	bool		concurrently = strstr(step->alone, "CONCURRENTLY") != NULL;

	if (concurrently)
		change_lock_timeout(job, job->lock_timeout, 0);
	executor_stats_begin(stats);
	toplevel_run_utility(job->script->text, statement(job, step->first));
	toplevel_commit(job->top);
	executor_stats_end(stats);
	stats->statements = 1;
	if (concurrently)
		change_lock_timeout(job, 0, job->lock_timeout);
}

/*
 * Drops the INVALID indexes that a broken build has left.
 */
static void
drop_leftovers(Job *job, List *leftovers)
{
	ListCell   *cell;

	if (leftovers != NIL)
		change_lock_timeout(job, job->lock_timeout, 0);
	foreach(cell, leftovers)
	{
		RawStmt    *drop = lfirst(cell);
		List	   *names = linitial(((DropStmt *) drop->stmt)->objects);

		ereport(NOTICE,
				(errmsg("dropping invalid index \"%s\", left by an earlier attempt",
						strVal(llast(names)))));
		toplevel_run_utility("DROP INDEX CONCURRENTLY", drop);
		toplevel_commit(job->top);
	}
	if (leftovers != NIL)
		change_lock_timeout(job, 0, job->lock_timeout);
}

static void
raise_impossible(const Job *job, const Step *step, const char *detail)
{
	char	   *version = quote_literal_cstr(job->migration->version);

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("migration \"%s\" cannot go on after step %d of %d",
					job->migration->version, step->number, list_length(job->steps)),
			 errdetail("%s", detail),
			 errhint("Either finish by hand and run SELECT migrate_%s(%s), or undo by hand, run SELECT migrate_%s(%s), and start over.",
					 job->down ? "unstamp" : "stamp", version,
					 job->down ? "stamp" : "unstamp", version)));
}

/*
 * Notes that the statement of a step is about to run.
 */
static void
start_alone(Job *job, const Step *step, Node *stmt)
{
	List	   *leftovers;

	toplevel_work_begin();
	leftovers = resume_invalid_index(stmt);
	toplevel_work_commit(job->top);
	drop_leftovers(job, leftovers);

	toplevel_work_begin();
	job->note = resume_note(stmt);
	step_append(job, LEDGER_STARTED, step, NULL, job->note, NULL);
	toplevel_work_commit(job->top);
	job->started = true;
}

/*
 * Finds out how far the statement of a step came that was started before.
 */
static ResumeAction
resume_alone(Job *job, const Step *step, Node *stmt)
{
	List	   *leftovers = NIL;
	ResumeAction action;

	toplevel_work_begin();
	upkeep_resumed(job->ledger, stmt);
	action = resume_look(stmt, job->note, &leftovers);
	if (action != RESUME_IMPOSSIBLE)
		step_append(job, LEDGER_STARTED, step, NULL, job->note, NULL);
	toplevel_work_commit(job->top);
	if (action == RESUME_IMPOSSIBLE)
		raise_impossible(job, step,
						 psprintf("That step is a %s that may have committed a part of its work before it was interrupted.",
								  step->alone));
	drop_leftovers(job, leftovers);
	return action;
}

/*
 * Runs a step of one statement that must be alone.
 */
static void
run_alone(Job *job, const Step *step)
{
	Node	   *stmt = statement(job, step->first)->stmt;
	ResumeAction action = RESUME_RUN;
	RunStats	stats = {0};
	Position	position;

	position_push(&position, job->script);
	position_set(&position, statement(job, step->first));
	if (job->started)
		action = resume_alone(job, step, stmt);
	else
		start_alone(job, step, stmt);
	resume_follow_note(stmt, job->note);
	ereport(NOTICE,
			(action == RESUME_FINISHED ?
			 errmsg("migration \"%s\", step %d of %d: %s was finished before",
					job->migration->version, step->number, list_length(job->steps), step->alone) :
			 errmsg("migration \"%s\", step %d of %d: %s",
					job->migration->version, step->number, list_length(job->steps), step->alone)));
	if (action == RESUME_RUN)
		run_at_top_level(job, step, &stats);
	else
		executor_stats_begin(&stats);
	position_pop(&position);

	toplevel_work_begin();
	upkeep_record(job->ledger, job->migration->version);
	step_add_stats(job, &stats);
	step_append(job, LEDGER_DONE, step, &stats, NULL, NULL);
	if (step->number == list_length(job->steps))
		step_append_settled(job);
	toplevel_work_commit(job->top);
}

/*
 * Runs a step once.  Returns the error if it failed.
 */
static ErrorData *
try_step(Job *job, const Step *step, bool whole)
{
	PG_TRY();
	{
		if (whole)
			run_whole(job);
		else if (step->alone)
		{
			blocker_watch_begin();
			run_alone(job, step);
			blocker_watch_end();
		}
		else
			run_together(job, step);
	}
	PG_CATCH();
	{
		if (step->alone)
			blocker_watch_end();
		return toplevel_catch(job->top);
	}
	PG_END_TRY();
	return NULL;
}

/*
 * Runs a step until it succeeds, fails for good, or runs out of retries.
 */
static void
run_step(Job *job, const Step *step, bool whole)
{
	Node	   *stmt = statement(job, step->first)->stmt;

	/* how far a DO or CALL that commits came cannot be told */
	bool		repeatable = !step->alone || (!IsA(stmt, DoStmt) && !IsA(stmt, CallStmt));

	report_activity(job, step);
	for (int attempt = 1;; attempt++)
	{
		ErrorData  *error = try_step(job, step, whole);

		if (error == NULL)
			return;
		if (!repeatable || !executor_may_retry(job->script, error, attempt))
		{
			step_record_failure(job, step, error);
			ReThrowError(error);
		}
		FreeErrorData(error);
		executor_wait_before_retry(attempt);
		script_parse_again(job->script);
	}
}

/*
 * Finds where to go on: returns the number of steps that are done, and takes
 * over how the script was cut then, what the steps took, and whether the next
 * one was started.
 */
static int
find_progress(Job *job)
{
	int			done = 0;
	ListCell   *cell;

	foreach(cell, ledger_steps(job->ledger, job->migration->version, job->settled))
	{
		LedgerEntry *entry = lfirst(cell);
		char	   *action = ledger_entry_text(entry, L_ACTION);
		bytea	   *checksum = DatumGetByteaPP(entry->values[L_CHECKSUM]);

		if (strcmp(action, LEDGER_FAILED) == 0)
			continue;
		if (memcmp(VARDATA_ANY(checksum), job->script->checksum, PG_SHA256_DIGEST_LENGTH) != 0 ||
			strcmp(ledger_entry_text(entry, L_DIRECTION), step_direction(job)) != 0)
			raise_impossible(job, linitial(job->steps),
							 "It was interrupted when its SQL was another.");
		job->steps = steps_cut_from_text(job->script, ledger_entry_text(entry, L_CUT));
		job->started = strcmp(action, LEDGER_STARTED) == 0;
		if (job->started)
			job->note = ledger_entry_text(entry, L_DETAIL);
		else
		{
			done = DatumGetInt32(entry->values[L_STEP]);
			job->stats.statements += DatumGetInt32(entry->values[L_STATEMENTS]);
			job->stats.rows += DatumGetInt64(entry->values[L_ROWS]);
			job->stats.wal_bytes += DatumGetInt64(entry->values[L_WAL_BYTES]);
			job->stats.duration += DatumGetIntervalP(entry->values[L_DURATION])->time;
		}
	}
	return done;
}

/*
 * Makes the settings again that the first "done" steps made.  Raises 55000 if
 * one of them made what ended with the session it ran in.
 */
static void
replay(Job *job, int done)
{
	RunStats	stats;

	executor_stats_begin(&stats);
	toplevel_work_begin();
	for (int i = 0; i < done; i++)
	{
		Step	   *step = list_nth(job->steps, i);
		const char *bound = steps_session_bound(job->script, step);

		if (bound)
			raise_impossible(job, list_nth(job->steps, done - 1),
							 psprintf("Step %d is done and contains %s, which ended with the session that it ran in.",
									  step->number, bound));
		for (int s = step->first; s <= step->last; s++)
			if (steps_is_setting(statement(job, s)))
				executor_run_range(job->script, s, s, &stats);
	}
	toplevel_work_commit(job->top);
}

/*
 * Runs the steps that are not done.
 */
static void
run_remaining(Job *job, int done)
{
	/* the script may change neon_migrate.lock_timeout itself */
	job->lock_timeout = settings_lock_timeout;
	session_settings_set("lock_timeout", psprintf("%d", job->lock_timeout));
	session_settings_set("standard_conforming_strings", "on");
	toplevel_commit(job->top);
	if (done > 0)
		replay(job, done);
	if (done > 0 || job->started)
		ereport(NOTICE,
				(errmsg("migration \"%s\" goes on at step %d of %d",
						job->migration->version, done + 1, list_length(job->steps))));
	for (int i = done; i < list_length(job->steps); i++)
	{
		run_step(job, list_nth(job->steps, i), false);
		job->started = false;
	}
}

/*
 * Puts the settings of the session back.  Returns the error if that failed, as
 * by a cancel that comes just then.
 */
static ErrorData *
try_restore_settings(Job *job, const SessionSettings *saved)
{
	PG_TRY();
	{
		toplevel_work_begin();
		session_settings_restore(saved);
		toplevel_work_commit(job->top);
	}
	PG_CATCH();
	{
		return toplevel_catch(job->top);
	}
	PG_END_TRY();
	return NULL;
}

/*
 * Drops what the steps made in the session, however long that has to wait.
 * Returns the error if that failed.
 */
static ErrorData *
try_clean_up(Job *job)
{
	PG_TRY();
	{
		int			nest = NewGUCNestLevel();

		toplevel_work_begin();
		settings_pin("lock_timeout", "0");
		session_clean_up();
		AtEOXact_GUC(false, nest);
		toplevel_work_commit(job->top);
	}
	PG_CATCH();
	{
		return toplevel_catch(job->top);
	}
	PG_END_TRY();
	return NULL;
}

/*
 * Takes back what the steps did to the session, whether or not they failed.
 * Settings first: who comes next through a pooler has to live with them.
 */
static void
restore_session(Job *job, const SessionSettings *saved)
{
	ErrorData  *error = try_restore_settings(job, saved);
	ErrorData  *clean_up_error;

	if (error)
		error = try_restore_settings(job, saved);
	clean_up_error = try_clean_up(job);
	session_watch_end();
	if (error == NULL)
		error = clean_up_error;
	if (error)
		ereport(WARNING,
				(errmsg("could not restore the session after migration \"%s\"",
						job->migration->version),
				 errdetail_internal("%s", error->message),
				 errhint("Close this connection.")));
}

/*
 * Runs the steps that are not done.  Returns the error if one failed.
 */
static ErrorData *
try_remaining(Job *job, int done)
{
	PG_TRY();
	{
		run_remaining(job, done);
	}
	PG_CATCH();
	{
		return toplevel_catch(job->top);
	}
	PG_END_TRY();
	return NULL;
}

/*
 * Runs a migration in steps.
 */
static void
run_in_steps(Job *job)
{
	SessionSettings *saved;
	ErrorData  *error;
	int			done;

	toplevel_work_begin();
	saved = session_settings_save();
	done = find_progress(job);
	upkeep_begin(job->ledger);
	/* on the list meanwhile, so that CALL migrate_up() can go on with it */
	if (!job->down)
		definition_put(job->ledger, job->migration, true);
	toplevel_work_commit(job->top);

	session_watch_begin();
	error = try_remaining(job, done);
	restore_session(job, saved);
	upkeep_end();
	if (error)
		ReThrowError(error);
}

/*
 * Runs the job.  There is a transaction without a snapshot before and after.
 */
void
stepwise_run(Job *job)
{
	if (job->steps == NIL)
		run_whole(job);			/* nothing to run, but an entry to make */
	else if (list_length(job->steps) == 1 && ((Step *) linitial(job->steps))->alone == NULL)
		run_step(job, linitial(job->steps), true);
	else
		run_in_steps(job);
	pgstat_report_activity(STATE_RUNNING, debug_query_string);
	ereport(NOTICE,
			(errmsg("%s migration \"%s\" (%d of %d) in %.3f s",
					job->down ? "rolled back" : "applied", job->migration->version,
					job->position, job->total, job->stats.duration / 1000000.0)));
}
