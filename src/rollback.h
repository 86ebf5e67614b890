/*
 * rollback.h
 *	  Undoes migrations.
 */
#ifndef NEON_MIGRATE_ROLLBACK_H
#define NEON_MIGRATE_ROLLBACK_H

#include "ledger.h"

extern LedgerEntry *rollback_lookup_applied(const Ledger *ledger, const char *version);
extern List *rollback_plan(const Ledger *ledger, int64 steps, int64 floor);
extern int	rollback_steps_arg(FunctionCallInfo fcinfo, int argno);
extern void rollback_check_has_down(const LedgerEntry *entry);
extern void rollback_check_dependents(const Ledger *ledger, const char *version);
extern LedgerEntry *rollback_entry(const LedgerEntry *latest, const char *action);

#endif							/* NEON_MIGRATE_ROLLBACK_H */
