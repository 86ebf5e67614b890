/*-------------------------------------------------------------------------
 *
 * tables.c
 *	  The tables as they are at a point of a script: those of the database, and
 *	  what the statements before have made of them.
 *
 * An entry is made when a statement first names a table.  What is not asked
 * for is not looked up, sizes least of all.  For each name there is at most one
 * entry; one that is "gone" says that the name is free by now, whatever the
 * catalogs have.
 *
 * A table that a script makes is "fresh", as is one that was made in the
 * current transaction: it is nobody else's yet, and no lock on it hurts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "lint/live.h"
#include "lint/tables.h"
#include "settings.h"

/* What is this many times as large as a large table blocks it for long. */
#define HUGE_FACTOR 10

#define TEMPORARY "pg_temp"

static LintTable *
find_entry(const Lint *lint, const char *schema, const char *name)
{
	ListCell   *cell;

	foreach(cell, lint->tables)
	{
		LintTable  *table = lfirst(cell);

		if (strcmp(table->name, name) == 0 && table->schema && strcmp(table->schema, schema) == 0)
			return table;
	}
	return NULL;
}

static LintTable *
new_entry(Lint *lint, const char *schema, const char *name)
{
	LintTable  *table = palloc0(sizeof(LintTable));

	table->schema = schema ? pstrdup(schema) : NULL;
	table->name = pstrdup(name);
	lint->tables = lappend(lint->tables, table);
	return table;
}

/*
 * Makes an entry for a relation of the database.
 */
static LintTable *
live_entry(Lint *lint, const char *schema, const char *name, Oid relation)
{
	LintTable  *table = new_entry(lint, schema, name);

	table->oid = relation;
	table->kind = get_rel_relkind(relation);
	table->temporary = get_rel_persistence(relation) == RELPERSISTENCE_TEMP;
	return table;
}

static bool
has_name(const List *names, const char *name)
{
	ListCell   *cell;

	foreach(cell, names)
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	return false;
}

/*
 * Finds a relation in one schema.  Sets "gone" if the name is free by now.
 */
static LintTable *
find_in_schema(Lint *lint, const char *schema, Oid schema_oid, const char *name, bool *gone)
{
	LintTable  *table = find_entry(lint, schema, name);
	Oid			relation;

	*gone = table && table->gone;
	if (table)
		return table->gone ? NULL : table;
	if (!OidIsValid(schema_oid) || has_name(lint->gone_schemas, schema))
		return NULL;
	relation = get_relname_relid(name, schema_oid);
	return OidIsValid(relation) ? live_entry(lint, schema, name, relation) : NULL;
}

/*
 * Returns the schema that an unqualified name is made in, or NULL.
 */
static char *
creation_schema(void)
{
	List	   *path = fetch_search_path(false);

	return path == NIL ? NULL : get_namespace_name(linitial_oid(path));
}

/*
 * Finds a relation by a name that is not qualified.
 */
static LintTable *
find_on_path(Lint *lint, const char *name)
{
	LintTable  *table = find_entry(lint, TEMPORARY, name);
	ListCell   *cell;
	bool		gone;

	if (table && !table->gone)
		return table;
	foreach(cell, fetch_search_path(true))
	{
		char	   *schema = get_namespace_name(lfirst_oid(cell));

		table = schema ? find_in_schema(lint, schema, lfirst_oid(cell), name, &gone) : NULL;
		if (table)
			return table;
	}
	/* in a schema that a script makes and puts on the path */
	foreach(cell, lint->tables)
	{
		table = lfirst(cell);
		if (!table->gone && !OidIsValid(table->oid) && strcmp(table->name, name) == 0 &&
			(table->schema == NULL || !OidIsValid(get_namespace_oid(table->schema, true))))
			return table;
	}
	return NULL;
}

static LintTable *
find(Lint *lint, const char *schema, const char *name)
{
	Oid			schema_oid;
	bool		gone;

	if (schema == NULL)
		return find_on_path(lint, name);
	schema_oid = get_namespace_oid(schema, true);
	if (OidIsValid(schema_oid) && !compat_may_use_schema(schema_oid))
		return NULL;
	return find_in_schema(lint, schema, schema_oid, name, &gone);
}

/*
 * Returns what has the name at this point, or NULL if nothing is known to.
 */
LintTable *
tables_find(Lint *lint, const RangeVar *name)
{
	if (name == NULL)
		return NULL;
	return find(lint, name->schemaname, name->relname);
}

/*
 * The same for a name as a list of Strings.
 */
LintTable *
tables_find_names(Lint *lint, const List *names)
{
	int			count = list_length(names);

	if (count < 1 || count > 3)
		return NULL;
	return find(lint, count > 1 ? strVal(list_nth(names, count - 2)) : NULL, strVal(llast(names)));
}

/*
 * Returns the entry of a relation of the database, or NULL if there is none
 * any more.
 */
LintTable *
tables_of_oid(Lint *lint, Oid relation)
{
	ListCell   *cell;
	char	   *schema,
			   *name;

	foreach(cell, lint->tables)
	{
		LintTable  *table = lfirst(cell);

		if (table->oid == relation)
			return table->gone ? NULL : table;
	}
	name = get_rel_name(relation);
	schema = name ? get_namespace_name(get_rel_namespace(relation)) : NULL;
	if (schema == NULL || find_entry(lint, schema, name))
		return NULL;
	return live_entry(lint, schema, name, relation);
}

/*
 * Is it a table that others may be using: not made by a script, nor in this
 * transaction, nor temporary?
 */
bool
tables_is_old(LintTable *table)
{
	if (table == NULL || table->gone || table->temporary || !OidIsValid(table->oid))
		return false;
	if (!table->fresh_known)
	{
		table->fresh = live_is_of_this_transaction(table->oid);
		table->fresh_known = true;
	}
	return !table->fresh;
}

/*
 * Returns the table of that name, if it is one that others may be using.
 */
LintTable *
tables_old(Lint *lint, const RangeVar *name)
{
	LintTable  *table = tables_find(lint, name);

	return tables_is_old(table) ? table : NULL;
}

/*
 * Makes a name that is going to be used free of what had it.
 */
static void
forget_name(Lint *lint, const char *schema, const char *name)
{
	LintTable  *table = schema ? find_entry(lint, schema, name) : NULL;

	if (table && table->gone)
		lint->tables = list_delete_ptr(lint->tables, table);
}

/*
 * A script makes a relation.
 */
LintTable *
tables_make(Lint *lint, const RangeVar *name, char kind)
{
	bool		temporary = name->relpersistence == RELPERSISTENCE_TEMP ||
		(name->schemaname && strcmp(name->schemaname, TEMPORARY) == 0);
	char	   *schema = temporary ? TEMPORARY : name->schemaname ? name->schemaname : creation_schema();
	LintTable  *table;

	forget_name(lint, schema, name->relname);
	table = new_entry(lint, schema, name->relname);
	table->kind = kind;
	table->temporary = temporary;
	table->fresh = table->fresh_known = true;
	table->measured = table->keys_known = true;
	return table;
}

/*
 * A script drops it.
 */
void
tables_drop(LintTable *table)
{
	table->gone = true;
}

/*
 * A script renames it, or moves it to another schema.
 */
void
tables_rename(Lint *lint, LintTable *table, const char *schema, const char *name)
{
	LintTable  *old;

	tables_keys(table);
	forget_name(lint, schema ? schema : table->schema, name ? name : table->name);
	old = new_entry(lint, table->schema, table->name);
	old->gone = true;
	if (schema)
		table->schema = pstrdup(schema);
	if (name)
		table->name = pstrdup(name);
}

static void
read_column(LintColumn *column, HeapTuple tuple)
{
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);

	column->number = form->attnum;
	column->type = form->atttypid;
	column->typmod = form->atttypmod;
	column->collation = form->attcollation;
	column->not_null = form->attnotnull;
	column->has_default = form->atthasdef || form->attidentity != '\0';
}

/*
 * A script adds a column; or one of the database is about to be looked at.
 */
LintColumn *
tables_add_column(LintTable *table, const char *name)
{
	LintColumn *column = palloc0(sizeof(LintColumn));

	column->name = pstrdup(name);
	column->typmod = -1;
	table->columns = lappend(table->columns, column);
	return column;
}

/*
 * Returns a column as it is at this point, or NULL if it is not known.
 */
LintColumn *
tables_column(LintTable *table, const char *name)
{
	bool		gone = false;
	HeapTuple	tuple;
	LintColumn *column = NULL;
	ListCell   *cell;

	foreach(cell, table->columns)
	{
		LintColumn *known = lfirst(cell);

		if (strcmp(known->name, name) != 0)
			continue;
		if (!known->gone)
			return known;
		gone = true;
	}
	if (gone || !OidIsValid(table->oid))
		return NULL;
	tuple = SearchSysCacheAttName(table->oid, name);
	if (!HeapTupleIsValid(tuple))
		return NULL;
	if (((Form_pg_attribute) GETSTRUCT(tuple))->attnum > 0)
	{
		column = tables_add_column(table, name);
		read_column(column, tuple);
	}
	ReleaseSysCache(tuple);
	return column;
}

/*
 * A script makes an index, or a constraint with one.
 */
LintKey *
tables_add_key(LintTable *table, const char *name, List *columns)
{
	LintKey    *key = palloc0(sizeof(LintKey));

	tables_keys(table);
	key->name = name ? pstrdup(name) : NULL;
	key->columns = columns;
	key->whole = true;
	table->keys = lappend(table->keys, key);
	return key;
}

/*
 * Returns the table's LintKeys at this point.
 */
List *
tables_keys(LintTable *table)
{
	ListCell   *cell;

	if (table->keys_known || !OidIsValid(table->oid))
		return table->keys;
	table->keys_known = true;
	foreach(cell, live_indexes(table->oid))
	{
		LiveIndex  *index = lfirst(cell);
		List	   *columns = NIL;
		LintKey    *key;

		for (int i = 0; i < index->keys; i++)
			columns = lappend(columns, index->column[i] == 0 ? NULL :
							  get_attname(table->oid, index->column[i], true));
		key = tables_add_key(table, get_rel_name(index->oid), columns);
		key->index = index->oid;
		key->whole = index->valid && !index->partial;
		key->unique = index->unique && index->immediate && key->whole && !index->expressions;
		key->primary = index->primary;
		key->plain = index->plain;
	}
	return table->keys;
}

const char *
tables_kind(const LintTable *table)
{
	switch (table->kind)
	{
		case RELKIND_VIEW:
			return "view";
		case RELKIND_MATVIEW:
			return "materialized view";
		case RELKIND_FOREIGN_TABLE:
			return "foreign table";
		case RELKIND_SEQUENCE:
			return "sequence";
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			return "index";
		case RELKIND_COMPOSITE_TYPE:
			return "type";
		default:
			return "table";
	}
}

/*
 * Looks up the size, if it is not known.
 */
void
tables_measure(LintTable *table)
{
	LiveSize	size;

	if (table->measured)
		return;
	live_measure(table->oid, &size);
	table->bytes = size.bytes;
	table->rows = size.rows;
	table->measured = true;
}

static char *
about_rows(double rows)
{
	if (rows == 1)
		return pstrdup("about 1 row");
	if (rows < 10000)
		return psprintf("about %.0f rows", rows);
	if (rows < 1e6)
		return psprintf("about %.0f thousand rows", rows / 1e3);
	if (rows < 1e9)
		return psprintf("about %.*f million rows", rows < 1e7 ? 1 : 0, rows / 1e6);
	return psprintf("about %.1f billion rows", rows / 1e9);
}

/*
 * Returns a size for people.
 */
char *
tables_size(int64 bytes, double rows)
{
	char	   *size;

	if (bytes == 0)
		return pstrdup("empty");
	size = text_to_cstring(DatumGetTextPP(DirectFunctionCall1(pg_size_pretty, Int64GetDatum(bytes))));
	return rows < 0 ? size : psprintf("%s, %s", size, about_rows(rows));
}

/*
 * Returns how a message names the table: with its size if it has one.
 */
char *
tables_label(LintTable *table)
{
	char	   *name = table->schema ? psprintf("%s.%s", table->schema, table->name) : table->name;

	if (!OidIsValid(table->oid) ||
		(table->kind != RELKIND_RELATION && table->kind != RELKIND_PARTITIONED_TABLE &&
		 table->kind != RELKIND_MATVIEW))
		return psprintf("%s \"%s\"", tables_kind(table), name);
	tables_measure(table);
	return psprintf("%s \"%s\" (%s)", tables_kind(table), name,
					tables_size(table->emptied ? 0 : table->bytes, table->rows));
}

/*
 * Returns its name for SQL.
 */
char *
tables_sql(const LintTable *table)
{
	return quote_qualified_identifier(table->schema, table->name);
}

/*
 * Does it hold rows that were there before the scripts?
 */
bool
tables_holds_rows(LintTable *table)
{
	return tables_is_old(table) && !table->emptied && !table->deleted &&
		live_may_hold_rows(table->oid);
}

/*
 * Returns how bad it is to read or write that much while others wait.
 */
LintSeverity
tables_bytes_severity(int64 bytes)
{
	int64		large = (int64) settings_lint_large_table * 1024;

	return bytes < large ? LINT_NOTICE : bytes < large * HUGE_FACTOR ? LINT_WARNING : LINT_ERROR;
}

/*
 * Returns how bad it is to read or write the whole table while others wait.
 */
LintSeverity
tables_severity(LintTable *table)
{
	if (!tables_is_old(table) || table->emptied)
		return LINT_NOTICE;
	tables_measure(table);
	return tables_bytes_severity(table->bytes);
}

bool
tables_is_large(LintTable *table)
{
	return tables_severity(table) > LINT_NOTICE;
}

LintSeverity
tables_lesser(LintSeverity a, LintSeverity b)
{
	return a < b ? a : b;
}
