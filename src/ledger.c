/*-------------------------------------------------------------------------
 *
 * ledger.c
 *	  Reads the ledger of migrations.
 *
 * The ledger is one table of events.  Rows are only ever added, by
 * ledger_append.c, which numbers them without a gap and chains each to the
 * one before by its hash; whoever appends holds the gate (gate.c), so there
 * is one at a time.  The state of a version is its latest event that settles
 * it; the events of single steps, which have a direction, do not.
 *
 * Each event also carries what the ledger as a whole has come to: how many
 * versions are applied, and the stack of them.  So the cost of applying or
 * rolling back, and of asking how things stand, does not grow with history.
 *
 * The functions here read a few entries by an index, or, where a look at all
 * is needed, which is rare, one after the other.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "ledger.h"
#include "stored_table.h"
#include "version.h"

#define ATTNO(column) ((AttrNumber) ((column) + 1))

/*
 * A walk over entries, by version and seq, or by seq alone.
 */
static void
walk_begin(StoredScan *scan, const Ledger *ledger, LedgerColumn first,
		   int nkeys, ScanKey keys, ScanDirection direction)
{
	stored_scan_begin(scan, ledger->relid, AccessShareLock, ATTNO(first),
					  nkeys, keys, direction);
}

/*
 * Returns the next entry, in the current memory context, or NULL.  Long values
 * stay in their TOAST table until used.
 */
static LedgerEntry *
walk_next(StoredScan *scan)
{
	HeapTuple	tuple = stored_scan_next(scan);

	if (!HeapTupleIsValid(tuple))
		return NULL;
	return ledger_entry_from_tuple(heap_copytuple(tuple), RelationGetDescr(scan->table));
}

/*
 * Returns the first entry of a walk, or NULL.
 */
static LedgerEntry *
first_entry(const Ledger *ledger, LedgerColumn first, int nkeys, ScanKey keys,
			ScanDirection direction)
{
	StoredScan	scan;
	LedgerEntry *entry;

	walk_begin(&scan, ledger, first, nkeys, keys, direction);
	entry = walk_next(&scan);
	stored_scan_end(&scan);
	return entry;
}

static void
version_key(ScanKey key, const char *version)
{
	ScanKeyInit(key, ATTNO(L_VERSION), BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(version));
}

static void
seq_key(ScanKey key, StrategyNumber strategy, int64 seq)
{
	ScanKeyInit(key, ATTNO(L_SEQ), strategy,
				strategy == BTEqualStrategyNumber ? F_INT8EQ : F_INT8GT, Int64GetDatum(seq));
}

/*
 * Returns the latest event that settled the state of "version", or NULL.
 */
LedgerEntry *
ledger_lookup(const Ledger *ledger, const char *version)
{
	ScanKeyData key;
	StoredScan	scan;
	LedgerEntry *entry;

	version_key(&key, version);
	walk_begin(&scan, ledger, L_VERSION, 1, &key, BackwardScanDirection);
	do
		entry = walk_next(&scan);
	while (entry != NULL && !entry->nulls[L_DIRECTION]);
	stored_scan_end(&scan);
	return entry;
}

/*
 * Returns the events of the steps of "version" since "settled", its latest
 * event that settled something (or NULL), oldest first.
 */
List *
ledger_steps(const Ledger *ledger, const char *version, const LedgerEntry *settled)
{
	ScanKeyData keys[2];
	StoredScan	scan;
	LedgerEntry *entry;
	List	   *steps = NIL;

	version_key(&keys[0], version);
	seq_key(&keys[1], BTGreaterStrategyNumber,
			settled ? ledger_entry_int64(settled, L_SEQ) : 0);
	walk_begin(&scan, ledger, L_VERSION, 2, keys, ForwardScanDirection);
	while ((entry = walk_next(&scan)) != NULL)
		if (!entry->nulls[L_DIRECTION])
			steps = lappend(steps, entry);
	stored_scan_end(&scan);
	return steps;
}

/*
 * Is it an event of a step that began or was done?
 */
static bool
is_progress(const LedgerEntry *entry)
{
	return !entry->nulls[L_DIRECTION] &&
		strcmp(ledger_entry_text(entry, L_ACTION), LEDGER_FAILED) != 0;
}

/*
 * Has a step of "version" begun since it was settled?
 */
bool
ledger_is_unfinished(const Ledger *ledger, const char *version, const LedgerEntry *settled)
{
	ListCell   *cell;

	foreach(cell, ledger_steps(ledger, version, settled))
		if (is_progress(lfirst(cell)))
			return true;
	return false;
}

/*
 * Returns the latest event of all, or NULL if the ledger is empty.
 */
LedgerEntry *
ledger_tail(const Ledger *ledger)
{
	return first_entry(ledger, L_SEQ, 0, NULL, BackwardScanDirection);
}

/*
 * Returns event "seq", or NULL.
 */
static LedgerEntry *
entry_at(const Ledger *ledger, int64 seq)
{
	ScanKeyData key;

	seq_key(&key, BTEqualStrategyNumber, seq);
	return first_entry(ledger, L_SEQ, 1, &key, ForwardScanDirection);
}

/*
 * Returns event "seq".  Raises an error if it is missing.
 */
LedgerEntry *
ledger_event(const Ledger *ledger, int64 seq)
{
	LedgerEntry *entry = entry_at(ledger, seq);

	if (entry == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("entry " INT64_FORMAT " is missing from the ledger", seq),
				 errhint("See SELECT * FROM migrate_verify().")));
	return entry;
}

/*
 * Goes down the stack of applied versions from event "seq" to the first that
 * is still in force, and returns the latest event of its version, or NULL at
 * the bottom.
 */
LedgerEntry *
ledger_applied_at(const Ledger *ledger, int64 seq)
{
	while (seq != 0)
	{
		LedgerEntry *entry = ledger_event(ledger, seq);
		LedgerEntry *latest;

		CHECK_FOR_INTERRUPTS();
		latest = ledger_lookup(ledger, ledger_entry_text(entry, L_VERSION));
		if (latest != NULL && ledger_entry_int64(latest, L_APPLIED_SEQ) == seq)
			return latest;
		seq = ledger_entry_int64(entry, L_BELOW_SEQ);
	}
	return NULL;
}

/*
 * Returns the latest event of the version applied last of those that are
 * applied, or NULL.  "tail" is the latest event of all, or NULL.
 */
LedgerEntry *
ledger_head(const Ledger *ledger, LedgerEntry *tail)
{
	int64		seq = tail ? ledger_entry_int64(tail, L_HEAD_SEQ) : 0;

	/* as a rule, that is the latest of all */
	if (seq != 0 && tail->nulls[L_DIRECTION] && ledger_entry_int64(tail, L_APPLIED_SEQ) == seq)
		return tail;
	return ledger_applied_at(ledger, seq);
}

/*
 * Returns the latest event of the version applied before that of "entry"
 * (itself the latest event of an applied version), or NULL.
 */
LedgerEntry *
ledger_below(const Ledger *ledger, const LedgerEntry *entry)
{
	return ledger_applied_at(ledger, ledger_entry_int64(entry, L_BELOW_SEQ));
}

/*
 * Returns the applied version that is last in natural order but for that of
 * "entry", which is the latest event of the topmost one; or NULL if that is
 * not known.  All others were applied when it was applied, so it is the
 * newest of then, provided that this one still is applied.
 */
char *
ledger_newest_below(const Ledger *ledger, const LedgerEntry *entry)
{
	LedgerEntry *before = entry_at(ledger, ledger_entry_int64(entry, L_APPLIED_SEQ) - 1);
	char	   *newest = before ? ledger_entry_text(before, L_NEWEST_VERSION) : NULL;

	if (newest == NULL || !ledger_entry_is_applied(ledger_lookup(ledger, newest)))
		return NULL;
	return newest;
}

/*
 * What each_version() tells of a version: the latest event that settled
 * it and the latest of its steps since, each NULL if there is none.
 */
typedef void (*VersionVisitor) (const LedgerEntry *settled, const LedgerEntry *step, void *arg);

/*
 * Visits all versions of the ledger.  The entries are gone after the visit.
 */
static void
each_version(const Ledger *ledger, VersionVisitor visit, void *arg)
{
	MemoryContext contexts[2];
	MemoryContext old_context = CurrentMemoryContext;
	StoredScan	scan;
	LedgerEntry *settled = NULL,
			   *step = NULL,
			   *entry;
	char	   *version = NULL;
	int			turn = 0;

	/* one for the version being looked at, one for the next */
	for (int i = 0; i < 2; i++)
		contexts[i] = AllocSetContextCreate(old_context, "neon_migrate version",
											ALLOCSET_DEFAULT_SIZES);
	walk_begin(&scan, ledger, L_VERSION, 0, NULL, ForwardScanDirection);
	for (;;)
	{
		char	   *next_version;

		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(contexts[turn]);
		entry = walk_next(&scan);
		next_version = entry ? ledger_entry_text(entry, L_VERSION) : NULL;
		if (version && (entry == NULL || strcmp(version, next_version) != 0))
		{
			MemoryContextSwitchTo(old_context);
			visit(settled, step, arg);
			settled = step = NULL;
			MemoryContextReset(contexts[1 - turn]);
			turn = 1 - turn;
		}
		if (entry == NULL)
			break;
		version = next_version;
		if (entry->nulls[L_DIRECTION])
		{
			settled = entry;
			step = NULL;
		}
		else if (is_progress(entry))
			step = entry;
	}
	MemoryContextSwitchTo(old_context);
	stored_scan_end(&scan);
	MemoryContextDelete(contexts[0]);
	MemoryContextDelete(contexts[1]);
}

static void
collect_unfinished(const LedgerEntry *settled, const LedgerEntry *step, void *arg)
{
	List	  **steps = arg;

	(void) settled;
	if (step)
		*steps = lappend(*steps, ledger_entry_from_tuple(heap_copytuple(step->tuple),
														 step->desc));
}

/*
 * Is any version unfinished?  "tail" is the latest event, or NULL.
 */
bool
ledger_any_unfinished(const LedgerEntry *tail)
{
	return tail != NULL && ledger_entry_int64(tail, L_UNFINISHED_TOTAL) > 0;
}

/*
 * Returns the last step, as far as it began or was done, of each version that
 * is unfinished.  "tail" is the latest event, or NULL.
 */
List *
ledger_unfinished(const Ledger *ledger, const LedgerEntry *tail)
{
	List	   *steps = NIL;

	if (ledger_any_unfinished(tail))
		each_version(ledger, collect_unfinished, &steps);
	return steps;
}

static void
find_newest(const LedgerEntry *settled, const LedgerEntry *step, void *arg)
{
	char	  **newest = arg;
	char	   *version;

	(void) step;
	if (!ledger_entry_is_applied(settled))
		return;
	version = ledger_entry_text(settled, L_VERSION);
	if (*newest == NULL || version_compare(*newest, version) < 0)
		*newest = version;
}

/*
 * Returns the applied version that is last in natural order, or NULL.
 * "tail" is the latest event, or NULL.
 */
char *
ledger_newest(const Ledger *ledger, const LedgerEntry *tail)
{
	char	   *newest = NULL;

	if (tail == NULL || ledger_entry_int64(tail, L_APPLIED_TOTAL) == 0)
		return NULL;
	if (!tail->nulls[L_NEWEST_VERSION])
		return ledger_entry_text(tail, L_NEWEST_VERSION);
	each_version(ledger, find_newest, &newest);
	return newest;
}

typedef struct Dependents
{
	const char *version;
	List	   *found;			/* char * */
} Dependents;

static void
find_dependent(const LedgerEntry *settled, const LedgerEntry *step, void *arg)
{
	Dependents *dependents = arg;
	Datum	   *elements;
	int			count;

	(void) step;
	if (!ledger_entry_is_applied(settled))
		return;
	deconstruct_array(DatumGetArrayTypeP(settled->values[L_DEPENDS_ON]), TEXTOID, -1, false,
					  TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i < count; i++)
		if (strcmp(TextDatumGetCString(elements[i]), dependents->version) == 0)
			dependents->found = lappend(dependents->found,
										ledger_entry_text(settled, L_VERSION));
}

/*
 * Returns the applied versions that depend on "version".  Looks at all
 * versions, but only if any event ever had dependencies.
 */
List *
ledger_dependents(const Ledger *ledger, const char *version)
{
	LedgerEntry *tail = ledger_tail(ledger);
	Dependents	dependents = {.version = version};

	if (tail != NULL && ledger_entry_int64(tail, L_DEPENDENT_TOTAL) > 0)
		each_version(ledger, find_dependent, &dependents);
	return dependents.found;
}
