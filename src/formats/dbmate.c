/*-------------------------------------------------------------------------
 *
 * dbmate.c
 *	  The default: one file per migration, named by a time, with its up and
 *	  its down SQL in two sections.
 *
 *		-- migrate:up [transaction:false]
 *		-- migrate:down [transaction:false]
 *
 * A file may have several such pairs; its up SQL is all of the up sections
 * then, and its down SQL all of the down sections.  A file without a down
 * section cannot be rolled back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "formats/format.h"
#include "formats/scan.h"

/*
 * What is known of a file while it is read.
 */
typedef struct Reading
{
	const FormatFile *file;
	FormatMigration *migration;
	List	   *up;				/* sections, Region * */
	List	   *down;
	bool		in_down;		/* the current section */
} Reading;

/*
 * Returns what follows "--" and "migrate:", or NULL.  However it is written:
 * what is wrong about it is said when it is read.
 */
static const char *
after_prefix(const char *comment)
{
	comment += 2;
	comment += strspn(comment, " \t");
	return pg_strncasecmp(comment, "migrate:", 8) == 0 ? comment + 8 : NULL;
}

static bool
is_directive(const char *comment)
{
	return after_prefix(comment) != NULL;
}

FormatFit
dbmate_fit(const FormatFile *file)
{
	if (format_digits(file->base) == 0 || !format_has_suffix(file->base, ".sql"))
		return FIT_NO;
	return sql_has_directive(file->text, ":", is_directive) ? FIT_SURE : FIT_NAME;
}

static void
raise_unknown(const Reading *reading, const Region *directive)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown directive \"%s\"",
					format_excerpt(reading->file, directive->start, directive->end)),
			 errhint("Write \"-- migrate:up\" or \"-- migrate:down\", at the start of a line and with nothing after it but \"transaction:false\"."),
			 format_errplace(reading->file, directive->start)));
}

/*
 * Reads the options of a directive: transaction:true or transaction:false.
 */
static void
read_options(Reading *reading, const Region *directive, const char *options)
{
	const char *end = reading->file->text + directive->end;

	while (options < end)
	{
		int			length;

		options += strspn(options, " \t\f\v");
		length = Min((int) strcspn(options, " \t\f\v\r\n"), (int) (end - options));
		if (length == 17 && strncmp(options, "transaction:false", 17) == 0)
			reading->migration->mark = "transaction:false";
		else if (length > 0 && (length != 16 || strncmp(options, "transaction:true", 16) != 0))
			raise_unknown(reading, directive);
		options += Max(length, 1);
	}
}

/*
 * Begins the section that a directive heads.
 */
static void
read_directive(Reading *reading, const Region *directive)
{
	const char *text = reading->file->text;
	const char *word = after_prefix(text + directive->start);
	Region	   *section = palloc(sizeof(Region));
	int			code;

	section->start = directive->start;
	section->end = strlen(text);
	if (!sql_at_line_start(text, directive->start, false) || strncmp(word - 8, "migrate:", 8) != 0)
		raise_unknown(reading, directive);
	if (strncmp(word, "up", 2) == 0 && strchr(" \t\r\n", word[2]))
	{
		if (reading->up == NIL)
		{
			code = sql_first_code(text, 0, directive->start);
			if (code >= 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("there is SQL before \"-- migrate:up\""),
						 errhint("Put it after that line."),
						 format_errplace(reading->file, code)));
			section->start = 0;
		}
		else if (!reading->in_down)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("there are two \"-- migrate:up\" without a \"-- migrate:down\" between them"),
					 errhint("Take the second one out."),
					 format_errplace(reading->file, directive->start)));
		reading->up = lappend(reading->up, section);
		reading->in_down = false;
		read_options(reading, directive, word + 2);
		return;
	}
	if (strncmp(word, "down", 4) != 0 || !strchr(" \t\r\n", word[4]))
		raise_unknown(reading, directive);
	if (reading->up == NIL || reading->in_down)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"-- migrate:down\" has no \"-- migrate:up\" before it"),
				 errhint("Put the up section before the down section."),
				 format_errplace(reading->file, directive->start)));
	reading->down = lappend(reading->down, section);
	reading->in_down = true;
	read_options(reading, directive, word + 4);
}

static FormatMigration *
read_file(const FormatFile *file)
{
	int			digits = format_digits(file->base);
	Reading		reading = {.file = file};
	Region	   *last = NULL;
	ListCell   *cell;

	reading.migration = format_migration(file, pnstrdup(file->base, digits),
										 format_description(file->base + digits,
															strlen(file->base) - digits - 4));
	foreach(cell, sql_directives(file->text, is_directive))
	{
		Region	   *directive = lfirst(cell);

		if (last)
			last->end = directive->start;
		read_directive(&reading, directive);
		last = llast(reading.in_down ? reading.down : reading.up);
	}
	if (reading.up == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("file \"%s\" has no \"-- migrate:up\"", format_label(file->path)),
				 errhint("Put that line before the SQL, and \"-- migrate:down\" before the SQL that undoes it.")));
	reading.migration->up_sql = sql_keep_regions(file->text, reading.up);
	if (reading.down)
	{
		reading.migration->down_sql = sql_keep_regions(file->text, reading.down);
		reading.migration->down_file = file;
	}
	return reading.migration;
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(((FormatMigration *) lfirst(a))->up_file->base,
				  ((FormatMigration *) lfirst(b))->up_file->base);
}

List *
dbmate_read(const FormatFiles *files)
{
	List	   *migrations = NIL;

	for (int i = 0; i < files->count; i++)
		migrations = lappend(migrations, read_file(&files->file[i]));
	list_sort(migrations, compare_names);
	return migrations;
}
