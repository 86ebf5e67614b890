/*-------------------------------------------------------------------------
 *
 * dry_run_report.c
 *	  The rows that a dry run returns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "tcop/utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "drift/difference.h"
#include "dry_run_report.h"

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
 * Begins a row about a script.
 */
static void
row_begin(DryRunRow *row, const Script *script, const char *direction)
{
	memset(row->nulls, true, sizeof(row->nulls));
	memset(row->values, 0, sizeof(row->values));
	if (script->version)
	{
		row->values[D_VERSION] = CStringGetTextDatum(script->version);
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
row_put(DryRunReport *report, DryRunRow *row)
{
	int			first = report->has_version ? D_VERSION : D_DIRECTION;

	tuplestore_putvalues(report->result->setResult, report->result->setDesc,
						 &row->values[first], &row->nulls[first]);
	MemoryContextReset(report->scratch);
}

/*
 * Begins a row about a statement of a script.
 */
static void
statement_row_begin(DryRunRow *row, const Script *script, int number, int line,
					const char *command)
{
	row_begin(row, script, script->down ? "down" : "up");
	row_set(row, D_STATEMENT, Int32GetDatum(number));
	row_set(row, D_LINE, Int32GetDatum(line));
	row_set(row, D_COMMAND, CStringGetTextDatum(command));
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
 * Adds a statement that has run.  "locked" and "rewritten" are lists of
 * WatchedRelation *; they, and all else that the row is made of, may be in the
 * report's scratch context.
 */
void
dry_run_report_statement(DryRunReport *report, const Script *script, Position *position,
						 const RawStmt *raw, const RunStats *stats, List *locked,
						 List *rewritten)
{
	MemoryContext old_context = MemoryContextSwitchTo(report->scratch);
	DryRunRow	row;

	statement_row_begin(&row, script, position->statement, position_line(position),
						CreateCommandName(raw->stmt));
	row_set(&row, D_DURATION, interval_datum(stats->duration));
	row_set(&row, D_ROWS, Int64GetDatum(stats->rows));
	row_set(&row, D_WAL_BYTES, Int64GetDatum(stats->wal_bytes));
	row_set(&row, D_LOCKS, locks_datum(locked));
	/* TRUNCATE gives a table a new file, but there is nothing to write into it */
	row_set(&row, D_REWRITTEN, names_datum(IsA(raw->stmt, TruncateStmt) ? NIL : rewritten));
	MemoryContextSwitchTo(old_context);
	row_put(report, &row);
}

/*
 * Adds a statement that is not run, as it is of a "kind" that refuses a
 * transaction block.
 */
void
dry_run_report_skipped(DryRunReport *report, const Script *script, int number, int line,
					   const char *command, const char *kind)
{
	MemoryContext old_context = MemoryContextSwitchTo(report->scratch);
	DryRunRow	row;

	statement_row_begin(&row, script, number, line, command);
	row_set(&row, D_DETAIL,
			CStringGetTextDatum(psprintf("not run: %s cannot run inside a transaction block", kind)));
	MemoryContextSwitchTo(old_context);
	row_put(report, &row);
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
 * Adds whether the schema after the down SQL is the one before the up SQL, which
 * is "script".  If that is not known, "unknown" says why.
 */
void
dry_run_report_check(DryRunReport *report, const Script *script, const SchemaSnapshot *before,
					 const SchemaSnapshot *after, const char *unknown)
{
	MemoryContext old_context = MemoryContextSwitchTo(report->scratch);
	Differences differences = {.is_ignored = nothing_is_ignored};
	DryRunRow	row;

	row_begin(&row, script, "check");
	if (unknown)
		row_set(&row, D_DETAIL, CStringGetTextDatum(unknown));
	else
	{
		difference_of_snapshots(&differences, before, after);
		row_set(&row, D_RESTORED, BoolGetDatum(differences.list == NIL));
		if (differences.list != NIL)
			row_set(&row, D_DETAIL,
					CStringGetTextDatum(differences_text(difference_list(&differences))));
	}
	MemoryContextSwitchTo(old_context);
	row_put(report, &row);
}

/*
 * Adds that a script of a migration has failed.  A new value of an enum can be
 * used when what added it is committed, which is not so here.
 */
void
dry_run_report_failure(DryRunReport *report, const Script *script, const ErrorData *error)
{
	MemoryContext old_context = MemoryContextSwitchTo(report->scratch);
	bool		known = error->sqlerrcode != ERRCODE_UNSAFE_NEW_ENUM_VALUE_USAGE;
	const char *beginning = known ? "down SQL failed: " :
		script->down ? "not known: " : "cannot go on: ";
	DryRunRow	row;

	row_begin(&row, script, "check");
	if (known)
		row_set(&row, D_RESTORED, BoolGetDatum(false));
	row_set(&row, D_DETAIL,
			CStringGetTextDatum(psprintf("%s%s\n%s", beginning, error->message,
										 error->context ? error->context : "")));
	MemoryContextSwitchTo(old_context);
	row_put(report, &row);
}
