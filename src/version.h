/*
 * version.h
 *	  Names of migrations: what is a valid one, and their natural order.
 */
#ifndef NEON_MIGRATE_VERSION_H
#define NEON_MIGRATE_VERSION_H

#include "fmgr.h"

#define VERSION_MAX_BYTES 255

extern char *version_from_arg(FunctionCallInfo fcinfo, int argno);
extern void version_check(const char *version);
extern int	version_compare(const char *a, const char *b);

#endif							/* NEON_MIGRATE_VERSION_H */
