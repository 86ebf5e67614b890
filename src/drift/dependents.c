/*-------------------------------------------------------------------------
 *
 * dependents.c
 *	  What refers to an object.
 *
 * A reference may be to what comes with the object: to the row type of a table
 * or an array of it, to an index or a constraint.  These depend on the object
 * internally or automatically, and what depends on them is found, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "drift/dependents.h"

/*
 * Does the dependent come with what it depends on, and can be referred to?
 */
static bool
comes_along(Form_pg_depend row)
{
	return (row->deptype == DEPENDENCY_INTERNAL || row->deptype == DEPENDENCY_AUTO) &&
		(row->classid == TypeRelationId || row->classid == RelationRelationId ||
		 row->classid == ConstraintRelationId);
}

static bool
is_known(List *found, Oid class_id, Oid object_id)
{
	ListCell   *cell;

	foreach(cell, found)
	{
		ObjectAddress *address = lfirst(cell);

		if (address->classId == class_id && address->objectId == object_id)
			return true;
	}
	return false;
}

/*
 * Of which dependents those are wanted that depend on them.
 */
typedef enum Follow
{
	FOLLOW_NONE,
	FOLLOW_PARTS,				/* of what comes along */
	FOLLOW_ALL
} Follow;

static List *
add_dependents(List *found, Oid class_id, Oid object_id, Follow follow)
{
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	List	   *along = NIL;
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	ListCell   *cell;

	check_stack_depth();
	ScanKeyInit(&key[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(class_id));
	ScanKeyInit(&key[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object_id));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend row = (Form_pg_depend) GETSTRUCT(tuple);
		ObjectAddress *address;

		if (is_known(found, row->classid, row->objid))
			continue;
		address = palloc(sizeof(ObjectAddress));
		ObjectAddressSet(*address, row->classid, row->objid);
		found = lappend(found, address);
		if (follow == FOLLOW_ALL || (follow == FOLLOW_PARTS && comes_along(row)))
			along = lappend(along, address);
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	foreach(cell, along)
	{
		ObjectAddress *address = lfirst(cell);

		found = add_dependents(found, address->classId, address->objectId, follow);
	}
	return found;
}

/*
 * Returns what refers to an object, as ObjectAddress *; with "all", also what
 * refers to that, and so on.
 */
List *
dependents_of(Oid class_id, Oid object_id, bool all)
{
	return add_dependents(NIL, class_id, object_id, all ? FOLLOW_ALL : FOLLOW_PARTS);
}

/*
 * Returns what reads a table's columns, as ObjectAddress *: it names the table
 * itself or its row type.
 */
List *
dependents_of_columns(Oid relation)
{
	List	   *found = add_dependents(NIL, RelationRelationId, relation, FOLLOW_NONE);
	Oid			type = get_rel_type_id(relation);

	return OidIsValid(type) ? add_dependents(found, TypeRelationId, type, FOLLOW_NONE) : found;
}
