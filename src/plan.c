/*-------------------------------------------------------------------------
 *
 * plan.c
 *	  The order in which pending migrations are applied.
 *
 * Dependencies first; among those that could come next, the first in natural
 * order.  What was begun and not finished comes before all others.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/binaryheap.h"
#include "lib/stringinfo.h"
#include "utils/hsearch.h"

#include "compat.h"
#include "definition.h"
#include "plan.h"
#include "version.h"

/*
 * A pending migration.  Nodes are numbered in natural order.
 */
typedef struct PlanNode
{
	const char *version;
	List	   *dependencies;	/* char *, all of them */
	int			unmet;			/* number of those that are pending, too */
	List	   *dependents;		/* numbers of the nodes that wait for this one */
	bool		planned;
} PlanNode;

typedef struct NodeKey
{
	char		version[VERSION_MAX_BYTES + 1];
	int			number;
} NodeKey;

static int
lower_number_first(Datum a, Datum b, void *arg pg_attribute_unused())
{
	return DatumGetInt32(b) - DatumGetInt32(a);
}

/*
 * Raises 55000 for migrations that depend on each other in a circle.
 */
static void
raise_cycle(PlanNode *nodes, HTAB *numbers)
{
	StringInfoData path;
	List	   *seen = NIL;
	int			at = 0;

	while (nodes[at].planned)
		at++;
	/* from any that is left, unmet dependencies lead into a circle */
	while (!list_member_int(seen, at))
	{
		ListCell   *cell;

		seen = lappend_int(seen, at);
		foreach(cell, nodes[at].dependencies)
		{
			NodeKey    *key = hash_search(numbers, lfirst(cell), HASH_FIND, NULL);

			if (key != NULL && !nodes[key->number].planned)
			{
				at = key->number;
				break;
			}
		}
	}
	while (linitial_int(seen) != at)
		seen = list_delete_first(seen);

	initStringInfo(&path);
	for (int i = 0; i < list_length(seen); i++)
		appendStringInfo(&path, "\"%s\" depends on ", nodes[list_nth_int(seen, i)].version);
	appendStringInfo(&path, "\"%s\"", nodes[at].version);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("pending migrations depend on each other in a circle"),
			 errdetail("%s.", path.data),
			 errhint("Register one of them again, with other depends_on.")));
}

/*
 * Links each node with those it depends on.  Raises 55000 for a dependency
 * that is neither applied nor pending.
 */
static void
link_nodes(const Ledger *ledger, PlanNode *nodes, int count, HTAB *numbers)
{
	for (int i = 0; i < count; i++)
	{
		ListCell   *cell;

		foreach(cell, nodes[i].dependencies)
		{
			const char *dependency = lfirst(cell);
			NodeKey    *key = hash_search(numbers, dependency, HASH_FIND, NULL);

			if (key != NULL)
			{
				nodes[i].unmet++;
				nodes[key->number].dependents = lappend_int(nodes[key->number].dependents, i);
			}
			else if (!ledger_entry_is_applied(ledger_lookup(ledger, dependency)))
				ereport(ERROR,
						(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						 errmsg("migration \"%s\" depends on \"%s\", which is neither applied nor pending",
								nodes[i].version, dependency),
						 errhint("Register \"%s\" with migrate_register(), or register \"%s\" again without depending on it.",
								 dependency, nodes[i].version)));
		}
	}
}

/*
 * Returns the versions of all nodes in order.
 */
static List *
sort_nodes(PlanNode *nodes, int count, HTAB *numbers)
{
	binaryheap *ready = binaryheap_allocate(count, lower_number_first, NULL);
	List	   *order = NIL;

	for (int i = 0; i < count; i++)
		if (nodes[i].unmet == 0)
			binaryheap_add(ready, Int32GetDatum(i));
	while (!binaryheap_empty(ready))
	{
		PlanNode   *node = &nodes[DatumGetInt32(binaryheap_remove_first(ready))];
		ListCell   *cell;

		node->planned = true;
		order = lappend(order, unconstify(char *, node->version));
		foreach(cell, node->dependents)
			if (--nodes[lfirst_int(cell)].unmet == 0)
				binaryheap_add(ready, Int32GetDatum(lfirst_int(cell)));
	}
	if (list_length(order) < count)
		raise_cycle(nodes, numbers);
	return order;
}

/*
 * Puts the versions with unfinished steps first.
 */
static List *
unfinished_first(const Ledger *ledger, List *order)
{
	List	   *unfinished = ledger_unfinished(ledger, ledger_tail(ledger));
	List	   *first = NIL,
			   *rest = NIL;
	ListCell   *cell,
			   *step;

	if (unfinished == NIL)
		return order;
	foreach(cell, order)
	{
		bool		begun = false;

		foreach(step, unfinished)
			begun = begun || strcmp(ledger_entry_text(lfirst(step), L_VERSION), lfirst(cell)) == 0;
		if (begun)
			first = lappend(first, lfirst(cell));
		else
			rest = lappend(rest, lfirst(cell));
	}
	return list_concat(first, rest);
}

/*
 * Cuts off what comes after "target".
 */
static List *
up_to_target(const Ledger *ledger, List *order, const char *target)
{
	for (int i = 0; i < list_length(order); i++)
		if (strcmp(list_nth(order, i), target) == 0)
			return list_truncate(order, i + 1);
	if (ledger_entry_is_applied(ledger_lookup(ledger, target)))
		return NIL;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("migration \"%s\" is not on the pending list", target),
			 errdetail("%d migrations are pending.", list_length(order)),
			 errhint("Register it with migrate_register(), or see SELECT version, state FROM migrate_status.")));
	return NIL;
}

/*
 * Returns the versions to apply, as char *, in order; up to and including
 * "target" if that is not NULL.
 */
List *
plan_pending(const Ledger *ledger, const char *target)
{
	List	   *pending = definition_pending(ledger);
	int			count = list_length(pending);
	PlanNode   *nodes = palloc0_array(PlanNode, Max(count, 1));
	HASHCTL		control = {.keysize = VERSION_MAX_BYTES + 1,.entrysize = sizeof(NodeKey),
	.hcxt = CurrentMemoryContext};
	HTAB	   *numbers = hash_create("neon_migrate plan", Max(count, 16), &control,
									  HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	List	   *order;

	for (int i = 0; i < count; i++)
	{
		Migration  *migration = list_nth(pending, i);
		NodeKey    *key = hash_search(numbers, migration->version, HASH_ENTER, NULL);

		key->number = i;
		nodes[i].version = migration->version;
		nodes[i].dependencies = migration_dependencies(migration);
	}
	link_nodes(ledger, nodes, count, numbers);
	order = unfinished_first(ledger, sort_nodes(nodes, count, numbers));
	hash_destroy(numbers);
	return target ? up_to_target(ledger, order, target) : order;
}
