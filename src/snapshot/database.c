/*-------------------------------------------------------------------------
 *
 * database.c
 *	  What belongs to the database as a whole: schemas, extensions, languages,
 *	  access methods, collations, event triggers, default privileges, settings;
 *	  and statistics objects.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_db_role_setting.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_event_trigger.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic_ext.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "snapshot/family.h"
#include "snapshot/names.h"

/*
 * The schema that this extension is in was made for it, unless it is public.
 */
static bool
is_own_schema(Collector *c, Form_pg_namespace form)
{
	return form->oid == c->own_schema && strcmp(NameStr(form->nspname), "public") != 0;
}

static void
describe_schemas(Collector *c)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin(c, &scan, NamespaceRelationId, NamespaceOidIndexId, Anum_pg_namespace_oid);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_namespace form = (Form_pg_namespace) GETSTRUCT(tuple);
		SchemaUnit *unit;

		if (schema_is_left_out(c, form->oid) || is_left_out(c, NamespaceRelationId, form->oid) ||
			is_own_schema(c, form))
			continue;
		unit = unit_begin(c, NamespaceRelationId, form->oid, "schema",
						  quote_identifier(NameStr(form->nspname)));
		row_begin(c);
		property_owner_grants(c, &scan, tuple, OBJECT_SCHEMA, form->nspowner,
							  Anum_pg_namespace_nspacl);
		property_notes(c, NamespaceRelationId, form->oid, 0, "");
		unit_end(c, unit);
	}
	catalog_end(&scan);
}

/*
 * Describes extensions but this one.  Who owns one is not kept by a dump.
 */
static void
describe_extensions(Collector *c)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin(c, &scan, ExtensionRelationId, ExtensionOidIndexId, Anum_pg_extension_oid);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_extension form = (Form_pg_extension) GETSTRUCT(tuple);
		SchemaUnit *unit;

		if (strcmp(NameStr(form->extname), "neon_migrate") == 0)
			continue;
		unit = unit_begin(c, ExtensionRelationId, form->oid, "extension",
						  quote_identifier(NameStr(form->extname)));
		row_begin(c);
		property(c, "version %s", catalog_text(&scan, tuple, Anum_pg_extension_extversion));
		property(c, "schema %s", name_of_schema(c, form->extnamespace));
		property_notes(c, ExtensionRelationId, form->oid, 0, "");
		unit_end(c, unit);
	}
	catalog_end(&scan);
}

static void
describe_language(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_language form = (Form_pg_language) GETSTRUCT(tuple);
	SchemaUnit *unit;

	unit = unit_begin(c, LanguageRelationId, form->oid, "language",
					  quote_identifier(NameStr(form->lanname)));
	row_begin(c);
	if (form->lanpltrusted)
		property(c, "trusted");
	if (OidIsValid(form->lanplcallfoid))
		property(c, "handler %s", name_of(c, ProcedureRelationId, form->lanplcallfoid));
	if (OidIsValid(form->laninline))
		property(c, "inline %s", name_of(c, ProcedureRelationId, form->laninline));
	if (OidIsValid(form->lanvalidator))
		property(c, "validator %s", name_of(c, ProcedureRelationId, form->lanvalidator));
	property_owner_grants(c, scan, tuple, OBJECT_LANGUAGE, form->lanowner,
						  Anum_pg_language_lanacl);
	property_notes(c, LanguageRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

static void
describe_access_method(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_am	form = (Form_pg_am) GETSTRUCT(tuple);
	SchemaUnit *unit;

	(void) scan;
	unit = unit_begin(c, AccessMethodRelationId, form->oid, "access method",
					  quote_identifier(NameStr(form->amname)));
	row_begin(c);
	property(c, "for %s", form->amtype == AMTYPE_INDEX ? "indexes" : "tables");
	property(c, "handler %s", name_of(c, ProcedureRelationId, form->amhandler));
	property_notes(c, AccessMethodRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

static void
describe_collation(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	/* the version is that of a library, and for REFRESH to change */
	static const char *const known[] = {
		"oid", "collname", "collnamespace", "collowner", "collencoding", "collversion", NULL
	};
	Form_pg_collation form = (Form_pg_collation) GETSTRUCT(tuple);
	SchemaUnit *unit;

	unit = unit_begin(c, CollationRelationId, form->oid, "collation",
					  name_qualified(c, form->collnamespace, NameStr(form->collname)));
	row_begin(c);
	property_other_columns(c, scan, tuple, known, 4);
	property_owner(c, form->collowner);
	property_notes(c, CollationRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

static void
describe_event_trigger(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_event_trigger form = (Form_pg_event_trigger) GETSTRUCT(tuple);
	SchemaUnit *unit;
	bool		isnull;
	Datum		tags;

	unit = unit_begin(c, EventTriggerRelationId, form->oid, "event trigger",
					  quote_identifier(NameStr(form->evtname)));
	row_begin(c);
	property(c, "on %s", NameStr(form->evtevent));
	tags = catalog_datum(scan, tuple, Anum_pg_event_trigger_evttags, &isnull);
	if (!isnull)
		property(c, "tags %s", options_text(tags, isnull, NULL));
	property(c, "function %s", name_of(c, ProcedureRelationId, form->evtfoid));
	if (form->evtenabled != 'O')
		property(c, form->evtenabled == 'D' ? "disabled" :
				 form->evtenabled == 'R' ? "enabled replica" : "enabled always");
	property_owner(c, form->evtowner);
	property_notes(c, EventTriggerRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

static const char *
default_acl_object(char type, ObjectType *object)
{
	switch (type)
	{
		case DEFACLOBJ_RELATION:
			*object = OBJECT_TABLE;
			return "tables";
		case DEFACLOBJ_SEQUENCE:
			*object = OBJECT_SEQUENCE;
			return "sequences";
		case DEFACLOBJ_FUNCTION:
			*object = OBJECT_FUNCTION;
			return "functions";
		case DEFACLOBJ_TYPE:
			*object = OBJECT_TYPE;
			return "types";
		case DEFACLOBJ_NAMESPACE:
			*object = OBJECT_SCHEMA;
			return "schemas";
		default:
			*object = OBJECT_LARGEOBJECT;
			return "large objects";
	}
}

static void
describe_default_privilege(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_default_acl form = (Form_pg_default_acl) GETSTRUCT(tuple);
	ObjectType	object;
	const char *objects = default_acl_object(form->defaclobjtype, &object);
	bool		in_schema = OidIsValid(form->defaclnamespace);
	SchemaUnit *unit;
	bool		isnull;
	Datum		acl;

	unit = unit_begin(c, DefaultAclRelationId, form->oid, "default privileges",
					  psprintf("of %s%s%s on %s", name_of_role(c, form->defaclrole),
							   in_schema ? " in schema " : "",
							   in_schema ? name_of_schema(c, form->defaclnamespace) : "",
							   objects));
	row_begin(c);
	acl = catalog_datum(scan, tuple, Anum_pg_default_acl_defaclacl, &isnull);
	if (!isnull && in_schema)
		property_default_grants(c, DatumGetAclP(acl));
	else if (!isnull)
		property_grants(c, object, form->defaclrole, DatumGetAclP(acl), "");
	unit_end(c, unit);
}

/*
 * Describes ALTER DATABASE SET, and ALTER ROLE SET in this database.  They are
 * few, and always described all at once.
 */
static void
describe_settings(Collector *c)
{
	CatalogScan scan;
	HeapTuple	tuple;

	if (!c->whole && collector_scope(c, DbRoleSettingRelationId) == NIL)
		return;
	catalog_begin_one(c, &scan, DbRoleSettingRelationId, DbRoleSettingDatidRolidIndexId,
					  Anum_pg_db_role_setting_setdatabase, MyDatabaseId);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_db_role_setting form = (Form_pg_db_role_setting) GETSTRUCT(tuple);
		SchemaUnit *unit;
		bool		isnull;
		Datum		settings = catalog_datum(&scan, tuple, Anum_pg_db_role_setting_setconfig, &isnull);
		Datum	   *elements;
		int			count;

		if (isnull)
			continue;
		unit = unit_begin(c, DbRoleSettingRelationId, form->setrole, "settings",
						  OidIsValid(form->setrole) ?
						  psprintf("of role %s", name_of_role(c, form->setrole)) : "of all roles");
		row_begin(c);
		deconstruct_array(DatumGetArrayTypeP(settings), TEXTOID, -1, false, TYPALIGN_INT,
						  &elements, NULL, &count);
		for (int i = 0; i < count; i++)
			property(c, "set %s", TextDatumGetCString(elements[i]));
		unit_end(c, unit);
	}
	catalog_end(&scan);
}

static void
property_statistics(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_statistic_ext form = (Form_pg_statistic_ext) GETSTRUCT(tuple);
	int			target = compat_ext_statistics_target(tuple, RelationGetDescr(scan->catalog));
	bool		isnull;
	ArrayType  *kinds = DatumGetArrayTypeP(catalog_datum(scan, tuple, Anum_pg_statistic_ext_stxkind,
														 &isnull));

	property(c, "table %s", name_of_relation(c, form->stxrelid));
	property(c, "on %s", expression_normal(TextDatumGetCString(
		OidFunctionCall1(F_PG_GET_STATISTICSOBJDEF_COLUMNS, ObjectIdGetDatum(form->oid)))));
	for (int i = 0; i < ARR_DIMS(kinds)[0]; i++)
	{
		char		kind = ((char *) ARR_DATA_PTR(kinds))[i];

		if (kind != STATS_EXT_EXPRESSIONS)
			property(c, "%s", kind == STATS_EXT_NDISTINCT ? "ndistinct" :
					 kind == STATS_EXT_DEPENDENCIES ? "dependencies" : "mcv");
	}
	if (target >= 0)
		property(c, "statistics target %d", target);
}

static void
describe_statistics_object(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_statistic_ext form = (Form_pg_statistic_ext) GETSTRUCT(tuple);
	SchemaUnit *unit;

	if (get_rel_persistence(form->stxrelid) == RELPERSISTENCE_TEMP)
		return;
	unit = unit_begin(c, StatisticExtRelationId, form->oid, "statistics",
					  name_qualified(c, form->stxnamespace, NameStr(form->stxname)));
	row_begin(c);
	property_statistics(c, scan, tuple);
	property_owner(c, form->stxowner);
	property_notes(c, StatisticExtRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

/*
 * Describes statistics objects.
 */
void
describe_statistics(Collector *c)
{
	describe_each(c, StatisticExtRelationId, StatisticExtOidIndexId, Anum_pg_statistic_ext_oid,
				  Anum_pg_statistic_ext_stxnamespace, describe_statistics_object);
}

/*
 * Describes what belongs to the database as a whole.
 */
void
describe_database(Collector *c)
{
	describe_schemas(c);
	describe_extensions(c);
	describe_each(c, LanguageRelationId, LanguageOidIndexId, Anum_pg_language_oid,
				  InvalidAttrNumber, describe_language);
	describe_each(c, AccessMethodRelationId, AmOidIndexId, Anum_pg_am_oid,
				  InvalidAttrNumber, describe_access_method);
	describe_each(c, CollationRelationId, CollationOidIndexId, Anum_pg_collation_oid,
				  Anum_pg_collation_collnamespace, describe_collation);
	describe_each(c, EventTriggerRelationId, EventTriggerOidIndexId, Anum_pg_event_trigger_oid,
				  InvalidAttrNumber, describe_event_trigger);
	describe_each(c, DefaultAclRelationId, DefaultAclOidIndexId, Anum_pg_default_acl_oid,
				  InvalidAttrNumber, describe_default_privilege);
	describe_settings(c);
}
