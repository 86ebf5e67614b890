/*-------------------------------------------------------------------------
 *
 * expression.c
 *	  Expressions in the catalogs as text.
 *
 * The server's deparser looks up a relation's columns by opening it, which for
 * an expression in a CHECK costs more than all the rest.  So references to
 * columns are replaced by parameters first, which it prints as $1, $2, ..., and
 * those by the columns' names afterwards.  What is more than a reference to a
 * column, such as a whole row, is left to the deparser.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/ruleutils.h"

#include "snapshot/names.h"

static bool
needs_relation(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varattno <= 0 || ((Var *) node)->varno != 1 ||
			((Var *) node)->varlevelsup != 0;
	if (IsA(node, Query) || IsA(node, Param))
		return true;
	return expression_tree_walker(node, needs_relation, context);
}

static Node *
columns_to_params(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;
		Param	   *param = makeNode(Param);

		param->paramkind = PARAM_EXTERN;
		param->paramid = var->varattno;
		param->paramtype = var->vartype;
		param->paramtypmod = var->vartypmod;
		param->paramcollid = var->varcollid;
		param->location = -1;
		return (Node *) param;
	}
	return expression_tree_mutator(node, columns_to_params, context);
}

/*
 * Returns the end of the string literal or quoted name that begins at "p".
 */
static const char *
skip_quoted(const char *p)
{
	char		quote = *p;

	for (p++; *p; p++)
	{
		if (*p == quote)
		{
			if (p[1] != quote)
				return p + 1;
			p++;
		}
	}
	return p;
}

/*
 * Replaces $n by the relation's columns.
 */
static char *
put_columns(Collector *c, const RelationEntry *relation, const char *text)
{
	StringInfoData result;
	const char *p = text;

	initStringInfo(&result);
	while (*p)
	{
		if (*p == '\'' || *p == '"')
		{
			const char *end = skip_quoted(p);

			appendBinaryStringInfo(&result, p, (int) (end - p));
			p = end;
		}
		else if (*p == '$' && isdigit((unsigned char) p[1]))
		{
			char	   *end;
			long		column = strtol(p + 1, &end, 10);

			appendStringInfoString(&result, name_of_column(c, relation->oid, (AttrNumber) column));
			p = end;
		}
		else
			appendStringInfoChar(&result, *p++);
	}
	return result.data;
}

/*
 * Returns the end of the type after "p" if it is that of an array, with its
 * brackets, else NULL.
 */
static const char *
array_type_end(const char *p)
{
	while (*p)
	{
		if (p[0] == '[' && p[1] == ']')
			return p + 2;
		if (*p == '"')
			p = skip_quoted(p);
		else if (isalnum((unsigned char) *p) || IS_HIGHBIT_SET(*p) || strchr("_$. (),", *p))
			p++;
		else
			return NULL;
	}
	return NULL;
}

/*
 * Returns the ] that closes the list after "p", and its elements.
 */
static const char *
list_end(const char *p, List **elements)
{
	const char *begin = p;
	int			depth = 0;

	*elements = NIL;
	while (*p)
	{
		if (*p == '\'' || *p == '"')
		{
			p = skip_quoted(p);
			continue;
		}
		if (*p == '(' || *p == '[')
			depth++;
		if ((*p == ']' || *p == ',') && depth == 0)
		{
			*elements = lappend(*elements, pnstrdup(begin, p - begin));
			if (*p == ']')
				return p;
			begin = p + 1 + strspn(p + 1, " ");
		}
		if (*p == ')' || *p == ']')
			depth--;
		p++;
	}
	return NULL;
}

/*
 * Returns the expression as it is after having been parsed once more: the cast
 * of an array constructor, (ARRAY[a, b])::t[], is then one of its elements.
 */
char *
expression_normal(char *text)
{
	static const char opening[] = "(ARRAY[";
	StringInfoData result;
	const char *p = text;

	if (strstr(text, opening) == NULL)
		return text;
	initStringInfo(&result);
	while (*p)
	{
		const char *close,
				   *type_end = NULL;
		List	   *elements;

		if (*p == '\'' || *p == '"')
		{
			const char *end = skip_quoted(p);

			appendBinaryStringInfo(&result, p, (int) (end - p));
			p = end;
			continue;
		}
		if (strncmp(p, opening, strlen(opening)) == 0 && strncmp(p + strlen(opening), "ARRAY[", 6) != 0)
		{
			close = list_end(p + strlen(opening), &elements);
			if (close && strncmp(close, "])::", 4) == 0)
				type_end = array_type_end(close + 4);
		}
		if (type_end)
		{
			ListCell   *cell;

			appendStringInfoString(&result, "ARRAY[");
			foreach(cell, elements)
				appendStringInfo(&result, "%s(%s)::%.*s",
								 foreach_current_index(cell) ? ", " : "",
								 expression_normal(lfirst(cell)),
								 (int) (type_end - 2 - (close + 4)), close + 4);
			appendStringInfoChar(&result, ']');
			p = type_end;
		}
		else
			appendStringInfoChar(&result, *p++);
	}
	return result.data;
}

/*
 * Returns an expression as text.  "relation" is whose columns it can refer to,
 * or NULL.
 */
char *
expression_text(Collector *c, const RelationEntry *relation, Node *expression)
{
	char	   *text;

	if (relation == NULL)
		text = deparse_expression(expression, NIL, false, false);
	else if (needs_relation(expression, NULL))
		text = deparse_expression(expression, deparse_context_for(relation->plain_name,
																  relation->oid), false, false);
	else
		text = put_columns(c, relation,
						   deparse_expression(columns_to_params(expression, NULL), NIL,
											  false, false));
	return expression_normal(text);
}

/*
 * The same for one stored as text.
 */
char *
expression_from_datum(Collector *c, const RelationEntry *relation, Datum stored)
{
	return expression_text(c, relation, stringToNode(TextDatumGetCString(stored)));
}
