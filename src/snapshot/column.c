/*-------------------------------------------------------------------------
 *
 * column.c
 *	  Columns of tables, attributes of composite types.
 *
 * A column that was dropped leaves no trace: attribute numbers do not appear.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/toast_compression.h"
#include "catalog/indexing.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "compat.h"
#include "snapshot/family.h"
#include "snapshot/names.h"

/* a server may keep others of its own there */
static const char *const column_options[] = {"n_distinct", "n_distinct_inherited", NULL};

static const char *
keep_options(Collector *c, const CatalogScan *scan, HeapTuple tuple, AttrNumber attribute,
			 const char *const *only)
{
	bool		isnull;
	Datum		value = catalog_datum(scan, tuple, attribute, &isnull);
	char	   *text = options_text(value, isnull, only);

	return text ? keep(c, text) : NULL;
}

static bool
is_index(const RelationEntry *entry)
{
	return entry->kind == RELKIND_INDEX || entry->kind == RELKIND_PARTITIONED_INDEX;
}

static void
load_column(Collector *c, const CatalogScan *scan, HeapTuple tuple, RelationEntry *entry)
{
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
	int			statistics = compat_statistics_target(tuple, RelationGetDescr(scan->catalog));
	Column	   *column;
	bool		isnull;
	Datum		acl;

	/* of an index only what was set */
	if (is_index(entry) && statistics < 0 &&
		heap_attisnull(tuple, Anum_pg_attribute_attoptions, RelationGetDescr(scan->catalog)))
		return;
	if (entry->column == NULL)
		entry->column = MemoryContextAllocZero(c->context, sizeof(Column) * entry->columns);
	entry->has_defaults |= form->atthasdef;
	if (form->attnum > entry->columns)
		collector_raise_gone("earlier form of the relation", entry->oid);
	column = &entry->column[form->attnum - 1];
	column->name = keep(c, quote_identifier(NameStr(form->attname)));
	column->type = form->atttypid;
	column->typmod = form->atttypmod;
	column->collation = form->attcollation;
	column->not_null = form->attnotnull;
	column->inherited = !form->attislocal;
	column->from_parent = form->attinhcount > 0;
	column->identity = form->attidentity;
	column->generated = form->attgenerated;
	column->storage = form->attstorage;
	column->compression = form->attcompression;
	column->statistics = statistics;
	column->options = keep_options(c, scan, tuple, Anum_pg_attribute_attoptions,
								   is_index(entry) ? NULL : column_options);
	column->fdw_options = keep_options(c, scan, tuple, Anum_pg_attribute_attfdwoptions, NULL);
	acl = catalog_datum(scan, tuple, Anum_pg_attribute_attacl, &isnull);
	if (!isnull)
	{
		MemoryContext old_context = MemoryContextSwitchTo(c->context);

		column->acl = DatumGetAclPCopy(acl);
		MemoryContextSwitchTo(old_context);
	}
}

/*
 * When only some relations are described: loads the columns of their indexes.
 * They seldom change, so that the cache often has them.
 */
static void
load_index_columns(Collector *c, const CatalogScan *scan)
{
	ListCell   *cell;

	foreach(cell, c->index_oids)
	{
		RelationEntry *entry = relation_find(c, lfirst_oid(cell));

		for (int i = 1; entry && i <= entry->columns; i++)
		{
			HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(entry->oid),
												Int16GetDatum(i));

			if (!HeapTupleIsValid(tuple))
				continue;
			load_column(c, scan, tuple, entry);
			ReleaseSysCache(tuple);
		}
	}
}

static bool
has_defaults(const RelationEntry *entry)
{
	return entry->has_defaults;
}

static void
load_defaults(Collector *c)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin_of(c, &scan, AttrDefaultRelationId, AttrDefaultIndexId, Anum_pg_attrdef_adrelid,
					 relations_wanted(c, has_defaults));
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_attrdef form = (Form_pg_attrdef) GETSTRUCT(tuple);
		RelationEntry *entry = relation_find(c, form->adrelid);
		bool		isnull;
		Datum		value = catalog_datum(&scan, tuple, Anum_pg_attrdef_adbin, &isnull);

		if (entry == NULL || entry->column == NULL || isnull)
			continue;
		entry->column[form->adnum - 1].default_expr =
			keep(c, expression_from_datum(c, entry->column[form->adnum - 1].generated ? entry : NULL,
										  value));
		MemoryContextReset(c->scratch);
	}
	catalog_end(&scan);
}

/*
 * Loads pg_attribute and pg_attrdef.
 */
void
load_columns(Collector *c)
{
	RelationEntry *entry = NULL;
	Oid			last = InvalidOid;
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin_of(c, &scan, AttributeRelationId, AttributeRelidNumIndexId,
					 Anum_pg_attribute_attrelid,
					 c->whole ? NIL : collector_scope(c, RelationRelationId));
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);

		if (form->attnum <= 0 || form->attisdropped)
			continue;
		/* those of a relation mostly follow each other */
		if (form->attrelid != last)
			entry = relation_find(c, form->attrelid);
		last = form->attrelid;
		if (entry)
			load_column(c, &scan, tuple, entry);
	}
	load_index_columns(c, &scan);
	catalog_end(&scan);
	MemoryContextReset(c->scratch);
	load_defaults(c);
}

static void
property_storage(Collector *c, const Column *column, const TypeNote *type)
{
	if (column->storage != type->storage)
		property(c, "storage %s", column->storage == TYPSTORAGE_PLAIN ? "plain" :
				 column->storage == TYPSTORAGE_EXTERNAL ? "external" :
				 column->storage == TYPSTORAGE_MAIN ? "main" : "extended");
	if (column->compression)
		property(c, "compression %s",
				 column->compression == TOAST_PGLZ_COMPRESSION ? "pglz" : "lz4");
	if (column->statistics >= 0)
		property(c, "statistics target %d", column->statistics);
	if (column->options)
		property(c, "options %s", column->options);
	if (column->fdw_options)
		property(c, "foreign options %s", column->fdw_options);
}

/*
 * Writes the definition of column "number".  Returns whether there is anything
 * but name and type.
 */
static bool
write_column(Collector *c, const RelationEntry *entry, int number)
{
	const Column *column = &entry->column[number - 1];
	const TypeNote *type = type_note(c, column->type, column->typmod);
	int			type_end;

	row_begin(c);
	if (entry->kind != RELKIND_VIEW && entry->kind != RELKIND_MATVIEW)
		property_value(c, "type", type->name);
	type_end = c->text.len;
	if (OidIsValid(column->collation) && column->collation != type->collation)
		property(c, "collation %s", name_of(c, CollationRelationId, column->collation));
	if (column->not_null)
		property(c, "not null%s", column->not_null_note ? column->not_null_note : "");
	else if (column->not_null_note)
		property(c, "not null%s", column->not_null_note);
	if (column->identity)
		property(c, "identity %s",
				 column->identity == ATTRIBUTE_IDENTITY_ALWAYS ? "always" : "by default");
	if (column->sequence)
		property_identity_sequence(c, column->sequence);
	if (column->default_expr)
		property_value(c, column->generated == '\0' ? "default" :
					   column->generated == ATTRIBUTE_GENERATED_STORED ? "generated" :
					   "generated virtual", column->default_expr);
	if (column->inherited && entry->kind != RELKIND_COMPOSITE_TYPE)
		property(c, "inherited");
	if (entry->kind != RELKIND_VIEW)
		property_storage(c, column, type);
	if (column->acl)
		property_grants(c, OBJECT_COLUMN, entry->owner, column->acl, "");
	property_notes(c, RelationRelationId, entry->oid, number, "");
	return c->text.len > type_end;
}

static void
describe_columns_of(Collector *c, RelationEntry *entry)
{
	bool		is_view = entry->kind == RELKIND_VIEW || entry->kind == RELKIND_MATVIEW;

	for (int i = 0; i < entry->columns; i++)
	{
		bool		notable;

		if (entry->column[i].name == NULL)
			continue;
		notable = write_column(c, entry, i + 1);
		/* a view's are given by its query */
		if (is_view && !notable)
			continue;
		row_end(c, entry->unit, entry->kind == RELKIND_COMPOSITE_TYPE ? "attribute" : "column",
				entry->column[i].name, i + 1);
	}
}

/*
 * Describes the loaded columns.
 */
void
describe_columns(Collector *c)
{
	ListCell   *cell;

	foreach(cell, c->relation_list)
	{
		RelationEntry *entry = lfirst(cell);

		if (entry->unit && entry->column && entry->kind != RELKIND_SEQUENCE)
			describe_columns_of(c, entry);
	}
}
