/*-------------------------------------------------------------------------
 *
 * rules_names.c
 *	  The rule about names that are too long.
 *
 * PostgreSQL cuts them off, so the parse trees do not show it; the text does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "parser/scansup.h"

#include "lexer.h"
#include "lint/family.h"
#include "position.h"

/*
 * A name that was cut off.
 */
typedef struct CutName
{
	char	   *whole;
	char	   *cut;
} CutName;

typedef struct CutNames
{
	Lint	   *lint;
	List	   *names;			/* of CutName */
} CutNames;

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_' || c == '$' || IS_HIGHBIT_SET(c);
}

/*
 * May there be a name that is too long?  A quick look, that says yes too often.
 */
static bool
may_have_long_name(const char *text)
{
	const char *quote = NULL;
	int			run = 0;

	for (const char *p = text; *p; p++)
	{
		run = is_name_char(*p) ? run + 1 : 0;
		if (run >= NAMEDATALEN)
			return true;
		if (*p == '"')
		{
			if (quote && p - quote > NAMEDATALEN)
				return true;
			quote = p;
		}
	}
	return false;
}

/*
 * Returns a name as it is meant, without its quotes.
 */
static char *
whole_name(const char *text, int length)
{
	char	   *name,
			   *to;

	if (text[0] != '"')
		return downcase_identifier(text, length, false, false);
	name = to = palloc(length);
	for (int i = 1; i < length - 1; i++)
	{
		*to++ = text[i];
		if (text[i] == '"')
			i++;
	}
	*to = '\0';
	return name;
}

static void
visit(int start, int length, bool is_name, void *arg)
{
	CutNames   *names = arg;
	Lint	   *lint = names->lint;
	CutName    *name;
	const char *same = NULL;
	ListCell   *cell;

	if (!is_name || length < NAMEDATALEN ||
		(lint->script->text[start] != '"' && !is_name_char(lint->script->text[start])))
		return;
	/* U&"" has escapes; its length is not that of the name */
	if (lint->script->text[start] != '"' && memchr(lint->script->text + start, '"', length))
		return;
	name = palloc(sizeof(CutName));
	name->whole = whole_name(lint->script->text + start, length);
	if (strlen(name->whole) < NAMEDATALEN)
		return;
	name->cut = pnstrdup(name->whole, pg_mbcliplen(name->whole, strlen(name->whole), NAMEDATALEN - 1));
	foreach(cell, names->names)
	{
		CutName    *other = lfirst(cell);

		if (strcmp(other->whole, name->whole) == 0)
			return;				/* once is enough */
		if (strcmp(other->cut, name->cut) == 0)
			same = other->whole;
	}
	names->names = lappend(names->names, name);
	lint->start = start;
	lint->statement = position_statement_number(lint->script, start);
	lint_report(lint, RULE_NAME_TRUNCATED, same ? LINT_WARNING : LINT_NOTICE, start,
				same ?
				psprintf("\"%s\" is cut off after %d bytes, and then is the same as \"%s\"",
						 name->whole, (int) strlen(name->cut), same) :
				psprintf("\"%s\" is cut off after %d bytes: \"%s\"",
						 name->whole, (int) strlen(name->cut), name->cut),
				psprintf("Choose a name of no more than %d bytes.", NAMEDATALEN - 1));
}

/*
 * Looks at all names of the text.
 */
void
rules_names(Lint *lint)
{
	CutNames	names = {.lint = lint};

	if (may_have_long_name(lint->script->text))
		lexer_visit(lint->script->text, visit, &names);
}
