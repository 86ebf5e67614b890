/*-------------------------------------------------------------------------
 *
 * live.c
 *	  What the catalogs say of a relation that exists.
 *
 * The catalogs are read without a lock on what they describe, so it may be
 * gone at any moment; then the answer is that of a thing with nothing to it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "lint/live.h"

/*
 * The rows of a catalog that are about one object.
 */
typedef struct Rows
{
	Relation	catalog;
	SysScanDesc scan;
} Rows;

static void
rows_begin(Rows *rows, Oid catalog, Oid index, AttrNumber column, Oid object)
{
	ScanKeyData key;

	rows->catalog = table_open(catalog, AccessShareLock);
	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object));
	rows->scan = systable_beginscan(rows->catalog, index, true, NULL, 1, &key);
}

static HeapTuple
rows_next(Rows *rows)
{
	return systable_getnext(rows->scan);
}

static void
rows_end(Rows *rows)
{
	systable_endscan(rows->scan);
	table_close(rows->catalog, AccessShareLock);
}

/*
 * Returns the access method of an index, or InvalidOid if it is gone.
 */
static Oid
method_of(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	Oid			method = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		method = ((Form_pg_class) GETSTRUCT(tuple))->relam;
		ReleaseSysCache(tuple);
	}
	return method;
}

static LiveIndex *
read_index(HeapTuple tuple, TupleDesc desc)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
	LiveIndex  *index = palloc0(sizeof(LiveIndex));
	bool		isnull;
	oidvector  *opclasses = (oidvector *)
		DatumGetPointer(heap_getattr(tuple, Anum_pg_index_indclass, desc, &isnull));
	int2vector *options = (int2vector *)
		DatumGetPointer(heap_getattr(tuple, Anum_pg_index_indoption, desc, &isnull));
	oidvector  *collations = (oidvector *)
		DatumGetPointer(heap_getattr(tuple, Anum_pg_index_indcollation, desc, &isnull));

	index->oid = form->indexrelid;
	index->method = method_of(index->oid);
	index->keys = form->indnkeyatts;
	index->plain = index->method == BTREE_AM_OID && form->indnatts == form->indnkeyatts;
	for (int i = 0; i < index->keys; i++)
	{
		Oid			type,
					collation;
		int32		typmod;

		index->column[i] = form->indkey.values[i];
		index->opclass[i] = opclasses->values[i];
		if (index->column[i] != 0)
			get_atttypetypmodcoll(form->indrelid, index->column[i], &type, &typmod, &collation);
		if (index->column[i] == 0 || options->values[i] != 0 ||
			collations->values[i] != collation ||
			opclasses->values[i] != GetDefaultOpClass(type, BTREE_AM_OID))
			index->plain = false;
	}
	index->unique = form->indisunique;
	index->primary = form->indisprimary;
	index->valid = form->indisvalid;
	index->immediate = form->indimmediate;
	index->partial = !heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
	index->expressions = !heap_attisnull(tuple, Anum_pg_index_indexprs, NULL);
	return index;
}

/*
 * Returns the LiveIndexes of a table.
 */
List *
live_indexes(Oid table)
{
	Rows		rows;
	List	   *indexes = NIL;
	HeapTuple	tuple;

	rows_begin(&rows, IndexRelationId, IndexIndrelidIndexId, Anum_pg_index_indrelid, table);
	while (HeapTupleIsValid(tuple = rows_next(&rows)))
		indexes = lappend(indexes, read_index(tuple, RelationGetDescr(rows.catalog)));
	rows_end(&rows);
	return indexes;
}

/*
 * Returns the expressions of a table's CHECK constraints that are known to hold.
 */
static List *
valid_checks(Oid table)
{
	Rows		rows;
	List	   *checks = NIL;
	HeapTuple	tuple;

	rows_begin(&rows, ConstraintRelationId, ConstraintRelidTypidNameIndexId,
			   Anum_pg_constraint_conrelid, table);
	while (HeapTupleIsValid(tuple = rows_next(&rows)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
		bool		isnull;
		Datum		expression;

		if (form->contype != CONSTRAINT_CHECK || !form->convalidated || !compat_con_enforced(form))
			continue;
		expression = heap_getattr(tuple, Anum_pg_constraint_conbin,
								  RelationGetDescr(rows.catalog), &isnull);
		if (!isnull)
			checks = lappend(checks, stringToNode(TextDatumGetCString(expression)));
	}
	rows_end(&rows);
	return checks;
}

/*
 * Do the CHECK constraints of the table prove that the column is not null, by
 * the server's own proof?  Then SET NOT NULL need not read the table.
 */
bool
live_is_checked_not_null(Oid table, AttrNumber column)
{
	NullTest   *test = makeNode(NullTest);
	List	   *known = NIL;
	Oid			type,
				collation;
	int32		typmod;
	ListCell   *cell;

	foreach(cell, valid_checks(table))
	{
		Node	   *check = eval_const_expressions(NULL, lfirst(cell));

		check = (Node *) canonicalize_qual((Expr *) check, true);
		known = list_concat(known, make_ands_implicit((Expr *) check));
	}
	if (known == NIL)
		return false;
	get_atttypetypmodcoll(table, column, &type, &typmod, &collation);
	test->arg = (Expr *) makeVar(1, column, type, typmod, collation, 0);
	test->nulltesttype = IS_NOT_NULL;
	test->location = -1;
	return predicate_implied_by(list_make1(test), known, true);
}

/*
 * Returns the CHECK constraints that are known to hold and have one of the columns
 * (AttrNumbers), as Oids; with NIL, all.
 */
List *
live_checks_of_columns(Oid table, const List *columns)
{
	Rows		rows;
	List	   *found = NIL;
	HeapTuple	tuple;

	rows_begin(&rows, ConstraintRelationId, ConstraintRelidTypidNameIndexId,
			   Anum_pg_constraint_conrelid, table);
	while (HeapTupleIsValid(tuple = rows_next(&rows)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
		bool		isnull,
					has = false;
		Datum		keys;
		ArrayType  *array;

		if (form->contype != CONSTRAINT_CHECK || !form->convalidated)
			continue;
		keys = heap_getattr(tuple, Anum_pg_constraint_conkey, RelationGetDescr(rows.catalog),
							&isnull);
		if (isnull)
			continue;
		array = DatumGetArrayTypeP(keys);
		for (int i = 0; i < ARR_DIMS(array)[0]; i++)
			has = has || columns == NIL || list_member_int(columns, ((int16 *) ARR_DATA_PTR(array))[i]);
		if (has)
			found = lappend_oid(found, form->oid);
	}
	rows_end(&rows);
	return found;
}

/*
 * Returns the names of the columns of a CHECK constraint, or of a NOT NULL one;
 * none if the table has no constraint of that name.
 */
List *
live_columns_of_check(Oid table, const char *name)
{
	Oid			constraint = get_relation_constraint_oid(table, name, true);
	HeapTuple	tuple = OidIsValid(constraint) ?
		SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint)) : NULL;
	List	   *columns = NIL;
	bool		isnull;
	Datum		keys;
	char		type;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	type = ((Form_pg_constraint) GETSTRUCT(tuple))->contype;
	keys = SysCacheGetAttr(CONSTROID, tuple, Anum_pg_constraint_conkey, &isnull);
	if (!isnull && (type == CONSTRAINT_CHECK || type == COMPAT_CONSTRAINT_NOTNULL))
	{
		ArrayType  *array = DatumGetArrayTypePCopy(keys);

		for (int i = 0; i < ARR_DIMS(array)[0]; i++)
			{
			char	   *column = get_attname(table, ((int16 *) ARR_DATA_PTR(array))[i], true);

			if (column)
				columns = lappend(columns, column);
		}
	}
	ReleaseSysCache(tuple);
	return columns;
}

static bool
has_address(const List *addresses, const ObjectAddress *address)
{
	ListCell   *cell;

	foreach(cell, addresses)
	{
		const ObjectAddress *other = lfirst(cell);

		if (other->classId == address->classId && other->objectId == address->objectId &&
			other->objectSubId == address->objectSubId)
			return true;
	}
	return false;
}

/*
 * Returns what depends on an object, as ObjectAddresses: what DROP without
 * CASCADE is refused for.  "part" is a column's number, or 0 for the whole.
 */
List *
live_dependents(Oid class_id, Oid object, int32 part)
{
	Relation	catalog = table_open(DependRelationId, AccessShareLock);
	List	   *found = NIL;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(class_id));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object));
	scan = systable_beginscan(catalog, DependReferenceIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
		ObjectAddress *address;

		if (form->deptype != DEPENDENCY_NORMAL || (part != 0 && form->refobjsubid != part))
			continue;
		address = palloc(sizeof(ObjectAddress));
		ObjectAddressSubSet(*address, form->classid, form->objid, form->objsubid);
		if (!has_address(found, address))
			found = lappend(found, address);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return found;
}

/*
 * Returns the relation that a rewrite rule belongs to.
 */
static Oid
relation_of_rule(Oid rule)
{
	Rows		rows;
	Oid			relation = InvalidOid;
	HeapTuple	tuple;

	rows_begin(&rows, RewriteRelationId, RewriteOidIndexId, Anum_pg_rewrite_oid, rule);
	if (HeapTupleIsValid(tuple = rows_next(&rows)))
		relation = ((Form_pg_rewrite) GETSTRUCT(tuple))->ev_class;
	rows_end(&rows);
	return relation;
}

static Oid
relation_of_constraint(Oid constraint)
{
	HeapTuple	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	Oid			relation = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		relation = ((Form_pg_constraint) GETSTRUCT(tuple))->conrelid;
		ReleaseSysCache(tuple);
	}
	return relation;
}

/*
 * Returns the relation that something belongs to: the view of a rule, the table
 * of a constraint or a column; InvalidOid for what is not known to have one.
 */
Oid
live_relation_of(const ObjectAddress *address)
{
	switch (address->classId)
	{
		case RewriteRelationId:
			return relation_of_rule(address->objectId);
		case ConstraintRelationId:
			return relation_of_constraint(address->objectId);
		case RelationRelationId:
			return address->objectId;
		default:
			return InvalidOid;
	}
}

/*
 * Returns the views, as Oids, that read a column; or with 0, the relation.
 */
List *
live_views_of_column(Oid relation, AttrNumber column)
{
	List	   *views = NIL;
	ListCell   *cell;

	foreach(cell, live_dependents(RelationRelationId, relation, column))
	{
		ObjectAddress *address = lfirst(cell);
		Oid			view = address->classId == RewriteRelationId ?
			live_relation_of(address) : InvalidOid;

		if (OidIsValid(view) && view != relation)
			views = list_append_unique_oid(views, view);
	}
	return views;
}

/*
 * Was the type made in the current transaction?
 */
bool
live_type_is_of_this_transaction(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return false;
	result = TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data));
	ReleaseSysCache(tuple);
	return result;
}

/*
 * Returns the names of the columns of a partitioned table's key; NIL if there
 * are expressions in it.
 */
List *
live_partition_key(Oid table)
{
	HeapTuple	tuple = SearchSysCache1(PARTRELID, ObjectIdGetDatum(table));
	Form_pg_partitioned_table form;
	List	   *columns = NIL;
	bool		simple = true;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	form = (Form_pg_partitioned_table) GETSTRUCT(tuple);
	for (int i = 0; i < form->partnatts; i++)
	{
		char	   *column = form->partattrs.values[i] == 0 ? NULL :
			get_attname(table, form->partattrs.values[i], true);

		simple = simple && column;
		columns = lappend(columns, column);
	}
	ReleaseSysCache(tuple);
	return simple ? columns : NIL;
}

/*
 * Has the table a policy of row security?
 */
bool
live_has_policy(Oid table)
{
	Rows		rows;
	bool		found;

	rows_begin(&rows, PolicyRelationId, PolicyPolrelidPolnameIndexId,
			   Anum_pg_policy_polrelid, table);
	found = HeapTupleIsValid(rows_next(&rows));
	rows_end(&rows);
	return found;
}

/*
 * Returns the tables, as Oids, that have a column of the type itself.
 */
List *
live_tables_of_type(Oid type)
{
	List	   *tables = NIL;
	ListCell   *cell;

	foreach(cell, live_dependents(TypeRelationId, type, 0))
	{
		ObjectAddress *address = lfirst(cell);
		char		kind = address->classId == RelationRelationId && address->objectSubId > 0 ?
			get_rel_relkind(address->objectId) : '\0';

		if (kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE)
			tables = list_append_unique_oid(tables, address->objectId);
	}
	return tables;
}

/*
 * Returns the ordinary tables, as Oids, of a schema or of a role.
 */
List *
live_tables_of(Oid schema, Oid owner)
{
	Relation	catalog = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	List	   *oids = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		if (form->relkind == RELKIND_RELATION &&
			(!OidIsValid(schema) || form->relnamespace == schema) &&
			(!OidIsValid(owner) || form->relowner == owner))
			oids = lappend_oid(oids, form->oid);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return oids;
}
