/*-------------------------------------------------------------------------
 *
 * definition.c
 *	  The list of registered migrations.
 *
 * A definition stays on the list when its version is applied, so that it is
 * pending again after a rollback.  Which are pending is marked in the row, by
 * ledger_append.c, with each event; the list is never history.
 *
 * This is the only C file, but for that mark, that names the table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/timestamp.h"

#include "definition.h"

static const Oid text_arg[] = {TEXTOID};
static const Oid put_args[] = {
	TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID, BYTEAOID, BOOLOID, TIMESTAMPTZOID, TEXTOID
};

static OwnerQuery find = {
	.sql = "SELECT d.version, d.description, d.up_sql, d.down_sql, d.depends_on"
	" FROM %s." DEFINITION_TABLE " AS d WHERE d.version OPERATOR(pg_catalog.=) $1",
	.nargs = 1,.types = text_arg
};

static OwnerQuery put = {
	.sql = "INSERT INTO %s." DEFINITION_TABLE " AS d (version, description, up_sql, down_sql,"
	" depends_on, checksum, by_run, registered_at, registered_by, pending)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, true)"
	" ON CONFLICT (version) DO UPDATE SET description = excluded.description,"
	" up_sql = excluded.up_sql, down_sql = excluded.down_sql,"
	" depends_on = excluded.depends_on, checksum = excluded.checksum,"
	" by_run = d.by_run AND excluded.by_run, pending = excluded.pending,"
	" registered_at = excluded.registered_at,"
	" registered_by = excluded.registered_by",
	.nargs = lengthof(put_args),.types = put_args
};

static OwnerQuery delete = {
	.sql = "DELETE FROM %s." DEFINITION_TABLE " AS d WHERE d.version OPERATOR(pg_catalog.=) $1",
	.nargs = 1,.types = text_arg
};

static OwnerQuery all_pending = {
	.sql = "SELECT d.version, d.depends_on FROM %s." DEFINITION_TABLE " AS d"
	" WHERE d.pending ORDER BY %s.migrate_version_key(d.version)"
};

static OwnerQuery count_pending = {
	.sql = "SELECT pg_catalog.count(*) FROM %s." DEFINITION_TABLE " AS d WHERE d.pending",
	.read_only = true
};

/*
 * Returns a copy of a varlena column of the current result, or NULL.
 */
static void *
copy_column(uint64 row, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
									  column, &isnull);

	return isnull ? NULL : PG_DETOAST_DATUM_COPY(value);
}

/*
 * Returns the definition of "version", or NULL.
 */
Migration *
definition_lookup(const Ledger *ledger, const char *version)
{
	MemoryContext context = CurrentMemoryContext;
	Datum		values[] = {CStringGetTextDatum(version)};
	OwnerScope	scope;
	Migration  *migration = NULL;

	if (owner_query(ledger, &find, values, NULL, &scope) > 0)
	{
		MemoryContext old_context = MemoryContextSwitchTo(context);

		migration = palloc0(sizeof(Migration));
		migration->version = pstrdup(version);
		migration->description = copy_column(0, 2);
		migration->up_sql = copy_column(0, 3);
		migration->down_sql = copy_column(0, 4);
		migration->depends_on = copy_column(0, 5);
		MemoryContextSwitchTo(old_context);
	}
	owner_query_end(&scope);
	return migration;
}

/*
 * Puts a migration, which has been read and is not applied, on the list, in
 * place of an earlier definition of its version.  With "by_run", it is there
 * only until it is applied, unless it has been registered.
 */
void
definition_put(const Ledger *ledger, const Migration *migration, bool by_run)
{
	LedgerEntry *entry = migration_to_entry(migration, "");
	Datum		values[lengthof(put_args)];
	char		nulls[lengthof(put_args)];
	OwnerScope	scope;
	static const LedgerColumn columns[] = {
		L_VERSION, L_DESCRIPTION, L_UP_SQL, L_DOWN_SQL, L_DEPENDS_ON, L_CHECKSUM
	};

	memset(nulls, ' ', sizeof(nulls));
	for (int i = 0; i < (int) lengthof(columns); i++)
	{
		values[i] = entry->values[columns[i]];
		nulls[i] = entry->nulls[columns[i]] ? 'n' : ' ';
	}
	values[6] = BoolGetDatum(by_run);
	values[7] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[8] = CStringGetTextDatum(GetUserNameFromId(GetSessionUserId(), false));
	(void) owner_query(ledger, &put, values, nulls, &scope);
	owner_query_end(&scope);
}

/*
 * Takes a version off the list; returns whether it was on it.
 */
bool
definition_delete(const Ledger *ledger, const char *version)
{
	Datum		values[] = {CStringGetTextDatum(version)};
	OwnerScope	scope;
	uint64		count = owner_query(ledger, &delete, values, NULL, &scope);

	owner_query_end(&scope);
	return count > 0;
}

/*
 * Returns the pending definitions in natural order, as Migrations with no more
 * than version and dependencies.
 */
List *
definition_pending(const Ledger *ledger)
{
	MemoryContext context = CurrentMemoryContext;
	OwnerScope	scope;
	List	   *pending = NIL;
	uint64		count = owner_query(ledger, &all_pending, NULL, NULL, &scope);
	MemoryContext old_context = MemoryContextSwitchTo(context);

	for (uint64 i = 0; i < count; i++)
	{
		Migration  *migration = palloc0(sizeof(Migration));

		migration->version = text_to_cstring(copy_column(i, 1));
		migration->depends_on = copy_column(i, 2);
		pending = lappend(pending, migration);
	}
	MemoryContextSwitchTo(old_context);
	owner_query_end(&scope);
	return pending;
}

/*
 * Returns how many definitions are pending.
 */
int64
definition_pending_count(const Ledger *ledger)
{
	OwnerScope	scope;
	bool		isnull;
	int64		count;

	(void) owner_query(ledger, &count_pending, NULL, NULL, &scope);
	count = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	owner_query_end(&scope);
	return count;
}
