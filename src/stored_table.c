/*-------------------------------------------------------------------------
 *
 * stored_table.c
 *	  The extension's own tables, read and written by OID.
 *
 * Not by SQL: the owner of the schema that the extension is in can rename it
 * at any moment and put a view of his own under the old name, and then a
 * statement that was to read the ledger would run his functions, with the
 * rights of the ledger's owner.  Here no name is looked up, and nothing that a
 * user can define is run: no function, operator, rule, trigger or policy.  Nor
 * are rights checked, so what is done here is only what a function of the
 * extension, which the caller may execute, decides to do.
 *
 * Each scan takes a new snapshot, so whoever holds the gate sees all that was
 * committed before, also in a statement that began earlier.  Only a transaction
 * that keeps to one snapshot keeps to it here; such a one cannot migrate.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "utils/snapmgr.h"

#include "stored_table.h"

/*
 * Returns the index of the table that begins with column "first".
 */
Relation
stored_open_index(Relation table, AttrNumber first)
{
	ListCell   *cell;

	foreach(cell, RelationGetIndexList(table))
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		if (index->rd_index->indisvalid && index->rd_index->indkey.values[0] == first)
			return index;
		index_close(index, AccessShareLock);
	}
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("table \"%s\" has lost an index", RelationGetRelationName(table)),
			 errdetail("There is none that begins with column \"%s\".",
					   NameStr(TupleDescAttr(RelationGetDescr(table), first - 1)->attname)),
			 errhint("See SELECT * FROM migrate_verify(), and make the index again.")));
	return NULL;
}

/*
 * Begins a scan in the order of the index that begins with column "first".
 * Keys are on the table's columns.
 */
void
stored_scan_begin(StoredScan *scan, Oid table, LOCKMODE lockmode, AttrNumber first,
				  int nkeys, ScanKey keys, ScanDirection direction)
{
	stored_scan_begin_at(scan, table, lockmode, first, nkeys, keys, direction,
						 IsolationUsesXactSnapshot() ?
						 GetTransactionSnapshot() : GetLatestSnapshot());
}

/*
 * The same, with another snapshot.
 */
void
stored_scan_begin_at(StoredScan *scan, Oid table, LOCKMODE lockmode, AttrNumber first,
					 int nkeys, ScanKey keys, ScanDirection direction, Snapshot snapshot)
{
	scan->table = table_open(table, lockmode);
	scan->index = stored_open_index(scan->table, first);
	scan->snapshot = RegisterSnapshot(snapshot);
	scan->direction = direction;
	scan->context = CurrentMemoryContext;
	scan->scan = systable_beginscan_ordered(scan->table, scan->index, scan->snapshot,
											nkeys, keys);
}

/*
 * Returns the next row, which is good until the next call, or NULL.
 */
HeapTuple
stored_scan_next(StoredScan *scan)
{
	/* an index scan allocates when it needs to, for as long as it lasts */
	MemoryContext old_context = MemoryContextSwitchTo(scan->context);
	HeapTuple	tuple = systable_getnext_ordered(scan->scan, scan->direction);

	MemoryContextSwitchTo(old_context);
	return tuple;
}

/*
 * Ends a scan.  The lock on the table stays until the transaction ends.
 */
void
stored_scan_end(StoredScan *scan)
{
	systable_endscan_ordered(scan->scan);
	UnregisterSnapshot(scan->snapshot);
	index_close(scan->index, AccessShareLock);
	table_close(scan->table, NoLock);
}

/*
 * Raises 55000: the table has fewer columns than this library knows.
 */
void
stored_raise_too_few(const char *table, int columns, int needed)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("table \"%s\" has too few columns", table),
			 errdetail("It has %d, and the library needs %d: it is newer than the extension in this database.",
					   columns, needed),
			 errhint("Run ALTER EXTENSION neon_migrate UPDATE.")));
}

/*
 * Inserts a row with these values in its first "columns" columns.  Later
 * statements see it.
 */
void
stored_insert(Oid table, int columns, Datum *values, bool *nulls)
{
	Relation	rel = table_open(table, RowExclusiveLock);
	int			natts = RelationGetDescr(rel)->natts;
	Datum	   *all_values = palloc0(sizeof(Datum) * natts);
	bool	   *all_nulls = palloc(sizeof(bool) * natts);
	HeapTuple	tuple;

	if (natts < columns)
		stored_raise_too_few(RelationGetRelationName(rel), natts, columns);
	memset(all_nulls, true, sizeof(bool) * natts);
	memcpy(all_values, values, sizeof(Datum) * columns);
	memcpy(all_nulls, nulls, sizeof(bool) * columns);
	tuple = heap_form_tuple(RelationGetDescr(rel), all_values, all_nulls);
	CatalogTupleInsert(rel, tuple);
	heap_freetuple(tuple);
	table_close(rel, NoLock);
	CommandCounterIncrement();
}

/*
 * Returns the greatest number in the first column, be its row committed or not,
 * or 0.  The look leaves no trace that a concurrent serializable transaction
 * could conflict with.
 */
int64
stored_last_number(Oid table)
{
	Relation	rel = table_open(table, AccessShareLock);
	Relation	index = stored_open_index(rel, 1);
	SysScanDesc scan = systable_beginscan_ordered(rel, index, SnapshotAny, 0, NULL);
	HeapTuple	tuple = systable_getnext_ordered(scan, BackwardScanDirection);
	int64		last = 0;

	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;
		Datum		value = heap_getattr(tuple, 1, RelationGetDescr(rel), &isnull);

		if (!isnull)
			last = DatumGetInt64(value);
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(rel, NoLock);
	return last;
}
