/*
 * resumed.h
 *	  What a statement touched that was interrupted in another session.
 */
#ifndef NEON_MIGRATE_DRIFT_RESUMED_H
#define NEON_MIGRATE_DRIFT_RESUMED_H

#include "ledger_access.h"
#include "nodes/nodes.h"

extern void resumed_statement(const Ledger *ledger, Node *stmt);

#endif							/* NEON_MIGRATE_DRIFT_RESUMED_H */
