/*-------------------------------------------------------------------------
 *
 * files.c
 *	  The files of a call: paths made alike, contents without byte order mark.
 *
 * Files are kept in the order of their paths, so that what comes out of them,
 * errors too, does not depend on the order in which the caller found them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "formats/format.h"

/* A longer path is shown without its beginning. */
#define MAX_LABEL 200

/*
 * Returns the path in the form that all paths are compared in.
 */
static char *
clean_path(char *path)
{
	char	   *to = path;

	for (const char *from = path; *from;)
	{
		char		c = *from == '\\' ? '/' : *from;

		/* at the start of a part: skip "./" and, but for a leading one, "/" */
		if (to == path || to[-1] == '/')
		{
			if (from[0] == '.' && (from[1] == '/' || from[1] == '\\'))
			{
				from += 2;
				continue;
			}
			if (c == '/' && from > path)
			{
				from++;
				continue;
			}
		}
		*to++ = c;
		from++;
	}
	*to = '\0';
	return path;
}

/*
 * Sets the last part of the file's path, and the one before.
 */
static void
split_path(FormatFile *file)
{
	const char *slash = strrchr(file->path, '/');
	const char *start = slash;

	file->base = slash ? slash + 1 : file->path;
	if (slash == NULL)
	{
		file->folder = "";
		return;
	}
	while (start > file->path && start[-1] != '/')
		start--;
	file->folder = pnstrdup(start, slash - start);
}

/*
 * Is it a file that people keep beside migrations?
 */
static bool
is_ignored(const FormatFile *file)
{
	return file->base[0] == '.' ||
		format_has_suffix(file->base, ".md") || strcmp(file->base, "README") == 0;
}

static int
compare_paths(const void *a, const void *b)
{
	return strcmp(((const FormatFile *) a)->path, ((const FormatFile *) b)->path);
}

/*
 * Makes the set of files out of the elements of two arrays.
 */
void
format_files_make(FormatFiles *files, Datum *paths, Datum *contents, int count)
{
	files->count = 0;
	files->file = palloc_extended(sizeof(FormatFile) * Max(count, 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < count; i++)
	{
		FormatFile *file = &files->file[files->count];
		char	   *content;

		file->given = TextDatumGetCString(paths[i]);
		file->path = clean_path(TextDatumGetCString(paths[i]));
		split_path(file);
		if (file->base[0] == '\0')
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" is not the path of a file", format_label(file->path)),
					 errdetail("It is path number %d.", i + 1),
					 errhint("Pass the paths of the files, each with its name at the end.")));
		if (is_ignored(file))
			continue;
		content = TextDatumGetCString(contents[i]);
		file->text = strncmp(content, "\xEF\xBB\xBF", 3) == 0 ? content + 3 : content;
		files->count++;
	}
	qsort(files->file, files->count, sizeof(FormatFile), compare_paths);
	for (int i = 1; i < files->count; i++)
		if (strcmp(files->file[i - 1].path, files->file[i].path) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("file \"%s\" is given twice", format_label(files->file[i].path)),
					 errhint("Pass each file once.")));
}

/*
 * Returns the file with this path, or NULL.
 */
const FormatFile *
format_files_find(const FormatFiles *files, const char *path)
{
	FormatFile	key = {.path = path};

	return bsearch(&key, files->file, files->count, sizeof(FormatFile), compare_paths);
}

/*
 * Returns the path of the folder that the first "length" bytes of a path lead
 * to, with '/' at its end; "" is where all paths begin.
 */
static char *
folder_path(const char *path, int length)
{
	while (length > 0 && path[length - 1] != '/')
		length--;
	return pnstrdup(path, length);
}

static int
compare_folders(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/*
 * Is one of the folders above the file's own among "folders"?
 */
static bool
is_below(const FormatFile *file, char **folders, int count)
{
	int			length = file->base - file->path;

	while (length > 0)
	{
		char	   *folder = folder_path(file->path, length - 1);
		bool		found;

		length = strlen(folder);
		found = bsearch(&folder, folders, count, sizeof(char *), compare_folders) != NULL;
		pfree(folder);
		if (found)
			return true;
	}
	return false;
}

/*
 * Takes those files out that are in a folder below one with SQL files: what is
 * kept there is not part of the set for the tools that read one folder.
 */
void
format_files_drop_nested(FormatFiles *files)
{
	char	  **folders = palloc_extended(sizeof(char *) * Max(files->count, 1), MCXT_ALLOC_HUGE);
	int			nfolders = 0,
				kept = 0;
	const char *first = NULL;

	for (int i = 0; i < files->count; i++)
	{
		const FormatFile *file = &files->file[i];

		if (format_has_suffix(file->base, ".sql"))
			folders[nfolders++] = folder_path(file->path, file->base - file->path);
	}
	qsort(folders, nfolders, sizeof(char *), compare_folders);
	for (int i = 0; i < files->count; i++)
	{
		FormatFile *file = &files->file[i];

		if (!is_below(file, folders, nfolders))
			files->file[kept++] = *file;
		else if (first == NULL)
			first = file->path;
	}
	if (kept < files->count)
		ereport(NOTICE,
				(errmsg_plural("%d file in a folder below the migrations is passed over",
							   "%d files in folders below the migrations are passed over",
							   files->count - kept, files->count - kept),
				 errdetail("The first one is \"%s\".", format_label(first))));
	files->count = kept;
}

/*
 * Returns the file of this name, in whatever folder, or NULL.  Raises 22023 if
 * there are several.
 */
const FormatFile *
format_files_index(const FormatFiles *files, const char *base)
{
	const FormatFile *found = NULL;

	for (int i = 0; i < files->count; i++)
	{
		const FormatFile *file = &files->file[i];

		if (strcmp(file->base, base) != 0)
			continue;
		if (found != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("there are two files \"%s\"", base),
					 errdetail("They are \"%s\" and \"%s\".",
							   format_label(found->path), format_label(file->path)),
					 errhint("Register each set of migrations with a call of its own.")));
		found = file;
	}
	return found;
}

/*
 * Returns the path as it is shown in messages.
 */
const char *
format_label(const char *path)
{
	int			length = strlen(path);
	const char *from = path;

	if (length <= MAX_LABEL)
		return path;
	while (from < path + length - MAX_LABEL)
		from += pg_mblen(from);
	return psprintf("...%s", from);
}

/*
 * Returns bytes of the file's text as they are shown in messages.
 */
const char *
format_excerpt(const FormatFile *file, int start, int end)
{
	char	   *excerpt = format_trimmed(file->text + start, end - start);
	int			length = strlen(excerpt);

	if (length <= MAX_LABEL)
		return excerpt;
	return psprintf("%.*s...", pg_mbcliplen(excerpt, length, MAX_LABEL), excerpt);
}

/*
 * For use in ereport(): the error is at byte "offset" of the file's text.
 */
int
format_errplace(const FormatFile *file, int offset)
{
	const char *line_start = file->text;
	int			line = 1;

	for (const char *p = file->text; p < file->text + offset; p++)
		if (*p == '\n')
		{
			line++;
			line_start = p + 1;
		}
	errcontext("file \"%s\", line %d, column %d", format_label(file->path), line,
			   pg_mbstrlen_with_len(line_start, file->text + offset - line_start) + 1);
	return 0;
}

static void
context_callback(void *arg)
{
	const FormatMigration *migration = arg;

	if (migration->down_file && migration->down_file != migration->up_file)
		errcontext("file \"%s\" (up) and \"%s\" (down)", format_label(migration->up_file->path),
				   format_label(migration->down_file->path));
	else
		errcontext("file \"%s\"", format_label(migration->up_file->path));
}

/*
 * Makes errors from here on name the migration's files, until
 * format_context_pop().
 */
void
format_context_push(FormatContext *context, FormatMigration *migration)
{
	context->callback.callback = context_callback;
	context->callback.arg = migration;
	context->callback.previous = error_context_stack;
	error_context_stack = &context->callback;
}

void
format_context_pop(FormatContext *context)
{
	Assert(error_context_stack == &context->callback);
	error_context_stack = context->callback.previous;
}
