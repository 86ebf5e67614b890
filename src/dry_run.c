/*-------------------------------------------------------------------------
 *
 * dry_run.c
 *	  migrate_dry_run() and migrate_dry_run_pending(): what migrations would do,
 *	  found out by doing it.
 *
 * All runs in a subtransaction that is rolled back, so the locks are those that
 * are really taken, and the rewrites are really done; what the server does not
 * roll back for anybody, such as nextval(), stays.  Nothing is put into the
 * ledger, and what is expected of the schema does not change.
 *
 * Down SQL is run after the up SQL, and the schema is then compared with how it
 * was before.  What refuses a transaction block is not run, and reported.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "tcop/utility.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "apply.h"
#include "compat.h"
#include "definition.h"
#include "dry_run_report.h"
#include "gate.h"
#include "plan.h"
#include "statement_kind.h"
#include "subtransaction.h"
#include "version.h"

PG_FUNCTION_INFO_V1(migrate_dry_run);
PG_FUNCTION_INFO_V1(migrate_dry_run_pending);

/*
 * A statement that is not run.
 */
typedef struct SkippedStatement
{
	int			number;
	int			line;
	const char *command;
	const char *kind;			/* that refuses a transaction block */
} SkippedStatement;

typedef struct DryRun
{
	StatementObserver observer; /* first, so that it is this */
	Oid			own_schema;
	DryRunReport report;
	LockWatch  *watch;
	Script	   *script;			/* the running one */
	bool		again;			/* it is in the result already */
	List	   *skipped;		/* SkippedStatement *, of it, not passed yet */
	bool		incomplete;		/* not all statements of the migration are run */
	int			lacking;		/* number of the first that was not run, or 0 */
	const char *lacking_version;	/* NULL if it has none */
} DryRun;

/*
 * Statement number "number" has run: puts those that come next and are not run
 * into the result.
 */
static void
pass_skipped(DryRun *run, int number)
{
	while (run->skipped != NIL)
	{
		SkippedStatement *skipped = linitial(run->skipped);

		if (skipped->number != ++number)
			return;
		run->skipped = list_delete_first(run->skipped);
		if (run->lacking == 0)
		{
			run->lacking = number;
			run->lacking_version = run->script->version;
		}
		if (!run->again)
			dry_run_report_skipped(&run->report, run->script, number, skipped->line,
								   skipped->command, skipped->kind);
	}
}

/*
 * A statement has run: puts it into the result.
 */
static void
see_statement(StatementObserver *self, Position *position, const RawStmt *raw,
			  const RunStats *stats)
{
	DryRun	   *run = (DryRun *) self;
	MemoryContext old_context;
	List	   *locked,
			   *rewritten;

	if (!run->again)
	{
		CommandCounterIncrement();
		old_context = MemoryContextSwitchTo(run->report.scratch);
		lock_watch_look(run->watch, &locked, &rewritten);
		MemoryContextSwitchTo(old_context);
		dry_run_report_statement(&run->report, run->script, position, raw, stats, locked, rewritten);
	}
	pass_skipped(run, position->statement);
}

/*
 * Takes the statements that refuse a transaction block out of a parsed script.
 */
static void
take_out_skipped(DryRun *run, Script *script)
{
	MemoryContext old_context = MemoryContextSwitchTo(script->trees);
	Position	position;
	ListCell   *cell;

	run->skipped = NIL;
	position_push(&position, script);
	foreach(cell, script->statements)
	{
		RawStmt    *raw = lfirst_node(RawStmt, cell);
		const char *kind = statement_nontransactional_kind(raw->stmt);
		SkippedStatement *skipped;

		if (kind == NULL)
			continue;
		position_set(&position, raw);
		skipped = palloc(sizeof(SkippedStatement));
		skipped->number = position.statement;
		skipped->line = position_line(&position);
		skipped->command = CreateCommandName(raw->stmt);
		skipped->kind = kind;
		run->skipped = lappend(run->skipped, skipped);
		run->incomplete = true;
		script->statements = foreach_delete_current(script->statements, cell);
	}
	position_pop(&position);
	MemoryContextSwitchTo(old_context);
}

/*
 * An error after a statement that was not run may be due to that.
 */
static void
lacking_context(void *arg)
{
	const DryRun *run = arg;

	if (run->lacking == 0)
		return;
	if (run->lacking_version)
		errcontext("dry run, without statement %d of migration \"%s\", which cannot run inside a transaction block",
				   run->lacking, run->lacking_version);
	else
		errcontext("dry run, without statement %d, which cannot run inside a transaction block",
				   run->lacking);
}

/*
 * Runs a parsed script; into the result, unless "again".
 */
static void
run_script(DryRun *run, Script *script, bool again)
{
	ErrorContextCallback callback = {.callback = lacking_context,.arg = run,
	.previous = error_context_stack};
	RunStats	stats;

	run->script = script;
	run->again = again;
	take_out_skipped(run, script);
	pass_skipped(run, script->enveloped ? 1 : 0);
	error_context_stack = &callback;
	executor_stats_begin(&stats);
	stats.observer = &run->observer;
	executor_run_once(script, &stats);
	error_context_stack = callback.previous;
}

/*
 * Describes the schema as it is now.  The server locks what it writes views of,
 * which is not the migration's doing: those locks are let go again.
 */
static SchemaSnapshot *
snapshot_now(const DryRun *run)
{
	Subtransaction sub;
	SchemaSnapshot *volatile result = NULL;

	CommandCounterIncrement();
	subtransaction_begin(&sub);
	PG_TRY();
	{
		Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());

		result = snapshot_take(run->own_schema, snapshot);
		UnregisterSnapshot(snapshot);
		subtransaction_rollback(&sub);
	}
	PG_CATCH();
	{
		ReThrowError(subtransaction_catch(&sub));
	}
	PG_END_TRY();
	return result;
}

/*
 * Is it the SQL's fault, and not that of the circumstances?
 */
static bool
is_fault_of_sql(const ErrorData *error)
{
	int			category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return error->elevel == ERROR && error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE &&
		category != ERRCODE_TRANSACTION_ROLLBACK && category != ERRCODE_INSUFFICIENT_RESOURCES &&
		category != ERRCODE_OPERATOR_INTERVENTION && category != ERRCODE_SYSTEM_ERROR &&
		category != ERRCODE_INTERNAL_ERROR;
}

/*
 * Runs up and down, and compares; nothing of that stays.  Returns the error if
 * the down SQL failed.
 */
static ErrorData *
try_both_ways(DryRun *run, Migration *migration)
{
	Subtransaction sub;
	ErrorData  *volatile error = NULL;
	volatile bool is_up = true;

	subtransaction_begin(&sub);
	PG_TRY();
	{
		SchemaSnapshot *before = snapshot_now(run);

		run_script(run, migration->up, false);
		is_up = false;
		/* what was not done cannot be undone */
		if (!run->incomplete)
			run_script(run, migration->down, false);
		dry_run_report_check(&run->report, migration->up, before, snapshot_now(run),
							 run->incomplete ? "not known, as not all statements were run" : NULL);
		subtransaction_rollback(&sub);
	}
	PG_CATCH();
	{
		error = subtransaction_catch(&sub);
		if (is_up || !is_fault_of_sql(error))
			ReThrowError(error);
	}
	PG_END_TRY();
	return error;
}

/*
 * Runs up and down, and puts into the result what comes of it.
 */
static void
run_both_ways(DryRun *run, Migration *migration)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "neon_migrate both ways",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	ErrorData  *error = try_both_ways(run, migration);

	if (error)
		dry_run_report_failure(&run->report, migration->down, error);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * Runs a migration, parsed.  If "more" come after it, its effects stay.
 */
static void
run_migration(DryRun *run, Migration *migration, bool more)
{
	List	   *locked,
			   *rewritten;

	run->incomplete = false;
	if (migration->down == NULL)
	{
		run_script(run, migration->up, false);
		if (run->report.has_version)
			dry_run_report_check(&run->report, migration->up, NULL, NULL,
								 "not known, there is no down SQL");
		return;
	}
	run_both_ways(run, migration);
	if (!more)
		return;
	script_parse_again(migration->up);
	run_script(run, migration->up, true);
	/* known already */
	CommandCounterIncrement();
	lock_watch_look(run->watch, &locked, &rewritten);
}

/*
 * Runs migrations, parsed, in a subtransaction that is rolled back.  Returns the
 * error if one failed.  What cannot go on before others are committed ends it.
 */
static ErrorData *
try_migrations(DryRun *run, List *migrations, Snapshot before)
{
	Subtransaction sub;
	ErrorData  *volatile error = NULL;

	subtransaction_begin(&sub);
	PG_TRY();
	{
		run->watch = lock_watch_begin(before);
		run->lacking = 0;
		for (int i = 0; i < list_length(migrations); i++)
			run_migration(run, list_nth(migrations, i), i + 1 < list_length(migrations));
		subtransaction_rollback(&sub);
	}
	PG_CATCH();
	{
		error = subtransaction_catch(&sub);
	}
	PG_END_TRY();
	if (error && run->report.has_version &&
		error->sqlerrcode == ERRCODE_UNSAFE_NEW_ENUM_VALUE_USAGE)
	{
		/* when they are applied, the value will have been committed */
		dry_run_report_failure(&run->report, run->script, error);
		return NULL;
	}
	return error;
}

static void
parse_again(List *migrations)
{
	ListCell   *cell;

	foreach(cell, migrations)
	{
		Migration  *migration = lfirst(cell);

		script_parse_again(migration->up);
		if (migration->down)
			script_parse_again(migration->down);
	}
}

/*
 * Runs migrations, parsed, and puts what they did into the function's result.
 * A lock timeout is followed by further tries, as when they are applied.
 */
static void
dry_run(FunctionCallInfo fcinfo, const Ledger *ledger, List *migrations, bool has_version)
{
	Snapshot	before = RegisterSnapshot(GetLatestSnapshot());
	DryRun		run = {.observer = {.see = see_statement},.own_schema = ledger->own_schema,
	.report = {.result = (ReturnSetInfo *) fcinfo->resultinfo,.has_version = has_version}};

	run.report.scratch = AllocSetContextCreate(CurrentMemoryContext, "neon_migrate dry run row",
											   ALLOCSET_DEFAULT_SIZES);
	InitMaterializedSRF(fcinfo, 0);
	for (int attempt = 1;; attempt++)
	{
		ErrorData  *error = try_migrations(&run, migrations, before);

		if (error == NULL)
			break;
		if (run.script == NULL || !executor_may_retry(run.script, error, attempt))
			ReThrowError(error);
		FreeErrorData(error);
		executor_wait_before_retry(attempt);
		tuplestore_clear(run.report.result->setResult);
		parse_again(migrations);
	}
	UnregisterSnapshot(before);
}

/*
 * migrate_dry_run(up_sql text, down_sql text)
 *		returns table (direction text, statement integer, line integer, command text,
 *			duration interval, rows bigint, wal_bytes bigint, locks jsonb, rewritten text[],
 *			restored boolean, detail text)
 */
Datum
migrate_dry_run(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_open(fcinfo);
	Migration	migration = {
		.up_sql = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0),
		.down_sql = PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1)
	};

	if (migration.up_sql == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the up SQL must not be null"),
				 errhint("Pass an empty string to run the down SQL alone.")));
	migration_read(&migration);
	gate_enter(ledger, "migrate_dry_run");
	migration_parse(&migration);
	dry_run(fcinfo, ledger, list_make1(&migration), false);
	return (Datum) 0;
}

/*
 * migrate_dry_run_pending(target text)
 *		returns table (version text, and the columns of migrate_dry_run())
 *
 * Runs all pending migrations, or those up to "target".
 */
Datum
migrate_dry_run_pending(PG_FUNCTION_ARGS)
{
	char	   *target = PG_ARGISNULL(0) ? NULL : version_from_arg(fcinfo, 0);
	Ledger	   *ledger = ledger_open(fcinfo);
	List	   *migrations = NIL;
	LedgerEntry *tail;
	ListCell   *cell;

	gate_enter(ledger, "migrate_dry_run_pending");
	tail = ledger_tail(ledger);
	foreach(cell, plan_pending(ledger, target))
	{
		char	   *version = lfirst(cell);
		Migration  *migration = definition_lookup(ledger, version);

		apply_check_finished(ledger, version, ledger_lookup(ledger, version));
		migration_read(migration);
		apply_check_order(ledger, migration, tail);
		migration_parse(migration);
		migrations = lappend(migrations, migration);
	}
	dry_run(fcinfo, ledger, migrations, true);
	return (Datum) 0;
}
