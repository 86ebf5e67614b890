/*
 * file_store.h
 *	  The contents of the files registered last, by their checksums.
 */
#ifndef NEON_MIGRATE_FILE_STORE_H
#define NEON_MIGRATE_FILE_STORE_H

#include "ledger_access.h"

extern Datum *file_store_keep(const Ledger *ledger, Datum *checksums, int count);

#endif							/* NEON_MIGRATE_FILE_STORE_H */
