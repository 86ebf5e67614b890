/*-------------------------------------------------------------------------
 *
 * rules_table.c
 *	  Rules about tables that are made, and about how a table is stored.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "lint/family.h"
#include "lint/tree.h"

#define NOBODY "meanwhile nobody reads or writes the table (ACCESS EXCLUSIVE lock)"

/*
 * A table of the name is there: how does it differ from what the statement
 * would make?
 */
static void
look_at_existing(Lint *lint, CreateStmt *stmt, LintTable *table)
{
	ListCell   *cell;

	if (table->vague || lint->opaque || stmt->ofTypename || stmt->partbound ||
		!lint_wants(lint, RULE_IF_NOT_EXISTS, LINT_WARNING))
		return;
	foreach(cell, stmt->tableElts)
	{
		ColumnDef  *definition = lfirst(cell);
		LintColumn *column;
		int32		typmod;
		Oid			type;

		if (!IsA(definition, ColumnDef))
			continue;
		column = tables_column(table, definition->colname);
		type = tree_type(lint, definition->typeName, &typmod);
		if (column == NULL)
			lint_report(lint, RULE_IF_NOT_EXISTS, LINT_WARNING, definition->location,
						psprintf("table \"%s\" exists already, without column \"%s\"; IF NOT EXISTS leaves it so",
								 table->name, definition->colname),
						psprintf("ALTER TABLE %s ADD COLUMN %s ...; or take out IF NOT EXISTS.",
								 tables_sql(table), quote_identifier(definition->colname)));
		else if (OidIsValid(type) && OidIsValid(column->type) &&
				 (type != column->type || typmod != column->typmod))
			lint_report(lint, RULE_IF_NOT_EXISTS, LINT_WARNING, definition->location,
						psprintf("column \"%s\" of table \"%s\" exists already, as %s and not %s; IF NOT EXISTS leaves it so",
								 definition->colname, table->name,
								 format_type_with_typemod(column->type, column->typmod),
								 format_type_with_typemod(type, typmod)),
						pstrdup("Take out IF NOT EXISTS, or change the type of the column."));
	}
}

static void
look_at_unlogged(Lint *lint, const RangeVar *name)
{
	if (name->relpersistence != RELPERSISTENCE_UNLOGGED)
		return;
	lint_report(lint, RULE_UNLOGGED_TABLE, LINT_NOTICE, name->location,
				psprintf("unlogged table \"%s\" is emptied by a crash, and empty on standbys", name->relname),
				pstrdup("Take out UNLOGGED, unless the rows can be made again."));
}

/*
 * Judges whether a table that was made has a primary key by now.
 */
static void
judge_primary_key(Lint *lint, void *arg)
{
	LintTable  *table = arg;
	ListCell   *cell;

	if (table->gone)
		return;
	foreach(cell, tables_keys(table))
		if (((LintKey *) lfirst(cell))->primary)
			return;
	lint_report(lint, RULE_NO_PRIMARY_KEY, LINT_NOTICE, -1,
				psprintf("table \"%s\" has no primary key; logical replication cannot follow its UPDATE and DELETE",
						 table->name),
				pstrdup("Give it one; a column of its own does: id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY."));
}

/*
 * Rules about a table that a statement has made.
 */
void
rules_made_table(Lint *lint, CreateStmt *stmt)
{
	LintTable  *table = tables_find(lint, stmt->relation);
	ListCell   *cell,
			   *inner;

	if (table == NULL || OidIsValid(table->oid))
		return;
	foreach(cell, stmt->tableElts)
	{
		ColumnDef  *column = lfirst(cell);
		Constraint *constraint = lfirst(cell);

		if (IsA(constraint, Constraint) && constraint->contype == CONSTR_FOREIGN)
			rules_foreign_key(lint, table, constraint, tree_names(constraint->fk_attrs));
		if (!IsA(column, ColumnDef))
			continue;
		if (!table->temporary)
			rules_column_type(lint, column, stmt->tableElts);
		foreach(inner, column->constraints)
		{
			constraint = lfirst_node(Constraint, inner);
			if (constraint->contype == CONSTR_FOREIGN)
				rules_foreign_key(lint, table, constraint, list_make1(column->colname));
		}
	}
	if (lint->least <= LINT_NOTICE && !table->temporary && !table->vague &&
		nodeTag(stmt) == T_CreateStmt)
		lint_later(lint, judge_primary_key, table);
}

/*
 * Rules about a change of how a table is stored.
 */
void
rules_storage(Lint *lint, LintTable *table, AlterTableCmd *command)
{
	int			subtype = (int) command->subtype;
	const char *what = NULL;

	if (!tables_is_old(table) ||
		(table->kind != RELKIND_RELATION && table->kind != RELKIND_MATVIEW))
		return;
	if (subtype == AT_SetLogged)
		what = get_rel_persistence(table->oid) == RELPERSISTENCE_UNLOGGED ? "SET LOGGED" : NULL;
	else if (subtype == AT_SetUnLogged)
		what = get_rel_persistence(table->oid) == RELPERSISTENCE_PERMANENT ? "SET UNLOGGED" : NULL;
	else if (subtype == AT_SetTableSpace)
		what = "SET TABLESPACE";
	else if (subtype == COMPAT_AT_SET_ACCESS_METHOD)
		what = "SET ACCESS METHOD";
	else if (subtype == COMPAT_AT_SET_EXPRESSION)
		what = "SET EXPRESSION";
	if (what == NULL)
		return;
	rules_note_rewrite(lint, table);
	if (subtype == AT_SetUnLogged && lint_wants(lint, RULE_UNLOGGED_TABLE, LINT_WARNING))
		lint_report(lint, RULE_UNLOGGED_TABLE,
					tables_holds_rows(table) ? LINT_WARNING : LINT_NOTICE, -1,
					psprintf("%s will be emptied by a crash, and is empty on standbys from here on",
							 tables_label(table)),
					pstrdup("Take out SET UNLOGGED, unless the rows can be made again."));
	if (!lint_wants(lint, RULE_TABLE_REWRITE, tables_severity(table)))
		return;
	lint_report(lint, RULE_TABLE_REWRITE, tables_severity(table), -1,
				psprintf("%s writes all of %s anew; " NOBODY, what, tables_label(table)),
				pstrdup("Run it when the table is not needed, or copy the rows to a new table in batches and put that in its place."));
}

/*
 * Rules about tables that a statement makes.
 */
void
rules_table(Lint *lint, Node *stmt)
{
	LintTable  *table;

	if (IsA(stmt, CreateStmt))
	{
		CreateStmt *create = (CreateStmt *) stmt;

		table = tables_find(lint, create->relation);
		if (table && create->if_not_exists)
			look_at_existing(lint, create, table);
		else if (table == NULL)
			look_at_unlogged(lint, create->relation);
		rules_partition_of(lint, create);
	}
	else if (IsA(stmt, CreateTableAsStmt) &&
			 ((CreateTableAsStmt *) stmt)->objtype == OBJECT_TABLE)
		look_at_unlogged(lint, ((CreateTableAsStmt *) stmt)->into->rel);
}
