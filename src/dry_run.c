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
#include "catalog/pg_type.h"
#include "tcop/utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "apply.h"
#include "compat.h"
#include "definition.h"
#include "drift/difference.h"
#include "executor.h"
#include "gate.h"
#include "lock_watch.h"
#include "plan.h"
#include "settings.h"
#include "statement_kind.h"
#include "subtransaction.h"
#include "version.h"

PG_FUNCTION_INFO_V1(migrate_dry_run);
PG_FUNCTION_INFO_V1(migrate_dry_run_pending);

/*
 * Columns of the result.  The first is only there for the pending list.
 */
typedef enum DryRunColumn
{
	D_VERSION,
	D_DIRECTION,
	D_STATEMENT,
	D_LINE,
	D_COMMAND,
	D_DURATION,
	D_ROWS,
	D_WAL_BYTES,
	D_LOCKS,
	D_REWRITTEN,
	D_RESTORED,
	D_DETAIL,
	DRY_RUN_COLUMNS
} DryRunColumn;

typedef struct DryRunRow
{
	Datum		values[DRY_RUN_COLUMNS];
	bool		nulls[DRY_RUN_COLUMNS];
} DryRunRow;

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
	ReturnSetInfo *result;
	bool		has_version;	/* in the result */
	MemoryContext scratch;		/* for a row */
	LockWatch  *watch;
	Script	   *script;			/* the running one */
	bool		again;			/* it is in the result already */
	List	   *skipped;		/* SkippedStatement *, of it, not passed yet */
	bool		incomplete;		/* not all statements of the migration are run */
	int			lacking;		/* number of the first that was not run, or 0 */
	const char *lacking_version;	/* NULL if it has none */
} DryRun;

/*
 * Begins a row about the running script.
 */
static void
row_begin(const DryRun *run, DryRunRow *row, const char *direction)
{
	memset(row->nulls, true, sizeof(row->nulls));
	memset(row->values, 0, sizeof(row->values));
	if (run->script->version)
	{
		row->values[D_VERSION] = CStringGetTextDatum(run->script->version);
		row->nulls[D_VERSION] = false;
	}
	row->values[D_DIRECTION] = CStringGetTextDatum(direction);
	row->nulls[D_DIRECTION] = false;
}

static void
row_set(DryRunRow *row, DryRunColumn column, Datum value)
{
	row->values[column] = value;
	row->nulls[column] = false;
}

static void
row_put(DryRun *run, DryRunRow *row)
{
	int			first = run->has_version ? D_VERSION : D_DIRECTION;

	tuplestore_putvalues(run->result->setResult, run->result->setDesc,
						 &row->values[first], &row->nulls[first]);
	MemoryContextReset(run->scratch);
}

/*
 * Begins a row about a statement of the running script.
 */
static void
statement_row_begin(const DryRun *run, DryRunRow *row, int number, int line, const char *command)
{
	row_begin(run, row, run->script->down ? "down" : "up");
	row_set(row, D_STATEMENT, Int32GetDatum(number));
	row_set(row, D_LINE, Int32GetDatum(line));
	row_set(row, D_COMMAND, CStringGetTextDatum(command));
}

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
		MemoryContext old_context;
		DryRunRow	row;

		if (skipped->number != ++number)
			return;
		run->skipped = list_delete_first(run->skipped);
		if (run->lacking == 0)
		{
			run->lacking = number;
			run->lacking_version = run->script->version;
		}
		if (run->again)
			continue;
		old_context = MemoryContextSwitchTo(run->scratch);
		statement_row_begin(run, &row, number, skipped->line, skipped->command);
		row_set(&row, D_DETAIL,
				CStringGetTextDatum(psprintf("not run: %s cannot run inside a transaction block",
											 skipped->kind)));
		row_put(run, &row);
		MemoryContextSwitchTo(old_context);
	}
}

/*
 * Returns {"relation": "lock mode", ...}.
 */
static Datum
locks_datum(List *locked)
{
	StringInfoData json;
	ListCell   *cell;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	foreach(cell, locked)
	{
		const WatchedRelation *relation = lfirst(cell);

		if (json.len > 1)
			appendStringInfoString(&json, ", ");
		escape_json(&json, relation->name);
		appendStringInfoString(&json, ": ");
		escape_json(&json, lock_watch_mode_name(relation->mode));
	}
	appendStringInfoChar(&json, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

static Datum
names_datum(List *relations)
{
	Datum	   *names = palloc(sizeof(Datum) * (list_length(relations) + 1));
	int			count = 0;
	ListCell   *cell;

	foreach(cell, relations)
		names[count++] = CStringGetTextDatum(((const WatchedRelation *) lfirst(cell))->name);
	return PointerGetDatum(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

static Datum
interval_datum(int64 microseconds)
{
	Interval   *interval = palloc0(sizeof(Interval));

	interval->time = microseconds;
	return IntervalPGetDatum(interval);
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
	DryRunRow	row;
	List	   *locked,
			   *rewritten;

	if (run->again)
	{
		pass_skipped(run, position->statement);
		return;
	}
	CommandCounterIncrement();
	old_context = MemoryContextSwitchTo(run->scratch);
	lock_watch_look(run->watch, &locked, &rewritten);
	statement_row_begin(run, &row, position->statement, position_line(position),
						CreateCommandName(raw->stmt));
	row_set(&row, D_DURATION, interval_datum(stats->duration));
	row_set(&row, D_ROWS, Int64GetDatum(stats->rows));
	row_set(&row, D_WAL_BYTES, Int64GetDatum(stats->wal_bytes));
	row_set(&row, D_LOCKS, locks_datum(locked));
	/* TRUNCATE gives a table a new file, but there is nothing to write into it */
	row_set(&row, D_REWRITTEN, names_datum(IsA(raw->stmt, TruncateStmt) ? NIL : rewritten));
	row_put(run, &row);
	MemoryContextSwitchTo(old_context);
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

static bool
nothing_is_ignored(const char *property)
{
	(void) property;
	return false;
}

/*
 * Returns a line for each difference.
 */
static char *
differences_text(List *differences)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, differences)
	{
		const Difference *difference = lfirst(cell);

		if (text.len > 0)
			appendStringInfoChar(&text, '\n');
		appendStringInfo(&text, "%s %s", difference->kind, difference->identity);
		if (difference->change == DIFFERENCE_CHANGED)
			appendStringInfo(&text, " was: %s; is: %s", difference->expected, difference->actual);
		else
			appendStringInfoString(&text, difference->change == DIFFERENCE_MISSING ?
								   " is missing" : " is left over");
	}
	return text.data;
}

/*
 * Puts into the result whether the down SQL has restored the schema; NULL if
 * there is none.
 */
static void
put_check(DryRun *run, const SchemaSnapshot *before, const SchemaSnapshot *after)
{
	MemoryContext old_context = MemoryContextSwitchTo(run->scratch);
	Differences differences = {.is_ignored = nothing_is_ignored};
	DryRunRow	row;

	row_begin(run, &row, "check");
	if (before == NULL)
		row_set(&row, D_DETAIL, CStringGetTextDatum("not known, there is no down SQL"));
	else if (run->incomplete)
		row_set(&row, D_DETAIL, CStringGetTextDatum("not known, as not all statements were run"));
	else
	{
		difference_of_snapshots(&differences, before, after);
		row_set(&row, D_RESTORED, BoolGetDatum(differences.list == NIL));
		if (differences.list != NIL)
			row_set(&row, D_DETAIL,
					CStringGetTextDatum(differences_text(difference_list(&differences))));
	}
	row_put(run, &row);
	MemoryContextSwitchTo(old_context);
}

/*
 * Runs up and down, and compares; nothing of that stays.
 */
static void
run_both_ways(DryRun *run, Migration *migration)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "neon_migrate both ways",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	Subtransaction sub;

	subtransaction_begin(&sub);
	PG_TRY();
	{
		SchemaSnapshot *before = snapshot_now(run);

		run_script(run, migration->up, false);
		/* what was not done cannot be undone */
		if (!run->incomplete)
			run_script(run, migration->down, false);
		put_check(run, before, snapshot_now(run));
		subtransaction_rollback(&sub);
	}
	PG_CATCH();
	{
		ReThrowError(subtransaction_catch(&sub));
	}
	PG_END_TRY();
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
		if (run->has_version)
			put_check(run, NULL, NULL);
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
 * error if one failed.
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
	.result = (ReturnSetInfo *) fcinfo->resultinfo,.has_version = has_version};

	run.scratch = AllocSetContextCreate(CurrentMemoryContext, "neon_migrate dry run row",
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
		tuplestore_clear(run.result->setResult);
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
