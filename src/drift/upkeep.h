/*
 * upkeep.h
 *	  Keeps the expected schema up to date while migrations run.
 */
#ifndef NEON_MIGRATE_DRIFT_UPKEEP_H
#define NEON_MIGRATE_DRIFT_UPKEEP_H

#include "ledger_access.h"
#include "nodes/nodes.h"

extern void upkeep_begin(const Ledger *ledger);
extern void upkeep_record(const Ledger *ledger, const char *version);
extern void upkeep_resumed(const Ledger *ledger, Node *stmt);
extern void upkeep_end(void);
extern void upkeep_take_over(const Ledger *ledger);
extern void upkeep_accept(const Ledger *ledger, const char *version);

#endif							/* NEON_MIGRATE_DRIFT_UPKEEP_H */
