/*-------------------------------------------------------------------------
 *
 * register_files.c
 *	  migrate_register_files(): puts migrations on the pending list as they
 *	  are in the files of other tools.
 *
 * The files are read, recognised and put into order first (see formats/), and
 * then registered one by one as migrate_register() would.  All of it happens
 * in the caller's transaction: an error in one file leaves the list as it was.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "definition.h"
#include "file_args.h"
#include "gate.h"
#include "register_files.h"
#include "registry.h"
#include "steps.h"

PG_FUNCTION_INFO_V1(migrate_register_files);

/*
 * Does the script, if there is one, have anything in it that cannot be in one
 * transaction with the rest?
 */
static bool
needs_no_transaction(const Script *script)
{
	List	   *steps;

	if (script == NULL)
		return false;
	if (script->nontransactional)
		return true;
	steps = steps_cut(script);
	return list_length(steps) > 1 || (steps != NIL && ((Step *) linitial(steps))->alone);
}

/*
 * Returns the array of the versions, or NULL if there are none.
 */
static ArrayType *
versions_to_array(const List *versions)
{
	Datum	   *elements;

	if (versions == NIL)
		return NULL;
	elements = palloc(sizeof(Datum) * list_length(versions));
	for (int i = 0; i < list_length(versions); i++)
		elements[i] = CStringGetTextDatum(list_nth(versions, i));
	return construct_array(elements, list_length(versions), TEXTOID, -1, false, TYPALIGN_INT);
}

/*
 * Raises 55000 if a migration that must not be there is applied.
 */
static void
check_conflicts(const Ledger *ledger, const FormatMigration *found)
{
	ListCell   *cell;

	foreach(cell, found->conflicts)
		if (ledger_entry_is_applied(ledger_lookup(ledger, lfirst(cell))))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("migration \"%s\" conflicts with \"%s\", which is applied",
							found->version, (char *) lfirst(cell)),
					 errhint("Roll \"%s\" back first.", (char *) lfirst(cell))));
}

/*
 * Registers one migration.  Returns the outcome.
 */
static const char *
register_found(const Ledger *ledger, FormatMigration *found, bool from_folder)
{
	Migration	migration = {.version = found->version,.from_folder = from_folder};
	FormatContext context;
	const char *outcome;

	format_context_push(&context, found);
	if (!found->applied)
		check_conflicts(ledger, found);
	migration.up_sql = cstring_to_text(found->up_sql);
	if (found->down_sql)
		migration.down_sql = cstring_to_text(found->down_sql);
	if (found->description)
		migration.description = cstring_to_text(found->description);
	migration.depends_on = versions_to_array(found->depends_on);
	outcome = registry_put(ledger, &migration);
	if (found->mark && migration.up && migration.up->trees &&
		!needs_no_transaction(migration.up) && !needs_no_transaction(migration.down))
		ereport(NOTICE,
				(errmsg("migration \"%s\" will run in a transaction", found->version),
				 errdetail("It is marked with \"%s\", but has no statement that needs to run outside of one.",
						   found->mark)));
	format_context_pop(&context);
	return outcome;
}

/*
 * Raises 22023 if a migration was not handed over that is not known either.
 */
static void
check_known(const Ledger *ledger, const FormatMigration *found, const char *index)
{
	if (found->applied || definition_lookup(ledger, found->version))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no file \"%s\"", format_label(found->missing)),
			 errdetail("\"%s\" lists it, and migration \"%s\" is neither applied nor pending.",
					   index, found->version),
			 errhint("Pass the file with the others, or take it out of \"%s\".", index)));
}

/*
 * Returns the path of the file that a migration's SQL comes from, as the caller
 * has it, or NULL.
 */
static const char *
path_of(const char *sql, const FormatFile *file)
{
	return sql && file ? file->given : NULL;
}

/*
 * Adds a row about a registered migration: its version, the outcome, and the
 * paths of its files if the caller wants as many columns.
 */
static void
add_row(ReturnSetInfo *result, const FormatMigration *found, const char *outcome)
{
	const char *columns[] = {
		found->version, outcome,
		path_of(found->up_sql, found->up_file), path_of(found->down_sql, found->down_file)
	};
	Datum		values[lengthof(columns)];
	bool		nulls[lengthof(columns)];

	for (int i = 0; i < (int) lengthof(columns); i++)
	{
		nulls[i] = columns[i] == NULL;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(columns[i]);
	}
	Assert(result->setDesc->natts <= (int) lengthof(columns));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * Reads the files: recognises the format, unless "format" names it, and finds
 * the migrations.  Raises what is wrong with them.
 */
void
register_files_read(MigrationFiles *set, Datum *paths, Datum *contents, int count, const char *format)
{
	memset(set, 0, sizeof(MigrationFiles));
	format_files_make(&set->files, paths, contents, count);
	if (set->files.count == 0)
		return;
	set->format = format_recognise(&set->files, format);
	set->migrations = set->format->read(&set->files);
	format_check_versions(set->migrations);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/*
 * Takes what an earlier folder has put on the pending list, and this one has
 * not got, off it: another branch's migration must not run with this one's.
 * What has been begun stays.
 */
static void
withdraw_missing(const Ledger *ledger, const List *migrations)
{
	int			count = list_length(migrations);
	char	  **versions = palloc(sizeof(char *) * Max(count, 1));
	ListCell   *cell;

	for (int i = 0; i < count; i++)
		versions[i] = ((FormatMigration *) list_nth(migrations, i))->version;
	qsort(versions, count, sizeof(char *), compare_texts);
	foreach(cell, definition_pending(ledger))
	{
		Migration  *pending = lfirst(cell);

		if (!pending->from_folder ||
			bsearch(&pending->version, versions, count, sizeof(char *), compare_texts) ||
			ledger_is_unfinished(ledger, pending->version, ledger_lookup(ledger, pending->version)))
			continue;
		definition_delete(ledger, pending->version);
		ereport(NOTICE,
				(errmsg("migration \"%s\" is no longer pending", pending->version),
				 errdetail("It was in the folder registered before, and is not in this one.")));
	}
	pfree(versions);
}

/*
 * Registers the migrations of the set, which is not empty, and adds a row for
 * each to the result.  From then on, the set has those that count with the
 * versions that they are registered as.  The caller holds the gate.
 */
void
register_files_put(MigrationFiles *set, const Ledger *ledger, ReturnSetInfo *result)
{
	MemoryContext context;
	ListCell   *cell;

	set->migrations = format_settle(ledger, set->migrations);
	if (set->is_folder)
		withdraw_missing(ledger, set->migrations);
	format_order(ledger, set->format, set->migrations);

	/* a script can be many times as large as its text */
	context = AllocSetContextCreate(CurrentMemoryContext, "neon_migrate file",
									ALLOCSET_DEFAULT_SIZES);
	foreach(cell, set->migrations)
	{
		FormatMigration *found = lfirst(cell);
		MemoryContext old_context = MemoryContextSwitchTo(context);

		CHECK_FOR_INTERRUPTS();
		if (found->missing)
			check_known(ledger, found, set->format->index);
		else
			add_row(result, found, register_found(ledger, found, set->is_folder));
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
}

/*
 * migrate_register_files(paths text[], contents text[], format text)
 *		returns table (version text, outcome text)
 *
 * Puts the migrations in the files on the pending list; returns them in order,
 * each with what migrate_register() would have returned.
 */
Datum
migrate_register_files(PG_FUNCTION_ARGS)
{
	int			npaths,
				ncontents;
	Datum	   *paths = file_args_paths(fcinfo, 0, &npaths);
	Datum	   *contents = file_args_contents(fcinfo, 1, &ncontents);
	char	   *format = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	Ledger	   *ledger = ledger_open(fcinfo);
	MigrationFiles		set;

	file_args_check_counts(npaths, ncontents, "contents");
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	register_files_read(&set, paths, contents, npaths, format);
	if (set.migrations == NIL)
		return (Datum) 0;
	gate_enter(ledger, "migrate_register_files");
	register_files_put(&set, ledger, (ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}
