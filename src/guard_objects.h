/*
 * guard_objects.h
 *	  Which objects a DDL statement has changed.
 */
#ifndef NEON_MIGRATE_GUARD_OBJECTS_H
#define NEON_MIGRATE_GUARD_OBJECTS_H

#include "nodes/pg_list.h"

extern List *guard_objects_changed(void);
extern List *guard_objects_dropped(const char *command);

#endif							/* NEON_MIGRATE_GUARD_OBJECTS_H */
