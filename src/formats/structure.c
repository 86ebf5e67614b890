/*-------------------------------------------------------------------------
 *
 * structure.c
 *	  A baseline: the schema as pg_dump writes it, with the versions that it
 *	  stands for at its end, as Rails and dbmate add them.
 *
 *		INSERT INTO schema_migrations (version) VALUES ('20260101120000');
 *
 * The newest of those versions is the baseline's own, or else 0, which comes
 * before all others.  They are not inserted anywhere: the ledger knows what is
 * applied.  Commands for psql that say nothing about the schema are skipped.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "formats/format.h"
#include "formats/scan.h"
#include "version.h"

#define VERSION_TABLE "schema_migrations"

FormatFit
structure_fit(const FormatFile *file)
{
	if (strcmp(file->base, "structure.sql") == 0 || strcmp(file->base, "schema.sql") == 0)
		return FIT_SURE;
	if (!format_has_suffix(file->base, ".sql") || format_digits(file->base) > 0)
		return FIT_NO;
	return strncmp(file->text + strspn(file->text, "-\r\n "), "PostgreSQL database dump", 24) == 0 ?
		FIT_LIKELY : FIT_NO;
}

/*
 * Blanks out the lines of "text" that keep psql from running other commands.
 */
static void
blank_restrict(char *text)
{
	SqlScan		scan;
	SpanKind	kind;

	sql_scan_begin(&scan, text, 0);
	while ((kind = sql_scan_next(&scan)) != SPAN_END)
	{
		if (kind != SPAN_CODE)
			continue;
		for (int i = scan.start; i < scan.end; i++)
			if (text[i] == '\\' && sql_at_line_start(text, i, false) &&
				(strncmp(text + i, "\\restrict", 9) == 0 ||
				 strncmp(text + i, "\\unrestrict", 11) == 0))
			{
				int			length = strcspn(text + i, "\n");

				sql_blank(text, i, i + length);
				scan.end = i + length;
				scan.escapes = false;
			}
	}
}

/*
 * Does the statement insert into the table of versions?
 */
static bool
inserts_versions(const char *text, const Region *statement)
{
	char		words[64];
	int			length = 0;

	/* INSERT INTO ["schema".]"schema_migrations", without blanks and quotes */
	for (int i = statement->start; i < statement->end && text[i] != '('; i++)
		if (!strchr(" \t\r\n\"", text[i]) && length < (int) sizeof(words) - 1)
			words[length++] = pg_tolower((unsigned char) text[i]);
	words[length] = '\0';
	return strncmp(words, "insertinto", 10) == 0 && format_has_suffix(words, VERSION_TABLE) &&
		strchr("o.", words[length - (int) strlen(VERSION_TABLE) - 1]) != NULL;
}

/*
 * Returns the newest version that the statement inserts, or "newest" if that is
 * newer.
 */
static const char *
newest_inserted(const char *text, const Region *statement, const char *newest)
{
	SqlScan		scan;
	SpanKind	kind;

	sql_scan_begin(&scan, text, statement->start);
	while ((kind = sql_scan_next(&scan)) != SPAN_END && scan.start < statement->end)
		if (kind == SPAN_QUOTED && text[scan.start] == '\'' && scan.end - scan.start > 2)
		{
			char	   *version = pnstrdup(text + scan.start + 1, scan.end - scan.start - 2);

			if (newest == NULL || version_compare(version, newest) > 0)
				newest = version;
		}
	return newest;
}

List *
structure_read(const FormatFiles *files)
{
	const FormatFile *file = &files->file[0];
	FormatMigration *migration;
	char	   *text = pstrdup(file->text);
	const char *newest = NULL;
	SqlScan		scan;
	Region		statement;

	if (files->count > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a baseline is one file"),
				 errdetail("Files \"%s\" and \"%s\" were given.",
						   format_label(file->path), format_label(files->file[1].path)),
				 errhint("Pass one of them.")));
	blank_restrict(text);
	sql_scan_begin(&scan, text, 0);
	while (sql_scan_statement(&scan, &statement))
		if (inserts_versions(text, &statement))
		{
			newest = newest_inserted(text, &statement, newest);
			sql_blank(text, statement.start, statement.end);
		}
	migration = format_migration(file, pstrdup(newest ? newest : "0"),
								 psprintf("baseline from %s", file->base));
	migration->up_sql = text;
	return list_make1(migration);
}
