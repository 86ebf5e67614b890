/*-------------------------------------------------------------------------
 *
 * local_folder.c
 *	  The files in the folder of migrations.
 *
 * All of them are read, in subfolders, too; what they mean is for the server
 * to say.  Passed over are names that begin with a point, and those that
 * editors give to their copies.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "pqexpbuffer.h"

#include "local_folder.h"
#include "message.h"

#define DEEPEST 32				/* folders in folders; symbolic links can be circular */
#define LARGEST_FILE ((size_t) 1000 * 1000 * 1000)	/* a value has to fit into 1 GB */
#define READ_AT_ONCE 65536

static void
fail(const Folder *folder, const char *path, const char *what, const char *hint)
{
	Problem		problem = {
		.exit_code = EXIT_ERROR,
		.message = what,
		.hint = hint,
		.file = folder_path(folder, path),
	};

	message_fail_problem(&problem);
}

/*
 * Returns the path as a person would type it.
 */
char *
folder_path(const Folder *folder, const char *path)
{
	size_t		length = strlen(folder->dir);

	if (length == 0)
		return pg_strdup(path);
	while (length > 1 && folder->dir[length - 1] == '/')
		length--;
	return psprintf("%.*s/%s", (int) length, folder->dir, path);
}

/*
 * Reads what is left of a file that is longer than the first read.
 */
static void
read_rest(const Folder *folder, FolderFile *file, int descriptor)
{
	size_t		allocated = file->length * 2;
	ssize_t		got;

	file->contents = pg_realloc(file->contents, allocated + 1);
	while ((got = read(descriptor, file->contents + file->length, allocated - file->length)) > 0)
	{
		file->length += got;
		if (file->length >= LARGEST_FILE)
			fail(folder, file->path, "the file is larger than 1 GB, which PostgreSQL cannot take as one migration",
				 "Split it, or load its data in another way.");
		if (file->length == allocated)
		{
			allocated *= 2;
			file->contents = pg_realloc(file->contents, allocated + 1);
		}
	}
	if (got < 0)
		fail(folder, file->path, psprintf("could not read file: %s", strerror(errno)), NULL);
}

static void
read_file(const Folder *folder, int parent, const char *name, FolderFile *file)
{
	static char buffer[READ_AT_ONCE];
	int			descriptor = openat(parent, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t		got;

	if (descriptor < 0)
		fail(folder, file->path, psprintf("could not open file: %s", strerror(errno)), NULL);
	got = read(descriptor, buffer, sizeof(buffer));
	if (got < 0)
		fail(folder, file->path, psprintf("could not read file: %s", strerror(errno)), NULL);
	file->contents = pg_malloc(got + 1);
	file->length = got;
	memcpy(file->contents, buffer, got);
	if (got == sizeof(buffer))
		read_rest(folder, file, descriptor);
	file->contents[file->length] = '\0';
	close(descriptor);
}

static bool
is_passed_over(const char *name)
{
	return name[0] == '.' || name[0] == '#' || name[strlen(name) - 1] == '~';
}

static FolderFile *
add_file(Folder *folder)
{
	if (folder->count == folder->allocated)
	{
		folder->allocated = folder->allocated ? folder->allocated * 2 : 256;
		folder->files = pg_realloc(folder->files, folder->allocated * sizeof(FolderFile));
	}
	memset(&folder->files[folder->count], 0, sizeof(FolderFile));
	return &folder->files[folder->count++];
}

/*
 * Returns the type of an entry, following symbolic links.
 */
static mode_t
entry_type(const Folder *folder, int parent, const struct dirent *entry, const char *path)
{
	struct stat status;

	if (entry->d_type == DT_REG)
		return S_IFREG;
	if (entry->d_type == DT_DIR)
		return S_IFDIR;
	if (fstatat(parent, entry->d_name, &status, 0) != 0)
		fail(folder, path, psprintf("could not look at file: %s", strerror(errno)), NULL);
	return status.st_mode & S_IFMT;
}

/*
 * Reads a folder, whose path relative to the whole is "prefix", and what is
 * below it.  Closes the descriptor.
 */
static void
read_tree(Folder *folder, int descriptor, const char *prefix, int depth)
{
	DIR		   *stream = fdopendir(descriptor);
	struct dirent *entry;

	if (stream == NULL)
		fail(folder, prefix, psprintf("could not read folder: %s", strerror(errno)), NULL);
	while (errno = 0, (entry = readdir(stream)) != NULL)
	{
		char	   *path;

		if (is_passed_over(entry->d_name))
			continue;
		path = prefix[0] ? psprintf("%s/%s", prefix, entry->d_name) : pg_strdup(entry->d_name);
		switch (entry_type(folder, descriptor, entry, path))
		{
			case S_IFREG:
				{
					FolderFile *file = add_file(folder);

					file->path = path;
					read_file(folder, descriptor, entry->d_name, file);
					break;
				}
			case S_IFDIR:
				{
					int			below = openat(descriptor, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

					if (below < 0)
						fail(folder, path, psprintf("could not open folder: %s", strerror(errno)), NULL);
					if (depth >= DEEPEST)
						fail(folder, path, "folders are nested too deeply",
							 "Perhaps a symbolic link leads back to a folder above it.");
					read_tree(folder, below, path, depth + 1);
					free(path);
					break;
				}
			default:
				fail(folder, path, "this is neither a file nor a folder", NULL);
		}
	}
	if (errno != 0)
		fail(folder, prefix, psprintf("could not read folder: %s", strerror(errno)), NULL);
	closedir(stream);
}

static int
compare_files(const void *a, const void *b)
{
	return strcmp(((const FolderFile *) a)->path, ((const FolderFile *) b)->path);
}

/*
 * Reads all files.  Returns false if there is no such folder, or nothing in
 * it, and it is not needed.
 */
bool
folder_read(Folder *folder, const char *dir, bool needed)
{
	int			descriptor = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*folder = (Folder) {.dir = dir};
	if (descriptor < 0 && errno == ENOENT && !needed)
		return false;
	if (descriptor < 0)
		message_fail(EXIT_ERROR, psprintf("could not open folder \"%s\": %s", dir, strerror(errno)),
					 "Name the folder of the migrations with --dir DIR, or make one with neon_migrate init.");
	read_tree(folder, descriptor, "", 0);
	if (folder->count == 0 && needed)
		message_fail(EXIT_ERROR, psprintf("there is no migration in folder \"%s\"", dir),
					 "Make one with neon_migrate new NAME, or name another folder with --dir DIR.");
	qsort(folder->files, folder->count, sizeof(FolderFile), compare_files);
	return folder->count > 0;
}

/*
 * Reads files that are named one by one.  Their paths are as given.
 */
void
folder_read_files(Folder *folder, char **paths, int count)
{
	*folder = (Folder) {.dir = ""};
	for (int i = 0; i < count; i++)
	{
		FolderFile *file = add_file(folder);

		file->path = paths[i];
		read_file(folder, AT_FDCWD, paths[i], file);
	}
	qsort(folder->files, folder->count, sizeof(FolderFile), compare_files);
}

/*
 * Raises an error if a file is no text in UTF-8.
 */
void
folder_check(const Folder *folder)
{
	for (int i = 0; i < folder->count; i++)
	{
		const FolderFile *file = &folder->files[i];
		int			valid = pg_encoding_verifymbstr(PG_UTF8, file->contents, (int) file->length);
		int			line = 1;

		if (!pg_encoding_verifymbstr(PG_UTF8, file->path, strlen(file->path)) ||
			pg_encoding_verifymbstr(PG_UTF8, file->path, strlen(file->path)) != (int) strlen(file->path))
			fail(folder, file->path, "the name of the file is not in UTF-8", "Rename it.");
		if (valid == (int) file->length)
			continue;
		for (int offset = 0; offset < valid; offset++)
			line += file->contents[offset] == '\n';
		if (file->contents[valid] == '\0')
			fail(folder, file->path, psprintf("line %d of the file has a NUL byte", line),
				 file->length >= 2 && (memcmp(file->contents, "\xFF\xFE", 2) == 0 || memcmp(file->contents, "\xFE\xFF", 2) == 0) ?
				 "It is in UTF-16.  Save it in UTF-8." : "It should be text, in UTF-8.");
		fail(folder, file->path,
			 psprintf("line %d of the file is not in UTF-8: byte 0x%02x", line,
					  (unsigned char) file->contents[valid]),
			 file->length >= 2 && (memcmp(file->contents, "\xFF\xFE", 2) == 0 || memcmp(file->contents, "\xFE\xFF", 2) == 0) ?
			 "It is in UTF-16.  Save it in UTF-8." : "Save it in UTF-8.");
	}
}

static pg_cryptohash_ctx *
begin_checksum(void)
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);

	if (context == NULL || pg_cryptohash_init(context) < 0)
		message_fail(EXIT_ERROR, "could not compute a checksum", NULL);
	return context;
}

static void
add_to_checksum(pg_cryptohash_ctx *context, const void *data, size_t length)
{
	if (pg_cryptohash_update(context, data, length) < 0)
		message_fail(EXIT_ERROR, "could not compute a checksum", NULL);
}

static void
end_checksum(pg_cryptohash_ctx *context, uint8 *checksum)
{
	if (pg_cryptohash_final(context, checksum, CHECKSUM_LENGTH) < 0)
		message_fail(EXIT_ERROR, "could not compute a checksum", NULL);
	pg_cryptohash_free(context);
}

/*
 * Computes the checksum of the whole, as migrate_folder_known() wants it.
 */
void
folder_checksum(const Folder *folder, const char *format, uint8 *checksum)
{
	pg_cryptohash_ctx *context = begin_checksum();

	if (format == NULL)
		format = "";
	add_to_checksum(context, format, strlen(format) + 1);
	for (int i = 0; i < folder->count; i++)
	{
		const FolderFile *file = &folder->files[i];
		uint64		length = pg_hton64((uint64) file->length);

		add_to_checksum(context, file->path, strlen(file->path) + 1);
		add_to_checksum(context, &length, sizeof(length));
		add_to_checksum(context, file->contents, file->length);
	}
	end_checksum(context, checksum);
}

/*
 * Computes the checksum of a file's contents.
 */
void
folder_file_checksum(const FolderFile *file, uint8 *checksum)
{
	pg_cryptohash_ctx *context = begin_checksum();

	add_to_checksum(context, file->contents, file->length);
	end_checksum(context, checksum);
}

/*
 * Returns a line of a file, without its end, or NULL if there is none.
 */
char *
folder_line(const Folder *folder, const char *path, int line)
{
	FolderFile	wanted = {.path = unconstify(char *, path)};
	FolderFile *file;
	const char *start;

	if (folder->count == 0)
		return NULL;
	file = bsearch(&wanted, folder->files, folder->count, sizeof(FolderFile), compare_files);
	if (file == NULL)
		return NULL;
	start = file->contents;
	if (strncmp(start, "\xEF\xBB\xBF", 3) == 0)
		start += 3;
	while (--line > 0 && start)
	{
		start = strchr(start, '\n');
		if (start)
			start++;
	}
	return start ? pnstrdup(start, strcspn(start, "\r\n")) : NULL;
}
