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
 * Only the files of the ledger name its table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

#include "ledger.h"

#define ALL_COLUMNS \
	"l.seq, l.version, l.action, l.description, l.up_sql, l.down_sql, l.depends_on, " \
	"l.transactional, l.checksum, l.started_at, l.duration, l.applied_by, l.role, l.client, " \
	"l.application, l.statements, l.rows, l.wal_bytes, l.lsn, l.error, l.direction, l.step, " \
	"l.steps, l.cut, l.detail, l.applied_seq, l.below_seq, l.head_seq, l.applied_total, " \
	"l.unfinished_total, l.newest_version, l.previous_hash, l.entry_hash"

static const Oid text_arg[] = {TEXTOID};
static const Oid int8_arg[] = {INT8OID};
static const Oid text_int8_args[] = {TEXTOID, INT8OID};

static OwnerQuery latest_of_version = {
	.sql = "SELECT " ALL_COLUMNS " FROM %s." LEDGER_TABLE " AS l"
	" WHERE l.version OPERATOR(pg_catalog.=) $1 AND l.direction IS NULL"
	" ORDER BY l.seq DESC LIMIT 1",
	.nargs = 1,.types = text_arg
};

static OwnerQuery steps_of_version = {
	.sql = "SELECT " ALL_COLUMNS " FROM %s." LEDGER_TABLE " AS l"
	" WHERE l.version OPERATOR(pg_catalog.=) $1 AND l.direction IS NOT NULL"
	" AND l.seq OPERATOR(pg_catalog.>) $2 ORDER BY l.seq",
	.nargs = 2,.types = text_int8_args
};

static OwnerQuery latest_of_all = {
	.sql = "SELECT " ALL_COLUMNS " FROM %s." LEDGER_TABLE " AS l ORDER BY l.seq DESC LIMIT 1"
};

static OwnerQuery by_seq = {
	.sql = "SELECT " ALL_COLUMNS " FROM %s." LEDGER_TABLE " AS l"
	" WHERE l.seq OPERATOR(pg_catalog.=) $1",
	.nargs = 1,.types = int8_arg
};

static OwnerQuery next_by_seq = {
	.sql = "SELECT " ALL_COLUMNS " FROM %s." LEDGER_TABLE " AS l"
	" WHERE l.seq OPERATOR(pg_catalog.>) $1 ORDER BY l.seq LIMIT 1",
	.nargs = 1,.types = int8_arg
};

static OwnerQuery unfinished_steps = {
	.sql = "SELECT DISTINCT ON (l.version) " ALL_COLUMNS " FROM %s." LEDGER_TABLE " AS l"
	" WHERE l.direction IS NOT NULL AND l.action OPERATOR(pg_catalog.<>) '" LEDGER_FAILED "'"
	" AND NOT EXISTS (SELECT FROM %s." LEDGER_TABLE " AS n"
	" WHERE n.version OPERATOR(pg_catalog.=) l.version AND n.seq OPERATOR(pg_catalog.>) l.seq"
	" AND n.direction IS NULL) ORDER BY l.version, l.seq DESC"
};

static OwnerQuery newest_applied = {
	.sql = "SELECT l.version FROM (SELECT DISTINCT ON (a.version) a.version, a.applied_seq"
	" FROM %s." LEDGER_TABLE " AS a WHERE a.direction IS NULL"
	" ORDER BY a.version, a.seq DESC) AS l"
	" WHERE l.applied_seq IS NOT NULL ORDER BY %s.migrate_version_key(l.version) DESC LIMIT 1"
};

static OwnerQuery dependents_of_version = {
	.sql = "SELECT l.version FROM %s." LEDGER_TABLE " AS l"
	" WHERE l.depends_on OPERATOR(pg_catalog.@>) ARRAY[$1]"
	" AND l.depends_on OPERATOR(pg_catalog.<>) '{}' AND l.applied_seq IS NOT NULL"
	" AND l.direction IS NULL"
	" AND NOT EXISTS (SELECT FROM %s." LEDGER_TABLE " AS n"
	" WHERE n.version OPERATOR(pg_catalog.=) l.version AND n.seq OPERATOR(pg_catalog.>) l.seq"
	" AND n.direction IS NULL)"
	" ORDER BY l.seq",
	.nargs = 1,.types = text_arg
};

/*
 * Returns row "row" of the result of a query for entries.  Long values stay in
 * their TOAST table until used.
 */
static LedgerEntry *
entry_of_row(uint64 row)
{
	HeapTuple	tuple = SPI_tuptable->vals[row];
	TupleDesc	desc = SPI_tuptable->tupdesc;
	LedgerEntry *entry = palloc0(sizeof(LedgerEntry));

	for (int i = 0; i < LEDGER_COLUMNS; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		Datum		value = SPI_getbinval(tuple, desc, i + 1, &entry->nulls[i]);

		if (!entry->nulls[i])
			entry->values[i] = datumCopy(value, attribute->attbyval, attribute->attlen);
	}
	return entry;
}

/*
 * Runs a query for entries; returns them as a list.
 */
static List *
fetch_entries(const Ledger *ledger, OwnerQuery *query, Datum *values)
{
	MemoryContext context = CurrentMemoryContext;
	OwnerScope	scope;
	List	   *entries = NIL;
	uint64		count = owner_query(ledger, query, values, NULL, &scope);
	MemoryContext old_context = MemoryContextSwitchTo(context);

	for (uint64 i = 0; i < count; i++)
		entries = lappend(entries, entry_of_row(i));
	MemoryContextSwitchTo(old_context);
	owner_query_end(&scope);
	return entries;
}

/*
 * Runs a query for one entry; returns NULL if there is none.
 */
static LedgerEntry *
fetch_entry(const Ledger *ledger, OwnerQuery *query, Datum *values)
{
	List	   *entries = fetch_entries(ledger, query, values);

	return entries == NIL ? NULL : linitial(entries);
}

/*
 * Returns the latest event that settled the state of "version", or NULL.
 */
LedgerEntry *
ledger_lookup(const Ledger *ledger, const char *version)
{
	Datum		values[] = {CStringGetTextDatum(version)};

	return fetch_entry(ledger, &latest_of_version, values);
}

/*
 * Returns the events of the steps of "version" since "settled", its latest
 * event that settled something (or NULL), oldest first.
 */
List *
ledger_steps(const Ledger *ledger, const char *version, const LedgerEntry *settled)
{
	Datum		values[] = {
		CStringGetTextDatum(version),
		Int64GetDatum(settled ? ledger_entry_int64(settled, L_SEQ) : 0)
	};

	return fetch_entries(ledger, &steps_of_version, values);
}

/*
 * Has a step of "version" begun since it was settled?
 */
bool
ledger_is_unfinished(const Ledger *ledger, const char *version, const LedgerEntry *settled)
{
	ListCell   *cell;

	foreach(cell, ledger_steps(ledger, version, settled))
		if (strcmp(ledger_entry_text(lfirst(cell), L_ACTION), LEDGER_FAILED) != 0)
			return true;
	return false;
}

/*
 * Returns the last step, as far as it began or was done, of each version that
 * is unfinished.  "tail" is the latest event, or NULL.
 */
List *
ledger_unfinished(const Ledger *ledger, const LedgerEntry *tail)
{
	if (tail == NULL || ledger_entry_int64(tail, L_UNFINISHED_TOTAL) == 0)
		return NIL;
	return fetch_entries(ledger, &unfinished_steps, NULL);
}

/*
 * Returns the latest event of all, or NULL if the ledger is empty.
 */
LedgerEntry *
ledger_tail(const Ledger *ledger)
{
	return fetch_entry(ledger, &latest_of_all, NULL);
}

/*
 * Returns the first event after number "seq", or NULL.
 */
LedgerEntry *
ledger_after(const Ledger *ledger, int64 seq)
{
	Datum		values[] = {Int64GetDatum(seq)};

	return fetch_entry(ledger, &next_by_seq, values);
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
		Datum		values[] = {Int64GetDatum(seq)};
		LedgerEntry *entry = fetch_entry(ledger, &by_seq, values);
		LedgerEntry *latest;

		CHECK_FOR_INTERRUPTS();
		if (entry == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("entry " INT64_FORMAT " is missing from the ledger", seq),
					 errhint("See SELECT * FROM migrate_verify().")));
		latest = ledger_lookup(ledger, ledger_entry_text(entry, L_VERSION));
		if (ledger_entry_int64(latest, L_APPLIED_SEQ) == seq)
			return latest;
		seq = ledger_entry_int64(entry, L_BELOW_SEQ);
	}
	return NULL;
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
 * Runs a query for versions; returns them as a list of char *.
 */
static List *
fetch_versions(const Ledger *ledger, OwnerQuery *query, Datum *values)
{
	MemoryContext context = CurrentMemoryContext;
	OwnerScope	scope;
	List	   *versions = NIL;
	uint64		count = owner_query(ledger, query, values, NULL, &scope);

	for (uint64 i = 0; i < count; i++)
	{
		char	   *version = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		MemoryContext old_context = MemoryContextSwitchTo(context);

		versions = lappend(versions, pstrdup(version));
		MemoryContextSwitchTo(old_context);
	}
	owner_query_end(&scope);
	return versions;
}

/*
 * Returns the applied version that is last in natural order, or NULL.
 * "tail" is the latest event, or NULL.
 */
char *
ledger_newest(const Ledger *ledger, const LedgerEntry *tail)
{
	List	   *versions;

	if (tail == NULL || ledger_entry_int64(tail, L_APPLIED_TOTAL) == 0)
		return NULL;
	if (!tail->nulls[L_NEWEST_VERSION])
		return ledger_entry_text(tail, L_NEWEST_VERSION);
	versions = fetch_versions(ledger, &newest_applied, NULL);
	return versions == NIL ? NULL : linitial(versions);
}

/*
 * Returns the applied versions that depend on "version".
 */
List *
ledger_dependents(const Ledger *ledger, const char *version)
{
	Datum		values[] = {CStringGetTextDatum(version)};

	return fetch_versions(ledger, &dependents_of_version, values);
}
