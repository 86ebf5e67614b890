/*
 * unit.h
 *	  Which unit of a snapshot an object is, or is a part of.
 */
#ifndef NEON_MIGRATE_SNAPSHOT_UNIT_H
#define NEON_MIGRATE_SNAPSHOT_UNIT_H

#include "catalog/objectaddress.h"
#include "utils/snapshot.h"

extern bool snapshot_is_part(Oid class_id);
extern bool snapshot_unit_of(Oid class_id, Oid object_id, Snapshot snapshot, ObjectAddress *unit);

#endif							/* NEON_MIGRATE_SNAPSHOT_UNIT_H */
