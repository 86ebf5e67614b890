/*-------------------------------------------------------------------------
 *
 * rules_maintenance.c
 *	  Rules about CLUSTER, VACUUM FULL, LOCK and REFRESH MATERIALIZED VIEW.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "storage/lockdefs.h"

#include "lint/family.h"
#include "lint/live.h"

#define NOBODY "meanwhile nobody reads or writes the table (ACCESS EXCLUSIVE lock)"

static void
look_at_cluster(Lint *lint, ClusterStmt *stmt)
{
	LintTable  *table = tables_old(lint, stmt->relation);

	if (table == NULL || !lint_wants(lint, RULE_CLUSTER, tables_severity(table)))
		return;
	rules_note_rewrite(lint, table);
	lint_report(lint, RULE_CLUSTER, tables_severity(table), -1,
				psprintf("CLUSTER writes all of %s anew, with its indexes; " NOBODY, tables_label(table)),
				pstrdup("Run it when the table is not needed; an extension such as pg_repack does it beside the work."));
}

static bool
is_full(const VacuumStmt *stmt)
{
	ListCell   *cell;

	if (stmt->is_vacuumcmd)
		foreach(cell, stmt->options)
		{
			DefElem    *option = lfirst_node(DefElem, cell);

			if (strcmp(option->defname, "full") == 0)
				return defGetBoolean(option);
		}
	return false;
}

static void
look_at_vacuum(Lint *lint, VacuumStmt *stmt)
{
	ListCell   *cell;

	if (!is_full(stmt))
		return;
	if (stmt->rels == NIL)
		lint_report(lint, RULE_VACUUM_FULL, LINT_WARNING, -1,
					pstrdup("VACUUM FULL writes all tables of the database anew, one by one; " NOBODY),
					pstrdup("Name the tables that need it; plain VACUUM does for most."));
	foreach(cell, stmt->rels)
	{
		LintTable  *table = tables_old(lint, lfirst_node(VacuumRelation, cell)->relation);

		if (table && lint_wants(lint, RULE_VACUUM_FULL, tables_severity(table)))
			lint_report(lint, RULE_VACUUM_FULL, tables_severity(table), -1,
						psprintf("VACUUM FULL writes all of %s anew, with its indexes; " NOBODY,
								 tables_label(table)),
						pstrdup("Run it when the table is not needed; plain VACUUM does for most; an extension such as pg_repack does it beside the work."));
	}
}

static void
look_at_lock(Lint *lint, LockStmt *stmt)
{
	ListCell   *cell;

	/* readers and writers go on under the weaker ones */
	if (stmt->mode < ShareLock)
		return;
	foreach(cell, stmt->relations)
	{
		LintTable  *table = tables_old(lint, lfirst(cell));
		LintSeverity severity;

		if (table == NULL)
			continue;
		severity = tables_lesser(tables_severity(table), LINT_WARNING);
		if (lint_wants(lint, RULE_LOCK_TABLE, severity))
			lint_report(lint, RULE_LOCK_TABLE, severity, ((RangeVar *) lfirst(cell))->location,
						psprintf("LOCK TABLE keeps others from %s %s until the migration commits",
								 stmt->mode == AccessExclusiveLock ? "reading and writing" : "writing to",
								 tables_label(table)),
						pstrdup("Each statement takes the lock that it needs; leave LOCK TABLE out, or lock right before the statements that need it."));
	}
}

static void
look_at_refresh(Lint *lint, RefreshMatViewStmt *stmt)
{
	LintTable  *view = tables_old(lint, stmt->relation);
	bool		unique = false;
	ListCell   *cell;

	if (view == NULL || view->kind != RELKIND_MATVIEW)
		return;
	foreach(cell, tables_keys(view))
		unique = unique || ((LintKey *) lfirst(cell))->unique;
	if (stmt->concurrent)
	{
		if (!unique && !lint->opaque)
			lint_report(lint, RULE_CONCURRENTLY_FAILS, LINT_ERROR, -1,
						psprintf("materialized view \"%s\" has no unique index on columns, which REFRESH CONCURRENTLY needs",
								 view->name),
						psprintf("CREATE UNIQUE INDEX ON %s (...), before.", tables_sql(view)));
		return;
	}
	if (!lint_wants(lint, RULE_REFRESH_BLOCKING, tables_severity(view)))
		return;
	lint_report(lint, RULE_REFRESH_BLOCKING, tables_severity(view), -1,
				psprintf("REFRESH computes all of %s anew; meanwhile nobody reads it (ACCESS EXCLUSIVE lock)",
						 tables_label(view)),
				unique ?
				psprintf("REFRESH MATERIALIZED VIEW CONCURRENTLY %s.", tables_sql(view)) :
				psprintf("CREATE UNIQUE INDEX CONCURRENTLY ON %s (...); then REFRESH MATERIALIZED VIEW CONCURRENTLY %s.",
						 tables_sql(view), tables_sql(view)));
}

/*
 * Rules about maintenance.
 */
void
rules_maintenance(Lint *lint, Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_ClusterStmt:
			look_at_cluster(lint, (ClusterStmt *) stmt);
			break;
		case T_VacuumStmt:
			look_at_vacuum(lint, (VacuumStmt *) stmt);
			break;
		case T_LockStmt:
			look_at_lock(lint, (LockStmt *) stmt);
			break;
		case T_RefreshMatViewStmt:
			look_at_refresh(lint, (RefreshMatViewStmt *) stmt);
			break;
		default:
			break;
	}
}
