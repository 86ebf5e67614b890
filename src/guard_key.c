/*-------------------------------------------------------------------------
 *
 * guard_key.c
 *	  One object under the several names that it is called by.
 *
 * What is recorded of an object is its identity as pg_identify_object() says
 * it, in which types are qualified also if they are in pg_catalog.  Who asks
 * for it may write "app.f(text, integer)" for "app.f(pg_catalog.text,integer)",
 * or "(app.a as text)" for a cast.  Both have the same key: what is outside of
 * double quotes counts without blanks, case, and "pg_catalog.".
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "guard_key.h"

/*
 * Types of objects that are not called so by others.
 */
static const struct
{
	const char *kind;
	const char *type;
}			other_names[] = {
	{"attribute", "composite type column"},
	{"default privileges", "default acl"},
	{"domain", "type"},
	{"foreign data wrapper", "foreign-data wrapper"},
	{"statistics", "statistics object"},
};

/*
 * Returns the end of the quoted name that begins at "p".
 */
static const char *
quoted_end(const char *p)
{
	for (p++; *p; p++)
	{
		if (*p != '"')
			continue;
		if (p[1] != '"')
			return p + 1;
		p++;
	}
	return p;
}

/*
 * Returns what is behind "words" if the text begins with them, else NULL.
 */
static const char *
skip_words(const char *text, const char *words)
{
	size_t		length = strlen(words);

	return strncmp(text, words, length) == 0 ? text + length : NULL;
}

static bool
is_name_char(char c)
{
	return isalnum((unsigned char) c) || c == '_' || c == '$' || c == '"' || IS_HIGHBIT_SET(c);
}

/*
 * Returns the key of an identity.
 */
char *
guard_key(const char *identity)
{
	StringInfoData key;
	const char *p = skip_words(identity, "for role ");

	/* default privileges */
	initStringInfo(&key);
	if (p)
		appendStringInfoString(&key, "of");
	else
		p = identity;

	while (*p)
	{
		bool		begins_name = p == identity || !is_name_char(p[-1]);
		const char *rest;

		if (*p == '"')
		{
			rest = quoted_end(p);
			appendBinaryStringInfo(&key, p, rest - p);
			p = rest;
		}
		else if (begins_name && (rest = skip_words(p, "pg_catalog.")))
			p = rest;
		else if ((rest = skip_words(p, " on language ")))	/* of a transform */
		{
			appendStringInfoString(&key, "language");
			p = rest;
		}
		else
		{
			if (*p != ' ')
				appendStringInfoChar(&key, pg_tolower((unsigned char) *p));
			p++;
		}
	}
	return key.data;
}

/*
 * Returns the key of the object that a part belongs to: the table of a column
 * ("schema.table.column") or of a constraint ("constraint on schema.table").
 * NULL if the identity is none of a part.
 */
char *
guard_key_of_whole(const char *identity)
{
	const char *last_dot = NULL;
	int			dots = 0;

	for (const char *p = identity; *p;)
	{
		const char *rest;

		if (*p == '"')
		{
			p = quoted_end(p);
			continue;
		}
		if (*p == '(')
			return NULL;
		if ((rest = skip_words(p, " on ")))
			return guard_key(rest);
		if (*p == '.')
		{
			last_dot = p;
			dots++;
		}
		p++;
	}
	return dots == 2 ? guard_key(pnstrdup(identity, last_dot - identity)) : NULL;
}

/*
 * Is a type of object, as pg_identify_object() says it, of this kind?  "Table
 * column" and "view column" are of kind "column".
 */
bool
guard_key_fits_kind(const char *type, const char *kind)
{
	size_t		type_length = strlen(type);
	size_t		kind_length = strlen(kind);

	for (int i = 0; i < (int) lengthof(other_names); i++)
		if (strcmp(other_names[i].kind, kind) == 0)
			return strcmp(other_names[i].type, type) == 0;
	if (strcmp(type, kind) == 0)
		return true;
	return type_length > kind_length && type[type_length - kind_length - 1] == ' ' &&
		strcmp(type + type_length - kind_length, kind) == 0;
}
