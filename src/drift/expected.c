/*-------------------------------------------------------------------------
 *
 * expected.c
 *	  The schema as migrations left it, in a table.
 *
 * A row for each unit of a snapshot, with its rows as an array: kind, name and
 * definition of each.  Nothing in it is bound to this database, so a dump can
 * take it elsewhere.  A row without a kind says how the rest came about.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "drift/expected.h"
#include "stored_table.h"

/*
 * The columns, in the order of the table.
 */
enum
{
	E_KIND = 1,
	E_IDENTITY,
	E_CONTENTS,
	EXPECTED_COLUMNS = E_CONTENTS
};

#define STATE_KIND ""

static ArrayType *
text_array(Datum *elements, int count)
{
	return construct_array(elements, count, TEXTOID, -1, false, TYPALIGN_INT);
}

/*
 * Returns what is stored of a unit.
 */
ArrayType *
expected_contents(const SchemaUnit *unit)
{
	Datum	   *elements = palloc(sizeof(Datum) * 3 * unit->rows);
	ArrayType  *array;

	for (int i = 0; i < unit->rows; i++)
	{
		elements[3 * i] = CStringGetTextDatum(unit->row[i].kind);
		elements[3 * i + 1] = CStringGetTextDatum(unit->row[i].name);
		elements[3 * i + 2] = CStringGetTextDatum(unit->row[i].definition);
	}
	array = text_array(elements, 3 * unit->rows);
	for (int i = 0; i < 3 * unit->rows; i++)
		pfree(DatumGetPointer(elements[i]));
	pfree(elements);
	return array;
}

/*
 * Returns the unit that is stored.
 */
SchemaUnit *
expected_unit(const char *kind, const char *identity, ArrayType *contents)
{
	SchemaUnit *unit = palloc0(sizeof(SchemaUnit));
	Datum	   *elements;
	int			count;

	unit->kind = kind;
	unit->identity = identity;
	deconstruct_array(contents, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i + 2 < count; i += 3)
		snapshot_add_row(unit, TextDatumGetCString(elements[i]),
						 TextDatumGetCString(elements[i + 1]),
						 TextDatumGetCString(elements[i + 2]));
	return unit;
}

/*
 * Begins a scan for one unit.
 */
static HeapTuple
find(StoredScan *scan, Oid table, LOCKMODE lockmode, const char *kind, const char *identity,
	 Snapshot snapshot)
{
	ScanKeyData key[2];

	ScanKeyInit(&key[0], E_IDENTITY, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(identity));
	ScanKeyInit(&key[1], E_KIND, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(kind));
	stored_scan_begin_at(scan, table, lockmode, E_IDENTITY, 2, key, ForwardScanDirection, snapshot);
	return stored_scan_next(scan);
}

static ArrayType *
contents_of(const StoredScan *scan, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, E_CONTENTS, RelationGetDescr(scan->table), &isnull);

	return DatumGetArrayTypePCopy(value);
}

/*
 * Returns what is expected of a unit, or NULL.
 */
SchemaUnit *
expected_lookup(const Ledger *ledger, const char *kind, const char *identity)
{
	StoredScan	scan;
	HeapTuple	tuple = find(&scan, ledger->expected_relid, AccessShareLock, kind, identity,
							 GetLatestSnapshot());
	SchemaUnit *unit = NULL;

	if (HeapTupleIsValid(tuple))
		unit = expected_unit(kind, identity, contents_of(&scan, tuple));
	stored_scan_end(&scan);
	return unit;
}

/*
 * Puts a row in, or in place of the one that is there.
 */
static void
put(const Ledger *ledger, const char *kind, const char *identity, ArrayType *contents)
{
	StoredScan	scan;
	HeapTuple	tuple = find(&scan, ledger->expected_relid, RowExclusiveLock, kind, identity,
							 GetLatestSnapshot());
	Datum		values[EXPECTED_COLUMNS];
	bool		nulls[EXPECTED_COLUMNS] = {0};

	values[E_KIND - 1] = CStringGetTextDatum(kind);
	values[E_IDENTITY - 1] = CStringGetTextDatum(identity);
	values[E_CONTENTS - 1] = PointerGetDatum(contents);
	if (HeapTupleIsValid(tuple))
	{
		HeapTuple	changed = heap_form_tuple(RelationGetDescr(scan.table), values, nulls);

		changed->t_self = tuple->t_self;
		CatalogTupleUpdate(scan.table, &tuple->t_self, changed);
		stored_scan_end(&scan);
		CommandCounterIncrement();
		return;
	}
	stored_scan_end(&scan);
	stored_insert(ledger->expected_relid, EXPECTED_COLUMNS, values, nulls);
}

/*
 * Stores what is expected of a unit.
 */
void
expected_put(const Ledger *ledger, const SchemaUnit *unit)
{
	put(ledger, unit->kind, unit->identity, expected_contents(unit));
}

/*
 * Expects the unit no more.
 */
void
expected_delete(const Ledger *ledger, const char *kind, const char *identity)
{
	StoredScan	scan;
	HeapTuple	tuple = find(&scan, ledger->expected_relid, RowExclusiveLock, kind, identity,
							 GetLatestSnapshot());

	if (HeapTupleIsValid(tuple))
		CatalogTupleDelete(scan.table, &tuple->t_self);
	stored_scan_end(&scan);
	CommandCounterIncrement();
}

/*
 * Calls "visitor" for all that is expected.
 */
void
expected_visit(const Ledger *ledger, Snapshot snapshot, ExpectedVisitor visitor, void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	StoredScan	scan;
	HeapTuple	tuple;

	stored_scan_begin_at(&scan, ledger->expected_relid, AccessShareLock, E_IDENTITY, 0, NULL,
						 ForwardScanDirection, snapshot);
	while (HeapTupleIsValid(tuple = stored_scan_next(&scan)))
	{
		TupleDesc	desc = RelationGetDescr(scan.table);
		bool		isnull;
		char	   *kind = TextDatumGetCString(heap_getattr(tuple, E_KIND, desc, &isnull));
		char	   *identity = TextDatumGetCString(heap_getattr(tuple, E_IDENTITY, desc, &isnull));

		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(context);
		if (strcmp(kind, STATE_KIND) != 0)
			visitor(kind, identity, contents_of(&scan, tuple), arg);
	}
	stored_scan_end(&scan);
}

/*
 * Returns how the expected schema came about.
 */
ExpectedState *
expected_state(const Ledger *ledger, Snapshot snapshot)
{
	ExpectedState *state = palloc0(sizeof(ExpectedState));
	StoredScan	scan;
	HeapTuple	tuple = find(&scan, ledger->expected_relid, AccessShareLock, STATE_KIND, "",
							 snapshot);

	if (HeapTupleIsValid(tuple))
	{
		Datum	   *elements;
		int			count;

		deconstruct_array(contents_of(&scan, tuple), TEXTOID, -1, false, TYPALIGN_INT,
						  &elements, NULL, &count);
		if (count != 3)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("the state of the expected schema is not readable"),
					 errdetail("The row without a kind in table \"migrate_expected\" has %d elements, not 3.", count),
					 errhint("Have a superuser empty the table, and run SELECT migrate_accept_drift('table was damaged').")));
		state->known = true;
		state->format = pg_strtoint32(TextDatumGetCString(elements[0]));
		state->major = pg_strtoint32(TextDatumGetCString(elements[1]));
		state->untracked = TextDatumGetCString(elements[2]);
	}
	stored_scan_end(&scan);
	return state;
}

/*
 * Says how the expected schema came about: "untracked" is what has changed the
 * schema since without being tracked, "" if nothing has.
 */
void
expected_put_state(const Ledger *ledger, const char *untracked)
{
	Datum		elements[3] = {
		CStringGetTextDatum(psprintf("%d", SNAPSHOT_FORMAT)),
		CStringGetTextDatum(psprintf("%d", COMPAT_MAJOR)),
		CStringGetTextDatum(untracked)
	};

	put(ledger, STATE_KIND, "", text_array(elements, 3));
}

/*
 * Can the expected schema be compared with one that is described now?
 */
bool
expected_is_current(const ExpectedState *state)
{
	return state->known && state->format == SNAPSHOT_FORMAT && state->major == COMPAT_MAJOR &&
		state->untracked[0] == '\0';
}

/*
 * For expected_take_over(): what is to be stored, and which of it is.
 */
typedef struct TakeOver
{
	const SchemaSnapshot *snapshot;
	List	   *gone;			/* units expected no more */
	bool	   *same;			/* by number of the unit */
} TakeOver;

static void
compare_stored(const char *kind, const char *identity, ArrayType *contents, void *arg)
{
	TakeOver   *over = arg;
	SchemaUnit **found = snapshot_position(over->snapshot, kind, identity);
	ArrayType  *now;

	if (found == NULL)
	{
		over->gone = lappend(over->gone, expected_unit(kind, identity, contents));
		return;
	}
	now = expected_contents(*found);
	over->same[found - over->snapshot->unit] = VARSIZE(now) == VARSIZE(contents) &&
		memcmp(now, contents, VARSIZE(now)) == 0;
	pfree(now);
	pfree(contents);
}

/*
 * Expects the schema to be like the snapshot.  Writes what is not so already.
 */
void
expected_take_over(const Ledger *ledger, const SchemaSnapshot *snapshot)
{
	TakeOver	over = {.snapshot = snapshot};
	Snapshot	latest = RegisterSnapshot(GetLatestSnapshot());
	ListCell   *cell;

	over.same = palloc0(sizeof(bool) * (snapshot->units + 1));
	expected_visit(ledger, latest, compare_stored, &over);
	UnregisterSnapshot(latest);
	foreach(cell, over.gone)
	{
		SchemaUnit *unit = lfirst(cell);

		expected_delete(ledger, unit->kind, unit->identity);
	}
	for (int i = 0; i < snapshot->units; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!over.same[i])
			expected_put(ledger, snapshot->unit[i]);
	}
	expected_put_state(ledger, "");
}
