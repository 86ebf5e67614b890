/*
 * gate.h
 *	  Decides whether a migration may run here and now.
 */
#ifndef NEON_MIGRATE_GATE_H
#define NEON_MIGRATE_GATE_H

#include "ledger.h"
#include "toplevel.h"

extern void gate_take(const Ledger *ledger);
extern void gate_enter(const Ledger *ledger, const char *function);
extern bool gate_try(void);
extern void gate_hold(TopLevel *top, Oid function);
extern void gate_release(void);
extern TimestampTz gate_call_started_at(const Ledger *ledger);
extern int	gate_holder_pid(const Ledger *ledger);

#endif							/* NEON_MIGRATE_GATE_H */
