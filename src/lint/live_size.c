/*-------------------------------------------------------------------------
 *
 * live_size.c
 *	  How large a relation is, and whether there are rows in it.
 *
 * Nothing here waits for a lock, and none is kept: whoever is linting must not
 * stand in anybody's way, and a lock kept on a table would come before the
 * stronger one that the migration takes.  Where a lock is needed for a moment
 * and is not to be had at once, the answer is the estimate in pg_class.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/tableam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "lint/live.h"

/* Up to this size it is looked whether the rows of a table are dead. */
#define MAX_PAGES_TO_READ 64

static bool
has_storage(char kind)
{
	return kind == RELKIND_RELATION || kind == RELKIND_MATVIEW || kind == RELKIND_TOASTVALUE ||
		kind == RELKIND_INDEX;
}

/*
 * Returns the size of a relation's main fork; if it is locked, what pg_class
 * has of it.
 */
static int64
fork_bytes(Oid relation, int32 relpages)
{
	int64		bytes = (int64) relpages * BLCKSZ;

	if (!ConditionalLockRelationOid(relation, AccessShareLock))
		return bytes;
	if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation)))
		bytes = DatumGetInt64(DirectFunctionCall2(pg_relation_size, ObjectIdGetDatum(relation),
												  CStringGetTextDatum("main")));
	UnlockRelationOid(relation, AccessShareLock);
	return bytes;
}

/*
 * Adds one relation to "size".
 */
static void
measure_one(Oid relation, LiveSize *size)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Form_pg_class form;
	Oid			toast;
	int32		pages;
	double		rows;
	int64		bytes;

	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_class) GETSTRUCT(tuple);
	toast = form->reltoastrelid;
	pages = form->relpages;
	rows = form->reltuples;
	if (!has_storage(form->relkind))
	{
		ReleaseSysCache(tuple);
		return;
	}
	ReleaseSysCache(tuple);

	bytes = fork_bytes(relation, pages);
	size->bytes += bytes;
	if (OidIsValid(toast) && bytes > 0)
		size->bytes += live_bytes(toast);
	/* as the planner does it: as dense as it was when it was last looked at */
	if (bytes == 0)
		return;
	if (rows < 0 || pages <= 0)
		size->rows = -1;
	else if (size->rows >= 0)
		size->rows += rint(rows / pages * (bytes / BLCKSZ));
}

/*
 * Returns the size of one relation's main fork.
 */
int64
live_bytes(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	int32		pages;
	bool		stored;

	if (!HeapTupleIsValid(tuple))
		return 0;
	pages = ((Form_pg_class) GETSTRUCT(tuple))->relpages;
	stored = has_storage(((Form_pg_class) GETSTRUCT(tuple))->relkind);
	ReleaseSysCache(tuple);
	return stored ? fork_bytes(relation, pages) : 0;
}

/*
 * Returns a relation and all that inherits from it, or is a partition of it.
 */
static List *
with_descendants(Oid relation)
{
	return has_subclass(relation) ? find_all_inheritors(relation, NoLock, NULL) :
		list_make1_oid(relation);
}

/*
 * Measures a relation with all that inherits from it.
 */
void
live_measure(Oid relation, LiveSize *size)
{
	ListCell   *cell;

	*size = (LiveSize) {0};
	foreach(cell, with_descendants(relation))
	{
		CHECK_FOR_INTERRUPTS();
		measure_one(lfirst_oid(cell), size);
	}
}

/*
 * Is there a row in the relation that is to be seen?  Says yes if it is too
 * large to look, locked, or none of the caller's business.
 */
static bool
may_hold_rows(Oid relation)
{
	Relation	rel;
	bool		found = true;

	if (!has_storage(get_rel_relkind(relation)))
		return false;
	if (!ConditionalLockRelationOid(relation, AccessShareLock))
		return live_bytes(relation) > 0;
	rel = try_relation_open(relation, NoLock);
	if (rel == NULL)
		found = false;
	else
	{
		BlockNumber pages = RelationGetNumberOfBlocks(rel);

		if (pages == 0)
			found = false;
		else if (pages <= MAX_PAGES_TO_READ && ActiveSnapshotSet() &&
				 pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK &&
				 check_enable_rls(relation, InvalidOid, true) != RLS_ENABLED)
		{
			TableScanDesc scan = table_beginscan(rel, GetActiveSnapshot(), 0, NULL);
			TupleTableSlot *slot = table_slot_create(rel, NULL);

			found = table_scan_getnextslot(scan, ForwardScanDirection, slot);
			ExecDropSingleTupleTableSlot(slot);
			table_endscan(scan);
		}
		relation_close(rel, NoLock);
	}
	UnlockRelationOid(relation, AccessShareLock);
	return found;
}

/*
 * May there be rows in the relation, or in what inherits from it?  Empty
 * tables are known for sure.
 */
bool
live_may_hold_rows(Oid relation)
{
	ListCell   *cell;

	foreach(cell, with_descendants(relation))
		if (may_hold_rows(lfirst_oid(cell)))
			return true;
	return false;
}

/*
 * Was the relation made in the current transaction?  Then nobody else uses it.
 */
bool
live_is_of_this_transaction(Oid relation)
{
	Relation	rel = RelationIdGetRelation(relation);
	bool		result;

	if (!RelationIsValid(rel))
		return false;
	result = rel->rd_createSubid != InvalidSubTransactionId;
	RelationClose(rel);
	return result;
}
