/*-------------------------------------------------------------------------
 *
 * redact.c
 *	  Takes passwords and the like out of a statement.
 *
 * The text may be anything: a whole DO block, with the secret in a string in
 * a string, or cut off in the middle.  So this is no lexer.  It looks for what
 * a secret follows, and takes too much rather than too little:
 *
 *	a word that ends in "password", or "connection", and a literal after it,
 *	or, as in a connection string, "=" and the rest of the word;
 *	the password in a URL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "redact.h"

#define STARS "***"

static bool
is_word_char(char c)
{
	return isalnum((unsigned char) c) || c == '_' || IS_HIGHBIT_SET(c);
}

static const char *
skip_space(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' || *p == '\f')
		p++;
	return p;
}

/*
 * Returns the end of the run of quotes that begins at "p".
 */
static const char *
skip_quotes(const char *p)
{
	return p + strspn(p, "'");
}

/*
 * "p" is at a literal's first quote, of which there are several if the literal
 * is in a literal.  Returns where what is in it ends, which can be the end of
 * the text, and sets "body" to where it begins.
 */
static const char *
literal_end(const char *p, bool escapes, const char **body)
{
	int			quotes = skip_quotes(p) - p;

	/* an empty literal, or one of quotes only */
	if (quotes % 2 == 0 && strchr(" \t\r\n,;)", p[quotes]))
	{
		*body = p + quotes;
		return *body;
	}
	*body = p + quotes;
	for (p = *body; *p; p++)
	{
		if (escapes && *p == '\\' && p[1])
			p++;
		else if (*p == '\'')
		{
			int			found = skip_quotes(p) - p;

			/* quotes inside are doubled once more */
			if (found < 2 * quotes || found % (2 * quotes) != 0)
				return p;
			p += found - 1;
		}
	}
	return p;
}

/*
 * If "p" is at a literal, appends stars in its place and returns its end, else
 * NULL.
 */
static const char *
redact_literal(StringInfo result, const char *p)
{
	const char *start = p;
	const char *body;
	const char *end;

	/* prefixes */
	if ((*p == 'u' || *p == 'U') && p[1] == '&')
		p += 2;
	else if (strchr("eEbBxXnN", *p) && *p && p[1] == '\'')
		p++;
	if (*p == '\'')
	{
		end = literal_end(p, pg_tolower((unsigned char) *start) == 'e', &body);
		appendBinaryStringInfo(result, start, body - start);
		if (end > body)
			appendStringInfoString(result, STARS);
		start = end;
		end += Min(strspn(end, "'"), (size_t) (body - p));
		appendBinaryStringInfo(result, start, end - start);
		return end;
	}
	if (*p == '$')
	{
		size_t		tag = 1;

		while (is_word_char(p[tag]))
			tag++;
		if (p[tag++] != '$')
			return NULL;
		end = strstr(p + tag, pnstrdup(p, tag));
		appendBinaryStringInfo(result, p, tag);
		appendStringInfoString(result, STARS);
		if (end == NULL)
			return p + strlen(p);
		appendBinaryStringInfo(result, p, tag);
		return end + tag;
	}
	return NULL;
}

/*
 * "p" is behind a word that a secret may follow.  If one does, appends what is
 * before it, and stars, and returns its end, else returns "p".
 */
static const char *
redact_value(StringInfo result, const char *p)
{
	const char *value = skip_space(p);
	const char *end;
	int			length = result->len;
	bool		assigned = false;

	if (*value == '"')
		value = skip_space(value + 1);
	if (*value == ':' && value[1] == '=')
		value++;
	if (*value == '=')
	{
		value = skip_space(value + 1);
		assigned = true;
	}
	appendBinaryStringInfo(result, p, value - p);
	end = redact_literal(result, value);
	if (end)
		return end;
	if (assigned)
	{
		end = value + strcspn(value, " \t\n\r'\",;)&");
		if (end > value)
		{
			appendStringInfoString(result, STARS);
			return end;
		}
	}
	result->data[length] = '\0';
	result->len = length;
	return p;
}

/*
 * "p" is behind "://".  Appends what follows up to the end of the user's
 * password, if there is one, with stars for it, and returns its end.
 */
static const char *
redact_url(StringInfo result, const char *p)
{
	const char *colon = p + strcspn(p, ":@/ \t\n\r'\"");
	const char *at;

	if (*colon != ':')
		return p;
	at = colon + 1 + strcspn(colon + 1, "@/ \t\n\r'\"");
	if (*at != '@' || at == colon + 1)
		return p;
	appendBinaryStringInfo(result, p, colon + 1 - p);
	appendStringInfoString(result, STARS);
	return at;
}

static bool
announces_secret(const char *word, size_t length)
{
	static const char password[] = "password";
	static const char connection[] = "connection";
	size_t		n = sizeof(password) - 1;

	return (length >= n && pg_strncasecmp(word + length - n, password, n) == 0) ||
		(length == sizeof(connection) - 1 && pg_strncasecmp(word, connection, length) == 0);
}

/*
 * Returns a copy of the text with stars in place of secrets.
 */
char *
redact_secrets(const char *text)
{
	StringInfoData result;
	const char *p = text;

	initStringInfo(&result);
	while (*p)
	{
		size_t		length = 0;

		while (is_word_char(p[length]))
			length++;
		if (length > 0)
		{
			appendBinaryStringInfo(&result, p, length);
			p += length;
			if (announces_secret(p - length, length))
				p = redact_value(&result, p);
		}
		else if (strncmp(p, "://", 3) == 0)
		{
			appendStringInfoString(&result, "://");
			p = redact_url(&result, p + 3);
		}
		else
			appendStringInfoChar(&result, *p++);
	}
	return result.data;
}

/*
 * Returns a copy of the text with stars in place of all literals.
 */
char *
redact_literals(const char *text)
{
	StringInfoData result;
	const char *p = text;

	initStringInfo(&result);
	while (*p)
	{
		bool		in_word = p > text && is_word_char(p[-1]);
		const char *end = in_word && *p != '\'' ? NULL : redact_literal(&result, p);

		if (end)
			p = end;
		else
			appendStringInfoChar(&result, *p++);
	}
	return result.data;
}
