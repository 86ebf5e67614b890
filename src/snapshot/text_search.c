/*-------------------------------------------------------------------------
 *
 * text_search.c
 *	  Text search configurations, dictionaries, parsers and templates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_config_map.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "tsearch/ts_cache.h"
#include "tsearch/ts_public.h"
#include "utils/builtins.h"

#include "snapshot/family.h"
#include "snapshot/names.h"

typedef struct Mapping
{
	const char *token;
	int			number;
	const char *dictionary;
} Mapping;

static int
compare_mappings(const ListCell *a, const ListCell *b)
{
	const Mapping *x = lfirst(a);
	const Mapping *y = lfirst(b);
	int			order = strcmp(x->token, y->token);

	return order ? order : x->number - y->number;
}

static const char *
token_name(LexDescr *types, int number)
{
	for (; types && types->lexid; types++)
		if (types->lexid == number)
			return types->alias;
	return psprintf("%d", number);
}

/*
 * Writes which dictionaries are asked for each type of token.
 */
static void
property_mappings(Collector *c, Oid config, Oid parser)
{
	TSParserCacheEntry *entry = lookup_ts_parser_cache(parser);
	LexDescr   *types = OidIsValid(entry->lextypeOid) ?
		(LexDescr *) DatumGetPointer(OidFunctionCall1(entry->lextypeOid, (Datum) 0)) : NULL;
	CatalogScan scan;
	HeapTuple	tuple;
	List	   *mappings = NIL;
	ListCell   *cell;
	StringInfoData text;
	const char *last = NULL;

	catalog_begin_one(c, &scan, TSConfigMapRelationId, TSConfigMapIndexId,
					  Anum_pg_ts_config_map_mapcfg, config);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_ts_config_map form = (Form_pg_ts_config_map) GETSTRUCT(tuple);
		Mapping    *mapping = palloc(sizeof(Mapping));

		mapping->token = token_name(types, form->maptokentype);
		mapping->number = form->mapseqno;
		mapping->dictionary = name_of(c, TSDictionaryRelationId, form->mapdict);
		mappings = lappend(mappings, mapping);
	}
	catalog_end(&scan);
	list_sort(mappings, compare_mappings);
	initStringInfo(&text);
	foreach(cell, mappings)
	{
		Mapping    *mapping = lfirst(cell);

		if (last && strcmp(last, mapping->token) != 0)
		{
			property(c, "mapping of %s", text.data);
			resetStringInfo(&text);
		}
		appendStringInfo(&text, "%s %s", text.len ? "," : mapping->token, mapping->dictionary);
		last = mapping->token;
	}
	if (last)
		property(c, "mapping of %s", text.data);
}

static void
describe_config(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_ts_config form = (Form_pg_ts_config) GETSTRUCT(tuple);
	SchemaUnit *unit;

	(void) scan;
	unit = unit_begin(c, TSConfigRelationId, form->oid, "text search configuration",
					  name_qualified(c, form->cfgnamespace, NameStr(form->cfgname)));
	row_begin(c);
	property(c, "parser %s", name_of(c, TSParserRelationId, form->cfgparser));
	property_mappings(c, form->oid, form->cfgparser);
	property_owner(c, form->cfgowner);
	property_notes(c, TSConfigRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

static void
describe_dictionary(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_ts_dict form = (Form_pg_ts_dict) GETSTRUCT(tuple);
	SchemaUnit *unit;
	char	   *options;

	unit = unit_begin(c, TSDictionaryRelationId, form->oid, "text search dictionary",
					  name_qualified(c, form->dictnamespace, NameStr(form->dictname)));
	row_begin(c);
	property(c, "template %s", name_of(c, TSTemplateRelationId, form->dicttemplate));
	options = catalog_text(scan, tuple, Anum_pg_ts_dict_dictinitoption);
	if (options)
		property(c, "options %s", options);
	property_owner(c, form->dictowner);
	property_notes(c, TSDictionaryRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

static void
property_function(Collector *c, const char *word, Oid function)
{
	if (OidIsValid(function))
		property(c, "%s %s", word, name_of(c, ProcedureRelationId, function));
}

static void
describe_parser(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_ts_parser form = (Form_pg_ts_parser) GETSTRUCT(tuple);
	SchemaUnit *unit;

	(void) scan;
	unit = unit_begin(c, TSParserRelationId, form->oid, "text search parser",
					  name_qualified(c, form->prsnamespace, NameStr(form->prsname)));
	row_begin(c);
	property_function(c, "start", form->prsstart);
	property_function(c, "gettoken", form->prstoken);
	property_function(c, "end", form->prsend);
	property_function(c, "headline", form->prsheadline);
	property_function(c, "lextypes", form->prslextype);
	property_notes(c, TSParserRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

static void
describe_template(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_ts_template form = (Form_pg_ts_template) GETSTRUCT(tuple);
	SchemaUnit *unit;

	(void) scan;
	unit = unit_begin(c, TSTemplateRelationId, form->oid, "text search template",
					  name_qualified(c, form->tmplnamespace, NameStr(form->tmplname)));
	row_begin(c);
	property_function(c, "init", form->tmplinit);
	property_function(c, "lexize", form->tmpllexize);
	property_notes(c, TSTemplateRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

/*
 * Describes what is for text search.
 */
void
describe_text_search(Collector *c)
{
	describe_each(c, TSConfigRelationId, TSConfigOidIndexId, Anum_pg_ts_config_oid,
				  Anum_pg_ts_config_cfgnamespace, describe_config);
	describe_each(c, TSDictionaryRelationId, TSDictionaryOidIndexId, Anum_pg_ts_dict_oid,
				  Anum_pg_ts_dict_dictnamespace, describe_dictionary);
	describe_each(c, TSParserRelationId, TSParserOidIndexId, Anum_pg_ts_parser_oid,
				  Anum_pg_ts_parser_prsnamespace, describe_parser);
	describe_each(c, TSTemplateRelationId, TSTemplateOidIndexId, Anum_pg_ts_template_oid,
				  Anum_pg_ts_template_tmplnamespace, describe_template);
}
