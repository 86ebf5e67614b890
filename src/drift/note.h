/*
 * note.h
 *	  Notes single objects as touched by the running migration.
 */
#ifndef NEON_MIGRATE_DRIFT_NOTE_H
#define NEON_MIGRATE_DRIFT_NOTE_H

#include "nodes/nodes.h"

extern void note_object(Oid class_id, Oid object_id);
extern void note_dependents(Oid class_id, Oid object_id);
extern void note_everything(void);
extern void statement_see_utility(Node *stmt);

#endif							/* NEON_MIGRATE_DRIFT_NOTE_H */
