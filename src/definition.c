/*-------------------------------------------------------------------------
 *
 * definition.c
 *	  The list of registered migrations.
 *
 * A definition stays on the list when its version is applied, so that it is
 * pending again after a rollback.  Which are pending is marked in the row,
 * together with each event of the ledger; the list is never history.
 *
 * Any other change to the list forgets which folder of files it came from.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"

#include "definition.h"
#include "folder.h"
#include "stored_table.h"
#include "version.h"

/*
 * The columns, in the order of the table.
 */
enum
{
	D_VERSION = 1,
	D_DESCRIPTION,
	D_UP_SQL,
	D_DOWN_SQL,
	D_DEPENDS_ON,
	D_CHECKSUM,
	D_PENDING,
	D_BY_RUN,
	D_FROM_FOLDER,
	D_REGISTERED_AT,
	D_REGISTERED_BY,
	DEFINITION_COLUMNS = D_REGISTERED_BY
};

/*
 * Begins a scan for one version.
 */
static HeapTuple
find(StoredScan *scan, Oid table, LOCKMODE lockmode, const char *version)
{
	ScanKeyData key;

	ScanKeyInit(&key, D_VERSION, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(version));
	stored_scan_begin(scan, table, lockmode, D_VERSION, 1, &key, ForwardScanDirection);
	return stored_scan_next(scan);
}

/*
 * Returns a copy of a varlena column, or NULL.
 */
static void *
copy_column(HeapTuple tuple, Relation table, int column)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, column, RelationGetDescr(table), &isnull);

	return isnull ? NULL : PG_DETOAST_DATUM_COPY(value);
}

static bool
bool_column(HeapTuple tuple, Relation table, int column)
{
	bool		isnull;

	return DatumGetBool(heap_getattr(tuple, column, RelationGetDescr(table), &isnull));
}

/*
 * Returns the definition of "version", or NULL.
 */
Migration *
definition_lookup(const Ledger *ledger, const char *version)
{
	StoredScan	scan;
	HeapTuple	tuple = find(&scan, ledger->definition_relid, AccessShareLock, version);
	Migration  *migration = NULL;

	if (HeapTupleIsValid(tuple))
	{
		migration = palloc0(sizeof(Migration));
		migration->version = pstrdup(version);
		migration->description = copy_column(tuple, scan.table, D_DESCRIPTION);
		migration->up_sql = copy_column(tuple, scan.table, D_UP_SQL);
		migration->down_sql = copy_column(tuple, scan.table, D_DOWN_SQL);
		migration->depends_on = copy_column(tuple, scan.table, D_DEPENDS_ON);
		migration->from_folder = bool_column(tuple, scan.table, D_FROM_FOLDER);
	}
	stored_scan_end(&scan);
	return migration;
}

/*
 * Puts a migration, which has been read and is not applied, on the list, in
 * place of an earlier definition of its version.  With "by_run", it is there
 * only until it is applied, unless it has been registered; one with the same up
 * SQL then stays as it is.
 */
void
definition_put(const Ledger *ledger, const Migration *migration, bool by_run)
{
	LedgerEntry *entry = migration_to_entry(migration, "");
	static const LedgerColumn columns[] = {
		L_VERSION, L_DESCRIPTION, L_UP_SQL, L_DOWN_SQL, L_DEPENDS_ON, L_CHECKSUM
	};
	Datum		values[DEFINITION_COLUMNS] = {0};
	bool		nulls[DEFINITION_COLUMNS] = {0};
	StoredScan	scan;
	HeapTuple	tuple;

	for (int i = 0; i < (int) lengthof(columns); i++)
	{
		values[i] = entry->values[columns[i]];
		nulls[i] = entry->nulls[columns[i]];
	}
	tuple = find(&scan, ledger->definition_relid, RowExclusiveLock, migration->version);
	if (HeapTupleIsValid(tuple))
	{
		bytea	   *checksum = copy_column(tuple, scan.table, D_CHECKSUM);

		/* running what is registered does not register it anew */
		if (by_run && memcmp(VARDATA_ANY(checksum), migration->up->checksum,
							 PG_SHA256_DIGEST_LENGTH) == 0)
		{
			stored_scan_end(&scan);
			return;
		}
		by_run = by_run && bool_column(tuple, scan.table, D_BY_RUN);
		CatalogTupleDelete(scan.table, &tuple->t_self);
	}
	stored_scan_end(&scan);
	CommandCounterIncrement();
	folder_forget(ledger);

	values[D_PENDING - 1] = BoolGetDatum(true);
	values[D_BY_RUN - 1] = BoolGetDatum(by_run);
	values[D_FROM_FOLDER - 1] = BoolGetDatum(migration->from_folder);
	values[D_REGISTERED_AT - 1] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[D_REGISTERED_BY - 1] =
		CStringGetTextDatum(GetUserNameFromId(GetSessionUserId(), false));
	stored_insert(ledger->definition_relid, DEFINITION_COLUMNS, values, nulls);
}

/*
 * Takes a version off the list; returns whether it was on it.
 */
bool
definition_delete(const Ledger *ledger, const char *version)
{
	StoredScan	scan;
	HeapTuple	tuple = find(&scan, ledger->definition_relid, RowExclusiveLock, version);
	bool		found = HeapTupleIsValid(tuple);

	if (found)
		CatalogTupleDelete(scan.table, &tuple->t_self);
	stored_scan_end(&scan);
	CommandCounterIncrement();
	if (found)
		folder_forget(ledger);
	return found;
}

/*
 * Marks whether a version is pending, now that the ledger has settled it.  One
 * that was on the list by_run only goes.
 */
void
definition_settle(Oid table, const char *version, bool pending)
{
	StoredScan	scan;
	HeapTuple	tuple = find(&scan, table, RowExclusiveLock, version);

	if (HeapTupleIsValid(tuple))
	{
		if (bool_column(tuple, scan.table, D_BY_RUN))
			CatalogTupleDelete(scan.table, &tuple->t_self);
		else if (bool_column(tuple, scan.table, D_PENDING) != pending)
		{
			Datum		value = BoolGetDatum(pending);
			bool		isnull = false;
			int			column = D_PENDING;
			HeapTuple	changed = heap_modify_tuple_by_cols(tuple, RelationGetDescr(scan.table),
															1, &column, &value, &isnull);

			CatalogTupleUpdate(scan.table, &tuple->t_self, changed);
			heap_freetuple(changed);
		}
	}
	stored_scan_end(&scan);
	CommandCounterIncrement();
}

/*
 * Begins a scan of what is pending.
 */
static void
scan_pending(StoredScan *scan, Oid table)
{
	ScanKeyData key;

	ScanKeyInit(&key, D_PENDING, BTEqualStrategyNumber, F_BOOLEQ, BoolGetDatum(true));
	stored_scan_begin(scan, table, AccessShareLock, D_PENDING, 1, &key, ForwardScanDirection);
}

static int
compare_versions(const ListCell *a, const ListCell *b)
{
	return version_compare(((Migration *) lfirst(a))->version,
						   ((Migration *) lfirst(b))->version);
}

/*
 * Returns the pending definitions in natural order, as Migrations with no more
 * than version, dependencies and whether they are from the folder.
 */
List *
definition_pending(const Ledger *ledger)
{
	StoredScan	scan;
	HeapTuple	tuple;
	List	   *pending = NIL;

	scan_pending(&scan, ledger->definition_relid);
	while (HeapTupleIsValid(tuple = stored_scan_next(&scan)))
	{
		Migration  *migration = palloc0(sizeof(Migration));

		migration->version = text_to_cstring(copy_column(tuple, scan.table, D_VERSION));
		migration->depends_on = copy_column(tuple, scan.table, D_DEPENDS_ON);
		migration->from_folder = bool_column(tuple, scan.table, D_FROM_FOLDER);
		pending = lappend(pending, migration);
	}
	stored_scan_end(&scan);
	list_sort(pending, compare_versions);
	return pending;
}

/*
 * Returns how many definitions are pending.
 */
int64
definition_pending_count(const Ledger *ledger)
{
	StoredScan	scan;
	int64		count = 0;

	scan_pending(&scan, ledger->definition_relid);
	while (HeapTupleIsValid(stored_scan_next(&scan)))
		count++;
	stored_scan_end(&scan);
	return count;
}
