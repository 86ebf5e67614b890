/*-------------------------------------------------------------------------
 *
 * constraint.c
 *	  Constraints of tables and domains.
 *
 * NOT NULL is a property of the column, also where (from 18 on) it is a
 * constraint with a name: the name is not a part of the snapshot.  Foreign keys
 * that a partition has because its parent has them are left out, as they cannot
 * be changed but there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_class.h"
#include "catalog/pg_operator.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "compat.h"
#include "snapshot/family.h"
#include "snapshot/names.h"

/*
 * Returns an array of attribute numbers as names in parentheses.
 */
static char *
columns_text(Collector *c, Oid relation, Datum numbers)
{
	ArrayType  *array = DatumGetArrayTypeP(numbers);
	int16	   *element = (int16 *) ARR_DATA_PTR(array);
	int			count = ARR_DIMS(array)[0];
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoChar(&text, '(');
	for (int i = 0; i < count; i++)
		appendStringInfo(&text, "%s%s", i ? ", " : "", name_of_column(c, relation, element[i]));
	appendStringInfoChar(&text, ')');
	return text.data;
}

static const char *
action_text(char action)
{
	switch (action)
	{
		case FKCONSTR_ACTION_RESTRICT:
			return "restrict";
		case FKCONSTR_ACTION_CASCADE:
			return "cascade";
		case FKCONSTR_ACTION_SETNULL:
			return "set null";
		case FKCONSTR_ACTION_SETDEFAULT:
			return "set default";
		default:
			return NULL;
	}
}

static void
property_foreign_key(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	const char *period = compat_con_period(form) ? " with period" : "";
	bool		isnull;
	Datum		key = catalog_datum(scan, tuple, Anum_pg_constraint_conkey, &isnull);
	Datum		foreign_key = catalog_datum(scan, tuple, Anum_pg_constraint_confkey, &isnull);

	property(c, "foreign key %s%s", columns_text(c, form->conrelid, key), period);
	property(c, "references %s %s", name_of_relation(c, form->confrelid),
			 columns_text(c, form->confrelid, foreign_key));
	if (form->confmatchtype == FKCONSTR_MATCH_FULL)
		property(c, "match full");
	if (action_text(form->confupdtype))
		property(c, "on update %s", action_text(form->confupdtype));
	if (action_text(form->confdeltype))
	{
		Datum		subset = compat_delete_columns(tuple, RelationGetDescr(scan->catalog), &isnull);

		property(c, "on delete %s%s%s", action_text(form->confdeltype), isnull ? "" : " ",
				 isnull ? "" : columns_text(c, form->conrelid, subset));
	}
}

static void
property_index_constraint(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	IndexEntry *index = hash_search(c->indexes, &form->conindid, HASH_FIND, NULL);
	bool		isnull;
	Datum		operators;

	property(c, "%s%s", form->contype == CONSTRAINT_PRIMARY ? "primary key" :
			 form->contype == CONSTRAINT_UNIQUE ? "unique" : "exclude",
			 compat_con_period(form) ? " without overlaps" : "");
	if (index == NULL)
		return;
	index->of_constraint = true;
	/* also those of a key with WITHOUT OVERLAPS, which say nothing new */
	operators = catalog_datum(scan, tuple, Anum_pg_constraint_conexclop, &isnull);
	property_index(c, index, isnull || form->contype != CONSTRAINT_EXCLUSION ? NULL :
				   (const Oid *) ARR_DATA_PTR(DatumGetArrayTypeP(operators)));
	property_notes(c, RelationRelationId, form->conindid, 0, "index ");
}

static void
property_constraint_state(Collector *c, Form_pg_constraint form)
{
	if (form->connoinherit && form->contype == CONSTRAINT_CHECK)
		property(c, "no inherit");
	if (!form->conislocal && form->contype == CONSTRAINT_CHECK)
		property(c, "inherited");
	if (form->condeferrable)
		property(c, form->condeferred ? "deferrable initially deferred" : "deferrable");
	if (!compat_con_enforced(form))
		property(c, "not enforced");
	else if (!form->convalidated)
		property(c, "not valid");
	property_notes(c, ConstraintRelationId, form->oid, 0, "");
}

/*
 * Notes of a NOT NULL constraint what else there is to it than the name.
 */
static void
note_not_null(Collector *c, const CatalogScan *scan, HeapTuple tuple, RelationEntry *entry)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	bool		isnull;
	Datum		key = catalog_datum(scan, tuple, Anum_pg_constraint_conkey, &isnull);
	int16		number = ((int16 *) ARR_DATA_PTR(DatumGetArrayTypeP(key)))[0];

	if (entry->column && number > 0 && number <= entry->columns &&
		(form->connoinherit || !form->convalidated))
		entry->column[number - 1].not_null_note =
			keep(c, psprintf("%s%s", form->connoinherit ? " no inherit" : "",
							 form->convalidated ? "" : " not valid"));
}

static void
describe_constraint(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	RelationEntry *entry = relation_find(c, form->conrelid);
	bool		isnull;
	Datum		value;

	if (entry == NULL || entry->unit == NULL)
		return;
	row_begin(c);
	switch (form->contype)
	{
		case CONSTRAINT_PRIMARY:
		case CONSTRAINT_UNIQUE:
		case CONSTRAINT_EXCLUSION:
			property_index_constraint(c, scan, tuple);
			break;
		case CONSTRAINT_FOREIGN:
			if (OidIsValid(form->conparentid))
				return;
			property_foreign_key(c, scan, tuple);
			break;
		case CONSTRAINT_CHECK:
			value = catalog_datum(scan, tuple, Anum_pg_constraint_conbin, &isnull);
			property_value(c, "check", isnull ? "" : expression_from_datum(c, entry, value));
			break;
		case COMPAT_CONSTRAINT_NOTNULL:
			note_not_null(c, scan, tuple, entry);
			return;
		default:
			/* a constraint trigger is described as a trigger */
			return;
	}
	property_constraint_state(c, form);
	row_end(c, entry->unit, "constraint", quote_identifier(NameStr(form->conname)),
				form->oid);
}

/*
 * Describes the constraints of tables.
 */
void
describe_constraints(Collector *c)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin_of(c, &scan, ConstraintRelationId, ConstraintRelidTypidNameIndexId,
					 Anum_pg_constraint_conrelid,
					 c->whole ? NIL : collector_scope(c, RelationRelationId));
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
		describe_constraint(c, &scan, tuple);
	catalog_end(&scan);
}

/*
 * Describes the constraints of a domain.
 */
void
describe_domain_constraints(Collector *c, SchemaUnit *unit)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin_one(c, &scan, ConstraintRelationId, ConstraintTypidIndexId,
					  Anum_pg_constraint_contypid, unit->object_id);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
		bool		isnull;
		Datum		value;

		if (form->contype != CONSTRAINT_CHECK)
			continue;
		row_begin(c);
		value = catalog_datum(&scan, tuple, Anum_pg_constraint_conbin, &isnull);
		property(c, "check %s", isnull ? "" : expression_from_datum(c, NULL, value));
		property_constraint_state(c, form);
		row_end(c, unit, "constraint", quote_identifier(NameStr(form->conname)),
				form->oid);
	}
	catalog_end(&scan);
}
