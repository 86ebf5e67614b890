/*-------------------------------------------------------------------------
 *
 * property.c
 *	  Reads single properties of a description.
 *
 * A property is found by the words that it begins with.  What is returned is as
 * the user wrote it: without the tabs that keep its further lines together.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "generate/property.h"
#include "snapshot/snapshot.h"

/*
 * Returns the length of the key if the property is about it, else 0.
 */
static int
key_length(const char *property, int length, const char *key)
{
	int			key_len = (int) strlen(key);

	if (length < key_len || strncmp(property, key, key_len) != 0)
		return 0;
	return length == key_len || property[key_len] == ' ' || property[key_len] == '\n' ? key_len : 0;
}

/*
 * Returns the words after the key, without the tabs.
 */
static char *
value_of(const char *property, int length, int key)
{
	StringInfoData value;

	initStringInfo(&value);
	for (int i = Min(key + 1, length); i < length; i++)
	{
		if (property[i] == '\t' && property[i - 1] == '\n')
			continue;
		appendStringInfoChar(&value, property[i]);
	}
	return value.data;
}

/*
 * Returns what the property of that name says: "" if it is a name only, NULL if
 * there is none.
 */
char *
prop_get(const char *definition, const char *key)
{
	List	   *all = prop_all(definition, key);

	return all ? linitial(all) : NULL;
}

bool
prop_has(const char *definition, const char *key)
{
	return prop_get(definition, key) != NULL;
}

/*
 * Do two descriptions say the same about it?
 */
bool
prop_same(const char *a, const char *b, const char *key)
{
	char	   *x = prop_get(a, key);
	char	   *y = prop_get(b, key);

	return x && y ? strcmp(x, y) == 0 : x == y;
}

/*
 * Returns what all properties of that name say.
 */
List *
prop_all(const char *definition, const char *key)
{
	const char *p = definition;
	List	   *values = NIL;

	while (p && *p)
	{
		int			length;
		const char *next = snapshot_next_property(p, &length);
		int			found = key_length(p, length, key);

		if (found)
			values = lappend(values, value_of(p, length, found));
		p = next;
	}
	return values;
}

/*
 * Returns the description without the properties of these names.
 */
char *
prop_without(const char *definition, const char *const *keys)
{
	const char *p = definition;
	StringInfoData rest;

	initStringInfo(&rest);
	while (p && *p)
	{
		int			length;
		const char *next = snapshot_next_property(p, &length);
		bool		left_out = false;

		for (int i = 0; keys[i] && !left_out; i++)
			left_out = key_length(p, length, keys[i]) > 0;
		if (!left_out)
		{
			if (rest.len > 0)
				appendStringInfoChar(&rest, '\n');
			appendBinaryStringInfo(&rest, p, length);
		}
		p = next;
	}
	return rest.data;
}

/*
 * Are two descriptions the same but for the properties of these names?
 */
bool
prop_same_but(const char *a, const char *b, const char *const *keys)
{
	return strcmp(a, b) == 0 || strcmp(prop_without(a, keys), prop_without(b, keys)) == 0;
}

/*
 * Splits "a, b" into the names, which stay quoted.  "list" may be NULL.
 */
List *
prop_names(const char *list)
{
	List	   *names = NIL;

	for (const char *p = list; p && *p;)
	{
		const char *begin = p;
		bool		quoted = false;

		for (; *p && (quoted || *p != ','); p++)
			if (*p == '"')
				quoted = !quoted;
		names = lappend(names, pnstrdup(begin, p - begin));
		p += Min(strlen(p), 2);
	}
	return names;
}

bool
prop_list_has(List *words, const char *word)
{
	ListCell   *cell;

	foreach(cell, words)
		if (strcmp(lfirst(cell), word) == 0)
			return true;
	return false;
}

/*
 * Returns the expression in parentheses: in those that it has, if they are one
 * pair around all of it.
 */
char *
prop_in_parentheses(const char *expression)
{
	const char *p = expression;
	int			depth = 0;

	for (; *p; p++)
	{
		if (*p == '\'' || *p == '"')
		{
			char		quote = *p;

			for (p++; *p && *p != quote; p++)
				;
			if (*p == '\0')
				break;
		}
		depth += (*p == '(') - (*p == ')');
		if (depth == 0)
			break;
	}
	/* a backslash in E'' could end the literal elsewhere */
	return *expression == '(' && p[0] == ')' && p[1] == '\0' && strchr(expression, '\\') == NULL ?
		pstrdup(expression) : psprintf("(%s)", expression);
}
