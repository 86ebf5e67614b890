/*
 * apply.h
 *	  Applies one migration.
 */
#ifndef NEON_MIGRATE_APPLY_H
#define NEON_MIGRATE_APPLY_H

#include "migration.h"

extern const char *apply_amend(const Ledger *ledger, Migration *migration,
							   const LedgerEntry *latest, bool new_up_sql);
extern bool apply_same_up_sql(const Migration *migration, const LedgerEntry *entry);
extern bool apply_is_news(const Migration *migration, const LedgerEntry *entry);
extern const char *apply_to_applied(const Ledger *ledger, Migration *migration,
									const LedgerEntry *latest);
extern void apply_check_order(const Ledger *ledger, const Migration *migration,
							  const LedgerEntry *tail);
extern void apply_check_finished(const Ledger *ledger, const char *version,
								 const LedgerEntry *latest);
extern void apply_check_resumable(const Ledger *ledger, const Migration *migration,
								  const LedgerEntry *latest);
extern void apply_check_dependencies(const Ledger *ledger, const Migration *migration);
extern void apply_run_up(const Ledger *ledger, Migration *migration, const LedgerEntry *latest,
						 const char *instead, bool anew);

#endif							/* NEON_MIGRATE_APPLY_H */
