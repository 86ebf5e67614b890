/*
 * folder.h
 *	  The folder of migration files registered last.
 */
#ifndef NEON_MIGRATE_FOLDER_H
#define NEON_MIGRATE_FOLDER_H

#include "utils/array.h"

#include "ledger_access.h"

extern bool folder_find(const Ledger *ledger, Datum checksum, int64 *seq);
extern ArrayType *folder_versions(const Ledger *ledger, Datum checksum);
extern void folder_record(const Ledger *ledger, Datum checksum, const char *format,
						  ArrayType *versions, int64 seq);
extern void folder_renew(const Ledger *ledger, Datum checksum, int64 seq);
extern void folder_forget(const Ledger *ledger);

#endif							/* NEON_MIGRATE_FOLDER_H */
