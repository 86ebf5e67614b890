/*-------------------------------------------------------------------------
 *
 * rules_transaction.c
 *	  Rules about what statements do to each other, as they share a transaction.
 *
 * A lock is kept until the transaction ends, so one that is short by itself is
 * as long as all that comes after it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "commands/tablecmds.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "storage/lockdefs.h"

#include "lint/family.h"
#include "lint/tree.h"
#include "statement_kind.h"

/*
 * A table that a statement locks against all use.
 */
typedef struct LintLock
{
	LintTable  *table;
	int			transaction;
	int			statement;
} LintLock;

/*
 * Is what a WHERE asks for to be found by an index?
 */
typedef struct IndexSearch
{
	LintTable  *table;
	bool		found;
} IndexSearch;

static LintLock *
find_lock(const Lint *lint, const LintTable *table)
{
	ListCell   *cell;

	foreach(cell, lint->locks)
	{
		LintLock   *lock = lfirst(cell);

		if (lock->transaction == lint->transaction && lock->table == table)
			return lock;
	}
	return NULL;
}

/*
 * Judges whether a transaction locks several tables that are in use.
 */
static void
judge_locks(Lint *lint, void *arg)
{
	List	   *tables = NIL;
	StringInfoData names;
	int			large = 0,
				statement = 0;
	LintSeverity severity;
	ListCell   *cell;

	(void) arg;
	foreach(cell, lint->locks)
	{
		LintLock   *lock = lfirst(cell);

		if (lock->transaction != lint->transaction)
			continue;
		tables = lappend(tables, lock->table);
		if (statement != lock->statement)
			statement = statement == 0 ? lock->statement : -1;
	}
	/* one statement can often not be split */
	if (list_length(tables) < 2 || statement > 0 ||
		!lint_wants(lint, RULE_MANY_LOCKS, LINT_WARNING))
		return;
	foreach(cell, tables)
		large += tables_is_large(lfirst(cell)) ? 1 : 0;
	severity = large > 1 ? LINT_WARNING : LINT_NOTICE;
	if (!lint_wants(lint, RULE_MANY_LOCKS, severity))
		return;
	initStringInfo(&names);
	foreach(cell, tables)
		appendStringInfo(&names, "%s%s", names.len ? ", " : "", tables_label(lfirst(cell)));
	lint_report(lint, RULE_MANY_LOCKS, severity, -1,
				psprintf("one transaction locks %d tables against all use, one after the other: %s; a session that uses them in another order makes a deadlock",
						 list_length(tables), names.data),
				pstrdup("Make a migration for each table."));
}

/*
 * The statement locks the table against all use.
 */
static void
note_lock(Lint *lint, LintTable *table)
{
	LintLock   *lock;
	bool		first = true;
	ListCell   *cell;

	if (!tables_is_old(table) || find_lock(lint, table))
		return;
	foreach(cell, lint->locks)
		first = first && ((LintLock *) lfirst(cell))->transaction != lint->transaction;
	lock = palloc(sizeof(LintLock));
	lock->table = table;
	lock->transaction = lint->transaction;
	lock->statement = lint->statement;
	lint->locks = lappend(lint->locks, lock);
	if (first)
		lint_later(lint, judge_locks, NULL);
}

static void
note_locks(Lint *lint, Node *stmt)
{
	ListCell   *cell;

	switch (nodeTag(stmt))
	{
		case T_AlterTableStmt:
			if (((AlterTableStmt *) stmt)->objtype == OBJECT_TABLE &&
				AlterTableGetLockLevel(((AlterTableStmt *) stmt)->cmds) == AccessExclusiveLock)
				note_lock(lint, tables_find(lint, ((AlterTableStmt *) stmt)->relation));
			break;
		case T_CreateStmt:
			if (((CreateStmt *) stmt)->partbound && ((CreateStmt *) stmt)->inhRelations != NIL)
				note_lock(lint, tables_find(lint, linitial(((CreateStmt *) stmt)->inhRelations)));
			break;
		case T_RenameStmt:
			if (((RenameStmt *) stmt)->renameType == OBJECT_TABLE ||
				((RenameStmt *) stmt)->renameType == OBJECT_COLUMN)
				note_lock(lint, tables_find(lint, ((RenameStmt *) stmt)->relation));
			break;
		case T_DropStmt:
			if (((DropStmt *) stmt)->removeType == OBJECT_TABLE)
				foreach(cell, ((DropStmt *) stmt)->objects)
					note_lock(lint, tables_find_names(lint, lfirst(cell)));
			break;
		case T_TruncateStmt:
			foreach(cell, ((TruncateStmt *) stmt)->relations)
				note_lock(lint, tables_find(lint, lfirst(cell)));
			break;
		case T_LockStmt:
			if (((LockStmt *) stmt)->mode == AccessExclusiveLock)
				foreach(cell, ((LockStmt *) stmt)->relations)
					note_lock(lint, tables_find(lint, lfirst(cell)));
			break;
		case T_ClusterStmt:
			note_lock(lint, tables_find(lint, ((ClusterStmt *) stmt)->relation));
			break;
		case T_CreatePolicyStmt:
			note_lock(lint, tables_find(lint, ((CreatePolicyStmt *) stmt)->table));
			break;
		default:
			break;
	}
}

static bool
search_index(Node *node, void *arg)
{
	IndexSearch *search = arg;
	const char *column;
	ListCell   *cell;

	check_stack_depth();
	if (node == NULL)
		return false;
	column = tree_column_of(node);
	if (column)
		foreach(cell, tables_keys(search->table))
		{
			const char *first = linitial(((LintKey *) lfirst(cell))->columns);

			/* what an index on an expression serves is not known */
			if (first == NULL || strcmp(first, column) == 0)
				search->found = true;
		}
	return search->found || raw_expression_tree_walker(node, search_index, arg);
}

/*
 * Does a change of rows read the whole table?  If an index may help, no.
 */
static bool
reads_all(LintTable *table, Node *where)
{
	IndexSearch search = {.table = table};

	if (where)
		(void) search_index(where, &search);
	return !search.found;
}

/*
 * Returns the table that a statement reads all of, and in "what" its name.
 */
static LintTable *
long_statement(Lint *lint, Node *stmt, const char **what)
{
	LintTable  *table;

	switch (nodeTag(stmt))
	{
		case T_UpdateStmt:
			*what = "UPDATE";
			table = tables_old(lint, ((UpdateStmt *) stmt)->relation);
			return table && ((UpdateStmt *) stmt)->fromClause == NIL && tables_is_large(table) &&
				reads_all(table, ((UpdateStmt *) stmt)->whereClause) ? table : NULL;
		case T_DeleteStmt:
			*what = "DELETE";
			table = tables_old(lint, ((DeleteStmt *) stmt)->relation);
			return table && ((DeleteStmt *) stmt)->usingClause == NIL && tables_is_large(table) &&
				reads_all(table, ((DeleteStmt *) stmt)->whereClause) ? table : NULL;
		case T_IndexStmt:
			*what = "CREATE INDEX";
			table = tables_old(lint, ((IndexStmt *) stmt)->relation);
			return table && !((IndexStmt *) stmt)->concurrent && tables_is_large(table) ? table : NULL;
		case T_InsertStmt:
			{
				SelectStmt *select = (SelectStmt *) ((InsertStmt *) stmt)->selectStmt;

				*what = "INSERT";
				if (select == NULL || !IsA(select, SelectStmt) || list_length(select->fromClause) != 1 ||
					!IsA(linitial(select->fromClause), RangeVar) || select->limitCount)
					return NULL;
				table = tables_old(lint, linitial(select->fromClause));
				return table && tables_is_large(table) && reads_all(table, select->whereClause) ? table : NULL;
			}
		default:
			return NULL;
	}
}

/*
 * A statement that takes long, while a table is locked.
 */
static void
look_at_long(Lint *lint, Node *stmt)
{
	const char *what = NULL;
	LintTable  *table;
	LintLock   *held = NULL;
	LintSeverity severity;
	ListCell   *cell;

	foreach(cell, lint->locks)
	{
		LintLock   *lock = lfirst(cell);

		if (held == NULL && lock->transaction == lint->transaction &&
			lock->statement != lint->statement && !lock->table->gone)
			held = lock;
	}
	if (held == NULL)
		return;
	table = long_statement(lint, stmt, &what);
	if (table == NULL)
		return;
	if (find_lock(lint, table))
		held = find_lock(lint, table);
	severity = tables_severity(table);
	if (!lint_wants(lint, RULE_LOCK_HELD, severity))
		return;
	lint_report(lint, RULE_LOCK_HELD, severity, -1,
				held->table == table ?
				psprintf("%s reads all of %s, which statement %d has locked against all use in the same transaction",
						 what, tables_label(table), held->statement) :
				psprintf("%s reads all of %s, while table \"%s\" stays locked against all use since statement %d of the same transaction",
						 what, tables_label(table), held->table->name, held->statement),
				psprintf("Put the %s into a migration of its own%s.", what,
						 strcmp(what, "CREATE INDEX") == 0 ? ", with CONCURRENTLY" :
						 ", in batches that commit"));
}

/*
 * The statement writes a table anew.
 */
void
rules_note_rewrite(Lint *lint, LintTable *table)
{
	LintSeverity severity;

	if (table->rewritten != 0 && table->rewritten_in == lint->transaction &&
		table->rewritten != lint->statement)
	{
		severity = tables_lesser(tables_severity(table), LINT_WARNING);
		if (lint_wants(lint, RULE_REPEATED_REWRITE, severity))
			lint_report(lint, RULE_REPEATED_REWRITE, severity, -1,
						psprintf("%s is written anew, as statement %d has done before",
								 tables_label(table), table->rewritten),
						psprintf("Put both changes into one ALTER TABLE %s, which does it once.",
								 tables_sql(table)));
	}
	table->rewritten = lint->statement;
	table->rewritten_in = lint->transaction;
}

/*
 * Rules about transactions.
 */
void
rules_transaction(Lint *lint, Node *stmt)
{
	const char *kind = statement_nontransactional_kind(stmt);

	if (kind)
		lint_report(lint, RULE_NONTRANSACTIONAL, LINT_NOTICE, -1,
					psprintf("%s refuses to run in a transaction block; what stands before it in the migration is committed by then", kind),
					pstrdup("Run the migration with CALL migrate_run() or migrate_up(); migrate_apply() refuses it."));
	look_at_long(lint, stmt);
	note_locks(lint, stmt);
}
