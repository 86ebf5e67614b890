/*-------------------------------------------------------------------------
 *
 * flyway.c
 *	  Flyway's SQL files.
 *
 *		V1.2__create_users.sql	a version
 *		U1.2__create_users.sql	what undoes it
 *		R__views.sql			run again whenever it changes
 *		B5__baseline.sql		stands for all versions up to 5
 *		V1.2__create_users.sql.conf		settings of the file before ".conf"
 *
 * Placeholders and callbacks are refused: their values and their times are
 * known to Flyway only, and without them the result would be another.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "formats/format.h"
#include "formats/scan.h"

/*
 * Returns the length of the version that follows the first letter of a name:
 * digits with single points or underscores between them.
 */
static int
version_length(const char *base)
{
	int			length = 0;

	for (;;)
	{
		int			digits = format_digits(base + 1 + length);

		if (digits == 0)
			return 0;
		length += digits;
		if (base[1 + length] != '.' && base[1 + length] != '_')
			return length;
		if (format_digits(base + 2 + length) == 0)
			return length;
		length++;
	}
}

static bool
is_callback(const char *base)
{
	static const char *const starts[] = {"before", "after", "create"};

	for (int i = 0; i < (int) lengthof(starts); i++)
	{
		size_t		length = strlen(starts[i]);

		if (strncmp(base, starts[i], length) == 0 && isupper((unsigned char) base[length]))
			return true;
	}
	return false;
}

FormatFit
flyway_fit(const FormatFile *file)
{
	const char *base = file->base;

	if (!format_has_suffix(base, ".sql") && !format_has_suffix(base, ".sql.conf"))
		return FIT_NO;
	if (is_callback(base) || strncmp(base, "R__", 3) == 0)
		return FIT_SURE;
	if (strchr("VUB", base[0]))
	{
		int			length = version_length(base);

		if (length > 0 && strncmp(base + 1 + length, "__", 2) == 0)
			return FIT_SURE;
	}
	return FIT_NO;
}

/*
 * Compares versions part by part as numbers; missing parts count as zero.
 */
static int
compare_numbers(const char *a, const char *b)
{
	while (*a || *b)
	{
		int			result = format_compare_numbers(a, b);

		if (result)
			return result;
		a += format_digits(a);
		b += format_digits(b);
		a += *a == '.';
		b += *b == '.';
	}
	return 0;
}

/*
 * Versions in order, of the same one the baseline last; then what is
 * repeatable, by its description.
 */
static int
compare_migrations(const ListCell *a, const ListCell *b)
{
	const FormatMigration *ma = lfirst(a),
			   *mb = lfirst(b);
	int			result;

	if ((ma->kind == FORMAT_REPEATABLE) != (mb->kind == FORMAT_REPEATABLE))
		return ma->kind == FORMAT_REPEATABLE ? 1 : -1;
	if (ma->kind == FORMAT_REPEATABLE)
		return strcmp(ma->version, mb->version);
	result = compare_numbers(ma->version, mb->version);
	return result ? result : (int) ma->kind - (int) mb->kind;
}

/*
 * Raises 0A000 if the file's SQL has a placeholder.
 */
static void
refuse_placeholder(const FormatFile *file)
{
	SqlScan		scan;
	SpanKind	kind;

	if (strstr(file->text, "${") == NULL)
		return;
	sql_scan_begin(&scan, file->text, 0);
	while ((kind = sql_scan_next(&scan)) != SPAN_END)
	{
		const char *start;

		if (kind == SPAN_LINE_COMMENT || kind == SPAN_BLOCK_COMMENT)
			continue;
		start = strstr(file->text + scan.start, "${");
		if (start && start < file->text + scan.end && strchr(start, '}'))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("placeholder \"%s\" is not possible here",
							pnstrdup(start, Min(strcspn(start, "}\n") + 1, 64))),
					 errdetail("The server does not know Flyway's settings."),
					 errhint("Write the value itself. If it is none, put placeholderReplacement=false into \"%s.conf\".",
							 file->base),
					 format_errplace(file, start - file->text)));
	}
}

/*
 * Returns whether a setting in a file's .conf is on.  Raises 22023 for a value
 * that is neither true nor false.
 */
static bool
setting_is_on(const FormatFile *conf, const char *key)
{
	char	   *value;
	int			offset;

	if (conf == NULL ||
		(!format_ini_value(conf, key, &value, &offset) &&
		 !format_ini_value(conf, psprintf("flyway.%s", key), &value, &offset)))
		return true;
	if (pg_strcasecmp(value, "true") != 0 && pg_strcasecmp(value, "false") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s cannot be \"%s\"", key, format_label(value)),
				 errhint("Write true or false."),
				 format_errplace(conf, offset)));
	return pg_strcasecmp(value, "true") == 0;
}

/*
 * Returns a new migration of a file; NULL if it is not to be run.
 */
static FormatMigration *
read_file(const FormatFiles *files, const FormatFile *file)
{
	const FormatFile *conf = format_files_find(files, psprintf("%s.conf", file->path));
	bool		repeatable = file->base[0] == 'R';
	int			length = repeatable ? 0 : version_length(file->base);
	const char *words = file->base + 1 + length;
	FormatMigration *migration;
	char	   *version;

	if (is_callback(file->base))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("file \"%s\" is a callback", format_label(file->path)),
				 errdetail("Only Flyway runs SQL at events."),
				 errhint("Leave it out; what it does belongs into migrations.")));
	if (!setting_is_on(conf, "shouldExecute"))
		return NULL;
	if (setting_is_on(conf, "placeholderReplacement"))
		refuse_placeholder(file);
	version = repeatable ? pnstrdup(file->base, strlen(file->base) - 4) :
		pnstrdup(file->base + 1, length);
	if (!repeatable)
		for (char *p = version; *p; p++)
			if (*p == '_')
				*p = '.';
	migration = format_migration(file, version, format_description(words, strlen(words) - 4));
	migration->kind = repeatable ? FORMAT_REPEATABLE :
		file->base[0] == 'B' ? FORMAT_BASELINE : FORMAT_VERSIONED;
	if (!setting_is_on(conf, "executeInTransaction"))
		migration->mark = "executeInTransaction=false";
	return migration;
}

/*
 * Raises 22023 if two migrations in order have the same version.
 */
static void
check_order(const List *migrations)
{
	for (int i = 1; i < list_length(migrations); i++)
	{
		FormatMigration *a = list_nth(migrations, i - 1),
				   *b = list_nth(migrations, i);

		if (a->kind == b->kind && a->kind != FORMAT_REPEATABLE &&
			compare_numbers(a->version, b->version) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("two files have the version \"%s\"", b->version),
					 errdetail("They are \"%s\" and \"%s\".",
							   format_label(a->up_file->path), format_label(b->up_file->path)),
					 errhint("Give one of them another version.")));
	}
}

/*
 * Gives an undo migration's SQL to the version that it undoes.
 */
static void
attach_undo(const List *migrations, FormatMigration *undo)
{
	ListCell   *cell;

	foreach(cell, migrations)
	{
		FormatMigration *migration = lfirst(cell);

		if (migration->kind != FORMAT_VERSIONED ||
			compare_numbers(migration->version, undo->version) != 0)
			continue;
		if (migration->down_file)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("two files undo the version \"%s\"", migration->version),
					 errdetail("They are \"%s\" and \"%s\".",
							   format_label(migration->down_file->path),
							   format_label(undo->up_file->path)),
					 errhint("Leave one of them out.")));
		migration->down_file = undo->up_file;
		migration->down_sql = undo->up_sql;
		if (undo->mark)
			migration->mark = undo->mark;
		return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("file \"%s\" undoes a version that is not there",
					format_label(undo->up_file->path)),
			 errdetail("No file has the up SQL of version \"%s\".", undo->version),
			 errhint("Pass that file, too.")));
}

List *
flyway_read(const FormatFiles *files)
{
	List	   *migrations = NIL,
			   *undos = NIL;
	ListCell   *cell;

	for (int i = 0; i < files->count; i++)
	{
		const FormatFile *file = &files->file[i];
		FormatMigration *migration;

		if (format_has_suffix(file->base, ".conf"))
			continue;
		migration = read_file(files, file);
		if (migration && file->base[0] == 'U')
			undos = lappend(undos, migration);
		else if (migration)
			migrations = lappend(migrations, migration);
	}
	list_sort(migrations, compare_migrations);
	check_order(migrations);
	foreach(cell, undos)
		attach_undo(migrations, lfirst(cell));
	return migrations;
}
