/*-------------------------------------------------------------------------
 *
 * upkeep.c
 *	  Keeps the expected schema up to date while migrations run.
 *
 * The first migration of a database finds no expected schema; then the schema
 * as it is before it becomes that.  Each migration then makes its own change to
 * what is expected, and no more: what somebody else has changed stays a
 * difference.  This costs as much as the migration touched.
 *
 * While neon_migrate.track_drift is off, migrations are run without that; it is
 * noted that the expected schema is not known any more, until the next tracked
 * migration begins anew.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "drift/expected.h"
#include "drift/merge.h"
#include "drift/resumed.h"
#include "drift/touched.h"
#include "drift/upkeep.h"
#include "settings.h"

/*
 * Was the running migration tracked from its beginning?
 */
static bool tracking = false;

/*
 * Expects the schema to be as it is now.
 */
void
upkeep_take_over(const Ledger *ledger)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "neon_migrate whole schema",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	SchemaSnapshot *now = snapshot_take(ledger->own_schema, snapshot);

	UnregisterSnapshot(snapshot);
	expected_take_over(ledger, now);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * Says why the expected schema begins anew.
 */
static void
report_new_beginning(const ExpectedState *state)
{
	if (state->untracked[0])
		ereport(WARNING,
				(errmsg("drift is tracked again from here on"),
				 errdetail("%s ran while neon_migrate.track_drift was off.", state->untracked)));
	else if (state->major != COMPAT_MAJOR)
		ereport(WARNING,
				(errmsg("drift is tracked anew from here on"),
				 errdetail("The expected schema was described by PostgreSQL %d, and this is %d, which may describe the same in other words.",
						   state->major, COMPAT_MAJOR)));
	else
		ereport(WARNING,
				(errmsg("drift is tracked anew from here on"),
				 errdetail("The expected schema was described by another version of neon_migrate.")));
}

/*
 * To be called before a migration runs its first statement.
 */
void
upkeep_begin(const Ledger *ledger)
{
	ExpectedState *state;

	tracking = settings_track_drift;
	if (!tracking)
		return;
	state = expected_state(ledger, GetLatestSnapshot());
	if (!expected_is_current(state))
	{
		if (state->known)
			report_new_beginning(state);
		upkeep_take_over(ledger);
	}
	touched_begin(ledger->own_schema);
}

/*
 * Notes that what is expected is not known any more.
 */
static void
mark_untracked(const Ledger *ledger, const char *version)
{
	ExpectedState *state = expected_state(ledger, GetLatestSnapshot());

	if (state->known && state->untracked[0] == '\0')
		expected_put_state(ledger, psprintf("migration \"%s\"", version));
}

static int
compare_addresses(const void *a, const void *b)
{
	const SchemaUnit *x = *(SchemaUnit *const *) a;
	const SchemaUnit *y = *(SchemaUnit *const *) b;

	if (x->class_id != y->class_id)
		return x->class_id < y->class_id ? -1 : 1;
	return x->object_id == y->object_id ? 0 : x->object_id < y->object_id ? -1 : 1;
}

/*
 * Sorts the units of a snapshot for find_by_address().
 */
static void
sort_by_address(SchemaSnapshot *snapshot)
{
	qsort(snapshot->unit, snapshot->units, sizeof(SchemaUnit *), compare_addresses);
}

static SchemaUnit *
find_by_address(const SchemaSnapshot *snapshot, const SchemaUnit *wanted)
{
	SchemaUnit **found = snapshot->units == 0 ? NULL :
		bsearch(&wanted, snapshot->unit, snapshot->units, sizeof(SchemaUnit *),
				compare_addresses);

	return found ? *found : NULL;
}

static bool
same_unit(const SchemaUnit *a, const SchemaUnit *b)
{
	if (a->rows != b->rows || snapshot_compare_units(a, b) != 0)
		return false;
	for (int i = 0; i < a->rows; i++)
		if (strcmp(a->row[i].name, b->row[i].name) != 0 ||
			strcmp(a->row[i].kind, b->row[i].kind) != 0 ||
			strcmp(a->row[i].definition, b->row[i].definition) != 0)
			return false;
	return true;
}

/*
 * What becomes of a unit.
 */
typedef struct Change
{
	const SchemaUnit *before;
	SchemaUnit *after;			/* merged */
} Change;

/*
 * Finds what is to be expected of each unit that was changed.
 */
static List *
find_changes(const Ledger *ledger, const SchemaSnapshot *before, const SchemaSnapshot *after)
{
	List	   *changes = NIL;

	for (int i = 0; i < before->units; i++)
	{
		const SchemaUnit *then = before->unit[i];
		const SchemaUnit *now = find_by_address(after, then);
		bool		declared = now && touched_is_declared(now);
		Change	   *change;

		if (now && same_unit(then, now) && !declared)
			continue;
		change = palloc0(sizeof(Change));
		change->before = then;
		change->after = merge_unit(expected_lookup(ledger, then->kind, then->identity), then, now,
								   declared);
		changes = lappend(changes, change);
	}
	for (int i = 0; i < after->units; i++)
	{
		const SchemaUnit *now = after->unit[i];
		Change	   *change;

		if (find_by_address(before, now))
			continue;
		change = palloc0(sizeof(Change));
		change->after = merge_unit(NULL, NULL, now, false);
		changes = lappend(changes, change);
	}
	return changes;
}

/*
 * Makes the changes of the migration to the expected schema.
 */
static void
apply_changes(const Ledger *ledger)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	SchemaSnapshot *before,
			   *after;
	List	   *changes;
	ListCell   *cell;
	bool		any = touched_compare(ledger->own_schema, snapshot, &before, &after);

	UnregisterSnapshot(snapshot);
	if (!any)
		return;
	sort_by_address(before);
	sort_by_address(after);
	changes = find_changes(ledger, before, after);

	/* one may have taken the name of another */
	foreach(cell, changes)
	{
		Change	   *change = lfirst(cell);

		if (change->before && (change->after == NULL ||
							   snapshot_compare_units(change->before, change->after) != 0))
			expected_delete(ledger, change->before->kind, change->before->identity);
	}
	foreach(cell, changes)
	{
		Change	   *change = lfirst(cell);

		if (change->after)
			expected_put(ledger, change->after);
	}
}

/*
 * To be called in the transaction of a migration, or of a part of it, after its
 * statements.
 */
void
upkeep_record(const Ledger *opened, const char *version)
{
	/* opened before the migration ran, which may have moved it */
	const Ledger *ledger = ledger_open_table(opened->relid);
	MemoryContext context,
				old_context;

	CommandCounterIncrement();
	if (!tracking)
	{
		mark_untracked(ledger, version);
		return;
	}
	context = AllocSetContextCreate(CurrentMemoryContext, "neon_migrate upkeep",
									ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(context);
	apply_changes(ledger);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
	touched_next();
}

/*
 * To be called before a statement is resumed that was begun in another session,
 * or is found to be finished.
 */
void
upkeep_resumed(const Ledger *ledger, Node *stmt)
{
	if (tracking)
		resumed_statement(ledger, stmt);
}

/*
 * To be called when the migration has ended.
 */
void
upkeep_end(void)
{
	if (tracking)
		touched_end();
	tracking = false;
}

/*
 * Expects the schema to be as it is, because of an event that says so.
 */
void
upkeep_accept(const Ledger *ledger, const char *version)
{
	if (settings_track_drift)
		upkeep_take_over(ledger);
	else
		mark_untracked(ledger, version);
}
