/*
 * note.h
 *	  Notes single objects as touched by the running migration.
 */
#ifndef NEON_MIGRATE_DRIFT_NOTE_H
#define NEON_MIGRATE_DRIFT_NOTE_H

extern void note_object(Oid class_id, Oid object_id);
extern void note_dependents(Oid class_id, Oid object_id);
extern void note_everything(void);
extern void statement_init(void);

#endif							/* NEON_MIGRATE_DRIFT_NOTE_H */
