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
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "compat.h"
#include "definition.h"
#include "formats/format.h"
#include "gate.h"
#include "registry.h"
#include "steps.h"

PG_FUNCTION_INFO_V1(migrate_register_files);

/*
 * Returns the elements of argument "argno", an array without NULLs.
 */
static Datum *
elements_of_arg(FunctionCallInfo fcinfo, int argno, const char *name, int *count)
{
	ArrayType  *array;
	Datum	   *elements;
	bool	   *nulls;

	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name),
				 errhint("Pass an array with an element for each file.")));
	array = PG_GETARG_ARRAYTYPE_P(argno);
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a one-dimensional array", name),
				 errhint("Pass an array with an element for each file.")));
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, count);
	for (int i = 0; i < *count; i++)
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s contains a null", name),
					 errdetail("It is element number %d.", i + 1),
					 errhint("Pass an empty string for an empty file.")));
	return elements;
}

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
register_found(const Ledger *ledger, FormatMigration *found)
{
	Migration	migration = {.version = found->version};
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
	migration_read(&migration);
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
 * migrate_register_files(paths text[], contents text[], format text)
 *		returns table (version text, outcome text)
 *
 * Puts the migrations in the files on the pending list; returns them in order,
 * each with what migrate_register() would have returned.
 */
Datum
migrate_register_files(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			npaths,
				ncontents;
	Datum	   *paths = elements_of_arg(fcinfo, 0, "paths", &npaths);
	Datum	   *contents = elements_of_arg(fcinfo, 1, "contents", &ncontents);
	char	   *name = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	Ledger	   *ledger = ledger_open(fcinfo);
	FormatFiles files;
	const Format *format;
	List	   *migrations;
	ListCell   *cell;
	MemoryContext context;

	if (npaths != ncontents)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("paths and contents must have the same number of elements"),
				 errdetail("There are %d paths and %d contents.", npaths, ncontents),
				 errhint("Pass an element for each file in both.")));
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	format_files_make(&files, paths, contents, npaths);
	if (files.count == 0)
		return (Datum) 0;
	format = format_recognise(&files, name);
	migrations = format->read(&files);
	format_check_versions(migrations);

	gate_enter(ledger, "migrate_register_files");
	migrations = format_settle(ledger, migrations);
	format_order(ledger, format, migrations);

	/* a script can be many times as large as its text */
	context = AllocSetContextCreate(CurrentMemoryContext, "neon_migrate file",
									ALLOCSET_DEFAULT_SIZES);
	foreach(cell, migrations)
	{
		FormatMigration *found = lfirst(cell);
		MemoryContext old_context = MemoryContextSwitchTo(context);
		Datum		values[2];
		bool		nulls[2] = {false, false};

		CHECK_FOR_INTERRUPTS();
		if (found->missing)
			check_known(ledger, found, format->index);
		else
		{
			values[1] = CStringGetTextDatum(register_found(ledger, found));
			values[0] = CStringGetTextDatum(found->version);
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(context);
	}
	return (Datum) 0;
}
