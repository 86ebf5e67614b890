/*
 * migration.h
 *	  A migration as the caller handed it over.
 */
#ifndef NEON_MIGRATE_MIGRATION_H
#define NEON_MIGRATE_MIGRATION_H

#include "fmgr.h"
#include "utils/array.h"

#include "ledger.h"
#include "script.h"

/*
 * NULL means "not given" for all but the version.
 */
typedef struct Migration
{
	char	   *version;
	text	   *up_sql;
	text	   *down_sql;
	text	   *description;
	ArrayType  *depends_on;
	bool		from_folder;	/* it is as long on the pending list as it is in the folder */

	/* what they read as; NULL where they are NULL */
	Script	   *up;
	Script	   *down;
} Migration;

extern Migration *migration_from_args(FunctionCallInfo fcinfo, bool has_depends_on);
extern void migration_require_up(const Migration *migration);
extern Migration *migration_from_entry(const LedgerEntry *entry);
extern void migration_read(Migration *migration);
extern void migration_parse(Migration *migration);
extern void migration_free_scripts(Migration *migration);
extern bool migration_is_same_text(const Migration *a, const Migration *b);
extern bool migration_has_dependencies_of(const Migration *migration, const Migration *other);
extern List *migration_dependencies(const Migration *migration);
extern LedgerEntry *migration_to_entry(const Migration *migration, const char *action);

#endif							/* NEON_MIGRATE_MIGRATION_H */
