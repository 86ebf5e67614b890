/*-------------------------------------------------------------------------
 *
 * folders.c
 *	  diesel and Prisma: a folder per migration.
 *
 *		2026-01-01-120000_create_users/up.sql, down.sql, metadata.toml	diesel
 *		20260101120000_create_users/migration.sql, down.sql				Prisma
 *
 * Both apply folders in the order of their names: diesel of the part before
 * the first underscore without hyphens, which is the version; Prisma of the
 * whole name, which is its version.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "formats/format.h"

FormatFit
diesel_fit(const FormatFile *file)
{
	if (file->folder[0] == '\0')
		return FIT_NO;
	if (strcmp(file->base, "up.sql") == 0 || strcmp(file->base, "metadata.toml") == 0)
		return FIT_SURE;
	return strcmp(file->base, "down.sql") == 0 ? FIT_LIKELY : FIT_NO;
}

FormatFit
prisma_fit(const FormatFile *file)
{
	if (strcmp(file->base, "migration_lock.toml") == 0)
		return FIT_SURE;
	if (file->folder[0] == '\0')
		return FIT_NO;
	if (strcmp(file->base, "migration.sql") == 0)
		return FIT_SURE;
	return strcmp(file->base, "down.sql") == 0 ? FIT_NAME : FIT_NO;
}

static int
compare_versions(const ListCell *a, const ListCell *b)
{
	return strcmp(((FormatMigration *) lfirst(a))->version,
				  ((FormatMigration *) lfirst(b))->version);
}

/*
 * Returns the migration of the folder that "up" is in, with the down SQL
 * beside it.
 */
static FormatMigration *
read_folder(const FormatFiles *files, const FormatFile *up, char *version, const char *words)
{
	FormatMigration *migration;

	migration = format_migration(up, version, format_description(words, strlen(words)));
	migration->down_file = format_files_find(files, format_beside(up, "down.sql"));
	if (migration->down_file)
		migration->down_sql = unconstify(char *, migration->down_file->text);
	return migration;
}

/*
 * Raises 22023 if there is no file "name" beside the file.
 */
static void
require_beside(const FormatFiles *files, const FormatFile *file, const char *name)
{
	const char *path = format_beside(file, name);

	if (format_files_find(files, path) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no file \"%s\"", format_label(path)),
				 errdetail("File \"%s\" is in the same folder.", format_label(file->path)),
				 errhint("Pass that file, too; it may be empty.")));
}

/*
 * Follows what a diesel folder's metadata.toml says.
 */
static void
read_metadata(FormatMigration *migration, const FormatFile *metadata)
{
	char	   *value;
	int			offset;

	if (metadata == NULL ||
		!format_ini_value(metadata, "run_in_transaction", &value, &offset))
		return;
	if (strcmp(value, "false") == 0)
		migration->mark = "run_in_transaction = false";
	else if (strcmp(value, "true") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("run_in_transaction cannot be \"%s\"", value),
				 errhint("Write true or false."),
				 format_errplace(metadata, offset)));
}

/*
 * Returns the version of a diesel folder: what is before the first underscore,
 * without hyphens.
 */
static char *
diesel_version(const FormatFile *file)
{
	char	   *version = pnstrdup(file->folder, strcspn(file->folder, "_"));
	char	   *to = version;

	for (const char *from = version; *from; from++)
		if (*from != '-')
			*to++ = *from;
	*to = '\0';
	if (*version == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("folder \"%s\" has no version in its name", file->folder),
				 errdetail("It is that of file \"%s\".", format_label(file->path)),
				 errhint("Give it a name such as 2026-01-01-120000_create_users.")));
	return version;
}

List *
diesel_read(const FormatFiles *files)
{
	List	   *migrations = NIL;

	for (int i = 0; i < files->count; i++)
	{
		const FormatFile *file = &files->file[i];
		FormatMigration *migration;

		if (file->folder[0] == '.')
			continue;			/* diesel, too, does not look into it */
		if (strcmp(file->base, "up.sql") != 0)
		{
			require_beside(files, file, "up.sql");
			continue;
		}
		migration = read_folder(files, file, diesel_version(file),
								file->folder + strcspn(file->folder, "_"));
		read_metadata(migration, format_files_find(files, format_beside(file, "metadata.toml")));
		migrations = lappend(migrations, migration);
	}
	list_sort(migrations, compare_versions);
	return migrations;
}

/*
 * Raises 22023 if Prisma's lock file says that the SQL is another database's.
 */
static void
check_provider(const FormatFile *lock)
{
	char	   *value;
	int			offset;

	if (format_ini_value(lock, "provider", &value, &offset) &&
		strcmp(value, "postgresql") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the migrations are written for \"%s\"", value),
				 errhint("Only those with the provider \"postgresql\" can be run."),
				 format_errplace(lock, offset)));
}

List *
prisma_read(const FormatFiles *files)
{
	List	   *migrations = NIL;

	for (int i = 0; i < files->count; i++)
	{
		const FormatFile *file = &files->file[i];
		const char *folder = file->folder;

		if (strcmp(file->base, "migration_lock.toml") == 0)
			check_provider(file);
		else if (strcmp(file->base, "migration.sql") != 0)
			require_beside(files, file, "migration.sql");
		else
			migrations = lappend(migrations,
								 read_folder(files, file, pstrdup(folder), folder + format_digits(folder)));
	}
	list_sort(migrations, compare_versions);
	return migrations;
}
