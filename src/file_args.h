/*
 * file_args.h
 *	  Arguments with an element for each file.
 */
#ifndef NEON_MIGRATE_FILE_ARGS_H
#define NEON_MIGRATE_FILE_ARGS_H

#include "fmgr.h"

extern Datum *file_args_paths(FunctionCallInfo fcinfo, int argno, int *count);
extern Datum *file_args_contents(FunctionCallInfo fcinfo, int argno, int *count);
extern Datum *file_args_checksums(FunctionCallInfo fcinfo, int argno, int *count);
extern void file_args_check_counts(int paths, int others, const char *name);

#endif							/* NEON_MIGRATE_FILE_ARGS_H */
