/*-------------------------------------------------------------------------
 *
 * resumed.c
 *	  What a statement touched that was interrupted in another session.
 *
 * A statement that commits on its own may have finished before the expected
 * schema could follow.  Nobody remembers how it was before; so it is taken to
 * have been as it is expected to be.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_subscription.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "drift/expected.h"
#include "drift/resumed.h"
#include "drift/touched.h"

/*
 * Assumes that what is there of a unit was as expected.
 */
static void
assume(const Ledger *ledger, Oid class_id, Oid object_id)
{
	ObjectAddress address;
	Snapshot	snapshot;
	SchemaSnapshot *now;

	if (!OidIsValid(object_id))
		return;
	ObjectAddressSet(address, class_id, object_id);
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	now = snapshot_take_of(ledger->own_schema, snapshot, list_make1(&address));
	UnregisterSnapshot(snapshot);
	for (int i = 0; i < now->units; i++)
	{
		SchemaUnit *unit = now->unit[i];
		SchemaUnit *expected = expected_lookup(ledger, unit->kind, unit->identity);

		/* one that is not expected at all stays so, unless the statement makes such */
		if (expected == NULL && class_id != SubscriptionRelationId)
			continue;
		if (expected == NULL)
			unit->rows = 0;
		else
		{
			expected->class_id = unit->class_id;
			expected->object_id = unit->object_id;
			unit = expected;
		}
		touched_assume(unit);
	}
}

static void
assume_relation(const Ledger *ledger, RangeVar *name)
{
	if (name)
		assume(ledger, RelationRelationId, RangeVarGetRelid(name, NoLock, true));
}

/*
 * For assume_index(): which one was dropped.
 */
typedef struct DroppedIndex
{
	const Ledger *ledger;
	const char *name;			/* quoted */
	const char *schema;			/* NULL if not given */
	List	   *tables;			/* identities of those that are to have it */
} DroppedIndex;

static void
find_table(const char *kind, const char *identity, ArrayType *contents, void *arg)
{
	DroppedIndex *dropped = arg;
	SchemaUnit *unit = expected_unit(kind, identity, contents);
	int			length = snapshot_schema_length(unit);

	if (snapshot_find_row(unit, "index", dropped->name) &&
		(dropped->schema == NULL ||
		 ((int) strlen(dropped->schema) == length &&
		  strncmp(identity, dropped->schema, length) == 0)))
		dropped->tables = lappend(dropped->tables, pstrdup(identity));
}

/*
 * An index that was dropped is found by the table that is expected to have it.
 */
static void
assume_index(const Ledger *ledger, List *names)
{
	RangeVar   *index = makeRangeVarFromNameList(names);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	DroppedIndex dropped = {.ledger = ledger,.name = quote_identifier(index->relname),
		.schema = index->schemaname ? quote_identifier(index->schemaname) : NULL};
	ListCell   *cell;

	expected_visit(ledger, snapshot, find_table, &dropped);
	UnregisterSnapshot(snapshot);
	foreach(cell, dropped.tables)
		assume_relation(ledger,
						makeRangeVarFromNameList(compat_name_list(lfirst(cell))));
}

/*
 * A statement that was begun before is resumed, or found to be finished: notes
 * what it is about.
 */
void
resumed_statement(const Ledger *ledger, Node *stmt)
{
	ListCell   *cell;

	switch (nodeTag(stmt))
	{
		case T_IndexStmt:
			assume_relation(ledger, ((IndexStmt *) stmt)->relation);
			break;
		case T_DropStmt:
			if (((DropStmt *) stmt)->removeType == OBJECT_INDEX)
				foreach(cell, ((DropStmt *) stmt)->objects)
					assume_index(ledger, lfirst(cell));
			break;
		case T_AlterTableStmt:
			foreach(cell, ((AlterTableStmt *) stmt)->cmds)
			{
				AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);

				if (command->subtype == AT_DetachPartition ||
					command->subtype == AT_DetachPartitionFinalize)
					assume_relation(ledger, ((PartitionCmd *) command->def)->name);
			}
			assume_relation(ledger, ((AlterTableStmt *) stmt)->relation);
			break;
		case T_CreateSubscriptionStmt:
			assume(ledger, SubscriptionRelationId,
				   get_subscription_oid(((CreateSubscriptionStmt *) stmt)->subname, true));
			break;
		case T_DropSubscriptionStmt:
			/* if it is gone, nothing is left to compare */
			expected_delete(ledger, "subscription",
							quote_identifier(((DropSubscriptionStmt *) stmt)->subname));
			break;
		default:
			break;
	}
}
