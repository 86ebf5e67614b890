/*-------------------------------------------------------------------------
 *
 * follow.c
 *	  What a statement makes of the tables, as far as rules need to know.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/index.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "lint/family.h"
#include "lint/live.h"
#include "lint/tree.h"
#include "settings.h"

static void
add_key_of(LintTable *table, const Constraint *constraint, List *columns)
{
	LintKey    *key;
	ListCell   *cell;

	key = tables_add_key(table, constraint->conname, columns);
	key->unique = !constraint->deferrable;
	key->primary = constraint->contype == CONSTR_PRIMARY;
	if (key->primary)
		foreach(cell, columns)
		{
			LintColumn *column = tables_column(table, lfirst(cell));

			if (column)
				column->not_null = true;
		}
}

/*
 * A column is added, to a new table or to one that is there.
 */
static void
follow_column(const Lint *lint, LintTable *table, const ColumnDef *definition)
{
	LintColumn *column = tables_add_column(table, definition->colname);
	ListCell   *cell;

	column->type = tree_type(lint, definition->typeName, &column->typmod);
	column->collation = OidIsValid(column->type) ? get_typcollation(column->type) : InvalidOid;
	if (tree_is_serial(definition->typeName))
		column->not_null = column->has_default = true;
	foreach(cell, definition->constraints)
	{
		Constraint *constraint = lfirst_node(Constraint, cell);

		switch (constraint->contype)
		{
			case CONSTR_NOTNULL:
				column->not_null = true;
				break;
			case CONSTR_DEFAULT:
				column->has_default = !tree_is_null(constraint->raw_expr);
				break;
			case CONSTR_IDENTITY:
				column->not_null = column->has_default = true;
				break;
			case CONSTR_GENERATED:
				column->has_default = true;
				break;
			case CONSTR_PRIMARY:
			case CONSTR_UNIQUE:
				add_key_of(table, constraint, list_make1(column->name));
				break;
			default:
				break;
		}
	}
}

static void
follow_create_table(Lint *lint, CreateStmt *stmt)
{
	LintTable  *table = tables_find(lint, stmt->relation);
	ListCell   *cell;

	if (table && stmt->relation->relpersistence != RELPERSISTENCE_TEMP)
		return;
	table = tables_make(lint, stmt->relation,
						stmt->partspec ? RELKIND_PARTITIONED_TABLE : RELKIND_RELATION);
	table->vague = stmt->inhRelations != NIL || stmt->ofTypename != NULL;
	foreach(cell, stmt->tableElts)
	{
		if (IsA(lfirst(cell), ColumnDef))
			follow_column(lint, table, lfirst(cell));
		else if (IsA(lfirst(cell), TableLikeClause))
			table->vague = true;
	}
	foreach(cell, stmt->tableElts)
	{
		Constraint *constraint = lfirst(cell);

		if (IsA(constraint, Constraint) &&
			(constraint->contype == CONSTR_PRIMARY || constraint->contype == CONSTR_UNIQUE))
			add_key_of(table, constraint, tree_names(constraint->keys));
	}
}

static void
follow_create_index(Lint *lint, IndexStmt *stmt)
{
	LintTable  *table = tables_find(lint, stmt->relation);
	List	   *columns = NIL;
	bool		expressions = false;
	LintKey    *key;
	ListCell   *cell;

	if (table == NULL)
		return;
	foreach(cell, tables_keys(table))
	{
		LintKey    *other = lfirst(cell);

		/* it is passed over, or fails */
		if (stmt->idxname && other->name && strcmp(other->name, stmt->idxname) == 0)
			return;
	}
	foreach(cell, stmt->indexParams)
	{
		char	   *name = lfirst_node(IndexElem, cell)->name;

		expressions = expressions || name == NULL;
		columns = lappend(columns, name);
	}
	key = tables_add_key(table, stmt->idxname, columns);
	key->whole = stmt->whereClause == NULL;
	key->unique = stmt->unique && key->whole && !expressions;
}

static void
drop_key(Lint *lint, const char *name)
{
	ListCell   *cell,
			   *key;

	foreach(cell, lint->tables)
	{
		LintTable  *table = lfirst(cell);

		foreach(key, table->keys)
		{
			LintKey    *known = lfirst(key);

			if (known->name && strcmp(known->name, name) == 0)
				table->keys = foreach_delete_current(table->keys, key);
		}
	}
}

/*
 * Has the table of an index of the database its keys looked up, so that one
 * can be taken off.
 */
static void
know_keys_of(Lint *lint, const List *names)
{
	LintTable  *index = tables_find_names(lint, names);
	Oid			relation = index && OidIsValid(index->oid) ?
		IndexGetRelation(index->oid, true) : InvalidOid;
	LintTable  *table = OidIsValid(relation) ? tables_of_oid(lint, relation) : NULL;

	if (table)
		tables_keys(table);
}

static void
follow_drop(Lint *lint, DropStmt *stmt)
{
	ListCell   *cell,
			   *entry;

	foreach(cell, stmt->objects)
	{
		LintTable  *table = NULL;

		switch (stmt->removeType)
		{
			case OBJECT_INDEX:
				know_keys_of(lint, lfirst(cell));
				drop_key(lint, strVal(llast((List *) lfirst(cell))));
				/* FALLTHROUGH */
			case OBJECT_TABLE:
			case OBJECT_VIEW:
			case OBJECT_MATVIEW:
			case OBJECT_FOREIGN_TABLE:
			case OBJECT_SEQUENCE:
				table = tables_find_names(lint, lfirst(cell));
				if (table)
					tables_drop(table);
				break;
			case OBJECT_SCHEMA:
				foreach(entry, lint->tables)
				{
					table = lfirst(entry);
					if (table->schema && strcmp(table->schema, strVal(lfirst(cell))) == 0)
						tables_drop(table);
				}
				lint->gone_schemas = lappend(lint->gone_schemas, strVal(lfirst(cell)));
				break;
			default:
				break;
		}
	}
	/* more goes than is named */
	if (stmt->behavior == DROP_CASCADE)
		lint->opaque = true;
}

static void
follow_rename(Lint *lint, RenameStmt *stmt)
{
	LintTable  *table = tables_find(lint, stmt->relation);
	LintColumn *column;
	ListCell   *cell,
			   *name;

	if (stmt->renameType == OBJECT_SCHEMA)
		lint->opaque = true;
	if (table == NULL)
		return;
	if (stmt->renameType != OBJECT_COLUMN && stmt->renameType != OBJECT_ATTRIBUTE)
	{
		if (stmt->subname == NULL)
			tables_rename(lint, table, NULL, stmt->newname);
		return;
	}
	column = tables_column(table, stmt->subname);
	foreach(cell, tables_keys(table))
		foreach(name, ((LintKey *) lfirst(cell))->columns)
			if (lfirst(name) && strcmp(lfirst(name), stmt->subname) == 0)
				lfirst(name) = stmt->newname;
	if (column)
	{
		column->name = stmt->newname;
		tables_add_column(table, stmt->subname)->gone = true;
	}
}

/*
 * Pins the search_path that a statement sets, until the script ends.
 */
static void
follow_set(VariableSetStmt *stmt)
{
	const char *value;

	if (stmt->name == NULL || pg_strcasecmp(stmt->name, "search_path") != 0)
		return;
	value = stmt->kind == VAR_SET_VALUE ? ExtractSetVariableArgs(stmt) :
		GetConfigOptionResetString("search_path");
	if (value)
		settings_pin("search_path", value);
}

/*
 * The same for SELECT set_config('search_path', ...).
 */
static void
follow_select(Lint *lint, SelectStmt *stmt)
{
	FuncCall   *call;
	ResTarget  *target;

	if (list_length(stmt->targetList) != 1)
		return;
	target = linitial(stmt->targetList);
	if (target->val == NULL || !IsA(target->val, FuncCall))
		return;
	call = (FuncCall *) target->val;
	if (strcmp(strVal(llast(call->funcname)), "set_config") != 0)
	{
		/* it may do what a DO block may */
		if (stmt->fromClause == NIL)
			lint->opaque = true;
		return;
	}
	if (list_length(call->args) == 3 && tree_string(linitial(call->args)) &&
		pg_strcasecmp(tree_string(linitial(call->args)), "search_path") == 0 &&
		tree_string(lsecond(call->args)))
		settings_pin("search_path", tree_string(lsecond(call->args)));
}

static void
follow_truncate(Lint *lint, TruncateStmt *stmt)
{
	ListCell   *cell;

	foreach(cell, stmt->relations)
	{
		LintTable  *table = tables_find(lint, lfirst(cell));

		if (table)
			table->emptied = true;
	}
}

static void
follow_delete(Lint *lint, DeleteStmt *stmt)
{
	LintTable  *table = tables_find(lint, stmt->relation);

	if (table && stmt->usingClause == NIL &&
		(stmt->whereClause == NULL || tree_is_true(stmt->whereClause)))
		table->deleted = true;
}

static void
follow_relation(Lint *lint, const RangeVar *name, char kind)
{
	if (tables_find(lint, name) == NULL)
		tables_make(lint, name, kind)->vague = true;
}

/*
 * Takes note of what a statement changes.
 */
void
follow_statement(Lint *lint, Node *stmt)
{
	LintTable  *table;

	switch (nodeTag(stmt))
	{
		case T_CreateStmt:
			follow_create_table(lint, (CreateStmt *) stmt);
			break;
		case T_CreateTableAsStmt:
			follow_relation(lint, ((CreateTableAsStmt *) stmt)->into->rel,
							((CreateTableAsStmt *) stmt)->objtype == OBJECT_MATVIEW ?
							RELKIND_MATVIEW : RELKIND_RELATION);
			break;
		case T_ViewStmt:
			table = tables_find(lint, ((ViewStmt *) stmt)->view);
			if (table)
				table->replaced = true;
			follow_relation(lint, ((ViewStmt *) stmt)->view, RELKIND_VIEW);
			break;
		case T_CreateSeqStmt:
			follow_relation(lint, ((CreateSeqStmt *) stmt)->sequence, RELKIND_SEQUENCE);
			break;
		case T_IndexStmt:
			follow_create_index(lint, (IndexStmt *) stmt);
			break;
		case T_DropStmt:
			follow_drop(lint, (DropStmt *) stmt);
			break;
		case T_RenameStmt:
			follow_rename(lint, (RenameStmt *) stmt);
			break;
		case T_AlterObjectSchemaStmt:
			table = tables_find(lint, ((AlterObjectSchemaStmt *) stmt)->relation);
			if (table)
				tables_rename(lint, table, ((AlterObjectSchemaStmt *) stmt)->newschema, NULL);
			break;
		case T_TruncateStmt:
			follow_truncate(lint, (TruncateStmt *) stmt);
			break;
		case T_DeleteStmt:
			follow_delete(lint, (DeleteStmt *) stmt);
			break;
		case T_VariableSetStmt:
			follow_set((VariableSetStmt *) stmt);
			break;
		case T_SelectStmt:
			follow_select(lint, (SelectStmt *) stmt);
			break;
		case T_CreateFunctionStmt:
			lint->functions = lappend(lint->functions, stmt);
			break;
		case T_CreatePolicyStmt:
			table = tables_find(lint, ((CreatePolicyStmt *) stmt)->table);
			if (table)
				table->policies = lappend(table->policies, ((CreatePolicyStmt *) stmt)->policy_name);
			break;
		case T_DoStmt:
		case T_CallStmt:
		case T_ExecuteStmt:
		case T_DropOwnedStmt:
			lint->opaque = true;
			break;
		default:
			break;
	}
}

static void
promise(Lint *lint, LintTable *table, const Constraint *constraint, List *not_null)
{
	LintPromise *made = palloc0(sizeof(LintPromise));

	if (constraint->conname == NULL)
		return;
	made->name = constraint->conname;
	made->transaction = lint->transaction;
	made->foreign = constraint->contype == CONSTR_FOREIGN;
	made->not_null = not_null;
	table->promises = lappend(table->promises, made);
}

static void
mark_checked(LintTable *table, const List *columns)
{
	ListCell   *cell;

	foreach(cell, columns)
	{
		LintColumn *column = tables_column(table, lfirst(cell));

		if (column)
			column->checked = true;
	}
}

static void
follow_constraint(Lint *lint, LintTable *table, const Constraint *constraint)
{
	ListCell   *cell;

	switch (constraint->contype)
	{
		case CONSTR_CHECK:
			table->checked = true;
			if (constraint->skip_validation)
				promise(lint, table, constraint, tree_not_null_columns(constraint->raw_expr));
			else
				mark_checked(table, tree_not_null_columns(constraint->raw_expr));
			break;
		case CONSTR_NOTNULL:
			if (constraint->skip_validation)
				promise(lint, table, constraint, tree_names(constraint->keys));
			else
				mark_checked(table, tree_names(constraint->keys));
			break;
		case CONSTR_FOREIGN:
			if (constraint->skip_validation)
				promise(lint, table, constraint, NIL);
			break;
		case CONSTR_PRIMARY:
		case CONSTR_UNIQUE:
			if (constraint->indexname == NULL)
			{
				add_key_of(table, constraint, tree_names(constraint->keys));
				break;
			}
			foreach(cell, tables_keys(table))
			{
				LintKey    *key = lfirst(cell);

				if (key->name && strcmp(key->name, constraint->indexname) == 0)
				{
					key->primary = constraint->contype == CONSTR_PRIMARY;
					key->unique = !constraint->deferrable;
					if (constraint->conname)
						key->name = constraint->conname;
				}
			}
			break;
		default:
			break;
	}
}

/*
 * What is validated is known to hold from here on.
 */
static void
follow_validate(LintTable *table, const char *name)
{
	ListCell   *cell;

	foreach(cell, table->promises)
	{
		LintPromise *made = lfirst(cell);

		if (strcmp(made->name, name) == 0)
			mark_checked(table, made->not_null);
	}
	if (OidIsValid(table->oid))
		mark_checked(table, live_columns_of_check(table->oid, name));
}

static void
follow_drop_column(LintTable *table, const char *name)
{
	LintColumn *column = tables_column(table, name);
	ListCell   *cell;

	if (column == NULL)
		return;
	foreach(cell, tables_keys(table))
		if (tree_is_list_member(((LintKey *) lfirst(cell))->columns, name))
			table->keys = foreach_delete_current(table->keys, cell);
	column->gone = true;
}

/*
 * Takes note of one change of a table.
 */
void
follow_command(Lint *lint, LintTable *table, AlterTableCmd *command)
{
	LintColumn *column = NULL;

	switch (command->subtype)
	{
		case AT_AlterColumnType:
		case AT_SetNotNull:
		case AT_DropNotNull:
		case AT_ColumnDefault:
		case AT_AddIdentity:
			column = tables_column(table, command->name);
			if (column == NULL)
				return;
			break;
		default:
			break;
	}
	switch (command->subtype)
	{
		case AT_AddColumn:
			if (tables_column(table, ((ColumnDef *) command->def)->colname) == NULL)
				follow_column(lint, table, (ColumnDef *) command->def);
			break;
		case AT_DropColumn:
			follow_drop_column(table, command->name);
			break;
		case AT_AlterColumnType:
			column->type = tree_type(lint, ((ColumnDef *) command->def)->typeName, &column->typmod);
			break;
		case AT_SetNotNull:
			column->not_null = true;
			break;
		case AT_DropNotNull:
			column->not_null = column->checked = false;
			break;
		case AT_ColumnDefault:
			column->has_default = command->def != NULL;
			break;
		case AT_AddIdentity:
			column->has_default = true;
			break;
		case AT_AddConstraint:
			follow_constraint(lint, table, (Constraint *) command->def);
			break;
		case AT_ValidateConstraint:
			follow_validate(table, command->name);
			break;
		case AT_DropConstraint:
			drop_key(lint, command->name);
			table->dropped = lappend(table->dropped, command->name);
			break;
		default:
			break;
	}
}
