/*-------------------------------------------------------------------------
 *
 * ledger.c
 *	  Reads and appends to the ledger of migrations.
 *
 * The ledger is one table of events.  Rows are only ever added, by
 * ledger_append(), which numbers them without a gap and chains each to the
 * one before by its hash; whoever appends holds the gate (gate.c), so there
 * is one at a time.  The state of a version is its latest event that settles
 * it; the events of single steps, which have a direction, do not.
 *
 * Each event also carries what the ledger as a whole has come to: how many
 * versions are applied, and the stack of them.  So the cost of applying or
 * rolling back, and of asking how things stand, does not grow with history.
 *
 * This is the only C file that names the table; definition.c has the list of
 * definitions, but for the mark of what is pending, which is set here, together
 * with the event that it follows from.
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
	"l.steps, l.detail, l.applied_seq, l.below_seq, l.head_seq, l.applied_total, " \
	"l.unfinished_total, l.newest_version, l.previous_hash, l.entry_hash"

static const Oid text_arg[] = {TEXTOID};
static const Oid int8_arg[] = {INT8OID};
static const Oid text_int8_args[] = {TEXTOID, INT8OID};
static const Oid text_bool_args[] = {TEXTOID, BOOLOID};

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

static const Oid insert_args[LEDGER_COLUMNS] = {
	INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID, BOOLOID, BYTEAOID,
	TIMESTAMPTZOID, INTERVALOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, INT8OID, INT8OID,
	LSNOID, TEXTOID, TEXTOID, INT4OID, INT4OID, TEXTOID, INT8OID, INT8OID, INT8OID, INT8OID,
	INT8OID, TEXTOID, BYTEAOID, BYTEAOID
};

static OwnerQuery insert_entry = {
	.sql = "INSERT INTO %s." LEDGER_TABLE " (seq, version, action, description, up_sql, down_sql,"
	" depends_on, transactional, checksum, started_at, duration, applied_by, role, client,"
	" application, statements, rows, wal_bytes, lsn, error, direction, step, steps, detail,"
	" applied_seq, below_seq, head_seq, applied_total, unfinished_total, newest_version,"
	" previous_hash, entry_hash)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
	" $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)",
	.nargs = LEDGER_COLUMNS,.types = insert_args
};

static OwnerQuery mark_definition = {
	.sql = "UPDATE %s." DEFINITION_TABLE " SET pending = $2"
	" WHERE version OPERATOR(pg_catalog.=) $1 AND pending OPERATOR(pg_catalog.<>) $2",
	.nargs = 2,.types = text_bool_args
};

static bool appending = false;

/*
 * Is it ledger_append() that is inserting right now?
 */
bool
ledger_is_appending(void)
{
	return appending;
}

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

/*
 * Tells the list of definitions whether "entry" made its version pending.
 */
static void
mark_pending(const Ledger *ledger, const LedgerEntry *entry)
{
	Datum		values[] = {
		entry->values[L_VERSION],
		BoolGetDatum(!ledger_entry_is_applied(entry))
	};
	OwnerScope	scope;

	(void) owner_query(ledger, &mark_definition, values, NULL, &scope);
	owner_query_end(&scope);
}

static Datum
hash_datum(const uint8 *hash)
{
	bytea	   *value = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	SET_VARSIZE(value, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	memcpy(VARDATA(value), hash, PG_SHA256_DIGEST_LENGTH);
	return PointerGetDatum(value);
}

/*
 * Raises 55000 if what is appended would not last.
 */
static void
check_table(const Ledger *ledger)
{
	if (get_rel_persistence(ledger->relid) != RELPERSISTENCE_PERMANENT)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the ledger of migrations is not a logged table"),
				 errdetail("Its contents would not survive a crash."),
				 errhint("Run ALTER TABLE %s.%s SET LOGGED.", ledger->schema, LEDGER_TABLE)));
}

/*
 * Appends "entry" to the ledger and completes it: number, actor, state and
 * hashes.  "prior" is the latest event that settled the same version so far,
 * or NULL.
 * The caller holds the gate.
 */
void
ledger_append(const Ledger *opened, LedgerEntry *entry, const LedgerEntry *prior)
{
	/* opened before the migration ran, which may have renamed the schema */
	const Ledger *ledger = ledger_open_table(opened->relid);
	LedgerEntry *tail;
	uint8		hash[PG_SHA256_DIGEST_LENGTH];
	char		nulls[LEDGER_COLUMNS];
	OwnerScope	scope;
	uint64		inserted;

	check_table(ledger);
	tail = ledger_tail(ledger);
	ledger_entry_set(entry, L_SEQ,
					 Int64GetDatum(tail ? ledger_entry_int64(tail, L_SEQ) + 1 : 1));
	ledger_set_actor(entry);
	ledger_set_state(ledger, entry, prior, tail);
	if (tail)
	{
		entry->values[L_PREVIOUS_HASH] = tail->values[L_ENTRY_HASH];
		entry->nulls[L_PREVIOUS_HASH] = false;
	}
	ledger_hash(entry, hash);
	ledger_entry_set(entry, L_ENTRY_HASH, hash_datum(hash));

	for (int i = 0; i < LEDGER_COLUMNS; i++)
		nulls[i] = entry->nulls[i] ? 'n' : ' ';
	PG_TRY();
	{
		appending = true;
		inserted = owner_query(ledger, &insert_entry, entry->values, nulls, &scope);
	}
	PG_FINALLY();
	{
		appending = false;
	}
	PG_END_TRY();
	owner_query_end(&scope);
	if (inserted != 1)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the ledger of migrations did not take an entry"),
				 errdetail("A rule or trigger on table %s.%s is in the way.",
						   ledger->schema, LEDGER_TABLE),
				 errhint("See SELECT * FROM migrate_verify().")));
	if (entry->nulls[L_DIRECTION])
		mark_pending(ledger, entry);
}
