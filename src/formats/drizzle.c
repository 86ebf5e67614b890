/*-------------------------------------------------------------------------
 *
 * drizzle.c
 *	  Drizzle: SQL files, and a journal that lists them in order.
 *
 *		meta/_journal.json
 *		0000_create_users.sql
 *
 * The statements in a file are set apart by "--> statement-breakpoint", and
 * may lack their semicolons.  There is no down SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "formats/format.h"
#include "formats/scan.h"

FormatFit
drizzle_fit(const FormatFile *file)
{
	if (strcmp(file->base, "_journal.json") == 0)
		return FIT_SURE;
	if (strcmp(file->folder, "meta") == 0 && format_has_suffix(file->base, "_snapshot.json"))
		return FIT_LIKELY;
	return format_has_suffix(file->base, ".sql") ? FIT_LIKELY : FIT_NO;
}

static bool
is_directive(const char *comment)
{
	return strncmp(comment, "--> statement-breakpoint", 24) == 0;
}

/*
 * Returns the string "key" of a JSON object, or NULL.
 */
static char *
string_of(JsonbContainer *object, const char *key)
{
	JsonbValue	name = {.type = jbvString};
	JsonbValue *value;

	name.val.string.val = unconstify(char *, key);
	name.val.string.len = strlen(key);
	value = findJsonbValueFromContainer(object, JB_FOBJECT, &name);
	if (value == NULL || value->type != jbvString)
		return NULL;
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static void
raise_invalid(const FormatFile *journal, const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("file \"%s\" is not a journal of Drizzle", format_label(journal->path)),
			 errdetail("%s", problem),
			 errhint("Let drizzle-kit write it.")));
}

/*
 * Adds the journal's name to the errors of the JSON parser.
 */
static void
journal_callback(void *arg)
{
	errcontext("file \"%s\"", format_label(((const FormatFile *) arg)->path));
}

/*
 * Returns the journal's entries, a JSON array.
 */
static JsonbContainer *
read_entries(const FormatFile *journal)
{
	ErrorContextCallback callback = {
		.callback = journal_callback,.arg = unconstify(FormatFile *, journal),
		.previous = error_context_stack
	};
	Jsonb	   *json;
	JsonbValue	name = {.type = jbvString};
	JsonbValue *entries;
	char	   *dialect;

	error_context_stack = &callback;
	json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(journal->text)));
	error_context_stack = callback.previous;
	if (!JB_ROOT_IS_OBJECT(json))
		raise_invalid(journal, "It is not a JSON object.");
	dialect = string_of(&json->root, "dialect");
	if (dialect && strcmp(dialect, "postgresql") != 0 && strcmp(dialect, "pg") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the migrations are written for \"%s\"", format_label(dialect)),
				 errdetail("File \"%s\" says so.", format_label(journal->path)),
				 errhint("Only those of the dialect \"postgresql\" can be run.")));
	name.val.string.val = "entries";
	name.val.string.len = 7;
	entries = findJsonbValueFromContainer(&json->root, JB_FOBJECT, &name);
	if (entries == NULL || entries->type != jbvBinary ||
		!JsonContainerIsArray(entries->val.binary.data))
		raise_invalid(journal, "It has no array \"entries\".");
	return entries->val.binary.data;
}

/*
 * Returns the file's text with a semicolon at each breakpoint.
 */
static char *
end_statements(const FormatFile *file)
{
	char	   *text = pstrdup(file->text);
	ListCell   *cell;

	foreach(cell, sql_directives(file->text, is_directive))
	{
		Region	   *directive = lfirst(cell);

		sql_blank(text, directive->start, directive->end);
		text[directive->start] = ';';
	}
	return text;
}

/*
 * Returns the path of the file that an entry of the journal stands for.
 */
static char *
path_of(const FormatFile *journal, const char *tag)
{
	/* beside the folder that the journal is in */
	int			length = journal->base - journal->path - strlen(journal->folder) - 1;

	return psprintf("%.*s%s.sql", Max(length, 0), journal->path, tag);
}

static FormatMigration *
read_entry(const FormatFiles *files, const FormatFile *journal, char *tag)
{
	char	   *path = path_of(journal, tag);
	const FormatFile *file = format_files_find(files, path);
	int			digits = format_digits(tag);
	FormatMigration *migration;

	migration = format_migration(file ? file : journal, tag,
								 format_description(tag + digits, strlen(tag) - digits));
	if (file)
		migration->up_sql = end_statements(file);
	else
		migration->missing = path;
	return migration;
}

/*
 * Raises 22023 if there is an SQL file that the journal does not list.
 */
static void
check_listed(const FormatFiles *files, const FormatFile *journal, const List *migrations)
{
	for (int i = 0; i < files->count; i++)
	{
		const FormatFile *file = &files->file[i];
		bool		listed = !format_has_suffix(file->base, ".sql");
		ListCell   *cell;

		foreach(cell, migrations)
			listed = listed || ((FormatMigration *) lfirst(cell))->up_file == file;
		if (!listed)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("file \"%s\" is not in the journal", format_label(file->path)),
					 errdetail("File \"%s\" lists the migrations.", format_label(journal->path)),
					 errhint("Let drizzle-kit generate it, or leave it out.")));
	}
}

List *
drizzle_read(const FormatFiles *files)
{
	const FormatFile *journal = format_files_index(files, "_journal.json");
	JsonbContainer *entries = read_entries(journal);
	List	   *migrations = NIL;

	for (uint32 i = 0; i < (uint32) JsonContainerSize(entries); i++)
	{
		JsonbValue *entry = getIthJsonbValueFromContainer(entries, i);
		char	   *tag = NULL;

		if (entry->type == jbvBinary && JsonContainerIsObject(entry->val.binary.data))
			tag = string_of(entry->val.binary.data, "tag");
		if (tag == NULL)
			raise_invalid(journal, psprintf("Entry number %u has no string \"tag\".", i + 1));
		migrations = lappend(migrations, read_entry(files, journal, tag));
	}
	check_listed(files, journal, migrations);
	return migrations;
}
