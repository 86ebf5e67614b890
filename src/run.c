/*-------------------------------------------------------------------------
 *
 * run.c
 *	  migrate_run(), migrate_up(), migrate_down() and migrate_down_to(): the
 *	  procedures, which end and begin transactions of their own.
 *
 * Each commits what the CALL came with, takes the gate for the session while
 * holding no snapshot, runs one migration after the other, and gives the gate
 * back on every path.  Only then does it raise what went wrong.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "apply.h"
#include "definition.h"
#include "gate.h"
#include "lint/at_apply.h"
#include "plan.h"
#include "rollback.h"
#include "steps.h"
#include "stepwise.h"
#include "version.h"

PG_FUNCTION_INFO_V1(migrate_down);
PG_FUNCTION_INFO_V1(migrate_down_to);
PG_FUNCTION_INFO_V1(migrate_run);
PG_FUNCTION_INFO_V1(migrate_up);

/*
 * One CALL.  Of the arguments, only those of its procedure are set.
 */
typedef struct Run
{
	TopLevel   *top;
	Ledger	   *ledger;
	const char *applied_by;
	const char *role;
	const char *application;
	Migration  *migration;		/* migrate_run */
	char	   *version;		/* migrate_up's target, migrate_down_to's version */
	int			steps;			/* migrate_down */
} Run;

/*
 * Does the work of a CALL; returns the number of migrations run.
 */
typedef int (*RunBody) (Run *run);

/*
 * Begins a job in a memory context of its own.
 */
static Job *
job_begin(Run *run, int position, int total)
{
	MemoryContext context = AllocSetContextCreate(run->top->context, "neon_migrate job",
												  ALLOCSET_DEFAULT_SIZES);
	Job		   *job;

	run->top->context = context;
	MemoryContextSwitchTo(context);
	job = palloc0(sizeof(Job));
	job->top = run->top;
	job->ledger = run->ledger;
	job->applied_by = run->applied_by;
	job->role = run->role;
	job->application = run->application;
	job->position = position;
	job->total = total;
	return job;
}

static void
job_end(Run *run)
{
	MemoryContext context = run->top->context;

	run->top->context = MemoryContextGetParent(context);
	MemoryContextSwitchTo(run->top->context);
	MemoryContextDelete(context);
}

/*
 * Applies a migration: that given, or else the registered one of the version.
 */
static void
run_up(Run *run, const char *version, Migration *migration, int position, int total)
{
	Job		   *job = job_begin(run, position, total);

	toplevel_work_begin();
	if (migration == NULL)
		migration = definition_lookup(run->ledger, version);
	job->migration = migration;
	job->settled = ledger_lookup(run->ledger, migration->version);
	migration_read(migration);
	apply_check_resumable(run->ledger, migration, job->settled);
	apply_check_dependencies(run->ledger, migration);
	migration_parse(migration);
	if (!ledger_is_unfinished(run->ledger, migration->version, job->settled))
	{
		apply_check_order(run->ledger, migration, ledger_tail(run->ledger));
		lint_at_apply(migration->up, true);
	}
	job->script = migration->up;
	job->steps = steps_cut(job->script);
	toplevel_work_commit(run->top);

	stepwise_run(job);
	job_end(run);
}

/*
 * Undoes an applied version.
 */
static void
run_down(Run *run, const char *version, int position, int total)
{
	Job		   *job = job_begin(run, position, total);

	toplevel_work_begin();
	job->down = true;
	job->settled = rollback_lookup_applied(run->ledger, version);
	job->migration = migration_from_entry(job->settled);
	rollback_check_has_down(job->settled);
	rollback_check_dependents(run->ledger, version);
	job->script = script_read(version, true, job->migration->down_sql);
	script_parse(job->script);
	job->steps = steps_cut(job->script);
	toplevel_work_commit(run->top);

	stepwise_run(job);
	job_end(run);
}

/*
 * Raises 55000 if a version was interrupted on the way in the other direction.
 */
static void
check_direction(Run *run, const char *direction, const char *procedure)
{
	ListCell   *cell;

	foreach(cell, ledger_unfinished(run->ledger, ledger_tail(run->ledger)))
	{
		LedgerEntry *step = lfirst(cell);
		char	   *version = ledger_entry_text(step, L_VERSION);

		if (strcmp(ledger_entry_text(step, L_DIRECTION), direction) == 0)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("migration \"%s\" was interrupted on its way %s", version,
						ledger_entry_text(step, L_DIRECTION)),
				 errdetail("Of its steps, %d of %d were begun.",
						   DatumGetInt32(step->values[L_STEP]),
						   DatumGetInt32(step->values[L_STEPS])),
				 errhint("Finish it with CALL %s(), or settle it by hand with migrate_stamp(%s) or migrate_unstamp(%s).",
						 procedure, quote_literal_cstr(version), quote_literal_cstr(version))));
	}
}

/*
 * Undoes some versions.
 */
static int
run_downs(Run *run, List *versions)
{
	int			position = 0;
	ListCell   *cell;

	foreach(cell, versions)
		run_down(run, lfirst(cell), ++position, list_length(versions));
	return position;
}

static int
up_body(Run *run)
{
	List	   *versions;
	ListCell   *cell;
	int			position = 0;

	toplevel_work_begin();
	check_direction(run, "up", "migrate_down");
	versions = plan_pending(run->ledger, run->version);
	toplevel_work_commit(run->top);
	if (versions == NIL)
		ereport(NOTICE, (errmsg("there is no migration to apply")));

	foreach(cell, versions)
		run_up(run, lfirst(cell), NULL, ++position, list_length(versions));
	return position;
}

static int
down_body(Run *run)
{
	List	   *versions;

	toplevel_work_begin();
	check_direction(run, "down", "migrate_up");
	versions = rollback_plan(run->ledger, run->steps, 0);
	toplevel_work_commit(run->top);
	return run_downs(run, versions);
}

static int
down_to_body(Run *run)
{
	List	   *versions;
	LedgerEntry *floor;

	toplevel_work_begin();
	check_direction(run, "down", "migrate_up");
	floor = rollback_lookup_applied(run->ledger, run->version);
	versions = rollback_plan(run->ledger, PG_INT64_MAX, ledger_entry_int64(floor, L_APPLIED_SEQ));
	toplevel_work_commit(run->top);
	return run_downs(run, versions);
}

static int
run_body(Run *run)
{
	LedgerEntry *latest;
	const char *outcome = NULL;

	toplevel_work_begin();
	migration_read(run->migration);
	latest = ledger_lookup(run->ledger, run->migration->version);
	if (ledger_entry_is_applied(latest))
	{
		apply_check_finished(run->ledger, run->migration->version, latest);
		outcome = apply_to_applied(run->ledger, run->migration, latest);
	}
	toplevel_work_commit(run->top);
	if (outcome)
	{
		ereport(NOTICE,
				(errmsg("migration \"%s\" is already applied: %s",
						run->migration->version, outcome)));
		return 0;
	}
	migration_free_scripts(run->migration);
	run_up(run, run->migration->version, run->migration, 1, 1);
	return 1;
}

/*
 * Returns the procedure's result: its INOUT parameter.
 */
static Datum
result(FunctionCallInfo fcinfo, int done)
{
	TupleDesc	desc;
	Datum		value = Int32GetDatum(done);
	bool		isnull = false;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), &value, &isnull));
}

/*
 * Runs the body of a procedure with the gate held.  The arguments in "run" are
 * in memory that outlives transactions.
 */
static Datum
call(FunctionCallInfo fcinfo, Run *run, RunBody body)
{
	Oid			function = fcinfo->flinfo->fn_oid;
	volatile int done = 0;

	run->applied_by = GetUserNameFromId(GetSessionUserId(), false);
	run->role = GetUserNameFromId(GetUserId(), false);
	run->application = pstrdup(application_name ? application_name : "");
	toplevel_commit(run->top);
	gate_hold(run->top, function);
	PG_TRY();
	{
		run->ledger = ledger_open_for(function);
		done = body(run);
	}
	PG_CATCH();
	{
		ErrorData  *error = toplevel_catch(run->top);

		gate_release();
		ReThrowError(error);
	}
	PG_END_TRY();
	gate_release();
	return result(fcinfo, done);
}

/*
 * Begins a CALL: its memory is the current context from here on.
 */
static Run *
begin(FunctionCallInfo fcinfo, const char *procedure)
{
	TopLevel   *top = toplevel_begin(fcinfo, procedure);
	Run		   *run;

	MemoryContextSwitchTo(top->context);
	run = palloc0(sizeof(Run));
	run->top = top;
	return run;
}

static text *
copy_text(text *value)
{
	return value ? (text *) PG_DETOAST_DATUM_COPY(PointerGetDatum(value)) : NULL;
}

/*
 * migrate_run(version text, up_sql text, down_sql text, description text,
 *			   depends_on text[], INOUT done integer)
 *
 * Applies a migration, which may contain statements that refuse a transaction
 * block.
 */
Datum
migrate_run(PG_FUNCTION_ARGS)
{
	Run		   *run = begin(fcinfo, "migrate_run");

	run->migration = migration_from_args(fcinfo, true);
	migration_require_up(run->migration);
	run->migration->up_sql = copy_text(run->migration->up_sql);
	run->migration->down_sql = copy_text(run->migration->down_sql);
	run->migration->description = copy_text(run->migration->description);
	return call(fcinfo, run, run_body);
}

/*
 * migrate_up(target text, INOUT done integer)
 *
 * Applies all pending migrations, or those up to "target".
 */
Datum
migrate_up(PG_FUNCTION_ARGS)
{
	Run		   *run = begin(fcinfo, "migrate_up");

	run->version = PG_ARGISNULL(0) ? NULL : version_from_arg(fcinfo, 0);
	return call(fcinfo, run, up_body);
}

/*
 * migrate_down(steps integer, INOUT done integer)
 *
 * Undoes the last "steps" applied versions.
 */
Datum
migrate_down(PG_FUNCTION_ARGS)
{
	Run		   *run = begin(fcinfo, "migrate_down");

	run->steps = rollback_steps_arg(fcinfo, 0);
	return call(fcinfo, run, down_body);
}

/*
 * migrate_down_to(version text, INOUT done integer)
 *
 * Undoes all that was applied after "version", which stays.
 */
Datum
migrate_down_to(PG_FUNCTION_ARGS)
{
	Run		   *run = begin(fcinfo, "migrate_down_to");

	run->version = version_from_arg(fcinfo, 0);
	return call(fcinfo, run, down_to_body);
}
