/*-------------------------------------------------------------------------
 *
 * steps.c
 *	  The steps that a migration is run in when one transaction will not do.
 *
 * A statement that refuses a transaction block is a step of its own, and so
 * is a DO or CALL that commits.  The ordinary statements between them share a
 * transaction, but for one case: a value added to an enum type can be used
 * only once it is committed, so a step ends after ALTER TYPE ADD VALUE.
 *
 * All of it is found from the parse trees; what a procedure called by CALL
 * does, and what is partitioned, from the catalog or from the rest of the
 * script.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "commands/proclang.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/formatting.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "lexer.h"
#include "position.h"
#include "statement_kind.h"
#include "steps.h"

/*
 * May running this body end a transaction?  PL/pgSQL is read token by token;
 * for other languages the words have to do.
 */
static bool
body_commits(const char *body, bool is_plpgsql)
{
	char	   *lower;

	if (is_plpgsql)
		return lexer_ends_transaction(body);
	lower = asc_tolower(body, strlen(body));
	return strstr(lower, "commit") != NULL || strstr(lower, "rollback") != NULL;
}

static bool
do_commits(DoStmt *stmt)
{
	const char *body = "";
	bool		is_plpgsql = true;
	ListCell   *cell;

	foreach(cell, stmt->args)
	{
		DefElem    *element = lfirst_node(DefElem, cell);

		if (strcmp(element->defname, "as") == 0)
			body = strVal(element->arg);
		else if (strcmp(element->defname, "language") == 0)
			is_plpgsql = strcmp(strVal(element->arg), "plpgsql") == 0;
	}
	return body_commits(body, is_plpgsql);
}

/*
 * Does the script create a procedure that may end a transaction?
 */
static bool
creates_committing_procedure(const Script *script)
{
	ListCell   *cell;

	foreach(cell, script->statements)
	{
		RawStmt    *raw = lfirst_node(RawStmt, cell);
		int			start,
					length;

		if (!IsA(raw->stmt, CreateFunctionStmt) ||
			!((CreateFunctionStmt *) raw->stmt)->is_procedure)
			continue;
		position_statement_span(script, raw, &start, &length);
		if (body_commits(pnstrdup(script->text + start, length), false))
			return true;
	}
	return false;
}

/*
 * May the procedure, or one of the same name, end a transaction?  One that
 * does not exist yet may be created by the script.
 */
static bool
call_commits(const Script *script, CallStmt *stmt)
{
	char	   *name = strVal(llast(stmt->funccall->funcname));
	CatCList   *procedures = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
	Oid			plpgsql = get_language_oid("plpgsql", true);
	bool		found = false,
				commits = false;

	for (int i = 0; i < procedures->n_members && !commits; i++)
	{
		HeapTuple	tuple = &procedures->members[i]->tuple;
		Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);
		bool		isnull;
		Datum		source;

		if (form->prokind != PROKIND_PROCEDURE)
			continue;
		found = true;
		source = SysCacheGetAttr(PROCNAMEARGSNSP, tuple, Anum_pg_proc_prosrc, &isnull);
		commits = !isnull && body_commits(TextDatumGetCString(source), form->prolang == plpgsql);
	}
	ReleaseSysCacheList(procedures);
	return commits || (!found && creates_committing_procedure(script));
}

/*
 * Is it a partitioned table, or an index on one?  One that does not exist yet
 * may be created by the script.
 */
static bool
is_partitioned(const Script *script, const RangeVar *name)
{
	Oid			relation = RangeVarGetRelid(name, NoLock, true);
	ListCell   *cell;

	if (OidIsValid(relation))
		return get_rel_relkind(relation) == RELKIND_PARTITIONED_TABLE ||
			get_rel_relkind(relation) == RELKIND_PARTITIONED_INDEX;
	foreach(cell, script->statements)
	{
		Node	   *stmt = lfirst_node(RawStmt, cell)->stmt;

		if (IsA(stmt, CreateStmt) && ((CreateStmt *) stmt)->partspec &&
			strcmp(((CreateStmt *) stmt)->relation->relname, name->relname) == 0)
			return true;
		if (IsA(stmt, IndexStmt) && ((IndexStmt *) stmt)->idxname &&
			strcmp(((IndexStmt *) stmt)->idxname, name->relname) == 0)
			return is_partitioned(script, ((IndexStmt *) stmt)->relation);
	}
	return false;
}

/*
 * Returns the kind of a statement that must be run on its own, or NULL.
 */
static const char *
alone_kind(const Script *script, Node *stmt)
{
	const char *kind = statement_nontransactional_kind(stmt);

	if (kind)
		return kind;
	if (IsA(stmt, DoStmt) && do_commits((DoStmt *) stmt))
		return "DO";
	if (IsA(stmt, CallStmt) && call_commits(script, (CallStmt *) stmt))
		return "CALL";
	if (IsA(stmt, ReindexStmt) && is_partitioned(script, ((ReindexStmt *) stmt)->relation))
		return "REINDEX";
	if (IsA(stmt, ClusterStmt) && is_partitioned(script, ((ClusterStmt *) stmt)->relation))
		return "CLUSTER";
	return NULL;
}

static bool
adds_enum_value(const Script *script, int index)
{
	AlterEnumStmt *stmt;

	if (index >= list_length(script->statements))
		return false;
	stmt = (AlterEnumStmt *) list_nth_node(RawStmt, script->statements, index)->stmt;
	return IsA(stmt, AlterEnumStmt) && stmt->oldVal == NULL;
}

/*
 * Returns the Steps of a parsed script.  Needs a transaction, for the catalog.
 */
List *
steps_cut(const Script *script)
{
	List	   *steps = NIL;
	Step	   *open = NULL;	/* a step that takes more statements */

	for (int i = 0; i < list_length(script->statements); i++)
	{
		RawStmt    *raw = list_nth_node(RawStmt, script->statements, i);
		const char *alone = alone_kind(script, raw->stmt);

		if (open == NULL || alone != NULL)
		{
			open = palloc0(sizeof(Step));
			open->number = list_length(steps) + 1;
			open->first = i;
			open->alone = alone;
			steps = lappend(steps, open);
		}
		open->last = i;

		/* what follows may use the value, which needs it to be committed */
		if (alone != NULL || (adds_enum_value(script, i) && !adds_enum_value(script, i + 1)))
			open = NULL;
	}
	return steps;
}

/*
 * Returns the cut as text, for the ledger: the number of the last statement of
 * each step, with a * if it must be alone.
 */
char *
steps_cut_to_text(const List *steps)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, steps)
	{
		Step	   *step = lfirst(cell);

		appendStringInfo(&text, "%s%d%s", text.len ? " " : "", step->last + 1,
						 step->alone ? "*" : "");
	}
	return text.data;
}

/*
 * Returns the Steps of a script as they were cut when it was begun.  The
 * catalog may have changed since; what is done must stay what it was.
 */
List *
steps_cut_from_text(const Script *script, const char *text)
{
	List	   *steps = NIL;
	int			first = 0;

	while (*text)
	{
		Step	   *step = palloc0(sizeof(Step));
		char	   *end;
		int			last = (int) strtol(text, &end, 10) - 1;

		if (end == text || last < first || last >= list_length(script->statements))
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("the ledger has an invalid cut of a script: \"%s\"", text),
					 errhint("See SELECT * FROM migrate_verify().")));
		step->number = list_length(steps) + 1;
		step->first = first;
		step->last = last;
		if (*end == '*')
		{
			Node	   *stmt = list_nth_node(RawStmt, script->statements, last)->stmt;

			step->alone = statement_nontransactional_kind(stmt);
			if (step->alone == NULL)
				step->alone = CreateCommandName(stmt);
			end++;
		}
		steps = lappend(steps, step);
		first = last + 1;
		text = end + strspn(end, " ");
	}
	return steps;
}

/*
 * Is it a statement whose only effect is a setting of the session?
 */
bool
steps_is_setting(const RawStmt *raw)
{
	if (IsA(raw->stmt, VariableSetStmt))
	{
		VariableSetStmt *stmt = (VariableSetStmt *) raw->stmt;

		return !stmt->is_local && stmt->kind != VAR_SET_MULTI;
	}
	if (IsA(raw->stmt, SelectStmt))
	{
		/* SELECT set_config('search_path', '', false), as pg_dump writes it */
		SelectStmt *stmt = (SelectStmt *) raw->stmt;
		ResTarget  *target;
		FuncCall   *call;

		if (list_length(stmt->targetList) != 1 || stmt->fromClause != NIL ||
			stmt->whereClause != NULL)
			return false;
		target = linitial_node(ResTarget, stmt->targetList);
		if (!IsA(target->val, FuncCall))
			return false;
		call = (FuncCall *) target->val;
		return strcmp(strVal(llast(call->funcname)), "set_config") == 0;
	}
	return false;
}

/*
 * Returns the kind of a statement in the step whose effect ends with the
 * session, so that later steps cannot count on it after a new start; or NULL.
 */
const char *
steps_session_bound(const Script *script, const Step *step)
{
	for (int i = step->first; i <= step->last; i++)
	{
		Node	   *stmt = list_nth_node(RawStmt, script->statements, i)->stmt;

		if (IsA(stmt, CreateStmt) &&
			((CreateStmt *) stmt)->relation->relpersistence == RELPERSISTENCE_TEMP)
			return "CREATE TEMPORARY TABLE";
		if (IsA(stmt, CreateTableAsStmt) &&
			((CreateTableAsStmt *) stmt)->into->rel->relpersistence == RELPERSISTENCE_TEMP)
			return "CREATE TEMPORARY TABLE";
		if (IsA(stmt, PrepareStmt))
			return "PREPARE";
		if (IsA(stmt, DeclareCursorStmt))
			return "DECLARE CURSOR";
	}
	return NULL;
}
