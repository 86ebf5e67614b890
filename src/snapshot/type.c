/*-------------------------------------------------------------------------
 *
 * type.c
 *	  Types that a user has made: enums, composite types, domains, ranges and
 *	  base types.
 *
 * The row type of a table, and the array and multirange types that come with
 * others, are left out.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_range.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "snapshot/family.h"
#include "snapshot/names.h"

typedef struct Label
{
	float4		order;
	const char *text;
} Label;

static int
compare_labels(const ListCell *a, const ListCell *b)
{
	float4		x = ((Label *) lfirst(a))->order;
	float4		y = ((Label *) lfirst(b))->order;

	return (x > y) - (x < y);
}

static void
property_enum(Collector *c, Oid type)
{
	CatalogScan scan;
	HeapTuple	tuple;
	List	   *labels = NIL;
	StringInfoData text;
	ListCell   *cell;

	catalog_begin_one(c, &scan, EnumRelationId, EnumTypIdSortOrderIndexId,
					  Anum_pg_enum_enumtypid, type);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_enum form = (Form_pg_enum) GETSTRUCT(tuple);
		Label	   *label = palloc(sizeof(Label));

		label->order = form->enumsortorder;
		label->text = quote_literal_cstr(NameStr(form->enumlabel));
		labels = lappend(labels, label);
	}
	catalog_end(&scan);
	list_sort(labels, compare_labels);
	initStringInfo(&text);
	foreach(cell, labels)
		appendStringInfo(&text, "%s%s", text.len ? ", " : "", ((Label *) lfirst(cell))->text);
	property(c, "enum (%s)", text.data);
}

static void
property_range(Collector *c, Oid type)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin_one(c, &scan, RangeRelationId, RangeTypidIndexId, Anum_pg_range_rngtypid,
					  type);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_range form = (Form_pg_range) GETSTRUCT(tuple);

		property(c, "range of %s", name_of_type(c, form->rngsubtype, -1));
		property(c, "multirange type %s", name_of_type(c, form->rngmultitypid, -1));
		property(c, "operator class%s", name_of_opclass(c, form->rngsubopc, InvalidOid));
		if (OidIsValid(form->rngcollation) &&
			form->rngcollation != default_collation_of(c, form->rngsubtype))
			property(c, "collation %s", name_of(c, CollationRelationId, form->rngcollation));
		if (OidIsValid(form->rngcanonical))
			property(c, "canonical function %s", name_of(c, ProcedureRelationId, form->rngcanonical));
		if (OidIsValid(form->rngsubdiff))
			property(c, "difference function %s", name_of(c, ProcedureRelationId, form->rngsubdiff));
	}
	catalog_end(&scan);
}

static void
property_domain(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);
	bool		isnull;
	Datum		value;

	property(c, "type %s", name_of_type(c, form->typbasetype, form->typtypmod));
	if (OidIsValid(form->typcollation) &&
		form->typcollation != default_collation_of(c, form->typbasetype))
		property(c, "collation %s", name_of(c, CollationRelationId, form->typcollation));
	if (form->typnotnull)
		property(c, "not null");
	value = catalog_datum(scan, tuple, Anum_pg_type_typdefaultbin, &isnull);
	if (!isnull)
		property(c, "default %s", expression_from_datum(c, NULL, value));
	else
	{
		char	   *text = catalog_text(scan, tuple, Anum_pg_type_typdefault);

		if (text)
			property(c, "default %s", quote_literal_cstr(text));
	}
}

static void
property_base(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);
	struct
	{
		const char *word;
		Oid			function;
	}			functions[] = {
		{"input function", form->typinput}, {"output function", form->typoutput},
		{"receive function", form->typreceive}, {"send function", form->typsend},
		{"modifier input function", form->typmodin}, {"modifier output function", form->typmodout},
		{"analyze function", form->typanalyze}, {"subscript function", form->typsubscript}
	};
	char	   *text = catalog_text(scan, tuple, Anum_pg_type_typdefault);

	if (!form->typisdefined)
	{
		property(c, "shell");
		return;
	}
	for (int i = 0; i < (int) lengthof(functions); i++)
		if (OidIsValid(functions[i].function))
			property(c, "%s %s", functions[i].word,
					 name_of(c, ProcedureRelationId, functions[i].function));
	property(c, "length %d%s, alignment %c, storage %c", form->typlen,
			 form->typbyval ? ", by value" : "", form->typalign, form->typstorage);
	property(c, "category %s%s, delimiter %s",
			 quote_literal_cstr(psprintf("%c", form->typcategory)),
			 form->typispreferred ? ", preferred" : "",
			 quote_literal_cstr(psprintf("%c", form->typdelim)));
	if (OidIsValid(form->typelem))
		property(c, "element %s", name_of_type(c, form->typelem, -1));
	if (OidIsValid(form->typcollation))
		property(c, "collatable");
	if (text)
		property(c, "default %s", quote_literal_cstr(text));
}

/*
 * Returns the unit of a type: begun with its relation if it is composite.
 */
static SchemaUnit *
begin_type(Collector *c, Form_pg_type form, RelationEntry *composite)
{
	if (composite)
		return composite->unit;
	return unit_begin(c, TypeRelationId, form->oid,
					  form->typtype == TYPTYPE_DOMAIN ? "domain" : "type",
					  psprintf("%s.%s", name_of_schema(c, form->typnamespace),
							   quote_identifier(NameStr(form->typname))));
}

static void
describe_type(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);
	RelationEntry *composite = NULL;
	SchemaUnit *unit;

	if (form->typtype == TYPTYPE_COMPOSITE)
	{
		composite = relation_find(c, form->typrelid);
		if (composite == NULL || composite->kind != RELKIND_COMPOSITE_TYPE)
			return;
	}
	unit = begin_type(c, form, composite);
	row_begin(c);
	switch (form->typtype)
	{
		case TYPTYPE_COMPOSITE:
			property(c, "composite");
			property_columns(c, composite);
			break;
		case TYPTYPE_ENUM:
			property_enum(c, form->oid);
			break;
		case TYPTYPE_RANGE:
			property_range(c, form->oid);
			break;
		case TYPTYPE_DOMAIN:
			property_domain(c, scan, tuple);
			break;
		default:
			property_base(c, scan, tuple);
			break;
	}
	property_owner_grants(c, scan, tuple, OBJECT_TYPE, form->typowner, Anum_pg_type_typacl);
	property_notes(c, TypeRelationId, form->oid, 0, "");
	unit_end(c, unit);
	if (form->typtype == TYPTYPE_DOMAIN)
		describe_domain_constraints(c, unit);
}

/*
 * Describes types.
 */
void
describe_types(Collector *c)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin(c, &scan, TypeRelationId, TypeOidIndexId, Anum_pg_type_oid);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

		if (schema_is_left_out(c, form->typnamespace) || form->typtype == TYPTYPE_MULTIRANGE ||
			(form->typtype == TYPTYPE_COMPOSITE && !OidIsValid(form->typrelid)))
			continue;
		/* the many that come with tables, first */
		if (form->typtype == TYPTYPE_COMPOSITE)
		{
			RelationEntry *entry = relation_find(c, form->typrelid);

			if (entry == NULL || entry->kind != RELKIND_COMPOSITE_TYPE)
				continue;
		}
		else if (form->typinput == F_ARRAY_IN)
			continue;
		if (!is_left_out(c, TypeRelationId, form->oid))
			describe_type(c, &scan, tuple);
	}
	catalog_end(&scan);
}
