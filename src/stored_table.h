/*
 * stored_table.h
 *	  The extension's own tables, read and written by OID.
 */
#ifndef NEON_MIGRATE_STORED_TABLE_H
#define NEON_MIGRATE_STORED_TABLE_H

#include "access/genam.h"
#include "access/skey.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

/*
 * An ordered scan of one of the tables by one of its indexes.
 */
typedef struct StoredScan
{
	Relation	table;
	Relation	index;
	Snapshot	snapshot;
	SysScanDesc scan;
	ScanDirection direction;
	MemoryContext context;		/* in which it began */
} StoredScan;

extern Relation stored_open_index(Relation table, AttrNumber first);
extern void stored_scan_begin(StoredScan *scan, Oid table, LOCKMODE lockmode, AttrNumber first,
							  int nkeys, ScanKey keys, ScanDirection direction);
extern void stored_scan_begin_at(StoredScan *scan, Oid table, LOCKMODE lockmode, AttrNumber first,
								 int nkeys, ScanKey keys, ScanDirection direction,
								 Snapshot snapshot);
extern HeapTuple stored_scan_next(StoredScan *scan);
extern void stored_scan_end(StoredScan *scan);
extern void stored_raise_too_few(const char *table, int columns, int needed);
extern void stored_insert(Oid table, int columns, Datum *values, bool *nulls);
extern int64 stored_last_number(Oid table);

#endif							/* NEON_MIGRATE_STORED_TABLE_H */
