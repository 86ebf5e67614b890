/*
 * register_files.h
 *	  Registers the migrations in files.
 */
#ifndef NEON_MIGRATE_REGISTER_FILES_H
#define NEON_MIGRATE_REGISTER_FILES_H

#include "compat.h"
#include "formats/format.h"

/*
 * The files of a call, and what is in them.
 */
typedef struct MigrationFiles
{
	FormatFiles files;
	const Format *format;		/* NULL if there are no files that count */
	List	   *migrations;		/* FormatMigration *, in the order of the format */
	bool		is_folder;		/* they are all that there is */
} MigrationFiles;

extern void register_files_read(MigrationFiles *set, Datum *paths, Datum *contents, int count,
								const char *format);
extern void register_files_put(MigrationFiles *set, const Ledger *ledger, ReturnSetInfo *result);

#endif							/* NEON_MIGRATE_REGISTER_FILES_H */
