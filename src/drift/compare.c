/*-------------------------------------------------------------------------
 *
 * compare.c
 *	  Differences between two descriptions of an object, in words.
 *
 * Only the properties that differ are told, and of a long one, such as the body
 * of a function, only the first line that does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "drift/compare.h"
#include "drift/merge.h"

/*
 * Finds the property about the same in the definition that is not in "but".
 */
static const char *
find_counterpart(const char *property, int length, const char *definition, const char *but,
				 int *found_length)
{
	int			key = property_key_length(property, length);
	const char *p = definition;

	while (p && *p)
	{
		const char *next = snapshot_next_property(p, found_length);

		if (property_key_length(p, *found_length) == key && memcmp(p, property, key) == 0 &&
			!property_in(p, *found_length, but))
			return p;
		p = next;
	}
	return NULL;
}

/*
 * Is the property one of a sequence, where the other column has none?  Then it
 * is enough to say that this is no identity column.
 */
static bool
is_of_other_identity(const char *property, const char *other)
{
	return strncmp(property, "sequence ", 9) == 0 && strstr(other, "sequence name ") == NULL;
}

static void
add_words(StringInfo words, const char *text, int length)
{
	if (words->len > 0)
		appendStringInfoString(words, "; ");
	appendBinaryStringInfo(words, text, length);
}

/*
 * Returns line number "number" (from 0) of a property, and its length; NULL if
 * it has fewer.
 */
static const char *
line_of(const char *property, int length, int number, int *line_length)
{
	const char *end = property + length;
	const char *line = property;

	for (; number > 0; number--)
	{
		line = memchr(line, '\n', end - line);
		if (line == NULL)
			return NULL;
		/* the tab, too */
		line += 2;
	}
	*line_length = (int) strcspn(line, "\n");
	if (line + *line_length > end)
		*line_length = (int) (end - line);
	return line;
}

/*
 * Adds the first line in which two long properties differ.
 */
static void
add_lines(StringInfo a_words, StringInfo b_words, const char *a, int a_length,
		  const char *b, int b_length)
{
	int			key = property_key_length(a, a_length);

	for (int i = 0;; i++)
	{
		int			x = 0,
					y = 0;
		const char *a_line = line_of(a, a_length, i, &x);
		const char *b_line = line_of(b, b_length, i, &y);
		char	   *text;

		if (a_line && b_line && x == y && memcmp(a_line, b_line, x) == 0)
			continue;
		text = a_line ? psprintf("%.*s, line %d: %.*s", key, a, Max(i, 1), x, a_line) :
			psprintf("%.*s ends before line %d", key, a, Max(i, 1));
		add_words(a_words, text, (int) strlen(text));
		text = b_line ? psprintf("%.*s, line %d: %.*s", key, b, Max(i, 1), y, b_line) :
			psprintf("%.*s ends before line %d", key, b, Max(i, 1));
		add_words(b_words, text, (int) strlen(text));
		return;
	}
}

/*
 * Returns words for the absence of a property.
 */
static char *
absence(const char *property, int length)
{
	int			key = property_key_length(property, length);

	if (length >= 8 && strncmp(property, "not null", 8) == 0)
		return pstrdup("null allowed");
	if (strncmp(property, "not ", 4) == 0)
		return pnstrdup(property + 4, length - 4);
	if (strncmp(property, "no ", 3) == 0)
		return pnstrdup(property + 3, length - 3);
	if (strncmp(property, "disabled", key) == 0 || strncmp(property, "enabled", key) == 0)
		return pstrdup("enabled");
	if (strncmp(property, "deferrable", key) == 0)
		return pstrdup("not deferrable");
	if (strncmp(property, "revoke ", 7) == 0)
	{
		char	   *grant = psprintf("grant %.*s", length - 7, property + 7);
		char	   *from = strstr(grant, " from ");

		return psprintf("%.*s to %s", (int) (from - grant), grant, from + strlen(" from "));
	}
	if (strncmp(property, "security definer", key) == 0)
		return pstrdup("security invoker");
	if (strncmp(property, "owned by", 8) == 0)
		return pstrdup("owned by none");
	if (strncmp(property, "row security", 12) == 0)
		return psprintf("row security not %.*s", length - 13, property + 13);
	if (key == length && memchr(property, ' ', length) == NULL)
		return psprintf("not %.*s", length, property);
	return psprintf("no %.*s", key, property);
}

/*
 * Splits "columns a, b" into names.
 */
static List *
column_names(const char *property, int length)
{
	const char *p = property + strlen("columns ");
	const char *end = property + length;
	List	   *names = NIL;

	while (p < end)
	{
		const char *begin = p;
		bool		quoted = false;

		for (; p < end && (quoted || *p != ','); p++)
			if (*p == '"')
				quoted = !quoted;
		names = lappend(names, pnstrdup(begin, p - begin));
		p += 2;
	}
	return names;
}

static bool
has_name(List *names, const char *name)
{
	ListCell   *cell;

	foreach(cell, names)
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	return false;
}

/*
 * Returns the names that are also in "other", in words.
 */
static char *
common_names(List *names, List *other)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, names)
		if (has_name(other, lfirst(cell)))
			appendStringInfo(&text, "%s%s", text.len ? ", " : "", (char *) lfirst(cell));
	return text.data;
}

static const char *
find_order(const char *definition, int *length)
{
	const char *p = definition;

	while (p && *p)
	{
		const char *next = snapshot_next_property(p, length);

		if (property_is_order(p))
			return p;
		p = next;
	}
	return NULL;
}

/*
 * Compares the order of the columns that are in both: that there are more or
 * fewer is a difference of the columns.
 */
static void
compare_order(const char *expected, const char *actual, StringInfo expected_words,
			  StringInfo actual_words)
{
	int			a_length,
				b_length;
	const char *a = find_order(expected, &a_length);
	const char *b = find_order(actual, &b_length);
	List	   *a_names,
			   *b_names;
	char	   *a_order,
			   *b_order;

	if (a == NULL || b == NULL || (a_length == b_length && memcmp(a, b, a_length) == 0))
		return;
	a_names = column_names(a, a_length);
	b_names = column_names(b, b_length);
	a_order = common_names(a_names, b_names);
	b_order = common_names(b_names, a_names);
	if (strcmp(a_order, b_order) == 0)
		return;
	a_order = psprintf("columns in the order %s", a_order);
	b_order = psprintf("columns in the order %s", b_order);
	add_words(expected_words, a_order, (int) strlen(a_order));
	add_words(actual_words, b_order, (int) strlen(b_order));
}

/*
 * Compares two definitions.  Returns whether they differ, and how, in words.
 */
bool
compare_definitions(const char *expected, const char *actual, PropertyFilter is_ignored,
					char **expected_words, char **actual_words)
{
	StringInfoData a_words,
				b_words;
	const char *p;

	if (strcmp(expected, actual) == 0)
		return false;
	initStringInfo(&a_words);
	initStringInfo(&b_words);
	for (p = expected; p && *p;)
	{
		int			length,
					other_length;
		const char *next = snapshot_next_property(p, &length);
		const char *other;

		if (!property_in(p, length, actual) && !is_ignored(p) && !property_is_order(p) &&
			!is_of_other_identity(p, actual))
		{
			other = find_counterpart(p, length, actual, expected, &other_length);
			if (other && (memchr(p, '\n', length) || memchr(other, '\n', other_length)))
				add_lines(&a_words, &b_words, p, length, other, other_length);
			else
			{
				char	   *none = other ? NULL : absence(p, length);

				add_words(&a_words, p, length);
				add_words(&b_words, other ? other : none, other ? other_length : (int) strlen(none));
			}
		}
		p = next;
	}
	for (p = actual; p && *p;)
	{
		int			length,
					other_length;
		const char *next = snapshot_next_property(p, &length);

		if (!property_in(p, length, expected) && !is_ignored(p) && !property_is_order(p) &&
			!is_of_other_identity(p, expected) &&
			!find_counterpart(p, length, expected, actual, &other_length))
		{
			char	   *none = absence(p, length);

			add_words(&a_words, none, (int) strlen(none));
			add_words(&b_words, p, length);
		}
		p = next;
	}
	compare_order(expected, actual, &a_words, &b_words);
	*expected_words = a_words.data;
	*actual_words = b_words.data;
	return a_words.len > 0;
}

/*
 * Returns a whole definition in words.
 */
char *
definition_words(const char *definition, PropertyFilter is_ignored)
{
	StringInfoData words;
	const char *p;

	initStringInfo(&words);
	for (p = definition; p && *p;)
	{
		int			length;
		const char *next = snapshot_next_property(p, &length);

		if (!is_ignored(p))
			add_words(&words, p, length);
		p = next;
	}
	return words.data;
}
