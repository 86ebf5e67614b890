/*-------------------------------------------------------------------------
 *
 * unit.c
 *	  Which unit of a snapshot an object is, or is a part of.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_range.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "catalog_row.h"
#include "compat.h"
#include "snapshot/unit.h"

/*
 * Classes of objects that are parts of others: where that is said.
 */
typedef struct PartOf
{
	Oid			class_id;
	Oid			index;			/* by which one is found */
	AttrNumber	key;			/* its column in the catalog */
	AttrNumber	whole;			/* column with what it is a part of */
	Oid			whole_class;
} PartOf;

static const PartOf parts[] = {
	{AttrDefaultRelationId, AttrDefaultOidIndexId, Anum_pg_attrdef_oid,
	Anum_pg_attrdef_adrelid, RelationRelationId},
	{TriggerRelationId, TriggerOidIndexId, Anum_pg_trigger_oid,
	Anum_pg_trigger_tgrelid, RelationRelationId},
	{RewriteRelationId, RewriteOidIndexId, Anum_pg_rewrite_oid,
	Anum_pg_rewrite_ev_class, RelationRelationId},
	{PolicyRelationId, PolicyOidIndexId, Anum_pg_policy_oid,
	Anum_pg_policy_polrelid, RelationRelationId},
	{IndexRelationId, IndexRelidIndexId, Anum_pg_index_indexrelid,
	Anum_pg_index_indrelid, RelationRelationId},
	{AccessMethodOperatorRelationId, AccessMethodOperatorOidIndexId, Anum_pg_amop_oid,
	Anum_pg_amop_amopfamily, OperatorFamilyRelationId},
	{AccessMethodProcedureRelationId, AccessMethodProcedureOidIndexId, Anum_pg_amproc_oid,
	Anum_pg_amproc_amprocfamily, OperatorFamilyRelationId},
	{PublicationRelRelationId, PublicationRelObjectIndexId, Anum_pg_publication_rel_oid,
	Anum_pg_publication_rel_prpubid, PublicationRelationId},
	COMPAT_PUBLICATION_NAMESPACE_PART
};

/*
 * Returns the table that a sequence is the identity of, or 0.
 */
static Oid
identity_table(Oid sequence, Snapshot snapshot)
{
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			table = InvalidOid;

	ScanKeyInit(&key[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&key[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(sequence));
	scan = systable_beginscan(depend, DependDependerIndexId, true, snapshot, 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend row = (Form_pg_depend) GETSTRUCT(tuple);

		if (row->deptype == DEPENDENCY_INTERNAL && row->refclassid == RelationRelationId)
			table = row->refobjid;
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return table;
}

/*
 * Copies the fixed part of a relation's row.  The cache sees what the catalog's
 * own snapshot, NULL, does.
 */
static bool
fetch_class(Oid relation, Snapshot snapshot, FormData_pg_class *form)
{
	TupleDesc	desc;
	HeapTuple	tuple = snapshot == NULL ? SearchSysCache1(RELOID, ObjectIdGetDatum(relation)) :
		catalog_row(RelationRelationId, ClassOidIndexId, Anum_pg_class_oid, relation, snapshot, &desc);

	if (!HeapTupleIsValid(tuple))
		return false;
	memcpy(form, GETSTRUCT(tuple), CLASS_TUPLE_SIZE);
	if (snapshot == NULL)
		ReleaseSysCache(tuple);
	return true;
}

static bool
unit_of_relation(Oid relation, Snapshot snapshot, ObjectAddress *unit)
{
	FormData_pg_class form;
	Oid			table;

	if (!fetch_class(relation, snapshot, &form) || form.relpersistence == RELPERSISTENCE_TEMP)
		return false;
	switch (form.relkind)
	{
		case RELKIND_TOASTVALUE:
			return false;
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			return snapshot_unit_of(IndexRelationId, relation, snapshot, unit);
		case RELKIND_COMPOSITE_TYPE:
			ObjectAddressSet(*unit, TypeRelationId, form.reltype);
			return true;
		case RELKIND_SEQUENCE:
			table = identity_table(relation, snapshot);
			ObjectAddressSet(*unit, RelationRelationId, OidIsValid(table) ? table : relation);
			return true;
		default:
			ObjectAddressSet(*unit, RelationRelationId, relation);
			return true;
	}
}

/*
 * Returns the range type of a multirange type, or 0.
 */
static Oid
range_of(Oid multirange, Snapshot snapshot)
{
	TupleDesc	desc;
	HeapTuple	tuple = catalog_row(RangeRelationId, RangeMultirangeTypidIndexId,
							  Anum_pg_range_rngmultitypid, multirange, snapshot, &desc);

	return HeapTupleIsValid(tuple) ? ((Form_pg_range) GETSTRUCT(tuple))->rngtypid : InvalidOid;
}

static bool
unit_of_type(Oid type, Snapshot snapshot, ObjectAddress *unit)
{
	TupleDesc	desc;
	HeapTuple	tuple = catalog_row(TypeRelationId, TypeOidIndexId, Anum_pg_type_oid, type, snapshot, &desc);
	Form_pg_type form;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_type) GETSTRUCT(tuple);
	if (form->typinput == F_ARRAY_IN)
		return unit_of_type(form->typelem, snapshot, unit);
	if (form->typtype == TYPTYPE_MULTIRANGE)
		type = range_of(type, snapshot);
	else if (OidIsValid(form->typrelid))
		return unit_of_relation(form->typrelid, snapshot, unit);
	ObjectAddressSet(*unit, TypeRelationId, type);
	return OidIsValid(type);
}

static bool
unit_of_constraint(Oid constraint, Snapshot snapshot, ObjectAddress *unit)
{
	TupleDesc	desc;
	HeapTuple	tuple = catalog_row(ConstraintRelationId, ConstraintOidIndexId, Anum_pg_constraint_oid,
							  constraint, snapshot, &desc);
	Form_pg_constraint form;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_constraint) GETSTRUCT(tuple);
	if (OidIsValid(form->conrelid))
		ObjectAddressSet(*unit, RelationRelationId, form->conrelid);
	else
		ObjectAddressSet(*unit, TypeRelationId, form->contypid);
	return true;
}

/*
 * Are objects of this class parts of others?
 */
bool
snapshot_is_part(Oid class_id)
{
	for (int i = 0; i < (int) lengthof(parts); i++)
		if (parts[i].class_id == class_id)
			return true;
	return class_id == ConstraintRelationId;
}

/*
 * Finds the unit of an object.  "snapshot" is SnapshotSelf to see what the
 * running command has made, or NULL to see what it has dropped.  Returns false
 * if the object is not seen, or is in no unit.
 */
bool
snapshot_unit_of(Oid class_id, Oid object_id, Snapshot snapshot, ObjectAddress *unit)
{
	if (class_id == RelationRelationId)
		return unit_of_relation(object_id, snapshot, unit);
	if (class_id == TypeRelationId)
		return unit_of_type(object_id, snapshot, unit);
	if (class_id == ConstraintRelationId)
		return unit_of_constraint(object_id, snapshot, unit);
	for (int i = 0; i < (int) lengthof(parts); i++)
	{
		TupleDesc	desc;
		HeapTuple	tuple;
		bool		isnull;

		if (parts[i].class_id != class_id)
			continue;
		tuple = catalog_row(class_id, parts[i].index, parts[i].key, object_id, snapshot, &desc);
		if (!HeapTupleIsValid(tuple))
			return false;
		ObjectAddressSet(*unit, parts[i].whole_class,
						 DatumGetObjectId(heap_getattr(tuple, parts[i].whole, desc, &isnull)));
		return true;
	}
	ObjectAddressSet(*unit, class_id, object_id);
	return true;
}
