/*
 * registry.h
 *	  The pending list.
 */
#ifndef NEON_MIGRATE_REGISTRY_H
#define NEON_MIGRATE_REGISTRY_H

#include "migration.h"

extern const char *registry_put(const Ledger *ledger, Migration *migration);

#endif							/* NEON_MIGRATE_REGISTRY_H */
