/*
 * dependents.h
 *	  What refers to an object.
 */
#ifndef NEON_MIGRATE_DRIFT_DEPENDENTS_H
#define NEON_MIGRATE_DRIFT_DEPENDENTS_H

#include "nodes/pg_list.h"

extern List *dependents_of(Oid class_id, Oid object_id, bool all);
extern List *dependents_of_columns(Oid relation);

#endif							/* NEON_MIGRATE_DRIFT_DEPENDENTS_H */
