/*-------------------------------------------------------------------------
 *
 * node_pg_migrate.c
 *	  node-pg-migrate's SQL files.
 *
 *		-- Up Migration
 *		-- Down Migration
 *
 * A file without either is all up SQL.  The sections may come in either order.
 * The version is the whole name, as the tool records it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "formats/format.h"
#include "formats/scan.h"

/*
 * Does the comment go on with this word and "migration"?
 */
static bool
is_marker(const char *comment, const char *word)
{
	int			length = strlen(word);

	comment += strspn(comment, "- \t");
	if (pg_strncasecmp(comment, word, length) != 0 || !strchr(" \t", comment[length]))
		return false;
	comment += length;
	comment += strspn(comment, " \t");
	return pg_strncasecmp(comment, "migration", 9) == 0;
}

static bool
is_directive(const char *comment)
{
	return is_marker(comment, "up") || is_marker(comment, "down");
}

FormatFit
node_pg_migrate_fit(const FormatFile *file)
{
	int			digits = format_digits(file->base);

	if (digits == 0 || (file->base[digits] != '_' && file->base[digits] != '-'))
		return FIT_NO;
	if (format_has_suffix(file->base, ".js") || format_has_suffix(file->base, ".ts") ||
		format_has_suffix(file->base, ".mjs") || format_has_suffix(file->base, ".cjs"))
		return FIT_SURE;
	if (!format_has_suffix(file->base, ".sql"))
		return FIT_NO;
	if (sql_has_directive(file->text, "igration", is_directive) ||
		sql_has_directive(file->text, "IGRATION", is_directive))
		return FIT_SURE;
	/* milliseconds since 1970, or a time with milliseconds */
	return digits == 13 || digits == 17 ? FIT_LIKELY : FIT_NAME;
}

/*
 * Cuts the file's text into its sections.
 */
static void
read_sections(const FormatFile *file, FormatMigration *migration)
{
	Region	   *up = NULL,
			   *down = NULL,
			   *last = NULL;
	ListCell   *cell;
	int			code;

	foreach(cell, sql_directives(file->text, is_directive))
	{
		Region	   *directive = lfirst(cell);
		Region	  **section = is_marker(file->text + directive->start, "up") ? &up : &down;

		/* only the first of each counts */
		if (*section != NULL || !sql_at_line_start(file->text, directive->start, true))
			continue;
		if (last)
			last->end = directive->start;
		else
		{
			code = sql_first_code(file->text, 0, directive->start);
			if (code >= 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("there is SQL before \"%s\"",
								format_excerpt(file, directive->start, directive->end)),
						 errhint("Put it after that line."),
						 format_errplace(file, code)));
		}
		*section = last = directive;
		directive->end = strlen(file->text);
	}
	if (down == NULL && up == NULL)
		return;
	if (up == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("file \"%s\" has no \"-- Up Migration\"", format_label(file->path)),
				 errhint("Put that line before the SQL that \"-- Down Migration\" undoes.")));
	migration->up_sql = sql_keep_regions(file->text, list_make1(up));
	if (down)
	{
		migration->down_sql = sql_keep_regions(file->text, list_make1(down));
		migration->down_file = file;
	}
}

static FormatMigration *
read_file(const FormatFile *file)
{
	int			digits = format_digits(file->base);
	int			length = strlen(file->base) - 4;
	FormatMigration *migration;

	if (!format_has_suffix(file->base, ".sql"))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("file \"%s\" is not SQL", format_label(file->path)),
				 errdetail("Migrations in JavaScript can be run by node-pg-migrate only."),
				 errhint("Write it as SQL, or leave it out and run it with node-pg-migrate.")));
	migration = format_migration(file, pnstrdup(file->base, length),
								 format_description(file->base + digits, length - digits));
	read_sections(file, migration);
	return migration;
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	const char *va = ((FormatMigration *) lfirst(a))->version;
	const char *vb = ((FormatMigration *) lfirst(b))->version;
	int			result = format_compare_numbers(va, vb);

	return result ? result : strcmp(va, vb);
}

List *
node_pg_migrate_read(const FormatFiles *files)
{
	List	   *migrations = NIL;

	for (int i = 0; i < files->count; i++)
		migrations = lappend(migrations, read_file(&files->file[i]));
	list_sort(migrations, compare_names);
	return migrations;
}
