/*-------------------------------------------------------------------------
 *
 * catalog_row.c
 *	  One row of a catalog, found by OID, as a snapshot of the caller's choice
 *	  sees it; the server's caches know only the present.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "catalog_row.h"

/*
 * Returns a copy of the row of "catalog" that has "oid" in column "key", the
 * first of "index", or NULL.  "snapshot" NULL is the catalog's own.  If "desc"
 * is not NULL, *desc is what the row is read by.
 */
HeapTuple
catalog_row(Oid catalog, Oid index, AttrNumber key, Oid oid, Snapshot snapshot, TupleDesc *desc)
{
	Relation	rel = table_open(catalog, AccessShareLock);
	ScanKeyData scan_key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&scan_key, key, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
	scan = systable_beginscan(rel, index, true, snapshot, 1, &scan_key);
	tuple = heap_copytuple(systable_getnext(scan));
	systable_endscan(scan);
	if (desc)
		*desc = RelationGetDescr(rel);
	table_close(rel, AccessShareLock);
	return tuple;
}
