/*-------------------------------------------------------------------------
 *
 * ledger.c
 *	  Reads and appends to the ledger of migrations.
 *
 * The ledger is one table of events.  Rows are only ever added, by
 * ledger_append(), which numbers them without a gap and chains each to the
 * one before by its hash; whoever appends holds the gate (gate.c), so there
 * is one at a time.  The state of a version is its latest event.
 *
 * Each event also carries what the ledger as a whole has come to: how many
 * versions are applied, and the stack of them.  So the cost of applying or
 * rolling back, and of asking how things stand, does not grow with history.
 *
 * This is the only C file that names the table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/pg_lsn.h"
#include "utils/timestamp.h"

#include "ledger.h"
#include "version.h"

const LedgerColumnInfo ledger_columns[LEDGER_COLUMNS] = {
	[L_SEQ] = {"seq", INT8OID},
	[L_VERSION] = {"version", TEXTOID},
	[L_ACTION] = {"action", TEXTOID},
	[L_DESCRIPTION] = {"description", TEXTOID},
	[L_UP_SQL] = {"up_sql", TEXTOID},
	[L_DOWN_SQL] = {"down_sql", TEXTOID},
	[L_DEPENDS_ON] = {"depends_on", TEXTARRAYOID},
	[L_TRANSACTIONAL] = {"transactional", BOOLOID},
	[L_CHECKSUM] = {"checksum", BYTEAOID},
	[L_STARTED_AT] = {"started_at", TIMESTAMPTZOID},
	[L_DURATION] = {"duration", INTERVALOID},
	[L_APPLIED_BY] = {"applied_by", TEXTOID},
	[L_ROLE] = {"role", TEXTOID},
	[L_CLIENT] = {"client", TEXTOID},
	[L_APPLICATION] = {"application", TEXTOID},
	[L_STATEMENTS] = {"statements", INT4OID},
	[L_ROWS] = {"rows", INT8OID},
	[L_WAL_BYTES] = {"wal_bytes", INT8OID},
	[L_LSN] = {"lsn", LSNOID},
	[L_ERROR] = {"error", TEXTOID},
	[L_APPLIED_SEQ] = {"applied_seq", INT8OID},
	[L_BELOW_SEQ] = {"below_seq", INT8OID},
	[L_HEAD_SEQ] = {"head_seq", INT8OID},
	[L_APPLIED_TOTAL] = {"applied_total", INT8OID},
	[L_NEWEST_VERSION] = {"newest_version", TEXTOID},
	[L_PREVIOUS_HASH] = {"previous_hash", BYTEAOID},
	[L_ENTRY_HASH] = {"entry_hash", BYTEAOID},
};

#define ALL_COLUMNS \
	"l.seq, l.version, l.action, l.description, l.up_sql, l.down_sql, l.depends_on, " \
	"l.transactional, l.checksum, l.started_at, l.duration, l.applied_by, l.role, l.client, " \
	"l.application, l.statements, l.rows, l.wal_bytes, l.lsn, l.error, l.applied_seq, " \
	"l.below_seq, l.head_seq, l.applied_total, l.newest_version, l.previous_hash, l.entry_hash"

static const Oid text_arg[] = {TEXTOID};
static const Oid int8_arg[] = {INT8OID};

static OwnerQuery latest_of_version = {
	.sql = "SELECT " ALL_COLUMNS " FROM %s." LEDGER_TABLE " AS l"
	" WHERE l.version OPERATOR(pg_catalog.=) $1 ORDER BY l.seq DESC LIMIT 1",
	.nargs = 1,.types = text_arg
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

static OwnerQuery newest_applied = {
	.sql = "SELECT l.version FROM (SELECT DISTINCT ON (a.version) a.version, a.applied_seq"
	" FROM %s." LEDGER_TABLE " AS a ORDER BY a.version, a.seq DESC) AS l"
	" WHERE l.applied_seq IS NOT NULL ORDER BY %s.migrate_version_key(l.version) DESC LIMIT 1"
};

static OwnerQuery dependents_of_version = {
	.sql = "SELECT l.version FROM %s." LEDGER_TABLE " AS l"
	" WHERE l.depends_on OPERATOR(pg_catalog.@>) ARRAY[$1]"
	" AND l.depends_on OPERATOR(pg_catalog.<>) '{}' AND l.applied_seq IS NOT NULL"
	" AND NOT EXISTS (SELECT FROM %s." LEDGER_TABLE " AS n"
	" WHERE n.version OPERATOR(pg_catalog.=) l.version AND n.seq OPERATOR(pg_catalog.>) l.seq)"
	" ORDER BY l.seq",
	.nargs = 1,.types = text_arg
};

static const Oid insert_args[LEDGER_COLUMNS] = {
	INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID, BOOLOID, BYTEAOID,
	TIMESTAMPTZOID, INTERVALOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, INT8OID, INT8OID,
	LSNOID, TEXTOID, INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID, BYTEAOID, BYTEAOID
};

static OwnerQuery insert_entry = {
	.sql = "INSERT INTO %s." LEDGER_TABLE " (seq, version, action, description, up_sql, down_sql,"
	" depends_on, transactional, checksum, started_at, duration, applied_by, role, client,"
	" application, statements, rows, wal_bytes, lsn, error, applied_seq, below_seq, head_seq,"
	" applied_total, newest_version, previous_hash, entry_hash)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
	" $19, $20, $21, $22, $23, $24, $25, $26, $27)",
	.nargs = LEDGER_COLUMNS,.types = insert_args
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
 * Returns a new entry for "version", with all other values NULL, no
 * dependencies, and starting now.
 */
LedgerEntry *
ledger_entry_new(const char *version, const char *action)
{
	LedgerEntry *entry = palloc0(sizeof(LedgerEntry));

	memset(entry->nulls, true, sizeof(entry->nulls));
	ledger_entry_set(entry, L_VERSION, CStringGetTextDatum(version));
	ledger_entry_set(entry, L_ACTION, CStringGetTextDatum(action));
	ledger_entry_set(entry, L_DEPENDS_ON, PointerGetDatum(construct_empty_array(TEXTOID)));
	ledger_entry_set(entry, L_TRANSACTIONAL, BoolGetDatum(true));
	ledger_entry_set(entry, L_STARTED_AT, TimestampTzGetDatum(GetCurrentTimestamp()));
	return entry;
}

void
ledger_entry_set(LedgerEntry *entry, LedgerColumn column, Datum value)
{
	entry->values[column] = value;
	entry->nulls[column] = false;
}

/*
 * Takes over one column of another entry, NULL or not.
 */
void
ledger_entry_copy(LedgerEntry *entry, const LedgerEntry *from, LedgerColumn column)
{
	entry->values[column] = from->values[column];
	entry->nulls[column] = from->nulls[column];
}

/*
 * Sets what running the migration took.
 */
void
ledger_entry_set_stats(LedgerEntry *entry, const RunStats *stats)
{
	Interval   *duration = palloc0(sizeof(Interval));

	duration->time = stats->duration;
	ledger_entry_set(entry, L_STARTED_AT, TimestampTzGetDatum(stats->started_at));
	ledger_entry_set(entry, L_DURATION, IntervalPGetDatum(duration));
	ledger_entry_set(entry, L_STATEMENTS, Int32GetDatum(stats->statements));
	ledger_entry_set(entry, L_ROWS, Int64GetDatum(stats->rows));
	ledger_entry_set(entry, L_WAL_BYTES, Int64GetDatum(stats->wal_bytes));
	ledger_entry_set(entry, L_LSN, LSNGetDatum(stats->lsn));
}

/*
 * Returns a bigint column; 0 for NULL, which no sequence number is.
 */
int64
ledger_entry_int64(const LedgerEntry *entry, LedgerColumn column)
{
	return entry->nulls[column] ? 0 : DatumGetInt64(entry->values[column]);
}

/*
 * Returns a text column in palloc'd memory; NULL for NULL.
 */
char *
ledger_entry_text(const LedgerEntry *entry, LedgerColumn column)
{
	return entry->nulls[column] ? NULL : TextDatumGetCString(entry->values[column]);
}

/*
 * Is the version of its latest event "entry" applied?  NULL, for a version
 * that the ledger has never seen, is not.
 */
bool
ledger_entry_is_applied(const LedgerEntry *entry)
{
	return entry != NULL && !entry->nulls[L_APPLIED_SEQ];
}

/*
 * Runs a query for one entry; returns NULL if there is none.  Long values
 * stay in their TOAST table until used.
 */
static LedgerEntry *
fetch_entry(const Ledger *ledger, OwnerQuery *query, Datum *values)
{
	MemoryContext context = CurrentMemoryContext;
	OwnerScope	scope;
	LedgerEntry *entry = NULL;

	if (owner_query(ledger, query, values, NULL, &scope) > 0)
	{
		HeapTuple	tuple = SPI_tuptable->vals[0];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		MemoryContext old_context = MemoryContextSwitchTo(context);

		entry = palloc0(sizeof(LedgerEntry));
		for (int i = 0; i < LEDGER_COLUMNS; i++)
		{
			Form_pg_attribute attribute = TupleDescAttr(desc, i);
			Datum		value = SPI_getbinval(tuple, desc, i + 1, &entry->nulls[i]);

			if (!entry->nulls[i])
				entry->values[i] = datumCopy(value, attribute->attbyval, attribute->attlen);
		}
		MemoryContextSwitchTo(old_context);
	}
	owner_query_end(&scope);
	return entry;
}

/*
 * Returns the latest event of "version", or NULL.
 */
LedgerEntry *
ledger_lookup(const Ledger *ledger, const char *version)
{
	Datum		values[] = {CStringGetTextDatum(version)};

	return fetch_entry(ledger, &latest_of_version, values);
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
 * Sets who did it and from where.
 */
static void
set_actor(LedgerEntry *entry)
{
	LOCAL_FCINFO(address, 0);
	Datum		client;

	ledger_entry_set(entry, L_APPLIED_BY,
					 CStringGetTextDatum(GetUserNameFromId(GetSessionUserId(), false)));
	ledger_entry_set(entry, L_ROLE,
					 CStringGetTextDatum(GetUserNameFromId(GetUserId(), false)));
	InitFunctionCallInfoData(*address, NULL, 0, InvalidOid, NULL, NULL);
	client = inet_client_addr(address);
	ledger_entry_set(entry, L_CLIENT,
					 address->isnull ? CStringGetTextDatum("local") :
					 DirectFunctionCall1(network_host, client));
	if (application_name && application_name[0])
		ledger_entry_set(entry, L_APPLICATION, CStringGetTextDatum(application_name));
}

/*
 * Sets the state of the ledger after "entry".  "prior" is the event before it
 * of the same version, or NULL, and "tail" the event before it of all.
 */
static void
set_state(const Ledger *ledger, LedgerEntry *entry, const LedgerEntry *prior,
		  const LedgerEntry *tail)
{
	char	   *action = ledger_entry_text(entry, L_ACTION);
	char	   *version = ledger_entry_text(entry, L_VERSION);
	int64		total = tail ? ledger_entry_int64(tail, L_APPLIED_TOTAL) : 0;
	char	   *newest = NULL;

	if (tail)
		ledger_entry_copy(entry, tail, L_HEAD_SEQ);

	if (strcmp(action, LEDGER_AMEND) == 0)
	{
		ledger_entry_copy(entry, prior, L_APPLIED_SEQ);
		ledger_entry_copy(entry, prior, L_BELOW_SEQ);
		ledger_entry_copy(entry, tail, L_NEWEST_VERSION);
	}
	else if (strcmp(action, LEDGER_APPLY) == 0 || strcmp(action, LEDGER_STAMP) == 0)
	{
		Assert(!ledger_entry_is_applied(prior));
		ledger_entry_set(entry, L_APPLIED_SEQ, entry->values[L_SEQ]);
		if (!entry->nulls[L_HEAD_SEQ])
			ledger_entry_set(entry, L_BELOW_SEQ, entry->values[L_HEAD_SEQ]);
		ledger_entry_set(entry, L_HEAD_SEQ, entry->values[L_SEQ]);
		total++;
		newest = ledger_newest(ledger, tail);
		if (newest == NULL || version_compare(newest, version) < 0)
			newest = version;
	}
	else
	{
		Assert(ledger_entry_is_applied(prior));
		total--;
		if (ledger_entry_int64(tail, L_HEAD_SEQ) == ledger_entry_int64(prior, L_APPLIED_SEQ))
		{
			LedgerEntry *below = ledger_below(ledger, prior);

			entry->nulls[L_HEAD_SEQ] = true;
			if (below)
				ledger_entry_set(entry, L_HEAD_SEQ, below->values[L_APPLIED_SEQ]);
		}
		newest = ledger_entry_text(tail, L_NEWEST_VERSION);
		if (newest && strcmp(newest, version) == 0)
			newest = NULL;
	}
	ledger_entry_set(entry, L_APPLIED_TOTAL, Int64GetDatum(total));
	if (newest)
		ledger_entry_set(entry, L_NEWEST_VERSION, CStringGetTextDatum(newest));
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
 * hashes.  "prior" is the latest event of the same version so far, or NULL.
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
	set_actor(entry);
	set_state(ledger, entry, prior, tail);
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
}
