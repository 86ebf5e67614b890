/*-------------------------------------------------------------------------
 *
 * goose.c
 *	  goose: one file per migration, with annotations.
 *
 *		-- +goose Up
 *		-- +goose Down
 *		-- +goose StatementBegin	and StatementEnd, around one statement
 *		-- +goose NO TRANSACTION
 *		-- +goose ENVSUB ON			and OFF
 *
 * Statements are found by PostgreSQL's own parser, so StatementBegin and
 * StatementEnd say nothing but that the statement between them may lack its
 * semicolon.  The client's environment is not there to put into the SQL.
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
	char	   *text;			/* the file's, with a semicolon at each StatementEnd */
	Region	   *up;
	Region	   *down;
	const char *mark;
	int			statement;		/* where StatementBegin is, or -1 */
} Reading;

/*
 * Returns what follows "--" and "+goose", or NULL.
 */
static const char *
after_prefix(const char *comment)
{
	comment += strspn(comment, "- \t");
	return pg_strncasecmp(comment, "+goose", 6) == 0 ? comment + 6 : NULL;
}

static bool
is_directive(const char *comment)
{
	return after_prefix(comment) != NULL;
}

FormatFit
goose_fit(const FormatFile *file)
{
	int			digits = format_digits(file->base);

	if (digits == 0 || file->base[digits] != '_')
		return FIT_NO;
	if (format_has_suffix(file->base, ".go"))
		return FIT_SURE;
	if (!format_has_suffix(file->base, ".sql"))
		return FIT_NO;
	return sql_has_directive(file->text, "+", is_directive) ? FIT_SURE : FIT_NAME;
}

/*
 * Raises 22023 for an annotation at a place where it cannot be.
 */
static void
raise_misplaced(const Reading *reading, const Region *directive, const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" %s",
					format_excerpt(reading->file, directive->start, directive->end),
					problem),
			 errhint("Write \"-- +goose Up\", the SQL, \"-- +goose Down\" and the SQL that undoes it, each annotation once and at the start of its line."),
			 format_errplace(reading->file, directive->start)));
}

/*
 * Begins the section "Up" or "Down".
 */
static void
read_section(Reading *reading, const Region *directive, bool down)
{
	Region	   *section = palloc(sizeof(Region));

	section->start = directive->start;
	section->end = strlen(reading->text);
	if (reading->statement >= 0)
		raise_misplaced(reading, directive, "comes before the StatementEnd of a StatementBegin");
	if (down ? reading->down != NULL : reading->up != NULL)
		raise_misplaced(reading, directive, "is there twice");
	if (!down)
	{
		int			code = sql_first_code(reading->text, 0, directive->start);

		if (code >= 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("there is SQL before \"-- +goose Up\""),
					 errhint("Put it after that line."),
					 format_errplace(reading->file, code)));
		section->start = 0;
		reading->up = section;
		return;
	}
	if (reading->up == NULL)
		raise_misplaced(reading, directive, "has no \"-- +goose Up\" before it");
	reading->up->end = directive->start;
	reading->down = section;
}

static void
read_directive(Reading *reading, const Region *directive)
{
	const char *text = reading->file->text;
	const char *rest = after_prefix(text + directive->start);
	const char *word = format_trimmed(rest, text + directive->end - rest);

	if (!sql_at_line_start(text, directive->start, false))
		raise_misplaced(reading, directive, "is not at the start of its line");
	/* goose takes the words in any letter case */
	if (pg_strcasecmp(word, "Up") == 0 || pg_strcasecmp(word, "Down") == 0)
		read_section(reading, directive, pg_tolower((unsigned char) word[0]) == 'd');
	else if (pg_strcasecmp(word, "NO TRANSACTION") == 0)
		reading->mark = "+goose NO TRANSACTION";
	else if (pg_strcasecmp(word, "StatementBegin") == 0)
	{
		if (reading->up == NULL || reading->statement >= 0)
			raise_misplaced(reading, directive, reading->up ?
							"comes before the StatementEnd of another" :
							"has no \"-- +goose Up\" before it");
		reading->statement = directive->start;
	}
	else if (pg_strcasecmp(word, "StatementEnd") == 0)
	{
		if (reading->statement < 0)
			raise_misplaced(reading, directive, "has no StatementBegin before it");
		reading->statement = -1;
		sql_blank(reading->text, directive->start, directive->end);
		reading->text[directive->start] = ';';
	}
	else if (pg_strcasecmp(word, "ENVSUB ON") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("\"-- +goose ENVSUB ON\" is not possible here"),
				 errdetail("The server does not know the client's environment variables."),
				 errhint("Write the values where they are used, and take the annotation out."),
				 format_errplace(reading->file, directive->start)));
	else if (pg_strcasecmp(word, "ENVSUB OFF") != 0)
		raise_misplaced(reading, directive, "is not a known annotation");
}

static FormatMigration *
read_file(const FormatFile *file)
{
	int			digits = format_digits(file->base);
	Reading		reading = {.file = file,.statement = -1};
	FormatMigration *migration;
	ListCell   *cell;

	if (!format_has_suffix(file->base, ".sql"))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("file \"%s\" is not SQL", format_label(file->path)),
				 errdetail("Migrations in Go can be run by goose only."),
				 errhint("Write it as SQL, or leave it out and run it with goose.")));
	migration = format_migration(file, format_number(file->base, digits),
								 format_description(file->base + digits,
													strlen(file->base) - digits - 4));
	reading.text = pstrdup(file->text);
	foreach(cell, sql_directives(file->text, is_directive))
		read_directive(&reading, lfirst(cell));
	if (reading.up == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("file \"%s\" has no \"-- +goose Up\"", format_label(file->path)),
				 errhint("Put that line before the SQL, and \"-- +goose Down\" before the SQL that undoes it.")));
	if (reading.statement >= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"-- +goose StatementBegin\" has no StatementEnd after it"),
				 errhint("Put \"-- +goose StatementEnd\" after the statement."),
				 format_errplace(file, reading.statement)));
	migration->mark = reading.mark;
	migration->up_sql = sql_keep_regions(reading.text, list_make1(reading.up));
	if (reading.down)
	{
		migration->down_sql = sql_keep_regions(reading.text, list_make1(reading.down));
		migration->down_file = file;
	}
	return migration;
}

static int
compare_numbers(const ListCell *a, const ListCell *b)
{
	return format_compare_numbers(((FormatMigration *) lfirst(a))->version,
								  ((FormatMigration *) lfirst(b))->version);
}

List *
goose_read(const FormatFiles *files)
{
	List	   *migrations = NIL;

	for (int i = 0; i < files->count; i++)
		migrations = lappend(migrations, read_file(&files->file[i]));
	list_sort(migrations, compare_numbers);
	return migrations;
}
