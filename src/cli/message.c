/*-------------------------------------------------------------------------
 *
 * message.c
 *	  What the client tells a person, and how it ends.
 *
 * Results go to the standard output, everything else to standard error.  With
 * --json the standard output holds exactly one JSON object, also for an error.
 *
 * Nothing is written that contains the password of the connection: every text
 * goes through conceal().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <unistd.h>

#include "mb/pg_wchar.h"

#include "json.h"
#include "message.h"
#include "progress.h"

static bool json_wanted = false;
static const char *json_command = NULL;
static char *secret = NULL;
static bool colour = false;
static bool verbose = false;

/*
 * A password that is part of ordinary words is not looked for; libpq never
 * puts it into a message in the first place.
 */
#define SHORTEST_SECRET 4

void
message_init(void)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	colour = (no_colour == NULL || no_colour[0] == '\0') &&
		!(terminal && strcmp(terminal, "dumb") == 0);
}

/*
 * From here on the result is one JSON object, of this command; NULL if it is
 * not known.
 */
void
message_set_json(const char *command)
{
	json_wanted = true;
	json_command = command;
}

bool
message_json(void)
{
	return json_wanted;
}

/*
 * From here on message_verbose() says something.
 */
void
message_set_verbose(void)
{
	verbose = true;
}

/*
 * From here on "text" is never written.
 */
void
message_set_secret(const char *text)
{
	secret = text && strlen(text) >= SHORTEST_SECRET ? pg_strdup(text) : NULL;
}

static bool
in_colour(FILE *stream)
{
	return colour && isatty(fileno(stream));
}

const char *
message_bold(FILE *stream)
{
	return in_colour(stream) ? "\033[1m" : "";
}

const char *
message_plain(FILE *stream)
{
	return in_colour(stream) ? "\033[0m" : "";
}

/*
 * Returns the text without the secret.
 */
static char *
conceal(const char *text)
{
	PQExpBufferData buffer;
	const char *found;

	initPQExpBuffer(&buffer);
	while (secret && (found = strstr(text, secret)) != NULL)
	{
		appendBinaryPQExpBuffer(&buffer, text, found - text);
		appendPQExpBufferStr(&buffer, "********");
		text = found + strlen(secret);
	}
	appendPQExpBufferStr(&buffer, text);
	return buffer.data;
}

/*
 * Writes "label: text" to standard error; further lines are indented.
 */
static void
write_labelled(const char *label, const char *start, const char *text)
{
	char	   *concealed = conceal(text);
	size_t		length = strlen(concealed);

	progress_clear();
	while (length > 0 && concealed[length - 1] == '\n')
		concealed[--length] = '\0';
	fprintf(stderr, "%s%s%s ", in_colour(stderr) ? start : "", label,
			in_colour(stderr) ? "\033[0m" : "");
	for (const char *c = concealed; *c; c++)
	{
		fputc(*c, stderr);
		if (*c == '\n')
			fputs("  ", stderr);
	}
	fputc('\n', stderr);
	free(concealed);
}

__attribute__((format(printf, 1, 0)))
static char *
format_arguments(const char *format, va_list arguments)
{
	PQExpBufferData buffer;
	va_list		copy;
	int			length;

	va_copy(copy, arguments);
	length = vsnprintf(NULL, 0, format, copy);
	va_end(copy);
	initPQExpBuffer(&buffer);
	if (length < 0 || !enlargePQExpBuffer(&buffer, length + 1))
		exit(EXIT_ERROR);
	vsnprintf(buffer.data, length + 1, format, arguments);
	return buffer.data;
}

/*
 * Tells something that is worth knowing and no error.
 */
void
message_note(const char *format,...)
{
	va_list		arguments;
	char	   *text;

	va_start(arguments, format);
	text = format_arguments(format, arguments);
	va_end(arguments);
	write_labelled("note:", "\033[2m", text);
	free(text);
}

/*
 * Tells something that was asked for with --verbose.
 */
void
message_verbose(const char *format,...)
{
	va_list		arguments;
	char	   *text;

	if (!verbose)
		return;
	va_start(arguments, format);
	text = format_arguments(format, arguments);
	va_end(arguments);
	write_labelled("--", "\033[2m", text);
	free(text);
}

void
message_warning(const char *format,...)
{
	va_list		arguments;
	char	   *text;

	va_start(arguments, format);
	text = format_arguments(format, arguments);
	va_end(arguments);
	write_labelled("warning:", "\033[33m", text);
	free(text);
}

/*
 * Writes a line of the result, unless the result is JSON.
 */
void
message_out(const char *format,...)
{
	va_list		arguments;
	char	   *text;

	if (message_json())
		return;
	va_start(arguments, format);
	text = format_arguments(format, arguments);
	va_end(arguments);
	progress_clear();
	puts(text);
	/* whoever reads a log sees it at once, and in order with standard error */
	fflush(stdout);
	free(text);
}

/*
 * Blanks out the secret in a line of SQL, of which every column keeps its place.
 */
static char *
conceal_source(const char *source)
{
	char	   *copy = pg_strdup(source);

	for (char *found = copy; secret && (found = strstr(found, secret)) != NULL;)
		memset(found, '*', strlen(secret));
	return copy;
}

/*
 * Writes the line of SQL that an error is at, with a caret below.  "column"
 * counts characters.
 */
static void
write_source(const Problem *problem)
{
	const char *c = conceal_source(problem->source);
	int			margin = fprintf(stderr, "%6d | ", problem->line);

	fprintf(stderr, "%s\n%*s", c, margin, "| ");
	for (int i = 1; i < problem->column && *c; i++)
	{
		fputc(*c == '\t' ? '\t' : ' ', stderr);
		/* over all bytes of the character, which may be two columns wide */
		if ((unsigned char) *c >= 0xE1 && PQdsplen(c, PG_UTF8) == 2)
			fputc(' ', stderr);
		c += Min(PQmblen(c, PG_UTF8), (int) strlen(c));
	}
	fprintf(stderr, "%s^%s\n", message_bold(stderr), message_plain(stderr));
}

static void
write_json_problem(const Problem *problem)
{
	Json		json;

	json_begin(&json);
	json_bool(&json, "ok", false);
	json_text(&json, "command", json_command);
	json_open(&json, "error", '{');
	json_text(&json, "message", conceal(problem->message));
	if (problem->detail)
		json_text(&json, "detail", conceal(problem->detail));
	if (problem->hint)
		json_text(&json, "hint", conceal(problem->hint));
	if (problem->sqlstate)
		json_text(&json, "sqlstate", problem->sqlstate);
	if (problem->version)
		json_text(&json, "version", problem->version);
	if (problem->file)
		json_text(&json, "file", problem->file);
	if (problem->line)
	{
		json_int(&json, "statement", problem->statement);
		json_int(&json, "line", problem->line);
		json_int(&json, "column", problem->column);
	}
	json_close(&json, '}');
	json_end(&json);
}

/*
 * Reports the problem and ends the program.
 */
void
message_fail_problem(const Problem *problem)
{
	PQExpBufferData place;

	progress_end();
	fflush(stdout);
	initPQExpBuffer(&place);
	if (problem->file)
		appendPQExpBuffer(&place, "%s:", problem->file);
	if (problem->file && problem->line)
		appendPQExpBuffer(&place, "%d:%d:", problem->line, problem->column);
	if (place.len > 0)
		appendPQExpBufferChar(&place, ' ');
	appendPQExpBufferStr(&place, problem->message);
	write_labelled("error:", "\033[1;31m", place.data);
	if (problem->source)
		write_source(problem);
	if (problem->detail)
		write_labelled("detail:", "\033[1m", problem->detail);
	if (problem->hint)
		write_labelled("hint:", "\033[1m", problem->hint);
	if (problem->context)
		write_labelled("where:", "\033[1m", problem->context);
	if (message_json())
		write_json_problem(problem);
	exit(problem->exit_code);
}

/*
 * Reports an error and ends the program.
 */
void
message_fail(ExitCode code, const char *message, const char *hint)
{
	Problem		problem = {.exit_code = code, .message = message, .hint = hint};

	message_fail_problem(&problem);
}
