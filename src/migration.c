/*-------------------------------------------------------------------------
 *
 * migration.c
 *	  A migration as the caller handed it over.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datum.h"

#include "migration.h"
#include "version.h"

/*
 * Returns the dependencies of a migration as a new array without repetitions.
 * Raises 22004 and 22023 for what cannot be one.
 */
static ArrayType *
check_dependencies(const char *version, ArrayType *array)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count,
				kept = 0;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("depends_on must be a one-dimensional array of versions"),
				 errhint("Write it as ARRAY['first', 'second'].")));
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		char	   *dependency;
		bool		repeated = false;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("depends_on of migration \"%s\" contains a null", version),
					 errhint("List only versions that the migration depends on.")));
		dependency = TextDatumGetCString(elements[i]);
		version_check(dependency);
		if (strcmp(dependency, version) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("migration \"%s\" depends on itself", version),
					 errhint("Take \"%s\" out of its depends_on.", version)));
		for (int j = 0; j < kept && !repeated; j++)
			repeated = strcmp(TextDatumGetCString(elements[j]), dependency) == 0;
		if (!repeated)
			elements[kept++] = CStringGetTextDatum(dependency);
	}
	return construct_array(elements, kept, TEXTOID, -1, false, TYPALIGN_INT);
}

/*
 * Returns the migration in the arguments (version, up_sql, down_sql,
 * description, and if "has_depends_on" depends_on).
 */
Migration *
migration_from_args(FunctionCallInfo fcinfo, bool has_depends_on)
{
	Migration  *migration = palloc0(sizeof(Migration));

	migration->version = version_from_arg(fcinfo, 0);
	if (!PG_ARGISNULL(1))
		migration->up_sql = PG_GETARG_TEXT_PP(1);
	if (!PG_ARGISNULL(2))
		migration->down_sql = PG_GETARG_TEXT_PP(2);
	if (!PG_ARGISNULL(3))
		migration->description = PG_GETARG_TEXT_PP(3);
	if (has_depends_on && !PG_ARGISNULL(4))
		migration->depends_on = check_dependencies(migration->version, PG_GETARG_ARRAYTYPE_P(4));
	return migration;
}

/*
 * Raises 22004 if the migration has no up SQL.
 */
void
migration_require_up(const Migration *migration)
{
	if (migration->up_sql == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the up SQL of migration \"%s\" must not be null", migration->version),
				 errhint("Pass an empty string for a migration that does nothing, or use migrate_stamp() to record one without its SQL.")));
}

static text *
entry_text(const LedgerEntry *entry, LedgerColumn column)
{
	return entry->nulls[column] ? NULL : DatumGetTextPP(entry->values[column]);
}

/*
 * Returns the migration that a ledger entry records.
 */
Migration *
migration_from_entry(const LedgerEntry *entry)
{
	Migration  *migration = palloc0(sizeof(Migration));

	migration->version = ledger_entry_text(entry, L_VERSION);
	migration->up_sql = entry_text(entry, L_UP_SQL);
	migration->down_sql = entry_text(entry, L_DOWN_SQL);
	migration->description = entry_text(entry, L_DESCRIPTION);
	migration->depends_on = DatumGetArrayTypePCopy(entry->values[L_DEPENDS_ON]);
	return migration;
}

/*
 * Reads the SQL of the migration, as far as it is there; see script_read().
 */
void
migration_read(Migration *migration)
{
	if (migration->up_sql)
		migration->up = script_read(migration->version, false, migration->up_sql);
	if (migration->down_sql)
		migration->down = script_read(migration->version, true, migration->down_sql);
}

/*
 * Parses what was read; see script_parse().
 */
void
migration_parse(Migration *migration)
{
	if (migration->up)
		script_parse(migration->up);
	if (migration->down)
		script_parse(migration->down);
}

/*
 * Frees what was read and parsed, which can be many times as large as the SQL.
 */
void
migration_free_scripts(Migration *migration)
{
	if (migration->up)
		script_free(migration->up);
	if (migration->down)
		script_free(migration->down);
	migration->up = migration->down = NULL;
}

static bool
is_same_text(const text *a, const text *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return datum_image_eq(PointerGetDatum(a), PointerGetDatum(b), false, -1);
}

/*
 * Do two migrations have the same SQL and description, to the letter?
 */
bool
migration_is_same_text(const Migration *a, const Migration *b)
{
	return is_same_text(a->up_sql, b->up_sql) && is_same_text(a->down_sql, b->down_sql) &&
		is_same_text(a->description, b->description);
}

/*
 * Returns the dependencies as a list of char *.
 */
List *
migration_dependencies(const Migration *migration)
{
	List	   *dependencies = NIL;
	Datum	   *elements;
	int			count;

	if (migration->depends_on == NULL)
		return NIL;
	deconstruct_array(migration->depends_on, TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, NULL, &count);
	for (int i = 0; i < count; i++)
		dependencies = lappend(dependencies, TextDatumGetCString(elements[i]));
	return dependencies;
}

/*
 * Does the migration depend on the same versions as the other, in that order?
 */
bool
migration_has_dependencies_of(const Migration *migration, const Migration *other)
{
	List	   *a = migration_dependencies(migration);
	List	   *b = migration_dependencies(other);

	if (list_length(a) != list_length(b))
		return false;
	for (int i = 0; i < list_length(a); i++)
		if (strcmp(list_nth(a, i), list_nth(b, i)) != 0)
			return false;
	return true;
}

/*
 * Returns a new ledger entry that records the migration, which has been read
 * (and parsed, for the entry to say whether it is transactional).
 */
LedgerEntry *
migration_to_entry(const Migration *migration, const char *action)
{
	LedgerEntry *entry = ledger_entry_new(migration->version, action);

	if (migration->description)
		ledger_entry_set(entry, L_DESCRIPTION, PointerGetDatum(migration->description));
	if (migration->up_sql)
		ledger_entry_set(entry, L_UP_SQL, PointerGetDatum(migration->up_sql));
	if (migration->down_sql)
		ledger_entry_set(entry, L_DOWN_SQL, PointerGetDatum(migration->down_sql));
	if (migration->depends_on)
		ledger_entry_set(entry, L_DEPENDS_ON, PointerGetDatum(migration->depends_on));
	if (migration->up)
	{
		bytea	   *checksum = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

		SET_VARSIZE(checksum, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
		memcpy(VARDATA(checksum), migration->up->checksum, PG_SHA256_DIGEST_LENGTH);
		ledger_entry_set(entry, L_CHECKSUM, PointerGetDatum(checksum));
		ledger_entry_set(entry, L_TRANSACTIONAL,
						 BoolGetDatum(migration->up->nontransactional == NULL));
	}
	return entry;
}
