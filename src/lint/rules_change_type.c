/*-------------------------------------------------------------------------
 *
 * rules_change_type.c
 *	  Rules about ALTER COLUMN TYPE.
 *
 * Whether a change rewrites the table is found as the server finds it: the
 * conversion is built and simplified, and if nothing is left of it but a
 * relabeling, the rows stay as they are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_node.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "lint/family.h"
#include "lint/live.h"
#include "lint/tree.h"

#define NOBODY "meanwhile nobody reads or writes the table (ACCESS EXCLUSIVE lock)"

/*
 * What a change of type does.
 */
typedef enum Conversion
{
	CONVERSION_UNKNOWN,
	CONVERSION_NONE,			/* the rows stay as they are */
	CONVERSION_REWRITE,
	CONVERSION_REFUSED			/* there is no such cast without USING */
} Conversion;

/*
 * Builds the expression that USING stands for, if it is the column itself with
 * any number of casts; NULL if it is not, or not known.
 */
static Node *
using_expression(const Lint *lint, const Node *expr, const LintColumn *column)
{
	const TypeCast *cast = (const TypeCast *) expr;
	Node	   *inner;
	int32		typmod;
	Oid			type;

	check_stack_depth();
	if (IsA(expr, ColumnRef))
		return strcmp(tree_column_of(expr) ? tree_column_of(expr) : "", column->name) == 0 ?
			(Node *) makeVar(1, column->number, column->type, column->typmod, column->collation, 0) :
			NULL;
	if (!IsA(expr, TypeCast))
		return NULL;
	inner = using_expression(lint, cast->arg, column);
	type = tree_type(lint, cast->typeName, &typmod);
	if (inner == NULL || !OidIsValid(type))
		return NULL;
	return coerce_to_target_type(make_parsestate(NULL), inner, exprType(inner), type, typmod,
								 COERCION_EXPLICIT, COERCE_EXPLICIT_CAST, -1);
}

/*
 * Is a simplified conversion more than another name for the same bytes?
 */
static bool
rewrites(Node *expr)
{
	for (;;)
	{
		if (IsA(expr, Var))
			return false;
		if (IsA(expr, RelabelType))
			expr = (Node *) ((RelabelType *) expr)->arg;
		else if (IsA(expr, CoerceToDomain))
		{
			if (DomainHasConstraints(((CoerceToDomain *) expr)->resulttype))
				return true;
			expr = (Node *) ((CoerceToDomain *) expr)->arg;
		}
		else if (IsA(expr, FuncExpr) &&
				 (((FuncExpr *) expr)->funcid == F_TIMESTAMPTZ_TIMESTAMP ||
				  ((FuncExpr *) expr)->funcid == F_TIMESTAMP_TIMESTAMPTZ) &&
				 !TimestampTimestampTzRequiresRewrite())
			expr = linitial(((FuncExpr *) expr)->args);
		else
			return true;
	}
}

static Conversion
conversion(const Lint *lint, const LintColumn *column, const ColumnDef *definition, Oid type,
		   int32 typmod)
{
	Node	   *expr;

	if (!OidIsValid(column->type) || !OidIsValid(type))
		return CONVERSION_UNKNOWN;
	if (definition->raw_default)
	{
		expr = using_expression(lint, definition->raw_default, column);
		if (expr == NULL)
			return CONVERSION_REWRITE;
	}
	else
		expr = (Node *) makeVar(1, column->number, column->type, column->typmod,
								column->collation, 0);
	expr = coerce_to_target_type(make_parsestate(NULL), expr, exprType(expr), type, typmod,
								 COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (expr == NULL)
		return definition->raw_default ? CONVERSION_UNKNOWN : CONVERSION_REFUSED;
	return rewrites((Node *) expression_planner((Expr *) expr)) ? CONVERSION_REWRITE :
		CONVERSION_NONE;
}

/*
 * Returns the names of the indexes that the server builds anew, though the rows
 * stay; and adds up their sizes.
 */
static char *
rebuilt_indexes(LintTable *table, const LintColumn *column, Oid type, bool new_collation,
				int64 *bytes)
{
	StringInfoData list;
	ListCell   *cell;

	initStringInfo(&list);
	*bytes = 0;
	foreach(cell, live_indexes(table->oid))
	{
		LiveIndex  *index = lfirst(cell);
		bool		has = false,
					rebuilt = false;

		for (int i = 0; i < index->keys; i++)
		{
			Oid			opclass;

			if (index->column[i] != column->number)
				continue;
			has = true;
			opclass = GetDefaultOpClass(type, index->method);
			/* one that was named stays, if it takes the type */
			if (new_collation || (opclass != index->opclass[i] &&
								  index->opclass[i] == GetDefaultOpClass(column->type,
																		 index->method)))
				rebuilt = true;
		}
		if (has && (index->partial || index->expressions))
			rebuilt = true;
		if (!rebuilt || !index->valid)
			continue;
		*bytes += live_bytes(index->oid);
		appendStringInfo(&list, "%s\"%s\"", list.len ? ", " : "", get_rel_name(index->oid));
	}
	return list.len ? list.data : NULL;
}

static void
look_at_rewrite(Lint *lint, LintTable *table, AlterTableCmd *command, const LintColumn *column,
				Oid type, int32 typmod)
{
	char	   *sql = tables_sql(table);
	const char *name = quote_identifier(command->name);
	const char *copy = quote_identifier(makeObjectName(command->name, NULL, "new"));

	rules_note_rewrite(lint, table);
	if (!lint_wants(lint, RULE_CHANGE_TYPE_REWRITE, tables_severity(table)))
		return;
	lint_report(lint, RULE_CHANGE_TYPE_REWRITE, tables_severity(table),
				((ColumnDef *) command->def)->location,
				psprintf("changing column \"%s\" from %s to %s rewrites %s with all its indexes; " NOBODY,
						 command->name, format_type_with_typemod(column->type, column->typmod),
						 format_type_with_typemod(type, typmod), tables_label(table)),
				psprintf("ALTER TABLE %s ADD COLUMN %s %s; keep it up to date with a trigger; fill it in batches; then, in one migration, ALTER TABLE %s DROP COLUMN %s and RENAME COLUMN %s TO %s.",
						 sql, copy, format_type_with_typemod(type, typmod), sql, name, copy, name));
}

/*
 * The rows stay, but what is built on them may not.
 */
static void
look_at_leftovers(Lint *lint, LintTable *table, AlterTableCmd *command, const LintColumn *column,
				  Oid type, bool new_collation)
{
	LintSeverity severity;
	int64		bytes;
	char	   *indexes;

	if (!tables_is_large(table) && lint->least > LINT_NOTICE)
		return;
	if (lint_wants(lint, RULE_CHANGE_TYPE_REINDEX, LINT_ERROR))
	{
		indexes = rebuilt_indexes(table, column, type, new_collation, &bytes);
		severity = tables_severity(table);
		if (indexes && lint_wants(lint, RULE_CHANGE_TYPE_REINDEX, severity))
			lint_report(lint, RULE_CHANGE_TYPE_REINDEX, severity,
						((ColumnDef *) command->def)->location,
						psprintf("changing the type of column \"%s\" builds indexes of %s anew: %s (%s); " NOBODY,
								 command->name, tables_label(table), indexes, tables_size(bytes, -1)),
						pstrdup("Drop the indexes with DROP INDEX CONCURRENTLY before, and build them with CREATE INDEX CONCURRENTLY after; or use a new column."));
	}
	severity = tables_severity(table);
	if (lint_wants(lint, RULE_CHANGE_TYPE_RECHECK, severity) &&
		live_checks_of_columns(table->oid, list_make1_int(column->number)) != NIL)
		lint_report(lint, RULE_CHANGE_TYPE_RECHECK, severity,
					((ColumnDef *) command->def)->location,
					psprintf("column \"%s\" has a CHECK constraint, so its change of type reads all of %s; " NOBODY,
							 command->name, tables_label(table)),
					pstrdup("Drop the constraint in the same ALTER TABLE, add it with NOT VALID, and validate it in the next migration."));
}

/*
 * Views, rules and the like that read the column make the server refuse.
 */
static bool
look_at_views(Lint *lint, LintTable *table, AlterTableCmd *command, const LintColumn *column)
{
	StringInfoData list;
	ListCell   *cell;

	if (lint->opaque || !lint_wants(lint, RULE_CHANGE_TYPE_FAILS, LINT_ERROR))
		return false;
	initStringInfo(&list);
	foreach(cell, live_views_of_column(table->oid, column->number))
	{
		LintTable  *view = tables_of_oid(lint, lfirst_oid(cell));

		/* one that the script has replaced may read other columns by now */
		if (view && !view->replaced)
			appendStringInfo(&list, "%s\"%s\"", list.len ? ", " : "", view->name);
	}
	if (list.len == 0)
		return false;
	lint_report(lint, RULE_CHANGE_TYPE_FAILS, LINT_ERROR, ((ColumnDef *) command->def)->location,
				psprintf("the type of column \"%s\" of table \"%s\" cannot be changed while views read it: %s",
						 command->name, table->name, list.data),
				pstrdup("Drop the views before it and create them again after it, in the same migration."));
	return true;
}

/*
 * Rules about a change of a column's type.
 */
void
rules_change_type(Lint *lint, LintTable *table, AlterTableCmd *command)
{
	ColumnDef  *definition = (ColumnDef *) command->def;
	LintColumn *column;
	Oid			type;
	int32		typmod;

	if (command->subtype != AT_AlterColumnType || !tables_is_old(table) ||
		(table->kind != RELKIND_RELATION && table->kind != RELKIND_PARTITIONED_TABLE))
		return;
	column = tables_column(table, command->name);
	if (column == NULL || column->number == 0 ||
		look_at_views(lint, table, command, column))
		return;
	type = tree_type(lint, definition->typeName, &typmod);
	switch (conversion(lint, column, definition, type, typmod))
	{
		case CONVERSION_UNKNOWN:
			break;
		case CONVERSION_REFUSED:
			lint_report(lint, RULE_CHANGE_TYPE_FAILS, LINT_ERROR, definition->location,
						psprintf("column \"%s\" of table \"%s\" is of type %s, which PostgreSQL does not convert to %s by itself",
								 command->name, table->name,
								 format_type_with_typemod(column->type, column->typmod),
								 format_type_with_typemod(type, typmod)),
						psprintf("Say how: ALTER COLUMN %s TYPE %s USING %s::%s.",
								 quote_identifier(command->name), format_type_with_typemod(type, typmod),
								 quote_identifier(command->name), format_type_with_typemod(type, typmod)));
			break;
		case CONVERSION_REWRITE:
			look_at_rewrite(lint, table, command, column, type, typmod);
			break;
		case CONVERSION_NONE:
			look_at_leftovers(lint, table, command, column, type, definition->collClause != NULL);
			break;
	}
}
