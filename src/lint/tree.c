/*-------------------------------------------------------------------------
 *
 * tree.c
 *	  What can be read off raw parse trees.
 *
 * Raw trees, because analysis would raise errors for all that a script makes
 * before it uses it, and would lock what it names.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "lint/tree.h"

/*
 * Returns the text of a string literal, or NULL if it is none.
 */
const char *
tree_string(const Node *node)
{
	A_Const    *constant = (A_Const *) node;

	if (node == NULL || !IsA(node, A_Const) || compat_const_is_null(constant) ||
		!IsA(&constant->val, String))
		return NULL;
	return strVal(&constant->val);
}

/*
 * Is it NULL, perhaps with a cast?
 */
bool
tree_is_null(const Node *node)
{
	while (node && IsA(node, TypeCast))
		node = ((const TypeCast *) node)->arg;
	return node && IsA(node, A_Const) && compat_const_is_null((const A_Const *) node);
}

/*
 * Is it the literal true?
 */
bool
tree_is_true(const Node *node)
{
	return node && compat_const_is_true(node);
}

bool
tree_is_list_member(const List *names, const char *name)
{
	ListCell   *cell;

	foreach(cell, names)
		if (lfirst(cell) && strcmp(lfirst(cell), name) == 0)
			return true;
	return false;
}

/*
 * Returns a list of Strings as one of char *.
 */
List *
tree_names(const List *strings)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, strings)
		names = lappend(names, strVal(lfirst(cell)));
	return names;
}

/*
 * Returns names as in SQL: quoted, with commas.
 */
char *
tree_name_list(const List *names)
{
	StringInfoData list;
	ListCell   *cell;

	initStringInfo(&list);
	foreach(cell, names)
		appendStringInfo(&list, "%s%s", list.len ? ", " : "", quote_identifier(lfirst(cell)));
	return list.data;
}

/*
 * Returns the name of the column that an expression is, or NULL.
 */
const char *
tree_column_of(const Node *node)
{
	Node	   *last;

	if (node == NULL || !IsA(node, ColumnRef))
		return NULL;
	last = llast(((const ColumnRef *) node)->fields);
	return IsA(last, String) ? strVal(last) : NULL;
}

/*
 * Returns the names of the columns that a CHECK says are not null.
 */
List *
tree_not_null_columns(const Node *check)
{
	List	   *columns = NIL;
	ListCell   *cell;

	check_stack_depth();
	if (check == NULL)
		return NIL;
	if (IsA(check, NullTest) && ((const NullTest *) check)->nulltesttype == IS_NOT_NULL)
	{
		const char *name = tree_column_of((const Node *) ((const NullTest *) check)->arg);

		return name ? list_make1(pstrdup(name)) : NIL;
	}
	if (IsA(check, BoolExpr) && ((const BoolExpr *) check)->boolop == AND_EXPR)
		foreach(cell, ((const BoolExpr *) check)->args)
			columns = list_concat(columns, tree_not_null_columns(lfirst(cell)));
	return columns;
}

/*
 * Returns the first constraint of a type among a column's, or NULL.
 */
Constraint *
tree_constraint(const List *constraints, ConstrType type)
{
	ListCell   *cell;

	foreach(cell, constraints)
		if (IsA(lfirst(cell), Constraint) && ((Constraint *) lfirst(cell))->contype == type)
			return lfirst(cell);
	return NULL;
}

/*
 * Returns the type that "serial" and its like stand for, or InvalidOid.
 */
static Oid
serial_type(const TypeName *name)
{
	const char *word;

	if (name == NULL || list_length(name->names) != 1 || name->pct_type || name->arrayBounds != NIL)
		return InvalidOid;
	word = strVal(linitial(name->names));
	if (strcmp(word, "serial") == 0 || strcmp(word, "serial4") == 0)
		return INT4OID;
	if (strcmp(word, "bigserial") == 0 || strcmp(word, "serial8") == 0)
		return INT8OID;
	if (strcmp(word, "smallserial") == 0 || strcmp(word, "serial2") == 0)
		return INT2OID;
	return InvalidOid;
}

bool
tree_is_serial(const TypeName *name)
{
	return OidIsValid(serial_type(name));
}

/*
 * Returns the type that a name means, or InvalidOid if that is not known.
 */
Oid
tree_type(const Lint *lint, const TypeName *name, int32 *typmod)
{
	ParseState *place;
	int			count;
	Type		tuple;
	Oid			type;

	*typmod = -1;
	if (name == NULL || name->pct_type || name->setof)
		return InvalidOid;
	type = serial_type(name);
	if (OidIsValid(type))
		return type;
	count = list_length(name->names);
	if (count > 1)
	{
		Oid			schema = get_namespace_oid(strVal(list_nth(name->names, count - 2)), true);

		if (count > 2 || !OidIsValid(schema) || !compat_may_use_schema(schema))
			return InvalidOid;
	}
	/* a modifier that cannot be is an error, at its place in the text */
	place = make_parsestate(NULL);
	place->p_sourcetext = lint->script->text;
	tuple = LookupTypeName(place, name, typmod, true);
	free_parsestate(place);
	if (tuple == NULL)
		return InvalidOid;
	type = typeTypeId(tuple);
	ReleaseSysCache(tuple);
	return get_typisdefined(type) ? type : InvalidOid;
}

/*
 * Returns the volatility of a function that a script makes, or '\0' if it makes
 * none of that name.
 */
static char
made_volatility(const Lint *lint, const char *name)
{
	ListCell   *cell,
			   *option;

	foreach(cell, lint->functions)
	{
		CreateFunctionStmt *stmt = lfirst(cell);
		char		volatility = PROVOLATILE_VOLATILE;

		if (strcmp(strVal(llast(stmt->funcname)), name) != 0)
			continue;
		foreach(option, stmt->options)
		{
			DefElem    *element = lfirst_node(DefElem, option);

			if (strcmp(element->defname, "volatility") == 0)
				volatility = strVal(element->arg)[0];
		}
		return volatility;
	}
	return '\0';
}

/*
 * Is every function that a call may mean volatile?
 */
static bool
calls_volatile(const Lint *lint, const FuncCall *call)
{
	const char *name = strVal(llast(call->funcname));
	int			arguments = list_length(call->args);
	char		made = made_volatility(lint, name);
	CatCList   *functions;
	bool		found = false,
				all = true;

	if (made != '\0')
		return made == PROVOLATILE_VOLATILE;
	functions = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
	for (int i = 0; i < functions->n_members; i++)
	{
		Form_pg_proc form = (Form_pg_proc) GETSTRUCT(&functions->members[i]->tuple);

		if (list_length(call->funcname) > 1 ?
			form->pronamespace != get_namespace_oid(strVal(linitial(call->funcname)), true) :
			!FunctionIsVisible(form->oid))
			continue;
		if (!OidIsValid(form->provariadic) &&
			(arguments > form->pronargs || arguments < form->pronargs - form->pronargdefaults))
			continue;
		found = true;
		all = all && form->provolatile == PROVOLATILE_VOLATILE;
	}
	ReleaseSysCacheList(functions);
	return found && all;
}

static bool
find_volatile(Node *node, void *lint)
{
	check_stack_depth();
	if (node == NULL)
		return false;
	if (IsA(node, FuncCall) && calls_volatile(lint, (FuncCall *) node))
		return true;
	return raw_expression_tree_walker(node, find_volatile, lint);
}

/*
 * Does the expression give another value for each row?
 */
bool
tree_is_volatile(Lint *lint, Node *expr)
{
	return find_volatile(expr, lint);
}
