/*-------------------------------------------------------------------------
 *
 * foreign.c
 *	  Foreign data wrappers, servers and user mappings.
 *
 * Of a user mapping only the names of the options are told: their values are
 * how one logs in somewhere.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_user_mapping.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "snapshot/family.h"
#include "snapshot/names.h"

static void
property_options(Collector *c, const CatalogScan *scan, HeapTuple tuple, AttrNumber column)
{
	bool		isnull;
	Datum		value = catalog_datum(scan, tuple, column, &isnull);
	char	   *text = options_text(value, isnull, NULL);

	if (text)
		property(c, "options %s", text);
}

static void
describe_wrapper(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_foreign_data_wrapper form = (Form_pg_foreign_data_wrapper) GETSTRUCT(tuple);
	SchemaUnit *unit;

	unit = unit_begin(c, ForeignDataWrapperRelationId, form->oid, "foreign data wrapper",
					  quote_identifier(NameStr(form->fdwname)));
	row_begin(c);
	if (OidIsValid(form->fdwhandler))
		property(c, "handler %s", name_of(c, ProcedureRelationId, form->fdwhandler));
	if (OidIsValid(form->fdwvalidator))
		property(c, "validator %s", name_of(c, ProcedureRelationId, form->fdwvalidator));
	property_options(c, scan, tuple, Anum_pg_foreign_data_wrapper_fdwoptions);
	property_owner_grants(c, scan, tuple, OBJECT_FDW, form->fdwowner,
						  Anum_pg_foreign_data_wrapper_fdwacl);
	property_notes(c, ForeignDataWrapperRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

static void
describe_server(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_foreign_server form = (Form_pg_foreign_server) GETSTRUCT(tuple);
	SchemaUnit *unit;
	char	   *type,
			   *version;

	unit = unit_begin(c, ForeignServerRelationId, form->oid, "server",
					  quote_identifier(NameStr(form->srvname)));
	row_begin(c);
	property(c, "wrapper %s", name_of(c, ForeignDataWrapperRelationId, form->srvfdw));
	type = catalog_text(scan, tuple, Anum_pg_foreign_server_srvtype);
	if (type)
		property(c, "type %s", quote_literal_cstr(type));
	version = catalog_text(scan, tuple, Anum_pg_foreign_server_srvversion);
	if (version)
		property(c, "version %s", quote_literal_cstr(version));
	property_options(c, scan, tuple, Anum_pg_foreign_server_srvoptions);
	property_owner_grants(c, scan, tuple, OBJECT_FOREIGN_SERVER, form->srvowner,
						  Anum_pg_foreign_server_srvacl);
	property_notes(c, ForeignServerRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

/*
 * Writes the names of the options.
 */
static void
property_option_names(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = catalog_datum(scan, tuple, Anum_pg_user_mapping_umoptions, &isnull);
	Datum	   *elements;
	int			count;

	if (isnull)
		return;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		char	   *option = TextDatumGetCString(elements[i]);

		option[strcspn(option, "=")] = '\0';
		property(c, "option %s", option);
	}
}

static void
describe_user_mapping(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_user_mapping form = (Form_pg_user_mapping) GETSTRUCT(tuple);
	SchemaUnit *unit;

	unit = unit_begin(c, UserMappingRelationId, form->oid, "user mapping",
					  psprintf("%s on server %s", name_of_role(c, form->umuser),
							   name_of(c, ForeignServerRelationId, form->umserver)));
	row_begin(c);
	property_option_names(c, scan, tuple);
	unit_end(c, unit);
}

/*
 * Describes foreign data wrappers, servers and user mappings.
 */
void
describe_foreign(Collector *c)
{
	describe_each(c, ForeignDataWrapperRelationId, ForeignDataWrapperOidIndexId, Anum_pg_foreign_data_wrapper_oid,
				  InvalidAttrNumber, describe_wrapper);
	describe_each(c, ForeignServerRelationId, ForeignServerOidIndexId, Anum_pg_foreign_server_oid,
				  InvalidAttrNumber, describe_server);
	describe_each(c, UserMappingRelationId, UserMappingOidIndexId, Anum_pg_user_mapping_oid,
				  InvalidAttrNumber, describe_user_mapping);
}
