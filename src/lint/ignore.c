/*-------------------------------------------------------------------------
 *
 * ignore.c
 *	  Which findings are not to be reported.
 *
 * A comment does it for a statement, a comment for a whole script, or the
 * setting neon_migrate.lint_ignore:
 *
 *	-- neon_migrate: ignore drop-table, drop-column because they are unused
 *	-- neon_migrate: ignore-file foreign-key-index
 *
 * A comment counts for the statement that it is in; one between statements for
 * the one that it ends the last line of, or else for the next.  Comments are
 * what the scanner finds to be none of the tokens, so that text in literals is
 * none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/varlena.h"

#include "lexer.h"
#include "lint/ignore.h"
#include "settings.h"

#define MARK "neon_migrate:"
#define BLANKS " \t\r\n\f\v"

typedef struct Ignored
{
	LintRule	rule;
	int			statement;		/* 0 is all */
} Ignored;

struct LintIgnore
{
	List	   *ignored;		/* of Ignored */
};

/*
 * The walk over the tokens of a script.
 */
typedef struct Comments
{
	Lint	   *lint;
	int			gap;			/* where the last token ended */
	int			statement;		/* number of statements begun */
} Comments;

static void
add(LintIgnore *ignore, LintRule rule, int statement)
{
	Ignored    *ignored = palloc(sizeof(Ignored));

	ignored->rule = rule;
	ignored->statement = statement;
	ignore->ignored = lappend(ignore->ignored, ignored);
}

/*
 * Is the rule to be ignored for that statement?
 */
bool
ignore_has(const LintIgnore *ignore, LintRule rule, int statement)
{
	ListCell   *cell;

	if (ignore == NULL)
		return false;
	foreach(cell, ignore->ignored)
	{
		Ignored    *ignored = lfirst(cell);

		if (ignored->rule == rule && (ignored->statement == 0 || ignored->statement == statement))
			return true;
	}
	return false;
}

/*
 * Adds the rule of that name.  "offset" is where it is in the script, or -1 if
 * it is in the setting.
 */
static void
add_name(Lint *lint, const char *name, int statement, int offset)
{
	LintRule	rule;

	if (rule_find(name, &rule))
	{
		add(lint->ignore, rule, statement);
		return;
	}
	lint->statement = offset < 0 ? 0 : Max(statement, 1);
	lint->start = Max(offset, 0);
	lint_report(lint, RULE_UNKNOWN_RULE, LINT_WARNING, offset,
				offset < 0 ?
				psprintf("there is no rule \"%s\", which neon_migrate.lint_ignore names", name) :
				psprintf("there is no rule \"%s\" to be ignored", name),
				pstrdup("SELECT rule FROM migrate_lint_rules() lists those there are."));
}

/*
 * Begins with what neon_migrate.lint_ignore lists.
 */
void
ignore_read_setting(Lint *lint)
{
	List	   *names;
	ListCell   *cell;

	lint->ignore = lint->always_ignore = NULL;
	if (settings_lint_ignore == NULL || settings_lint_ignore[0] == '\0')
		return;
	lint->ignore = palloc0(sizeof(LintIgnore));
	if (SplitIdentifierString(pstrdup(settings_lint_ignore), ',', &names))
		foreach(cell, names)
			add_name(lint, lfirst(cell), 0, -1);
	lint->always_ignore = lint->ignore;
}

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '_';
}

/*
 * Reads the names, separated by commas, from byte "from" to "to".  What comes
 * after the last is for people.
 */
static void
read_names(Comments *comments, int from, int to, int statement)
{
	const char *text = comments->lint->script->text;

	for (;;)
	{
		int			start;

		while (from < to && strchr(BLANKS, text[from]))
			from++;
		start = from;
		while (from < to && is_name_char(text[from]))
			from++;
		if (from == start)
			return;
		add_name(comments->lint, pnstrdup(text + start, from - start), statement, start);
		while (from < to && strchr(" \t", text[from]))
			from++;
		if (from == to || text[from] != ',')
			return;
		from++;
	}
}

/*
 * Reads the inside of a comment.
 */
static void
read_comment(Comments *comments, int from, int to, int statement)
{
	const char *text = comments->lint->script->text;
	bool		whole;

	while (from < to && strchr(BLANKS, text[from]))
		from++;
	if (to - from < (int) strlen(MARK) || strncmp(text + from, MARK, strlen(MARK)) != 0)
		return;
	from += strlen(MARK);
	while (from < to && strchr(" \t", text[from]))
		from++;
	if (to - from < 6 || strncmp(text + from, "ignore", 6) != 0)
		return;
	from += 6;
	whole = to - from >= 5 && strncmp(text + from, "-file", 5) == 0;
	if (whole)
		from += 5;
	if (from < to && strchr(BLANKS, text[from]))
		read_names(comments, from, to, whole ? 0 : statement);
}

/*
 * Returns the end of a comment, in which others may be, whose inside begins at
 * byte "from".
 */
static int
skip_block(const char *text, int from, int to)
{
	int			depth = 1;

	while (from < to && depth > 0)
	{
		if (text[from] == '*' && text[from + 1] == '/')
		{
			depth--;
			from++;
		}
		else if (text[from] == '/' && text[from + 1] == '*')
		{
			depth++;
			from++;
		}
		from++;
	}
	return from;
}

/*
 * Reads the comments between two tokens.  "inside" says that both are of the
 * same statement.
 */
static void
read_gap(Comments *comments, int from, int to, bool inside)
{
	const char *text = comments->lint->script->text;
	int			last = comments->lint->script->nstarts;
	bool		first_line = true;

	while (from < to)
	{
		int			start = from + 2;
		int			end;

		first_line = first_line && text[from] != '\n';
		if (text[from] == '-')
			from = end = Min(from + (int) strcspn(text + from, "\n"), to);
		else if (text[from] == '/')
		{
			from = skip_block(text, start, to);
			end = from - 2;
		}
		else
		{
			from++;
			continue;
		}
		read_comment(comments, start, end,
					 inside || (first_line && comments->statement > 0) ? comments->statement :
					 Min(comments->statement + 1, last));
		first_line = first_line && memchr(text + start, '\n', end - start) == NULL;
	}
}

static void
visit(int start, int length, bool is_name, void *arg)
{
	Comments   *comments = arg;
	const Script *script = comments->lint->script;
	bool		begins = comments->statement < script->nstarts &&
		script->starts[comments->statement] == start;

	(void) is_name;
	read_gap(comments, comments->gap, start, !begins && comments->statement > 0);
	if (begins)
		comments->statement++;
	comments->gap = start + length;
}

/*
 * Reads the comments of lint->script.
 */
void
ignore_read_script(Lint *lint)
{
	Comments	comments = {.lint = lint};
	LintIgnore *ignore;

	lint->ignore = lint->always_ignore;
	if (strstr(lint->script->text, MARK) == NULL)
		return;
	ignore = palloc0(sizeof(LintIgnore));
	if (lint->always_ignore)
		ignore->ignored = list_copy(lint->always_ignore->ignored);
	lint->ignore = ignore;
	lexer_visit(lint->script->text, visit, &comments);
	read_gap(&comments, comments.gap, strlen(lint->script->text), false);
}
