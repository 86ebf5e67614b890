/*
 * diagnosis.h
 *	  Says what went wrong on the server, and where in which file.
 */
#ifndef NEON_MIGRATE_DIAGNOSIS_H
#define NEON_MIGRATE_DIAGNOSIS_H

#include "libpq-fe.h"

#include "local_folder.h"

/*
 * What is known about where migrations come from; members can be NULL.
 */
typedef struct Origin
{
	const Folder *folder;
	const PGresult *files;		/* version, outcome, up_path, down_path */
} Origin;

extern const char *origin_path(const Origin *origin, const char *version, bool down);
extern void diagnosis_fail(PGconn *conn, const PGresult *result, const Origin *origin) __attribute__((noreturn));

#endif							/* NEON_MIGRATE_DIAGNOSIS_H */
