/*
 * names.h
 *	  Names of objects, looked up once each.
 */
#ifndef NEON_MIGRATE_SNAPSHOT_NAMES_H
#define NEON_MIGRATE_SNAPSHOT_NAMES_H

#include "snapshot/collector.h"

/*
 * What columns need to know of their type.
 */
typedef struct TypeNote
{
	const char *name;			/* with the modifier */
	Oid			collation;		/* by default */
	char		storage;
} TypeNote;

extern const char *name_of_schema(Collector *c, Oid schema);
extern bool schema_is_left_out(Collector *c, Oid schema);
extern const char *name_of_role(Collector *c, Oid role);
extern const char *name_of_type(Collector *c, Oid type, int32 typmod);
extern const char *name_of(Collector *c, Oid class_id, Oid object_id);
extern const char *name_of_relation(Collector *c, Oid relation);
extern const char *name_of_column(Collector *c, Oid relation, AttrNumber column);
extern const char *name_of_opclass(Collector *c, Oid opclass, Oid type);
extern const char *name_qualified(Collector *c, Oid schema, const char *name);
extern const TypeNote *type_note(Collector *c, Oid type, int32 typmod);
extern Oid	default_collation_of(Collector *c, Oid type);

#endif							/* NEON_MIGRATE_SNAPSHOT_NAMES_H */
