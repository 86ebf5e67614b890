/*-------------------------------------------------------------------------
 *
 * ledger_entry.c
 *	  One event of the ledger, in memory.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/pg_lsn.h"
#include "utils/timestamp.h"

#include "ledger.h"
#include "stored_table.h"

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
	[L_DIRECTION] = {"direction", TEXTOID},
	[L_STEP] = {"step", INT4OID},
	[L_STEPS] = {"steps", INT4OID},
	[L_CUT] = {"cut", TEXTOID},
	[L_DETAIL] = {"detail", TEXTOID},
	[L_APPLIED_SEQ] = {"applied_seq", INT8OID},
	[L_BELOW_SEQ] = {"below_seq", INT8OID},
	[L_HEAD_SEQ] = {"head_seq", INT8OID},
	[L_APPLIED_TOTAL] = {"applied_total", INT8OID},
	[L_UNFINISHED_TOTAL] = {"unfinished_total", INT8OID},
	[L_DEPENDENT_TOTAL] = {"dependent_total", INT8OID},
	[L_NEWEST_VERSION] = {"newest_version", TEXTOID},
	[L_PREVIOUS_HASH] = {"previous_hash", BYTEAOID},
	[L_ENTRY_HASH] = {"entry_hash", BYTEAOID},
};

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

/*
 * Returns the entry in a row of the ledger.  Its values point into "tuple".
 */
LedgerEntry *
ledger_entry_from_tuple(HeapTuple tuple, TupleDesc desc)
{
	LedgerEntry *entry = palloc(sizeof(LedgerEntry));
	Datum	   *values = palloc(sizeof(Datum) * desc->natts);
	bool	   *nulls = palloc(sizeof(bool) * desc->natts);

	if (desc->natts < LEDGER_COLUMNS)
		stored_raise_too_few("migrate_ledger", desc->natts, LEDGER_COLUMNS);
	heap_deform_tuple(tuple, desc, values, nulls);
	memcpy(entry->values, values, sizeof(entry->values));
	memcpy(entry->nulls, nulls, sizeof(entry->nulls));
	pfree(values);
	pfree(nulls);
	entry->tuple = tuple;
	entry->desc = desc;
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
