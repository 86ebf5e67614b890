/*
 * catalog_row.h
 *	  One row of a catalog, found by OID.
 */
#ifndef NEON_MIGRATE_CATALOG_ROW_H
#define NEON_MIGRATE_CATALOG_ROW_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "utils/snapshot.h"

extern HeapTuple catalog_row(Oid catalog, Oid index, AttrNumber key, Oid oid, Snapshot snapshot,
							 TupleDesc *desc);

#endif							/* NEON_MIGRATE_CATALOG_ROW_H */
