/*-------------------------------------------------------------------------
 *
 * scan.c
 *	  Tells comments and quoted text in SQL from the rest of it.
 *
 * Tools write their directives as comments.  What looks like one inside of a
 * string, a dollar quote or another comment is not one, so the text is cut
 * into spans by the rules of PostgreSQL's scanner.  That scanner itself will
 * not do: it passes over comments in silence, and it would refuse a file for
 * an unfinished string before the file's parts are known.
 *
 * Whatever is taken out of a text leaves its line ends behind, so that lines
 * and columns stay those of the file.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "formats/scan.h"

static bool
is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || IS_HIGHBIT_SET(c);
}

static bool
is_name_part(char c)
{
	return is_name_start(c) || (c >= '0' && c <= '9');
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/*
 * Returns the byte after the quoted text that begins at byte "at".
 */
static int
skip_quoted(const char *text, int at, bool escapes)
{
	char		quote = text[at++];

	while (text[at])
	{
		if (escapes && text[at] == '\\' && text[at + 1])
			at++;
		else if (text[at] == quote)
		{
			if (text[at + 1] != quote)
				return at + 1;
			at++;
		}
		at++;
	}
	return at;
}

/*
 * Returns the byte after the dollar quote that begins at byte "at", or "at" if
 * none does.
 */
static int
skip_dollar_quoted(const char *text, int at)
{
	int			end = at + 1;
	char	   *tag;
	const char *close;

	if (is_name_start(text[end]))
		while (is_name_part(text[end]))
			end++;
	if (text[end] != '$')
		return at;
	tag = pnstrdup(text + at, end + 1 - at);
	close = strstr(text + end + 1, tag);
	end = close ? close - text + (int) strlen(tag) : end + 1 + (int) strlen(text + end + 1);
	pfree(tag);
	return end;
}

static int
skip_block_comment(const char *text, int at)
{
	int			depth = 0;

	do
	{
		if (text[at] == '/' && text[at + 1] == '*')
		{
			depth++;
			at += 2;
		}
		else if (text[at] == '*' && text[at + 1] == '/')
		{
			depth--;
			at += 2;
		}
		else
			at++;
	} while (depth > 0 && text[at]);
	return at;
}

/*
 * Returns the byte after the code at byte "at": where a comment or a quote
 * begins.
 */
static int
skip_code(SqlScan *scan, int at)
{
	const char *text = scan->text;

	while (text[at])
	{
		if (is_name_part(text[at]))
		{
			int			start = at;

			while (is_name_part(text[at]) || text[at] == '$')
				at++;
			scan->escapes = at - start == 1 && (text[start] == 'e' || text[start] == 'E') &&
				text[at] == '\'';
			continue;
		}
		if (text[at] == '\'' || text[at] == '"' ||
			(text[at] == '-' && text[at + 1] == '-') ||
			(text[at] == '/' && text[at + 1] == '*') ||
			(text[at] == '$' && skip_dollar_quoted(text, at) > at))
			break;
		at++;
	}
	return at;
}

/*
 * Begins to scan at byte "from", which must not be inside of a span.
 */
void
sql_scan_begin(SqlScan *scan, const char *text, int from)
{
	scan->text = text;
	scan->start = scan->end = from;
	scan->escapes = false;
}

/*
 * Goes on to the next span.
 */
SpanKind
sql_scan_next(SqlScan *scan)
{
	const char *text = scan->text;
	int			at = scan->start = scan->end;
	bool		escapes = scan->escapes;

	scan->escapes = false;
	if (text[at] == '\0')
		return SPAN_END;
	if (text[at] == '-' && text[at + 1] == '-')
	{
		scan->end = at + strcspn(text + at, "\r\n");
		return SPAN_LINE_COMMENT;
	}
	if (text[at] == '/' && text[at + 1] == '*')
	{
		scan->end = skip_block_comment(text, at);
		return SPAN_BLOCK_COMMENT;
	}
	if (text[at] == '\'' || text[at] == '"')
	{
		scan->end = skip_quoted(text, at, escapes);
		return SPAN_QUOTED;
	}
	if (text[at] == '$')
	{
		scan->end = skip_dollar_quoted(text, at);
		if (scan->end > at)
			return SPAN_QUOTED;
	}
	scan->end = skip_code(scan, at);
	return SPAN_CODE;
}

/*
 * Goes on to the next statement, from its first token to its semicolon or to
 * the end of the text; returns false if there is none.
 */
bool
sql_scan_statement(SqlScan *scan, Region *statement)
{
	SpanKind	kind;

	statement->start = -1;
	while ((kind = sql_scan_next(scan)) != SPAN_END)
	{
		if (kind == SPAN_QUOTED && statement->start < 0)
			statement->start = scan->start;
		if (kind != SPAN_CODE)
			continue;
		for (int i = scan->start; i < scan->end; i++)
		{
			if (scan->text[i] == ';' && statement->start >= 0)
			{
				statement->end = scan->end = i + 1;
				scan->escapes = false;
				return true;
			}
			if (statement->start < 0 && !is_blank(scan->text[i]) && scan->text[i] != ';')
				statement->start = i;
		}
	}
	statement->end = scan->end;
	return statement->start >= 0;
}

/*
 * Returns the first byte from "from" up to "to" that is neither blank nor part
 * of a comment, or -1.
 */
int
sql_first_code(const char *text, int from, int to)
{
	SqlScan		scan;
	SpanKind	kind;

	sql_scan_begin(&scan, text, from);
	while ((kind = sql_scan_next(&scan)) != SPAN_END && scan.start < to)
	{
		if (kind == SPAN_QUOTED)
			return scan.start;
		if (kind == SPAN_CODE)
			for (int i = scan.start; i < Min(scan.end, to); i++)
				if (!is_blank(text[i]))
					return i;
	}
	return -1;
}

/*
 * Returns the line comments that are directives, as Region *.
 */
List *
sql_directives(const char *text, DirectiveTest test)
{
	List	   *directives = NIL;
	SqlScan		scan;
	SpanKind	kind;

	sql_scan_begin(&scan, text, 0);
	while ((kind = sql_scan_next(&scan)) != SPAN_END)
		if (kind == SPAN_LINE_COMMENT && test(text + scan.start))
		{
			Region	   *region = palloc(sizeof(Region));

			region->start = scan.start;
			region->end = scan.end;
			directives = lappend(directives, region);
		}
	return directives;
}

/*
 * Is there a directive in the text?  "word" is part of each one that there may
 * be: most texts do not need to be scanned.
 */
bool
sql_has_directive(const char *text, const char *word, DirectiveTest test)
{
	SqlScan		scan;
	SpanKind	kind;

	if (word && strstr(text, word) == NULL)
		return false;
	sql_scan_begin(&scan, text, 0);
	while ((kind = sql_scan_next(&scan)) != SPAN_END)
		if (kind == SPAN_LINE_COMMENT && test(text + scan.start))
			return true;
	return false;
}

/*
 * Is byte "offset" the first of its line, or the first after blanks?
 */
bool
sql_at_line_start(const char *text, int offset, bool after_blanks)
{
	while (after_blanks && offset > 0 && (text[offset - 1] == ' ' || text[offset - 1] == '\t'))
		offset--;
	return offset == 0 || text[offset - 1] == '\n';
}

/*
 * Returns a copy of the text with nothing but line ends left outside of the
 * regions, which are in order; what follows the last one is cut off.
 */
char *
sql_keep_regions(const char *text, const List *regions)
{
	StringInfoData result;
	int			at = 0;
	ListCell   *cell;

	initStringInfo(&result);
	foreach(cell, regions)
	{
		Region	   *region = lfirst(cell);

		for (; at < region->start; at++)
			if (text[at] == '\n')
				appendStringInfoChar(&result, '\n');
		appendBinaryStringInfo(&result, text + at, region->end - at);
		at = region->end;
	}
	return result.data;
}

/*
 * Blanks out bytes of a text, in place.  Line ends stay; so does the number of
 * characters where it is ASCII.
 */
void
sql_blank(char *text, int start, int end)
{
	for (int i = start; i < end; i++)
		if (text[i] != '\n' && text[i] != '\r')
			text[i] = ' ';
}
