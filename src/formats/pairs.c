/*-------------------------------------------------------------------------
 *
 * pairs.c
 *	  golang-migrate, sqlx and Supabase: files without directives, named by a
 *	  number; the whole file is the up SQL, or the down SQL.
 *
 *		1_create_users.up.sql, 1_create_users.down.sql	golang-migrate, sqlx
 *		1_create_users.sql								sqlx, Supabase
 *
 * With sqlx, a file that begins with "-- no-transaction" runs outside of one.
 * Supabase takes the number as text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "formats/format.h"

#define NO_TRANSACTION "-- no-transaction"

/* in the first line, for Supabase */
#define PG_DELTA_MARK "-- pg-delta: transaction=false"

/*
 * Returns the length of the name's suffix if it is one of a pair, else 0.
 */
static int
pair_suffix(const char *base, bool *down)
{
	*down = format_has_suffix(base, ".down.sql");
	return *down ? 9 : format_has_suffix(base, ".up.sql") ? 7 : 0;
}

static bool
is_numbered(const FormatFile *file)
{
	int			digits = format_digits(file->base);

	return digits > 0 && file->base[digits] == '_' && format_has_suffix(file->base, ".sql");
}

FormatFit
golang_migrate_fit(const FormatFile *file)
{
	bool		down;

	return is_numbered(file) && pair_suffix(file->base, &down) ? FIT_LIKELY : FIT_NO;
}

FormatFit
sqlx_fit(const FormatFile *file)
{
	if (!is_numbered(file))
		return FIT_NO;
	return strncmp(file->text, NO_TRANSACTION, strlen(NO_TRANSACTION)) == 0 ? FIT_SURE : FIT_NAME;
}

FormatFit
supabase_fit(const FormatFile *file)
{
	bool		down;

	if (!is_numbered(file) || pair_suffix(file->base, &down))
		return FIT_NO;
	return format_digits(file->base) == 14 ? FIT_LIKELY : FIT_IF_NAMED;
}

/*
 * Returns a new migration of a file: its half of a pair, or all of it.
 */
static FormatMigration *
read_file(const FormatFile *file, bool *down)
{
	int			digits = format_digits(file->base);
	int			suffix = pair_suffix(file->base, down);
	int			length = strlen(file->base) - (suffix ? suffix : 4);
	FormatMigration *migration;

	migration = format_migration(file, format_number(file->base, digits),
								 format_description(file->base + digits, length - digits));
	if (strncmp(file->text, NO_TRANSACTION, strlen(NO_TRANSACTION)) == 0)
		migration->mark = NO_TRANSACTION;
	if (*down)
	{
		migration->down_sql = migration->up_sql;
		migration->down_file = file;
		migration->up_sql = NULL;
		migration->up_file = NULL;
	}
	return migration;
}

static int
compare_numbers(const ListCell *a, const ListCell *b)
{
	return format_compare_numbers(((FormatMigration *) lfirst(a))->version,
								  ((FormatMigration *) lfirst(b))->version);
}

/*
 * Raises 22023 for two files that are the same half of the same version.
 */
static void
raise_twice(const char *version, const FormatFile *a, const FormatFile *b)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("two files have the version \"%s\"", version),
			 errdetail("They are \"%s\" and \"%s\".", format_label(a->path), format_label(b->path)),
			 errhint("Give one of them another version.")));
}

/*
 * Puts one half of a pair to the other, which is the same version.
 */
static void
join_halves(FormatMigration *whole, const FormatMigration *half)
{
	if (half->up_file && whole->up_file)
		raise_twice(half->version, whole->up_file, half->up_file);
	if (half->down_file && whole->down_file)
		raise_twice(half->version, whole->down_file, half->down_file);
	if (half->up_file)
	{
		whole->up_file = half->up_file;
		whole->up_sql = half->up_sql;
		whole->description = half->description;
	}
	else
	{
		whole->down_file = half->down_file;
		whole->down_sql = half->down_sql;
	}
	if (half->mark)
		whole->mark = half->mark;
}

/*
 * Raises 22023 if a migration has down SQL but nothing that it would undo.
 */
static void
check_up(const FormatMigration *migration)
{
	if (migration->up_file == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("file \"%s\" has no counterpart for up",
						format_label(migration->down_file->path)),
				 errdetail("No other file has up SQL of version \"%s\".", migration->version),
				 errhint("Pass that file, too; it may be empty.")));
}

List *
golang_migrate_read(const FormatFiles *files)
{
	List	   *halves = NIL,
			   *migrations = NIL;
	ListCell   *cell;

	for (int i = 0; i < files->count; i++)
	{
		bool		down;

		halves = lappend(halves, read_file(&files->file[i], &down));
	}
	list_sort(halves, compare_numbers);
	foreach(cell, halves)
	{
		FormatMigration *half = lfirst(cell);

		if (migrations != NIL &&
			strcmp(((FormatMigration *) llast(migrations))->version, half->version) == 0)
			join_halves(llast(migrations), half);
		else
			migrations = lappend(migrations, half);
	}
	foreach(cell, migrations)
		check_up(lfirst(cell));
	return migrations;
}

List *
sqlx_read(const FormatFiles *files)
{
	/* pairs and single files may be mixed, as "sqlx migrate run" has it */
	return golang_migrate_read(files);
}

/*
 * Is it the file that older versions of Supabase made for what a new project
 * has anyway?  The tool passes over it where it comes first.
 */
static bool
is_initial_schema(const FormatFile *file)
{
	return format_digits(file->base) == 14 && strcmp(file->base + 14, "_init.sql") == 0 &&
		strncmp(file->base, "20211209000000", 14) < 0;
}

/*
 * Takes a mark that is the first line of the file.
 */
static void
read_mark(FormatMigration *migration, const char *mark)
{
	int			length = strlen(mark);

	if (strncmp(migration->up_file->text, mark, length) == 0 &&
		strchr("\r\n", migration->up_file->text[length]))
		migration->mark = mark;
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(((FormatMigration *) lfirst(a))->up_file->base,
				  ((FormatMigration *) lfirst(b))->up_file->base);
}

List *
supabase_read(const FormatFiles *files)
{
	List	   *migrations = NIL;
	const FormatFile *first;

	for (int i = 0; i < files->count; i++)
	{
		const FormatFile *file = &files->file[i];
		int			digits = format_digits(file->base);
		FormatMigration *migration;

		/* here, the version is text */
		migration = format_migration(file, pnstrdup(file->base, digits),
									 format_description(file->base + digits,
														strlen(file->base) - digits - 4));
		read_mark(migration, PG_DELTA_MARK);
		migrations = lappend(migrations, migration);
	}
	list_sort(migrations, compare_names);
	first = ((FormatMigration *) linitial(migrations))->up_file;
	if (is_initial_schema(first))
	{
		ereport(NOTICE,
				(errmsg("file \"%s\" is passed over", format_label(first->path)),
				 errdetail("Supabase, too, does not apply what it called \"init\" before December 2021."),
				 errhint("Give it another name to apply it.")));
		migrations = list_delete_first(migrations);
	}
	return migrations;
}
