/*
 * definition.h
 *	  The list of registered migrations.
 */
#ifndef NEON_MIGRATE_DEFINITION_H
#define NEON_MIGRATE_DEFINITION_H

#include "migration.h"

extern Migration *definition_lookup(const Ledger *ledger, const char *version);
extern void definition_put(const Ledger *ledger, const Migration *migration, bool by_run);
extern bool definition_delete(const Ledger *ledger, const char *version);
extern void definition_settle(Oid table, const char *version, bool pending);
extern List *definition_pending(const Ledger *ledger);
extern int64 definition_pending_count(const Ledger *ledger);

#endif							/* NEON_MIGRATE_DEFINITION_H */
