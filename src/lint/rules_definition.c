/*-------------------------------------------------------------------------
 *
 * rules_definition.c
 *	  Rules about views and functions that are defined, or defined anew.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "lib/stringinfo.h"
#include "parser/parse_target.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "lint/family.h"
#include "lint/tree.h"

/*
 * Returns the names of a query's columns; NIL if they cannot be told from its
 * text.
 */
static List *
query_columns(const ViewStmt *stmt)
{
	SelectStmt *select = (SelectStmt *) stmt->query;
	List	   *columns = NIL;
	ListCell   *cell;

	if (!IsA(select, SelectStmt))
		return NIL;
	while (select->op != SETOP_NONE)
		select = select->larg;
	if (select->targetList == NIL)
		return NIL;
	foreach(cell, select->targetList)
	{
		ResTarget  *target = lfirst_node(ResTarget, cell);

		if (target->name == NULL && IsA(target->val, ColumnRef) && tree_column_of(target->val) == NULL)
			return NIL;			/* a star */
		if (target->name == NULL && IsA(target->val, A_Indirection))
			return NIL;			/* perhaps one, too */
		columns = lappend(columns, target->name ? target->name : FigureColname(target->val));
	}
	/* names that the view gives go before */
	for (int i = 0; i < list_length(stmt->aliases) && i < list_length(columns); i++)
		lfirst(list_nth_cell(columns, i)) = strVal(list_nth(stmt->aliases, i));
	return columns;
}

/*
 * Columns that are there have to stay, with their names; new ones come last.
 */
static void
look_at_columns(Lint *lint, ViewStmt *stmt, LintTable *view)
{
	List	   *columns = query_columns(stmt);
	char	   *old;

	if (columns == NIL || view->columns != NIL || view->replaced)
		return;
	for (int i = 0; (old = get_attname(view->oid, i + 1, true)) != NULL; i++)
	{
		const char *new = i < list_length(columns) ? list_nth(columns, i) : NULL;

		if (new && strcmp(old, new) == 0)
			continue;
		lint_report(lint, RULE_REPLACE_VIEW_COLUMNS, LINT_ERROR, stmt->view->location,
					new ?
					psprintf("column %d of view \"%s\" is \"%s\", which CREATE OR REPLACE VIEW cannot make \"%s\"",
							 i + 1, view->name, old, new) :
					psprintf("view \"%s\" has column \"%s\", which CREATE OR REPLACE VIEW cannot take away",
							 view->name, old),
					psprintf("Keep the columns as they are, and add new ones at the end; or DROP VIEW %s and create it, in the same migration.",
							 tables_sql(view)));
		return;
	}
}

static bool
has_option(const List *options, const char *name)
{
	ListCell   *cell;

	foreach(cell, options)
		if (strcmp(lfirst_node(DefElem, cell)->defname, name) == 0)
			return true;
	return false;
}

/*
 * Options that are not given again are gone.
 */
static void
look_at_options(Lint *lint, ViewStmt *stmt, LintTable *view)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(view->oid));
	bool		isnull;
	Datum		value;
	Datum	   *elements;
	int			count;

	if (!HeapTupleIsValid(tuple))
		return;
	value = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);
	if (isnull)
	{
		ReleaseSysCache(tuple);
		return;
	}
	deconstruct_array(DatumGetArrayTypePCopy(value), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, NULL, &count);
	ReleaseSysCache(tuple);
	for (int i = 0; i < count; i++)
	{
		char	   *option = TextDatumGetCString(elements[i]);
		char	   *equals = strchr(option, '=');

		if (equals == NULL || strncmp(option, "security_", 9) != 0)
			continue;
		*equals = '\0';
		if (has_option(stmt->options, option) || strcmp(equals + 1, "false") == 0)
			continue;
		lint_report(lint, RULE_REPLACE_VIEW_OPTIONS, LINT_WARNING, stmt->view->location,
					psprintf("view \"%s\" has the option %s, which is gone after this", view->name, option),
					psprintf("CREATE OR REPLACE VIEW %s WITH (%s = %s) AS ....", tables_sql(view),
							 option, equals + 1));
	}
}

static void
look_at_view(Lint *lint, ViewStmt *stmt)
{
	LintTable  *view = stmt->replace ? tables_find(lint, stmt->view) : NULL;

	if (view == NULL || !OidIsValid(view->oid) || view->kind != RELKIND_VIEW)
		return;
	look_at_columns(lint, stmt, view);
	look_at_options(lint, stmt, view);
}

/*
 * Do the options of a function set search_path?
 */
static bool
sets_path(const List *options)
{
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, "set") == 0)
		{
			VariableSetStmt *set = (VariableSetStmt *) option->arg;

			if (set->name && pg_strcasecmp(set->name, "search_path") == 0)
				return true;
		}
	}
	return false;
}

/*
 * Does a later statement of the script set it?
 */
static bool
sets_path_later(Lint *lint, const char *name)
{
	for (int i = lint->index + 1; i < list_length(lint->script->statements); i++)
	{
		AlterFunctionStmt *stmt = (AlterFunctionStmt *) list_nth_node(RawStmt, lint->script->statements, i)->stmt;

		if (IsA(stmt, AlterFunctionStmt) &&
			strcmp(strVal(llast(stmt->func->objname)), name) == 0 && sets_path(stmt->actions))
			return true;
	}
	return false;
}

static void
look_at_function(Lint *lint, CreateFunctionStmt *stmt)
{
	const char *name = strVal(llast(stmt->funcname));
	bool		definer = false;
	int			location = -1;
	ListCell   *cell;

	foreach(cell, stmt->options)
	{
		DefElem    *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, "security") == 0)
		{
			definer = defGetBoolean(option);
			location = option->location;
		}
		/* there, names mean nothing */
		if (strcmp(option->defname, "language") == 0 &&
			(strcmp(strVal(option->arg), "c") == 0 || strcmp(strVal(option->arg), "internal") == 0))
			return;
	}
	/* names in a body of BEGIN ATOMIC are looked up now, for good */
	if (!definer || stmt->sql_body || sets_path(stmt->options) || sets_path_later(lint, name))
		return;
	lint_report(lint, RULE_SECURITY_DEFINER_PATH, LINT_WARNING, location,
				psprintf("function \"%s\" runs with its owner's rights and with the search_path of whoever calls it, who can put other tables, functions and operators in place of those it means",
						 name),
				psprintf("Add SET search_path = pg_catalog, %s, pg_temp to the function.",
						 list_length(stmt->funcname) > 1 ? quote_identifier(strVal(linitial(stmt->funcname))) : "..."));
}

/*
 * Rules about definitions.
 */
void
rules_definition(Lint *lint, Node *stmt)
{
	if (IsA(stmt, ViewStmt))
		look_at_view(lint, (ViewStmt *) stmt);
	else if (IsA(stmt, CreateFunctionStmt))
		look_at_function(lint, (CreateFunctionStmt *) stmt);
}
