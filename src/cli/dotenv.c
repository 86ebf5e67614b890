/*-------------------------------------------------------------------------
 *
 * dotenv.c
 *	  Reads environment variables from a file.
 *
 * Lines are NAME=value, with or without "export" before.  A value may be in
 * single quotes, where everything is literal, or in double ones, where \n, \t,
 * \", \\ and \$ are replaced; in both it may run over several lines.  Without
 * quotes it ends at the end of the line or before " #".  Nothing is expanded
 * or run.
 *
 * Only what concerns a connection is taken over: DATABASE_URL,
 * MIGRATION_DATABASE_URL and libpq's own variables.  What is set in the
 * environment stays, unless the file was asked for: then its variables count,
 * and of the two URLs only those that it has.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <sys/stat.h>

#include "fe_utils/simple_list.h"
#include "pqexpbuffer.h"

#include "dotenv.h"
#include "message.h"

typedef struct Reader
{
	const char *path;
	const char *rest;
	int			line;
	bool		asked_for;		/* the file was named on the command line */
	SimpleStringList taken;		/* names that were taken over */
} Reader;

static void
fail_at(const Reader *reader, int line, const char *what)
{
	Problem		problem = {
		.exit_code = EXIT_ERROR,
		.message = psprintf("line %d of the file is %s", line, what),
		.hint = "Lines are NAME=value; a value with blanks or \"#\" goes in quotes.",
		.file = reader->path,
	};

	message_fail_problem(&problem);
}

static bool
is_name_character(char c)
{
	return isalnum((unsigned char) c) || c == '_' || c == '.' || c == '-';
}

static void
skip_blanks(Reader *reader)
{
	while (*reader->rest == ' ' || *reader->rest == '\t' || *reader->rest == '\r')
		reader->rest++;
}

static void
read_quoted(Reader *reader, PQExpBuffer value)
{
	int			line = reader->line;
	char		quote = *reader->rest++;

	while (*reader->rest != quote)
	{
		char		c = *reader->rest;

		if (c == '\0')
			fail_at(reader, line, "half of a value: its quotes are not closed");
		if (c == '\n')
			reader->line++;
		if (c == '\\' && quote == '"' && reader->rest[1] && strchr("nt\"\\$", reader->rest[1]))
		{
			c = *++reader->rest;
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		appendPQExpBufferChar(value, c);
		reader->rest++;
	}
	reader->rest++;
	skip_blanks(reader);
	if (*reader->rest != '\0' && *reader->rest != '\n' && *reader->rest != '#')
		fail_at(reader, reader->line, "no NAME=value: something follows the quotes");
}

static void
read_plain(Reader *reader, PQExpBuffer value)
{
	while (*reader->rest != '\0' && *reader->rest != '\n' &&
		   !(*reader->rest == '#' && (value->len == 0 || isspace((unsigned char) reader->rest[-1]))))
		appendPQExpBufferChar(value, *reader->rest++);
	while (value->len > 0 && isspace((unsigned char) value->data[value->len - 1]))
		value->data[--value->len] = '\0';
}

/*
 * Is the variable about a connection?
 */
static bool
is_wanted(const char *name)
{
	return strcmp(name, "DATABASE_URL") == 0 || strcmp(name, "MIGRATION_DATABASE_URL") == 0 ||
		(strncmp(name, "PG", 2) == 0 && isupper((unsigned char) name[2]));
}

/*
 * Reads one line, which is not empty.
 */
static void
read_assignment(Reader *reader)
{
	PQExpBufferData name,
				value;

	initPQExpBuffer(&name);
	initPQExpBuffer(&value);
	if (strncmp(reader->rest, "export", 6) == 0 && isblank((unsigned char) reader->rest[6]))
		reader->rest += 6;
	skip_blanks(reader);
	while (is_name_character(*reader->rest))
		appendPQExpBufferChar(&name, *reader->rest++);
	skip_blanks(reader);
	if (name.len == 0 || *reader->rest != '=')
		fail_at(reader, reader->line, "no NAME=value");
	reader->rest++;
	skip_blanks(reader);
	if (*reader->rest == '\'' || *reader->rest == '"')
		read_quoted(reader, &value);
	else
		read_plain(reader, &value);
	if (is_wanted(name.data) &&
		(reader->asked_for || getenv(name.data) == NULL ||
		 simple_string_list_member(&reader->taken, name.data)))
	{
		setenv(name.data, value.data, 1);
		simple_string_list_append(&reader->taken, name.data);
	}
	termPQExpBuffer(&name);
	termPQExpBuffer(&value);
}

/*
 * Returns the content of the file, or NULL if there is none and it was not
 * asked for.
 */
static char *
read_file(const char *path, bool needed)
{
	PQExpBufferData content;
	FILE	   *file = fopen(path, "r");
	struct stat status;
	int			c;

	if (file == NULL && errno == ENOENT && !needed)
		return NULL;
	if (file && fstat(fileno(file), &status) == 0 && !S_ISREG(status.st_mode) && !needed)
	{
		fclose(file);
		return NULL;
	}
	initPQExpBuffer(&content);
	if (file == NULL)
		message_fail(EXIT_ERROR, psprintf("could not open file \"%s\": %s", path, strerror(errno)), NULL);
	while ((c = getc(file)) != EOF)
	{
		if (c == '\0')
			message_fail(EXIT_ERROR, psprintf("file \"%s\" contains a NUL byte", path),
						 "It should be text, in UTF-8.");
		appendPQExpBufferChar(&content, c);
	}
	if (ferror(file))
		message_fail(EXIT_ERROR, psprintf("could not read file \"%s\": %s", path, strerror(errno)), NULL);
	fclose(file);
	return content.data;
}

/*
 * Takes over the variables in the file; without a path in ".env", if it is
 * there.
 */
void
dotenv_load(const char *path)
{
	Reader		reader = {.path = path ? path : ".env", .line = 1, .asked_for = path != NULL};
	char	   *content = read_file(reader.path, path != NULL);

	if (content == NULL)
		return;
	reader.rest = content;
	if (strncmp(reader.rest, "\xEF\xBB\xBF", 3) == 0)
		reader.rest += 3;
	while (*reader.rest)
	{
		skip_blanks(&reader);
		if (*reader.rest != '\n' && *reader.rest != '#' && *reader.rest != '\0')
			read_assignment(&reader);
		while (*reader.rest != '\0' && *reader.rest != '\n')
			reader.rest++;
		if (*reader.rest == '\n')
		{
			reader.rest++;
			reader.line++;
		}
	}
	free(content);
	if (path && reader.taken.head)
	{
		if (!simple_string_list_member(&reader.taken, "MIGRATION_DATABASE_URL"))
			unsetenv("MIGRATION_DATABASE_URL");
		if (!simple_string_list_member(&reader.taken, "DATABASE_URL"))
			unsetenv("DATABASE_URL");
	}
}
