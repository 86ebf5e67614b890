/*
 * ledger_append.h
 *	  Appends to the ledger of migrations.
 */
#ifndef NEON_MIGRATE_LEDGER_APPEND_H
#define NEON_MIGRATE_LEDGER_APPEND_H

#include "ledger.h"

extern void ledger_append(const Ledger *opened, LedgerEntry *entry, const LedgerEntry *prior);

#endif							/* NEON_MIGRATE_LEDGER_APPEND_H */
