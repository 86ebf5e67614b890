/*-------------------------------------------------------------------------
 *
 * folder.c
 *	  The folder of migration files registered last.
 *
 * One row, or none.  It says that registering this very folder again would
 * change nothing, with the ledger as it was up to event "seq".  Whatever
 * changes the list of definitions forgets it; what the ledger has come to since
 * is for register_folder.c to judge.  To lose the row costs only that the
 * folder is looked at again.  Whoever writes holds the gate.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"

#include "folder.h"
#include "stored_table.h"

#define FOLDER_TABLE "migrate_folder"

/*
 * The columns, in the order of the table.
 */
enum
{
	O_CHECKSUM = 1,
	O_FORMAT,
	O_VERSIONS,
	O_SEQ,
	O_REGISTERED_AT,
	O_REGISTERED_BY,
	FOLDER_COLUMNS = O_REGISTERED_BY
};

/*
 * Begins a scan for the folder with this checksum.
 */
static HeapTuple
find(StoredScan *scan, const Ledger *ledger, LOCKMODE lockmode, Datum checksum)
{
	ScanKeyData key;

	ScanKeyInit(&key, O_CHECKSUM, BTEqualStrategyNumber, F_BYTEAEQ, checksum);
	stored_scan_begin(scan, ledger_table_beside(ledger, FOLDER_TABLE), lockmode, O_CHECKSUM,
					  1, &key, ForwardScanDirection);
	return stored_scan_next(scan);
}

/*
 * Is it the folder registered last?  Gives the number of the ledger's last
 * event then.
 */
bool
folder_find(const Ledger *ledger, Datum checksum, int64 *seq)
{
	StoredScan	scan;
	HeapTuple	tuple = find(&scan, ledger, AccessShareLock, checksum);
	bool		found = HeapTupleIsValid(tuple);
	bool		isnull;

	if (found)
		*seq = DatumGetInt64(heap_getattr(tuple, O_SEQ, RelationGetDescr(scan.table), &isnull));
	stored_scan_end(&scan);
	return found;
}

/*
 * Returns the versions that the folder was registered as, sorted as by
 * strcmp().  NULL if it is not the folder registered last.
 */
ArrayType *
folder_versions(const Ledger *ledger, Datum checksum)
{
	StoredScan	scan;
	HeapTuple	tuple = find(&scan, ledger, AccessShareLock, checksum);
	ArrayType  *versions = NULL;
	bool		isnull;

	if (HeapTupleIsValid(tuple))
		versions = DatumGetArrayTypePCopy(heap_getattr(tuple, O_VERSIONS,
													   RelationGetDescr(scan.table), &isnull));
	stored_scan_end(&scan);
	return versions;
}

/*
 * Records the folder in place of any other.  "format" is that which the caller
 * named, or NULL.
 */
void
folder_record(const Ledger *ledger, Datum checksum, const char *format,
			  ArrayType *versions, int64 seq)
{
	Datum		values[FOLDER_COLUMNS];
	bool		nulls[FOLDER_COLUMNS] = {0};

	folder_forget(ledger);
	values[O_CHECKSUM - 1] = checksum;
	values[O_FORMAT - 1] = format ? CStringGetTextDatum(format) : (Datum) 0;
	nulls[O_FORMAT - 1] = format == NULL;
	values[O_VERSIONS - 1] = PointerGetDatum(versions);
	values[O_SEQ - 1] = Int64GetDatum(seq);
	values[O_REGISTERED_AT - 1] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[O_REGISTERED_BY - 1] =
		CStringGetTextDatum(GetUserNameFromId(GetSessionUserId(), false));
	stored_insert(ledger_table_beside(ledger, FOLDER_TABLE), FOLDER_COLUMNS, values, nulls);
}

/*
 * Records that what holds of the folder still holds after event "seq".
 */
void
folder_renew(const Ledger *ledger, Datum checksum, int64 seq)
{
	StoredScan	scan;
	HeapTuple	tuple = find(&scan, ledger, RowExclusiveLock, checksum);

	if (HeapTupleIsValid(tuple))
	{
		Datum		value = Int64GetDatum(seq);
		bool		isnull = false;
		int			column = O_SEQ;
		HeapTuple	changed = heap_modify_tuple_by_cols(tuple, RelationGetDescr(scan.table),
														1, &column, &value, &isnull);

		CatalogTupleUpdate(scan.table, &tuple->t_self, changed);
		heap_freetuple(changed);
	}
	stored_scan_end(&scan);
	CommandCounterIncrement();
}

/*
 * Forgets the folder.
 */
void
folder_forget(const Ledger *ledger)
{
	StoredScan	scan;
	HeapTuple	tuple;

	stored_scan_begin(&scan, ledger_table_beside(ledger, FOLDER_TABLE), RowExclusiveLock,
					  O_CHECKSUM, 0, NULL, ForwardScanDirection);
	while (HeapTupleIsValid(tuple = stored_scan_next(&scan)))
		CatalogTupleDelete(scan.table, &tuple->t_self);
	stored_scan_end(&scan);
	CommandCounterIncrement();
}
