/*
 * live.h
 *	  What the catalogs say of a relation that exists, and how large it is.
 */
#ifndef NEON_MIGRATE_LINT_LIVE_H
#define NEON_MIGRATE_LINT_LIVE_H

#include "access/attnum.h"
#include "catalog/objectaddress.h"
#include "nodes/pg_list.h"

typedef struct LiveSize
{
	int64		bytes;			/* of rows, also those out of line */
	double		rows;			/* by estimate; -1 if there is none */
} LiveSize;

typedef struct LiveIndex
{
	Oid			oid;
	Oid			method;
	int			keys;
	AttrNumber	column[INDEX_MAX_KEYS]; /* 0 is an expression */
	Oid			opclass[INDEX_MAX_KEYS];
	bool		unique;
	bool		primary;
	bool		valid;
	bool		immediate;
	bool		partial;
	bool		expressions;
	bool		plain;			/* a B-tree with default operators, in ascending order */
} LiveIndex;

extern void live_measure(Oid relation, LiveSize *size);
extern int64 live_bytes(Oid relation);
extern bool live_may_hold_rows(Oid relation);
extern bool live_is_of_this_transaction(Oid relation);
extern List *live_indexes(Oid table);
extern bool live_is_checked_not_null(Oid table, AttrNumber column);
extern List *live_checks_of_columns(Oid table, const List *columns);
extern List *live_columns_of_check(Oid table, const char *name);
extern List *live_views_of_column(Oid relation, AttrNumber column);
extern List *live_dependents(Oid class_id, Oid object, int32 part);
extern Oid	live_relation_of(const ObjectAddress *address);
extern bool live_type_is_of_this_transaction(Oid type);
extern List *live_partition_key(Oid table);
extern bool live_has_policy(Oid table);
extern List *live_tables_of(Oid schema, Oid owner);
extern List *live_tables_of_type(Oid type);

#endif							/* NEON_MIGRATE_LINT_LIVE_H */
