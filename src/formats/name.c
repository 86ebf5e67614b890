/*-------------------------------------------------------------------------
 *
 * name.c
 *	  What the readers of the formats have in common: the parts of a file's
 *	  name, and files of keys and values.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "formats/format.h"

bool
format_has_suffix(const char *name, const char *suffix)
{
	size_t		length = strlen(name),
				suffix_length = strlen(suffix);

	return length > suffix_length && strcmp(name + length - suffix_length, suffix) == 0;
}

/*
 * Returns the number of digits that the name begins with.
 */
int
format_digits(const char *name)
{
	return strspn(name, "0123456789");
}

/*
 * Returns digits without the zeros before them, as a tool shows a version that
 * it keeps as an integer.
 */
char *
format_number(const char *digits, int length)
{
	while (length > 1 && *digits == '0')
	{
		digits++;
		length--;
	}
	return pnstrdup(digits, length);
}

/*
 * Returns the words of a name, or NULL if there are none.
 */
char *
format_description(const char *words, int length)
{
	char	   *description;

	while (length > 0 && (*words == '_' || *words == '-'))
	{
		words++;
		length--;
	}
	if (length <= 0)
		return NULL;
	description = pnstrdup(words, length);
	for (char *p = description; *p; p++)
		if (*p == '_')
			*p = ' ';
	return description;
}

/*
 * Compares the digits that two names begin with, as numbers.
 */
int
format_compare_numbers(const char *a, const char *b)
{
	int			la = format_digits(a),
				lb = format_digits(b);

	for (; la > 0 && *a == '0'; la--)
		a++;
	for (; lb > 0 && *b == '0'; lb--)
		b++;
	return la != lb ? la - lb : strncmp(a, b, la);
}

/*
 * Returns the path of "name" in the file's folder.
 */
char *
format_beside(const FormatFile *file, const char *name)
{
	return psprintf("%.*s%s", (int) (file->base - file->path), file->path, name);
}

/*
 * Returns a copy of the text without the blanks around it.
 */
char *
format_trimmed(const char *text, int length)
{
	while (length > 0 && strchr(" \t\r\n\f\v", *text))
	{
		text++;
		length--;
	}
	while (length > 0 && strchr(" \t\r\n\f\v", text[length - 1]))
		length--;
	return pnstrdup(text, length);
}

/*
 * Returns a new migration whose up SQL is the whole file.
 */
FormatMigration *
format_migration(const FormatFile *file, char *version, char *description)
{
	FormatMigration *migration = palloc0(sizeof(FormatMigration));

	migration->version = version;
	migration->description = description;
	migration->up_file = file;
	migration->up_sql = unconstify(char *, file->text);
	return migration;
}

/*
 * Finds "key = value" in a file of such lines, with # for comments.  Gives the
 * value, without quotes around it, and where it is; returns whether it is
 * there.
 */
bool
format_ini_value(const FormatFile *file, const char *key, char **value, int *offset)
{
	const char *line = file->text;

	while (*line)
	{
		int			length = strcspn(line, "\n");
		const char *equals = memchr(line, '=', length);

		if (equals && strcmp(format_trimmed(line, equals - line), key) == 0)
		{
			int			rest = line + length - equals - 1;
			char	   *found;

			found = format_trimmed(equals + 1, Min((int) strcspn(equals + 1, "#"), rest));
			if (found[0] == '"' && strlen(found) >= 2)
				found = pnstrdup(found + 1, strlen(found) - 2);
			*value = found;
			*offset = line - file->text;
			return true;
		}
		line += length;
		line += *line == '\n';
	}
	return false;
}
