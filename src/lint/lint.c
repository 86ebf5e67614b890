/*-------------------------------------------------------------------------
 *
 * lint.c
 *	  What is wrong or dangerous in a migration's SQL, said before it runs.
 *
 * The parse trees of a script are gone through in order.  Each family of rules
 * looks at a statement with what the database is like at that point: the
 * catalogs, and on top of them what the statements before would have changed
 * (tables.c, follow.c).  Nothing of the script is run.
 *
 * A finding has to be true.  What is not known is not reported: tables that
 * nobody has seen, what a DO block may have done, what cannot be read off
 * the tree.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/guc.h"

#include "lint/family.h"
#include "lint/ignore.h"
#include "position.h"
#include "steps.h"

/*
 * Begins to look at scripts, in the current memory context.
 */
Lint *
lint_begin(LintSeverity least, bool by_procedure)
{
	Lint	   *lint = palloc0(sizeof(Lint));

	lint->least = least;
	lint->by_procedure = by_procedure;
	ignore_read_setting(lint);
	return lint;
}

const char *
lint_severity_name(LintSeverity severity)
{
	switch (severity)
	{
		case LINT_NOTICE:
			return "notice";
		case LINT_WARNING:
			return "warning";
		case LINT_ERROR:
			return "error";
	}
	return NULL;
}

/*
 * Would a finding of that severity be reported?  Asked before anything is
 * looked up for it.
 */
bool
lint_wants(const Lint *lint, LintRule rule, LintSeverity severity)
{
	return severity >= lint->least && !ignore_has(lint->ignore, rule, lint->statement);
}

/*
 * Reports a finding in the current statement, at byte "location" of the text;
 * or at the statement's start if that is less than 0.
 */
void
lint_report(Lint *lint, LintRule rule, LintSeverity severity, int location, char *message,
			char *hint)
{
	LintFinding *finding;

	if (!lint_wants(lint, rule, severity))
		return;
	finding = palloc0(sizeof(LintFinding));
	finding->rule = rule;
	finding->severity = severity;
	finding->script = lint->script;
	finding->order = lint->order;
	finding->statement = lint->statement;
	finding->offset = location < 0 ? lint->start : location;
	finding->message = message;
	finding->hint = hint;
	lint->findings = lappend(lint->findings, finding);
}

/*
 * Has something about the current statement judged at the end, when it is known
 * what came after.
 */
void
lint_later(Lint *lint, LintJudge judge, void *arg)
{
	LintOpen   *open = palloc(sizeof(LintOpen));

	open->judge = judge;
	open->arg = arg;
	open->ignore = lint->ignore;
	open->script = lint->script;
	open->order = lint->order;
	open->raw = lint->raw;
	open->index = lint->index;
	open->statement = lint->statement;
	open->start = lint->start;
	open->transaction = lint->transaction;
	lint->open = lappend(lint->open, open);
}

/*
 * Returns the text of the current statement, without what is around it.
 */
char *
lint_statement_text(const Lint *lint)
{
	int			start,
				length;

	position_statement_span(lint->script, lint->raw, &start, &length);
	return pnstrdup(lint->script->text + start, length);
}

static void
look_at_table_changes(Lint *lint, AlterTableStmt *stmt)
{
	LintTable  *table;
	ListCell   *cell;

	/* not those of types, sequences and indexes, which look the same */
	if (stmt->objtype != OBJECT_TABLE && stmt->objtype != OBJECT_FOREIGN_TABLE &&
		stmt->objtype != OBJECT_MATVIEW)
		return;
	table = tables_find(lint, stmt->relation);
	foreach(cell, stmt->cmds)
	{
		AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);

		rules_column(lint, table, command);
		if (table)
		{
			rules_change_type(lint, table, command);
			rules_constraint(lint, table, command);
			rules_partition(lint, table, command);
			rules_storage(lint, table, command);
			follow_command(lint, table, command);
		}
	}
}

static void
look_at_statement(Lint *lint, Node *stmt)
{
	ListCell   *cell;

	check_stack_depth();
	rules_data(lint, stmt);
	rules_definition(lint, stmt);
	rules_drop(lint, stmt);
	rules_index(lint, stmt);
	rules_maintenance(lint, stmt);
	rules_privilege(lint, stmt);
	rules_rename(lint, stmt);
	rules_table(lint, stmt);
	rules_transaction(lint, stmt);
	rules_type(lint, stmt);
	if (IsA(stmt, AlterTableStmt))
		look_at_table_changes(lint, (AlterTableStmt *) stmt);
	follow_statement(lint, stmt);

	if (IsA(stmt, CreateStmt))
		rules_made_table(lint, (CreateStmt *) stmt);
	if (IsA(stmt, CreateSchemaStmt))
		foreach(cell, ((CreateSchemaStmt *) stmt)->schemaElts)
			look_at_statement(lint, lfirst(cell));
}

/*
 * Looks at the statements of a parsed script.
 */
void
lint_script(Lint *lint, const Script *script)
{
	List	   *steps = lint->by_procedure || script->nontransactional ? steps_cut(script) : NIL;
	ListCell   *step = list_head(steps);
	int			nest = NewGUCNestLevel();
	Position	position;

	position_push(&position, script);
	lint->script = script;
	lint->order++;
	lint->transaction++;
	ignore_read_script(lint);
	rules_names(lint);
	for (lint->index = 0; lint->index < list_length(script->statements); lint->index++)
	{
		CHECK_FOR_INTERRUPTS();
		if (step && lint->index > ((Step *) lfirst(step))->last)
		{
			step = lnext(steps, step);
			lint->transaction++;
		}
		lint->raw = list_nth_node(RawStmt, script->statements, lint->index);
		position_set(&position, lint->raw);
		lint->start = position.start;
		lint->statement = position.statement;
		look_at_statement(lint, lint->raw->stmt);
	}
	position_pop(&position);
	/* the search_path that the script has set */
	AtEOXact_GUC(false, nest);
}

/*
 * Judges what was left open.
 */
static void
close_open(Lint *lint)
{
	ListCell   *cell;

	foreach(cell, lint->open)
	{
		LintOpen   *open = lfirst(cell);

		lint->ignore = open->ignore;
		lint->script = open->script;
		lint->order = open->order;
		lint->raw = open->raw;
		lint->index = open->index;
		lint->statement = open->statement;
		lint->start = open->start;
		lint->transaction = open->transaction;
		open->judge(lint, open->arg);
	}
	lint->open = NIL;
}

static int
compare_findings(const ListCell *a, const ListCell *b)
{
	const LintFinding *x = lfirst(a);
	const LintFinding *y = lfirst(b);

	if (x->order != y->order)
		return x->order - y->order;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->rule != y->rule ? (int) x->rule - (int) y->rule : strcmp(x->message, y->message);
}

/*
 * Returns the findings, those of each script in the order of its text.
 */
List *
lint_end(Lint *lint)
{
	close_open(lint);
	list_sort(lint->findings, compare_findings);
	return lint->findings;
}
