/*
 * table.h
 *	  Shows rows to a person.
 */
#ifndef NEON_MIGRATE_TABLE_H
#define NEON_MIGRATE_TABLE_H

#include "libpq-fe.h"

extern void table_print(const PGresult *result);

#endif							/* NEON_MIGRATE_TABLE_H */
