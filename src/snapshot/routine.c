/*-------------------------------------------------------------------------
 *
 * routine.c
 *	  Functions, procedures and aggregates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_language.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_transform.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "snapshot/family.h"
#include "snapshot/names.h"

static char *
call_text(Oid function, Oid routine)
{
	LOCAL_FCINFO(fcinfo, 1);
	FmgrInfo	info;
	Datum		value;

	fmgr_info(function, &info);
	InitFunctionCallInfoData(*fcinfo, &info, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = ObjectIdGetDatum(routine);
	fcinfo->args[0].isnull = false;
	value = FunctionCallInvoke(fcinfo);
	return fcinfo->isnull ? NULL : TextDatumGetCString(value);
}

/*
 * Writes each of an array of texts, sorted, as a property.
 */
static void
property_settings(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = catalog_datum(scan, tuple, Anum_pg_proc_proconfig, &isnull);
	Datum	   *elements;
	int			count;

	if (isnull)
		return;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, NULL, &count);
	for (int i = 0; i < count; i++)
		property(c, "set %s", TextDatumGetCString(elements[i]));
}

static void
property_transforms(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = catalog_datum(scan, tuple, Anum_pg_proc_protrftypes, &isnull);
	ArrayType  *array;

	if (isnull)
		return;
	array = DatumGetArrayTypeP(value);
	for (int i = 0; i < ARR_DIMS(array)[0]; i++)
		property(c, "transform for type %s",
				 name_of_type(c, ((Oid *) ARR_DATA_PTR(array))[i], -1));
}

/*
 * Writes how the planner is to treat a function, as far as that is not by
 * default.
 */
static void
property_planning(Collector *c, Form_pg_proc form)
{
	bool		by_c = form->prolang == INTERNALlanguageId || form->prolang == ClanguageId;

	property(c, "volatility %s", form->provolatile == PROVOLATILE_IMMUTABLE ? "immutable" :
			 form->provolatile == PROVOLATILE_STABLE ? "stable" : "volatile");
	if (form->proparallel != PROPARALLEL_UNSAFE)
		property(c, "parallel %s", form->proparallel == PROPARALLEL_SAFE ? "safe" : "restricted");
	if (form->proisstrict)
		property(c, "strict");
	if (form->prosecdef)
		property(c, "security definer");
	if (form->proleakproof)
		property(c, "leakproof");
	if (form->prokind == PROKIND_WINDOW)
		property(c, "window");
	if (form->procost != (by_c ? 1 : 100))
		property(c, "cost %g", form->procost);
	if (form->proretset && form->prorows != 1000)
		property(c, "rows %g", form->prorows);
	if (OidIsValid(form->prosupport))
		property(c, "support %s", name_of(c, ProcedureRelationId, form->prosupport));
}

static void
property_body(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);
	char	   *sql_body = call_text(F_PG_GET_FUNCTION_SQLBODY, form->oid);
	char	   *library = catalog_text(scan, tuple, Anum_pg_proc_probin);
	char	   *source = catalog_text(scan, tuple, Anum_pg_proc_prosrc);

	if (library)
		property(c, "library %s", library);
	if (sql_body)
		property(c, "body\n%s", expression_normal(sql_body));
	else if (form->prolang == INTERNALlanguageId || form->prolang == ClanguageId)
		property(c, "symbol %s", source);
	else
		property(c, "source\n%s", source);
}

/*
 * Writes what makes an aggregate one.
 */
static void
property_aggregate(Collector *c, Oid routine)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin_one(c, &scan, AggregateRelationId, AggregateFnoidIndexId,
					  Anum_pg_aggregate_aggfnoid, routine);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_aggregate form = (Form_pg_aggregate) GETSTRUCT(tuple);
		struct
		{
			const char *word;
			Oid			function;
		}			functions[] = {
			{"transition function", form->aggtransfn}, {"final function", form->aggfinalfn},
			{"combine function", form->aggcombinefn}, {"serial function", form->aggserialfn},
			{"deserial function", form->aggdeserialfn},
			{"moving transition function", form->aggmtransfn},
			{"moving inverse function", form->aggminvtransfn},
			{"moving final function", form->aggmfinalfn}
		};
		char	   *initial = catalog_text(&scan, tuple, Anum_pg_aggregate_agginitval);
		char	   *moving_initial = catalog_text(&scan, tuple, Anum_pg_aggregate_aggminitval);

		property(c, "aggregate kind %c, %d direct arguments", form->aggkind, form->aggnumdirectargs);
		for (int i = 0; i < (int) lengthof(functions); i++)
			if (OidIsValid(functions[i].function))
				property(c, "%s %s", functions[i].word,
						 name_of(c, ProcedureRelationId, functions[i].function));
		property(c, "state type %s, space %d", name_of_type(c, form->aggtranstype, -1),
				 form->aggtransspace);
		if (OidIsValid(form->aggmtranstype))
			property(c, "moving state type %s, space %d", name_of_type(c, form->aggmtranstype, -1),
					 form->aggmtransspace);
		property(c, "final function %s%c, moving %s%c", form->aggfinalextra ? "extra " : "",
				 form->aggfinalmodify, form->aggmfinalextra ? "extra " : "", form->aggmfinalmodify);
		if (initial)
			property(c, "initial %s", quote_literal_cstr(initial));
		if (moving_initial)
			property(c, "moving initial %s", quote_literal_cstr(moving_initial));
		if (OidIsValid(form->aggsortop))
			property(c, "sort operator %s", name_of(c, OperatorRelationId, form->aggsortop));
	}
	catalog_end(&scan);
}

static char *
routine_identity(Collector *c, Form_pg_proc form)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "%s.%s(", name_of_schema(c, form->pronamespace),
					 quote_identifier(NameStr(form->proname)));
	for (int i = 0; i < form->pronargs; i++)
		appendStringInfo(&text, "%s%s", i ? ", " : "",
						 name_of_type(c, form->proargtypes.values[i], -1));
	appendStringInfoChar(&text, ')');
	return text.data;
}

/*
 * Is it a function that comes with a range type?
 */
static bool
is_range_constructor(Form_pg_proc form, const char *source)
{
	return form->prolang == INTERNALlanguageId &&
		(strncmp(source, "range_constructor", 17) == 0 ||
		 strncmp(source, "multirange_constructor", 22) == 0);
}

static void
describe_routine(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);
	const char *kind = form->prokind == PROKIND_PROCEDURE ? "procedure" :
		form->prokind == PROKIND_AGGREGATE ? "aggregate" : "function";
	SchemaUnit *unit;
	char	   *result;

	if (is_range_constructor(form, catalog_text(scan, tuple, Anum_pg_proc_prosrc)))
		return;
	unit = unit_begin(c, ProcedureRelationId, form->oid, kind, routine_identity(c, form));
	result = call_text(F_PG_GET_FUNCTION_RESULT, form->oid);
	row_begin(c);
	property(c, "arguments (%s)",
			 expression_normal(call_text(F_PG_GET_FUNCTION_ARGUMENTS, form->oid)));
	if (result)
		property(c, "returns %s", result);
	if (form->prokind != PROKIND_AGGREGATE)
		property(c, "language %s", name_of(c, LanguageRelationId, form->prolang));
	if (form->prokind == PROKIND_AGGREGATE)
		property_aggregate(c, form->oid);
	else
		property_body(c, scan, tuple);
	property_planning(c, form);
	property_settings(c, scan, tuple);
	property_transforms(c, scan, tuple);
	property_owner_grants(c, scan, tuple, OBJECT_FUNCTION, form->proowner, Anum_pg_proc_proacl);
	property_notes(c, ProcedureRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

/*
 * Describes functions, procedures and aggregates.
 */
void
describe_routines(Collector *c)
{
	describe_each(c, ProcedureRelationId, ProcedureOidIndexId, Anum_pg_proc_oid,
				  Anum_pg_proc_pronamespace, describe_routine);
}
