/*
 * touched.h
 *	  Notes what a migration changes, and how that was before.
 */
#ifndef NEON_MIGRATE_DRIFT_TOUCHED_H
#define NEON_MIGRATE_DRIFT_TOUCHED_H

#include "snapshot/snapshot.h"

extern void touched_init(void);
extern void note_object(Oid class_id, Oid object_id);
extern void note_dependents(Oid class_id, Oid object_id);
extern void note_all_dependents(Oid class_id, Oid object_id);
extern void note_everything(void);
extern void touched_begin(Oid own_schema);
extern bool touched_is_noting(void);
extern void touched_end(void);
extern void touched_next(void);
extern void touched_assume(const SchemaUnit *before);
extern bool touched_compare(Oid own_schema, Snapshot snapshot, SchemaSnapshot **before,
							SchemaSnapshot **after);
extern bool touched_is_declared(const SchemaUnit *unit);

#endif							/* NEON_MIGRATE_DRIFT_TOUCHED_H */
