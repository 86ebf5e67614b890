/*-------------------------------------------------------------------------
 *
 * rules_data.c
 *	  Rules about statements that change all rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "lint/family.h"
#include "lint/tree.h"

static void
look_at_delete(Lint *lint, DeleteStmt *stmt)
{
	LintTable  *table = tables_old(lint, stmt->relation);

	if (table == NULL || stmt->usingClause != NIL ||
		(stmt->whereClause != NULL && !tree_is_true(stmt->whereClause)) ||
		!lint_wants(lint, RULE_DELETE_ALL, LINT_ERROR) || !tables_holds_rows(table))
		return;
	lint_report(lint, RULE_DELETE_ALL, LINT_ERROR, stmt->relation->location,
				psprintf("all rows of %s are deleted", tables_label(table)),
				pstrdup("Add a WHERE. If all are meant, write -- neon_migrate: ignore delete-all before the statement."));
}

static void
look_at_update(Lint *lint, UpdateStmt *stmt)
{
	LintTable  *table = tables_old(lint, stmt->relation);

	if (table == NULL || stmt->fromClause != NIL ||
		(stmt->whereClause != NULL && !tree_is_true(stmt->whereClause)) ||
		!lint_wants(lint, RULE_UPDATE_ALL, tables_severity(table)) || !tables_holds_rows(table))
		return;
	lint_report(lint, RULE_UPDATE_ALL, tables_severity(table), stmt->relation->location,
				psprintf("UPDATE writes every row of %s once more and keeps all of them locked until the migration commits; the table grows to up to twice its size",
						 tables_label(table)),
				pstrdup("Update in batches, each in a transaction of its own: a DO block that commits after each batch, run with CALL migrate_run() or migrate_up()."));
}

static void
look_at_truncate(Lint *lint, TruncateStmt *stmt)
{
	ListCell   *cell;

	foreach(cell, stmt->relations)
	{
		LintTable  *table = tables_old(lint, lfirst(cell));

		if (table == NULL || !lint_wants(lint, RULE_TRUNCATE, LINT_ERROR) || !tables_holds_rows(table))
			continue;
		lint_report(lint, RULE_TRUNCATE, LINT_ERROR, ((RangeVar *) lfirst(cell))->location,
					psprintf("%s loses all its rows%s", tables_label(table),
							 stmt->behavior == DROP_CASCADE ? ", and with CASCADE so does every table that refers to it" : ""),
					pstrdup("See that there is a copy of what is needed. If that is done, write -- neon_migrate: ignore truncate before the statement."));
	}
}

/*
 * Looks at a statement, and at those in its WITH.
 */
static void
look_at(Lint *lint, Node *stmt)
{
	WithClause *with = NULL;
	ListCell   *cell;

	check_stack_depth();
	switch (nodeTag(stmt))
	{
		case T_DeleteStmt:
			look_at_delete(lint, (DeleteStmt *) stmt);
			with = ((DeleteStmt *) stmt)->withClause;
			break;
		case T_UpdateStmt:
			look_at_update(lint, (UpdateStmt *) stmt);
			with = ((UpdateStmt *) stmt)->withClause;
			break;
		case T_InsertStmt:
			with = ((InsertStmt *) stmt)->withClause;
			break;
		case T_SelectStmt:
			with = ((SelectStmt *) stmt)->withClause;
			break;
		case T_TruncateStmt:
			look_at_truncate(lint, (TruncateStmt *) stmt);
			break;
		default:
			break;
	}
	if (with)
		foreach(cell, with->ctes)
			look_at(lint, lfirst_node(CommonTableExpr, cell)->ctequery);
}

/*
 * Rules about data.
 */
void
rules_data(Lint *lint, Node *stmt)
{
	look_at(lint, stmt);
}
