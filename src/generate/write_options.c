/*-------------------------------------------------------------------------
 *
 * write_options.c
 *	  Storage parameters and other lists of options.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "generate/property.h"
#include "generate/write.h"

/*
 * Splits "a=b, c=d".  A comma within a value is not followed by a blank and
 * another name with its "=".
 */
static List *
split_options(const char *options)
{
	List	   *result = NIL;
	const char *begin = options;

	for (const char *p = options; p && *p;)
	{
		const char *comma = strstr(p, ", ");
		const char *name_end;

		if (comma == NULL)
			break;
		name_end = comma + 2 + strspn(comma + 2, "abcdefghijklmnopqrstuvwxyz0123456789_.");
		p = comma + 2;
		if (*name_end != '=' || name_end == p)
			continue;
		result = lappend(result, pnstrdup(begin, comma - begin));
		begin = p;
	}
	return begin && *begin ? lappend(result, pstrdup(begin)) : result;
}

/*
 * Returns "name" of "name=value".
 */
static char *
option_name(const char *option)
{
	return pnstrdup(option, strcspn(option, "="));
}

/*
 * Returns the options as SQL has them in parentheses, with "prefix" before each
 * name; "" if there are none.
 */
char *
options_list(const char *options, const char *prefix)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, split_options(options))
	{
		char	   *name = option_name(lfirst(cell));
		const char *value = (char *) lfirst(cell) + strlen(name);

		appendStringInfo(&text, "%s%s%s", text.len ? ", " : "", prefix, name);
		if (*value == '=')
			appendStringInfo(&text, " = %s", quote_literal_cstr(value + 1));
	}
	return text.data;
}

/*
 * Writes the change of options with "alter" and SET or RESET.
 */
void
options_change(SchemaPlan *plan, const DependNode *node, const char *alter, const char *from,
			   const char *to, const char *prefix)
{
	List	   *new_names = NIL;
	StringInfoData reset;
	ListCell   *cell;

	if (from && to ? strcmp(from, to) == 0 : from == to)
		return;
	foreach(cell, split_options(to))
		new_names = lappend(new_names, option_name(lfirst(cell)));
	initStringInfo(&reset);
	foreach(cell, split_options(from))
	{
		char	   *name = option_name(lfirst(cell));

		if (!prop_list_has(new_names, name))
			appendStringInfo(&reset, "%s%s%s", reset.len ? ", " : "", prefix, name);
	}
	if (reset.len > 0)
		plan_add(plan, PLAN_MAKE, node, "%s RESET (%s)", alter, reset.data);
	if (to && *to)
		plan_add(plan, PLAN_MAKE, node, "%s SET (%s)", alter, options_list(to, prefix));
}
