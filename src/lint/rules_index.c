/*-------------------------------------------------------------------------
 *
 * rules_index.c
 *	  Rules about indexes that are made, dropped or built anew.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/index.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "lint/family.h"
#include "lint/live.h"
#include "lint/tree.h"

/* A hint does not repeat a statement longer than this. */
#define MAX_STATEMENT 400

/* An index with more columns than this is rarely worth its size. */
#define MANY_COLUMNS 3

/*
 * Returns the text of the current statement with CONCURRENTLY after the first
 * "word" in it, for a hint.
 */
static char *
with_concurrently(const Lint *lint, const char *word, const char *otherwise)
{
	char	   *text = lint_statement_text(lint);
	size_t		length = strlen(word);

	if (strlen(text) > MAX_STATEMENT || strstr(text, "--") || strstr(text, "/*"))
		return pstrdup(otherwise);
	for (const char *p = text; *p && *p != '"' && *p != '\''; p++)
		if (pg_strncasecmp(p, word, length) == 0 && strchr(" \t\r\n", p[length]) && p[length] &&
			(p == text || strchr(" \t\r\n", p[-1])))
			return psprintf("%.*s CONCURRENTLY%s", (int) (p - text + length), text, p + length);
	return pstrdup(otherwise);
}

/*
 * Returns the index of that name among the table's, or NULL.
 */
static LintKey *
find_key(LintTable *table, const char *name)
{
	ListCell   *cell;

	foreach(cell, tables_keys(table))
	{
		LintKey    *key = lfirst(cell);

		if (key->name && strcmp(key->name, name) == 0)
			return key;
	}
	return NULL;
}

static bool
is_of_columns(const LintKey *key, const IndexStmt *stmt)
{
	if (list_length(key->columns) != list_length(stmt->indexParams))
		return false;
	for (int i = 0; i < list_length(key->columns); i++)
	{
		const char *has = list_nth(key->columns, i);
		const char *wants = list_nth_node(IndexElem, stmt->indexParams, i)->name;

		/* expressions are not compared */
		if (has && wants ? strcmp(has, wants) != 0 : (has != NULL) != (wants != NULL))
			return false;
	}
	return true;
}

static bool
is_invalid(Oid table, Oid oid)
{
	ListCell   *cell;

	foreach(cell, live_indexes(table))
	{
		LiveIndex  *index = lfirst(cell);

		if (index->oid == oid)
			return !index->valid;
	}
	return false;
}

/*
 * IF NOT EXISTS passes the statement over: is what is there what is wanted?
 */
static void
look_at_existing(Lint *lint, IndexStmt *stmt, LintTable *table, LintTable *there)
{
	LintKey    *key = table ? find_key(table, stmt->idxname) : NULL;
	const char *name = quote_identifier(stmt->idxname);

	bool		invalid = key && OidIsValid(key->index) && is_invalid(table->oid, key->index);

	/* a procedure drops it and builds it anew */
	if (invalid && stmt->concurrent)
		return;
	if (invalid)
		lint_report(lint, RULE_INVALID_INDEX, LINT_ERROR, -1,
					psprintf("index \"%s\" exists already, but is invalid: what built it has failed, and no query uses it; IF NOT EXISTS leaves it so",
							 stmt->idxname),
					psprintf("DROP INDEX CONCURRENTLY %s before, or REINDEX INDEX CONCURRENTLY %s.", name, name));
	else if (lint->opaque)
		return;
	else if (table && key == NULL)
		lint_report(lint, RULE_IF_NOT_EXISTS, LINT_WARNING, -1,
					psprintf("%s \"%s\" exists already, and is no index of table \"%s\"; IF NOT EXISTS leaves it so",
							 tables_kind(there), stmt->idxname, table->name),
					pstrdup("Choose another name for the index."));
	else if (key && !is_of_columns(key, stmt))
		lint_report(lint, RULE_IF_NOT_EXISTS, LINT_WARNING, -1,
					psprintf("index \"%s\" exists already, with other columns; IF NOT EXISTS leaves it so",
							 stmt->idxname),
					pstrdup("Choose another name for the index, or drop the one that is there before."));
}

static void
look_at_build(Lint *lint, IndexStmt *stmt, LintTable *table)
{
	if (stmt->concurrent)
	{
		if (table->kind == RELKIND_PARTITIONED_TABLE)
			lint_report(lint, RULE_CONCURRENTLY_FAILS, LINT_ERROR, -1,
						psprintf("table \"%s\" is partitioned; PostgreSQL does not build indexes on such concurrently",
								 table->name),
						psprintf("CREATE INDEX ... ON ONLY %s; then CREATE INDEX CONCURRENTLY on each partition; then ALTER INDEX ... ATTACH PARTITION each.",
								 tables_sql(table)));
		return;
	}
	if (!tables_is_old(table) || !lint_wants(lint, RULE_CREATE_INDEX, tables_severity(table)))
		return;
	/* on the partitioned table alone, nothing is built */
	if (!stmt->relation->inh && table->kind == RELKIND_PARTITIONED_TABLE)
		return;
	lint_report(lint, RULE_CREATE_INDEX, tables_severity(table), -1,
				psprintf("building the index reads all of %s; meanwhile nobody writes to the table (SHARE lock)",
						 tables_label(table)),
				table->kind == RELKIND_PARTITIONED_TABLE ?
				psprintf("CREATE INDEX ... ON ONLY %s; then CREATE INDEX CONCURRENTLY on each partition; then ALTER INDEX ... ATTACH PARTITION each.",
						 tables_sql(table)) :
				psprintf("%s, with CALL migrate_run() or migrate_up().",
						 with_concurrently(lint, "index", "CREATE INDEX CONCURRENTLY ...")));
}

/*
 * Is there an index that does the same already?
 */
static void
look_at_duplicate(Lint *lint, IndexStmt *stmt, LintTable *table)
{
	ListCell   *cell;

	if (!lint_wants(lint, RULE_DUPLICATE_INDEX, LINT_NOTICE) || stmt->whereClause ||
		stmt->indexIncludingParams != NIL || strcmp(stmt->accessMethod, DEFAULT_INDEX_TYPE) != 0)
		return;
	foreach(cell, stmt->indexParams)
	{
		IndexElem  *element = lfirst_node(IndexElem, cell);

		if (element->name == NULL || element->opclass != NIL || element->collation != NIL ||
			element->ordering > SORTBY_ASC || element->nulls_ordering != SORTBY_NULLS_DEFAULT)
			return;
	}
	foreach(cell, tables_keys(table))
	{
		LintKey    *key = lfirst(cell);

		if (!key->whole || !key->plain || key->name == NULL || (stmt->unique && !key->unique) ||
			!is_of_columns(key, stmt))
			continue;
		lint_report(lint, RULE_DUPLICATE_INDEX, LINT_NOTICE, -1,
					psprintf("index \"%s\" of table \"%s\" has the same columns already",
							 key->name, table->name),
					pstrdup("One of them is enough; each costs space, and time of every write."));
		return;
	}
}

static void
look_at_create(Lint *lint, IndexStmt *stmt)
{
	LintTable  *table = tables_find(lint, stmt->relation);
	LintTable  *there = NULL;

	if (stmt->if_not_exists && stmt->idxname)
	{
		RangeVar   *name = makeRangeVar(table ? table->schema : stmt->relation->schemaname,
										stmt->idxname, -1);

		there = tables_find(lint, name);
	}
	if (there && OidIsValid(there->oid))
	{
		look_at_existing(lint, stmt, table, there);
		return;
	}
	if (table == NULL)
		return;
	look_at_build(lint, stmt, table);
	look_at_duplicate(lint, stmt, table);
	if (!stmt->unique && list_length(stmt->indexParams) > MANY_COLUMNS &&
		strcmp(stmt->accessMethod, DEFAULT_INDEX_TYPE) == 0)
		lint_report(lint, RULE_WIDE_INDEX, LINT_NOTICE, -1,
					psprintf("the index has %d columns; what comes after the third seldom makes a search faster",
							 list_length(stmt->indexParams)),
					pstrdup("Leave out what does not narrow a search down, or put what is only to be read into INCLUDE."));
}

/*
 * Has the index been used by queries?
 */
static void
look_at_use(Lint *lint, LintTable *table, const char *name, Oid index)
{
	LintSeverity severity;
	int64		scans;

	if (!lint_wants(lint, RULE_DROP_USED_INDEX, LINT_WARNING))
		return;
	severity = tables_lesser(tables_severity(table), LINT_WARNING);
	if (!lint_wants(lint, RULE_DROP_USED_INDEX, severity))
		return;
	scans = DatumGetInt64(DirectFunctionCall1(pg_stat_get_numscans, ObjectIdGetDatum(index)));
	if (scans == 0)
		return;
	lint_report(lint, RULE_DROP_USED_INDEX, severity, -1,
				psprintf("index \"%s\" of %s was used " INT64_FORMAT " times since statistics were reset",
						 name, tables_label(table), scans),
				pstrdup("See that another index serves those queries: SELECT * FROM pg_stat_user_indexes."));
}

static void
look_at_drop(Lint *lint, DropStmt *stmt)
{
	ListCell   *cell;

	if (stmt->concurrent && (list_length(stmt->objects) > 1 || stmt->behavior == DROP_CASCADE))
	{
		lint_report(lint, RULE_CONCURRENTLY_FAILS, LINT_ERROR, -1,
					pstrdup(stmt->behavior == DROP_CASCADE ?
							"DROP INDEX CONCURRENTLY does not support CASCADE" :
							"DROP INDEX CONCURRENTLY drops one index only"),
					pstrdup("Write a DROP INDEX CONCURRENTLY for each index, without CASCADE."));
		return;
	}
	foreach(cell, stmt->objects)
	{
		LintTable  *index = tables_find_names(lint, lfirst(cell));
		LintTable  *table;
		Oid			relation;

		if (!tables_is_old(index) ||
			(index->kind != RELKIND_INDEX && index->kind != RELKIND_PARTITIONED_INDEX))
			continue;
		relation = IndexGetRelation(index->oid, true);
		table = OidIsValid(relation) ? tables_of_oid(lint, relation) : NULL;
		if (!tables_is_old(table))
			continue;
		look_at_use(lint, table, index->name, index->oid);
		if (stmt->concurrent && index->kind == RELKIND_PARTITIONED_INDEX)
			lint_report(lint, RULE_CONCURRENTLY_FAILS, LINT_ERROR, -1,
						psprintf("index \"%s\" is of a partitioned table; PostgreSQL does not drop such concurrently",
								 index->name),
						psprintf("DROP INDEX %s.", tables_sql(index)));
		else if (!stmt->concurrent && index->kind == RELKIND_INDEX &&
				 lint_wants(lint, RULE_DROP_INDEX, tables_lesser(tables_severity(table), LINT_WARNING)))
			lint_report(lint, RULE_DROP_INDEX, tables_lesser(tables_severity(table), LINT_WARNING), -1,
						psprintf("dropping index \"%s\" locks %s; until the migration commits, nobody reads or writes the table (ACCESS EXCLUSIVE lock)",
								 index->name, tables_label(table)),
						psprintf("DROP INDEX CONCURRENTLY %s, with CALL migrate_run() or migrate_up().",
								 tables_sql(index)));
	}
}

/*
 * Returns the value of the option CONCURRENTLY.
 */
static bool
is_concurrent(const ReindexStmt *stmt)
{
	ListCell   *cell;

	foreach(cell, stmt->params)
	{
		DefElem    *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, "concurrently") == 0)
			return defGetBoolean(option);
	}
	return false;
}

static void
look_at_reindex(Lint *lint, ReindexStmt *stmt)
{
	LintTable  *named = tables_find(lint, stmt->relation);
	LintTable  *table = named;

	if (is_concurrent(stmt))
		return;
	if (stmt->relation == NULL)
	{
		lint_report(lint, RULE_REINDEX, LINT_WARNING, -1,
					psprintf("REINDEX builds all indexes of %s \"%s\" anew, table by table; meanwhile nobody writes to the table, nor reads by the index (ACCESS EXCLUSIVE lock)",
							 stmt->kind == REINDEX_OBJECT_SCHEMA ? "schema" : "database", stmt->name),
					pstrdup("Write REINDEX (CONCURRENTLY)."));
		return;
	}
	if (named && named->kind == RELKIND_INDEX && OidIsValid(named->oid))
		table = tables_of_oid(lint, IndexGetRelation(named->oid, true));
	if (!tables_is_old(table) || !lint_wants(lint, RULE_REINDEX, tables_severity(table)))
		return;
	lint_report(lint, RULE_REINDEX, tables_severity(table), -1,
				psprintf("REINDEX reads all of %s; meanwhile nobody writes to the table (SHARE lock), nor uses the index (ACCESS EXCLUSIVE lock)",
						 tables_label(table)),
				psprintf("%s, with CALL migrate_run() or migrate_up().",
						 with_concurrently(lint, stmt->kind == REINDEX_OBJECT_INDEX ? "index" : "table",
										   "REINDEX (CONCURRENTLY) ...")));
}

/*
 * Rules about indexes.
 */
void
rules_index(Lint *lint, Node *stmt)
{
	if (IsA(stmt, IndexStmt))
		look_at_create(lint, (IndexStmt *) stmt);
	else if (IsA(stmt, DropStmt) && ((DropStmt *) stmt)->removeType == OBJECT_INDEX)
		look_at_drop(lint, (DropStmt *) stmt);
	else if (IsA(stmt, ReindexStmt))
		look_at_reindex(lint, (ReindexStmt *) stmt);
}
