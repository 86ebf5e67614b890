/*
 * depend.h
 *	  What in a snapshot depends on what.
 */
#ifndef NEON_MIGRATE_GENERATE_DEPEND_H
#define NEON_MIGRATE_GENERATE_DEPEND_H

#include "nodes/pg_list.h"
#include "snapshot/snapshot.h"

/*
 * What becomes of something that is there.
 */
typedef enum Fate
{
	FATE_STAYS,
	FATE_GOES,					/* before anything is changed */
	FATE_GOES_LAST,				/* when all is changed */
	FATE_REPLACED				/* by a new type, which all columns of it change to */
} Fate;

/*
 * A unit (its first row), a part of it, or the default of a column.
 */
typedef struct DependNode
{
	SchemaUnit *unit;
	SchemaRow  *row;
	bool		is_default;
	List	   *needs;			/* DependNode: what it cannot be without */
	List	   *needed_by;
	int			order;			/* all that it needs is before it */
	int			rank;			/* of its kind, where nothing else decides */
	char		visited;

	struct DependNode *pair;	/* the same in the other schema, or NULL */
	Fate		fate;
	bool		in_scope;
	bool		retyped;		/* a column whose type is changed */
	bool		retied;			/* a table that is made, or ceases to be, a partition */
	bool		left_alone;		/* it differs in what cannot be changed */
	bool		stands_apart;	/* a constraint not written in CREATE TABLE */
} DependNode;

typedef struct DependGraph
{
	SchemaSnapshot *snapshot;
	int			nodes;
	DependNode *node;
	int		   *first;			/* of the nodes of each unit: two for each row */
	DependNode **ordered;		/* the same, in their order */
} DependGraph;

extern DependGraph *depend_read(SchemaSnapshot *snapshot);
extern void depend_order(DependGraph *graph);
extern DependNode *depend_node(const DependGraph *graph, int unit, int row, bool is_default);
extern DependNode *depend_find_unit(const DependGraph *graph, const char *kind,
									const char *identity);
extern DependNode *depend_find_row(const DependGraph *graph, const DependNode *unit,
								   const char *kind, const char *name);
extern DependNode *depend_unit_of(const DependGraph *graph, const DependNode *part);
extern bool depend_follows_parent(const DependNode *part);
extern bool depend_is_unit(const DependNode *node);
extern bool depend_is(const DependNode *node, const char *kind);

#endif							/* NEON_MIGRATE_GENERATE_DEPEND_H */
