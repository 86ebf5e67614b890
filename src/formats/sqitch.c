/*-------------------------------------------------------------------------
 *
 * sqitch.c
 *	  sqitch: a plan, and folders of scripts for psql.
 *
 *		sqitch.plan
 *		deploy/users.sql, revert/users.sql, verify/users.sql
 *
 * The changes are applied in the order of the plan.  BEGIN and COMMIT around a
 * script are taken out without a word, as nearly every script has them; what
 * else only psql can do is refused as it is in any migration.  Verify scripts
 * are not run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "formats/scan.h"
#include "formats/sqitch.h"

FormatFit
sqitch_fit(const FormatFile *file)
{
	static const char *const folders[] = {"deploy/", "revert/", "verify/"};

	if (strcmp(file->base, "sqitch.plan") == 0 || strcmp(file->base, "sqitch.conf") == 0)
		return FIT_SURE;
	if (!format_has_suffix(file->base, ".sql"))
		return FIT_NO;
	for (int i = 0; i < (int) lengthof(folders); i++)
	{
		const char *found = strstr(file->path, folders[i]);

		if (found && (found == file->path || found[-1] == '/'))
			return FIT_LIKELY;
	}
	return FIT_NO;
}

/*
 * Is the statement this word, with or without WORK or TRANSACTION after it?
 */
static bool
is_word(const char *text, const Region *statement, const char *word)
{
	char	   *words = format_trimmed(text + statement->start, statement->end - statement->start);
	int			length = strlen(word);
	const char *rest = words + length;

	if (pg_strncasecmp(words, word, length) != 0 || !strchr(" \t\r\n;", *rest))
		return false;
	rest += strspn(rest, " \t\r\n");
	if (pg_strncasecmp(rest, "work", 4) == 0)
		rest += 4;
	else if (pg_strncasecmp(rest, "transaction", 11) == 0)
		rest += 11;
	rest += strspn(rest, " \t\r\n");
	return *rest == ';' || *rest == '\0';
}

/*
 * Returns the script's text without BEGIN as its first and COMMIT as its last
 * statement.
 */
static char *
without_transaction(const FormatFile *script)
{
	char	   *text = pstrdup(script->text);
	SqlScan		scan;
	Region		first,
				last,
				next;

	sql_scan_begin(&scan, text, 0);
	if (!sql_scan_statement(&scan, &first) || !is_word(text, &first, "begin"))
		return text;
	last = first;
	while (sql_scan_statement(&scan, &next))
		last = next;
	if (is_word(text, &last, "commit"))
	{
		sql_blank(text, first.start, first.end);
		sql_blank(text, last.start, last.end);
	}
	return text;
}

/*
 * Returns the script of a change in a folder beside the plan, or NULL; sets the
 * path of the one that there should be.
 */
static const FormatFile *
find_script(const FormatFiles *files, const FormatFile *plan, const char *folder,
			const SqitchChange *change, char **path)
{
	ListCell   *cell;

	foreach(cell, change->files)
	{
		const FormatFile *file;

		*path = format_beside(plan, psprintf("%s/%s.sql", folder, (char *) lfirst(cell)));
		file = format_files_find(files, *path);
		if (file)
			return file;
	}
	*path = format_beside(plan, psprintf("%s/%s.sql", folder, (char *) linitial(change->files)));
	return NULL;
}

static FormatMigration *
read_change(const FormatFiles *files, const FormatFile *plan, SqitchChange *change, bool *used)
{
	char	   *deploy_path,
			   *path;
	const FormatFile *deploy = find_script(files, plan, "deploy", change, &deploy_path);
	const FormatFile *revert = find_script(files, plan, "revert", change, &path);
	FormatMigration *migration;

	migration = format_migration(deploy ? deploy : plan, change->version, change->note);
	migration->requires = change->requires;
	migration->conflicts = change->conflicts;
	if (deploy)
	{
		migration->up_sql = without_transaction(deploy);
		used[deploy - files->file] = true;
	}
	else
		migration->missing = deploy_path;
	if (revert)
	{
		migration->down_file = revert;
		migration->down_sql = without_transaction(revert);
		used[revert - files->file] = true;
	}
	return migration;
}

List *
sqitch_read(const FormatFiles *files)
{
	const FormatFile *plan = format_files_index(files, "sqitch.plan");
	bool	   *used = palloc0(sizeof(bool) * files->count);
	List	   *migrations = NIL;
	ListCell   *cell;

	foreach(cell, sqitch_plan_read(plan))
		migrations = lappend(migrations, read_change(files, plan, lfirst(cell), used));
	for (int i = 0; i < files->count; i++)
	{
		const char *rest = files->file[i].path + (plan->base - plan->path);

		if (!used[i] && (strncmp(rest, "deploy/", 7) == 0 || strncmp(rest, "revert/", 7) == 0))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("file \"%s\" is not in the plan", format_label(files->file[i].path)),
					 errdetail("File \"%s\" lists the changes.", format_label(plan->path)),
					 errhint("Add the change with \"sqitch add\", or leave the file out.")));
	}
	return migrations;
}
