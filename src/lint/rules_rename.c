/*-------------------------------------------------------------------------
 *
 * rules_rename.c
 *	  Rules about names that an application may be using.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "utils/builtins.h"

#include "lint/family.h"
#include "lint/live.h"
#include "lint/tree.h"

/*
 * A rename, to be judged when it is known whether the old name is given to a
 * view.
 */
typedef struct OpenRename
{
	LintTable  *table;
	char	   *old_schema;
	char	   *old_name;
	char	   *column;			/* that was renamed, or NULL */
	char	   *new_name;		/* or the new schema */
	bool		moved;
	bool		rows;
} OpenRename;

static bool
is_replaced(Lint *lint, const OpenRename *open)
{
	List	   *names = list_make1(makeString(open->old_name));
	LintTable  *there;

	if (open->old_schema)
		names = lcons(makeString(open->old_schema), names);
	there = tables_find_names(lint, names);
	return there && there != open->table && !there->gone;
}

static void
judge_rename(Lint *lint, void *arg)
{
	OpenRename *open = arg;
	const char *kind = tables_kind(open->table);
	LintSeverity severity = open->rows ? LINT_WARNING : LINT_NOTICE;

	if (is_replaced(lint, open))
		return;
	if (open->column)
		lint_report(lint, RULE_RENAME_COLUMN, severity, -1,
					psprintf("column \"%s\" of %s \"%s\" becomes \"%s\"; an application that uses the old name fails",
							 open->column, kind, open->old_name, open->new_name),
					psprintf("Add column %s, keep both equal with a trigger, deploy an application that uses the new one, and drop the old one then; or rename the table and make a view of its old name that has both.",
							 quote_identifier(open->new_name)));
	else
		lint_report(lint, RULE_RENAME_TABLE, severity, -1,
					psprintf("%s \"%s\" %s \"%s\"; an application that uses the old name fails",
							 kind, open->old_name, open->moved ? "moves to schema" : "becomes",
							 open->new_name),
					psprintf("CREATE VIEW %s AS SELECT * FROM %s in the same migration, until no application uses the old name.",
							 quote_qualified_identifier(open->old_schema, open->old_name),
							 open->moved ?
							 quote_qualified_identifier(open->new_name, open->old_name) :
							 quote_qualified_identifier(open->old_schema, open->new_name)));
}

static void
look_at_relation(Lint *lint, LintTable *table, const char *column, char *new_name, bool moved)
{
	LintRule	rule = column ? RULE_RENAME_COLUMN : RULE_RENAME_TABLE;
	OpenRename *open;

	if (!tables_is_old(table) || !lint_wants(lint, rule, LINT_WARNING))
		return;
	open = palloc0(sizeof(OpenRename));
	open->table = table;
	open->old_schema = table->schema;
	open->old_name = table->name;
	open->column = column ? pstrdup(column) : NULL;
	open->new_name = new_name;
	open->moved = moved;
	/* a view has what its tables have */
	open->rows = table->kind == RELKIND_VIEW || tables_holds_rows(table);
	lint_later(lint, judge_rename, open);
}

static void
look_at_schema(Lint *lint, RenameStmt *stmt)
{
	Oid			schema = get_namespace_oid(stmt->subname, true);
	bool		rows = false;
	ListCell   *cell;

	if (!OidIsValid(schema) || !lint_wants(lint, RULE_RENAME_SCHEMA, LINT_WARNING))
		return;
	foreach(cell, live_tables_of(schema, InvalidOid))
	{
		LintTable  *table = rows ? NULL : tables_of_oid(lint, lfirst_oid(cell));

		rows = rows || (table && tables_holds_rows(table));
	}
	lint_report(lint, RULE_RENAME_SCHEMA, rows ? LINT_WARNING : LINT_NOTICE, -1,
				psprintf("schema \"%s\" becomes \"%s\"; an application that uses the old name fails",
						 stmt->subname, stmt->newname),
				pstrdup("Make a new schema, and move what is in it one by one, with a view in the old place of each table."));
}

static void
look_at_rename(Lint *lint, RenameStmt *stmt)
{
	switch (stmt->renameType)
	{
		case OBJECT_TABLE:
		case OBJECT_VIEW:
		case OBJECT_MATVIEW:
		case OBJECT_FOREIGN_TABLE:
			look_at_relation(lint, tables_find(lint, stmt->relation), NULL, stmt->newname, false);
			break;
		case OBJECT_COLUMN:
			{
				LintTable  *table = tables_find(lint, stmt->relation);
				LintColumn *column = table ? tables_column(table, stmt->subname) : NULL;

				/* one that a script has added is nobody's yet */
				if (column && column->number > 0)
					look_at_relation(lint, table, stmt->subname, stmt->newname, false);
				break;
			}
		case OBJECT_SCHEMA:
			look_at_schema(lint, stmt);
			break;
		default:
			break;
	}
}

/*
 * Rules about new names, and new schemas.
 */
void
rules_rename(Lint *lint, Node *stmt)
{
	if (IsA(stmt, RenameStmt))
		look_at_rename(lint, (RenameStmt *) stmt);
	else if (IsA(stmt, AlterObjectSchemaStmt))
	{
		AlterObjectSchemaStmt *move = (AlterObjectSchemaStmt *) stmt;

		if (move->objectType == OBJECT_TABLE || move->objectType == OBJECT_VIEW ||
			move->objectType == OBJECT_MATVIEW || move->objectType == OBJECT_FOREIGN_TABLE)
			look_at_relation(lint, tables_find(lint, move->relation), NULL, move->newschema, true);
	}
}
