/*-------------------------------------------------------------------------
 *
 * index.c
 *	  Indexes; those of constraints are described with these.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_index.h"
#include "catalog/pg_operator.h"
#include "commands/tablespace.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "compat.h"
#include "snapshot/family.h"
#include "snapshot/names.h"

static bool
may_have_indexes(const RelationEntry *entry)
{
	return entry->may_have_indexes;
}

/*
 * Loads pg_index.  When only some relations are described, their indexes
 * become known by this.
 */
void
load_indexes(Collector *c)
{
	MemoryContext old_context;
	HASHCTL		info = {.keysize = sizeof(Oid),.entrysize = sizeof(IndexEntry),
	.hcxt = c->context};
	CatalogScan scan;
	HeapTuple	tuple;

	c->indexes = hash_create("neon_migrate indexes", c->whole ? 1024 : 16, &info,
							 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	catalog_begin_of(c, &scan, IndexRelationId, IndexIndrelidIndexId, Anum_pg_index_indrelid,
					 relations_wanted(c, may_have_indexes));
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
		RelationEntry *table = relation_find(c, form->indrelid);
		IndexEntry *entry;

		if (table == NULL)
			continue;
		old_context = MemoryContextSwitchTo(c->context);
		if (c->index_desc == NULL)
			c->index_desc = CreateTupleDescCopy(RelationGetDescr(scan.catalog));
		entry = hash_search(c->indexes, &form->indexrelid, HASH_ENTER, NULL);
		entry->tuple = heap_copytuple(tuple);
		entry->of_constraint = false;
		entry->table = table;
		entry->relation = relation_find(c, form->indexrelid);
		if (!c->whole)
			c->index_oids = lappend_oid(c->index_oids, form->indexrelid);
		MemoryContextSwitchTo(old_context);
	}
	catalog_end(&scan);
}

static Datum
index_datum(Collector *c, IndexEntry *index, AttrNumber column, bool *isnull)
{
	return heap_getattr(index->tuple, column, c->index_desc, isnull);
}

/*
 * What an index of several columns is read by.
 */
typedef struct IndexKeys
{
	const RelationEntry *table;
	const RelationEntry *index;
	Form_pg_index form;
	oidvector  *collations;
	oidvector  *opclasses;
	int2vector *options;
	ListCell   *expression;		/* next one */
	List	   *expressions;
	const Oid  *operators;		/* of an exclusion constraint */
} IndexKeys;

/*
 * Adds what is not by default in key number "i" (from 0).
 */
static void
append_key_details(Collector *c, IndexKeys *keys, int i, StringInfo text, Oid type, Oid collation)
{
	int16		option = keys->options->values[i];
	Oid			opclass = keys->opclasses->values[i];
	Column	   *column = keys->index->column && keys->index->column[i].name ?
		&keys->index->column[i] : NULL;

	if (OidIsValid(keys->collations->values[i]) && keys->collations->values[i] != collation)
		appendStringInfo(text, " collate %s",
						 name_of(c, CollationRelationId, keys->collations->values[i]));
	if (column && column->options)
		appendStringInfo(text, "%s (%s)", name_of_opclass(c, opclass, InvalidOid), column->options);
	else
		appendStringInfoString(text, name_of_opclass(c, opclass, type));
	if (option & INDOPTION_DESC)
		appendStringInfoString(text, option & INDOPTION_NULLS_FIRST ? " desc" : " desc nulls last");
	else if (option & INDOPTION_NULLS_FIRST)
		appendStringInfoString(text, " nulls first");
	if (keys->operators)
		appendStringInfo(text, " with %s", name_of(c, OperatorRelationId, keys->operators[i]));
}

/*
 * Writes keys number "from" to before "to".
 */
static char *
keys_text(Collector *c, IndexKeys *keys, int from, int to)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = from; i < to; i++)
	{
		AttrNumber	number = keys->form->indkey.values[i];
		Oid			type,
					collation;

		appendStringInfoString(&text, i > from ? ", " : "");
		if (number == 0)
		{
			Node	   *expression = lfirst(keys->expression);

			appendStringInfo(&text, "(%s)", expression_text(c, keys->table, expression));
			keys->expression = lnext(keys->expressions, keys->expression);
			type = exprType(expression);
			collation = exprCollation(expression);
		}
		else
		{
			Column	   *column = &keys->table->column[number - 1];

			appendStringInfoString(&text, column->name);
			type = column->type;
			collation = column->collation;
		}
		if (i < keys->form->indnkeyatts)
			append_key_details(c, keys, i, &text, type, collation);
	}
	return text.data;
}

static void
load_keys(Collector *c, IndexEntry *index, IndexKeys *keys)
{
	bool		isnull;
	Datum		value;

	keys->form = (Form_pg_index) GETSTRUCT(index->tuple);
	keys->collations = (oidvector *) DatumGetPointer(index_datum(c, index, Anum_pg_index_indcollation, &isnull));
	keys->opclasses = (oidvector *) DatumGetPointer(index_datum(c, index, Anum_pg_index_indclass, &isnull));
	keys->options = (int2vector *) DatumGetPointer(index_datum(c, index, Anum_pg_index_indoption, &isnull));
	keys->expressions = NIL;
	value = index_datum(c, index, Anum_pg_index_indexprs, &isnull);
	if (!isnull)
		keys->expressions = (List *) stringToNode(TextDatumGetCString(value));
	keys->expression = list_head(keys->expressions);
	keys->table = index->table;
	keys->index = index->relation ? index->relation : relation_find(c, index->oid);
}

/*
 * Writes what an index is over.  "operators" are those of an exclusion
 * constraint.
 */
void
property_index(Collector *c, IndexEntry *index, const Oid *operators)
{
	IndexKeys	keys = {.operators = operators};
	Form_pg_index form;
	bool		isnull;
	Datum		value;

	load_keys(c, index, &keys);
	form = keys.form;
	if (keys.index == NULL || keys.table == NULL)
		collector_raise_gone("index", index->oid);
	property(c, "on %s (%s)", name_of(c, AccessMethodRelationId, keys.index->am),
			 keys_text(c, &keys, 0, form->indnkeyatts));
	if (form->indnatts > form->indnkeyatts)
		property(c, "include (%s)", keys_text(c, &keys, form->indnkeyatts, form->indnatts));
	if (compat_nulls_not_distinct(form))
		property(c, "nulls not distinct");
	value = index_datum(c, index, Anum_pg_index_indpred, &isnull);
	if (!isnull)
		property(c, "where %s", expression_from_datum(c, keys.table, value));
	if (keys.index->parents)
		property(c, "partition of index %s", keys.index->parents);
	if (keys.index->options)
		property(c, "options %s", keys.index->options);
	if (OidIsValid(keys.index->tablespace))
		property(c, "tablespace %s", quote_identifier(get_tablespace_name(keys.index->tablespace)));
	if (!form->indisvalid)
		property(c, "invalid");
	if (form->indisclustered)
		property(c, "clustered");
	for (int i = 0; keys.index->column && i < form->indnatts; i++)
		if (keys.index->column[i].name && keys.index->column[i].statistics >= 0)
			property(c, "statistics target %d of key %d", keys.index->column[i].statistics, i + 1);
}

/*
 * Describes the indexes that are not those of constraints.
 */
void
describe_indexes(Collector *c)
{
	HASH_SEQ_STATUS status;
	IndexEntry *index;

	hash_seq_init(&status, c->indexes);
	while ((index = hash_seq_search(&status)) != NULL)
	{
		Form_pg_index form = (Form_pg_index) GETSTRUCT(index->tuple);
		RelationEntry *entry = index->relation ? index->relation : relation_find(c, index->oid);

		if (form->indisreplident && entry)
			index->table->replica_index = entry->name;
		if (index->of_constraint || index->table->unit == NULL || entry == NULL)
			continue;
		row_begin(c);
		if (form->indisunique)
			property(c, "unique");
		property_index(c, index, NULL);
		property_notes(c, RelationRelationId, index->oid, 0, "");
		row_end(c, index->table->unit, "index", entry->name, index->oid);
	}
}
