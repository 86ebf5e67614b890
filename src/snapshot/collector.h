/*
 * collector.h
 *	  What the collectors of the families of catalogs share while a snapshot
 *	  is taken.
 */
#ifndef NEON_MIGRATE_SNAPSHOT_COLLECTOR_H
#define NEON_MIGRATE_SNAPSHOT_COLLECTOR_H

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_attribute.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/hsearch.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

#include "compat.h"
#include "snapshot/snapshot.h"

/*
 * A column of a relation.  What is NULL is as it is by default.
 */
typedef struct Column
{
	const char *name;			/* quoted; NULL if there is none of that number */
	Oid			type;
	int32		typmod;
	Oid			collation;
	bool		not_null;
	bool		inherited;		/* only */
	bool		from_parent;	/* inherited, also if declared besides */
	char		identity;
	char		generated;
	char		storage;
	char		compression;
	int			statistics;		/* -1 */
	const char *default_expr;
	const char *not_null_note;	/* of its constraint, from 18 on */
	const char *options;
	const char *fdw_options;
	struct RelationEntry *sequence; /* of an identity column */
	Acl		   *acl;
} Column;

/*
 * A relation.
 */
typedef struct RelationEntry
{
	Oid			oid;
	const char *schema;			/* quoted */
	const char *plain_name;
	const char *name;			/* quoted */
	char		kind;
	char		persistence;
	char		replica_identity;
	bool		row_security;
	bool		force_row_security;
	bool		is_partition;
	bool		listed;			/* as a unit */
	bool		may_have_indexes;	/* these stay set when the last is dropped */
	bool		may_have_triggers;
	bool		may_have_rules;
	bool		has_defaults;
	Oid			owner;
	Oid			type;
	Oid			of_type;
	Oid			am;
	Oid			tablespace;
	int			columns;
	Column	   *column;			/* from attribute 1 on; NULL if not loaded */
	Acl		   *acl;
	const char *options;
	const char *bound;			/* of a partition */
	const char *parents;		/* that it inherits from */
	const char *partition_key;
	const char *foreign;		/* server and options */
	struct FormData_pg_sequence *sequence;	/* parameters */
	const char *owned_by;		/* column */
	Oid			toast;
	const char *replica_index;
	SchemaUnit *unit;
} RelationEntry;

/*
 * An index.
 */
typedef struct IndexEntry
{
	Oid			oid;			/* hash key */
	HeapTuple	tuple;			/* of pg_index */
	RelationEntry *table;
	RelationEntry *relation;	/* itself */
	bool		of_constraint;
} IndexEntry;

/*
 * A scan of a catalog: all of it, or the rows of some objects.
 */
typedef struct CatalogScan
{
	MemoryContext context;
	Relation	catalog;
	Oid			index;
	AttrNumber	key;
	Snapshot	snapshot;
	List	   *oids;			/* not looked up yet */
	int			next;
	bool		reading;		/* rows of the one before that */
	TableScanDesc heap;			/* of all of it */
	SysScanDesc scan;
} CatalogScan;

/*
 * What the collectors share.
 */
typedef struct Collector
{
	MemoryContext context;		/* of the result */
	MemoryContext scratch;		/* reset after each row */
	Snapshot	snapshot;
	SchemaSnapshot *result;
	Oid			own_schema;		/* of this extension */
	Oid			own_extension;
	List	   *hidden_schemas; /* OIDs: no part of the snapshot */
	bool		whole;
	List	   *addresses;		/* of the units, if not */
	List	   *index_oids;		/* of the relations among them */
	TupleDesc	index_desc;
	HTAB	   *indexes;		/* IndexEntry */
	StringInfoData text;		/* the definition being written */
	char	   *arena;			/* for strings */
	Size		arena_left;

	struct relation_hash *relations;
	List	   *relation_list;	/* RelationEntry */
	HTAB	   *names;			/* by class and OID */
	struct NameEntry *last_schema;	/* most often it is the same */
	HTAB	   *types;			/* by OID and modifier */
	HTAB	   *opclasses;
	HTAB	   *toast_options;
	HTAB	   *notes;			/* comments and labels */
	bool		notes_loaded;	/* all of them */
	List	   *noted_classes;	/* of which objects have any */
	bool		no_labels;		/* there are none at all */
	CatalogScan comments;		/* open from the first on */
	HTAB	   *members;		/* of extensions */
} Collector;

/* in collector.c */
extern void collector_raise_gone(const char *what, Oid oid);
extern List *collector_scope(const Collector *c, Oid class_id);
extern void catalog_begin(Collector *c, CatalogScan *scan, Oid catalog, Oid index,
						  AttrNumber key);
extern void catalog_begin_of(Collector *c, CatalogScan *scan, Oid catalog, Oid index,
							 AttrNumber key, List *oids);
extern void catalog_begin_all(Collector *c, CatalogScan *scan, Oid catalog);
extern void catalog_begin_one(Collector *c, CatalogScan *scan, Oid catalog, Oid index,
							  AttrNumber key, Oid oid);
extern void catalog_go_on(CatalogScan *scan, Oid oid);
extern HeapTuple catalog_next(CatalogScan *scan);
extern void catalog_end(CatalogScan *scan);
extern Datum catalog_datum(const CatalogScan *scan, HeapTuple tuple, AttrNumber column,
						   bool *isnull);
extern char *catalog_text(const CatalogScan *scan, HeapTuple tuple, AttrNumber column);

extern RelationEntry *relation_add(Collector *c, Oid oid);
extern RelationEntry *relation_find(const Collector *c, Oid oid);

typedef bool (*RelationFilter) (const RelationEntry *entry);

extern List *relations_wanted(const Collector *c, RelationFilter is_wanted);

extern char *keep(Collector *c, const char *string);
extern SchemaUnit *unit_begin(Collector *c, Oid class_id, Oid object_id, const char *kind,
							  const char *identity);
extern void row_begin(Collector *c);
extern void row_end(Collector *c, SchemaUnit *unit, const char *kind, const char *name,
					Oid part);
extern void unit_end(Collector *c, SchemaUnit *unit);
extern void property(Collector *c, const char *format,...) compat_printf(2, 3);
extern void property_value(Collector *c, const char *key, const char *value);

typedef void (*Describe) (Collector *c, const CatalogScan *scan, HeapTuple tuple);

/* in attached.c */
extern void describe_each(Collector *c, Oid catalog, Oid index, AttrNumber oid_column,
						  AttrNumber schema_column, Describe describe);
extern bool is_left_out(Collector *c, Oid class_id, Oid object_id);
extern void property_owner(Collector *c, Oid owner);
extern void property_grants(Collector *c, ObjectType type, Oid owner, const Acl *acl,
							const char *prefix);
extern void property_default_grants(Collector *c, const Acl *acl);
extern void property_notes(Collector *c, Oid class_id, Oid object_id, int sub_id,
						   const char *prefix);
extern void end_notes(Collector *c);
extern void property_owner_grants(Collector *c, const CatalogScan *scan, HeapTuple tuple,
								  ObjectType type, Oid owner, AttrNumber acl);
extern void property_other_columns(Collector *c, const CatalogScan *scan, HeapTuple tuple,
								   const char *const *known, int prefix);
extern char *options_text(Datum options, bool isnull, const char *const *only);

/* in expression.c */
extern char *expression_text(Collector *c, const RelationEntry *relation, Node *expression);
extern char *expression_from_datum(Collector *c, const RelationEntry *relation, Datum stored);
extern char *expression_normal(char *text);

#endif							/* NEON_MIGRATE_SNAPSHOT_COLLECTOR_H */
