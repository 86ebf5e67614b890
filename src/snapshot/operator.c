/*-------------------------------------------------------------------------
 *
 * operator.c
 *	  Operators, operator classes and families, casts, conversions and
 *	  transforms.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_language.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_transform.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "snapshot/family.h"
#include "snapshot/names.h"

static void
describe_operator(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_operator form = (Form_pg_operator) GETSTRUCT(tuple);
	SchemaUnit *unit;

	(void) scan;
	/* a shell, which only another operator has named so far */
	if (!OidIsValid(form->oprcode))
		return;
	unit = unit_begin(c, OperatorRelationId, form->oid, "operator",
					  psprintf("%s.%s (%s, %s)", name_of_schema(c, form->oprnamespace),
							   NameStr(form->oprname), name_of_type(c, form->oprleft, -1),
							   name_of_type(c, form->oprright, -1)));
	row_begin(c);
	property(c, "function %s", name_of(c, ProcedureRelationId, form->oprcode));
	property(c, "returns %s", name_of_type(c, form->oprresult, -1));
	if (OidIsValid(form->oprcom))
		property(c, "commutator %s", name_of(c, OperatorRelationId, form->oprcom));
	if (OidIsValid(form->oprnegate))
		property(c, "negator %s", name_of(c, OperatorRelationId, form->oprnegate));
	if (OidIsValid(form->oprrest))
		property(c, "restrict %s", name_of(c, ProcedureRelationId, form->oprrest));
	if (OidIsValid(form->oprjoin))
		property(c, "join %s", name_of(c, ProcedureRelationId, form->oprjoin));
	if (form->oprcanmerge)
		property(c, "merges");
	if (form->oprcanhash)
		property(c, "hashes");
	property_owner(c, form->oprowner);
	property_notes(c, OperatorRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

static void
describe_opclass(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_opclass form = (Form_pg_opclass) GETSTRUCT(tuple);
	SchemaUnit *unit = unit_begin(c, OperatorClassRelationId, form->oid, "operator class",
								  psprintf("%s.%s using %s", name_of_schema(c, form->opcnamespace),
										   quote_identifier(NameStr(form->opcname)),
										   name_of(c, AccessMethodRelationId, form->opcmethod)));

	(void) scan;
	row_begin(c);
	property(c, "for type %s", name_of_type(c, form->opcintype, -1));
	property(c, "family %s", name_of(c, OperatorFamilyRelationId, form->opcfamily));
	if (form->opcdefault)
		property(c, "default");
	if (OidIsValid(form->opckeytype))
		property(c, "storage %s", name_of_type(c, form->opckeytype, -1));
	property_owner(c, form->opcowner);
	property_notes(c, OperatorClassRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

static int
compare_lines(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/*
 * Writes the operators and functions of a family.
 */
static void
property_members(Collector *c, Oid family)
{
	CatalogScan scan;
	HeapTuple	tuple;
	List	   *lines = NIL;
	ListCell   *cell;

	catalog_begin_one(c, &scan, AccessMethodOperatorRelationId, AccessMethodStrategyIndexId,
					  Anum_pg_amop_amopfamily, family);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_amop form = (Form_pg_amop) GETSTRUCT(tuple);

		lines = lappend(lines,
						psprintf("operator %d %s for %s, %s%s%s", form->amopstrategy,
								 name_of(c, OperatorRelationId, form->amopopr),
								 name_of_type(c, form->amoplefttype, -1),
								 name_of_type(c, form->amoprighttype, -1),
								 OidIsValid(form->amopsortfamily) ? " order by " : "",
								 OidIsValid(form->amopsortfamily) ?
								 name_of(c, OperatorFamilyRelationId, form->amopsortfamily) : ""));
	}
	catalog_end(&scan);
	catalog_begin_one(c, &scan, AccessMethodProcedureRelationId, AccessMethodProcedureIndexId,
					  Anum_pg_amproc_amprocfamily, family);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_amproc form = (Form_pg_amproc) GETSTRUCT(tuple);

		lines = lappend(lines, psprintf("function %d %s for %s, %s", form->amprocnum,
										name_of(c, ProcedureRelationId, form->amproc),
										name_of_type(c, form->amproclefttype, -1),
										name_of_type(c, form->amprocrighttype, -1)));
	}
	catalog_end(&scan);
	list_sort(lines, compare_lines);
	foreach(cell, lines)
		property(c, "%s", (char *) lfirst(cell));
}

static void
describe_opfamily(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_opfamily form = (Form_pg_opfamily) GETSTRUCT(tuple);
	SchemaUnit *unit = unit_begin(c, OperatorFamilyRelationId, form->oid, "operator family",
								  psprintf("%s.%s using %s", name_of_schema(c, form->opfnamespace),
										   quote_identifier(NameStr(form->opfname)),
										   name_of(c, AccessMethodRelationId, form->opfmethod)));

	(void) scan;
	row_begin(c);
	property_members(c, form->oid);
	property_owner(c, form->opfowner);
	property_notes(c, OperatorFamilyRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

/*
 * Is it the cast that comes with a range type, to its multirange?
 */
static bool
is_range_cast(Form_pg_cast form)
{
	return OidIsValid(form->castfunc) && form->castcontext == COERCION_CODE_EXPLICIT &&
		type_is_range(form->castsource) && type_is_multirange(form->casttarget) &&
		get_range_multirange(form->castsource) == form->casttarget;
}

static void
describe_cast(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_cast form = (Form_pg_cast) GETSTRUCT(tuple);
	SchemaUnit *unit;

	(void) scan;
	if (is_range_cast(form))
		return;
	unit = unit_begin(c, CastRelationId, form->oid, "cast",
								  psprintf("(%s as %s)", name_of_type(c, form->castsource, -1),
										   name_of_type(c, form->casttarget, -1)));

	row_begin(c);
	if (form->castmethod == COERCION_METHOD_FUNCTION)
		property(c, "function %s", name_of(c, ProcedureRelationId, form->castfunc));
	else
		property(c, form->castmethod == COERCION_METHOD_BINARY ? "without function" : "with inout");
	property(c, form->castcontext == COERCION_CODE_IMPLICIT ? "implicit" :
			 form->castcontext == COERCION_CODE_ASSIGNMENT ? "in assignment" : "explicit");
	property_notes(c, CastRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

static void
describe_conversion(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_conversion form = (Form_pg_conversion) GETSTRUCT(tuple);
	SchemaUnit *unit = unit_begin(c, ConversionRelationId, form->oid, "conversion",
								  name_qualified(c, form->connamespace, NameStr(form->conname)));

	(void) scan;
	row_begin(c);
	property(c, "from %s to %s", pg_encoding_to_char(form->conforencoding),
			 pg_encoding_to_char(form->contoencoding));
	property(c, "function %s", name_of(c, ProcedureRelationId, form->conproc));
	if (form->condefault)
		property(c, "default");
	property_owner(c, form->conowner);
	property_notes(c, ConversionRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

static void
describe_transform(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_transform form = (Form_pg_transform) GETSTRUCT(tuple);
	SchemaUnit *unit = unit_begin(c, TransformRelationId, form->oid, "transform",
								  psprintf("for %s language %s", name_of_type(c, form->trftype, -1),
										   name_of(c, LanguageRelationId, form->trflang)));

	(void) scan;
	row_begin(c);
	if (OidIsValid(form->trffromsql))
		property(c, "from sql with function %s", name_of(c, ProcedureRelationId, form->trffromsql));
	if (OidIsValid(form->trftosql))
		property(c, "to sql with function %s", name_of(c, ProcedureRelationId, form->trftosql));
	property_notes(c, TransformRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

/*
 * Describes operators, operator classes and families, casts, conversions and
 * transforms.
 */
void
describe_operators(Collector *c)
{
	describe_each(c, OperatorRelationId, OperatorOidIndexId, Anum_pg_operator_oid,
				  Anum_pg_operator_oprnamespace, describe_operator);
	describe_each(c, OperatorClassRelationId, OpclassOidIndexId, Anum_pg_opclass_oid,
				  Anum_pg_opclass_opcnamespace, describe_opclass);
	describe_each(c, OperatorFamilyRelationId, OpfamilyOidIndexId, Anum_pg_opfamily_oid,
				  Anum_pg_opfamily_opfnamespace, describe_opfamily);
	describe_each(c, ConversionRelationId, ConversionOidIndexId, Anum_pg_conversion_oid,
				  Anum_pg_conversion_connamespace, describe_conversion);
	describe_each(c, CastRelationId, CastOidIndexId, Anum_pg_cast_oid,
				  InvalidAttrNumber, describe_cast);
	describe_each(c, TransformRelationId, TransformOidIndexId, Anum_pg_transform_oid,
				  InvalidAttrNumber, describe_transform);
}
