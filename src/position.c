/*-------------------------------------------------------------------------
 *
 * position.c
 *	  Says of an error where in a migration's own text it happened.
 *
 * The parser and the executor report a position in the text they were given.
 * They are always given the migration's whole text, so a position that is
 * still set when an error reaches this callback is one in that text, while
 * the client knows only the text of its own SELECT.  So the position is moved
 * to the internal query, which is the failing statement alone, and CONTEXT
 * names the migration, the statement, and line and column in the migration.
 * Lines and columns count from 1; columns count characters, not bytes.
 *
 * An error without such a position (a run-time error, or one inside a
 * function body, which brings its own internal query) is left as it is and
 * gets the place where its statement starts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "position.h"

/* A longer statement is not repeated in the error; CONTEXT still has its place. */
#define MAX_QUOTED_STATEMENT 8192

/*
 * Returns the number (from 1) of the statement that byte "offset" is in.
 */
int
position_statement_number(const Script *script, int offset)
{
	int			low = 0,
				high = script->nstarts;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (script->starts[middle] <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return Max(low, 1);
}

/*
 * Takes the blank space and semicolons off the end of a span.
 */
static int
trimmed_length(const Script *script, int start, int end)
{
	while (end > start && strchr(" \t\r\n\f;", script->text[end - 1]))
		end--;
	return end - start;
}

/*
 * Gives the bytes from the start of statement "number" to that of the next.
 */
void
position_numbered_span(const Script *script, int number, int *start, int *length)
{
	int			end = number < script->nstarts ? script->starts[number] : (int) strlen(script->text);

	*start = number <= script->nstarts ? script->starts[number - 1] : 0;
	*length = trimmed_length(script, *start, end);
}

/*
 * Gives the bytes of a statement, without the comments and the blank space
 * before it and the blank space after it.
 */
void
position_statement_span(const Script *script, const RawStmt *raw, int *start, int *length)
{
	int			location = Max(raw->stmt_location, 0);
	int			end;
	int			number = position_statement_number(script, location);

	/* the statement's first token is the first start at or after its location */
	*start = location;
	if (number <= script->nstarts && script->starts[number - 1] >= location)
		*start = script->starts[number - 1];
	else if (number < script->nstarts)
		*start = script->starts[number];

	end = raw->stmt_len > 0 ? location + raw->stmt_len : (int) strlen(script->text);
	*length = trimmed_length(script, *start, end);
}

/*
 * Returns the byte offset of the "position"th character of "text".
 */
static int
offset_of_position(const char *text, int position)
{
	const char *p = text;

	while (--position > 0 && *p)
		p += pg_mblen(p);
	return p - text;
}

/*
 * Gives line and column of a byte offset.  Goes on from the place asked for
 * last, so that the notices of a long script do not each count all its lines.
 */
void
position_line_and_column(Position *position, int offset, int *line, int *column)
{
	const char *text = position->script->text;

	if (offset < position->counted)
		position->counted = position->newlines = position->line_start = 0;
	for (; position->counted < offset; position->counted++)
		if (text[position->counted] == '\n')
		{
			position->newlines++;
			position->line_start = position->counted + 1;
		}
	*line = position->newlines + 1;
	*column = pg_mbstrlen_with_len(text + position->line_start,
								   offset - position->line_start) + 1;
}

/*
 * Returns 'migration "v"' or its like, for a message.
 */
static const char *
script_name(const Script *script)
{
	const char *part = script->down ? "down SQL of " : "";

	if (script->title)
		return script->title;
	if (script->version == NULL)
		return script->down ? "down SQL" : "up SQL";
	return psprintf("%smigration \"%s\"", part, script->version);
}

/*
 * Makes the statement from byte "start" on the internal query, with the error
 * at byte "offset" of the script.
 */
static void
quote_statement(const Script *script, int start, int length, int offset)
{
	const char *text = script->text + start;

	if (length <= 0 || length > MAX_QUOTED_STATEMENT || offset < start || offset > start + length)
		return;
	internalerrposition(pg_mbstrlen_with_len(text, offset - start) + 1);
	internalerrquery(pnstrdup(text, length));
}

/*
 * Adds what can be done about errors that migrations run into and that the
 * server has no hint, or no good one, for.  "at" is where in the script the
 * error is, or NULL; "running" says that a statement of it was being run.
 */
static void
add_hint(const char *at, bool running)
{
	int			code = geterrcode();

	if (code == ERRCODE_UNSAFE_NEW_ENUM_VALUE_USAGE)
		errhint("A new enum value must be committed before it is used: use it in a later migration, or run this one with CALL migrate_run().");
	else if (code == ERRCODE_ACTIVE_SQL_TRANSACTION && running)
		errhint("If the statement refuses a transaction block, run the migration with CALL migrate_run().");
	else if (code == ERRCODE_SYNTAX_ERROR && at && *at == ':')
		errhint("Variables such as :name are known to psql only; write the value itself.");
}

static void
position_callback(void *arg)
{
	Position   *position = (Position *) arg;
	const Script *script = position->script;
	int			cursor = geterrposition();
	int			offset = position->start;
	int			number = position->statement;
	int			line,
				column;

	if (cursor > 0)
	{
		offset = offset_of_position(script->text, cursor);
		errposition(0);
		add_hint(script->text + offset, number > 0);
		if (number > 0)
			quote_statement(script, position->start, position->length, offset);
		else
		{
			/* while reading: the text up to where the next statement starts */
			int			start,
						length;

			number = position_statement_number(script, offset);
			position_numbered_span(script, number, &start, &length);
			if (script->between)
			{
				/* a token that cannot be read, the first of its statement */
				number = script->nstarts + 1;
				start = offset;
				length = trimmed_length(script, start, strlen(script->text));
			}
			quote_statement(script, start, length, offset);
		}
	}
	else if (number == 0)
	{
		errcontext("%s", script_name(script));
		return;
	}
	else
		add_hint(NULL, true);

	position_line_and_column(position, offset, &line, &column);
	if (position->at_end)
		errcontext("%s, deferred constraints after statement %d, line %d, column %d",
				   script_name(script), number, line, column);
	else
		errcontext("%s, statement %d, line %d, column %d",
				   script_name(script), number, line, column);
}

/*
 * Makes errors from here on name "script", until position_pop().  An error
 * that leaves the caller's frame needs no pop: PG_TRY restores the stack.
 */
void
position_push(Position *position, const Script *script)
{
	memset(position, 0, sizeof(Position));
	position->script = script;
	position->callback.callback = position_callback;
	position->callback.arg = position;
	position->callback.previous = error_context_stack;
	error_context_stack = &position->callback;
}

/*
 * Makes "raw" the running statement.
 */
void
position_set(Position *position, const RawStmt *raw)
{
	position_statement_span(position->script, raw, &position->start, &position->length);
	position->statement = position_statement_number(position->script, position->start);
}

/*
 * Returns the line that the running statement starts on.
 */
int
position_line(Position *position)
{
	int			line,
				column;

	position_line_and_column(position, position->start, &line, &column);
	return line;
}

void
position_pop(Position *position)
{
	Assert(error_context_stack == &position->callback);
	error_context_stack = position->callback.previous;
}

/*
 * For use in ereport(), under a position_push(): the error is at byte
 * "offset" of the script.
 */
int
position_errposition(const Script *script, int offset)
{
	return errposition(pg_mbstrlen_with_len(script->text, offset) + 1);
}
