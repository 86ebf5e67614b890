/*-------------------------------------------------------------------------
 *
 * renamed.c
 *	  Whether the running command gives an object another name or schema.
 *
 * Its change is in the catalog and cannot be seen yet, but by SnapshotSelf; the
 * caches have what was before.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "catalog_row.h"
#include "compat.h"
#include "drift/renamed.h"

/*
 * Returns the row of an object as the running command has made it, or NULL.
 */
static HeapTuple
new_row(Oid class_id, Oid object_id, TupleDesc *desc)
{
	return catalog_row(class_id, get_object_oid_index(class_id), get_object_attnum_oid(class_id),
					   object_id, SnapshotSelf, desc);
}

/*
 * Returns the row of a column as the running command has made it, or NULL.
 */
static HeapTuple
new_column(Oid relation, int number)
{
	Relation	catalog = table_open(AttributeRelationId, AccessShareLock);
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relation));
	ScanKeyInit(&key[1], Anum_pg_attribute_attnum, BTEqualStrategyNumber, F_INT2EQ,
				Int16GetDatum((int16) number));
	scan = systable_beginscan(catalog, AttributeRelidNumIndexId, true, SnapshotSelf, 2, key);
	tuple = heap_copytuple(systable_getnext(scan));
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return tuple;
}

/*
 * Does the running command give the object another name or schema?
 */
bool
renamed_now(Oid class_id, Oid object_id, int sub_id)
{
	int			cache;
	AttrNumber	name_column,
				schema_column;
	TupleDesc	desc;
	HeapTuple	now,
				then;
	bool		isnull,
				renamed;

	if (sub_id != 0 && class_id == RelationRelationId)
	{
		now = new_column(object_id, sub_id);
		then = SearchSysCache2(ATTNUM, ObjectIdGetDatum(object_id), Int16GetDatum((int16) sub_id));
		renamed = HeapTupleIsValid(now) && HeapTupleIsValid(then) &&
			strcmp(NameStr(((Form_pg_attribute) GETSTRUCT(now))->attname),
				   NameStr(((Form_pg_attribute) GETSTRUCT(then))->attname)) != 0;
		if (HeapTupleIsValid(then))
			ReleaseSysCache(then);
		return renamed;
	}
	if (!is_objectclass_supported(class_id))
		return false;
	cache = get_object_catcache_oid(class_id);
	name_column = get_object_attnum_name(class_id);
	schema_column = get_object_attnum_namespace(class_id);
	if (cache < 0 || name_column == InvalidAttrNumber)
		return false;
	now = new_row(class_id, object_id, &desc);
	then = SearchSysCache1(cache, ObjectIdGetDatum(object_id));
	renamed = false;
	if (HeapTupleIsValid(now) && HeapTupleIsValid(then))
	{
		renamed = strcmp(NameStr(*DatumGetName(heap_getattr(now, name_column, desc, &isnull))),
						 NameStr(*DatumGetName(heap_getattr(then, name_column, desc, &isnull)))) != 0;
		if (!renamed && schema_column != InvalidAttrNumber)
			renamed = DatumGetObjectId(heap_getattr(now, schema_column, desc, &isnull)) !=
				DatumGetObjectId(heap_getattr(then, schema_column, desc, &isnull));
	}
	if (HeapTupleIsValid(then))
		ReleaseSysCache(then);
	return renamed;
}
