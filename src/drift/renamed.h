/*
 * renamed.h
 *	  Whether the running command gives an object another name or schema.
 */
#ifndef NEON_MIGRATE_DRIFT_RENAMED_H
#define NEON_MIGRATE_DRIFT_RENAMED_H

extern bool renamed_now(Oid class_id, Oid object_id, int sub_id);

#endif							/* NEON_MIGRATE_DRIFT_RENAMED_H */
