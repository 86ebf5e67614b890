/*
 * local_folder.h
 *	  The files in the folder of migrations.
 */
#ifndef NEON_MIGRATE_LOCAL_FOLDER_H
#define NEON_MIGRATE_LOCAL_FOLDER_H

#define CHECKSUM_LENGTH 32		/* SHA-256 */

typedef struct FolderFile
{
	char	   *path;			/* relative to the folder */
	char	   *contents;
	size_t		length;
} FolderFile;

typedef struct Folder
{
	const char *dir;			/* "" if the paths need none */
	FolderFile *files;			/* by path, in byte order */
	int			count;
	int			allocated;
} Folder;

extern bool folder_read(Folder *folder, const char *dir, bool needed);
extern void folder_read_files(Folder *folder, char **paths, int count);
extern void folder_check(const Folder *folder);
extern void folder_checksum(const Folder *folder, const char *format, uint8 *checksum);
extern void folder_file_checksum(const FolderFile *file, uint8 *checksum);
extern char *folder_path(const Folder *folder, const char *path);
extern char *folder_line(const Folder *folder, const char *path, int line);

#endif							/* NEON_MIGRATE_LOCAL_FOLDER_H */
