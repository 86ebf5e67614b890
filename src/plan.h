/*
 * plan.h
 *	  The order in which pending migrations are applied.
 */
#ifndef NEON_MIGRATE_PLAN_H
#define NEON_MIGRATE_PLAN_H

#include "ledger.h"

extern List *plan_pending(const Ledger *ledger, const char *target);

#endif							/* NEON_MIGRATE_PLAN_H */
