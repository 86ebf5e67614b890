/*
 * merge.h
 *	  Properties of two descriptions: what differs, and how one change is made
 *	  to another description.
 */
#ifndef NEON_MIGRATE_DRIFT_MERGE_H
#define NEON_MIGRATE_DRIFT_MERGE_H

#include "snapshot/snapshot.h"

extern SchemaUnit *merge_unit(const SchemaUnit *expected, const SchemaUnit *before,
							  const SchemaUnit *after, bool declared);
extern bool property_in(const char *property, int length, const char *definition);
extern bool property_is_order(const char *property);
extern bool property_is_attached(const char *property);
extern int	property_key_length(const char *property, int length);

#endif							/* NEON_MIGRATE_DRIFT_MERGE_H */
