/*
 * snapshot.h
 *	  One canonical description of the schema.
 *
 * A snapshot is a list of units: what can be made and dropped on its own, such
 * as a table or a function.  A unit is a list of rows: first the unit itself,
 * then what is a part of it, such as a table's columns and constraints.  A
 * row's definition is a list of properties, a line each; what is long goes on
 * in lines that begin with a tab.
 */
#ifndef NEON_MIGRATE_SNAPSHOT_SNAPSHOT_H
#define NEON_MIGRATE_SNAPSHOT_SNAPSHOT_H

#include "catalog/objectaddress.h"
#include "common/sha2.h"
#include "lib/stringinfo.h"
#include "utils/snapshot.h"

/* The form of the descriptions; raise it when they change. */
#define SNAPSHOT_FORMAT 1

typedef struct SchemaRow
{
	const char *kind;
	const char *name;			/* within its unit, quoted; "" for the unit itself */
	const char *definition;
	Oid			part;			/* what it is, within its unit and kind; 0 if not known */
} SchemaRow;

typedef struct SchemaUnit
{
	Oid			class_id;		/* what it is, unless it was read from a table */
	Oid			object_id;
	const char *kind;
	const char *identity;
	int			rows;
	int			room;
	SchemaRow  *row;			/* the first is the unit itself */
} SchemaUnit;

typedef struct SchemaSnapshot
{
	int			units;
	int			room;
	SchemaUnit **unit;			/* sorted by kind and identity */
} SchemaSnapshot;

/* in snapshot.c */
extern SchemaSnapshot *snapshot_take(Oid own_schema, Snapshot snapshot);
extern SchemaSnapshot *snapshot_take_without(Oid own_schema, Snapshot snapshot, List *schemas);
extern SchemaSnapshot *snapshot_take_of(Oid own_schema, Snapshot snapshot, List *addresses);
extern void snapshot_sort(SchemaSnapshot *snapshot);
extern int	snapshot_compare_units(const SchemaUnit *a, const SchemaUnit *b);
extern SchemaUnit **snapshot_position(const SchemaSnapshot *snapshot, const char *kind,
									  const char *identity);

/* in row.c */
extern SchemaRow *snapshot_add_row(SchemaUnit *unit, const char *kind, const char *name,
								   const char *definition);
extern void snapshot_add_unit(SchemaSnapshot *snapshot, SchemaUnit *unit);
extern SchemaUnit *snapshot_copy_unit(const SchemaUnit *unit);
extern SchemaRow *snapshot_find_row(const SchemaUnit *unit, const char *kind, const char *name);
extern void snapshot_sort_rows(SchemaUnit *unit);
extern char *snapshot_row_identity(const SchemaUnit *unit, const SchemaRow *row);
extern int	snapshot_schema_length(const SchemaUnit *unit);
extern const char *snapshot_next_property(const char *property, int *length);

#endif							/* NEON_MIGRATE_SNAPSHOT_SNAPSHOT_H */
