/*-------------------------------------------------------------------------
 *
 * depend.c
 *	  What in a snapshot depends on what, from pg_depend.
 *
 * The nodes are units, their parts, and the defaults of columns.  An object of
 * the catalogs that is none of these stands for one: the row type of a table for
 * the table, the index of a constraint for the constraint.  Only the objects of
 * the snapshot are there, and only for as long as their OIDs are good.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "generate/depend.h"
#include "generate/property.h"

typedef struct ObjectKey
{
	Oid			class_id;
	Oid			object_id;
	int32		sub_id;
} ObjectKey;

typedef struct ObjectEntry
{
	ObjectKey	key;
	DependNode *node;
} ObjectEntry;

/*
 * Kinds, in the order in which they are made where nothing else decides.
 */
static const char *const kinds_in_order[] = {
	"schema", "extension", "collation", "type", "domain", "sequence", "table", "foreign table",
	"constraint", "index", "function", "procedure", "aggregate", "operator", "view",
	"materialized view", "statistics", "rule", "trigger", "policy"
};

static int
rank_of(const SchemaRow *row)
{
	int			rank = 100;

	for (int i = 0; i < (int) lengthof(kinds_in_order); i++)
		if (strcmp(row->kind, kinds_in_order[i]) == 0)
			rank = 10 * i;
	if (strcmp(row->kind, "constraint") == 0 && prop_has(row->definition, "foreign key"))
		return rank + 15;
	/* those of partitions first, which that of the whole table then takes over */
	return prop_has(row->definition, "partition of index") ? rank - 1 : rank;
}

bool
depend_is_unit(const DependNode *node)
{
	return node->row == &node->unit->row[0] && !node->is_default;
}

bool
depend_is(const DependNode *node, const char *kind)
{
	return strcmp(node->row->kind, kind) == 0 && !node->is_default;
}

DependNode *
depend_node(const DependGraph *graph, int unit, int row, bool is_default)
{
	return &graph->node[graph->first[unit] + 2 * row + (is_default ? 1 : 0)];
}

DependNode *
depend_find_unit(const DependGraph *graph, const char *kind, const char *identity)
{
	SchemaUnit **unit = snapshot_position(graph->snapshot, kind, identity);

	return unit ? depend_node(graph, (int) (unit - graph->snapshot->unit), 0, false) : NULL;
}

DependNode *
depend_find_row(const DependGraph *graph, const DependNode *unit, const char *kind,
				const char *name)
{
	SchemaRow  *row = snapshot_find_row(unit->unit, kind, name);

	/* the nodes of a unit follow each other */
	(void) graph;
	return row ? unconstify(DependNode *, unit) + 2 * (row - unit->unit->row) : NULL;
}

/*
 * Returns the unit that a part belongs to.
 */
DependNode *
depend_unit_of(const DependGraph *graph, const DependNode *part)
{
	(void) graph;
	return unconstify(DependNode *, part) - 2 * (part->row - part->unit->row) -
		(part->is_default ? 1 : 0);
}

/*
 * Is a part changed with that of the table that this one inherits it from?
 */
bool
depend_follows_parent(const DependNode *part)
{
	return !depend_unit_of(NULL, part)->retied &&
		(prop_has(part->row->definition, "inherited") ||
		 prop_has(part->row->definition, "partition of index"));
}

static DependGraph *
make_graph(SchemaSnapshot *snapshot)
{
	DependGraph *graph = palloc0(sizeof(DependGraph));

	graph->snapshot = snapshot;
	graph->first = palloc0(sizeof(int) * (snapshot->units + 1));
	for (int i = 0; i < snapshot->units; i++)
	{
		graph->first[i] = graph->nodes;
		graph->nodes += 2 * snapshot->unit[i]->rows;
	}
	graph->node = MemoryContextAllocHuge(CurrentMemoryContext,
										 sizeof(DependNode) * (graph->nodes + 1));
	memset(graph->node, 0, sizeof(DependNode) * (graph->nodes + 1));
	for (int i = 0; i < snapshot->units; i++)
		for (int j = 0; j < snapshot->unit[i]->rows; j++)
			for (int k = 0; k < 2; k++)
			{
				DependNode *node = depend_node(graph, i, j, k == 1);

				node->unit = snapshot->unit[i];
				node->row = &snapshot->unit[i]->row[j];
				node->is_default = k == 1;
				node->rank = rank_of(node->row);
				node->in_scope = true;
			}
	return graph;
}

static void
enter(HTAB *objects, Oid class_id, Oid object_id, int32 sub_id, DependNode *node)
{
	ObjectKey	key = {class_id, object_id, sub_id};
	bool		found;
	ObjectEntry *entry;

	if (!OidIsValid(object_id))
		return;
	entry = hash_search(objects, &key, HASH_ENTER, &found);
	if (!found)
		entry->node = node;
}

/*
 * Returns the node that an object is, or is a part of.
 */
static DependNode *
look_up(HTAB *objects, Oid class_id, Oid object_id, int32 sub_id)
{
	ObjectKey	key = {class_id, object_id, sub_id};
	ObjectEntry *entry = hash_search(objects, &key, HASH_FIND, NULL);

	if (entry == NULL && sub_id != 0)
	{
		key.sub_id = 0;
		entry = hash_search(objects, &key, HASH_FIND, NULL);
	}
	return entry ? entry->node : NULL;
}

/*
 * Enters a type and those that come with it.
 */
static void
enter_type(HTAB *objects, Oid type, DependNode *node)
{
	Oid			multirange = OidIsValid(type) ? get_range_multirange(type) : InvalidOid;

	if (!OidIsValid(type))
		return;
	enter(objects, TypeRelationId, type, 0, node);
	enter(objects, TypeRelationId, get_array_type(type), 0, node);
	if (OidIsValid(multirange))
	{
		enter(objects, TypeRelationId, multirange, 0, node);
		enter(objects, TypeRelationId, get_array_type(multirange), 0, node);
	}
}

static Oid
class_of_part(const char *kind)
{
	static const struct
	{
		const char *kind;
		Oid			class_id;
	}			classes[] = {
		{"constraint", ConstraintRelationId}, {"index", RelationRelationId},
		{"trigger", TriggerRelationId}, {"rule", RewriteRelationId}, {"policy", PolicyRelationId}
	};

	for (int i = 0; i < (int) lengthof(classes); i++)
		if (strcmp(kind, classes[i].kind) == 0)
			return classes[i].class_id;
	return InvalidOid;
}

static void
enter_unit(HTAB *objects, const DependGraph *graph, int number)
{
	SchemaUnit *unit = graph->snapshot->unit[number];
	DependNode *node = depend_node(graph, number, 0, false);
	Oid			relation = InvalidOid;

	enter(objects, unit->class_id, unit->object_id, 0, node);
	if (unit->class_id == RelationRelationId)
	{
		relation = unit->object_id;
		enter_type(objects, get_rel_type_id(relation), node);
	}
	else if (unit->class_id == TypeRelationId)
	{
		enter_type(objects, unit->object_id, node);
		relation = get_typ_typrelid(unit->object_id);
		enter(objects, RelationRelationId, relation, 0, node);
	}
	for (int j = 1; j < unit->rows; j++)
	{
		SchemaRow  *row = &unit->row[j];
		Oid			class_id = class_of_part(row->kind);

		node = depend_node(graph, number, j, false);
		if (strcmp(row->kind, "column") == 0 || strcmp(row->kind, "attribute") == 0)
			enter(objects, RelationRelationId, relation, (int32) row->part, node);
		else if (OidIsValid(class_id))
			enter(objects, class_id, row->part, 0, node);
		if (class_id == ConstraintRelationId && !prop_has(row->definition, "foreign key"))
			enter(objects, RelationRelationId, get_constraint_index(row->part), 0, node);
	}
}

/*
 * Enters what stands for the default of a column, or for a view.
 */
static void
enter_defaults_and_views(HTAB *objects)
{
	Relation	catalog = table_open(AttrDefaultRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_attrdef form = (Form_pg_attrdef) GETSTRUCT(tuple);
		DependNode *node = look_up(objects, RelationRelationId, form->adrelid, form->adnum);

		if (node && depend_is(node, "column"))
			enter(objects, AttrDefaultRelationId, form->oid, 0, node + 1);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);

	catalog = table_open(RewriteRelationId, AccessShareLock);
	scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_rewrite form = (Form_pg_rewrite) GETSTRUCT(tuple);
		DependNode *node = look_up(objects, RelationRelationId, form->ev_class, 0);

		/* other rules have been entered */
		if (node)
			enter(objects, RewriteRelationId, form->oid, 0, node);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

/*
 * Is it the tie of a sequence to the column that it is dropped with?
 */
static bool
is_ownership(const DependNode *node, char type)
{
	return type == DEPENDENCY_AUTO && strcmp(node->unit->kind, "sequence") == 0;
}

static void
read_dependencies(HTAB *objects)
{
	Relation	catalog = table_open(DependRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
		DependNode *node,
				   *needed;

		CHECK_FOR_INTERRUPTS();
		/* which index of a partition belongs to which is in the snapshot */
		if (form->deptype == DEPENDENCY_PARTITION_PRI || form->deptype == DEPENDENCY_PARTITION_SEC)
			continue;
		node = look_up(objects, form->classid, form->objid, form->objsubid);
		if (node == NULL)
			continue;
		needed = look_up(objects, form->refclassid, form->refobjid, form->refobjsubid);
		if (needed == NULL || needed == node || is_ownership(node, form->deptype) ||
			list_member_ptr(node->needs, needed))
			continue;
		node->needs = lappend(node->needs, needed);
		needed->needed_by = lappend(needed->needed_by, node);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

/*
 * Reads what depends on what in a snapshot of the schema as it is now.
 */
DependGraph *
depend_read(SchemaSnapshot *snapshot)
{
	DependGraph *graph = make_graph(snapshot);
	HASHCTL		info = {.keysize = sizeof(ObjectKey),.entrysize = sizeof(ObjectEntry),
	.hcxt = CurrentMemoryContext};
	HTAB	   *objects = hash_create("neon_migrate objects", 1024, &info,
									  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	for (int i = 0; i < snapshot->units; i++)
		enter_unit(objects, graph, i);
	enter_defaults_and_views(objects);
	read_dependencies(objects);
	hash_destroy(objects);
	depend_order(graph);
	return graph;
}

static int
compare_rank(const void *a, const void *b)
{
	const DependNode *x = *(DependNode *const *) a;
	const DependNode *y = *(DependNode *const *) b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x < y ? -1 : x > y;
}

/*
 * Can a constraint be written where its table is made?
 */
static bool
may_be_inside(const DependNode *node)
{
	ListCell   *cell;

	if (!depend_is(node, "constraint") || prop_has(node->row->definition, "foreign key"))
		return false;
	/* one that calls a function may need the table to be there */
	foreach(cell, node->needs)
	{
		const DependNode *need = lfirst(cell);

		if (need->unit != node->unit && strcmp(need->unit->kind, "type") != 0 &&
			strcmp(need->unit->kind, "domain") != 0)
			return false;
	}
	return !prop_has(node->row->definition, "not valid");
}

static void visit(DependGraph *graph, DependNode *node, int *count);

static void
visit_needs(DependGraph *graph, const DependNode *node, int *count)
{
	ListCell   *cell;

	foreach(cell, node->needs)
	{
		DependNode *need = lfirst(cell);

		if (need->unit == node->unit)
			continue;
		/* a column or a default is made with its table */
		if (need->is_default || depend_is(need, "column") || depend_is(need, "attribute"))
			need = depend_unit_of(graph, need);
		visit(graph, need, count);
	}
}

/*
 * Visits a node after all that it needs.  A circle is cut where it closes.
 */
static void
visit(DependGraph *graph, DependNode *node, int *count)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (node->visited)
		return;
	node->visited = true;
	if (depend_is_unit(node))
	{
		for (int i = 0; i < node->unit->rows; i++)
		{
			DependNode *part = node + 2 * i;

			if (depend_is(part, "constraint"))
				part->stands_apart = strcmp(node->unit->kind, "table") != 0 || !may_be_inside(part);
			if (i == 0 || depend_is(part, "column") || depend_is(part, "attribute") ||
				(depend_is(part, "constraint") && !part->stands_apart))
			{
				visit_needs(graph, part, count);
				visit_needs(graph, part + 1, count);
			}
		}
	}
	else
	{
		visit(graph, depend_unit_of(graph, node), count);
		for (ListCell *cell = list_head(node->needs); cell; cell = lnext(node->needs, cell))
		{
			DependNode *need = lfirst(cell);

			/* also of its own unit: an index that a foreign key needs */
			if (need->unit == node->unit && !depend_is(need, "column") && !need->is_default)
				visit(graph, need, count);
		}
		visit_needs(graph, node, count);
	}
	node->order = *count;
	graph->ordered[(*count)++] = node;
}

/*
 * Gives each node its place.
 */
void
depend_order(DependGraph *graph)
{
	DependNode **roots = MemoryContextAllocHuge(CurrentMemoryContext,
												sizeof(DependNode *) * (graph->nodes + 1));
	int			count = 0;

	graph->ordered = MemoryContextAllocHuge(CurrentMemoryContext,
											sizeof(DependNode *) * (graph->nodes + 1));
	for (int i = 0; i < graph->nodes; i++)
		roots[i] = &graph->node[i];
	qsort(roots, graph->nodes, sizeof(DependNode *), compare_rank);
	for (int i = 0; i < graph->nodes; i++)
		visit(graph, roots[i], &count);
	pfree(roots);
}
