/*-------------------------------------------------------------------------
 *
 * command_new.c
 *	  new: makes the file, or the files, of a new migration.
 *
 * They are written as the others in the folder are: by the same tool's rules,
 * numbered on where the others are numbered, else by the time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <sys/stat.h>
#include <time.h>

#include "pqexpbuffer.h"

#include "commands.h"
#include "generated.h"
#include "local_folder.h"
#include "json.h"
#include "message.h"

#define LONGEST_SEQUENCE 9		/* digits; longer numbers are times */

/*
 * How a format's files are called and what is in them.  In the names, %v is
 * the version and %n the name.  In "sign", the end of a path ("*.up.sql"), or
 * a directive.
 */
typedef struct Template
{
	const char *format;
	const char *path_sign;		/* end of the path of such files, or NULL */
	const char *text_sign;		/* something in them, or NULL */
	const char *time_format;	/* of strftime(); NULL: ms since 1970 */
	const char *up_name;
	const char *up_text;
	const char *down_name;		/* NULL if there is no such file */
} Template;

static const Template templates[] = {
	{"dbmate", NULL, "-- migrate:up", "%Y%m%d%H%M%S", "%v_%n.sql", "-- migrate:up\n\n\n-- migrate:down\n\n", NULL},
	{"goose", NULL, "-- +goose ", "%Y%m%d%H%M%S", "%v_%n.sql", "-- +goose Up\n\n\n-- +goose Down\n\n", NULL},
	{"node-pg-migrate", NULL, "-- Up Migration", NULL, "%v_%n.sql", "-- Up Migration\n\n\n-- Down Migration\n\n", NULL},
	{"golang-migrate", ".up.sql", NULL, "%Y%m%d%H%M%S", "%v_%n.up.sql", "", "%v_%n.down.sql"},
	{"diesel", "/up.sql", NULL, "%Y-%m-%d-%H%M%S", "%v_%n/up.sql", "", "%v_%n/down.sql"},
	{"prisma", "/migration.sql", NULL, "%Y%m%d%H%M%S", "%v_%n/migration.sql", "", NULL},
	{"flyway", NULL, NULL, "%Y%m%d%H%M%S", "V%v__%n.sql", "", NULL},
	{"supabase", NULL, NULL, "%Y%m%d%H%M%S", "%v_%n.sql", "", NULL},
	{"sqlx", NULL, NULL, "%Y%m%d%H%M%S", "%v_%n.sql", "", NULL},
};

/*
 * Formats whose own tool has to make a new file, since it writes down more
 * than the SQL.
 */
static const struct
{
	const char *format;
	const char *path_sign;
	const char *command;
}			foreign[] = {
	{"sqitch", "sqitch.plan", "sqitch add"},
	{"drizzle", "meta/_journal.json", "drizzle-kit generate"},
	{"graphile-migrate", "current.sql", "graphile-migrate commit"},
};

static bool
ends_with(const char *text, const char *end)
{
	size_t		length = strlen(text);

	return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/*
 * Returns the length of the number that a path begins with, after the V of
 * Flyway.
 */
static int
number_length(const char *path)
{
	return (int) strspn(path, "0123456789");
}

static bool
is_flyway(const char *path)
{
	return path[0] == 'V' && number_length(path + 1) > 0 && strstr(path, "__") && ends_with(path, ".sql");
}

static bool
fits(const Template *template, const FolderFile *file)
{
	if (template->path_sign)
		return ends_with(file->path, template->path_sign);
	if (template->text_sign)
		return ends_with(file->path, ".sql") && strstr(file->contents, template->text_sign);
	if (strcmp(template->format, "flyway") == 0)
		return is_flyway(file->path);
	/* the rest is told apart by the number, as migrate_register_files() does */
	return ends_with(file->path, ".sql") && strchr(file->path, '/') == NULL && number_length(file->path) > 0 &&
		(number_length(file->path) == 14) == (strcmp(template->format, "supabase") == 0);
}

static void
fail_foreign(const char *format, const char *command)
{
	message_fail(EXIT_ERROR, psprintf("a new migration of %s is made by its own tool", format),
				 psprintf("Use %s; neon_migrate up reads what it makes.", command));
}

/*
 * Returns the template for the folder, or for the format that was asked for.
 */
static const Template *
choose_template(const Folder *folder, const char *format)
{
	for (int i = 0; i < (int) lengthof(foreign); i++)
	{
		if (format && strcmp(format, foreign[i].format) == 0)
			fail_foreign(foreign[i].format, foreign[i].command);
		for (int file = 0; format == NULL && file < folder->count; file++)
			if (strcmp(folder->files[file].path, foreign[i].path_sign) == 0)
				fail_foreign(foreign[i].format, foreign[i].command);
	}
	for (int i = 0; i < (int) lengthof(templates); i++)
	{
		if (format && strcmp(format, templates[i].format) == 0)
			return &templates[i];
		for (int file = 0; format == NULL && file < folder->count; file++)
			if (fits(&templates[i], &folder->files[file]))
				return &templates[i];
	}
	if (format)
		message_fail(EXIT_ERROR, psprintf("there is no format \"%s\", or none that new can write", format),
					 "It can write dbmate, goose, node-pg-migrate, golang-migrate, diesel, prisma, flyway, supabase and sqlx.");
	return &templates[0];
}

/*
 * Is there a file with this version?
 */
static bool
is_taken(const Folder *folder, const Template *template, const char *version)
{
	for (int i = 0; i < folder->count; i++)
	{
		const char *path = folder->files[i].path;

		if (path[0] == 'V' && strcmp(template->format, "flyway") == 0)
			path++;
		if (strncmp(path, version, strlen(version)) == 0)
			return true;
	}
	return false;
}

/*
 * Returns the time as a version of the format.
 */
static char *
time_version(const Template *template, time_t when)
{
	char		text[64];

	if (template->time_format == NULL)
		return psprintf("%lld000", (long long) when);
	strftime(text, sizeof(text), template->time_format, gmtime(&when));
	return pg_strdup(text);
}

/*
 * Returns the version: the number after the highest, if the files have short
 * ones, else the time, or the first second after it that is not taken.
 */
static char *
next_version(const Folder *folder, const Template *template)
{
	int			width = 0;
	long		highest = -1;
	time_t		now = time(NULL);
	char	   *version;

	for (int i = 0; i < folder->count; i++)
	{
		const char *path = folder->files[i].path;
		int			length;

		if (path[0] == 'V' && strcmp(template->format, "flyway") == 0)
			path++;
		length = number_length(path);
		if (length > LONGEST_SEQUENCE || path[length] == '-')
		{
			highest = -1;
			break;
		}
		if (length > 0 && strtol(path, NULL, 10) > highest)
		{
			highest = strtol(path, NULL, 10);
			width = length;
		}
	}
	if (highest >= 0)
		return psprintf("%0*ld", width, highest + 1);
	do
		version = time_version(template, now++);
	while (is_taken(folder, template, version));
	return version;
}

/*
 * Returns the words as they are in a file name.
 */
static char *
make_name(const Options *options)
{
	PQExpBufferData name;

	initPQExpBuffer(&name);
	for (int i = 0; i < options->argument_count; i++)
		for (const char *c = options->arguments[i]; *c; c++)
		{
			bool		fine = isalnum((unsigned char) *c) || (unsigned char) *c >= 0x80 || *c == '-';

			if (c == options->arguments[i] && name.len > 0 && name.data[name.len - 1] != '_')
				appendPQExpBufferChar(&name, '_');
			if (fine)
				appendPQExpBufferChar(&name, *c);
			else if (name.len > 0 && name.data[name.len - 1] != '_')
				appendPQExpBufferChar(&name, '_');
		}
	while (name.len > 0 && name.data[name.len - 1] == '_')
		name.data[--name.len] = '\0';
	if (name.len == 0)
		message_fail(EXIT_ERROR, "the new migration needs a name", "For example: neon_migrate new create_users");
	return name.data;
}

/*
 * Writes a file called after the pattern.  Returns its path.
 */
static char *
write_file(const char *dir, const char *pattern, const char *version, const char *name, const char *text)
{
	PQExpBufferData path;
	FILE	   *file;
	char	   *slash;

	initPQExpBuffer(&path);
	appendPQExpBuffer(&path, "%s/", dir);
	for (; *pattern; pattern++)
	{
		if (*pattern != '%')
			appendPQExpBufferChar(&path, *pattern);
		else
			appendPQExpBufferStr(&path, *++pattern == 'v' ? version : name);
	}
	slash = strrchr(path.data, '/');
	*slash = '\0';
	if (mkdir(path.data, 0777) != 0 && errno != EEXIST)
		message_fail(EXIT_ERROR, psprintf("could not make folder \"%s\": %s", path.data, strerror(errno)), NULL);
	*slash = '/';
	file = fopen(path.data, "wx");
	if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0)
		message_fail(EXIT_ERROR, psprintf("could not write file \"%s\": %s", path.data, strerror(errno)), NULL);
	message_out("%s", path.data);
	return path.data;
}

/*
 * Says that there is nothing to migrate, so that no file is made.
 */
static void
tell_same(void)
{
	Json		json;

	message_out("the schema is as desired, so there is no new migration");
	if (!message_json())
		return;
	json_begin(&json);
	json_bool(&json, "ok", true);
	json_text(&json, "command", "new");
	json_text(&json, "format", NULL);
	json_text(&json, "up_file", NULL);
	json_text(&json, "down_file", NULL);
	json_end(&json);
}

static void
append_part(PQExpBuffer text, const Template *template, const char *sql)
{
	bool		is_goose = strcmp(template->format, "goose") == 0;

	/* goose cuts at each semicolon otherwise, also within functions */
	appendPQExpBuffer(text, "%s%s%s", is_goose ? "-- +goose StatementBegin\n" : "", sql,
					  is_goose ? "-- +goose StatementEnd\n" : "");
}

/*
 * Adds a warning as a comment of one line, whatever names are in it.
 */
static void
append_warning(PQExpBuffer text, const char *warning)
{
	appendPQExpBufferStr(text, "-- warning: ");
	for (; *warning; warning++)
		appendPQExpBufferChar(text, *warning == '\n' || *warning == '\r' ? ' ' : *warning);
	appendPQExpBufferChar(text, '\n');
}

/*
 * Returns the text of the up file: the template's with the SQL below its marks,
 * and the warnings as comments.
 */
static char *
filled_text(const Template *template, const Generated *generated)
{
	PQExpBufferData text;
	const char *down_mark = template->up_text[0] ? strstr(template->up_text + 1, "\n-- ") : NULL;

	initPQExpBuffer(&text);
	if (template->up_text[0])
		appendPQExpBuffer(&text, "%.*s", (int) strcspn(template->up_text, "\n") + 1, template->up_text);
	for (int row = 0; row < PQntuples(generated->warnings); row++)
		if (!PQgetisnull(generated->warnings, row, 2))
			append_warning(&text, PQgetvalue(generated->warnings, row, 2));
	append_part(&text, template, generated->up_sql);
	if (down_mark)
	{
		appendPQExpBuffer(&text, "\n%.*s", (int) strcspn(down_mark + 1, "\n") + 1, down_mark + 1);
		append_part(&text, template, generated->down_sql);
	}
	else if (template->down_name == NULL)
		message_note("%s has no place for down SQL: see neon_migrate diff --down", template->format);
	if (PQExpBufferBroken(&text))
		message_fail(EXIT_ERROR, "out of memory", NULL);
	return text.data;
}

/*
 * neon_migrate new
 */
void
command_new(const Options *options)
{
	Folder		folder;
	const Template *template;
	char	   *name = make_name(options);
	char	   *version;
	char	   *up;
	char	   *down = NULL;
	const char *up_text;
	const char *down_text = "";
	Generated	generated;
	Json		json;

	if (options->desired)
	{
		generated_ask(&generated, options, options->desired);
		generated_warn(&generated);
		if (generated.up_sql[0] == '\0')
		{
			tell_same();
			return;
		}
	}
	if (mkdir(options->dir, 0777) != 0 && errno != EEXIST)
		message_fail(EXIT_ERROR, psprintf("could not make folder \"%s\": %s", options->dir, strerror(errno)), NULL);
	(void) folder_read(&folder, options->dir, false);
	template = choose_template(&folder, options->format);
	version = next_version(&folder, template);
	up_text = template->up_text;
	if (options->desired)
	{
		up_text = filled_text(template, &generated);
		down_text = generated.down_sql;
	}
	up = write_file(options->dir, template->up_name, version, name, up_text);
	if (template->down_name)
		down = write_file(options->dir, template->down_name, version, name, down_text);
	if (!message_json())
		return;
	json_begin(&json);
	json_bool(&json, "ok", true);
	json_text(&json, "command", "new");
	json_text(&json, "format", template->format);
	json_text(&json, "up_file", up);
	json_text(&json, "down_file", down);
	json_end(&json);
}
