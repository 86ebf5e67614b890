/*
 * added.h
 *	  A unit to which parts were only added.
 */
#ifndef NEON_MIGRATE_DRIFT_ADDED_H
#define NEON_MIGRATE_DRIFT_ADDED_H

#include "nodes/pg_list.h"
#include "snapshot/snapshot.h"

extern List *added_note(List *added, bool is_column, Oid part);
extern void added_take_out(SchemaUnit *unit, List *added);

#endif							/* NEON_MIGRATE_DRIFT_ADDED_H */
