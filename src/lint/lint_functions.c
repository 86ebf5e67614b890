/*-------------------------------------------------------------------------
 *
 * lint_functions.c
 *	  migrate_lint() and migrate_lint_files().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "compat.h"
#include "file_args.h"
#include "lint/lint.h"
#include "position.h"
#include "register_files.h"
#include "script.h"

PG_FUNCTION_INFO_V1(migrate_lint);
PG_FUNCTION_INFO_V1(migrate_lint_files);

#define FINDING_COLUMNS 7

/*
 * Fills in the columns of a finding.  "place" is of its script.
 */
static void
finding_columns(Position *place, const LintFinding *finding, Datum *values, bool *nulls)
{
	bool		placed = finding->statement > 0;
	int			line = 0,
				column = 0;

	if (placed)
		position_line_and_column(place, finding->offset, &line, &column);
	values[0] = CStringGetTextDatum(rule_name(finding->rule));
	values[1] = CStringGetTextDatum(lint_severity_name(finding->severity));
	values[2] = Int32GetDatum(finding->statement);
	values[3] = Int32GetDatum(line);
	values[4] = Int32GetDatum(column);
	nulls[2] = nulls[3] = nulls[4] = !placed;
	values[5] = CStringGetTextDatum(finding->message);
	nulls[6] = finding->hint == NULL;
	values[6] = nulls[6] ? (Datum) 0 : CStringGetTextDatum(finding->hint);
}

/*
 * Reads and looks at one script.
 */
static Script *
look_at(Lint *lint, const char *version, text *sql)
{
	Script	   *script = script_read(version, false, sql);

	script_parse(script);
	lint_script(lint, script);
	return script;
}

/*
 * migrate_lint(sql text)
 *		returns table (rule text, severity text, statement integer, line integer,
 *		col integer, message text, hint text)
 *
 * What is wrong or dangerous in the up SQL of a migration.
 */
Datum
migrate_lint(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Position	place = {0};
	Lint	   *lint;
	ListCell   *cell;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("sql must not be null"),
				 errhint("Pass the SQL of a migration.")));
	InitMaterializedSRF(fcinfo, 0);
	lint = lint_begin(LINT_NOTICE, false);
	place.script = look_at(lint, NULL, PG_GETARG_TEXT_PP(0));
	foreach(cell, lint_end(lint))
	{
		Datum		values[FINDING_COLUMNS];
		bool		nulls[FINDING_COLUMNS] = {0};

		finding_columns(&place, lfirst(cell), values, nulls);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * Returns the file that a script was read from: the one of the migration at the
 * same place in the list.
 */
static const FormatMigration *
migration_of(const List *scripts, const List *migrations, const Script *script)
{
	for (int i = 0; i < list_length(scripts); i++)
		if (list_nth(scripts, i) == script)
			return list_nth(migrations, i);
	return NULL;
}

/*
 * Adds the findings in files to the result.
 */
static void
add_findings(ReturnSetInfo *result, const List *findings, const List *scripts,
			 const List *migrations)
{
	Position	place = {0};
	ListCell   *cell;

	foreach(cell, findings)
	{
		const LintFinding *finding = lfirst(cell);
		const FormatMigration *migration = migration_of(scripts, migrations, finding->script);
		Datum		values[FINDING_COLUMNS + 2];
		bool		nulls[FINDING_COLUMNS + 2] = {0};

		if (place.script != finding->script)
			place = (Position) {.script = finding->script};
		nulls[0] = migration == NULL;
		nulls[1] = migration == NULL || migration->up_file == NULL;
		values[0] = nulls[0] ? (Datum) 0 : CStringGetTextDatum(migration->version);
		values[1] = nulls[1] ? (Datum) 0 : CStringGetTextDatum(migration->up_file->given);
		finding_columns(&place, finding, values + 2, nulls + 2);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * Returns the migrations in the files; or with "pending_only", those that are
 * not applied.  In the format "sql", each file is nothing but up SQL.
 */
static List *
read_migrations(FunctionCallInfo fcinfo, Datum *paths, Datum *contents, int count,
				const char *format, bool pending_only)
{
	MigrationFiles set;
	Ledger	   *ledger;
	List	   *migrations = NIL;
	ListCell   *cell;

	if (format && strcmp(format, "sql") == 0)
	{
		format_files_make(&set.files, paths, contents, count);
		for (int i = 0; i < set.files.count; i++)
		{
			FormatFile *file = &set.files.file[i];

			migrations = lappend(migrations, format_migration(file, pstrdup(file->base), NULL));
		}
		return migrations;
	}
	register_files_read(&set, paths, contents, count, format);
	if (!pending_only || set.migrations == NIL)
		return set.migrations;
	ledger = ledger_open(fcinfo);
	set.migrations = format_settle(ledger, set.migrations);
	format_order(ledger, set.format, set.migrations);
	foreach(cell, set.migrations)
		if (!((FormatMigration *) lfirst(cell))->applied)
			migrations = lappend(migrations, lfirst(cell));
	return migrations;
}

/*
 * migrate_lint_files(paths text[], contents text[], format text, pending_only boolean)
 *		returns table (version text, path text, rule text, severity text,
 *		statement integer, line integer, col integer, message text, hint text)
 *
 * The same for the migrations in files, as if they were applied one after the
 * other; or for those that are not applied.
 */
Datum
migrate_lint_files(PG_FUNCTION_ARGS)
{
	int			npaths,
				ncontents;
	Datum	   *paths = file_args_paths(fcinfo, 0, &npaths);
	Datum	   *contents = file_args_contents(fcinfo, 1, &ncontents);
	char	   *format = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	Lint	   *lint;
	List	   *scripts = NIL,
			   *migrations = NIL;
	ListCell   *cell;

	file_args_check_counts(npaths, ncontents, "contents");
	if (PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("pending_only must not be null"),
				 errhint("Pass true or false.")));
	InitMaterializedSRF(fcinfo, 0);
	lint = lint_begin(LINT_NOTICE, true);
	foreach(cell, read_migrations(fcinfo, paths, contents, npaths, format, PG_GETARG_BOOL(3)))
	{
		FormatMigration *migration = lfirst(cell);
		FormatContext context;

		CHECK_FOR_INTERRUPTS();
		if (migration->up_sql == NULL)
			continue;
		format_context_push(&context, migration);
		scripts = lappend(scripts, look_at(lint, migration->version, cstring_to_text(migration->up_sql)));
		migrations = lappend(migrations, migration);
		format_context_pop(&context);
	}
	add_findings((ReturnSetInfo *) fcinfo->resultinfo, lint_end(lint), scripts, migrations);
	return (Datum) 0;
}
