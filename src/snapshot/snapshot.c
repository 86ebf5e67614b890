/*-------------------------------------------------------------------------
 *
 * snapshot.c
 *	  Takes a snapshot of the schema: one canonical description.
 *
 * It is the same for the same schema: whoever takes it, under whatever
 * settings, in whatever order the objects were made, in a copy of the database
 * or after a dump and restore.  So there are no OIDs in it and no physical
 * order, settings that deparsing depends on are pinned, and what a dump does
 * not keep is left out.
 *
 * All that a user has made in the database is in it, but temporary objects,
 * what belongs to an extension, and this extension.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "settings.h"
#include "snapshot/collector.h"
#include "snapshot/family.h"

/*
 * What deparsing depends on.
 */
static const struct
{
	const char *name;
	const char *value;
}			pinned[] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"DateStyle", "ISO, MDY"},
	{"IntervalStyle", "postgres"},
	{"TimeZone", "UTC"},
	{"extra_float_digits", "1"},
	{"bytea_output", "hex"},
	{"xmlbinary", "base64"},
	{"lc_monetary", "C"},
	{"quote_all_identifiers", "off"},
	{"standard_conforming_strings", "on"},
};

static void
pin_settings(void)
{
	/* most are so already, and comparing is cheaper than setting and resetting */
	for (int i = 0; i < (int) lengthof(pinned); i++)
		if (strcmp(GetConfigOption(pinned[i].name, false, false), pinned[i].value) != 0)
			settings_pin(pinned[i].name, pinned[i].value);
}

/*
 * Lets all collectors do their part.
 */
static void
collect(Collector *c)
{
	bool		relations = c->whole || collector_scope(c, RelationRelationId) != NIL;

	load_relations(c);
	if (relations)
	{
		describe_constraints(c);
		describe_columns(c);
		describe_indexes(c);
		describe_triggers(c);
		describe_rules(c);
		describe_policies(c);
		describe_relations(c);
	}
	describe_types(c);
	describe_routines(c);
	if (!c->whole && list_length(collector_scope(c, RelationRelationId)) == list_length(c->addresses))
		return;
	describe_operators(c);
	describe_text_search(c);
	describe_foreign(c);
	describe_replication(c);
	describe_statistics(c);
	describe_database(c);
}

static int
compare_units(const void *a, const void *b)
{
	return snapshot_compare_units(*(SchemaUnit *const *) a, *(SchemaUnit *const *) b);
}

int
snapshot_compare_units(const SchemaUnit *a, const SchemaUnit *b)
{
	int			order = a->kind == b->kind ? 0 : strcmp(a->kind, b->kind);

	return order ? order : strcmp(a->identity, b->identity);
}

/*
 * Sorts a snapshot by bytes, whatever the database's collation.
 */
void
snapshot_sort(SchemaSnapshot *snapshot)
{
	for (int i = 0; i < snapshot->units; i++)
		snapshot_sort_rows(snapshot->unit[i]);
	qsort(snapshot->unit, snapshot->units, sizeof(SchemaUnit *), compare_units);
}

/*
 * Returns where the unit of that kind and identity is in a sorted snapshot, or
 * NULL.
 */
SchemaUnit **
snapshot_position(const SchemaSnapshot *snapshot, const char *kind, const char *identity)
{
	SchemaUnit	wanted = {.kind = kind,.identity = identity};
	SchemaUnit *key = &wanted;

	if (snapshot->units == 0)
		return NULL;
	return bsearch(&key, snapshot->unit, snapshot->units, sizeof(SchemaUnit *), compare_units);
}

static List *
add_address(List *addresses, Oid class_id, Oid object_id)
{
	ObjectAddress *address = palloc(sizeof(ObjectAddress));

	ObjectAddressSet(*address, class_id, object_id);
	return lappend(addresses, address);
}

static int
compare_addresses(const ListCell *a, const ListCell *b)
{
	const ObjectAddress *x = lfirst(a);
	const ObjectAddress *y = lfirst(b);

	if (x->classId != y->classId)
		return x->classId < y->classId ? -1 : 1;
	return x->objectId == y->objectId ? 0 : x->objectId < y->objectId ? -1 : 1;
}

/*
 * Returns the addresses, each once; of a composite type both its own and that
 * of its relation.
 */
static List *
normal_addresses(List *addresses)
{
	List	   *all = NIL,
			   *unique = NIL;
	ListCell   *cell;

	foreach(cell, addresses)
	{
		ObjectAddress *address = lfirst(cell);
		Oid			relation = address->classId == RelationRelationId ? address->objectId :
			address->classId == TypeRelationId ? get_typ_typrelid(address->objectId) : InvalidOid;

		if (OidIsValid(relation) && get_rel_relkind(relation) == RELKIND_COMPOSITE_TYPE)
		{
			all = add_address(all, RelationRelationId, relation);
			all = add_address(all, TypeRelationId, get_rel_type_id(relation));
		}
		else
			all = add_address(all, address->classId, address->objectId);
	}
	list_sort(all, compare_addresses);
	for (int i = 0; i < list_length(all); i++)
		if (i == 0 || compare_addresses(list_nth_cell(all, i - 1), list_nth_cell(all, i)) != 0)
			unique = lappend(unique, list_nth(all, i));
	return unique;
}

static SchemaSnapshot *
take(Oid own_schema, Snapshot snapshot, bool whole, List *addresses, List *hidden_schemas,
	 MemoryContext work)
{
	int			nest = NewGUCNestLevel();
	MemoryContext context = MemoryContextSwitchTo(work);
	Collector	c = {.context = work,.whole = whole,.own_schema = own_schema,
	.snapshot = snapshot,.hidden_schemas = hidden_schemas};

	pin_settings();
	PushActiveSnapshot(c.snapshot);
	c.result = palloc0(sizeof(SchemaSnapshot));
	c.addresses = normal_addresses(addresses);
	/* one block, which is kept when it is reset, takes nearly every row */
	c.scratch = AllocSetContextCreate(work, "neon_migrate scratch", 0, whole ? 128 * 1024 : 8 * 1024,
									  ALLOCSET_DEFAULT_MAXSIZE);
	initStringInfo(&c.text);
	MemoryContextSwitchTo(c.scratch);
	collect(&c);
	end_notes(&c);
	MemoryContextSwitchTo(context);
	MemoryContextDelete(c.scratch);
	PopActiveSnapshot();
	AtEOXact_GUC(false, nest);
	snapshot_sort(c.result);
	return c.result;
}

/*
 * Takes a snapshot of the whole schema.  "own_schema" is that of this
 * extension, "snapshot" one that is registered.
 */
SchemaSnapshot *
snapshot_take(Oid own_schema, Snapshot snapshot)
{
	return take(own_schema, snapshot, true, NIL, NIL, CurrentMemoryContext);
}

/*
 * The same without the schemas with these OIDs and what is in them.
 */
SchemaSnapshot *
snapshot_take_without(Oid own_schema, Snapshot snapshot, List *schemas)
{
	return take(own_schema, snapshot, true, NIL, schemas, CurrentMemoryContext);
}

/*
 * Takes a snapshot of some units only, given as ObjectAddress *; of those that
 * are there, and are no part of an extension.
 */
SchemaSnapshot *
snapshot_take_of(Oid own_schema, Snapshot snapshot, List *addresses)
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "neon_migrate units",
											   ALLOCSET_DEFAULT_SIZES);
	SchemaSnapshot *taken = take(own_schema, snapshot, false, addresses, NIL, work);
	SchemaSnapshot *result = palloc0(sizeof(SchemaSnapshot));

	for (int i = 0; i < taken->units; i++)
		snapshot_add_unit(result, snapshot_copy_unit(taken->unit[i]));
	MemoryContextDelete(work);
	return result;
}
